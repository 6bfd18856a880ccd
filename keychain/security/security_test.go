//go:build unix

package security_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"credmint/helper/filelock"
	"credmint/keychain"
	"credmint/keychain/keychaintest"
	"credmint/keychain/security"
)

// TestMain builds the program that stands in for macOS's; TEST_SECURITY says where it is.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "credmint-security")
	if err == nil {
		err = os.Setenv("TEST_SECURITY", filepath.Join(dir, "security"))
	}
	if err == nil {
		build := exec.Command("go", "build", "-o", os.Getenv("TEST_SECURITY"), "./testdata/security")
		build.Stderr = os.Stderr
		err = build.Run()
	}
	code := 1
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		code = m.Run()
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// machine is a login keychain: the directory of its program.
type machine struct {
	*testing.T
	dir string
}

func newMachine(t *testing.T) machine {
	t.Helper()
	m := machine{t, t.TempDir()}
	if err := os.Link(os.Getenv("TEST_SECURITY"), m.program()); err == nil {
		return m
	}
	data, err := os.ReadFile(os.Getenv("TEST_SECURITY"))
	if err != nil {
		t.Fatal(err)
	}
	syscall.ForkLock.RLock() // a process that another test starts would have it open for writing, and none could run it then
	defer syscall.ForkLock.RUnlock()
	m.write(filepath.Base(m.program()), data, 0o700)
	return m
}

func (m machine) program() string {
	return filepath.Join(m.dir, "security")
}

// store has the time that a person would have: a busy machine may need some of it.
func (m machine) store() keychain.Store {
	return security.Open(m.program(), func() bool { return true })
}

func (m machine) write(name string, data []byte, mode os.FileMode) {
	m.Helper()
	if err := os.WriteFile(filepath.Join(m.dir, name), data, mode); err != nil {
		m.Fatal(err)
	}
}

// fault has the program misbehave from now on: see its source.
func (m machine) fault(f map[string]any) {
	m.Helper()
	data, err := json.Marshal(f)
	if err != nil {
		m.Fatal(err)
	}
	m.write("fault", data, 0o600)
}

// put keeps a value as some other program would.
func (m machine) put(account, value string) {
	m.Helper()
	data, err := json.Marshal(map[string]string{fmt.Sprintf("%q %q", keychain.Service, account): value})
	if err != nil {
		m.Fatal(err)
	}
	m.write("items", data, 0o600)
}

// calls are the runs of the program as others could see them.
func (m machine) calls() (calls []call, text string) {
	m.Helper()
	data, err := os.ReadFile(filepath.Join(m.dir, "calls"))
	if err != nil {
		m.Fatal(err)
	}
	for line := range bytes.Lines(data) {
		var c call
		if err := json.Unmarshal(line, &c); err != nil {
			m.Fatal(err)
		}
		calls = append(calls, c)
	}
	return calls, string(data)
}

type call struct {
	PID       int
	Args, Env []string
}

// wantGone checks that no process of the program's is left.
func (m machine) wantGone() {
	m.Helper()
	calls, _ := m.calls()
	for _, c := range calls {
		if p, err := os.FindProcess(c.PID); err == nil && p.Signal(syscall.Signal(0)) == nil {
			m.Errorf("process %d is left: %v", c.PID, c.Args)
		}
	}
}

func TestStore(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	keychaintest.Exercise(t, m.store(), keychaintest.Names...)
	m.wantGone()
}

// Any name but those with a line feed or a NUL is one item's, and no command; any value comes back as it was.
func TestNamesAndValues(t *testing.T) {
	t.Parallel()
	s := newMachine(t).store()
	names := []string{
		`a"b`, `a\b`, `a\\b`, `a'b`, "a b", "a\tb", "a\rb", `" -w x`, `\" -w x`, `a" -a "b`, "-w", "--", "ü", "$(touch x)", "%s%n",
		strings.Repeat("n", 255), "\xff",
	}
	value := func(name string) string { return "value of\n" + name + "\x00\xff \t" }
	for _, name := range names {
		if err := s.Set(t.Context(), name, value(name)); err != nil {
			t.Errorf("Set(%q) = %v", name, err)
		}
	}
	for _, name := range names {
		if got, err := s.Get(t.Context(), name); err != nil || got != value(name) {
			t.Errorf("Get(%q) = %q, %v", name, got, err)
		}
	}
	for _, name := range names {
		if err := s.Delete(t.Context(), name); err != nil {
			t.Errorf("Delete(%q) = %v", name, err)
		}
	}
}

