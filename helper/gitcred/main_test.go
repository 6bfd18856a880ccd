package gitcred_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"credmint/helper/gitcred"
)

// now is when every test takes place, unless it says otherwise.
func now() time.Time { return time.Date(2026, 1, 1, 13, 0, 0, 0, time.UTC) }

// memory is a Secrets that counts its writes.
type memory struct {
	mu     sync.Mutex
	items  map[string][]byte
	about  map[string]map[string]string
	writes int
	broken error
}

func newSaved() (gitcred.Saved, *memory) {
	m := &memory{items: map[string][]byte{}, about: map[string]map[string]string{}}
	return gitcred.Saved{Secrets: m, Now: now}, m
}

func (m *memory) Get(_ context.Context, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return nil, m.broken
	}
	item, ok := m.items[name]
	if !ok {
		return nil, fmt.Errorf("no item %q: %w", name, fs.ErrNotExist)
	}
	return item, nil
}

func (m *memory) Update(_ context.Context, name string, change func([]byte) ([]byte, map[string]string, error)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return m.broken
	}
	old := m.items[name]
	value, about, err := change(bytes.Clone(old))
	switch {
	case err != nil:
		return err
	case bytes.Equal(old, value):
		return nil
	}
	m.writes++
	if m.items[name], m.about[name] = value, about; value == nil {
		delete(m.items, name)
		delete(m.about, name)
	}
	return nil
}

// run does one action with lines as its input, and returns what was printed. It fails the test on an error.
func run(t *testing.T, h gitcred.Helper, action string, lines ...string) string {
	t.Helper()
	out, err := try(t, h, action, lines...)
	if err != nil {
		t.Errorf("%s %q: %v", action, lines, err)
	}
	return out
}

func try(t *testing.T, h gitcred.Helper, action string, lines ...string) (string, error) {
	t.Helper()
	var in, out strings.Builder
	for _, line := range lines {
		in.WriteString(line + "\n")
	}
	err := gitcred.Serve(t.Context(), action, strings.NewReader(in.String()), &out, h)
	return out.String(), err
}

// text joins lines as the protocol does.
func text(lines ...string) string {
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}
