//go:build unix

// Package secretservice reads one secret from the desktop's Secret Service, in the fewest steps that are safe. It is on
// the path of every call credmint answers; what it does not do (unlocking, writing, starting a service) is left to
// go-keyring.
//
// The order of the steps matters. gnome-keyring aborts, and takes the unlocked keyring with it, when a client's first
// message is OpenSession and is dispatched before the client is known. So the first message asks for a property, and
// nothing else is sent before its answer is there.
//
// See https://specifications.freedesktop.org/secret-service-spec/latest/.
package secretservice

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

var (
	// ErrNotFound says that the service has no such item, and could have said so if it had.
	ErrNotFound = errors.New("no such item")

	// ErrLocked says that the item, or the collection it would be in, is locked.
	ErrLocked = errors.New("the collection is locked")

	// ErrNoService says that no Secret Service runs on the bus. One may start when it is asked for in the usual way.
	ErrNoService = errors.New("no Secret Service is running")

	// ErrNoBus says that the session bus cannot be reached.
	ErrNoBus = errors.New("the session bus cannot be reached")

	// ErrAmbiguous says that several items match, and that they differ.
	ErrAmbiguous = errors.New("there are several such items")

	// ErrTooLong says that an answer has more than a MiB. It was not read.
	ErrTooLong = errors.New("the answer is too long")
)

const (
	busName      = "org.freedesktop.DBus"
	serviceName  = "org.freedesktop.secrets"
	servicePath  = "/org/freedesktop/secrets"
	serviceIface = "org.freedesktop.Secret.Service"
	itemIface    = "org.freedesktop.Secret.Item"
	collection   = "org.freedesktop.Secret.Collection"
	properties   = "org.freedesktop.DBus.Properties"
	loginPath    = "/org/freedesktop/secrets/collection/login"
	aliasPath    = "/org/freedesktop/secrets/aliases/default"
)

// Read returns the secret of the item that go-keyring stores under service and username, from the Secret Service of the
// bus at address (the form of DBUS_SESSION_BUS_ADDRESS). Like go-keyring it looks only into the collection that go-keyring
// stores into. It never starts a service and never makes one ask a person. Errors are the package's,
// os.ErrDeadlineExceeded, or say that the answers could not be understood.
//
// patience bounds the wait for each answer, and deadline all of it: where fifty programs ask at once on a busy machine, a
// service that answers slowly is not one that hangs.
func Read(deadline time.Time, patience time.Duration, address, service, username string) (string, error) {
	c, err := Greet(deadline, patience, address)
	if err != nil {
		return "", err
	}
	defer c.Close()
	return c.Ask(service, username)
}

// Ask is the rest of a Read. It can be had once.
func (c *Conversation) Ask(service, username string) (string, error) {
	collections, err := c.collections()
	if err != nil {
		return "", err
	}
	in := aliasPath
	if slices.Contains(collections, loginPath) { // where go-keyring stores
		in = loginPath
	}
	session, items, err := c.search(in, service, username)
	if err != nil {
		return "", err
	}
	if len(items) == 0 {
		return "", c.absence(in)
	}
	return c.secrets(items, session)
}

// collections is what the property says.
func (c *Conversation) collections() ([]string, error) {
	c.wait()
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return nil, noBus(err)
	}
	if len(line) > maxLine || !strings.HasPrefix(string(line), "OK ") {
		return nil, fmt.Errorf("%w: it does not know us", ErrNoBus)
	}
	body, err := c.reply(c.serial, "v")
	if err != nil {
		return nil, err
	}
	if body.signature() != "ao" {
		return nil, errProtocol
	}
	paths := body.paths()
	return paths, body.err
}

// search opens a session and finds the items of a collection, in one go.
func (c *Conversation) search(in, service, username string) (session string, items []string, err error) {
	open := call{serviceName, servicePath, serviceIface, "OpenSession", noActivate, "sv", piece(0)}
	open.body.string("plain")
	open.body.signature("s")
	open.body.string("")
	find := call{serviceName, in, collection, "SearchItems", noActivate, "a{ss}", piece(0)}
	dict := encoder(piece(0))
	for _, pair := range [][2]string{{"service", service}, {"username", username}} {
		dict.align(8)
		dict.string(pair[0])
		dict.string(pair[1])
	}
	find.body.uint32(uint32(len(dict)))
	find.body.align(8)
	find.body = append(find.body, dict...)
	if err := c.send(nil, open, find); err != nil {
		return "", nil, err
	}
	opened, err := c.reply(c.serial-1, "vo")
	if err != nil {
		return "", nil, err
	}
	if opened.signature() != "s" {
		return "", nil, errProtocol
	}
	opened.string()
	session = opened.string()
	found, err := c.reply(c.serial, "ao")
	if err != nil {
		return "", nil, err
	}
	items = found.paths()
	return session, items, errors.Join(opened.err, found.err)
}

// secrets fetches the value of the item. A person, or a backup that was put back, may have made a second one, with more
// attributes or in a program that asks for none to differ: which of them counts is not ours to guess.
func (c *Conversation) secrets(items []string, session string) (string, error) {
	value, err := c.secret(items[0], session)
	for _, item := range items[1:] {
		if err != nil {
			break
		}
		var other string
		if other, err = c.secret(item, session); err == nil && other != value {
			err = fmt.Errorf("%w: %d of them", ErrAmbiguous, len(items))
		}
	}
	if err != nil {
		return "", err
	}
	return value, nil
}

// secret fetches an item's value.
func (c *Conversation) secret(item, session string) (string, error) {
	get := call{serviceName, item, itemIface, "GetSecret", noActivate, "o", piece(0)}
	get.body.string(session)
	if err := c.send(nil, get); err != nil {
		return "", err
	}
	body, err := c.reply(c.serial, "(oayays)")
	if err != nil {
		return "", err
	}
	body.string() // session
	body.bytes()  // parameters, which "plain" has none of
	value := string(body.bytes())
	return value, body.err
}

// absence tells a clean not-found from a locked collection whose items are not listed: only the first may lead to a new
// secret.
func (c *Conversation) absence(in string) error {
	get := call{serviceName, in, properties, "Get", noActivate, "ss", piece(0)}
	get.body.string(collection)
	get.body.string("Locked")
	if err := c.send(nil, get); err != nil {
		return err
	}
	body, err := c.reply(c.serial, "v")
	if err != nil {
		return err
	}
	if body.signature() != "b" {
		return errProtocol
	}
	if locked := body.uint32(); locked != 0 || body.err != nil {
		return errors.Join(body.err, ErrLocked)
	}
	return ErrNotFound
}