func TestNamesRefused(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	for _, name := range []string{"", "a\nb", "a\n", "a\x00b", "x\" -w y\ndelete-generic-password -s credmint"} {
		_, err := m.store().Get(t.Context(), name)
		keychaintest.WantKind(t, "Get", err, keychain.ErrUnavailable)
		keychaintest.WantKind(t, "Set", m.store().Set(t.Context(), name, "x"), keychain.ErrUnavailable)
		keychaintest.WantKind(t, "Delete", m.store().Delete(t.Context(), name), keychain.ErrUnavailable)
	}
	if _, err := os.Stat(filepath.Join(m.dir, "calls")); err == nil {
		t.Error("the program was run")
	}
}

// What go-keyring has written, in its ways of old and of today, and what a person has, is read and removed.
func TestGoKeyring(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		stored, want string
		kind         error
	}{
		"base64":         {"go-keyring-base64:" + base64.StdEncoding.EncodeToString([]byte("cm1:a\nü")), "cm1:a\nü", nil},
		"hex":            {"go-keyring-encoded:636d313a0aff", "cm1:\n\xff", nil},
		"as it is":       {"cm1:plain", "cm1:plain", nil},
		"with spaces":    {" a b ", " a b ", nil},
		"empty":          {"", "", nil},
		"not printable":  {"ü\n", "c3bc0a", nil}, // as `security` prints it, which is no value of credmint's
		"no base64":      {"go-keyring-base64:*", "", keychain.ErrCorrupt},
		"half of base64": {"go-keyring-base64:Y20", "", keychain.ErrCorrupt},
		"no hex":         {"go-keyring-encoded:6", "", keychain.ErrCorrupt},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			m.put("aws/me", tt.stored)
			got, err := m.store().Get(t.Context(), "aws/me")
			if got != tt.want || (err == nil) != (tt.kind == nil) {
				t.Errorf("Get = %q, %v", got, err)
			}
			if tt.kind != nil {
				keychaintest.WantKind(t, "Get", err, tt.kind)
			}
			if err := m.store().Delete(t.Context(), "aws/me"); err != nil {
				t.Errorf("Delete = %v", err)
			}
		})
	}
}

// What is written is what go-keyring reads.
func TestWritesAsGoKeyring(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	if err := m.store().Set(t.Context(), "aws/me", "cm1:x"); err != nil {
		t.Fatal(err)
	}
	items, err := os.ReadFile(filepath.Join(m.dir, "items"))
	if want := `{"\"credmint\" \"aws/me\"":"go-keyring-base64:Y20xOng="}`; err != nil || string(items) != want {
		t.Errorf("%s, %v", items, err)
	}
}

// A value is in no argument and no variable, and `security` gets no variable that it does not need.
func TestNothingSecretIsSeen(t *testing.T) {
	m := newMachine(t)
	for _, name := range []string{"AWS_SECRET_ACCESS_KEY", "CREDMINT_PASSPHRASE", "SECRET_OF_ANOTHER", "MallocStackLogging", "DYLD_INSERT_LIBRARIES"} {
		t.Setenv(name, "canary")
	}
	s := m.store()
	if err := s.Set(t.Context(), "aws/me", "canary"); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get(t.Context(), "aws/me"); err != nil || got != "canary" {
		t.Fatalf("Get = %q, %v", got, err)
	}
	if err := s.Delete(t.Context(), "aws/me"); err != nil {
		t.Fatal(err)
	}
	calls, seen := m.calls()
	for _, form := range []string{"canary", base64.StdEncoding.EncodeToString([]byte("canary"))} {
		if strings.Contains(seen, form) {
			t.Errorf("others could see %s: %s", form, seen)
		}
	}
	if len(calls) != 3 {
		t.Errorf("%d runs", len(calls))
	}
	home := "HOME=" + os.Getenv("HOME")
	for _, c := range calls {
		if !strings.Contains(strings.Join(c.Env, "\n"), home) {
			t.Errorf("no %s in %v", home, c.Env)
		}
	}
}

