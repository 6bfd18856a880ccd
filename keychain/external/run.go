// Package external keeps secrets with the help of other people's programs: pass, docker's credential helpers, and
// systemd-creds. They are found by absolute paths, get what is secret by stdin, and have a deadline.
package external

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"credmint/helper/program"
	"credmint/keychain"
)

// Person says whether somebody can be asked now: what a program starts may ask then, on the terminal or the desktop, and
// has the time for it.
type Person func() bool

// How long one run of a program may take: where a person may have to type something, and where none can.
const (
	unattended = 10 * time.Second
	attended   = 45 * time.Second
)

// maxOutput is more than any item that credmint writes.
const maxOutput = 4 << 20

// command is one run of a program.
type command struct {
	name  string // of the program
	args  []string
	stdin string
	env   []string // more than this process's
	ask   bool     // whether a person may be asked
}

// run returns what the program prints. An error that is not about the program's own end wraps one of package keychain's;
// one that is, is a *program.Failed.
func (c command) run(ctx context.Context) (string, error) {
	path, err := program.Find(c.name)
	if err != nil {
		return "", fmt.Errorf("%w: %w", keychain.ErrUnavailable, err)
	}
	limit := unattended
	if c.ask {
		limit = attended
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := program.Command(ctx, path, c.args...)
	cmd.Env = append(absolutePath(cmd.Env), c.env...)
	cmd.Stdin = strings.NewReader(c.stdin)
	out, err := program.Output(ctx, cmd, maxOutput)
	var (
		failed      *program.Failed
		interrupted *program.Interrupted
	)
	switch {
	case err == nil:
		return string(out), nil
	case errors.As(err, &failed):
		return "", err
	case errors.As(err, &interrupted):
		return "", fmt.Errorf("%w: %w", keychain.ErrDeclined, err)
	case ctx.Err() != nil:
		return "", fmt.Errorf("%w: %s gave no answer in %s", keychain.ErrTimeout, c.name, limit)
	}
	return "", fmt.Errorf("%w: %w", keychain.ErrUnavailable, err)
}

// absolutePath leaves out of PATH what depends on the working directory: these programs start others by it.
func absolutePath(env []string) []string {
	for i, e := range env {
		if list, ok := strings.CutPrefix(e, "PATH="); ok {
			var dirs []string
			for _, dir := range filepath.SplitList(list) {
				if filepath.IsAbs(dir) {
					dirs = append(dirs, dir)
				}
			}
			env[i] = "PATH=" + strings.Join(dirs, string(filepath.ListSeparator))
		}
	}
	return env
}

// find is whether there is such a program.
func find(name string) error {
	if _, err := program.Find(name); err != nil {
		return fmt.Errorf("%w: %w", keychain.ErrUnavailable, err)
	}
	return nil
}

// lastLine is what a program said in the end, which is why it failed.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
