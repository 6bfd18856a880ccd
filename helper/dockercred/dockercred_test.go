package dockercred_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"unicode/utf8"

	"credmint/helper/dockercred"
)

// memory is a Secrets.
type memory struct {
	items  map[string][]byte
	abouts map[string]map[string]string
	writes int
	broken error
}

func newSaved() (dockercred.Saved, *memory) {
	m := &memory{items: map[string][]byte{}, abouts: map[string]map[string]string{}}
	return dockercred.Saved{Secrets: m}, m
}

func (m *memory) Get(_ context.Context, name string) ([]byte, error) {
	if m.broken != nil {
		return nil, m.broken
	}
	if item, ok := m.items[name]; ok {
		return item, nil
	}
	return nil, fmt.Errorf("no item %q: %w", name, fs.ErrNotExist)
}

func (m *memory) Update(_ context.Context, name string, change func([]byte) ([]byte, map[string]string, error)) error {
	if m.broken != nil {
		return m.broken
	}
	old := m.items[name]
	value, about, err := change(bytes.Clone(old))
	if err != nil || bytes.Equal(value, old) {
		return err
	}
	m.writes++
	m.items[name], m.abouts[name] = value, about
	if value == nil {
		delete(m.items, name)
		delete(m.abouts, name)
	}
	return nil
}

func (m *memory) About(prefix string) (all []map[string]string, err error) {
	for name, about := range m.abouts {
		if strings.HasPrefix(name, prefix) {
			all = append(all, about)
		}
	}
	return all, m.broken
}

func run(t *testing.T, h dockercred.Helper, action, in string) (string, error) {
	t.Helper()
	var out strings.Builder
	err := dockercred.Serve(t.Context(), action, strings.NewReader(in), &out, h)
	return out.String(), err
}

const alice = `{"ServerURL":"https://registry.example.com/v2/","Username":"alice","Secret":"hunter2"}`

func TestServe(t *testing.T) {
	saved, m := newSaved()
	for i, step := range []struct{ action, in, want string }{
		{"get", "registry.example.com", "credentials not found in native keychain\n"},
		{"erase", "registry.example.com", "credentials not found in native keychain\n"},
		{"list", "", "{}"},
		{"store", alice, ""},
		{"get", "https://registry.example.com/v2/", alice},
		{"get", " https://registry.example.com/v2/\r\n", alice},
		{"get", "registry.example.com/v2", strings.Replace(alice, "https://registry.example.com/v2/", "registry.example.com/v2", 1)},
		{"get", "registry.example.com", "credentials not found in native keychain\n"}, // paths are parts of addresses
		{"get", "http://registry.example.com/v2/", "credentials not found in native keychain\n"},
		{"get", "registry.example.com:443/v2", "credentials not found in native keychain\n"},
		{"store", `{"ServerURL":"ghcr.io","Username":"<token>","Secret":"a\"b\u00e9<&>"}`, ""},
		{"get", "ghcr.io", `{"ServerURL":"ghcr.io","Username":"\u003ctoken\u003e","Secret":"a\"bé\u003c\u0026\u003e"}`},
		{"list", "", `{"ghcr.io":"\u003ctoken\u003e","https://registry.example.com/v2/":"alice"}`},
		{"store", strings.Replace(alice, "hunter2", "swordfish", 1), ""},
		{"get", "registry.example.com/v2/", `{"ServerURL":"registry.example.com/v2/","Username":"alice","Secret":"swordfish"}`},
		{"erase", "registry.example.com/v2", ""},
		{"get", "https://registry.example.com/v2/", "credentials not found in native keychain\n"},
		{"get", "", "no credentials server URL\n"},
		{"erase", "\n", "no credentials server URL\n"},
		{"store", `{"Username":"alice","Secret":"hunter2"}`, "no credentials server URL\n"},
		{"store", `{"ServerURL":"h","Secret":"hunter2"}`, "no credentials username\n"},
		{"frobnicate", "", `unknown credential action "frobnicate"` + "\n"},
	} {
		got, err := run(t, saved, step.action, step.in)
		failed := strings.HasSuffix(step.want, "\n")
		if got != step.want || (err != nil) != failed {
			t.Errorf("step %d, %s: printed %q, %v, want %q", i+1, step.action, got, err, step.want)
		}
		if strings.HasPrefix(step.want, "credentials not found") && !errors.Is(err, dockercred.ErrNotFound) {
			t.Errorf("step %d: %v, want ErrNotFound", i+1, err)
		}
	}
	if m.writes != 4 {
		t.Errorf("%d writes", m.writes)
	}
	if text := fmt.Sprint(m.abouts); strings.Contains(text, "hunter2") || strings.Contains(text, "swordfish") {
		t.Error("the index holds a secret")
	}
}

