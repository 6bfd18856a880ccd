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
	if err := c.Ask(service, username); err != nil {
		return "", err
	}
	return c.Answer()
}

// Ask is the rest of a Read, for any number of items in the steps of one. It can be had once; what it asks for is had by as
// many calls of Answer. The service may take its time for the last of them: the caller can do other work before it wants
// that.
func (c *Conversation) Ask(service string, usernames ...string) error {
	collections, err := c.collections()
	if err != nil {
		return err
	}
	c.place = aliasPath
	if slices.Contains(collections, loginPath) { // where go-keyring stores
		c.place = loginPath
	}
	if err := c.search(service, usernames); err != nil {
		return err
	}
	return c.get()
}

// question is one that was asked.
type question struct {
	items  []string // that match
	serial uint32   // of the call for the first one's secret
}

// Answer is the secret of the next item that was asked for.
func (c *Conversation) Answer() (string, error) {
	if len(c.asked) == 0 {
		return "", errProtocol
	}
	q := c.asked[0]
	c.asked = c.asked[1:]
	if len(q.items) == 0 {
		return "", c.absence()
	}
	return c.secrets(q)
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

// search opens a session and finds the items of each name, in one go.
func (c *Conversation) search(service string, usernames []string) error {
	open := call{serviceName, servicePath, serviceIface, "OpenSession", noActivate, "sv", piece(0)}
	open.body.string("plain")
	open.body.signature("s")
	open.body.string("")
	calls := []call{open}
	for _, username := range usernames {
		calls = append(calls, c.find(service, username))
	}
	serial := c.serial + 1
	if err := c.send(nil, calls...); err != nil {
		return err
	}
	opened, err := c.reply(serial, "vo")
	if err != nil {
		return err
	}
	if opened.signature() != "s" {
		return errProtocol
	}
	opened.string()
	c.session = opened.string()
	failed := opened.err
	for range usernames {
		serial++
		found, err := c.reply(serial, "ao")
		if err != nil {
			return err
		}
		c.asked = append(c.asked, question{items: found.paths()})
		failed = errors.Join(failed, found.err)
	}
	return failed
}

// find searches the collection for a name.
func (c *Conversation) find(service, username string) call {
	find := call{serviceName, c.place, collection, "SearchItems", noActivate, "a{ss}", piece(0)}
	dict := encoder(piece(0))
	for _, pair := range [][2]string{{"service", service}, {"username", username}} {
		dict.align(8)
		dict.string(pair[0])
		dict.string(pair[1])
	}
	find.body.uint32(uint32(len(dict)))
	find.body.align(8)
	find.body = append(find.body, dict...)
	return find
}

// get asks for the secret of the first item of each name, in one go.
func (c *Conversation) get() error {
	var calls []call
	for i := range c.asked {
		if q := &c.asked[i]; len(q.items) > 0 {
			calls = append(calls, c.secretOf(q.items[0]))
			q.serial = c.serial + uint32(len(calls))
		}
	}
	if len(calls) == 0 {
		return nil
	}
	return c.send(nil, calls...)
}

// secretOf asks for an item's value.
func (c *Conversation) secretOf(item string) call {
	get := call{serviceName, item, itemIface, "GetSecret", noActivate, "o", piece(0)}
	get.body.string(c.session)
	return get
}

// secrets waits for the value of the item. A person, or a backup that was put back, may have made a second one, with more
// attributes or in a program that asks for none to differ: which of them counts is not ours to guess.
func (c *Conversation) secrets(q question) (string, error) {
	value, err := c.secret(q.serial)
	for _, item := range q.items[1:] {
		if err == nil {
			err = c.send(nil, c.secretOf(item))
		}
		if err != nil {
			break
		}
		var other string
		if other, err = c.secret(c.serial); err == nil && other != value {
			err = fmt.Errorf("%w: %d of them", ErrAmbiguous, len(q.items))
		}
	}
	if err != nil {
		return "", err
	}
	return value, nil
}

// secret waits for an item's value.
func (c *Conversation) secret(serial uint32) (string, error) {
	body, err := c.reply(serial, "(oayays)")
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
func (c *Conversation) absence() error {
	get := call{serviceName, c.place, properties, "Get", noActivate, "ss", piece(0)}
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
