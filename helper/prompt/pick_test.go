//go:build linux

package prompt_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"

	"credmint/helper/prompt"
)

// pickOne has a person choose, says what came of it, and ends the process unless it is to ask a question next.
func pickOne(ctx context.Context) {
	var items []prompt.Item
	for i := range 400 {
		items = append(items, prompt.Item{Name: fmt.Sprintf("team-%03d", i), About: fmt.Sprintf("role \x1b[31m%012d", i)})
	}
	if os.Getenv("PROMPT_TEST_PICK") == "panic" {
		defer func() { fmt.Println("panic:", recover() != nil); os.Exit(0) }()
		ctx = panicking{ctx}
	}
	name, err := prompt.Chosen{Getenv: os.Getenv}.Pick(ctx, "Profile", items)
	var interrupted *prompt.Interrupted
	switch {
	case errors.As(err, &interrupted):
		fmt.Printf("interrupted %v\n", interrupted.Signal)
	case errors.Is(err, prompt.ErrNobody):
		fmt.Println("nobody:", err)
	case errors.Is(err, prompt.ErrDeclined):
		fmt.Println("declined")
	default:
		fmt.Printf("picked %q %v\n", name, err)
	}
	if os.Getenv("PROMPT_TEST_PICK") != "ask" {
		os.Exit(0)
	}
}

// panicking is a context that panics when it is looked at while the list is shown.
type panicking struct{ context.Context }

func (panicking) Value(any) any { return nil }
func (p panicking) Done() <-chan struct{} {
	if os.Getenv("PROMPT_TEST_PICK") == "panic" {
		panic("at the worst time")
	}
	return p.Context.Done()
}

const keysHelp = ": type to narrow, arrows to move, Enter to take, Esc to leave\r\nProfile: "

// pick starts a choice among 400 items, of which 7 are seen.
func pick(t *testing.T, env ...string) *asking {
	t.Helper()
	a := ask(t, append([]string{"PROMPT_TEST_PICK=1"}, env...)...)
	return a
}

func (a *asking) types(t *testing.T, keys string) {
	t.Helper()
	if _, err := io.WriteString(a.screen, keys); err != nil {
		t.Fatal(err)
	}
}

func TestPick(t *testing.T) {
	for name, tt := range map[string]struct{ keys, see, last, want string }{
		"the first":              {"", "", "\r", `picked "team-000" <nil>`},
		"arrows":                 {"\x1b[B\x1b[B\x1b[A", "> \x1b[7mteam-001", "\r", `picked "team-001" <nil>`},
		"not beyond the end":     {"\x1b[F\x1b[B", "> \x1b[7mteam-399", "\r", `picked "team-399" <nil>`},
		"narrowed by its name":   {"EAM-17\x1b[B", "  10 of 400", "\r", `picked "team-171" <nil>`},
		"narrowed by two words":  {"0000042 team", "  1 of 400", "\r", `picked "team-042" <nil>`},
		"nothing left, and back": {"team-17x\r", "  0 of 400", "\x7f\r", `picked "team-170" <nil>`},
		"taken back":             {"team zzz\x17xx\x15", "  400 of 400", "\r", `picked "team-000" <nil>`},
		"Esc":                    {"17", "Profile: 17", "\x1b", "declined"},
		"^C":                     {"", "", "\x03", "declined"},
		"other keys are nothing": {"\x1b[1;5C\x1bOP\x01", "", "\r", `picked "team-000" <nil>`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := pick(t)
			a.see(t, "400 of 400"+keysHelp)
			if a.echoes(t) {
				t.Error("the terminal is in its line mode")
			}
			a.types(t, tt.keys)
			if tt.see != "" {
				a.see(t, tt.see)
			}
			a.types(t, tt.last)
			a.says(t, tt.want)
			a.see(t, "A\x1b[J\x1b[?7h") // wiped
		})
	}
}

// No key for the next question is swallowed. That question echoes, since it may begin before the test has looked at the
// terminal.
func TestPickThenAsk(t *testing.T) {
	a := pick(t, "PROMPT_TEST_PICK=ask", "PROMPT_TEST_ECHO=1")
	a.see(t, keysHelp)
	a.types(t, "\r")
	a.says(t, `picked "team-000" <nil>`)
	a.see(t, "Code")
	a.types(t, "123456\n")
	a.says(t, `answer "123456" <nil>`)
}

func TestPickIsInterrupted(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		a := pick(t)
		a.see(t, keysHelp)
		if err := a.cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		a.says(t, "interrupted "+s.String())
	}
	a := pick(t, "PROMPT_TEST_PICK=panic")
	a.says(t, "panic: true")
}

// On a screen that shrinks the list does too, and what came from outside drives no terminal.
func TestPickOnASmallScreen(t *testing.T) {
	a := pick(t)
	a.see(t, `> `+"\x1b[7mteam-000  role "+`\u001b[31m000000000000`)
	if err := pty.Setsize(a.screen, &pty.Winsize{Rows: 4, Cols: 20}); err != nil {
		t.Fatal(err)
	}
	a.see(t, "\r\x1b[13A\x1b[J")
	a.types(t, "\x1b[6~\r") // as far as is seen: two items
	a.says(t, `picked "team-002" <nil>`)
	a.see(t, "\r\x1b[3A\x1b[J")
}

func TestPickNowhere(t *testing.T) {
	for env, want := range map[string]string{
		"TERM=dumb":            "nobody: there is no terminal to show a list on",
		"CREDMINT_PROMPT=none": "nobody: there is no terminal to show a list on",
	} {
		pick(t, env).says(t, want)
	}
	_, err := prompt.Chosen{Getenv: func(name string) string {
		return map[string]string{"CREDMINT_PROMPT": "shout"}[name]
	}}.Pick(t.Context(), "Profile", nil)
	if err == nil || !strings.Contains(err.Error(), "no way to ask") {
		t.Errorf("got %v", err)
	}
}
