// Package passphrase finds the passphrase of the file keychain without asking a person, where it was put into the environment,
// a file or a command.
package passphrase

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"credmint/helper/atomicfile"
)

const (
	maxPassphrase  = 4096
	commandTimeout = 30 * time.Second
)

// Find finds the file store's passphrase: in CREDMINT_PASSPHRASE, in the file that CREDMINT_PASSPHRASE_FILE names
// (this user's own, not writable by others, without the line end), in what the command in CREDMINT_PASSPHRASE_COMMAND
// prints (an absolute path and arguments, split at white space, no shell), or by asking a person.
func Find(ctx context.Context, getenv func(string) string, person func(context.Context) ([]byte, error)) ([]byte, error) {
	if p := getenv("CREDMINT_PASSPHRASE"); p != "" {
		return []byte(p), nil
	}
	if path := getenv("CREDMINT_PASSPHRASE_FILE"); path != "" {
		data, err := atomicfile.Read(path, maxPassphrase)
		if err != nil {
			return nil, fmt.Errorf("CREDMINT_PASSPHRASE_FILE: %w", err)
		}
		return bytes.TrimRight(data, "\r\n"), nil
	}
	if line := getenv("CREDMINT_PASSPHRASE_COMMAND"); line != "" {
		out, err := runPassphraseCommand(ctx, line)
		if err != nil {
			return nil, fmt.Errorf("CREDMINT_PASSPHRASE_COMMAND: %w", err)
		}
		return bytes.TrimRight(out, "\r\n"), nil
	}
	return person(ctx)
}

// runPassphraseCommand runs the command as it is. What it inherits does not lead back here.
func runPassphraseCommand(ctx context.Context, line string) ([]byte, error) {
	words := strings.Fields(line)
	if len(words) == 0 || !filepath.IsAbs(words[0]) {
		return nil, errors.New("it must begin with an absolute path")
	}
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Stderr = os.Stderr
	cmd.WaitDelay = time.Second
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "CREDMINT_") {
			cmd.Env = append(cmd.Env, e)
		}
	}
	var out limited
	cmd.Stdout = &out
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w", words[0], err)
	}
	return out.buf.Bytes(), nil
}

// limited takes what a passphrase may have, and fails the program that writes more.
type limited struct{ buf bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	if l.buf.Len()+len(p) > maxPassphrase {
		return 0, fmt.Errorf("it prints more than %d bytes", maxPassphrase)
	}
	return l.buf.Write(p)
}
