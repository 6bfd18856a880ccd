package main

import (
	"context"
	"errors"
	"slices"

	"github.com/alecthomas/kong"

	"credmint/cmd/credmint/kept"
)

// grammar is the command line, read like a man page. Each command has a file of its own.
type grammar struct {
	Add      addCmd      `cmd:"" group:"Secrets:" help:"Take an access key, check it, and keep it in the keychain."`
	Import   importCmd   `cmd:"" group:"Secrets:" help:"Move secrets that lie in the open, in ~/.aws/credentials, ~/.git-credentials or ~/.netrc, into the keychain."`
	Rotate   rotateCmd   `cmd:"" group:"Secrets:" help:"Replace an access key: make a new one, check it, use it, retire the old one."`
	Remove   removeCmd   `cmd:"" group:"Secrets:" help:"Remove a profile's access key from the keychain."`
	Keychain keychainCmd `cmd:"" group:"Secrets:" help:"Say where secrets are kept, choose another place, and move them there."`
	MFA      mfaCmd      `cmd:"" name:"mfa" group:"Secrets:" help:"Keep the seeds of MFA devices, so that nobody has to type their codes."`

	Login  loginCmd  `cmd:"" group:"Sign-ins and sessions:" help:"Sign in, or mint a profile's session ahead of time, with a browser or an MFA code where it needs one."`
	Logout logoutCmd `cmd:"" group:"Sign-ins and sessions:" help:"Sign out: end the sign-in at AWS, and forget it and the sessions made with it."`
	List   listCmd   `cmd:"" group:"Sign-ins and sessions:" help:"List the profiles: whose they are, and how long their sessions last."`
	Forget forgetCmd `cmd:"" group:"Sign-ins and sessions:" help:"Drop kept sessions; the access keys stay."`

	Exec    execCmd    `cmd:"" group:"As a profile:" help:"Run a program, or a shell, with a profile's session, which renews itself."`
	Env     envCmd     `cmd:"" group:"As a profile:" help:"Print the lines that make a shell a profile, until its session ends."`
	Serve   serveCmd   `cmd:"" group:"As a profile:" help:"Serve the sessions of profiles to containers and other programs, for as long as it runs."`
	Console consoleCmd `cmd:"" group:"As a profile:" help:"Open the AWS console in a browser, signed in as a profile."`
	Token   tokenCmd   `cmd:"" group:"As a profile:" help:"Print what another service takes as proof of who a profile is."`

	Setup   setupCmd   `cmd:"" group:"This machine:" help:"Write the lines that AWS's SDKs and git need, after showing them."`
	Sync    syncCmd    `cmd:"" group:"This machine:" help:"Write a profile for every account and role of an Identity Center sign-in."`
	Explain explainCmd `cmd:"" group:"This machine:" help:"Say how a profile's session is made: each step and setting, what is kept, what will be asked."`
	Doctor  doctorCmd  `cmd:"" group:"This machine:" help:"Look the machine over: keychain, config, clock, permissions, git; say what is wrong, where, and what mends it."`
	Log     logCmd     `cmd:"" group:"This machine:" help:"Print the record of what was minted on this machine, and for which program."`

	CodeCommit codecommitCmd `cmd:"" name:"codecommit" group:"Git:" help:"Look after HTTPS Git credentials for CodeCommit, whose passwords go into the keychain."`

	Completion completionCmd `cmd:"" group:"credmint itself:" help:"Print what a shell has to read to complete command lines."`
	Version    versionCmd    `cmd:"" group:"credmint itself:" help:"Print the version."`

	// Groups are shown in the order in which their first commands stand here: Git's other commands are in Git's group.
	AWS    awsCmd    `cmd:"" name:"aws" group:"Programs call these:" help:"Answer AWS's credential_process: print a profile's session as JSON."`
	Git    gitCmd    `cmd:"" group:"Programs call these:" help:"Answer git's credential helper protocol, and look after the logins that are kept."`
	Docker dockerCmd `cmd:"" group:"Programs call these:" help:"Answer docker's credential helper protocol, with tokens for Amazon ECR."`

	Renew  renewCmd  `cmd:"" hidden:"" help:"Renew a session behind a caller's back."`
	Remote remoteCmd `cmd:"" name:"remote-codecommit" hidden:"" help:"Serve codecommit:// URLs, as git-remote-codecommit."`
	Man    manCmd    `cmd:"" hidden:"" help:"Write the pages of the manual."`
}

