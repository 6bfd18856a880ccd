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
