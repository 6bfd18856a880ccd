package plaintext

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"credmint/helper/atomicfile"
	"credmint/helper/gitcred"
)

// maxFile bounds what is read of one file.
const maxFile = 4 << 20

// GitCredentials is a file of git's "store" helper: a URL with user name and password in each line.
// See https://git-scm.com/docs/git-credential-store#_storage_format.
type GitCredentials struct {
	Path   string
	Logins Logins
}

var _ Source = (*GitCredentials)(nil)

// Name is what a person types.
func (s *GitCredentials) Name() string { return "git-credentials" }

// Find takes each line as git does. Lines that git passes over, comments and blank ones apart, stay.
func (s *GitCredentials) Find(context.Context) ([]Found, error) {
	data, err := readText(s.Path)
	if err != nil {
		return nil, err
	}
	var found []Found
	number := 0
	for line := range bytes.Lines(data) {
		number++
		text := bytes.TrimSuffix(line, []byte("\n"))
		if trimmed := bytes.TrimSpace(text); len(trimmed) == 0 || trimmed[0] == '#' {
			continue
		}
		f := Found{Name: "a line that git cannot read"}
		switch c, err := gitcred.ParseURL(string(text)); {
		case err != nil:
			f.Stays = err.Error()
		case !c.Username.IsSet() || !c.Password.IsSet():
			f.Name, f.Stays = name(c), "it has no password"
		default:
			f = foundLogin(c, s.Logins)
		}
		f.Where, f.Line = s.Path, number
		found = append(found, f)
	}
	return found, nil
}

// Remove drops the lines of the logins, while git's own helper is kept from writing.
func (s *GitCredentials) Remove(ctx context.Context, taken []Found) error {
	unlock, err := lockAsGit(ctx, s.Path)
	if err != nil {
		return err
	}
	defer unlock()
	_, err = atomicfile.Edit(s.Path, maxFile, func(old []byte) ([]byte, error) {
		var kept []byte
		for line := range bytes.Lines(old) {
			c, err := gitcred.ParseURL(string(bytes.TrimSuffix(line, []byte("\n"))))
			if err != nil || !holds(taken, c) {
				kept = append(kept, line...)
			}
		}
		return kept, nil
	})
	return err
}

// lockWait is how long another git may take to write. git itself waits for a second (credentialStore.lockTimeoutMS).
const lockWait = 2 * time.Second

// lockAsGit takes the lock that git's helper takes: a file of that name with ".lock" behind it.
func lockAsGit(ctx context.Context, path string) (unlock func(), err error) {
	resolved, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		return func() {}, nil // there is nothing to remove
	}
	if err != nil {
		return nil, err
	}
	name := resolved + ".lock"
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	for {
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			_ = f.Close()
			return func() { _ = atomicfile.Remove(name) }, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%s is there: another git is writing to %s, or one died that was; if none runs, remove it", name, path)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// readText reads a file of a person's; one that does not exist is empty.
func readText(path string) ([]byte, error) {
	data, err := atomicfile.ReadLinked(path, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && bytes.IndexByte(data, 0) >= 0 {
		err = fmt.Errorf("%s holds a NUL byte: it is no text file", path)
	}
	return data, err
}
