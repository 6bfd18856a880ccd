package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// said is what sec_errstr says of a status.
func said(status int) string {
	texts := map[int]string{
		-128:   "User canceled the operation.",
		-25293: "The user name or passphrase you entered is not correct.",
		-25299: "The specified item already exists in the keychain.",
		-25300: "The specified item could not be found in the keychain.",
		-25307: "A default keychain could not be found.",
		-25308: "User interaction is not allowed.",
	}
	return texts[status]
}

// key is an item's key in the file: with both names given, which is all that is asked for here. JSON keeps text only.
func key(options map[byte]string) string { return fmt.Sprintf("%q %q", options['s'], options['a']) }

func (s *security) load() map[string]string {
	items := map[string]string{}
	data, err := os.ReadFile(filepath.Join(s.dir, "items"))
	if err == nil {
		err = json.Unmarshal(data, &items)
	}
	if err != nil && !os.IsNotExist(err) {
		panic(err)
	}
	return items
}

func (s *security) save(items map[string]string) {
	data, err := json.Marshal(items)
	if err == nil {
		err = os.WriteFile(filepath.Join(s.dir, "items"), data, 0o600)
	}
	if err != nil {
		panic(err)
	}
}

// search is find_first_generic_password and what is made of its failure: whatever it is, the item is said not to be found.
func (s *security) search(options map[byte]string) (value string, status int) {
	if s.fault.Search {
		s.error("SecKeychainSearchCreateFromAttributes: %s", said(s.fault.Status))
	} else if value, ok := s.load()[key(options)]; ok {
		return value, 0
	}
	return "", -25300
}

func (s *security) find(options map[byte]string) int {
	value, status := s.search(options)
	if status != 0 {
		s.error("SecKeychainSearchCopyNext: %s", said(status))
		return status
	}
	_, bare := options['w']
	_, shown := options['g']
	if s.fault.Status != 0 && (bare || shown) {
		return s.fault.Status // without a word
	}
	if s.fault.Stdout != "" {
		fmt.Fprint(s.stdout, s.fault.Stdout)
		return 0
	}
	hex := strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' })
	switch {
	case bare && hex:
		fmt.Fprintf(s.stdout, "%x\n", value)
	case bare:
		fmt.Fprintln(s.stdout, value)
	default:
		fmt.Fprintf(s.stdout, "class: \"genp\"\nattributes:\n    \"acct\"<blob>=%q\n    \"svce\"<blob>=%q\n", options['a'], options['s'])
	}
	switch {
	case shown && !bare && hex:
		fmt.Fprintf(s.stderr, "password: 0x%X  %q\n", value, value)
	case shown && !bare:
		fmt.Fprintf(s.stderr, "password: %q\n", value)
	}
	return 0
}

func (s *security) remove(options map[byte]string) int {
	if _, status := s.search(options); status != 0 {
		s.error("SecKeychainSearchCopyNext: %s", said(status))
		return status
	}
	fmt.Fprintf(s.stdout, "class: \"genp\"\nattributes:\n    \"acct\"<blob>=%q\n    \"svce\"<blob>=%q\n", options['a'], options['s'])
	if s.fault.Status == 0 {
		items := s.load()
		delete(items, key(options))
		s.save(items)
	}
	fmt.Fprintln(s.stderr, "password has been deleted.") // whatever became of it
	return s.fault.Status
}

// add changes an item, with -U, and makes a new one where that comes to nothing.
func (s *security) add(options map[byte]string) int {
	items := s.load()
	_, there := items[key(options)]
	_, update := options['U']
	status := s.fault.Status
	if there && update {
		if status == 0 {
			items[key(options)] = options['w']
			s.save(items)
			return 0
		}
		s.error("SecKeychainItemModifyContent: %s", said(status))
	}
	if there {
		status = -25299
	}
	if status != 0 {
		s.error("SecKeychainItemCreateFromContent (<default>): %s", said(status))
		return status
	}
	items[key(options)] = options['w']
	s.save(items)
	return 0
}
