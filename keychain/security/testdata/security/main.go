// Security stands in for macOS's /usr/bin/security. What it does with a generic password is what the source of SecurityTool
// does (security.c, readline.c, keychain_add.c, keychain_find.c): how `-i` reads lines and words, what is printed where, and
// what the exit code is. The login keychain is a file beside it, and so are a record of how it was called and, where there
// is one, the fault that it is to show.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// fault is what goes wrong. One for a command leaves others alone.
type fault struct {
	Command string // of which command; empty: of each
	Status  int    // what the Security framework says, an OSStatus
	Search  bool   // that is said of the search, before any item was looked for
	Code    *int   // the exit code in any case
	Before  string // to stderr, before anything else is done
	Stdout  string // instead of a value
	Hang    bool   // and SIGTERM ends it
	Deaf    bool   // and SIGTERM does not
	Flood   bool   // endless text to stdout
}

type security struct {
	dir    string
	fault  fault
	stdout io.Writer
	stderr io.Writer
}

func main() {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	s := &security{dir: filepath.Dir(self), stdout: os.Stdout, stderr: os.Stderr}
	s.record()
	if data, err := os.ReadFile(filepath.Join(s.dir, "fault")); err == nil {
		if err := json.Unmarshal(data, &s.fault); err != nil {
			panic(err)
		}
	}
	var status int
	if len(os.Args) == 2 && os.Args[1] == "-i" {
		status = s.interactive(bufio.NewReader(os.Stdin))
	} else {
		status = s.execute(os.Args[1:])
	}
	if s.fault.Code != nil {
		status = *s.fault.Code
	}
	os.Exit(status & 0xff)
}

// record notes what other users see of this process, and its id.
func (s *security) record() {
	seen, err := json.Marshal(struct {
		PID       int
		Args, Env []string
	}{os.Getpid(), os.Args[1:], os.Environ()})
	if err != nil {
		panic(err)
	}
	f, err := os.OpenFile(filepath.Join(s.dir, "calls"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	fmt.Fprintf(f, "%s\n", seen)
}

// interactive is main's loop over the lines of stdin.
func (s *security) interactive(in *bufio.Reader) (result int) {
	for {
		line, ok := readLine(in)
		if !ok {
			return result
		}
		if len(line) == maxLineLen-1 {
			_ = os.WriteFile(filepath.Join(s.dir, "overlong"), nil, 0o600)
		}
		words := splitLine(line)
		if result = s.execute(words); result != 0 {
			fmt.Fprintf(s.stderr, "%s: returned %d\n", words[0], result)
		}
	}
}

// maxLineLen is MAX_LINE_LEN.
const maxLineLen = 4096

// readLine is readline into a buffer of that size: a line ends where it is full, and one without an end is none.
func readLine(in *bufio.Reader) (string, bool) {
	var line strings.Builder
	for line.Len() < maxLineLen-1 {
		c, err := in.ReadByte()
		if err != nil {
			return "", false
		}
		if c == '\n' {
			break
		}
		line.WriteByte(c)
	}
	return line.String(), true
}

// splitLine is split_line.
func splitLine(line string) (words []string) {
	var (
		word    []byte
		within  bool
		quote   byte // that the word began with
		escaped bool
	)
	end := func() { words, word, within, quote = append(words, string(word)), nil, false, 0 }
	for i := range len(line) {
		c := line[i]
		switch space := strings.IndexByte(" \t\n\v\f\r", c) >= 0; {
		case escaped:
			word, escaped = append(word, c), false
		case !within && space:
		case !within && (c == '"' || c == '\''):
			within, quote = true, c
		case c == '\\':
			within, escaped = true, true
		case within && (quote == 0 && space || quote != 0 && c == quote):
			end()
		default:
			word, within = append(word, c), true
		}
	}
	if within {
		end()
	}
	return words
}

// execute is execute_command.
func (s *security) execute(words []string) (result int) {
	if len(words) == 0 {
		return 0
	}
	commands := []struct {
		name, options string
		run           func(map[byte]string) int
	}{
		{"find-generic-password", "a:s:wg", s.find},
		{"delete-generic-password", "a:s:", s.remove},
		{"add-generic-password", "a:s:w:UAT:", s.add},
	}
	for _, c := range commands {
		if !strings.HasPrefix(c.name, words[0]) {
			continue
		}
		options, ok := getopt(words[1:], c.options)
		if !ok {
			fmt.Fprintf(s.stderr, "Usage: %s\n", c.name)
			return 2
		}
		if s.fault.Command != "" && s.fault.Command != c.name {
			s.fault = fault{}
		}
		s.misbehave()
		return c.run(options)
	}
	s.error("unknown command %q", words[0])
	return 1
}

// getopt knows the letters of known, of which those before a colon take a value.
func getopt(words []string, known string) (map[byte]string, bool) {
	options := map[byte]string{}
	for ; len(words) > 0; words = words[1:] {
		letters, ok := strings.CutPrefix(words[0], "-")
		if !ok || letters == "" {
			return nil, false
		}
		for letters != "" {
			letter := letters[0]
			letters = letters[1:]
			at := strings.IndexByte(known, letter)
			switch {
			case at < 0 || letter == ':':
				return nil, false
			case !strings.HasPrefix(known[at+1:], ":"):
				options[letter] = ""
			case letters != "":
				options[letter], letters = letters, ""
			case len(words) == 1:
				return nil, false
			default:
				words = words[1:]
				options[letter] = words[0]
			}
		}
	}
	return options, true
}

func (s *security) misbehave() {
	fmt.Fprint(s.stderr, s.fault.Before)
	if s.fault.Deaf {
		signal.Ignore(syscall.SIGTERM)
	}
	if s.fault.Hang || s.fault.Deaf {
		_ = os.WriteFile(filepath.Join(s.dir, "hangs"), nil, 0o600)
		time.Sleep(time.Hour)
	}
	for s.fault.Flood {
		fmt.Fprintln(s.stdout, strings.Repeat("x", 1<<16))
	}
}

func (s *security) error(format string, args ...any) {
	fmt.Fprintf(s.stderr, "security: "+format+"\n", args...)
}

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
