package keychaintest

import (
	"fmt"
	"maps"
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

func (s *Service) answer(name string, path dbus.ObjectPath, args []any) ([]any, error) {
	switch name {
	case "Collections":
		collections := []dbus.ObjectPath{login}
		if s.NoCollection {
			collections = nil
		}
		return []any{dbus.MakeVariant(collections)}, nil
	case "OpenSession":
		return []any{dbus.MakeVariant(""), secretsPath + "/session/1"}, nil
	case "Close":
		return nil, nil
	case "Unlock":
		return s.unlock(args[0].([]dbus.ObjectPath))
	case "Prompt":
		return nil, s.prompt(path)
	}
	if s.NoCollection {
		return nil, dbus.MakeNoObjectError(path)
	}
	switch name {
	case "Locked":
		return []any{dbus.MakeVariant(s.Locked)}, nil
	case "SearchItems":
		return s.search(path, args[0].(map[string]string)), nil
	case "GetSecret":
		i := s.index(path)
		switch {
		case s.Locked:
			return nil, dbus.NewError("org.freedesktop.Secret.Error.IsLocked", nil)
		case i < 0:
			return nil, dbus.NewError("org.freedesktop.Secret.Error.NoSuchObject", nil)
		}
		return []any{secret{args[0].(dbus.ObjectPath), []byte{}, []byte(s.items[i].Value), "text/plain"}}, nil
	case "CreateItem":
		return s.create(args)
	case "Delete":
		i := s.index(path)
		if i < 0 {
			return nil, dbus.NewError("org.freedesktop.Secret.Error.NoSuchObject", nil)
		}
		return []any{s.ask(s.Prompts, func() dbus.Variant {
			s.items[i] = StoredItem{}
			return dbus.MakeVariant("")
		})}, nil
	}
	return nil, dbus.MakeUnknownMethodError(name)
}

func itemPath(i int) dbus.ObjectPath { return dbus.ObjectPath(fmt.Sprint(login, "/", i+1)) }

// index finds the item of a path; those of removed ones are not used again.
func (s *Service) index(path dbus.ObjectPath) int {
	for i, item := range s.items {
		if item.Attributes != nil && itemPath(i) == path {
			return i
		}
	}
	return -1
}

func (s *Service) search(path dbus.ObjectPath, attributes map[string]string) []any {
	found := []dbus.ObjectPath{}
	for i, item := range s.items {
		matches := item.Attributes != nil
		for name, value := range attributes {
			matches = matches && item.Attributes[name] == value
		}
		if matches {
			found = append(found, itemPath(i))
		}
	}
	switch {
	case path != secretsPath: // a collection's own method has one list
		return []any{found}
	case s.Locked:
		return []any{[]dbus.ObjectPath{}, found}
	}
	return []any{found, []dbus.ObjectPath{}}
}

func (s *Service) unlock(paths []dbus.ObjectPath) ([]any, error) {
	switch {
	case s.NoCollection:
		return []any{[]dbus.ObjectPath{}, none}, nil
	case !s.Locked:
		return []any{paths, none}, nil
	}
	return []any{[]dbus.ObjectPath{}, s.ask(true, func() dbus.Variant {
		s.Locked = false
		return dbus.MakeVariant(paths)
	})}, nil
}

// create keeps an item, in the place of one with the same attributes.
func (s *Service) create(args []any) ([]any, error) {
	if s.Locked {
		return nil, dbus.NewError("org.freedesktop.Secret.Error.IsLocked", nil)
	}
	properties, value := args[0].(map[string]dbus.Variant), args[1].([]any)
	item := StoredItem{
		Attributes: properties["org.freedesktop.Secret.Item.Attributes"].Value().(map[string]string),
		Value:      string(value[2].([]byte)),
	}
	at := slices.IndexFunc(s.items, func(i StoredItem) bool { return maps.Equal(i.Attributes, item.Attributes) })
	if at < 0 {
		at = len(s.items)
	}
	prompt := s.ask(s.Prompts, func() dbus.Variant {
		if at == len(s.items) {
			s.items = append(s.items, item)
		}
		s.items[at] = item
		return dbus.MakeVariant(itemPath(at))
	})
	if prompt != none {
		return []any{none, prompt}, nil
	}
	return []any{itemPath(at), none}, nil
}

// ask does something at once, or when a person has agreed, for which there is a prompt then.
func (s *Service) ask(person bool, do func() dbus.Variant) dbus.ObjectPath {
	if !person {
		do()
		return none
	}
	prompt := dbus.ObjectPath(fmt.Sprint(secretsPath, "/prompt/", len(s.after)+1))
	s.after[prompt] = do
	return prompt
}

func (s *Service) prompt(path dbus.ObjectPath) error {
	result := dbus.MakeVariant("")
	if !s.Dismiss {
		result = s.after[path]()
	}
	return s.conn.Emit(path, "org.freedesktop.Secret.Prompt.Completed", s.Dismiss, result)
}
