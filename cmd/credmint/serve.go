package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/signal"
	"strings"
	"syscall"

	"credmint/helper"
	"credmint/helper/serve"
)

type serveCmd struct {
	Profiles  []string `arg:"" optional:"" name:"profile" help:"Whose sessions are served, each at a path of its own."`
	Listen    string   `default:"127.0.0.1:0" placeholder:"ADDRESS" help:"IP:PORT, or unix:PATH; port 0 is one that the system chooses."`
	Expose    bool     `help:"Listen although others than this machine reach the address."`
	TokenFile string   `placeholder:"FILE" help:"Where clients find the token; made if there is none."`
	JSON      bool     `name:"json" help:"Print JSON."`
}

// Run serves until a signal ends it, if it is not one that `nohup` has it ignore. What is wrong with a session is no reason to stop: a service may start before its
// network does, and before the person who signs in.
func (c *serveCmd) Run(ctx context.Context, a *app) error {
	ctx, stop := signal.NotifyContext(ctx, heard(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)...)
	defer stop()
	if len(c.Profiles) == 0 {
		name, err := a.named(ctx, "", "<profile> ...", anyProfile)
		if err != nil {
			return err
		}
		c.Profiles = []string{name}
	}
	var profiles []*helper.Profile
	for _, name := range c.Profiles {
		p, err := a.profile(name)
		if err != nil {
			return err
		}
		profiles = append(profiles, p)
	}
	token, tokenFile, err := c.token(a)
	if err != nil {
		return err
	}
	listener, err := c.listen(a)
	if err != nil {
		return err
	}
	defer listener.Close()
	renewals := newLive(a)
	endpoint := serve.New(token, renewals, a.now)
	var slots []served
	for _, p := range profiles {
		s, err := a.first(ctx, p)
		if ctx.Err() != nil {
			return nil
		}
		renewals.state(p.Name).said = a.report(err) != exitDone
		endpoint.Add(p, s)
		slot, err := a.served(p.Name, listener.Addr(), tokenFile)
		if err != nil {
			return err
		}
		slots = append(slots, slot)
	}
	if err := c.print(a, slots); err != nil {
		return err
	}
	return endpoint.Serve(ctx, listener)
}

// listen opens the address, if it is this machine's alone or the person said so.
func (c *serveCmd) listen(a *app) (net.Listener, error) {
	listener, err := serve.Listen(c.Listen, c.Expose)
	if errors.Is(err, serve.ErrExposed) {
		return nil, &usageError{advise(err, "whoever reads that network would have the sessions; --expose listens there all the same")}
	}
	if err != nil {
		return nil, err
	}
	if serve.Exposed(listener.Addr()) {
		a.say("warning", fmt.Sprintf("%s is no loopback address: who reads that network has the token, and every session. "+
			"SDKs take credentials in clear from loopback addresses, 169.254.170.2 and 169.254.170.23 only", listener.Addr()))
	}
	return listener, a.warnOfDefault()
}

// warnOfDefault tells of somebody whom SDKs ask before they ask the endpoint.
func (a *app) warnOfDefault() error {
	config, err := a.awsConfig()
	if err != nil {
		return err
	}
	hidden, err := config.HideDefault()
	if err == nil && (hidden.Config != nil || hidden.Credentials) {
		a.say("warning", "[default] in the shared AWS files has credentials: programs that see those files ask there first")
	}
	return err
}

// served is how a program finds a profile's session.
type served struct {
	Profile   string `json:"profile"`
	URI       string `json:"uri,omitempty"`
	Socket    string `json:"socket,omitempty"`
	Path      string `json:"path"`
	TokenFile string `json:"token_file"`
	Region    string `json:"region,omitempty"`
}

func (a *app) served(profile string, at net.Addr, tokenFile string) (served, error) {
	slot := served{Profile: profile, Path: serve.Path(profile), TokenFile: tokenFile}
	if at.Network() == "unix" {
		slot.Socket = at.String()
	} else {
		slot.URI = "http://" + at.String() + slot.Path
	}
	config, err := a.awsConfig()
	if err == nil {
		slot.Region, _, err = config.Where(profile)
	}
	return slot, err
}

// print writes the lines of an env file, as docker and systemd read them.
func (c *serveCmd) print(a *app, slots []served) error {
	if c.JSON {
		return a.printJSON(slots)
	}
	var text strings.Builder
	for _, s := range slots {
		title, uri := s.Profile, s.URI
		if s.Socket != "" {
			title, uri = s.Profile+", once something forwards 127.0.0.1:PORT to "+s.Socket, "http://127.0.0.1:PORT"+s.Path
		}
		fmt.Fprintf(&text, "# %s\nAWS_CONTAINER_CREDENTIALS_FULL_URI=%s\nAWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=%s\n", title, uri, s.TokenFile)
		if s.Region != "" {
			fmt.Fprintf(&text, "AWS_REGION=%[1]s\nAWS_DEFAULT_REGION=%[1]s\n", s.Region)
		}
	}
	_, err := io.WriteString(a.stdout, text.String())
	return err
}
