package mfa_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"credmint/helper/filelock"
	"credmint/helper/mfa"
)

const (
	serial = "arn:aws:iam::111111111111:mfa/me"
	half   = 30 * time.Second
)

// used is a memory in a directory of its own; what it says is collected.
type used struct {
	mfa.Used
	mu       sync.Mutex
	warnings []string
	waits    []time.Duration
}

func newUsed(t *testing.T) *used {
	u := &used{}
	u.Used = mfa.Used{
		Dir: filepath.Join(t.TempDir(), "mfa"), Now: time.Now,
		Warn: func(err error) { u.mu.Lock(); defer u.mu.Unlock(); u.warnings = append(u.warnings, err.Error()) },
		Waiting: func(d time.Duration) {
			u.mu.Lock()
			defer u.mu.Unlock()
			u.waits = append(u.waits, d)
		},
	}
	return u
}

// take returns how long the code was waited for, and whose window it is of, counted from that of start.
func (u *used) take(t *testing.T, ctx context.Context, start time.Time) (waited time.Duration, window int64) {
	t.Helper()
	before := u.Now()
	at, err := u.Take(ctx, serial, half, false)
	if err != nil {
		t.Fatal(err)
	}
	if now := u.Now().Unix() / 30; at.Unix()/30 != now {
		t.Errorf("the code is of window %d, and it is %d now", at.Unix()/30, now)
	}
	return u.Now().Sub(before), at.Unix()/30 - start.Unix()/30
}

// inWindow begins a test ten seconds into a window.
func inWindow(t *testing.T, test func(t *testing.T, start time.Time)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Now().Truncate(half).Add(half + 10*time.Second)))
		test(t, time.Now())
	})
}

func TestTheNextUseWaitsForTheNextCode(t *testing.T) {
	inWindow(t, func(t *testing.T, start time.Time) {
		u := newUsed(t)
		for i, want := range []time.Duration{0, 20 * time.Second, half} {
			if waited, window := u.take(t, t.Context(), start); waited != want || window != int64(i) {
				t.Errorf("waited %s for window %d, want %s and %d", waited, window, want, i)
			}
		}
		time.Sleep(45 * time.Second)
		if waited, _ := u.take(t, t.Context(), start); waited != 0 {
			t.Errorf("waited %s for a code nobody used", waited)
		}
		if !slices.Equal(u.waits, []time.Duration{20 * time.Second, half}) || len(u.warnings) != 0 {
			t.Errorf("told of waits %v, warnings %q", u.waits, u.warnings)
		}
		if _, err := u.Take(t.Context(), "another", half, false); err != nil || len(u.waits) != 2 {
			t.Errorf("another device: %v, waits %v", err, u.waits)
		}
	})
}

// Ten seconds into a window, the next two begin in 20 and 50 seconds, and nobody waits for longer.
func TestNoTwoGetOneCode(t *testing.T) {
	for name, limit := range map[string]time.Duration{"deadline": 56 * time.Second, "no deadline": time.Hour} {
		t.Run(name, func(t *testing.T) {
			inWindow(t, func(t *testing.T, start time.Time) {
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				windows, late := newUsed(t).takeAtOnce(t, ctx, 8)
				for i := range windows {
					windows[i] -= start.Unix() / 30
				}
				if !slices.Equal(windows, []int64{0, 1, 2}) || late != 5 {
					t.Errorf("windows %v, %d late", windows, late)
				}
			})
		})
	}
}

