// Package security is macOS's login keychain as a keychain.Store, by way of /usr/bin/security, the system's program for it.
// It is written to what that program's source says of it (SecurityTool in
// https://github.com/apple-oss-distributions/Security), and builds everywhere, so that it is tested everywhere.
//
// Items are generic passwords of the service keychain.Service, encoded as go-keyring encodes them: either reads what the
// other has written. A new item trusts the program that made it, which is `security`; neither -A nor -T is given, since -A
// would have every program of the user read it directly, -T "" would have macOS ask at each read, and a list that an update
// brings along is asked about, too.
package security

import (
	"context"
	"fmt"
	"strings"
	"time"

	"credmint/keychain"
)

// Path is where macOS has the program.
const Path = "/usr/bin/security"

// How long one run of the program may take: where a person may have to answer the keychain's window, and where none can.
const (
	unattended = 10 * time.Second
	attended   = 45 * time.Second
)

// The program reads a line into 4,096 bytes, with a NUL at the end. What does not fit is a command of its own to it: at
// 4,096 bytes that is the line feed alone, an empty command, which succeeds whatever became of the one before.
const maxLine = 4095

// limit leaves room for the command, a name of 200 bytes and base64 in a line.
const limit = 2800

// Open returns the login keychain. program is an absolute path: Path, but in tests. attended says whether somebody is at the
// screen, where the keychain asks. Nothing is run yet.
func Open(program string, attended func() bool) keychain.Store {
	return &store{program: program, attended: attended}
}

type store struct {
	program  string
	attended func() bool
}

func (s *store) Limit() int { return limit }

// Get takes the value from stdout alone. A run that ends well and prints no whole line has found nothing out.
func (s *store) Get(ctx context.Context, item string) (string, error) {
	if err := checkName(item); err != nil {
		return "", err
	}
	out, err := s.run(ctx, "", "find-generic-password", "-s", keychain.Service, "-a", item, "-w")
	if err != nil {
		return "", err
	}
	value, whole := strings.CutSuffix(out, "\n")
	if !whole {
		return "", fmt.Errorf("%w: find-generic-password prints no value", keychain.ErrUnavailable)
	}
	return decode(value)
}

// Set gives the value by stdin: arguments can be read by other users.
func (s *store) Set(ctx context.Context, item, value string) error {
	if err := checkName(item); err != nil {
		return err
	}
	line := fmt.Sprintf(add+" -U -s %s -a %s -w %s\n", quote(keychain.Service), quote(item), quote(encode(value)))
	if len(line) > maxLine {
		return fmt.Errorf("%w: `security` takes lines of %d bytes", keychain.ErrTooBig, maxLine)
	}
	_, err := s.run(ctx, line, "-i")
	return err
}

func (s *store) Delete(ctx context.Context, item string) error {
	if err := checkName(item); err != nil {
		return err
	}
	_, err := s.run(ctx, "", "delete-generic-password", "-s", keychain.Service, "-a", item)
	return err
}

// checkName refuses what a line of `security -i` cannot hold, and the empty name, which is any item's to it.
func checkName(item string) error {
	if item == "" || strings.ContainsAny(item, "\n\x00") {
		return fmt.Errorf("%w for an item of the name %q", keychain.ErrUnavailable, item)
	}
	return nil
}

// quote writes a word as `security -i` reads it, which is no shell: between two quotes a backslash takes the byte behind it
// as it is, and a quote ends the word, whatever follows.
func quote(word string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word) + `"`
}