const description = `Keeps long-lived secrets in the OS keychain and hands programs short-lived ones.

Begin with "credmint import", for keys that lie in ~/.aws/credentials, or with "credmint add PROFILE"; "credmint doctor" says what is missing.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a person is needed, 4 the keychain is unavailable.`

// run executes one command line and returns the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	if call := a.plain(args); call != nil {
		return a.report(call(ctx))
	}
	if len(args) > 0 && args[0] == "__complete" {
		return a.complete(ctx, args[1:])
	}
	return a.report(a.parse(ctx, usual(args)))
}

// usual is the grammar's way to say what other programs have taught people to type.
func usual(args []string) []string {
	switch {
	case len(args) == 0:
		return []string{"--help"}
	case args[0] == "help":
		return append(slices.Clone(args[1:]), "--help")
	case args[0] == "--version":
		return append([]string{"version"}, args[1:]...)
	}
	return args
}

// plain is a call in the form that needs no grammar, and nil for anything else.
func (a *app) plain(args []string) func(context.Context) error {
	call, ok := kept.Plain(args)
	if !ok {
		return nil
	}
	switch call.Command {
	case "aws":
		return (&awsCmd{Profile: call.Profile}).with(a)
	case "git":
		return (&gitCmd{Profile: call.Profile}).with(a, call.Action)
	case "docker":
		return (&dockerCmd{Action: call.Action}).with(a)
	}
	return nil
}

func (c *awsCmd) with(a *app) func(context.Context) error {
	return func(ctx context.Context) error { return c.Run(ctx, a) }
}

func (c *dockerCmd) with(a *app) func(context.Context) error {
	return func(ctx context.Context) error { return c.Run(ctx, a) }
}

func (c *gitCmd) with(a *app, action string) func(context.Context) error {
	return func(ctx context.Context) error { return c.Say(ctx, a, action) }
}

// command is what a selected word of the grammar runs.
type command interface {
	Run(ctx context.Context, a *app) error
}

// words is a command whose subcommands are the words of a protocol, and differ in their names alone.
type words interface {
	Say(ctx context.Context, a *app, word string) error
}

// parse runs what args say. It takes kong's own steps one by one, without those that look for methods by their names: where a
// program does so, the linker has to keep every exported method of every type in it, which adds two megabytes to this one.
func (a *app) parse(ctx context.Context, args []string) error {
	parser, err := a.parser()
	if err != nil {
		return err
	}
	line, err := kong.Trace(parser, args)
	if err = errors.Join(err, line.Error); err != nil {
		return helped(line, &usageError{err})
	}
	for _, typed := range line.Path {
		if typed.Flag != nil && typed.Flag == line.Model.HelpFlag {
			return line.PrintUsage(false)
		}
	}
	if err := settle(line); err != nil {
		return helped(line, &usageError{err})
	}
	return helped(line, perform(ctx, a, line.Selected()))
}

// settle gives the grammar the line's values, and says what is wrong with them.
func settle(line *kong.Context) error {
	if err := line.Reset(); err != nil {
		return err
	}
	if _, err := line.Apply(); err != nil {
		return err
	}
	return line.Validate()
}

// helped says where to read on about a wrong use of a command, where the error itself does not say what to type.
func helped(line *kong.Context, err error) error {
	var usage *usageError
	if !errors.As(err, &usage) || len(hints(err)) > 0 {
		return err
	}
	command := line.Model.Name
	for _, typed := range line.Path {
		if typed.Command != nil && !typed.Command.Hidden {
			command = typed.Command.FullPath()
		}
	}
	return advise(err, "run `%s --help`", command)
}

// perform runs a command of the grammar, or has the one that it belongs to say its word.
func perform(ctx context.Context, a *app, selected *kong.Node) error {
	if c, ok := target(selected).(command); ok {
		return c.Run(ctx, a)
	}
	return target(selected.Parent).(words).Say(ctx, a, selected.Name)
}

// target is what the grammar has for a command.
func target(n *kong.Node) any { return n.Target.Addr().Interface() }

// parser is the grammar as kong has it.
func (a *app) parser() (*kong.Kong, error) {
	return kong.New(
		&grammar{},
		kong.Name("credmint"),
		kong.Description(description),
		kong.Writers(a.stdout, a.stderr),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
}

// usageError is a command line that the grammar does not take, or a command does not.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }
