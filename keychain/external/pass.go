package external

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"credmint/helper/program"
	"credmint/keychain"
)

// PassName is the name of the store that Pass opens.
const PassName = "pass"

// Pass is https://www.passwordstore.org: a file for each item below credmint/ in the password store, encrypted by gpg. It
// finds the store by PASSWORD_STORE_DIR, as pass does.
func Pass(getenv func(string) string, person Person) keychain.Store {
	return &pass{getenv: getenv, person: person}
}

type pass struct {
	getenv func(string) string
	person Person
}

var (
	_ keychain.Store   = (*pass)(nil)
	_ keychain.Checker = (*pass)(nil)
)

// folder is where our items are in the password store.
const folder = "credmint"

func (p *pass) Limit() int { return 0 }

// Check looks for pass, and for a password store that was begun.
func (p *pass) Check(context.Context) error {
	if err := find("pass"); err != nil {
		return err
	}
	if !filepath.IsAbs(p.dir()) {
		return fmt.Errorf("%w: PASSWORD_STORE_DIR is no absolute path", keychain.ErrUnavailable)
	}
	for _, sub := range []string{folder, ""} {
		if _, err := os.Stat(filepath.Join(p.dir(), sub, ".gpg-id")); err == nil {
			return nil
		}
	}
	return keychain.Advise(fmt.Errorf("%w: there is no password store in %s", keychain.ErrUnavailable, p.dir()),
		"begin one with `pass init GPG-ID`, or say where it is with PASSWORD_STORE_DIR")
}

func (p *pass) dir() string {
	if dir := p.getenv("PASSWORD_STORE_DIR"); dir != "" {
		return dir
	}
	return filepath.Join(p.getenv("HOME"), ".password-store")
}

// there says whether the store has an item. pass is not asked: it prints a list for the name of a folder, and its texts for
// what it has not are the same as for a store that is away.
func (p *pass) there(item string) error {
	if err := p.Check(context.Background()); err != nil {
		return err
	}
	_, err := os.Stat(filepath.Join(p.dir(), filepath.FromSlash(passName(item))+".gpg"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return keychain.ErrNotFound
	case err != nil:
		return fmt.Errorf("%w: %w", keychain.ErrUnavailable, err)
	}
	return nil
}

func (p *pass) Get(ctx context.Context, item string) (string, error) {
	if err := p.there(item); err != nil {
		return "", err
	}
	return p.run(ctx, "", "show", passName(item))
}

func (p *pass) Set(ctx context.Context, item, value string) error {
	if err := p.Check(ctx); err != nil {
		return err
	}
	_, err := p.run(ctx, value, "insert", "--multiline", "--force", passName(item))
	return err
}

func (p *pass) Delete(ctx context.Context, item string) error {
	if err := p.there(item); err != nil {
		return err
	}
	_, err := p.run(ctx, "", "rm", "--force", passName(item))
	return err
}

// run has gpg's agent ask on the terminal that this process has, which it is not told of where stdin is a pipe; and not ask
// at all where nobody is there: what it would wait for is a person.
func (p *pass) run(ctx context.Context, stdin string, args ...string) (string, error) {
	c := command{name: "pass", args: args, stdin: stdin, ask: p.person()}
	switch {
	case !c.ask:
		c.env = []string{"PASSWORD_STORE_GPG_OPTS=" + strings.TrimSpace(p.getenv("PASSWORD_STORE_GPG_OPTS")+" --pinentry-mode error")}
	case p.getenv("GPG_TTY") == "":
		c.env = []string{"GPG_TTY=" + terminal()}
	}
	out, err := c.run(ctx)
	return out, explainGPG(err, c.ask)
}

// explainGPG sorts what pass and gpg say. gpg has one text for a key that it does not have, one whose passphrase it may not
// ask for, and one whose passphrase nobody told it.
func explainGPG(err error, asked bool) error {
	var failed *program.Failed
	if !errors.As(err, &failed) {
		return err
	}
	says := lastLine(failed.Says)
	kind, hint := keychain.ErrUnavailable, ""
	switch {
	case strings.Contains(failed.Says, "is not in the password store"):
		return keychain.ErrNotFound
	case strings.Contains(failed.Says, "No secret key"), strings.Contains(failed.Says, "pinentry"), strings.Contains(failed.Says, "Inappropriate ioctl"):
		kind, hint = keychain.ErrLocked, "run `pass show "+folder+"/cache-key` in a terminal: gpg asks for the key's passphrase there, and its agent remembers it for a while"
		if asked {
			kind, hint = keychain.ErrDeclined, "`gpg --list-secret-keys` shows whether the key is there; its agent asks for the passphrase"
		}
	case strings.Contains(failed.Says, "ancel"), strings.Contains(failed.Says, "Bad passphrase"):
		kind = keychain.ErrDeclined
	}
	err = fmt.Errorf("%w: pass: %s", kind, says)
	if hint == "" {
		return err
	}
	return keychain.Advise(err, hint)
}

// passName is an item's name in the password store: its first word is a folder, and what pass or a file system would
// understand as anything else than a name is written as %XX, upper-case letters included.
func passName(item string) string {
	kind, rest, ok := strings.Cut(item, "/")
	if !ok || kind == "" || rest == "" {
		return folder + "/" + plainName(item)
	}
	return folder + "/" + plainName(kind) + "/" + plainName(rest)
}

func plainName(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '%' && i+2 < len(s): // an escape already
			b.WriteString(s[i : i+3])
			i += 2
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '@', c == '_', (c == '-' || c == '.') && i > 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
