//go:build linux

package keychain_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"credmint/keychain"
	"credmint/keychain/keychaintest"
)

const (
	servicePath = dbus.ObjectPath("/org/freedesktop/secrets")
	loginPath   = dbus.ObjectPath("/org/freedesktop/secrets/collection/login")
	itemPath    = dbus.ObjectPath("/org/freedesktop/secrets/collection/login/1")
	promptPath  = dbus.ObjectPath("/org/freedesktop/secrets/prompt/1")
)

// hostile is a Secret Service that does what real ones were seen to do on bad days.
type hostile struct {
	conn   *dbus.Conn
	bus    *keychaintest.Bus
	on     string // the step it misbehaves at
	how    string // "hang", "die", "wrong"
	secret string
	locked bool
}

var errOdd = dbus.NewError("org.freedesktop.DBus.Error.Failed", []any{"odd"})

// step misbehaves where it is told to.
func (h *hostile) step(name string) *dbus.Error {
	if h.on != name {
		return nil
	}
	switch h.how {
	case "hang":
		select {}
	case "die":
		h.bus.Close()
	}
	return errOdd
}

// Get is org.freedesktop.DBus.Properties.Get.
func (h *hostile) Get(_, property string) (dbus.Variant, *dbus.Error) {
	if err := h.step(property); err != nil {
		if h.how == "wrong" {
			return dbus.MakeVariant(uint32(7)), nil
		}
		return dbus.Variant{}, err
	}
	if property == "Locked" {
		return dbus.MakeVariant(h.locked), nil
	}
	return dbus.MakeVariant([]dbus.ObjectPath{loginPath}), nil
}

func (h *hostile) OpenSession(string, dbus.Variant) (dbus.Variant, dbus.ObjectPath, *dbus.Error) {
	return dbus.MakeVariant(""), "/org/freedesktop/secrets/session/1", h.step("OpenSession")
}

func (h *hostile) SearchItems(map[string]string) ([]dbus.ObjectPath, []dbus.ObjectPath, *dbus.Error) {
	err := h.step("SearchItems")
	if h.secret == "" {
		return nil, nil, err
	}
	return []dbus.ObjectPath{itemPath}, nil, err
}

func (h *hostile) Unlock(paths []dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	return paths, "/", h.step("Unlock")
}

// CreateItem wants a prompt, which is then dismissed.
func (h *hostile) CreateItem(map[string]dbus.Variant, secretStruct, bool) (dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	return "/", promptPath, h.step("CreateItem")
}

func (h *hostile) Prompt(string) *dbus.Error {
	if err := h.step("Prompt"); err != nil {
		return err
	}
	if err := h.conn.Emit(promptPath, "org.freedesktop.Secret.Prompt.Completed", true, dbus.MakeVariant("")); err != nil {
		return dbus.MakeFailedError(err)
	}
	return nil
}

type secretStruct struct {
	Session     dbus.ObjectPath
	Parameters  []byte
	Value       []byte
	ContentType string
}

func (h *hostile) GetSecret(session dbus.ObjectPath) (secretStruct, *dbus.Error) {
	return secretStruct{session, nil, []byte(h.secret), "text/plain"}, h.step("GetSecret")
}

func (h *hostile) Close() *dbus.Error { return nil }

