//go:build linux

package prompt_test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// missing skips, or fails where nothing may be missing.
func missing(t *testing.T, program, debian string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: install Debian's %s", program, debian)
	}
	t.Skipf("%s is missing: install Debian's %s", program, debian)
}

// real is a directory for PATH in which a program of the system's has another name.
func real(t *testing.T, program, name, debian string) string {
	t.Helper()
	path := filepath.Join("/usr/bin", program)
	if _, err := os.Stat(path); err != nil {
		missing(t, program, debian)
	}
	dir := t.TempDir()
	if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// stub is a directory for PATH with a shell script in it. No other test may start a process meanwhile: it would have the script
// open for writing until it is another program, and Linux runs no script that somebody writes to.
func stub(t *testing.T, name, text string) string {
	t.Helper()
	dir := t.TempDir()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

func path(dir string) string { return "PATH=" + dir + ":/usr/bin:/bin" }

// limitFor is a short limit for a question that is to be too slow.
func limitFor(want string) string {
	if strings.HasSuffix(want, "too slow") {
		return "PROMPT_TEST_LIMIT=2s"
	}
	return "PROMPT_TEST_LIMIT="
}

// The real ones, on a terminal.
func TestPinentry(t *testing.T) {
	for _, kind := range []string{"tty", "curses"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			dir := real(t, "pinentry-"+kind, "pinentry", "pinentry-"+kind)
			t.Run("answer", func(t *testing.T) {
				a := ask(t, "CREDMINT_PROMPT=pinentry", path(dir))
				a.see(t, `Code \u001b[31m`)
				_, _ = io.WriteString(a.screen, "123456\r")
				a.says(t, `answer "123456" <nil>`)
			})
			t.Run("no answer", func(t *testing.T) {
				a := ask(t, "CREDMINT_PROMPT=pinentry", path(dir))
				a.see(t, "Code")
				_, _ = io.WriteString(a.screen, "\r")
				a.says(t, "declined")
			})
			t.Run("deadline", func(t *testing.T) {
				a := ask(t, "CREDMINT_PROMPT=pinentry", path(dir))
				a.see(t, "Code")
				if err := a.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
					t.Fatal(err)
				}
				a.says(t, `answer "" too slow`)
			})
			t.Run("nobody", func(t *testing.T) {
				got := alone(t, "CREDMINT_PROMPT=pinentry", path(dir))
				if want := "nobody: pinentry: this one asks on a terminal, and there is none"; got != want {
					t.Errorf("it said %q, want %q", got, want)
				}
			})
		})
	}
}

// A pinentry with answers of its own.
func TestOddPinentry(t *testing.T) {
	const server = `echo OK hello
while read -r word rest; do
	case $word in
	GETINFO) echo D gnome3; echo OK ;;
	OPTION) echo 'ERR 83886254 Unknown option' ;;
	GETPIN) %s ;;
	*) echo OK ;;
	esac
done
`
	tests := map[string]struct{ getpin, want string }{
		"an answer":          {`echo 'D 12%25 '; echo OK`, `answer "12%" <nil>`},
		"none":               {`echo OK`, "declined"},
		"only spaces":        {`echo 'D   '; echo OK`, "declined"},
		"cancelled":          {`echo 'ERR 83886179 Operation cancelled <Pinentry>'`, "declined"},
		"no display":         {`echo 'ERR 83918950 Inappropriate ioctl for device <Pinentry>'`, "nobody: pinentry: Inappropriate ioctl for device <Pinentry>"},
		"it hangs":           {`sleep 20`, `answer "" too slow`},
		"it hangs on":        {`trap "" TERM; sleep 20`, `answer "" too slow`},
		"it dies":            {`exit 2`, "nobody: pinentry: EOF"},
		"it talks nonsense":  {`echo "Enter PIN: "`, "nobody: pinentry: the reply is none of the Assuan protocol's"},
		"it never ends":      {`while echo "# talk"; do :; done`, "nobody: pinentry: the reply has no end"},
		"a newline answered": {`echo 'D 12%0A34'; echo OK`, `answer "12\n34" <nil>`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := stub(t, "pinentry", strings.Replace(server, "%s", tt.getpin, 1))
			if got := alone(t, "CREDMINT_PROMPT=pinentry", path(dir), limitFor(tt.want)); got != tt.want {
				t.Errorf("it said %q, want %q", got, tt.want)
			}
		})
	}
}

