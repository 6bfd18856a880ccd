package plaintext_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"credmint/helper/gitcred"
	"credmint/helper/plaintext"
	"credmint/helper/platformtest"
)

// memory keeps items as a keychain does. broken names one that cannot be written, lost one whose writes are lost.
type memory struct {
	items        map[string][]byte
	broken, lost string
}

func (m *memory) Get(_ context.Context, name string) ([]byte, error) {
	if item := m.items[name]; item != nil {
		return item, nil
	}
	return nil, fmt.Errorf("no item %q: %w", name, fs.ErrNotExist)
}

func (m *memory) Update(_ context.Context, name string, change func([]byte) ([]byte, map[string]string, error)) error {
	value, _, err := change(bytes.Clone(m.items[name]))
	switch {
	case err != nil:
		return err
	case strings.HasSuffix(name, m.broken) && m.broken != "":
		return fs.ErrPermission
	case !strings.HasSuffix(name, m.lost) || m.lost == "":
		m.items[name] = value
	}
	return nil
}

func newLogins() (gitcred.Saved, *memory) {
	m := &memory{items: map[string][]byte{}}
	return gitcred.Saved{Secrets: m, Now: time.Now}, m
}

// credential reads one as `git credential` takes it: "https://user:password@host/path".
func credential(t *testing.T, url string) gitcred.Credential {
	t.Helper()
	c, err := gitcred.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func mustKeep(t *testing.T, logins gitcred.Saved, urls ...string) {
	t.Helper()
	for _, url := range urls {
		if err := logins.Store(t.Context(), credential(t, url)); err != nil {
			t.Fatal(err)
		}
	}
}

// wantKept asserts that exactly this is kept for the login.
func wantKept(t *testing.T, logins gitcred.Saved, url string) {
	t.Helper()
	if got, err := logins.Compare(t.Context(), credential(t, url)); got != gitcred.Same || err != nil {
		t.Errorf("%s: what is kept compares as %v, %v", url, got, err)
	}
}

func write(t *testing.T, name, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	return path
}

func wantFile(t *testing.T, path, text string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil || string(data) != text {
		t.Errorf("%s holds %q, %v, want %q", filepath.Base(path), data, err, text)
	}
	if info, err := os.Stat(path); err != nil || platformtest.KeepsModes && info.Mode().Perm() != 0o640 {
		t.Errorf("%s has mode %v, %v", path, info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*.*-*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// planned is a plan as a person would read it.
func planned(steps []plaintext.Step) string {
	var b strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&b, "%d %s %s", s.Line, s.Action, s.Name)
		if s.Reason != "" {
			b.WriteString(": " + s.Reason)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func mustPlan(t *testing.T, replace bool, sources ...plaintext.Source) []plaintext.Step {
	t.Helper()
	steps, err := plaintext.Plan(t.Context(), sources, replace)
	if err != nil {
		t.Fatal(err)
	}
	return steps
}

func ignore(plaintext.Step) {}
