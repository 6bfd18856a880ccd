package plaintext

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"credmint/helper/gitcred"
	"credmint/helper/program"
)

// GitHelper is another of git's credential helpers. None can list what it has, so it is asked for each host, by way of
// git, which knows how to find and to speak to it.
type GitHelper struct {
	Helper string // as credential.helper names it: "cache", "libsecret", "osxkeychain"
	Git    string // the path of git
	Hosts  []gitcred.Credential
	Logins Logins

	// Asking is told for how many hosts the helper is asked, before it is. nil: nobody is told.
	Asking func(hosts int)
}

var _ Source = (*GitHelper)(nil)

// Name is what a person types.
func (s *GitHelper) Name() string { return s.Helper }

// Find asks for the login of every host.
func (s *GitHelper) Find(ctx context.Context) ([]Found, error) {
	if err := s.exists(ctx); err != nil {
		return nil, err
	}
	if s.Asking != nil {
		s.Asking(len(s.Hosts))
	}
	var found []Found
	for _, host := range s.Hosts {
		c, err := s.fill(ctx, host)
		if err != nil {
			return nil, err
		}
		if c.Username.IsSet() && c.Password.IsSet() {
			f := foundLogin(c, s.Logins)
			f.Where = "git's helper " + s.Helper
			found = append(found, f)
		}
	}
	return found, nil
}

// Remove has git tell the helper that the logins were refused, and asks whether it still has them.
func (s *GitHelper) Remove(ctx context.Context, taken []Found) error {
	for _, f := range taken {
		c := f.Secret.(login).found
		if _, err := s.git(ctx, "reject", c); err != nil {
			return err
		}
		still, err := s.fill(ctx, gitcred.Credential{Protocol: c.Protocol, Host: c.Host, Path: c.Path, Username: c.Username})
		if err != nil {
			return err
		}
		if still.Password.IsSet() && still.Password.Text() == c.Password.Text() {
			return fmt.Errorf("git's helper %s keeps %s, though it was told to forget it", s.Helper, f.Name)
		}
	}
	return nil
}

// fill asks for a login. That there is none and that git asks nobody else are one failure of git's, so a failure is no
// error unless git itself could not be run.
func (s *GitHelper) fill(ctx context.Context, request gitcred.Credential) (gitcred.Credential, error) {
	out, err := s.git(ctx, "fill", request)
	if err != nil || out == nil {
		return gitcred.Credential{}, err
	}
	c, err := gitcred.Read(bytes.NewReader(out))
	if err != nil {
		return gitcred.Credential{}, fmt.Errorf("git's helper %s, asked for %s: %w", s.Helper, name(request), err)
	}
	return c, nil
}

// What a helper may take, and print.
const (
	helperTimeout = 20 * time.Second
	maxAnswer     = 1 << 20
)

// git runs `git credential` with this one helper, and nobody to ask. An empty helper drops those configured before it.
func (s *GitHelper) git(ctx context.Context, action string, c gitcred.Credential) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, helperTimeout)
	defer cancel()
	var in bytes.Buffer
	if err := gitcred.Write(&in, c); err != nil {
		return nil, err
	}
	cmd := program.Command(ctx, s.Git, "-c", "credential.helper=", "-c", "credential.helper="+s.Helper,
		"-c", "credential.useHttpPath=false", "-c", "credential.interactive=never", "-c", "core.askPass=", "credential", action)
	cmd.Env = append(cmd.Env, "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=", "SSH_ASKPASS=", "GCM_INTERACTIVE=never")
	cmd.Stdin = &in
	out, err := program.Output(ctx, cmd, maxAnswer)
	if _, failed := errors.AsType[*program.Failed](err); failed {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("git's helper %s, asked for %s: %w", s.Helper, name(c), err)
	}
	return out, nil
}

// exists tells a helper that is not installed from one that has nothing.
func (s *GitHelper) exists(ctx context.Context) error {
	file := "git-credential-" + s.Helper
	if _, err := program.Find(file); err == nil {
		return nil
	}
	out, err := program.Output(ctx, program.Command(ctx, s.Git, "--exec-path"), maxAnswer)
	if err != nil {
		return fmt.Errorf("find git's own programs: %w", err)
	}
	dir := strings.TrimRight(string(out), "\r\n")
	for _, name := range []string{file, file + ".exe"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return nil
		}
	}
	return fmt.Errorf("git's helper %s is not installed: there is no %s", s.Helper, file)
}
