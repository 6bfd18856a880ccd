package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"

	"credmint/helper"
	"credmint/helper/prompt"
	"credmint/helper/serve"
	"credmint/helper/shellword"
)

type execCmd struct {
	Env     bool     `help:"Set plain variables that end with the session, and open no endpoint."`
	Nested  bool     `help:"Start a shell within a shell of credmint's."`
	Profile string   `arg:"" optional:"" help:"Whose session CMD gets."`
	Command []string `arg:"" optional:"" passthrough:"" name:"cmd" help:"After --: the program and its arguments; a shell where they are left out."`
}

// Run starts a program that has the session of one profile and no other identity in its environment: as an endpoint that
// renews it for as long as the program runs, or as it is now.
func (c *execCmd) Run(ctx context.Context, a *app) error {
	if len(c.Command) > 0 && c.Command[0] == "--" {
		c.Command = c.Command[1:]
	}
	signals := heard(passedSignals()...) // before anything asks for them: then all would seem to be
	shell := len(c.Command) == 0
	if inside := a.getenv(profileVariable); shell && inside != "" && !c.Nested {
		return &usageError{advise(fmt.Errorf("this is a shell of profile %q already", inside),
			"leave it first, or start one within it with `credmint exec --nested %s`", shellword.Argument(cmp.Or(c.Profile, "PROFILE")))}
	}
	if !shell {
		if _, err := executable(c.Command[0]); err != nil {
			return err // before anybody is asked for a code
		}
		a.program = filepath.Base(c.Command[0])
	}
	p, s, err := a.picked(ctx, c.Profile)
	if err != nil {
		return err
	}
	scratch := &scratch{}
	defer scratch.remove()
	vars, err := a.identity(p.Name, scratch)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if c.Env {
		vars = append(vars, plainVariables(s)...)
	} else {
		endpoint, err := a.serveChild(ctx, p, s)
		if err != nil {
			return err
		}
		vars = append(vars, endpoint...)
	}
	argv := c.Command
	if shell {
		if argv, vars, err = a.shell(p.Name, vars, scratch); err != nil {
			return err
		}
	}
	if err := scratch.seal(); err != nil {
		return err
	}
	return a.runChild(argv, childEnvironment(os.Environ(), vars), signals)
}

// serveChild opens an endpoint for one profile until ctx is done, and returns the variables that lead to it. From then on
// the terminal is the child's, and nobody is asked on it.
func (a *app) serveChild(ctx context.Context, p *helper.Profile, s helper.Session) ([]variable, error) {
	listener, err := serve.Listen("127.0.0.1:0", false)
	if err != nil {
		return nil, err
	}
	a.asker = prompt.Chosen{Getenv: a.getenv, NotOnTerminal: "the terminal is another program's, which credmint exec runs"}
	token := serve.NewToken()
	endpoint := serve.New(token, newLive(a), a.now)
	endpoint.Add(p, s)
	go func() {
		if err := endpoint.Serve(ctx, listener); err != nil {
			a.say("warning", err.Error())
		}
	}()
	return []variable{
		{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://" + listener.Addr().String() + serve.Path(p.Name)},
		{"AWS_CONTAINER_AUTHORIZATION_TOKEN", token},
	}, nil
}

// What shells exit with when a program is not there, or is none.
const (
	exitNotFound      = 127
	exitNotExecutable = 126
)

// heard are those of the signals that are not ignored. Who started this process with SIGHUP ignored, as nohup does, wants
// it to live on, and to catch a signal is to ignore it no more.
func heard(signals ...os.Signal) []os.Signal { return slices.DeleteFunc(signals, signal.Ignored) }

// executable finds a program, as shells do; not in the working directory, unless its path says so.
func executable(name string) (path string, err error) {
	path, err = exec.LookPath(name)
	switch {
	case err == nil:
		return path, nil
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return "", &reported{code: exitNotFound, text: err.Error()}
	}
	return "", &reported{code: exitNotExecutable, text: err.Error()}
}

// runChild runs a program with this process's streams, passes signals on to it, and fails as it did.
func (a *app) runChild(argv, environment []string, passed []os.Signal) error {
	path, err := executable(argv[0])
	if err != nil {
		return err
	}
	child := exec.Command(path, argv[1:]...)
	child.Args[0], child.Env = argv[0], environment
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, passed...)
	defer signal.Stop(signals)
	if err := child.Start(); err != nil {
		return &reported{code: exitNotExecutable, text: err.Error()}
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	for {
		select {
		case s := <-signals:
			if !fromTerminal(s) {
				_ = child.Process.Signal(s) // it may have ended just now
			}
		case err := <-ended:
			return childFailure(err)
		}
	}
}

// childFailure is the end of a program, of which it has said all there is to say.
func childFailure(err error) error {
	exit := new(exec.ExitError)
	if !errors.As(err, &exit) {
		return err
	}
	code := exit.ExitCode()
	if s, ok := endedBy(exit.ProcessState); ok {
		code = exitSignal + s
	}
	return &passedOn{code: code}
}
