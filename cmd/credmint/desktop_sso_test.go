//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"credmint/helper/mint/awstest"
)

// ssoDesktop is a desktop with an Identity Center, and a browser that goes where it is sent.
type ssoDesktop struct {
	*desktop
	center  *awstest.IdentityCenter
	browser string
	lock    string // of the keychain
}

func newSSODesktop(t *testing.T) *ssoDesktop {
	t.Helper()
	d := &ssoDesktop{desktop: newDesktop(t)}
	d.center = d.aws.AddIdentityCenter("alice")
	d.center.Person().Assign("111111111111", "Sandbox", "Reader")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	d.browser = filepath.Join(t.TempDir(), "browser") // TestMain knows it by its name
	if err := os.Symlink(self, d.browser); err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	d.lock = filepath.Join(data, "credmint", "lock")
	d.env = append(d.env, "BROWSER="+d.browser, "VISITS="+filepath.Join(d.home, "visits"), "XDG_DATA_HOME="+data)
	d.write(".aws/config", fmt.Sprintf(`[sso-session corp]
sso_start_url = %s
sso_region = eu-west-1

[profile dev]
sso_session = corp
sso_account_id = 111111111111
sso_role_name = Reader
credmint_auto_login = true

[profile strict]
sso_session = corp
sso_account_id = 111111111111
sso_role_name = Reader
`, d.center.StartURL))
	return d
}

// herd runs so many processes at once, all of which must answer the same.
func (d *ssoDesktop) herd(processes int, args ...string) {
	d.t.Helper()
	var (
		wg      sync.WaitGroup
		mu      sync.Mutex
		answers = map[string]int{}
	)
	for range processes {
		wg.Go(func() {
			var out, errs bytes.Buffer
			cmd := d.command(d.self, args...)
			cmd.Stdout, cmd.Stderr = &out, &errs
			err := cmd.Run()
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				d.t.Errorf("%v: %s", err, errs.Bytes())
			}
			answers[out.String()]++
		})
	}
	wg.Wait()
	if len(answers) != 1 {
		d.t.Errorf("%d different answers: %v", len(answers), answers)
	}
}

// asked asserts how often the page was opened, and tokens and roles were minted, since the last time.
func (d *ssoDesktop) asked(pages, tokens, roles int) {
	d.t.Helper()
	if p, n, r := d.aws.Calls("Authorize"), d.aws.Calls("CreateToken"), d.aws.Calls("GetRoleCredentials"); p != pages || n != tokens || r != roles {
		d.t.Errorf("%d pages, %d tokens, %d roles; want %d, %d and %d", p, n, r, pages, tokens, roles)
	}
	d.aws.Reset()
}

func (d *ssoDesktop) forget() { d.mustRun(d.command(d.self, "forget")) }

// Twenty processes with an expired sign-in open one browser and all answer; with a refresh token none opens, however often
// they race for it.
func TestSSOHerd(t *testing.T) {
	d := newSSODesktop(t)
	d.mustRun(d.command(d.self, "login", "corp"))
	d.center.EndSignIns()
	d.forget()
	d.aws.Reset()
	d.aws.SetFault("Authorize", awstest.Fault{Delay: 300 * time.Millisecond})
	d.herd(20, "aws", "dev")
	d.asked(1, 1, 1)
	d.aws.SetFault("CreateToken", awstest.Fault{Delay: 200 * time.Millisecond})
	for range 3 {
		d.forget()
		d.herd(20, "aws", "strict")
		d.asked(0, 1, 1)
	}
	d.noSecretIn(d.home)
}

// start runs a command whose end the test brings about.
func (d *ssoDesktop) start(args ...string) *exec.Cmd {
	d.t.Helper()
	cmd := d.command(d.self, args...)
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	return cmd
}

// until waits for something that another process does.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(40 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// kill ends a process where no handler runs.
func kill(cmd *exec.Cmd) {
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// needsPerson runs a command that a person is needed for, and returns what it says.
func (d *ssoDesktop) needsPerson(args ...string) string {
	d.t.Helper()
	out, err := d.command(d.self, args...).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitPerson {
		d.t.Errorf("%v, want exit code %d: %s", err, exitPerson, out)
	}
	return string(out)
}

// A process that is killed when AWS has answered and the keychain has not: the refresh token is spent and its successor
// lost. That is one sign-in, it is said, and nothing else is lost.
func TestSSOKilledBeforeStorage(t *testing.T) {
	d := newSSODesktop(t)
	d.mustRun(d.command(d.self, "login", "strict"))
	d.forget()
	lock, err := os.OpenFile(d.lock, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	opened := make(chan func(), 1)
	d.center.OnToken(func(string) { // the keychain takes nothing from here on
		if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
			t.Error(err)
		}
		opened <- untilOpened(t, d.lock)
	})
	victim := d.start("aws", "strict")
	wait := <-opened
	d.center.OnToken(nil)
	wait()
	kill(victim)
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_UN); err != nil {
		t.Fatal(err)
	}
	if got := d.needsPerson("aws", "strict"); !strings.Contains(got, "its last renewal was cut off before the answer was stored") ||
		!strings.Contains(got, "run `credmint login corp`") {
		t.Errorf("it says %s", got)
	}
	d.mustRun(d.command(d.self, "login", "corp"))
	d.forget()
	d.aws.Reset()
	d.mustRun(d.command(d.self, "aws", "strict"))
	d.asked(0, 1, 1)
}