// At 4,096 bytes `security -i` takes the line feed for a command of its own, and forgets that the one before failed.
func TestLineEdge(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	s := m.store()
	if err := s.Set(t.Context(), strings.Repeat("n", 209), strings.Repeat("\x00", s.Limit())); err != nil {
		t.Errorf("what Limit promises, under a long name: %v", err)
	}
	m.fault(map[string]any{"Status": -25308})
	for _, name := range []string{"aws/me", "aws/you", "aws/them", "aws/those"} { // base64 grows by four bytes
		n := 2980
		for ; n < 3200; n += 3 {
			err := s.Set(t.Context(), name, strings.Repeat("v", n))
			if errors.Is(err, keychain.ErrTooBig) {
				break
			}
			keychaintest.WantKind(t, fmt.Sprintf("Set of %d bytes", n), err, keychain.ErrLocked)
		}
		if n == 2980 || n >= 3200 {
			t.Errorf("%d bytes are the first too many", n)
		}
	}
	if _, err := os.Stat(filepath.Join(m.dir, "overlong")); err == nil {
		t.Error("a line was longer than `security` reads")
	}
}

// What `security` itself makes of such a line is why none is written.
func TestLineEdgeIsReal(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.fault(map[string]any{"Status": -25308})
	for length, want := range map[int]int{4095: 36, 4096: 0, 4097: 1} {
		line := `add-generic-password -U -s credmint -a aws/me -w `
		cmd := exec.Command(m.program(), "-i")
		cmd.Stdin = strings.NewReader(line + strings.Repeat("v", length-len(line)-1) + "\n")
		var exit *exec.ExitError
		err := cmd.Run()
		if errors.As(err, &exit) && exit.ExitCode() != want || err == nil && want != 0 {
			t.Errorf("%d bytes: %v, want %d", length, err, want)
		}
	}
}

