package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"credmint/helper"
	"credmint/helper/awsconfig"
	"credmint/helper/console"
	"credmint/helper/mint"
	"credmint/helper/shellword"
	"credmint/helper/signin"
)

// browserWait is how long a browser may take to come for the address that it was opened with.
const browserWait = 2 * time.Minute

var errNoBrowser = errors.New("none came within two minutes")

type consoleCmd struct {
	Profile     string        `arg:"" optional:"" help:"The profile; where it is left out, $AWS_PROFILE, or picked from a list, or \"default\"."`
	Service     string        `short:"s" xor:"page" placeholder:"NAME" help:"The service to open, named as in the console's addresses: s3, ec2, states."`
	Destination string        `short:"d" xor:"page" placeholder:"PATH|URL" help:"The page to open; one of the console's."`
	Region      string        `placeholder:"REGION" help:"The region to open; the profile's where it is left out."`
	Duration    time.Duration `placeholder:"4h" help:"How long the console session lasts: 15m to 12h, for roles that were not assumed from a session. It lasts as long as the profile's where it is left out."`
	Logout      bool          `help:"Sign out of the browser's console session first."`

	Print bool `xor:"how" help:"Print the address instead. Whoever has it is signed in, for 15 minutes."`
	QR    bool `xor:"how" name:"qr" help:"Draw the address as a QR code, for another device."`

	OpenWith         string `placeholder:"COMMAND" help:"The browser to run, with its arguments; %s is where the address goes."`
	Container        string `xor:"where" placeholder:"NAME" help:"A container of Firefox, by the extension \"Open external links in a container\"; {profile} is the profile's name."`
	ProfileDirectory string `xor:"where" placeholder:"NAME" help:"A profile of Chrome, by its directory: Default, \"Profile 1\"."`
}

// Run signs a person's browser in to the console. All that can be refused is, before a session is minted for it.
func (c *consoleCmd) Run(ctx context.Context, a *app) error {
	a.person, a.kept.Wait = a.screen(true, false), personWait
	name, err := a.pickOr(ctx, c.Profile, func(p *helper.Profile) bool { return p != nil && mint.MayVisitConsole(p, 0) == nil })
	if err != nil {
		return err
	}
	p, err := a.profile(name)
	if err != nil {
		return err
	}
	if err := mint.MayVisitConsole(p, c.Duration); err != nil {
		return err
	}
	visitor, err := a.calling(p, awsconfig.SignIn)
	if err != nil {
		return err
	}
	hosts, err := c.hosts(ctx, visitor.Client.Region)
	if err != nil {
		return fmt.Errorf("profile %q: %w", p.Name, err)
	}
	visit := mint.ConsoleVisit{Hosts: hosts, Duration: c.Duration, SignOut: c.Logout}
	if visit.Destination, err = c.destination(hosts); err != nil {
		return &usageError{err}
	}
	s, err := a.source(p.Name).Session(ctx, p)
	if err != nil {
		return err
	}
	address, err := a.network().ConsoleURL(ctx, visitor, s, visit)
	if err != nil {
		return err
	}
	return c.show(ctx, a, p, address)
}

// hosts are those of the region to open. Credentials of one partition are not sent to another one.
func (c *consoleCmd) hosts(ctx context.Context, region string) (console.Hosts, error) {
	own, err := mint.ConsoleHosts(ctx, region)
	if err != nil || c.Region == "" {
		return own, err
	}
	if err := checkRegion(c.Region); err != nil {
		return console.Hosts{}, err
	}
	hosts, err := mint.ConsoleHosts(ctx, c.Region)
	if err == nil && hosts.Domain != own.Domain {
		err = fmt.Errorf("region %q is not of the profile's partition, whose console is at %s", c.Region, own.Domain)
	}
	return hosts, err
}

func (c *consoleCmd) destination(hosts console.Hosts) (string, error) {
	if c.Destination != "" {
		return hosts.Page(c.Destination)
	}
	return hosts.Service(c.Service)
}

// show brings the address to the person's browser, without a place where others could read it.
func (c *consoleCmd) show(ctx context.Context, a *app, p *helper.Profile, address string) error {
	why := "sign in to the AWS console as profile " + p.Name
	screen := a.screen(true, false)
	switch {
	case c.Print:
		_, err := fmt.Fprintln(a.stdout, address)
		return err
	case c.QR:
		out, _ := a.stderr.(*os.File)
		drawing, err := signin.QR(out, a.getenv, address)
		if err != nil {
			return advise(err, "leave --qr out, or make the terminal's letters smaller")
		}
		_, err = fmt.Fprint(a.stderr, drawing)
		return err
	case screen.remote && c.chosen(p) == nil:
		screen.Visit(ctx, why, address, "")
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, browserWait, errNoBrowser)
	defer cancel()
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	browser := signin.Browser{Getenv: a.getenv, Chosen: c.chosen(p)}
	screen.person.Open = func(ctx context.Context, address string) error {
		err := browser.Open(ctx, address)
		if err != nil && browser.Chosen != nil {
			giveUp(err) // another one is not what was asked for
		}
		return err
	}
	err := screen.handOver(ctx, why, address)
	if errors.Is(err, errNoBrowser) {
		return advise(err, "run `credmint console --print %s` for an address to open anywhere", shellword.Argument(p.Name))
	}
	return err
}

// chosen is the browser that the command line names; nil: none.
func (c *consoleCmd) chosen(p *helper.Profile) func(string) [][]string {
	switch {
	case c.Container != "":
		return signin.Container(c.OpenWith, strings.ReplaceAll(c.Container, "{profile}", p.Name))
	case c.ProfileDirectory != "":
		return signin.ChromeProfile(c.OpenWith, c.ProfileDirectory)
	case c.OpenWith != "":
		return signin.Command(c.OpenWith)
	}
	return nil
}
