package cache_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"credmint/cache"
)

func anything(cache.Entry) bool { return true }

// clock is a clock that is set by hand.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func mustAcquire(t *testing.T, d cache.Dir) *cache.Lock {
	t.Helper()
	e, lock, err := d.Acquire(t.Context(), testKey, anything)
	if err != nil || lock == nil {
		t.Fatalf("Acquire = %v, %v, %v, want the lock", e, lock, err)
	}
	return lock
}

func TestAcquireServesWhatIsThere(t *testing.T) {
	d := newDir(t)
	mustPut(t, d, testKey, entry("x"))
	e, lock, err := d.Acquire(t.Context(), testKey, anything)
	if err != nil || lock != nil || string(e.Value) != "x" {
		t.Errorf("Acquire = %q, %v, %v, want the entry", e.Value, lock, err)
	}
	_, lock, err = d.Acquire(t.Context(), testKey, func(cache.Entry) bool { return false })
	if err != nil || lock == nil {
		t.Fatalf("Acquire when the entry is not enough = %v, %v, want the lock", lock, err)
	}
	lock.End(nil)
	lock.End(nil) // harmless
}

// TestWaiterGetsTheEntry has a waiter take what another made, and not the lock.
func TestWaiterGetsTheEntry(t *testing.T) {
	d := newDir(t)
	mustPut(t, d, testKey, entry("due"))
	fresh := func(e cache.Entry) bool { return string(e.Value) == "fresh" }
	_, lock, err := d.Acquire(t.Context(), testKey, fresh)
	if err != nil {
		t.Fatal(err)
	}
	waiting, got := make(chan bool, 4), make(chan string)
	key := d.SealingKey
	d.SealingKey = func(ctx context.Context, create bool) ([]byte, error) { waiting <- true; return key(ctx, create) }
	go func() {
		e, second, err := d.Acquire(t.Context(), testKey, fresh)
		got <- fmt.Sprintf("%s %v %v", e.Value, second == nil, err)
	}()
	<-waiting // for the entry that is due
	<-waiting // because it will need the key
	d.SealingKey = key
	mustPut(t, d, testKey, entry("also due"))
	mustPut(t, d, testKey, entry("fresh"))
	lock.End(nil)
	if g := <-got; g != "fresh true <nil>" {
		t.Errorf("Acquire = %s, want fresh", g)
	}
}

func TestAcquireAsksForTheSealingKey(t *testing.T) {
	d := newDir(t)
	mustPut(t, d, testKey, entry("due"))
	calls, key := 0, d.SealingKey
	d.SealingKey = func(ctx context.Context, create bool) ([]byte, error) { calls++; return key(ctx, create) }
	never := func(cache.Entry) bool { return false }
	_, lock, err := d.Acquire(t.Context(), testKey, never)
	if err != nil || calls != 1 {
		t.Errorf("Acquire = %v after %d calls, want 1", err, calls)
	}
	defer lock.End(nil)
	ctx, giveUp := context.WithTimeout(t.Context(), 30*time.Second)
	defer giveUp()
	calls = 0
	d.SealingKey = func(ctx context.Context, create bool) ([]byte, error) {
		if calls++; calls == 2 {
			giveUp()
		}
		return key(ctx, create)
	}
	if _, _, err := d.Acquire(ctx, testKey, never); !errors.Is(err, cache.ErrBusy) || calls != 2 {
		t.Errorf("Acquire = %v after %d calls, want ErrBusy after 2: for the entry, and ahead of the wait", err, calls)
	}
	locked := errors.New("the keychain is locked")
	d.SealingKey = func(context.Context, bool) ([]byte, error) { return nil, locked }
	if _, _, err := d.Acquire(t.Context(), testKey, never); !errors.Is(err, locked) {
		t.Errorf("Acquire = %v, want %v", err, locked)
	}
}

func TestAcquireGivesUp(t *testing.T) {
	d := newDir(t)
	lock := mustAcquire(t, d)
	d.Wait = time.Millisecond
	_, second, err := d.Acquire(t.Context(), testKey, anything)
	if !errors.Is(err, cache.ErrBusy) || second != nil || !strings.Contains(err.Error(), fmt.Sprint("process ", os.Getpid())) {
		t.Errorf("Acquire = %v, %v, want ErrBusy that names us", second, err)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Acquire = %v, though the context has time left", err)
	}
	why := errors.New("stopped")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	d.Wait = 0
	if _, _, err := d.Acquire(ctx, testKey, anything); !errors.Is(err, cache.ErrBusy) || !errors.Is(err, why) {
		t.Errorf("Acquire = %v, want ErrBusy and %v", err, why)
	}
	if _, other, err := d.Acquire(t.Context(), cache.Key{7}, anything); err != nil {
		t.Errorf("Acquire of another key = %v", err)
	} else {
		other.End(nil)
	}
	lock.End(nil)
	mustAcquire(t, d).End(nil)
}