// takeAtOnce takes so many codes at once, and returns their windows in order, and how many came too late.
func (u *used) takeAtOnce(t *testing.T, ctx context.Context, n int) (windows []int64, late int) {
	t.Helper()
	var (
		wg sync.WaitGroup
		mu sync.Mutex
	)
	for range n {
		wg.Go(func() {
			at, err := u.Take(ctx, serial, half, false)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				windows = append(windows, at.Unix()/30)
			case errors.Is(err, mfa.ErrLate):
				late++
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	slices.Sort(windows)
	return windows, late
}

func TestWaitIsKnownAtOnce(t *testing.T) {
	inWindow(t, func(t *testing.T, start time.Time) {
		u := newUsed(t)
		u.take(t, t.Context(), start)
		ctx, cancel := context.WithTimeout(t.Context(), 24*time.Second) // the next begins in 20, and has to be sent
		defer cancel()
		_, err := u.Take(ctx, serial, half, false)
		if !errors.Is(err, mfa.ErrLate) || err.Error() != "the next MFA code comes in 20 s: the codes until then are used" || time.Since(start) > time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		// It took nothing away from those who can wait.
		if waited, window := u.take(t, t.Context(), start); waited > 20*time.Second || window != 1 {
			t.Errorf("waited %s for window %d", waited, window)
		}
	})
}

func TestWaitEndsWithTheCaller(t *testing.T) {
	inWindow(t, func(t *testing.T, start time.Time) {
		u := newUsed(t)
		u.take(t, t.Context(), start)
		gone := errors.New("gone")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(5*time.Second, func() { cancel(gone) })
		if _, err := u.Take(ctx, serial, half, false); !errors.Is(err, gone) || time.Since(start) > 6*time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

func TestTypedCodesAreUsedToo(t *testing.T) {
	inWindow(t, func(t *testing.T, start time.Time) {
		u := newUsed(t)
		if free := u.Free(serial, half); free.After(time.Now()) {
			t.Errorf("free at %s", free)
		}
		u.Spend(t.Context(), serial, half, time.Now())
		if wait := time.Until(u.Free(serial, half)); wait != 20*time.Second {
			t.Errorf("free in %s", wait)
		}
		if waited, _ := u.take(t, t.Context(), start); waited != 20*time.Second {
			t.Errorf("waited %s", waited)
		}
		u.Spend(t.Context(), serial, half, time.Now()) // what was taken ahead stays taken
		if waited, _ := u.take(t, t.Context(), start); waited != half {
			t.Errorf("waited %s", waited)
		}
	})
}

// What is known of a device's codes ends with its seed, whatever window the next one has.
func TestNothingIsKnownOfANewSeed(t *testing.T) {
	inWindow(t, func(t *testing.T, start time.Time) {
		u := newUsed(t)
		u.take(t, t.Context(), start)
		u.take(t, t.Context(), start)
		u.Forget(t.Context(), serial)
		if free := u.Free(serial, half); free.After(time.Now()) {
			t.Errorf("free at %s", free)
		}
		if waited, _ := u.take(t, t.Context(), start); waited != 0 {
			t.Errorf("waited %s", waited)
		}
	})
}

func TestWhatIsGivenBackIsUnused(t *testing.T) {
	inWindow(t, func(t *testing.T, start time.Time) {
		u := newUsed(t)
		for range 2 {
			at, err := u.Take(t.Context(), serial, half, false)
			if err != nil || !time.Now().Equal(start) {
				t.Fatalf("%v, after %s", err, time.Since(start))
			}
			u.Return(t.Context(), serial, half, at)
		}
		first, err := u.Take(t.Context(), serial, half, false)
		if err != nil {
			t.Fatal(err)
		}
		u.take(t, t.Context(), start)
		u.Return(t.Context(), serial, half, first) // too late: the next one is taken
		if _, window := u.take(t, t.Context(), start); window != 2 {
			t.Errorf("window %d was given away twice", window)
		}
	})
}

func TestPeriodsDiffer(t *testing.T) {
	inWindow(t, func(t *testing.T, start time.Time) {
		u := newUsed(t)
		if _, err := u.Take(t.Context(), serial, time.Minute, false); err != nil {
			t.Fatal(err)
		}
		at, err := u.Take(t.Context(), serial, time.Minute, false)
		if err != nil || at.Unix()/60 != start.Unix()/60+1 || len(u.waits) != 1 {
			t.Errorf("%s, %v, waits %v", at, err, u.waits)
		}
	})
}

func TestClockSetBack(t *testing.T) {
	inWindow(t, func(t *testing.T, start time.Time) {
		u := newUsed(t)
		u.Now = func() time.Time { return time.Now().Add(24 * time.Hour) }
		u.take(t, t.Context(), start)
		u.Now = time.Now
		if waited, _ := u.take(t, t.Context(), start); waited != 0 {
			t.Errorf("waited %s", waited)
		}
	})
}

// Whatever becomes of the directory, there is a code; and after a refusal another one.
func TestFaults(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, dir string){
		"damaged":       func(t *testing.T, dir string) { rewrite(t, dir, "credmint mfa 1 soon\n") },
		"empty":         func(t *testing.T, dir string) { rewrite(t, dir, "") },
		"another's":     func(t *testing.T, dir string) { rewrite(t, dir, "credmint mfa 2 1000000000\n") },
		"huge":          func(t *testing.T, dir string) { rewrite(t, dir, strings.Repeat("1", 1000)) },
		"no directory":  func(t *testing.T, dir string) { replace(t, dir) },
		"no name of it": nil,
	} {
		t.Run(name, func(t *testing.T) {
			inWindow(t, func(t *testing.T, start time.Time) {
				u := newUsed(t)
				u.take(t, t.Context(), start)
				if spoil != nil {
					spoil(t, u.Dir)
				} else {
					u.Dir = ""
				}
				if waited, _ := u.take(t, t.Context(), start); waited != 0 || len(u.warnings) == 0 {
					t.Errorf("waited %s, warnings %q", waited, u.warnings)
				}
				at, err := u.Take(t.Context(), serial, half, true)
				if err != nil || at.Unix()/30 != start.Unix()/30+1 {
					t.Errorf("after a refusal: %s, %v", at, err)
				}
			})
		})
	}
}

func rewrite(t *testing.T, dir, text string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, strings.Repeat("?", 64)))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	if strings.Contains(files[0], "mfa/me") {
		t.Errorf("%s names the device", files[0])
	}
	if err := os.WriteFile(files[0], []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func replace(t *testing.T, dir string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Another process has the file, and goes on having it: whoever has no time left is told so and not made to wait, while what is
// done already is written down for one who is gone.
func TestUsedAtTheCallersEnd(t *testing.T) {
	inWindow(t, func(t *testing.T, start time.Time) {
		u, gone := newUsed(t), errors.New("gone")
		ctx, cancel := context.WithCancelCause(t.Context())
		at, err := u.Take(ctx, serial, half, false)
		if err != nil {
			t.Fatal(err)
		}
		locks, _ := filepath.Glob(filepath.Join(u.Dir, "*.lock"))
		if len(locks) != 1 {
			t.Fatalf("locks %q", locks)
		}
		other := filelock.New(locks[0])
		if held, err := other.TryLock(); !held {
			t.Fatal(err)
		}
		time.AfterFunc(time.Second, func() { cancel(gone) })
		if _, err := u.Take(ctx, serial, half, false); !errors.Is(err, gone) || time.Since(start) > 2*time.Second || len(u.warnings) > 0 {
			t.Errorf("Take = %v, after %s, warnings %q", err, time.Since(start), u.warnings)
		}
		if err := other.Unlock(); err != nil {
			t.Fatal(err)
		}
		u.Return(ctx, serial, half, at)
		if free := u.Free(serial, half); free.After(time.Now()) || len(u.warnings) > 0 {
			t.Errorf("the code is free at %s, warnings %q", free, u.warnings)
		}
	})
}