// untilOpened looks at a file from now on: what it returns waits until some process has opened it, for however short a time.
func untilOpened(t *testing.T, path string) func() {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err == nil {
		_, err = unix.InotifyAddWatch(fd, path, unix.IN_OPEN)
	}
	if err != nil {
		t.Error(err)
	}
	return func() {
		t.Helper()
		defer unix.Close(fd)
		for { // a signal to the test itself is no event
			n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int((20 * time.Second).Milliseconds()))
			if errors.Is(err, unix.EINTR) {
				continue
			}
			if n != 1 || err != nil {
				t.Fatalf("waited in vain for somebody to open %s: %v", path, err)
			}
			return
		}
	}
}

// One that is killed before AWS has seen the token costs nothing.
func TestSSOKilledBeforeAWS(t *testing.T) {
	d := newSSODesktop(t)
	d.mustRun(d.command(d.self, "login", "strict"))
	d.forget()
	d.aws.Reset()
	d.aws.SetFault("CreateToken", awstest.Fault{Hang: true})
	victim := d.start("aws", "strict")
	until(t, "the request", func() bool { return len(d.aws.Log()) == 1 })
	kill(victim)
	d.aws.ClearFaults()
	d.aws.Reset()
	d.mustRun(d.command(d.self, "aws", "strict"))
	d.asked(0, 1, 1)
}

// A caller that is killed while it waits does not end the sign-in, and the next one is served by it.
func TestSSOSignInOutlivesItsCaller(t *testing.T) {
	d := newSSODesktop(t)
	d.center.SetAnswer(awstest.Ignored)
	victim := d.start("aws", "dev")
	var page []byte
	until(t, "the browser", func() bool {
		page, _ = os.ReadFile(filepath.Join(d.home, "visits.over"))
		return bytes.HasSuffix(page, []byte("\n"))
	})
	kill(victim)
	d.center.SetAnswer(awstest.Approved)
	d.mustRun(d.command(d.browser, strings.TrimSpace(string(page))))
	d.mustRun(d.command(d.self, "aws", "dev"))
	d.asked(2, 1, 1)
}

// Over ssh, with a terminal, the address and the code are shown there, and the caller's own streams stay the protocol's.
func TestSSOAutoLoginOnTheTerminal(t *testing.T) {
	d := newSSODesktop(t)
	master, tty, err := openPTY()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	cmd := d.command(d.self, "aws", "dev")
	cmd.Env = append(cmd.Env, "SSH_CONNECTION=192.0.2.1 50000 192.0.2.2 22")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3}
	cmd.ExtraFiles = []*os.File{tty}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tty.Close()
	screen := d.read(master, "the code to type or compare there: ")
	address := regexp.MustCompile(`http://\S+/device\?user_code=\S+`).FindString(screen)
	if !strings.Contains(screen, "sign in to IAM Identity Center (corp) for profile dev: open this address in a browser") || address == "" {
		t.Errorf("the terminal shows %q", screen)
	}
	d.mustRun(d.command(d.browser, address))
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, errs.Bytes())
	}
	if !strings.HasPrefix(out.String(), `{"Version":1,`) || errs.Len() != 0 {
		t.Errorf("stdout %q, stderr %q", out.String(), errs.String())
	}
}

// read waits for text on the terminal and returns all that it shows by then.
func (d *ssoDesktop) read(screen *os.File, text string) string {
	d.t.Helper()
	var seen strings.Builder
	buf := make([]byte, 256)
	_ = screen.SetReadDeadline(time.Now().Add(30 * time.Second))
	for !strings.Contains(seen.String(), text) {
		n, err := screen.Read(buf)
		if err != nil {
			d.t.Fatalf("the terminal shows %q, want %q: %v", seen.String(), text, err)
		}
		seen.Write(buf[:n])
	}
	return seen.String()
}

// A token near its end is renewed behind the call that uses it, though no profile has the sign-in's name.
func TestSSORenewedBehind(t *testing.T) {
	d := newSSODesktop(t)
	d.center.SetTokenLife(325 * time.Second) // from its first second on near its end, and not due for 25
	d.mustRun(d.command(d.self, "login", "corp"))
	d.center.SetTokenLife(time.Hour)
	// A minute later, which is what the lock's stamp would say.
	if err := os.RemoveAll(filepath.Join(d.home, ".cache", "credmint", "sessions", "locks")); err != nil {
		t.Fatal(err)
	}
	d.mustRun(d.command(d.self, "aws", "strict"))
	until(t, "the renewal", func() bool { return d.aws.Calls("CreateToken") == 2 })
	if roles := d.aws.Calls("GetRoleCredentials"); roles != 1 {
		t.Errorf("%d roles were minted", roles)
	}
}
