package cache_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"credmint/cache"
	"credmint/helper/platformtest"
)

func TestPutThenGet(t *testing.T) {
	d := newDir(t)
	for _, value := range []string{"first", "", strings.Repeat("x", cache.MaxValue)} {
		want := cache.Entry{
			Value: []byte(value), Stored: testNow().Add(999 * time.Millisecond),
			Expires: testNow().Add(90*time.Minute + 999*time.Millisecond).In(time.FixedZone("", 3600)),
		}
		mustPut(t, d, testKey, want)
		got, err := d.Get(t.Context(), testKey)
		if err != nil || !bytes.Equal(got.Value, want.Value) {
			t.Fatalf("Get = %v, %v, want %v", got, err, want)
		}
		if !got.Stored.Equal(testNow()) || got.Expires != testNow().Add(90*time.Minute) {
			t.Errorf("Get = stored %v, expires %v, want whole seconds in UTC", got.Stored, got.Expires)
		}
	}
}

func TestPutRefuses(t *testing.T) {
	d := newDir(t)
	d.SealingKey = func(context.Context, bool) ([]byte, error) { t.Error("the key was asked for"); return nil, nil }
	tooLarge := entry(strings.Repeat("x", cache.MaxValue+1))
	expired := cache.Entry{Value: []byte("x"), Expires: testNow().Add(time.Second - 1)}
	for _, e := range []cache.Entry{tooLarge, expired, {}} {
		if err := d.Put(t.Context(), testKey, e); err == nil {
			t.Errorf("Put(%v) succeeded", e)
		}
	}
}

// TestSealingKeyCalls counts what each outcome costs: a call may ask a person to unlock the keychain.
func TestSealingKeyCalls(t *testing.T) {
	d := newDir(t)
	var calls []bool
	key := d.SealingKey
	d.SealingKey = func(ctx context.Context, create bool) ([]byte, error) {
		calls = append(calls, create)
		return key(ctx, create)
	}
	want := func(what string, want ...bool) {
		t.Helper()
		if fmt.Sprint(calls) != fmt.Sprint(want) {
			t.Errorf("%s: SealingKey calls (create) = %v, want %v", what, calls, want)
		}
		calls = nil
	}
	if _, err := d.Get(t.Context(), testKey); !errors.Is(err, cache.ErrMiss) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Get with no entry = %v, want a miss without a warning", err)
	}
	want("absent")
	mustPut(t, d, testKey, entry("x"))
	want("put", true)
	wantValue(t, d, testKey, "x")
	want("hit", false)

	d.Now = func() time.Time { return testNow().Add(time.Hour) }
	if _, err := d.Get(t.Context(), testKey); !errors.Is(err, cache.ErrMiss) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Get at expiry = %v, want a miss without a warning", err)
	}
	want("expired")
}

func TestSealingKeyErrors(t *testing.T) {
	d := newDir(t)
	mustPut(t, d, testKey, entry("x"))
	locked := errors.New("the keychain is locked")
	other := []byte(strings.Repeat("k", 32))
	for _, c := range []struct {
		key  []byte
		err  error
		want error
		text string
	}{
		{err: locked, want: locked, text: "locked"},
		{err: fmt.Errorf("item: %w", fs.ErrNotExist), want: cache.ErrMiss, text: "no sealing key"},
		{key: other, want: cache.ErrMiss, text: "sealed with another key"},
		{key: other[:31], want: cache.ErrMiss, text: "31 bytes"},
	} {
		d.SealingKey = func(context.Context, bool) ([]byte, error) { return c.key, c.err }
		_, err := d.Get(t.Context(), testKey)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("Get = %v, want %v, and words on %q", err, c.want, c.text)
		}
		if errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Get = %v, which looks as if nothing were kept", err)
		}
		if errors.Is(c.want, cache.ErrMiss) != errors.Is(err, cache.ErrMiss) {
			t.Errorf("Get = %v, want a miss only for %v", err, cache.ErrMiss)
		}
		if c.err == nil && len(c.key) == 32 {
			continue
		}
		if err := d.Put(t.Context(), testKey, entry("y")); err == nil {
			t.Errorf("Put with sealing key %q, %v succeeded", c.key, c.err)
		}
	}
	wantValue(t, testDir(d.Path), testKey, "x")
}

func TestEntryHidesItsValue(t *testing.T) {
	const canary = "CANARY-7f3a"
	e := entry(canary)
	js, err := json.Marshal(map[string]any{"entry": e})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "entry", e)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "entry", e)
	printed := fmt.Sprintf("%v %+v %#v %s %q %x %d", e, e, e, e, e, e, e) + fmt.Sprintln(e, &e, []cache.Entry{e}) +
		string(js) + log.String()
	for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprint([]byte(canary)), "Q0FOQVJZ"} {
		if strings.Contains(printed, form) {
			t.Errorf("printing shows the value: %s", printed)
		}
	}
}

func TestFilesArePrivate(t *testing.T) {
	d := newDir(t)
	mustPut(t, d, testKey, entry("CANARY"))
	_, lock, err := d.Acquire(t.Context(), cache.Key{9}, func(cache.Entry) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	lock.End(errors.New("text"))
	err = filepath.WalkDir(d.Path, func(path string, f fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := f.Info()
		if err == nil && platformtest.KeepsModes && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		if f.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte("CANARY")) {
			t.Errorf("%s shows the value", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	tag, err := os.ReadFile(filepath.Join(d.Path, "CACHEDIR.TAG"))
	if err != nil || !bytes.HasPrefix(tag, []byte("Signature: 8a477f597d28d172789f06886806bc55")) {
		t.Errorf("CACHEDIR.TAG = %q, %v", tag, err)
	}
}

// BenchmarkGet is what a warm hit spends here; the sealing key costs nothing. Five system calls: open, fstat, geteuid,
// read, close.
func BenchmarkGet(b *testing.B) {
	d := newDir(b)
	mustPut(b, d, testKey, entry(strings.Repeat("x", 1500)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Get(b.Context(), testKey); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPut is dominated by the two syncs.
func BenchmarkPut(b *testing.B) {
	d := newDir(b)
	e := entry(strings.Repeat("x", 1500))
	b.ReportAllocs()
	for b.Loop() {
		mustPut(b, d, testKey, e)
	}
}
