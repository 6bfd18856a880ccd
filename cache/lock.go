package cache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"credmint/helper/atomicfile"
	"credmint/helper/filename"
)

var (
	// ErrBusy says that another process still had the lock when Acquire could wait no longer.
	ErrBusy = errors.New("another process is still at it")

	// ErrNoLock says that this directory or file system cannot lock.
	ErrNoLock = errors.New("cannot lock")
)

// Lock is the right to make one entry, held against every other process and every other holder in this one. The kernel
// gives it up when the process dies.
type Lock struct {
	dir  Dir
	name string
	file atomicfile.Lock
}

// Acquire waits until the caller may make the entry of key, or until another process has made one for which enough is
// true. Those who wait stand in the kernel's queue, which costs nothing; they ask for the sealing key while they do, so
// that each has the lock for no longer than it takes to read the entry.
//
// It returns that entry and a nil Lock; or a Lock, which the caller must End; or an error:
//   - a *Failed when another process could not make the entry while we waited. To try the same again would most likely
//     fail the same way, or ask a person twice;
//   - the error of SealingKey;
//   - ErrBusy after Wait, or when ctx is done (it then wraps the cause too), and ErrNoLock. To make the entry without a
//     lock is better than not to make it.
func (d Dir) Acquire(ctx context.Context, key Key, enough func(Entry) bool) (Entry, *Lock, error) {
	q := queue{dir: d, key: key, enough: enough, began: d.now()}
	lock, err := d.lock(d.name(key))
	if err != nil {
		return Entry{}, nil, err
	}
	held, err := lock.try()
	for err == nil {
		// Look after trying, not before: holding the lock, we must see all that those before us did.
		if e, err := q.look(ctx); !errors.Is(err, ErrMiss) {
			lock.release()
			return e, nil, err
		}
		if held {
			lock.stamp()
			return Entry{}, lock, nil
		}
		err = lock.wait(ctx, d.Wait, func() { _, _ = d.SealingKey(ctx, false) })
		held = err == nil
	}
	return Entry{}, nil, err
}

// Claim reports whether nobody has claimed key, or made its entry, within the last interval, and claims it then. Of any
// number of processes that ask at once one is told true. Where there are no locks nobody is.
func (d Dir) Claim(key Key, interval time.Duration) bool {
	lock, err := d.lock(d.name(key))
	if err != nil {
		return false
	}
	defer lock.release()
	if held, err := lock.try(); !held || err != nil {
		return false
	}
	// A stamp from the future is no reason: the clock was set back, and would have to catch up first.
	if _, at, ok := lock.lastStamp(); ok && !d.now().Before(at) && d.now().Sub(at) < interval {
		return false
	}
	return lock.stamp() == nil
}

// End gives the lock up. A failure that is not nil is told to those who wait now, and to nobody later; its text must
// hold no secret.
func (l *Lock) End(failure error) {
	if failure != nil {
		l.dir.leaveNote(l.name, failure)
	} else {
		_ = os.Remove(l.dir.note(l.name))
	}
	l.release()
}

// Drop forgets the entry that the lock is for; the lock is held still.
func (l *Lock) Drop() error { return remove(filename.Join(l.dir.Path, l.name)) }

func (d Dir) locks() string { return filename.Join(d.Path, "locks") }

// lock prepares the lock of an entry, and does not take it.
func (d Dir) lock(name string) (*Lock, error) {
	if d.NewLock == nil {
		return nil, ErrNoLock
	}
	for _, dir := range []string{d.Path, d.locks()} {
		if err := atomicfile.MkdirPrivate(dir); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNoLock, err)
		}
	}
	return &Lock{dir: d, name: name, file: d.NewLock(filename.Join(d.locks(), name+".lock"))}, nil
}

func (l *Lock) try() (held bool, err error) {
	held, err = l.file.TryLock()
	if err != nil && !errors.Is(err, syscall.EINTR) { // interrupted: the next look tries again
		return false, fmt.Errorf("%w: %w", ErrNoLock, err)
	}
	return held, nil
}

// patience is after what time a waiter does what it can do ahead. Sooner, fifty of them would take the processors from
// the one they wait for, which is about to ask somebody far away.
const patience = 50 * time.Millisecond

// wait stands in the kernel's queue, for as long as limit and ctx allow, and does meanwhile what the caller will need. A
// lock that is handed over too late is given on.
func (l *Lock) wait(ctx context.Context, limit time.Duration, meanwhile func()) error {
	var late <-chan time.Time
	if limit > 0 {
		late = time.After(limit)
	}
	handed := make(chan error, 1)
	go func() {
		err := l.file.Lock()
		for errors.Is(err, syscall.EINTR) {
			err = l.file.Lock()
		}
		handed <- err
	}()
	idle := time.After(patience)
	for {
		select {
		case err := <-handed:
			if err != nil {
				return fmt.Errorf("%w: %w", ErrNoLock, err)
			}
			return nil
		case <-idle:
			meanwhile()
		case <-late:
			l.giveOn(handed)
			return l.busy()
		case <-ctx.Done():
			l.giveOn(handed)
			return fmt.Errorf("%w: %w", l.busy(), context.Cause(ctx))
		}
	}
}

// giveOn lets go of a lock that nobody waits for any more, when it comes.
func (l *Lock) giveOn(handed <-chan error) {
	go func() {
		if <-handed == nil {
			l.release()
		}
	}()
}

func (l *Lock) release() { _ = l.file.Unlock() }

// A stamp says which process took the lock last, and when:
//
//	one byte that Windows locks, so that nobody else can read it | pid (10) | " " | unix nanoseconds (20) | "\n"
const (
	stampAt     = 1
	stampFormat = "%10d %20d\n"
	stampSize   = 32
)

// stamp writes one; a crash half-way costs no more than a wrong word in an error, or a claim.
func (l *Lock) stamp() error {
	f, err := os.OpenFile(l.file.Path(), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(fmt.Appendf(nil, stampFormat, os.Getpid(), l.dir.now().UnixNano()), stampAt)
	return errors.Join(err, f.Close())
}

func (l *Lock) lastStamp() (pid int, at time.Time, ok bool) {
	f, err := os.Open(l.file.Path())
	if err != nil {
		return 0, time.Time{}, false
	}
	defer func() { _ = f.Close() }()
	var buf [stampSize]byte
	var nano int64
	if _, err := f.ReadAt(buf[:], stampAt); err != nil {
		return 0, time.Time{}, false
	}
	_, err = fmt.Sscanf(string(buf[:]), stampFormat, &pid, &nano)
	return pid, time.Unix(0, nano), err == nil
}

func (l *Lock) busy() error {
	if pid, _, ok := l.lastStamp(); ok {
		return fmt.Errorf("%w: process %d", ErrBusy, pid)
	}
	return ErrBusy
}

// isNew remembers the state of a file, and reports whether it is there and another than last time.
func isNew(path string, last *fs.FileInfo) bool {
	info, err := os.Lstat(path)
	if err != nil {
		return false
	}
	_ = os.SameFile(info, info) // Windows asks which file it is when that is first compared, and would later find another
	old := *last
	*last = info
	return old == nil || !old.ModTime().Equal(info.ModTime()) || old.Size() != info.Size() || !os.SameFile(old, info)
}
