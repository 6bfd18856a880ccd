// Package program runs other people's programs on a short leash: found by an absolute path and never in the working
// directory, started without a shell, with nothing of AWS's or credmint's in their environment, ended at the caller's
// deadline, and with a bound on what they may print.
//
// Where a person is at the terminal they share it, and the caller's process group: they may ask there, and ^C reaches them
// too. Anywhere else they get a session of their own, so that a question fails at once, and what they start ends with them.
package program

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

var (
	// ErrNotFound says that there is no such program.
	ErrNotFound = errors.New("there is no such program")

	// ErrTooLong says that a program printed more than it may, and was ended for it.
	ErrTooLong = errors.New("it prints too much")
)

// Interrupted is the error of a wait that a signal ended. What was waited for has ended by then.
type Interrupted struct{ Signal os.Signal }

func (e *Interrupted) Error() string { return fmt.Sprintf("interrupted (%v)", e.Signal) }

// Failed is a program that ended badly.
type Failed struct {
	Name    string
	Code    int    // its exit code; -1 where a signal ended it
	Says    string // the beginning of what it wrote to stderr, unless that went elsewhere; not made printable
	Printed string // what it wrote to stdout, which is for programs that say there why they fail; Error leaves it out
	Err     error
}

func (f *Failed) Error() string {
	text := f.Name + ": " + f.Err.Error()
	if line, _, _ := strings.Cut(strings.TrimSpace(f.Says), "\n"); line != "" {
		text += ": " + strings.TrimSpace(line)
	}
	return text
}

func (f *Failed) Unwrap() error { return f.Err }

// Find returns the absolute path of a program: name itself where it is one, else the first that an absolute entry of PATH
// has. A relative path, and an entry that depends on the working directory, finds nothing: who can write there would
// choose the program.
func Find(name string) (string, error) {
	if filepath.IsAbs(name) {
		path, err := exec.LookPath(name)
		if err != nil {
			return "", fmt.Errorf("%w: %w", ErrNotFound, err)
		}
		return path, nil
	}
	if name == "" || name != filepath.Base(name) {
		return "", fmt.Errorf("%w: %q is neither a name nor an absolute path", ErrNotFound, name)
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%w: %s is not on PATH", ErrNotFound, name)
}

// parentVariable is helper.ParentVariable: who waits for us waits for what we run, too.
const parentVariable = "CREDMINT_PARENT"

// patience is how long a program may take to end once it was told to.
const patience = time.Second

// Command prepares a run of the program at a path that Find returned. It is told to end when ctx is done, and made to a
// second later, with all that it started unless it shares the terminal. Its environment is this process's without what may
// be a secret of ours or choose an identity.
func Command(ctx context.Context, path string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = environment(func(name string) bool {
		return !strings.HasPrefix(name, "AWS_") && !strings.HasPrefix(name, "CREDMINT_") || name == parentVariable
	})
	cmd.WaitDelay = patience
	confine(cmd)
	return cmd
}

// AWSEnvironment is for programs that speak to AWS themselves: all that this process has but the passphrase of its
// keychain.
func AWSEnvironment() []string {
	return environment(func(name string) bool { return name != "CREDMINT_PASSPHRASE" })
}

func environment(keep func(name string) bool) []string {
	var kept []string
	for _, e := range os.Environ() {
		if name, _, _ := strings.Cut(e, "="); keep(strings.ToUpper(name)) {
			kept = append(kept, e)
		}
	}
	return kept
}

// maxSays bounds what is kept of stderr.
const maxSays = 4096

// Output runs cmd, which Command made, and returns what it prints, of which there may be limit bytes. An error is the
// cause of the context's end, ErrTooLong, a *Failed, an *Interrupted, or that of starting it.
func Output(ctx context.Context, cmd *exec.Cmd, limit int) ([]byte, error) {
	out := &bounded{limit: limit, full: func() { _, _ = cmd.Cancel(), cmd.Process.Kill() }}
	says := &bounded{limit: maxSays}
	cmd.Stdout = out
	if cmd.Stderr == nil {
		cmd.Stderr = says
	}
	name := filepath.Base(cmd.Path)
	interrupted, err := run(cmd)
	if out.over || ctx.Err() != nil || interrupted != nil {
		sweep(cmd)
	}
	var exit *exec.ExitError
	switch {
	case interrupted != nil && err != nil:
		return nil, fmt.Errorf("%s: %w", name, &Interrupted{interrupted})
	case out.over:
		return nil, fmt.Errorf("%s: %w: more than %d bytes", name, ErrTooLong, limit)
	case ctx.Err() != nil && err != nil:
		return nil, fmt.Errorf("%s: %w", name, context.Cause(ctx))
	case errors.As(err, &exit):
		return nil, &Failed{Name: name, Code: exit.ExitCode(), Says: says.kept.String(), Printed: out.kept.String(), Err: err}
	case err != nil && !errors.Is(err, exec.ErrWaitDelay): // what it started and left behind holds its stdout still
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return out.kept.Bytes(), nil
}

// run ends the program first when a signal would end this process, so that nothing is left behind that nobody waits for.
func run(cmd *exec.Cmd) (interrupted os.Signal, err error) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		return nil, err
	case interrupted = <-signals:
		_ = cmd.Cancel()
	}
	select {
	case err := <-ended:
		return interrupted, err
	case <-time.After(patience):
		_ = cmd.Process.Kill()
		return interrupted, <-ended
	}
}

// bounded keeps the first bytes written to it. A program that writes more is told by full, if there is one.
type bounded struct {
	kept  bytes.Buffer // not embedded: io.Copy would call its ReadFrom, and no limit would hold
	limit int
	over  bool
	full  func()
}

func (b *bounded) Write(p []byte) (int, error) {
	room := b.limit - b.kept.Len()
	if len(p) > room {
		if b.full != nil && !b.over {
			b.full()
		}
		b.over = true
	}
	_, _ = b.kept.Write(p[:min(len(p), max(room, 0))])
	return len(p), nil
}
