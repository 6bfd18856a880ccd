//go:build linux

package keychain_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zalando/go-keyring"

	"credmint/helper/filelock"
	"credmint/keychain"
	"credmint/keychain/files"
	"credmint/keychain/keychaintest"
	"credmint/keychain/oskeychain"
	"credmint/keychain/secretservice"
)

// TestMain lets this test binary be one of many processes.
func TestMain(m *testing.M) {
	if dir := os.Getenv("KEYCHAIN_TEST_SET"); dir != "" {
		setChild(dir)
		return
	}
	if os.Getenv("KEYCHAIN_TEST_MAKE") == "" {
		os.Exit(m.Run())
	}
	k := open(os.Getenv("KEYCHAIN_TEST_MAKE"), "os", os.Getenv)
	var key []byte
	err := k.Update(context.Background(), "cache-key", func(old []byte) ([]byte, map[string]string, error) {
		if old == nil {
			old = []byte(fmt.Sprint("made by ", os.Getpid()))
		}
		key = old
		return old, nil, nil
	})
	fmt.Printf("%s %v\n", key, err)
}

func open(dir, choice string, getenv func(string) string) *keychain.Keychain {
	k, err := keychain.Open(keychain.Options{
		Dir: dir, Choice: choice, OS: oskeychain.Open(getenv), NewLock: filelock.New,
		Other: encrypted(dir, func(context.Context, bool) ([]byte, error) { return []byte("passphrase"), nil }),
	})
	if err != nil {
		panic(err)
	}
	return k
}

// encrypted opens the encrypted files of a data directory, and no other store.
func encrypted(dir string, ask func(context.Context, bool) ([]byte, error)) func(name string) keychain.Store {
	return func(name string) keychain.Store {
		if name != keychain.File {
			return nil
		}
		return files.Open(filepath.Join(dir, "secrets"), files.Passphrase{Ask: ask})
	}
}

func env(vars []string) func(string) string {
	return func(name string) string {
		for _, v := range vars {
			if value, ok := strings.CutPrefix(v, name+"="); ok {
				return value
			}
		}
		return ""
	}
}

// onBus opens the OS keychain of a private bus. go-keyring finds the bus by the environment.
func onBus(t *testing.T, b *keychaintest.Bus, more ...string) *keychain.Keychain {
	t.Helper()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", b.Address)
	return open(t.TempDir(), "os", env(append(b.Env(), more...)))
}

// desktop is where a person may be asked, and a write has the time for that: a busy disk may need some of it.
const desktop = "DISPLAY=:1"

