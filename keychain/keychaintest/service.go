package keychaintest

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/godbus/dbus/v5"
)

// How a service misbehaves.
type How string

const (
	Hang    How = "hang"    // it never answers
	Fail    How = "fail"    // it answers with an error
	Wrong   How = "wrong"   // it answers with a value of another type
	Huge    How = "huge"    // it answers with more than anybody asked for
	Leave   How = "leave"   // it goes away, and the bus says so
	Replace How = "replace" // it goes away, and an empty service is in its place
	Die     How = "die"     // the bus goes away
)

// Fault is what a service does wrong, and when.
type Fault struct {
	At    string // what is asked of it: a method's name, or a property's
	How   How
	After string // only once this was asked of it; empty: from the start
}

// Behaviour is what a Service does, beside what is right.
type Behaviour struct {
	Fault        Fault
	Locked       bool // its collection is, and a person would have to be asked
	Prompts      bool // it asks a person before it writes
	Dismiss      bool // the person says no, whatever is asked
	NoCollection bool // it has none
}

// Service is a Secret Service that does what real ones were seen to do on bad days. Its collection is in memory. It knows
// what https://specifications.freedesktop.org/secret-service-spec/latest/ asks of a service that go-keyring talks to.
type Service struct {
	Behaviour
	bus   *Bus
	conn  *dbus.Conn
	mu    sync.Mutex
	asked map[string]bool
	items []StoredItem
	after map[dbus.ObjectPath]func() dbus.Variant // what is done when a person agrees
}

// StoredItem is an item of a Service.
type StoredItem struct {
	Attributes map[string]string
	Value      string
}

const (
	secretsName = "org.freedesktop.secrets"
	secretsPath = dbus.ObjectPath("/org/freedesktop/secrets")
	none        = dbus.ObjectPath("/")
)

// Serve puts a service on the bus, in the place of another one of these.
func Serve(b *Bus, how Behaviour, items ...StoredItem) (*Service, error) {
	s := &Service{
		Behaviour: how, bus: b, items: slices.Clone(items),
		asked: map[string]bool{}, after: map[dbus.ObjectPath]func() dbus.Variant{},
	}
	conn, err := dbus.Connect(b.Address, dbus.WithHandler(s))
	if err != nil {
		return nil, err
	}
	s.conn = conn
	reply, err := conn.RequestName(secretsName, dbus.NameFlagDoNotQueue|dbus.NameFlagReplaceExisting|dbus.NameFlagAllowReplacement)
	if err == nil && reply != dbus.RequestNameReplyPrimaryOwner {
		err = fmt.Errorf("the name of the Secret Service is taken: %d", reply)
	}
	return s, err
}

// Close takes the service from the bus.
func (s *Service) Close() { _ = s.conn.Close() }

// Unlock unlocks its collection.
func (s *Service) Unlock() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Locked = false
}

// Items are what it keeps now.
func (s *Service) Items() []StoredItem {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.items)
}

// Asked reports whether a method was called, or a property read.
func (s *Service) Asked(what string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[what]
}

// A service answers every method of every object in one place, so that it can answer with anything.
var _ interface {
	dbus.Handler
	dbus.ServerObject
	dbus.Interface
} = (*Service)(nil)

func (s *Service) LookupObject(dbus.ObjectPath) (dbus.ServerObject, bool) { return s, true }
func (s *Service) LookupInterface(string) (dbus.Interface, bool)          { return s, true }
func (s *Service) LookupMethod(string) (dbus.Method, bool)                { return method{s}, true }

type method struct{ *Service }

var _ dbus.ArgumentDecoder = method{}

func (method) NumArguments() int     { return 1 }
func (method) NumReturns() int       { return 1 }
func (method) ArgumentValue(int) any { return nil }
func (method) ReturnValue(int) any   { return nil }

func (method) DecodeArguments(_ *dbus.Conn, _ string, msg *dbus.Message, _ []any) ([]any, error) {
	return []any{msg}, nil
}

func (m method) Call(args ...any) ([]any, error) {
	msg := args[0].(*dbus.Message)
	name := msg.Headers[dbus.FieldMember].Value().(string)
	if name == "Get" && len(msg.Body) == 2 {
		name, _ = msg.Body[1].(string)
	}
	if due := m.note(name); due {
		switch m.Fault.How {
		case Hang:
			select {}
		case Wrong:
			return []any{uint32(7)}, nil
		case Huge:
			return []any{strings.Repeat("x", 2<<20)}, nil
		case Leave:
			m.Close()
		case Replace:
			if _, err := Serve(m.bus, Behaviour{}); err != nil {
				return nil, err
			}
		case Die:
			m.bus.Close()
		}
		return nil, dbus.NewError("org.freedesktop.DBus.Error.Failed", []any{"odd"})
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.answer(name, msg.Headers[dbus.FieldPath].Value().(dbus.ObjectPath), msg.Body)
}

// note remembers what was asked, and reports whether the fault is due.
func (s *Service) note(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[name] = true
	return s.Fault.At == name && (s.Fault.After == "" || s.asked[s.Fault.After])
}
