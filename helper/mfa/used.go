package mfa

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"credmint/helper/atomicfile"
	"credmint/helper/filelock"
)

// ErrLate says that the next code which was not used before comes later than the caller can wait.
var ErrLate = errors.New("the codes until then are used")

// Used remembers up to when the codes of each device are used up: AWS takes a code once, whoever sends it. It is a
// directory with a file per device, named after a hash of its serial, which holds one line:
//
//	credmint mfa 1 <unix seconds at which the first unused code begins>
//
// A turn at the file is short: who must wait for a code takes it first and waits then. Nothing secret is kept, and a fault
// of the directory costs no more than a code that AWS refuses.
type Used struct {
	Dir  string
	Now  func() time.Time
	Warn func(error)

	// Waiting is told how long the caller is made to wait, before the wait.
	Waiting func(time.Duration)
}

// Take finds a code of the device that nobody has used, waits until the device shows it, and returns a time in the midst of
// its window. Nobody else gets the same one. again says that the caller has just used the code of now, should nothing know.
//
// An error is ErrLate or the cause of the context's end.
func (u Used) Take(ctx context.Context, serial string, period time.Duration, again bool) (time.Time, error) {
	begin, err := u.claim(ctx, serial, period, again)
	if err != nil {
		return time.Time{}, err
	}
	if wait := begin.Sub(u.Now()); wait > 0 {
		u.Waiting(wait)
	}
	for wait := begin.Sub(u.Now()); wait > 0; wait = begin.Sub(u.Now()) {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return time.Time{}, context.Cause(ctx)
		}
	}
	return begin.Add(period / 2), nil
}

// Spend says that the codes which the device shows up to a time are used. That is so whether or not the caller goes on: it,
// Return and Forget are done after the context's end as well.
func (u Used) Spend(ctx context.Context, serial string, period time.Duration, last time.Time) {
	now := u.Now()
	err := u.update(context.WithoutCancel(ctx), serial, func(free time.Time) (time.Time, error) {
		return later(sane(free, now, period), window(last, period).Add(period)), nil
	})
	if err != nil {
		u.Warn(fmt.Errorf("which MFA codes are used is not kept: %w", err))
	}
}

// Return gives back what Take gave, where no code came of it; unless another has taken a later one by then.
func (u Used) Return(ctx context.Context, serial string, period time.Duration, taken time.Time) {
	begin := window(taken, period)
	err := u.update(context.WithoutCancel(ctx), serial, func(free time.Time) (time.Time, error) {
		if free.Equal(begin.Add(period)) {
			return begin, nil
		}
		return free, nil
	})
	if err != nil {
		u.Warn(fmt.Errorf("which MFA codes are used is not kept: %w", err))
	}
}

// Forget says that nothing is known of the device's codes any more: its seed is another one now.
func (u Used) Forget(ctx context.Context, serial string) {
	err := u.update(context.WithoutCancel(ctx), serial, func(time.Time) (time.Time, error) { return time.Unix(0, 0), nil })
	if err != nil {
		u.Warn(fmt.Errorf("the codes of the last seed still count as used: %w", err))
	}
}

// Free is when the first unused code of the device begins; a time in the past where the one that it shows now is unused.
func (u Used) Free(serial string, period time.Duration) time.Time {
	return sane(u.read(u.path(serial)), u.Now(), period)
}

// claim finds the window and marks it as used.
func (u Used) claim(ctx context.Context, serial string, period time.Duration, again bool) (begin time.Time, err error) {
	now := u.Now()
	current := window(now, period)
	choose := func(free time.Time) (time.Time, error) {
		begin = later(current, sane(free, now, period))
		deadline, ok := ctx.Deadline()
		if ok && begin.After(deadline.Add(-useTime)) || begin.After(now.Add(maxWait*period)) {
			return time.Time{}, fmt.Errorf("the next MFA code comes in %d s: %w", seconds(begin.Sub(now)), ErrLate)
		}
		return begin.Add(period), nil
	}
	fault := u.update(ctx, serial, choose)
	switch {
	case fault == nil || errors.Is(fault, ErrLate):
		return begin, fault
	case ctx.Err() != nil:
		return time.Time{}, context.Cause(ctx)
	}
	u.Warn(fmt.Errorf("which MFA codes are used is not known: %w", fault))
	free := current
	if again {
		free = current.Add(period)
	}
	_, err = choose(free)
	return begin, err
}

// lockWait bounds the wait for another process, which has the lock for as long as it takes to write a line.
const lockWait = 3 * time.Second

// update changes a device's file while no other process does.
func (u Used) update(ctx context.Context, serial string, change func(free time.Time) (time.Time, error)) error {
	if err := atomicfile.MkdirPrivate(u.Dir); err != nil {
		return err
	}
	path := u.path(serial)
	lock := filelock.New(path + ".lock")
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	if held, err := lock.TryLockContext(ctx, 5*time.Millisecond); err != nil || !held {
		return fmt.Errorf("lock %s: %w", path, err)
	}
	defer func() { _ = lock.Unlock() }()
	free, err := change(u.read(path))
	if err != nil {
		return err
	}
	return atomicfile.Write(path, fmt.Appendf(nil, "%s%d\n", usedHead, free.Unix()), 0o600)
}

const (
	usedHead = "credmint mfa 1 "
	maxUsed  = 64
)

func (u Used) path(serial string) string {
	sum := sha256.Sum256([]byte(serial))
	return filepath.Join(u.Dir, hex.EncodeToString(sum[:]))
}

// read is the zero time where nothing is known.
func (u Used) read(path string) time.Time {
	data, err := atomicfile.Read(path, maxUsed)
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}
	}
	text, ours := strings.CutPrefix(strings.TrimSuffix(string(data), "\n"), usedHead)
	unix, err2 := strconv.ParseInt(text, 10, 64)
	if err := errors.Join(err, err2); err != nil || !ours {
		u.Warn(fmt.Errorf("which MFA codes are used is not known: %s is damaged", path))
		return time.Time{}
	}
	return time.Unix(unix, 0)
}

// window is when the code that a device shows at a time began.
func window(at time.Time, period time.Duration) time.Time {
	n := int64(period.Seconds())
	return time.Unix(at.Unix()/n*n, 0)
}

// useTime is what is left of a caller's deadline for the code to be used.
const useTime = 5 * time.Second

// maxWait is for how many windows a caller may be made to wait, even one that knows no deadline.
const maxWait = 2

// sane passes over a time that nobody can have taken, being too far ahead: the clock was set back since.
func sane(free, now time.Time, period time.Duration) time.Time {
	if free.After(now.Add((maxWait + 1) * period)) {
		return time.Time{}
	}
	return free
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// seconds rounds up: after so many the wait is over.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
