package keychaintest

import (
	"fmt"
	"maps"
	"slices"

	"github.com/godbus/dbus/v5"
)

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