// TestFailureIsForThoseWhoWaited sets the clock by hand: a failure counts for who began before it, and not for later.
func TestFailureIsForThoseWhoWaited(t *testing.T) {
	c := &clock{at: testNow()}
	d := newDir(t)
	d.Now = c.now
	long := strings.Repeat("é", 2000)
	mustAcquire(t, d).End(errors.New("code refused: " + long))

	_, lock, err := d.Acquire(t.Context(), testKey, anything) // at the same instant
	var failed *cache.Failed
	if !errors.As(err, &failed) || lock != nil {
		t.Fatalf("Acquire = %v, %v, want Failed", lock, err)
	}
	if text, ok := strings.CutPrefix(failed.Text, "code refused: éé"); !ok || !failed.At.Equal(c.at) ||
		len(failed.Text) > 1024 || strings.Trim(text, "é") != "" {
		t.Errorf("Failed = %+v, want the text cut at 1 KiB", failed)
	}
	c.at = c.at.Add(-time.Hour) // the clock was set back: a note from the future would bar us for an hour
	mustAcquire(t, d).End(errors.New("again"))
	c.at = c.at.Add(time.Nanosecond)
	mustAcquire(t, d).End(nil)
	if notes, _ := filepath.Glob(filepath.Join(d.Path, "locks", "*.failed")); len(notes) != 0 {
		t.Errorf("after a success there are still %v", notes)
	}
}

func TestDamagedNoteIsIgnored(t *testing.T) {
	d := newDir(t)
	mustAcquire(t, d).End(errors.New("x"))
	for _, note := range []string{"", "\n", "yesterday\nx", strings.Repeat("x", 2000)} {
		if err := os.WriteFile(filepath.Join(d.Path, "locks", testKey.Name()+".failed"), []byte(note), 0o600); err != nil {
			t.Fatal(err)
		}
		_, lock, err := d.Acquire(t.Context(), testKey, anything)
		if err != nil {
			t.Fatalf("Acquire with note %.20q = %v", note, err)
		}
		lock.End(errors.New("x"))
	}
}

func TestClaim(t *testing.T) {
	c := &clock{at: testNow()}
	d := newDir(t)
	d.Now = c.now
	want := func(what string, want bool) {
		t.Helper()
		if got := d.Claim(testKey, time.Minute); got != want {
			t.Errorf("%s: Claim = %v, want %v", what, got, want)
		}
	}
	want("first", true)
	want("at once", false)
	c.at = c.at.Add(time.Minute - 1)
	want("just before the interval is over", false)
	c.at = c.at.Add(1)
	want("after the interval", true)
	c.at = c.at.Add(-time.Hour)
	want("clock set back", true)

	c.at = c.at.Add(time.Hour)
	lock := mustAcquire(t, d)
	c.at = c.at.Add(time.Hour)
	want("while an entry is made", false)
	c.at = c.at.Add(-time.Hour)
	lock.End(nil)
	want("an entry was just made", false)
	if !d.Claim(cache.Key{7}, time.Minute) {
		t.Error("Claim of another key = false")
	}
}

// Whoever waits knows a new entry from the last one by which file it is: two of the same size may have the same time.
func TestAcquireSeesASuccessorOfTheSameTime(t *testing.T) {
	d := newDir(t)
	path := filepath.Join(d.Path, testKey.Name())
	mustPut(t, d, testKey, entry("old"))
	_, lock, err := d.Acquire(t.Context(), testKey, func(cache.Entry) bool { return false })
	if err != nil {
		t.Fatal(err)
	}
	looked, got := make(chan struct{}, 10), make(chan string)
	go func() {
		e, lock, err := d.Acquire(t.Context(), testKey, func(e cache.Entry) bool {
			looked <- struct{}{}
			return string(e.Value) == "new"
		})
		if lock != nil {
			lock.End(nil)
		}
		got <- fmt.Sprint(string(e.Value), " ", err)
	}()
	<-looked
	old, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	mustPut(t, d, testKey, entry("new"))
	if err := os.Chtimes(path, old.ModTime(), old.ModTime()); err != nil {
		t.Fatal(err)
	}
	lock.End(nil)
	if got := <-got; got != "new <nil>" {
		t.Errorf("who waited has %q", got)
	}
}
