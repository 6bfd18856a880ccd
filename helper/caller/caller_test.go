package caller_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"credmint/helper/caller"
)

func TestMain(m *testing.M) {
	if os.Getenv("CALLER_TEST_CHILD") != "" {
		os.Stdout.WriteString(strings.Join(caller.Ancestors(), "\n"))
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
	names := strings.Split(string(out), "\n")
	if len(names) < 2 || names[0] != "a) S 1 (b" || names[1] != "caller.test" {
		t.Errorf("the ancestors are %q", names)
	}
}

func TestProgram(t *testing.T) {
	for _, tt := range []struct {
		ancestors       []string
		program, parent string
	}{
		{nil, "", ""},
		{[]string{"terraform", "bash", "tmux: server"}, "terraform", "tmux: server"},
		{[]string{"sh", "terraform-provi", "terraform", "zsh"}, "terraform-provi", "terraform"},
		{[]string{"-bash", "sshd"}, "sshd", ""},
		{[]string{"cmd.exe", "PowerShell.exe", "Code.exe"}, "Code.exe", ""},
		{[]string{"shark"}, "shark", ""},
	} {
		if program, parent := caller.Program(tt.ancestors); program != tt.program || parent != tt.parent {
			t.Errorf("Program(%q) = %q, %q", tt.ancestors, program, parent)
		}
	}
}
