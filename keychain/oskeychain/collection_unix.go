//go:build unix && !darwin

package oskeychain

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"syscall"

	"github.com/godbus/dbus/v5"

	"credmint/keychain"
	"credmint/keychain/secretservice"
)

// The names of https://specifications.freedesktop.org/secret-service-spec/latest/.
const (
	secretsName = "org.freedesktop.secrets"
	secretsPath = "/org/freedesktop/secrets"
	secretsOf   = "org.freedesktop.Secret."
)

// secret is a value as the service sends it.
type secret struct {
	Session     dbus.ObjectPath
	Parameters  []byte
	Value       []byte
	ContentType string
}

// errAbsent says that there is no bus, no service, or no such collection.
var errAbsent = errors.New("the Secret Service has no such collection")

// Secrets are the values of all items, by the items' paths. Where there is no session bus, no Secret Service on it, or no
// such collection, there are none. The error is keychain.ErrLocked where the collection, or an item of it, is locked.
func (c Collection) Secrets(ctx context.Context) (map[string][]byte, error) {
	secrets := map[string][]byte{}
	err := c.talk(ctx, func(conn *dbus.Conn, collection dbus.BusObject) error {
		var items []dbus.ObjectPath
		if err := collection.StoreProperty(secretsOf+"Collection.Items", &items); err != nil || len(items) == 0 {
			return err
		}
		var (
			service = conn.Object(secretsName, secretsPath)
			output  dbus.Variant
			session dbus.ObjectPath
			values  map[dbus.ObjectPath]secret
		)
		if err := service.Call(secretsOf+"Service.OpenSession", 0, "plain", dbus.MakeVariant("")).Store(&output, &session); err != nil {
			return err
		}
		if err := service.Call(secretsOf+"Service.GetSecrets", 0, items, session).Store(&values); err != nil {
			return err
		}
		for _, item := range items {
			value, ok := values[item]
			if !ok {
				return fmt.Errorf("%w: item %s", keychain.ErrLocked, item)
			}
			secrets[string(item)] = value.Value
		}
		return nil
	})
	switch {
	case errors.Is(err, errAbsent):
		return nil, nil
	case err != nil:
		return nil, err // and not secrets, which a call that was given up may still write
	}
	return secrets, nil
}

// Delete removes an item that Secrets has named. One that cannot be removed without asking a person stays.
func (c Collection) Delete(ctx context.Context, item string) error {
	return c.talk(ctx, func(conn *dbus.Conn, collection dbus.BusObject) error {
		if !strings.HasPrefix(item, string(collection.Path())+"/") {
			return fmt.Errorf("%s is no item of the collection %q", item, c.Name)
		}
		var prompt dbus.ObjectPath
		err := conn.Object(secretsName, dbus.ObjectPath(item)).Call(secretsOf+"Item.Delete", 0).Store(&prompt)
		if err == nil && prompt != "/" {
			return fmt.Errorf("%w: the Secret Service asks before it removes %s", keychain.ErrLocked, item)
		}
		return err
	})
}

// talk finds the collection, and holds a conversation about it.
func (c Collection) talk(ctx context.Context, about func(*dbus.Conn, dbus.BusObject) error) error {
	address := secretservice.Address(c.Getenv)
	if !strings.HasPrefix(address, "unix:") {
		return errAbsent
	}
	connected, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end() // of a conversation that was given up
	err := within(ctx, unattended, func() error {
		conn, err := dbus.Connect(address, dbus.WithContext(connected))
		if err != nil {
			return err
		}
		defer conn.Close()
		collection, err := c.find(conn)
		if err != nil {
			return err
		}
		return about(conn, collection)
	})
	return c.explain(err)
}

// find looks the collection up, and whether it is open. Its first message to the service asks for a property: see package
// secretservice for what gnome-keyring makes of another one.
func (c Collection) find(conn *dbus.Conn) (dbus.BusObject, error) {
	var paths []dbus.ObjectPath
	if err := conn.Object(secretsName, secretsPath).StoreProperty(secretsOf+"Service.Collections", &paths); err != nil {
		return nil, err
	}
	for _, path := range paths {
		// What a path cannot have stands in it as _2d. It never has a percent sign.
		name, err := url.PathUnescape(strings.ReplaceAll(strings.TrimPrefix(string(path), secretsPath+"/collection/"), "_", "%"))
		if err != nil || name != c.Name {
			continue
		}
		collection := conn.Object(secretsName, path)
		locked := true
		if err := collection.StoreProperty(secretsOf+"Collection.Locked", &locked); err != nil {
			return nil, err
		}
		if locked {
			return nil, fmt.Errorf("%w: it is the Secret Service's collection %q", keychain.ErrLocked, c.Name)
		}
		return collection, nil
	}
	return nil, errAbsent
}

// explain sorts the errors of D-Bus; ours pass.
func (c Collection) explain(err error) error {
	var answer dbus.Error
	switch {
	case err == nil, errors.Is(err, errAbsent), errors.Is(err, keychain.ErrLocked), errors.Is(err, keychain.ErrTimeout), errors.Is(err, keychain.ErrUnavailable):
		return err
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED): // nobody listens at the bus's address
		return errAbsent
	case errors.As(err, &answer) && (strings.HasSuffix(answer.Name, ".ServiceUnknown") || strings.HasSuffix(answer.Name, ".NameHasNoOwner")):
		return errAbsent
	}
	return (&bus{getenv: c.Getenv}).explain(err)
}
