package keychaintest

import (
	"slices"

	"github.com/godbus/dbus/v5"
)

// secret is a value as the Secret Service takes it.
type secret struct {
	Session     dbus.ObjectPath
	Parameters  []byte
	Value       []byte
	ContentType string
}

// Item is an item of another program's collection.
type Item struct{ Key, Value string }

// Collect puts items into an unlocked collection, which is made if there is none, as https://github.com/99designs/keyring
// does with github.com/gsterjov/go-libsecret. Only the collection itself is made in gnome-keyring's own way, which asks
// nobody for a password.
func (b *Bus) Collect(label string, items ...Item) error {
	return b.with(func(conn *dbus.Conn) error {
		collection, err := collectionOf(conn, label)
		if err != nil {
			return err
		}
		session, err := openSession(conn)
		if err != nil {
			return err
		}
		if collection == nil {
			var path dbus.ObjectPath
			if err := service(conn).Call("org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface.CreateWithMasterPassword", 0,
				map[string]dbus.Variant{"org.freedesktop.Secret.Collection.Label": dbus.MakeVariant(label)},
				secret{session, []byte{}, []byte("password"), "text/plain"}).Store(&path); err != nil {
				return err
			}
			collection = conn.Object("org.freedesktop.secrets", path)
		}
		for _, i := range items {
			properties := map[string]dbus.Variant{
				"org.freedesktop.Secret.Item.Label":      dbus.MakeVariant(i.Key),
				"org.freedesktop.Secret.Item.Attributes": dbus.MakeVariant(map[string]string{"profile": i.Key}),
			}
			value := secret{session, []byte{}, []byte(i.Value), "application/json"}
			if err := collection.Call("org.freedesktop.Secret.Collection.CreateItem", 0, properties, value, true).Err; err != nil {
				return err
			}
		}
		return nil
	})
}

// Labels are those of the collection's items, sorted.
func (b *Bus) Labels(label string) (labels []string, err error) {
	err = b.with(func(conn *dbus.Conn) error {
		collection, err := collectionOf(conn, label)
		if err != nil || collection == nil {
			return err
		}
		var items []dbus.ObjectPath
		if err := collection.StoreProperty("org.freedesktop.Secret.Collection.Items", &items); err != nil {
			return err
		}
		for _, item := range items {
			v, err := conn.Object("org.freedesktop.secrets", item).GetProperty("org.freedesktop.Secret.Item.Label")
			if err != nil {
				return err
			}
			labels = append(labels, v.Value().(string))
		}
		return nil
	})
	slices.Sort(labels)
	return labels, err
}

// Lock locks a collection.
func (b *Bus) Lock(label string) error {
	return b.with(func(conn *dbus.Conn) error {
		collection, err := collectionOf(conn, label)
		if err != nil {
			return err
		}
		return service(conn).Call("org.freedesktop.Secret.Service.Lock", 0, []dbus.ObjectPath{collection.Path()}).Err
	})
}

func service(conn *dbus.Conn) dbus.BusObject {
	return conn.Object("org.freedesktop.secrets", "/org/freedesktop/secrets")
}

func openSession(conn *dbus.Conn) (path dbus.ObjectPath, err error) {
	var output dbus.Variant
	err = service(conn).Call("org.freedesktop.Secret.Service.OpenSession", 0, "plain", dbus.MakeVariant("")).Store(&output, &path)
	return path, err
}

// collectionOf is nil where there is none with the label.
func collectionOf(conn *dbus.Conn, label string) (dbus.BusObject, error) {
	var paths []dbus.ObjectPath
	if err := service(conn).StoreProperty("org.freedesktop.Secret.Service.Collections", &paths); err != nil {
		return nil, err
	}
	for _, path := range paths {
		collection := conn.Object("org.freedesktop.secrets", path)
		v, err := collection.GetProperty("org.freedesktop.Secret.Collection.Label")
		if err != nil {
			return nil, err
		}
		if v.Value() == label {
			return collection, nil
		}
	}
	return nil, nil
}