// start puts the service on a bus of its own.
func (h *hostile) start(t *testing.T) *keychain.Keychain {
	t.Helper()
	keychaintest.Need(t)
	bus, err := keychaintest.StartBus(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bus.Close)
	h.bus = bus
	if h.conn, err = dbus.Connect(bus.Address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.conn.Close() })
	for path, ifaces := range map[dbus.ObjectPath][]string{
		servicePath:                          {"org.freedesktop.DBus.Properties", "org.freedesktop.Secret.Service"},
		loginPath:                            {"org.freedesktop.DBus.Properties", "org.freedesktop.Secret.Collection"},
		itemPath:                             {"org.freedesktop.Secret.Item"},
		promptPath:                           {"org.freedesktop.Secret.Prompt"},
		"/org/freedesktop/secrets/session/1": {"org.freedesktop.Secret.Session"},
	} {
		for _, iface := range ifaces {
			if err := h.conn.Export(h, path, iface); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := h.conn.RequestName("org.freedesktop.secrets", dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	return onBus(t, bus)
}

const framed = "cm1:a2V5.2c70e12b" // "key"

func TestHostileServiceOnGet(t *testing.T) {
	tests := map[string]struct {
		service hostile
		want    error
		value   string
	}{
		"well":                     {hostile{secret: framed}, nil, "key"},
		"nothing there":            {hostile{}, keychain.ErrNotFound, ""},
		"nothing there and locked": {hostile{locked: true}, keychain.ErrLocked, ""},
		"not ours":                 {hostile{secret: "plain"}, keychain.ErrCorrupt, ""},
		"hangs at Collections":     {hostile{secret: framed, on: "Collections", how: "hang"}, keychain.ErrTimeout, ""},
		"hangs at OpenSession":     {hostile{secret: framed, on: "OpenSession", how: "hang"}, keychain.ErrTimeout, ""},
		"hangs at SearchItems":     {hostile{secret: framed, on: "SearchItems", how: "hang"}, keychain.ErrTimeout, ""},
		"hangs at GetSecret":       {hostile{secret: framed, on: "GetSecret", how: "hang"}, keychain.ErrTimeout, ""},
		"fails at GetSecret":       {hostile{secret: framed, on: "GetSecret", how: "fail"}, keychain.ErrUnavailable, ""},
		"fails at SearchItems":     {hostile{on: "SearchItems", how: "fail"}, keychain.ErrUnavailable, ""},
		"dies at SearchItems":      {hostile{secret: framed, on: "SearchItems", how: "die"}, keychain.ErrUnavailable, ""},
		"dies at GetSecret":        {hostile{secret: framed, on: "GetSecret", how: "die"}, keychain.ErrUnavailable, ""},
		"hangs where it is lock":   {hostile{on: "Locked", how: "hang"}, keychain.ErrTimeout, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			k := tt.service.start(t)
			start := time.Now()
			got, err := k.Get(t.Context(), "cache-key")
			if !errors.Is(err, tt.want) || string(got) != tt.value {
				t.Errorf("Get = %q, %v; want %q, %v", got, err, tt.value, tt.want)
			}
			if tt.want != keychain.ErrNotFound && errors.Is(err, keychain.ErrNotFound) {
				t.Errorf("%v counts as a clean not-found", err)
			}
			if took := time.Since(start); took > 7*time.Second {
				t.Errorf("took %s", took)
			}
			// Nobody waits twice.
			start = time.Now()
			if _, again := k.Get(t.Context(), "cache-key"); !errors.Is(again, tt.want) || time.Since(start) > time.Second {
				t.Errorf("a second time: %v after %s", again, time.Since(start))
			}
		})
	}
}

// A write that a person has dismissed is no write, whatever the library says of it.
func TestDismissedWrite(t *testing.T) {
	h := &hostile{}
	k := h.start(t)
	err := k.Set(t.Context(), "cache-key", []byte("key"), nil)
	if err == nil || !strings.Contains(err.Error(), "read back") {
		t.Errorf("Set = %v, want an error", err)
	}
}

func TestHangingWrite(t *testing.T) {
	for _, at := range []string{"CreateItem", "Prompt", "Unlock"} {
		t.Run(at, func(t *testing.T) {
			h := &hostile{on: at, how: "hang"}
			k := h.start(t)
			start := time.Now()
			if err := k.Set(t.Context(), "cache-key", []byte("key"), nil); !errors.Is(err, keychain.ErrTimeout) {
				t.Errorf("Set = %v, want ErrTimeout", err)
			}
			if took := time.Since(start); took > 7*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

// The bus goes away while a person is asked: go-keyring panics there.
func TestBusDiesDuringAPrompt(t *testing.T) {
	h := &hostile{on: "Prompt", how: "die"}
	k := h.start(t)
	if err := k.Set(t.Context(), "cache-key", []byte("key"), nil); !errors.Is(err, keychain.ErrUnavailable) && !errors.Is(err, keychain.ErrTimeout) {
		t.Errorf("Set = %v, want ErrUnavailable", err)
	}
}