var values = map[string][]byte{
	"empty":     {},
	"text":      []byte("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
	"any bytes": {0, 1, 0xff, '\r', '\n', '"', '\\', '\''},
	"large":     bytes.Repeat([]byte("0123456789"), 5000),
}

// exercise is what every store must do.
func exercise(t *testing.T, k *keychain.Keychain) {
	ctx := t.Context()
	for name, value := range values {
		item := "test/" + name + "/Ä%' \"\\\n"
		if _, err := k.Get(ctx, item); !errors.Is(err, keychain.ErrNotFound) || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: Get of nothing: %v", name, err)
		}
		if err := k.Set(ctx, item, value, map[string]string{"what": name}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := k.Get(ctx, item)
		if err != nil || !bytes.Equal(got, value) {
			t.Errorf("%s: Get = %q, %v", name, got, err)
		}
		if about, err := k.About(item); err != nil || about["what"] != name {
			t.Errorf("%s: About = %v, %v", name, about, err)
		}
	}
	if list, err := k.List("test/"); err != nil || len(list) != len(values) {
		t.Errorf("List = %v, %v", list, err)
	}
	if list, err := k.List("other/"); err != nil || len(list) != 0 {
		t.Errorf("List = %v, %v", list, err)
	}
	for name := range values {
		item := "test/" + name + "/Ä%' \"\\\n"
		if err := k.Delete(ctx, item); err != nil {
			t.Errorf("%s: Delete: %v", name, err)
		}
		if _, err := k.Get(ctx, item); !errors.Is(err, keychain.ErrNotFound) {
			t.Errorf("%s: Get after Delete: %v", name, err)
		}
		if _, err := k.About(item); !errors.Is(err, keychain.ErrNotFound) {
			t.Errorf("%s: About after Delete: %v", name, err)
		}
		if err := k.Delete(ctx, item); !errors.Is(err, keychain.ErrNotFound) {
			t.Errorf("%s: Delete of nothing: %v", name, err)
		}
	}
}

func TestFileStore(t *testing.T) { exercise(t, open(t.TempDir(), "file", env(nil))) }

func TestGnomeKeyring(t *testing.T) { exercise(t, onBus(t, keychaintest.Must(t, false), desktop)) }

func TestLockedKeyring(t *testing.T) {
	b := keychaintest.Must(t, false)
	k := onBus(t, b, desktop)
	if err := k.Set(t.Context(), "cache-key", []byte("key"), nil); err != nil {
		t.Fatal(err)
	}
	if err := b.LockKeyring(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"cache-key", "never/stored"} { // a locked keyring is never "empty"
		k := open(t.TempDir(), "os", env(b.Env()))
		start := time.Now()
		_, err := k.Get(t.Context(), name)
		if !errors.Is(err, keychain.ErrLocked) || errors.Is(err, keychain.ErrNotFound) {
			t.Errorf("Get(%s) = %v, want ErrLocked", name, err)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("Get(%s) took %s", name, took)
		}
		made := false
		err = k.Update(t.Context(), name, func([]byte) ([]byte, map[string]string, error) {
			made = true
			return []byte("new"), nil, nil
		})
		if !errors.Is(err, keychain.ErrLocked) || made {
			t.Errorf("Update(%s) = %v, and a new value was made: %v", name, err, made)
		}
	}
	k = open(t.TempDir(), "os", env(b.Env()))
	if err := k.Set(t.Context(), "other", []byte("x"), nil); !errors.Is(err, keychain.ErrLocked) {
		t.Errorf("Set = %v, want ErrLocked", err)
	}
}

func TestNoService(t *testing.T) {
	keychaintest.Need(t)
	b, err := keychaintest.StartBus(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	_, err = onBus(t, b).Get(t.Context(), "cache-key")
	if !errors.Is(err, keychain.ErrUnavailable) || errors.Is(err, keychain.ErrNotFound) {
		t.Errorf("Get = %v, want ErrUnavailable", err)
	}
	var hinter interface{ Hint() string }
	if !errors.As(err, &hinter) || !strings.Contains(hinter.Hint(), "CREDMINT_KEYCHAIN=file") {
		t.Errorf("%v does not say how to opt in to files", err)
	}
}

// Without a bus nothing is started, least of all one.
func TestNoBus(t *testing.T) {
	dir := t.TempDir()
	mark := filepath.Join(dir, "ran")
	if err := os.WriteFile(filepath.Join(dir, "dbus-launch"), []byte("#!/bin/sh\ntouch "+mark+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	for _, address := range []string{"", "autolaunch:", "unix:path=/nonexistent"} {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
		k := open(t.TempDir(), "os", env([]string{"DBUS_SESSION_BUS_ADDRESS=" + address, "XDG_RUNTIME_DIR=/nonexistent"}))
		if _, err := k.Get(t.Context(), "cache-key"); !errors.Is(err, keychain.ErrUnavailable) || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: Get = %v, want ErrUnavailable, and nothing that reads like a missing item", address, err)
		}
		if err := k.Set(t.Context(), "cache-key", []byte("x"), nil); !errors.Is(err, keychain.ErrUnavailable) {
			t.Errorf("%q: Set = %v, want ErrUnavailable", address, err)
		}
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("dbus-launch was run")
	}
}

// What is under our name but not of our making is refused, and left as it is.
func TestForeignItem(t *testing.T) {
	b := keychaintest.Must(t, false)
	k := onBus(t, b, desktop)
	for _, value := range []string{"", "plain", "cm1:!!!.00000000", "cm1:YQ.00000000", "cm1+c:1", "cm1+a:999", "cm1+a:1"} {
		if err := keyring.Set("credmint", "cache-key", value); err != nil {
			t.Fatal(err)
		}
		if _, err := k.Get(t.Context(), "cache-key"); !errors.Is(err, keychain.ErrCorrupt) {
			t.Errorf("%q: Get = %v, want ErrCorrupt", value, err)
		}
		if err := k.Update(t.Context(), "cache-key", func([]byte) ([]byte, map[string]string, error) {
			return []byte("new"), nil, nil
		}); !errors.Is(err, keychain.ErrCorrupt) {
			t.Errorf("%q: Update = %v, want ErrCorrupt", value, err)
		}
		if got, err := keyring.Get("credmint", "cache-key"); err != nil || got != value {
			t.Errorf("%q became %q, %v", value, got, err)
		}
	}
}

// Many processes that find no key make one.
func TestOneProcessMakesTheKey(t *testing.T) {
	b := keychaintest.Must(t, false)
	dir := t.TempDir()
	const processes = 60
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		seen = map[string]int{}
	)
	for range processes {
		wg.Go(func() {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(b.Env(), desktop, "KEYCHAIN_TEST_MAKE="+dir)
			out, err := cmd.CombinedOutput()
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Errorf("%v: %s", err, out)
			}
			seen[string(out)]++
		})
	}
	wg.Wait()
	if len(seen) != 1 {
		t.Errorf("answers: %v", seen)
	}
	if !b.Alive() {
		t.Error("gnome-keyring is gone")
	}
}

// The quick read must not be what kills gnome-keyring: a client whose first message is OpenSession does, sooner or later.
// Every other client here leaves after its greeting, as one does that had nothing to ask.
func TestManyReads(t *testing.T) {
	b := keychaintest.Must(t, false)
	k := onBus(t, b, desktop)
	if err := k.Set(t.Context(), "cache-key", []byte("key"), nil); err != nil {
		t.Fatal(err)
	}
	reads := 2000
	if os.Getenv("CREDMINT_TEST_LONG") != "" {
		reads = 20000
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range reads / 8 {
				c, err := secretservice.Greet(time.Now().Add(time.Minute), time.Minute, b.Address)
				if err == nil {
					c.Close()
					_, err = secretservice.Read(time.Now().Add(time.Minute), time.Minute, b.Address, "credmint", "cache-key")
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if !b.Alive() {
		t.Error("gnome-keyring is gone")
	}
}

func TestChoiceIsRemembered(t *testing.T) {
	dir := t.TempDir()
	if err := open(dir, "file", env(nil)).Set(t.Context(), "a", []byte("x"), nil); err != nil {
		t.Fatal(err)
	}
	if got, err := open(dir, "", env(nil)).Get(t.Context(), "a"); err != nil || string(got) != "x" {
		t.Errorf("Get = %q, %v", got, err)
	}
	if _, err := keychain.Open(keychain.Options{Dir: dir, Choice: "cloud", OS: oskeychain.Open(env(nil))}); err == nil {
		t.Error("an unknown keychain is opened")
	}
}

// A person who turns to another store finds what the first one has.
func TestNamesStayWhereTheyAre(t *testing.T) {
	b := keychaintest.Must(t, false)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", b.Address)
	dir := t.TempDir()
	about := map[string]string{"id": "1"}
	if err := open(dir, "file", env(b.Env())).Set(t.Context(), "aws/a", []byte("in a file"), about); err != nil {
		t.Fatal(err)
	}
	k := open(dir, "os", env(append(b.Env(), desktop)))
	if err := k.Set(t.Context(), "aws/b", []byte("in the keyring"), about); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"aws/a": "in a file", "aws/b": "in the keyring"} {
		if got, err := open(dir, "", env(b.Env())).Get(t.Context(), name); err != nil || string(got) != want {
			t.Errorf("Get(%s) = %q, %v", name, got, err)
		}
	}
}

func TestWrongPassphrase(t *testing.T) {
	dir := t.TempDir()
	if err := open(dir, "file", env(nil)).Set(t.Context(), "a", []byte("x"), nil); err != nil {
		t.Fatal(err)
	}
	asked := 0
	k, err := keychain.Open(keychain.Options{Dir: dir, OS: oskeychain.Open(env(nil)), Other: encrypted(dir, func(context.Context, bool) ([]byte, error) {
		asked++
		return []byte("wrong"), nil
	})})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := k.Get(t.Context(), "a"); !errors.Is(err, keychain.ErrDeclined) {
			t.Errorf("Get = %v, want ErrDeclined", err)
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times, want once", asked)
	}
}

func mustWrite(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A master file that asks for endless work is refused before any is done, and one that is gone is not made again.
func TestFileStoreMaster(t *testing.T) {
	dir := t.TempDir()
	if err := open(dir, "file", env(nil)).Set(t.Context(), "a", []byte("x"), nil); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "secrets", "master")
	master, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{4, 8} {
		bad := bytes.Clone(master)
		bad[at] = 0xff
		mustWrite(t, path, bad)
		start := time.Now()
		if _, err := open(dir, "file", env(nil)).Get(t.Context(), "a"); !errors.Is(err, keychain.ErrCorrupt) || time.Since(start) > 10*time.Second {
			t.Errorf("byte %d: Get = %v after %s", at, err, time.Since(start))
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := open(dir, "file", env(nil)).Set(t.Context(), "b", []byte("x"), nil); !errors.Is(err, keychain.ErrCorrupt) {
		t.Errorf("Set without the master = %v, want ErrCorrupt", err)
	}
}

func TestFilesArePrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if err := open(dir, "file", env(nil)).Set(t.Context(), "aws/me", []byte("hunter2"), map[string]string{"id": "AKIA"}); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		if info.Mode().Perm() != want && d.Name() != "lock" {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		if !d.IsDir() {
			if data, _ := os.ReadFile(path); bytes.Contains(data, []byte("hunter2")) || bytes.Contains(data, []byte("aHVudGVyMg")) {
				t.Errorf("%s holds the secret", path)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func BenchmarkRead(b *testing.B) {
	bus := keychaintest.Must(b, false)
	b.Setenv("DBUS_SESSION_BUS_ADDRESS", bus.Address)
	if err := keyring.Set("credmint", "cache-key", "x"); err != nil {
		b.Fatal(err)
	}
	b.Run("quick", func(b *testing.B) {
		for b.Loop() {
			if _, err := secretservice.Read(time.Now().Add(time.Second), time.Second, bus.Address, "credmint", "cache-key"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("go-keyring", func(b *testing.B) {
		for b.Loop() {
			if _, err := keyring.Get("credmint", "cache-key"); err != nil {
				b.Fatal(err)
			}
		}
	})
}
