package keychaintest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

// The programs that StartKeePassXC and StartKWallet need, and the Debian packages they come in.
const (
	KeePassXCPrograms = "dbus-daemon keepassxc keepassxc-cli"
	KeePassXCPackages = "dbus keepassxc"
	KWalletPrograms   = "dbus-daemon kwalletd5"
	KWalletPackages   = "dbus libkf5wallet-bin"
)

// StartKeePassXC starts KeePassXC as the bus's Secret Service, with a database that is open and whose groups programs may
// see. The database is made if there is none.
func (b *Bus) StartKeePassXC() error {
	database := filepath.Join(b.dir, "data", "passwords.kdbx")
	if _, err := os.Stat(database); errors.Is(err, os.ErrNotExist) {
		if err := b.makeDatabase(database); err != nil {
			return err
		}
	}
	return b.startDesktop(exec.Command("keepassxc", "--pw-stdin", database), "password\n", func(conn *dbus.Conn) error {
		return eventually(func() bool { return unlocked(conn, collection(conn)) })
	})
}

// exposed is a database of one group, which its Secret Service shows to programs.
const exposed = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<KeePassFile>
	<Meta>
		<Generator>KeePassXC</Generator>
		<RecycleBinEnabled>False</RecycleBinEnabled>
		<CustomData><Item>
			<Key>FDO_SECRETS_EXPOSED_GROUP</Key>
			<Value>{00112233-4455-6677-8899-aabbccddeeff}</Value>
		</Item></CustomData>
	</Meta>
	<Root><Group><UUID>ABEiM0RVZneImaq7zN3u/w==</UUID><Name>Passwords</Name></Group></Root>
</KeePassFile>
`

// preferences are KeePassXC's: it is a Secret Service, and asks nobody before it hands an item out or removes one.
const preferences = `[General]
ConfigVersion=2
[GUI]
CheckForUpdates=false
[FdoSecrets]
Enabled=true
ConfirmAccessItem=false
ConfirmDeleteItem=false
ShowNotification=false
`

func (b *Bus) makeDatabase(path string) error {
	config := filepath.Join(b.dir, "home", ".config", "keepassxc")
	if err := os.MkdirAll(config, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(config, "keepassxc.ini"), []byte(preferences), 0o600); err != nil {
		return err
	}
	document := path + ".xml"
	if err := os.WriteFile(document, []byte(exposed), 0o600); err != nil {
		return err
	}
	imports := exec.Command("keepassxc-cli", "import", "--quiet", "--set-password", "--decryption-time", "100", document, path)
	imports.Env = b.desktop()
	imports.Stdin = strings.NewReader("password\npassword\n")
	if out, err := imports.CombinedOutput(); err != nil {
		return fmt.Errorf("keepassxc-cli: %w: %s", err, out)
	}
	return nil
}

// StartKWallet starts KWallet as the bus's Secret Service, with its wallet open. The wallet is made if there is none.
func (b *Bus) StartKWallet() error {
	settings := filepath.Join(b.dir, "home", ".config", "kwalletrc")
	if _, err := os.Stat(settings); err == nil {
		return b.openWallet()
	}
	if err := os.MkdirAll(filepath.Dir(settings), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(settings, []byte("[Wallet]\nFirst Use=false\n[org.freedesktop.secrets]\napiEnabled=true\n"), 0o600); err != nil {
		return err
	}
	// A wallet that was just made is a collection once the daemon starts again.
	err := b.startDesktop(exec.Command("kwalletd5"), "", func(conn *dbus.Conn) error {
		if err := unlockWallet(conn); err != nil {
			return err
		}
		return eventually(func() bool {
			_, err := os.Stat(filepath.Join(b.dir, "data", "kwalletd", "kdewallet.kwl"))
			return err == nil
		})
	})
	if err != nil {
		return err
	}
	b.StopService()
	return b.openWallet()
}

func (b *Bus) openWallet() error {
	return b.startDesktop(exec.Command("kwalletd5"), "", func(conn *dbus.Conn) error {
		if err := unlockWallet(conn); err != nil {
			return err
		}
		return eventually(func() bool { return collection(conn) != "/" })
	})
}

// unlockWallet opens the wallet as a login does it, with the hash of the person's password.
func unlockWallet(conn *dbus.Conn) error {
	hash := make([]byte, 56)
	for i := range hash {
		hash[i] = byte(i)
	}
	return conn.Object("org.kde.kwalletd5", "/modules/kwalletd5").Call("org.kde.KWallet.pamOpen", 0, "kdewallet", hash, int32(0)).Err
}

// startDesktop starts a Secret Service that draws windows, which nobody sees, and waits until it is ready.
func (b *Bus) startDesktop(daemon *exec.Cmd, input string, ready func(*dbus.Conn) error) error {
	daemon.Env = b.desktop()
	daemon.Stdin = strings.NewReader(input)
	var said strings.Builder
	daemon.Stdout, daemon.Stderr = &said, &said
	if err := b.start(daemon); err != nil {
		return err
	}
	err := b.with(func(conn *dbus.Conn) error {
		if err := eventually(func() bool { return owned(conn) }); err != nil {
			return err
		}
		return ready(conn)
	})
	if err != nil {
		b.StopService() // ends what is written to said, too
		return fmt.Errorf("%s does not come up: %w: %s", daemon.Path, err, said.String())
	}
	return nil
}

func owned(conn *dbus.Conn) bool {
	var owned bool
	err := conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, "org.freedesktop.secrets").Store(&owned)
	return err == nil && owned
}

// collection is the default one, and "/" where there is none.
func collection(conn *dbus.Conn) dbus.ObjectPath {
	path := dbus.ObjectPath("/")
	_ = conn.Object("org.freedesktop.secrets", "/org/freedesktop/secrets").
		Call("org.freedesktop.Secret.Service.ReadAlias", 0, "default").Store(&path)
	return path
}

// startLimit is more than a program takes to come up, or to end, on a busy machine.
const startLimit = time.Minute

func eventually(is func() bool) error {
	for deadline := time.Now().Add(startLimit); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if is() {
			return nil
		}
	}
	return errors.New("it does not come to be")
}

func (b *Bus) desktop() []string {
	return append(b.Env(), "PATH="+os.Getenv("PATH"), "TMPDIR="+filepath.Join(b.dir, "run"), "QT_QPA_PLATFORM=offscreen")
}

// StopService ends what was started last. KWallet writes what it was given some seconds later, or when its wallets are closed.
func (b *Bus) StopService() {
	_ = b.with(func(conn *dbus.Conn) error {
		return conn.Object("org.kde.kwalletd5", "/modules/kwalletd5").Call("org.kde.KWallet.closeAllWallets", 0).Err
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	if n := len(b.daemons) - 1; n >= 0 {
		daemon := b.daemons[n]
		_ = daemon.Process.Signal(os.Interrupt) // KeePassXC saves its database
		hung := time.AfterFunc(startLimit, func() { _ = daemon.Process.Kill() })
		_ = daemon.Wait()
		hung.Stop()
		b.daemons = b.daemons[:n]
	}
}