// Long values are kept in several items, and a write that stops among them leaves the old value.
func TestLongValues(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	dir := t.TempDir()
	open := func() *keychain.Keychain {
		k, err := keychain.Open(keychain.Options{Dir: dir, OS: m.store(), NewLock: filelock.New})
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	old, long := bytes.Repeat([]byte("o"), 5000), bytes.Repeat([]byte("n"), 9000)
	if err := open().Set(t.Context(), "aws/me", old, nil); err != nil {
		t.Fatal(err)
	}
	m.fault(map[string]any{"Command": "add-generic-password", "Status": -128})
	keychaintest.WantKind(t, "Set", open().Set(t.Context(), "aws/me", long, nil), keychain.ErrDeclined)
	if got, err := open().Get(t.Context(), "aws/me"); err != nil || !bytes.Equal(got, old) {
		t.Errorf("Get = %d bytes, %v", len(got), err)
	}
	m.fault(nil)
	if err := open().Set(t.Context(), "aws/me", long, nil); err != nil {
		t.Fatal(err)
	}
	if got, err := open().Get(t.Context(), "aws/me"); err != nil || !bytes.Equal(got, long) {
		t.Errorf("Get = %d bytes, %v", len(got), err)
	}
	if err := open().Delete(t.Context(), "aws/me"); err != nil {
		t.Fatal(err)
	}
	if items, err := os.ReadFile(filepath.Join(m.dir, "items")); err != nil || string(items) != "{}" {
		t.Errorf("what is left: %s, %v", items, err)
	}
}

// faults are what `security` can do, and what comes of it for a value that is there. nil is a success.
var faults = map[string]struct {
	fault          map[string]any
	get, set, gone error
	says           string // in each error
}{
	"locked, no screen (36)":          {map[string]any{"Status": -25308}, keychain.ErrLocked, keychain.ErrLocked, keychain.ErrLocked, ""},
	"a screen is required (29)":       {map[string]any{"Code": 29}, keychain.ErrLocked, keychain.ErrLocked, keychain.ErrLocked, ""},
	"not found (44)":                  {map[string]any{"Code": 44}, keychain.ErrNotFound, keychain.ErrNotFound, keychain.ErrNotFound, ""},
	"a wrong password (51)":           {map[string]any{"Status": -25293}, keychain.ErrDeclined, keychain.ErrDeclined, keychain.ErrDeclined, ""},
	"the person says no (128)":        {map[string]any{"Status": -128}, keychain.ErrDeclined, keychain.ErrDeclined, keychain.ErrDeclined, ""},
	"it is there already (45)":        {map[string]any{"Code": 45}, keychain.ErrUnavailable, keychain.ErrUnavailable, keychain.ErrUnavailable, "45"},
	"no default keychain (37)":        {map[string]any{"Status": -25307}, keychain.ErrUnavailable, keychain.ErrUnavailable, keychain.ErrUnavailable, "`security` ended with"},
	"no keychain to search (44)":      {map[string]any{"Status": -25307, "Search": true}, keychain.ErrUnavailable, keychain.ErrUnavailable, keychain.ErrUnavailable, "A default keychain could not be found."},
	"wrong usage (2)":                 {map[string]any{"Code": 2}, keychain.ErrUnavailable, keychain.ErrUnavailable, keychain.ErrUnavailable, "2"},
	"noise":                           {map[string]any{"Before": "security(7) MallocStackLogging: could not be found\nkeychain: \"/login\"\n"}, nil, nil, nil, ""},
	"noise, and locked (36)":          {map[string]any{"Before": "warning: \x1b[31mred", "Status": -25308}, keychain.ErrLocked, keychain.ErrLocked, keychain.ErrLocked, ""},
	"0, with words on stderr":         {map[string]any{"Code": 0, "Before": "security: SecSomething: an error occurred\n"}, nil, nil, nil, ""},
	"0, but it failed":                {map[string]any{"Code": 0, "Status": -25308}, keychain.ErrUnavailable, keychain.ErrLocked, nil, ""},
	"0, and half a value":             {map[string]any{"Stdout": "go-keyring-base64:Y20x"}, keychain.ErrUnavailable, nil, nil, ""},
	"another code, with a terminal's": {map[string]any{"Code": 101, "Before": "security: SecThing: \x1b]0;title\a\u202egone\n"}, keychain.ErrUnavailable, keychain.ErrUnavailable, keychain.ErrUnavailable, "101: SecThing: ]0;titlegone"},
	"it prints without end":           {map[string]any{"Flood": true}, keychain.ErrUnavailable, keychain.ErrUnavailable, keychain.ErrUnavailable, ""},
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, tt := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			if err := m.store().Set(t.Context(), "aws/me", "canary"); err != nil {
				t.Fatal(err)
			}
			m.fault(tt.fault)
			got, get := m.store().Get(t.Context(), "aws/me")
			if get == nil && got != "canary" || get != nil && got != "" {
				t.Errorf("Get = %q, %v", got, get)
			}
			set := m.store().Set(t.Context(), "aws/me", "canary of another")
			gone := m.store().Delete(t.Context(), "aws/me")
			for op, is := range map[string][2]error{"Get": {get, tt.get}, "Set": {set, tt.set}, "Delete": {gone, tt.gone}} {
				if is[1] == nil {
					if is[0] != nil {
						t.Errorf("%s = %v", op, is[0])
					}
					continue
				}
				keychaintest.WantKind(t, op, is[0], is[1])
				if text := is[0].Error(); !strings.Contains(text, tt.says) || strings.Contains(text, "canary") || strings.ContainsAny(text, "\n\x1b\a") {
					t.Errorf("%s says %q", op, text)
				}
			}
			m.wantGone()
		})
	}
}

