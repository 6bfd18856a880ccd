//go:build unix

package signin

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"credmint/helper/program"
)

// Open returns when the browser, or the program that starts it, has ended or has had a second to fail. One that runs in
// the foreground is left running.
func (b Browser) Open(ctx context.Context, address string) error {
	if err := checkAddress(address); err != nil {
		return err
	}
	var failed error
	for _, words := range b.candidates(address) {
		err := b.start(ctx, words)
		if err == nil || ctx.Err() != nil {
			return err
		}
		if failed != nil {
			err = fmt.Errorf("%w; %w", failed, err)
		}
		failed = err
	}
	return failed
}

func (b Browser) candidates(address string) [][]string {
	if b.Chosen != nil {
		return b.Chosen(address)
	}
	var all [][]string
	for _, command := range b.commands() {
		all = append(all, words(command, address))
	}
	return all
}

// commands are what may open a browser here, the best first.
func (b Browser) commands() []string {
	chosen := slices.DeleteFunc(filepath.SplitList(b.Getenv("BROWSER")), func(c string) bool { return strings.TrimSpace(c) == "" })
	switch {
	case len(chosen) > 0:
		return chosen
	case runtime.GOOS == "darwin":
		return []string{"/usr/bin/open"}
	case inWSL(b.Getenv):
		return []string{"wslview", "rundll32.exe url.dll,FileProtocolHandler", "xdg-open"}
	}
	return []string{"xdg-open", "x-www-browser"} // no text browser: it would have no terminal
}

// start runs a browser that nothing ends when this process or the caller's patience does.
func (b Browser) start(ctx context.Context, words []string) error {
	path, err := program.Find(words[0])
	if err != nil {
		return err
	}
	cmd := program.Command(context.WithoutCancel(ctx), path, words[1:]...)
	cmd.Dir = "/"
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
	case <-time.After(cmp.Or(b.settle, time.Second)):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