// What cannot be read is no document, and no secret is in what is said about it.
func TestServeRefuses(t *testing.T) {
	saved, m := newSaved()
	for _, in := range []string{
		"", "{", `{"ServerURL":"h","Username":"u","Secret":"hunter2"`, `["hunter2"]`, `{"ServerURL":"h","Username":"u","Secret":"hunter2` + "\xff" + `"}`,
		`{"ServerURL":"h h","Username":"u","Secret":"hunter2"}`, `{"ServerURL":"h\u001b","Username":"u","Secret":"hunter2"}`,
		`{"ServerURL":7,"Username":"u","Secret":"hunter2"}`, strings.Repeat("hunter2", 1<<18),
	} {
		got, err := run(t, saved, "store", in)
		if err == nil || !strings.HasSuffix(got, "\n") || strings.Contains(got+err.Error(), "hunter2") {
			t.Errorf("store %.40q: printed %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"a b", "h\x00", "h\x1b[2J", "h\xff", strings.Repeat("h", 1<<20+1)} {
		if got, err := run(t, saved, "get", in); err == nil || strings.ContainsAny(got, "\x00\x1b") || !utf8.ValidString(got) {
			t.Errorf("get %.40q: printed %q, %v", in, got, err)
		}
	}
	if m.writes != 0 {
		t.Error("something was kept")
	}
}

// A keychain that cannot be asked, or an item that cannot be read, is not an empty one.
func TestBrokenKeychain(t *testing.T) {
	saved, m := newSaved()
	for name, item := range map[string]string{
		"cut off": `{"server":"aA==","username":"dQ==","secret":"c2Vj`, "more": `{"server":"aA==","username":"dQ==","secret":"c2Vj","x":1}`,
		"two": `{"server":"aA==","username":"dQ==","secret":"c2Vj"}{}`, "nobody": `{"server":"aA=="}`, "empty": "",
	} {
		m.items["docker/h"] = []byte(item)
		got, err := run(t, saved, "get", "h")
		if err == nil || errors.Is(err, dockercred.ErrNotFound) || strings.Contains(got, "c2Vj") {
			t.Errorf("%s: printed %q, %v", name, got, err)
		}
	}
	m.broken = errors.New("the keychain is locked")
	for action, in := range map[string]string{"get": "h", "erase": "h", "store": alice, "list": ""} {
		got, err := run(t, saved, action, in)
		if !errors.Is(err, m.broken) || !strings.Contains(got, "the keychain is locked") || strings.Contains(got, "hunter2") {
			t.Errorf("%s: printed %q, %v", action, got, err)
		}
	}
}

func TestCredentialPrintsNoSecret(t *testing.T) {
	c := dockercred.Credential{ServerURL: "h", Username: "u", Secret: "hunter2"}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(verb, c) + fmt.Sprintf(verb, &c); strings.Contains(got, "hunter2") || strings.Contains(got, "68756e746572") {
			t.Errorf("%s prints %s", verb, got)
		}
	}
	if out, err := json.Marshal(c); err == nil {
		t.Errorf("it marshals as %s", out)
	}
}

// FuzzRead: what is read is written so that it reads as the same; and comes back from the store as it was.
func FuzzRead(f *testing.F) {
	f.Add([]byte(alice))
	f.Add([]byte(`{"serverurl":"ghcr.io","Username":"<token>","Secret":""}`))
	f.Add([]byte(`{"ServerURL":"h","ServerURL":"i","Username":"\ud800","Secret":"\u0000\u2028"}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := dockercred.Read(bytes.NewReader(in))
		if err != nil {
			return
		}
		out, err := dockercred.Format(c)
		if err != nil {
			t.Fatalf("Format after Read(%q): %v", in, err)
		}
		again, err := dockercred.Read(bytes.NewReader(out))
		if err != nil || again.ServerURL != c.ServerURL || again.Username != c.Username || again.Secret != c.Secret {
			t.Errorf("%q reads as %q, which is read as something else, %v", in, out, err)
		}
		saved, _ := newSaved()
		if err := saved.Store(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		kept, err := saved.Get(t.Context(), c.ServerURL)
		if err != nil || kept.Username != c.Username || kept.Secret != c.Secret {
			t.Errorf("%q comes back as something else, %v", out, err)
		}
	})
}