// With -U, what cannot be changed fails as a duplicate: what matters is why it could not.
func TestDuplicate(t *testing.T) {
	t.Parallel()
	for status, kind := range map[int]error{-25308: keychain.ErrLocked, -25293: keychain.ErrDeclined, -128: keychain.ErrDeclined, -25307: keychain.ErrUnavailable} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			m.put("aws/me", "cm1:x")
			m.fault(map[string]any{"Status": status})
			err := m.store().Set(t.Context(), "aws/me", "cm1:y")
			keychaintest.WantKind(t, "Set", err, kind)
			if !strings.Contains(err.Error(), "SecKeychainItemModifyContent") {
				t.Error(err)
			}
		})
	}
}

// A program that hangs is ended when the call is over, and one that will not end is made to.
func TestHang(t *testing.T) {
	t.Parallel()
	if os.Getenv("CREDMINT_SLOW") == "1" {
		t.Run("with nobody's deadline, ten seconds", func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			m.fault(map[string]any{"Hang": true})
			_, err := security.Open(m.program(), func() bool { return false }).Get(t.Context(), "aws/me")
			keychaintest.WantKind(t, "Get", err, keychain.ErrTimeout)
			m.wantGone()
		})
	}
	for name, fault := range map[string]map[string]any{"hangs": {"Hang": true}, "hangs, and will not end": {"Deaf": true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			m.fault(fault)
			ops := map[string]func(context.Context) error{
				"Get":    func(ctx context.Context) error { _, err := m.store().Get(ctx, "aws/me"); return err },
				"Set":    func(ctx context.Context) error { return m.store().Set(ctx, "aws/me", "cm1:x") },
				"Delete": func(ctx context.Context) error { return m.store().Delete(ctx, "aws/me") },
			}
			for op, do := range ops {
				ctx, cancel := context.WithCancel(t.Context())
				_ = os.Remove(filepath.Join(m.dir, "hangs"))
				go m.whenItHangs(cancel)
				err := do(ctx)
				keychaintest.WantKind(t, op, err, keychain.ErrTimeout)
				if !errors.Is(err, context.Canceled) {
					t.Errorf("%s = %v", op, err)
				}
				cancel()
			}
			m.wantGone()
		})
	}
}

func (m machine) whenItHangs(then func()) {
	for range 3000 {
		if _, err := os.Stat(filepath.Join(m.dir, "hangs")); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	then()
}

// A program that is not there, is none, or would be looked for somewhere, is no keychain; and none is said what to type instead.
func TestNoProgram(t *testing.T) {
	m := newMachine(t)
	t.Chdir(m.dir)
	t.Setenv("PATH", m.dir)
	m.write("text", []byte("no program"), 0o600)
	for _, path := range []string{"security", "./security", "", filepath.Join(m.dir, "absent"), filepath.Join(m.dir, "text"), m.dir} {
		_, err := security.Open(path, func() bool { return true }).Get(t.Context(), "aws/me")
		keychaintest.WantKind(t, path, err, keychain.ErrUnavailable)
	}
	if _, err := os.Stat(filepath.Join(m.dir, "calls")); err == nil {
		t.Error("a program was run")
	}
}

// Errors say what to type on macOS, and nothing of other systems' keychains.
func TestHints(t *testing.T) {
	t.Parallel()
	for word, fault := range map[string]map[string]any{"security unlock-keychain": {"Status": -25308}, "CREDMINT_KEYCHAIN=file": {"Code": 101}} {
		m := newMachine(t)
		m.put("aws/me", "cm1:x")
		m.fault(fault)
		k, err := keychain.Open(keychain.Options{Dir: t.TempDir(), OS: m.store(), NewLock: filelock.New})
		if err != nil {
			t.Fatal(err)
		}
		_, err = k.Get(t.Context(), "aws/me")
		var hinter interface{ Hint() string }
		if !errors.As(err, &hinter) || !strings.Contains(hinter.Hint(), word) || strings.Contains(hinter.Hint(), "gnome") {
			t.Errorf("%v: no hint %q", err, word)
		}
	}
}
