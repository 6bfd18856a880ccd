package external

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"credmint/helper/program"
	"credmint/keychain"
	"credmint/keychain/files"
)

// SystemdName is the name of the store that Systemd opens.
const SystemdName = "systemd-creds"

// Systemd is a keychain of files in dir, whose key systemd-creds(1) encrypts to this machine: with its TPM where it has one,
// and with a key that root alone can read. Root asks for that itself; anybody else asks systemd, which answers from version
// 256 on, for that user only.
func Systemd(dir string, root bool) keychain.Store {
	return files.Open(dir, systemd{root: root})
}

type systemd struct{ root bool }

var (
	_ files.Wrapping   = systemd{}
	_ keychain.Checker = systemd{}
)

const (
	credential  = "credmint" // is sealed in, so that another service's credential is none of ours
	leastSystem = 256        // systemd's version that encrypts for users
)

// Check looks for the program, and whether it serves this user.
func (s systemd) Check(ctx context.Context) error {
	if err := find(SystemdName); err != nil || s.root {
		return err
	}
	out, err := command{name: SystemdName, args: []string{"--version"}}.run(ctx)
	if err != nil {
		return s.explain(err)
	}
	version := 0
	if _, err := fmt.Sscanf(out, "systemd %d", &version); err != nil || version < leastSystem { // "systemd 252 (252.39-1~deb12u1)"
		return fmt.Errorf("%w: systemd %d serves root alone; from version %d on it serves users", keychain.ErrUnavailable, version, leastSystem)
	}
	return nil
}

func (s systemd) Wrap(ctx context.Context, key []byte) ([]byte, error) {
	return s.run(ctx, "encrypt", key)
}

func (s systemd) Unwrap(ctx context.Context, wrapped []byte) ([]byte, error) {
	return s.run(ctx, "decrypt", wrapped)
}

func (s systemd) run(ctx context.Context, action string, data []byte) ([]byte, error) {
	if err := s.Check(ctx); err != nil {
		return nil, err
	}
	args := []string{action, "--name=" + credential}
	if !s.root {
		args = append(args, "--user")
	}
	out, err := command{name: SystemdName, args: append(args, "-", "-"), stdin: string(data)}.run(ctx)
	return []byte(out), s.explain(err)
}

// explain sorts what systemd-creds says. It has no codes: what is not known to be about the file is about the machine.
func (s systemd) explain(err error) error {
	var failed *program.Failed
	if !errors.As(err, &failed) {
		return err
	}
	kind := keychain.ErrUnavailable
	for _, text := range []string{"does not match", "too short", "Bad message", "Invalid argument", "Failed to read encrypted credential", "Decryption failed"} {
		if strings.Contains(failed.Says, text) {
			kind = keychain.ErrCorrupt
		}
	}
	return fmt.Errorf("%w: systemd-creds: %s", kind, lastLine(failed.Says))
}
