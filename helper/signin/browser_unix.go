//go:build unix

package signin

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// settle is how long a browser may take to fail. Those that run in the foreground are left running after it.
const settle = time.Second

// Open returns when the browser, or the program that starts it, has ended or has had a second to fail.
func (b Browser) Open(ctx context.Context, address string) error {
	if err := checkAddress(address); err != nil {
		return err
	}
	var failures []error
	for _, command := range b.commands() {
		err := start(ctx, words(command, address))
		if err == nil || ctx.Err() != nil {
			return err
		}
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

// commands are what may open a browser here, the best first.
func (b Browser) commands() []string {
	if chosen := b.Getenv("BROWSER"); chosen != "" {
		return filepath.SplitList(chosen)
	}
	if runtime.GOOS == "darwin" {
		return []string{"/usr/bin/open"}
	}
	commands := []string{"xdg-open", "x-www-browser"} // no text browser: it would have no terminal
	if inWSL(b.Getenv) {
		commands = append([]string{"wslview", "rundll32.exe url.dll,FileProtocolHandler"}, commands...)
	}
	return commands
}

// words puts the address into a command as one argument. A program whose path has spaces is taken as it is.
func words(command, address string) []string {
	if !strings.Contains(command, "%s") {
		if _, err := exec.LookPath(command); err == nil {
			return []string{command, address}
		}
		command += " %s"
	}
	words := strings.Fields(command)
	for i := range words {
		words[i] = strings.ReplaceAll(words[i], "%s", address)
	}
	return words
}

func start(ctx context.Context, words []string) error {
	path, err := exec.LookPath(words[0]) // refuses what a relative entry of PATH leads to
	if err != nil {
		return err
	}
	if !filepath.IsAbs(path) {
		return fmt.Errorf("%q is not the full path of a program, nor one in PATH", words[0])
	}
	cmd := exec.Command(path, words[1:]...)
	cmd.Dir = "/"
	cmd.Env = environ(os.Environ())
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	case <-time.After(settle):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// environ leaves out what may hold a secret and is none of a browser's business.
func environ(all []string) []string {
	kept := make([]string, 0, len(all))
	for _, setting := range all {
		if !strings.HasPrefix(setting, "AWS_") && !strings.HasPrefix(setting, "CREDMINT_") {
			kept = append(kept, setting)
		}
	}
	return kept
}