// What the programs are told: the text is never an option, nor a part of a script.
func TestDialogs(t *testing.T) {
	const record = `for arg; do printf 'arg %s\n' "$arg"; done; cat; env | grep -c canary; exit 3`
	tests := map[string]struct{ name, echo, want string }{
		"zenity":          {"zenity", "", `zenity: exit status 3`},
		"zenity, shown":   {"zenity", "1", `zenity: exit status 3`},
		"kdialog":         {"kdialog", "", `kdialog: exit status 3`},
		"kdialog, shown":  {"kdialog", "1", `kdialog: exit status 3`},
		"osascript":       {"osascript", "", `osascript: exit status 3`},
		"osascript, show": {"osascript", "1", `osascript: exit status 3`},
	}
	args := map[string]string{
		"zenity":          "arg --entry\narg --title=credmint\narg --width=480\narg --text=Code \\\\u001b[31m\narg --hide-text\narg --timeout=LEFT\n0\n",
		"zenity, shown":   "arg --entry\narg --title=credmint\narg --width=480\narg --text=Code \\\\u001b[31m\narg --timeout=LEFT\n0\n",
		"kdialog":         "arg --title=credmint\narg --password=<qt>Code \\u001b[31m</qt>\n0\n",
		"kdialog, shown":  "arg --title=credmint\narg --inputbox=<qt>Code \\u001b[31m</qt>\n0\n",
		"osascript":       "arg -\narg Code \\u001b[31m\non run arguments\n\ttext returned of (display dialog (item 1 of arguments) with title \"credmint\" default answer \"\" with hidden answer)\nend run0\n",
		"osascript, show": "arg -\narg Code \\u001b[31m\non run arguments\n\ttext returned of (display dialog (item 1 of arguments) with title \"credmint\" default answer \"\")\nend run0\n",
	}
	left := regexp.MustCompile(`--timeout=(60|[1-5][0-9]?)\n`) // of a minute
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := filepath.Join(t.TempDir(), "log")
			dir := stub(t, tt.name, "exec >"+log+"\n"+record)
			got := alone(t, "CREDMINT_PROMPT="+tt.name, path(dir), "PROMPT_TEST_ECHO="+tt.echo, "AWS_SECRET_ACCESS_KEY=canary", "CREDMINT_PASSPHRASE=canary")
			if want := "nobody: " + tt.want; got != want {
				t.Errorf("it said %q, want %q", got, want)
			}
			told, err := os.ReadFile(log)
			told = left.ReplaceAll(told, []byte("--timeout=LEFT\n"))
			if err != nil || string(told) != args[name] {
				t.Errorf("it was told %q, want %q; %v", told, args[name], err)
			}
		})
	}
}

func TestDialogAnswers(t *testing.T) {
	tests := map[string]struct{ name, script, want string }{
		"zenity answers":         {"zenity", "echo 123456", `answer "123456" <nil>`},
		"zenity, nothing typed":  {"zenity", "echo", "declined"},
		"zenity, Cancel":         {"zenity", "echo 'Gtk-Message: no parent' >&2; exit 1", "declined"},
		"zenity, no display":     {"zenity", "echo 'Gtk-WARNING **: cannot open display: :7' >&2; exit 1", "nobody: zenity: exit status 1: Gtk-WARNING **: cannot open display: :7"},
		"zenity hangs":           {"zenity", "exec sleep 20", `answer "" too slow`},
		"zenity prints for ever": {"zenity", "while echo 0123456789; do :; done", "nobody: zenity: it prints too much: more than 4096 bytes"},
		"kdialog answers":        {"kdialog", "echo 123456", `answer "123456" <nil>`},
		"kdialog, Cancel":        {"kdialog", "exit 1", "declined"},
		"kdialog, no display":    {"kdialog", "kill -ABRT $$", "nobody: kdialog: signal: aborted"},
		"osascript answers":      {"osascript", "echo 123456", `answer "123456" <nil>`},
		"osascript, Cancel":      {"osascript", "echo 'execution error: User canceled. (-128)' >&2; exit 1", "declined"},
		"osascript, no window":   {"osascript", "echo 'execution error: No user interaction allowed. (-1713)' >&2; exit 1", "nobody: osascript: exit status 1: execution error: No user interaction allowed. (-1713)"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := alone(t, "CREDMINT_PROMPT="+tt.name, path(stub(t, tt.name, tt.script)), limitFor(tt.want))
			if got != tt.want {
				t.Errorf("it said %q, want %q", got, tt.want)
			}
		})
	}
}

// With a display that is not there, all ways are tried, and soon.
func TestDeadDisplay(t *testing.T) {
	dir := t.TempDir()
	for _, program := range []string{"zenity", "pinentry-curses"} {
		if _, err := os.Stat("/usr/bin/" + program); err != nil {
			missing(t, program, program)
		}
		name := strings.TrimSuffix(program, "-curses")
		if err := os.Symlink("/usr/bin/"+program, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	got := alone(t, "DISPLAY=:4711", "PATH="+dir)
	for _, want := range []string{"there is no terminal", "pinentry: this one asks", "zenity: exit status 1", "kdialog is not on PATH"} {
		if !strings.Contains(got, want) {
			t.Errorf("it said %q, not %q", got, want)
		}
	}
}

// A signal ends the program that asks, too.
func TestSignalEndsTheDialog(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pid")
	dir := stub(t, "zenity", "echo $$ >"+pids+".new; mv "+pids+".new "+pids+"; exec sleep 120")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(environment(), "CREDMINT_PROMPT=zenity", path(dir))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	var out strings.Builder
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid string
	for deadline := time.Now().Add(30 * time.Second); pid == "" && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		data, _ := os.ReadFile(pids)
		pid = strings.TrimSpace(string(data))
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil || out.String() != "interrupted terminated\n" {
		t.Errorf("it said %q, %v", out.String(), err)
	}
	if _, err := os.Stat("/proc/" + pid); pid == "" || err == nil {
		t.Errorf("the dialog, process %q, is still there", pid)
	}
}
