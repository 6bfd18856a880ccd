// Package keychaintest starts a session bus and a gnome-keyring of their own, for tests and benchmarks. Nothing of the
// user's is seen or touched, and nothing is left when they are closed. It is never part of credmint.
package keychaintest

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
)

// Bus is a private session bus.
type Bus struct {
	Address string // of the form of DBUS_SESSION_BUS_ADDRESS
	dir     string
	memory  string // is below dir where the system has no memory for files
	mu      sync.Mutex
	daemons []*exec.Cmd
}

// Programs are what Start needs, and Packages the Debian packages they come in.
const (
	Programs = "dbus-daemon gnome-keyring-daemon"
	Packages = "dbus gnome-keyring"
)

// Start starts a bus with a gnome-keyring whose login collection is there and open, or locked. Files go below dir.
func Start(dir string, locked bool) (*Bus, error) {
	b, err := StartBus(dir)
	if err != nil {
		return nil, err
	}
	// The collection is made by unlocking it once with its future password.
	if err := b.StartKeyring("password"); err != nil {
		b.Close()
		return nil, err
	}
	if locked {
		if err := b.LockKeyring(); err != nil {
			b.Close()
			return nil, err
		}
	}
	return b, nil
}

// StartBus starts a bus on which nothing is.
func StartBus(dir string) (*Bus, error) {
	for _, sub := range []string{"run", "data", "home", "services"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, err
		}
	}
	b := &Bus{dir: dir, memory: inMemory(dir)}
	// No service directories: nothing is started by being asked for.
	config := fmt.Sprintf(`<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=%s</listen><servicedir>%s</servicedir>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>`, filepath.Join(dir, "run", "bus"), filepath.Join(dir, "services"))
	path := filepath.Join(dir, "bus.conf")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		return nil, err
	}
	daemon := exec.Command("dbus-daemon", "--config-file="+path, "--nofork", "--print-address=1")
	out, err := daemon.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := b.start(daemon); err != nil {
		b.Close()
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Close()
		return nil, fmt.Errorf("dbus-daemon: %w", err)
	}
	b.Address = strings.TrimSpace(line)
	return b, nil
}

// inMemory makes a directory for what gnome-keyring keeps. It waits for the disk with each item, and credmint gives it up after
// three seconds where nobody is to be asked: a busy disk must not decide what comes of a test.
func inMemory(otherwise string) string {
	memory, err := os.MkdirTemp("/dev/shm", "keychaintest-")
	if err != nil {
		return filepath.Join(otherwise, "data")
	}
	return memory
}

func (b *Bus) start(daemon *exec.Cmd) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := daemon.Start(); err != nil {
		return err
	}
	b.daemons = append(b.daemons, daemon)
	return nil
}

// StartKeyring starts gnome-keyring and opens its login collection, which is made if there is none.
func (b *Bus) StartKeyring(password string) error {
	daemon := exec.Command("gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets",
		"--control-directory="+filepath.Join(b.dir, "run"))
	daemon.Env = append(b.Env(), "XDG_DATA_HOME="+b.memory, "PATH="+os.Getenv("PATH"))
	daemon.Stdin = strings.NewReader(password)
	if err := b.start(daemon); err != nil {
		return err
	}
	// Asking the service itself before it is on the bus would not wait for it.
	return b.with(func(conn *dbus.Conn) error {
		if err := eventually(func() bool { return owned(conn) && unlocked(conn, login) }); err != nil {
			return errors.New("gnome-keyring does not come up")
		}
		return nil
	})
}

func unlocked(conn *dbus.Conn, collection dbus.ObjectPath) bool {
	v, err := conn.Object("org.freedesktop.secrets", collection).GetProperty("org.freedesktop.Secret.Collection.Locked")
	locked, ok := v.Value().(bool)
	return err == nil && ok && !locked
}

const login = dbus.ObjectPath("/org/freedesktop/secrets/collection/login")

// LockKeyring locks the login collection.
func (b *Bus) LockKeyring() error {
	return b.with(func(conn *dbus.Conn) error {
		return conn.Object("org.freedesktop.secrets", "/org/freedesktop/secrets").
			Call("org.freedesktop.Secret.Service.Lock", 0, []dbus.ObjectPath{login}).Err
	})
}

// Alive reports whether the Secret Service still is on the bus.
func (b *Bus) Alive() bool {
	alive := false
	err := b.with(func(conn *dbus.Conn) error {
		alive = owned(conn)
		return nil
	})
	return err == nil && alive
}

func (b *Bus) with(work func(*dbus.Conn) error) error {
	conn, err := dbus.Connect(b.Address)
	if err != nil {
		return err
	}
	defer conn.Close()
	return work(conn)
}

// Env is the environment of programs that are to use the bus: its address, and a home of their own.
func (b *Bus) Env() []string {
	return []string{
		"DBUS_SESSION_BUS_ADDRESS=" + b.Address,
		"XDG_RUNTIME_DIR=" + filepath.Join(b.dir, "run"),
		"XDG_DATA_HOME=" + filepath.Join(b.dir, "data"),
		"HOME=" + filepath.Join(b.dir, "home"),
	}
}

// Close ends what was started, the last first. It may be called at any time, and again.
func (b *Bus) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := len(b.daemons) - 1; i >= 0; i-- {
		_ = b.daemons[i].Process.Kill()
		_ = b.daemons[i].Wait()
	}
	b.daemons = nil
	_ = os.RemoveAll(b.memory)
}

// Must starts a bus for a test, and fails or skips the test (only where CI is not "true") when the programs are missing.
func Must(t testing.TB, locked bool) *Bus {
	t.Helper()
	Need(t)
	b, err := Start(t.TempDir(), locked)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// Need skips a test where the programs are missing, and fails it where CI is "true".
func Need(t testing.TB) {
	t.Helper()
	NeedPrograms(t, Programs, Packages)
}

// NeedPrograms is Need, of others.
func NeedPrograms(t testing.TB, programs, packages string) {
	t.Helper()
	for program := range strings.FieldsSeq(programs) {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is missing: install Debian's packages %s", program, packages)
			}
			t.Skipf("%s is missing: install Debian's packages %s", program, packages)
		}
	}
}
