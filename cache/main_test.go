package cache_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"credmint/cache"
	"credmint/helper/filelock"
)

// childMode is the environment variable that turns the test binary into one of the processes of a test.
const childMode = "CREDMINT_CACHE_TEST_CHILD"

// init keeps a process of a test on its first thread, so that a tracer counts all its system calls: each thread has a count of its
// own, and main would begin on any of them.
func init() {
	if os.Getenv(childMode) != "" {
		runtime.LockOSThread()
	}
}

func TestMain(m *testing.M) {
	switch os.Getenv(childMode) {
	case "":
		os.Exit(m.Run())
	case "acquire":
		acquireChild(os.Args[1])
	case "put":
		putChild(os.Args[1], os.Args[2])
	case "get":
		getChild(os.Args[1])
	}
}

// acquireChild asks for testKey and tells what comes of it, a word and a text a line: "began" when it is in the queue;
// "made" when it held the lock and made the entry; "got", "shared" or "error" when it did not hold it. Holding the
// lock it says "held" and waits for an order on standard input, "make" or "fail TEXT".
func acquireChild(dir string) {
	d := testDir(dir)
	began := false
	d.Now = func() time.Time {
		now := time.Now()
		if !began {
			began = true
			fmt.Println("began")
		}
		return now
	}
	d.Wait, _ = time.ParseDuration(os.Getenv("WAIT"))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	e, lock, err := d.Acquire(ctx, testKey, func(cache.Entry) bool { return true })
	var failed *cache.Failed
	switch {
	case errors.As(err, &failed):
		fmt.Println("shared", failed.Text)
	case err != nil:
		fmt.Println("error", err)
	case lock == nil:
		fmt.Println("got", string(e.Value))
	default:
		holderChild(ctx, d, lock)
	}
}

func holderChild(ctx context.Context, d cache.Dir, lock *cache.Lock) {
	fmt.Println("held")
	var order, text string
	_, _ = fmt.Scanln(&order, &text)
	if order == "fail" {
		lock.End(errors.New(text))
		fmt.Println("failed", text)
		return
	}
	value := fmt.Sprint("by-", os.Getpid())
	err := d.Put(ctx, testKey, cache.Entry{Value: []byte(value), Stored: time.Now(), Expires: time.Now().Add(time.Hour)})
	lock.End(nil)
	if err != nil {
		fmt.Println("error", err)
		return
	}
	fmt.Println("made", value)
}

// putChild puts value under testKey.
func putChild(dir, value string) {
	if err := testDir(dir).Put(context.Background(), testKey, entry(value)); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// missCode is how getChild ends after a miss.
const missCode = 3

func getChild(dir string) {
	e, err := testDir(dir).Get(context.Background(), testKey)
	switch {
	case errors.Is(err, cache.ErrMiss):
		os.Exit(missCode)
	case err != nil || string(e.Value) != "old":
		os.Exit(1)
	}
}

var testKey = cache.Key{1, 2, 3}

// testNow is long before the entries of entry expire, and long after the file times of a fresh checkout.
func testNow() time.Time { return time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC) }

func entry(value string) cache.Entry {
	return cache.Entry{Value: []byte(value), Stored: testNow(), Expires: testNow().Add(time.Hour)}
}

// testDir has a fixed sealing key; the clock is stopped.
func testDir(path string) cache.Dir {
	return cache.Dir{
		Path: path,
		SealingKey: func(context.Context, bool) ([]byte, error) {
			return []byte("0123456789abcdef0123456789abcdef"), nil
		},
		NewLock: filelock.New,
		Now:     testNow,
	}
}

func newDir(t testing.TB) cache.Dir {
	t.Helper()
	return testDir(filepath.Join(t.TempDir(), "cache"))
}

func mustPut(t testing.TB, d cache.Dir, key cache.Key, e cache.Entry) {
	t.Helper()
	if err := d.Put(t.Context(), key, e); err != nil {
		t.Fatal(err)
	}
}

func wantValue(t testing.TB, d cache.Dir, key cache.Key, want string) {
	t.Helper()
	e, err := d.Get(t.Context(), key)
	if err != nil || string(e.Value) != want {
		t.Errorf("Get = %q, %v, want %q", e.Value, err, want)
	}
}
