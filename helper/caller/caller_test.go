//go:build unix

package caller_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"

	"credmint/helper/caller"
)

func TestMain(m *testing.M) {
	if os.Getenv("CALLER_TEST_CHILD") != "" {
		for p := range caller.Ancestors() {
			fmt.Println(p.Name, p.Leader)
		}
		return
	}
	os.Exit(m.Run())
}

// A program is known by the name that it was started under, and a name with brackets and spaces is no trap.
func TestAncestors(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("how a script is named is Linux's")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(t.TempDir(), "a) S 1 (b")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n\""+self+"\"\n:\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(script)
	cmd.Env = append(os.Environ(), "CALLER_TEST_CHILD=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(out), "a) S 1 (b false\ncaller.test ") {
		t.Errorf("the ancestors are %q", out)
	}
}

// A shell that leads the session of a terminal is a person's; one that leads a session without a terminal is some program's.
func TestLeader(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("pty's way to give a program a terminal is not every system's")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, terminal := range []bool{true, false} {
		cmd := exec.Command("sh", "-c", `"$0"; :`, self)
		cmd.Env = append(os.Environ(), "CALLER_TEST_CHILD=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		var out bytes.Buffer
		cmd.Stdout = &out
		if terminal {
			screen, tty, err := pty.Open()
			if err != nil {
				t.Fatal(err)
			}
			defer screen.Close()
			defer tty.Close()
			cmd.Stdin, cmd.SysProcAttr.Setctty = tty, true
		}
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("sh %t\n", terminal); !strings.HasPrefix(out.String(), want) {
			t.Errorf("the ancestors are %q, want %q first", out.String(), want)
		}
	}
}

func TestProgram(t *testing.T) {
	program := func(name string) caller.Process { return caller.Process{Name: name} }
	leader := func(name string) caller.Process { return caller.Process{Name: name, Leader: true} }
	for _, tt := range []struct {
		ancestors       []caller.Process
		program, parent string
	}{
		{nil, "", ""},
		{[]caller.Process{program("terraform"), leader("bash"), program("tmux: server")}, "terraform", "bash"},
		{[]caller.Process{program("sh"), program("terraform-provi"), program("terraform"), leader("zsh")}, "terraform-provi", "terraform"},
		{[]caller.Process{leader("-bash"), program("sshd")}, "bash", ""},
		{[]caller.Process{program("bash"), leader("make"), program("sshd")}, "make", "sshd"},
		{[]caller.Process{program("sh"), program("cron")}, "cron", ""},
		{[]caller.Process{program("cmd.exe"), program("PowerShell.exe"), program("Code.exe")}, "Code.exe", ""},
		{[]caller.Process{program("shark")}, "shark", ""},
	} {
		if program, parent := caller.Program(slices.Values(tt.ancestors)); program != tt.program || parent != tt.parent {
			t.Errorf("Program(%v) = %q, %q", tt.ancestors, program, parent)
		}
	}
}

// Whoever is known is not looked for any further: each ancestor takes some system calls, and on Windows a picture of all
// processes.
func TestProgramIsFoundOnce(t *testing.T) {
	caller.Program(func(yield func(caller.Process) bool) {
		if yield(caller.Process{Name: "terraform"}) && yield(caller.Process{Name: "make"}) {
			t.Error("whoever started make is looked for as well")
		}
	})
}
