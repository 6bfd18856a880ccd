package prompt

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Windows asks in the system's window for credentials, which shows what is typed only to those who ask for it there.
// https://learn.microsoft.com/en-us/windows/win32/api/wincred/nf-wincred-creduipromptforwindowscredentialsw
type Windows struct{}

var _ Asker = Windows{}

// Ask shows the window. One that is given up stays until the process ends, which is soon after.
func (Windows) Ask(ctx context.Context, q Question) (string, error) {
	if err := seen(); err != nil {
		return "", nobody{err}
	}
	ctx, stop := untilSignal(ctx)
	defer stop()
	type result struct {
		answer string
		err    error
	}
	done := make(chan result, 1)
	go func() {
		answer, err := credentialsWindow(Printable(q.Text))
		done <- result{answer, err}
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return "", r.err
		}
		return answerOf(r.answer)
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// seen refuses session 0, that of services and of logins over SSH: nobody sees a window there.
func seen() error {
	var session uint32
	if err := windows.ProcessIdToSessionId(windows.GetCurrentProcessId(), &session); err != nil {
		return err
	}
	if session == 0 {
		return errors.New("this process runs in the session of services, which has no display")
	}
	return nil
}

// credUIInfo is CREDUI_INFOW.
type credUIInfo struct {
	size    uint32
	parent  uintptr
	message *uint16
	caption *uint16
	banner  uintptr
}

const (
	creduiGeneric    = 0x1  // CREDUIWIN_GENERIC: what is typed comes back as text
	creduiMaxMessage = 1024 // CREDUI_MAX_MESSAGE_LENGTH
	creduiUser       = "credmint"

	procShow   = "CredUIPromptForWindowsCredentialsW"
	procPack   = "CredPackAuthenticationBufferW"
	procUnpack = "CredUnPackAuthenticationBufferW"
)

// credentialsWindow asks for the password of a user that is filled in already.
func credentialsWindow(text string) (string, error) {
	runtime.LockOSThread() // the window belongs to the thread
	defer runtime.UnlockOSThread()
	dll := windows.NewLazySystemDLL("credui.dll")
	for _, name := range []string{procShow, procPack, procUnpack} {
		if err := dll.NewProc(name).Find(); err != nil {
			return "", nobody{err}
		}
	}
	info, err := newCredUIInfo(text)
	if err != nil {
		return "", nobody{err}
	}
	user, err := packedUser(dll.NewProc(procPack))
	if err != nil {
		return "", nobody{err}
	}
	var (
		kind, size uint32
		buffer     unsafe.Pointer
	)
	code, _, _ := dll.NewProc(procShow).Call(uintptr(unsafe.Pointer(info)), 0, uintptr(unsafe.Pointer(&kind)),
		uintptr(unsafe.Pointer(&user[0])), uintptr(len(user)),
		uintptr(unsafe.Pointer(&buffer)), uintptr(unsafe.Pointer(&size)), 0, creduiGeneric)
	switch windows.Errno(code) {
	case windows.ERROR_SUCCESS:
	case windows.ERROR_CANCELLED:
		return "", ErrDeclined
	default:
		return "", nobody{fmt.Errorf("show the credentials window: %w", windows.Errno(code))}
	}
	defer windows.CoTaskMemFree(buffer)
	defer clear(unsafe.Slice((*byte)(buffer), size))
	return unpackPassword(dll.NewProc(procUnpack), buffer, size)
}

func newCredUIInfo(text string) (*credUIInfo, error) {
	if runes := []rune(text); len(runes) > creduiMaxMessage/2 { // a rune is two words at most
		text = string(runes[:creduiMaxMessage/2-1]) + "…"
	}
	message, err := windows.UTF16PtrFromString(text)
	if err != nil {
		return nil, err
	}
	caption, err := windows.UTF16PtrFromString("credmint")
	if err != nil {
		return nil, err
	}
	info := &credUIInfo{message: message, caption: caption}
	info.size = uint32(unsafe.Sizeof(*info))
	return info, nil
}

// packedUser is a buffer that fills in the user's name.
func packedUser(pack *windows.LazyProc) ([]byte, error) {
	name, err := windows.UTF16PtrFromString(creduiUser)
	if err != nil {
		return nil, err
	}
	var (
		none uint16
		buf  [512]byte
		size = uint32(len(buf))
	)
	ok, _, err := pack.Call(0, uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(&none)),
		uintptr(unsafe.Pointer(&buf[0])), uintptr(unsafe.Pointer(&size)))
	if ok == 0 {
		return nil, fmt.Errorf("prepare the credentials window: %w", err)
	}
	return buf[:size], nil
}

func unpackPassword(unpack *windows.LazyProc, buffer unsafe.Pointer, size uint32) (string, error) {
	var (
		user, domain, password           [513]uint16 // CREDUI_MAX_USERNAME_LENGTH; passwords have 256
		userSize, domainSize, secretSize = uint32(len(user)), uint32(len(domain)), uint32(len(password))
	)
	defer clear(password[:])
	ok, _, err := unpack.Call(0, uintptr(buffer), uintptr(size),
		uintptr(unsafe.Pointer(&user[0])), uintptr(unsafe.Pointer(&userSize)),
		uintptr(unsafe.Pointer(&domain[0])), uintptr(unsafe.Pointer(&domainSize)),
		uintptr(unsafe.Pointer(&password[0])), uintptr(unsafe.Pointer(&secretSize)))
	if ok == 0 {
		return "", fmt.Errorf("read the credentials window: %w", err)
	}
	return windows.UTF16ToString(password[:]), nil
}
