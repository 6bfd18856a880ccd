//go:build unix

package secretservice

import (
	"io"
	"os"
	"syscall"
	"time"
	"unsafe"
)

// socket is a connected unix socket whose reads and writes block until a deadline. Package net would do the same by way
// of its poller and of other threads, which for three short answers costs as much as the answers.
type socket struct {
	fd       int
	patience time.Duration
	end      time.Time // of all that is waited for
	deadline time.Time // of what is waited for now
}

var _ io.ReadWriteCloser = (*socket)(nil)

// connect connects to a path, or to an abstract name that begins with "@".
func connect(path string, end time.Time, patience time.Duration) (*socket, error) {
	syscall.ForkLock.RLock() // no child is to inherit it
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	s := &socket{fd: fd, patience: patience, end: end}
	s.wait()
	if err := s.timeout(syscall.SO_SNDTIMEO); err != nil { // which bounds connect as well
		s.Close()
		return nil, err
	}
	if err := syscall.Connect(fd, &syscall.SockaddrUnix{Name: path}); err != nil {
		s.Close()
		return nil, s.explain("connect", err)
	}
	return s, nil
}

// wait begins to wait for something else.
func (s *socket) wait() {
	if s.deadline = time.Now().Add(s.patience); s.deadline.After(s.end) {
		s.deadline = s.end
	}
}

// timeout gives the next operation what is left until the deadline.
func (s *socket) timeout(option int) error {
	left := time.Until(s.deadline)
	if left <= 0 {
		return os.ErrDeadlineExceeded
	}
	tv := syscall.NsecToTimeval(int64(max(left, time.Millisecond))) // zero would be for ever
	return os.NewSyscallError("setsockopt", syscall.SetsockoptTimeval(s.fd, syscall.SOL_SOCKET, option, &tv))
}

func (s *socket) Read(p []byte) (int, error) {
	for {
		if err := s.timeout(syscall.SO_RCVTIMEO); err != nil {
			return 0, err
		}
		switch n, err := read(s.fd, p); {
		case err == syscall.EINTR:
		case err != nil:
			return 0, s.explain("read", err)
		case n == 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

// read blocks without a word to the Go scheduler, which would wake other threads to do nothing while a program with one
// goroutine waits a quarter of a millisecond: that costs more than a tenth of the whole conversation. The deadline bounds
// how long the scheduler can be without this thread.
func read(fd int, p []byte) (int, error) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// Write is for messages that fit into the socket's buffer, as all of ours do.
func (s *socket) Write(p []byte) (int, error) {
	written := 0
	for written < len(p) {
		if err := s.timeout(syscall.SO_SNDTIMEO); err != nil {
			return written, err
		}
		n, err := syscall.Write(s.fd, p[written:])
		if err != nil && err != syscall.EINTR {
			return written, s.explain("write", err)
		}
		written += max(n, 0)
	}
	return written, nil
}

func (s *socket) Close() error { return syscall.Close(s.fd) }

// explain knows how the kernel says that the time is over.
func (s *socket) explain(call string, err error) error {
	if err == syscall.EAGAIN || err == syscall.EWOULDBLOCK || err == syscall.EINPROGRESS || err == syscall.ETIMEDOUT {
		return os.ErrDeadlineExceeded
	}
	return os.NewSyscallError(call, err)
}
