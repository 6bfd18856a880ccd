package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// shells are those that may be here, and the format that each reads. What is called bash may be WSL's.
var shells = map[string]string{"pwsh": "powershell", "powershell": "powershell"}

// A batch file has cmd.exe set the very values, whatever they mean elsewhere in a line, and removes the others.
func TestLinesInCmd(t *testing.T) {
	var vars []variable
	values := make(map[string]string)
	for _, v := range hostile() {
		if _, err := setCmd(v.name, v.value); err == nil {
			vars, values[v.name] = append(vars, v), v.value
		}
	}
	if len(vars) < 8 {
		t.Fatalf("%d values can be tried", len(vars))
	}
	text, err := lines("cmd", vars, []string{"OTHER"})
	if err != nil {
		t.Fatal(err)
	}
	for _, first := range []string{"", "setlocal EnableDelayedExpansion\r\n"} {
		file := filepath.Join(t.TempDir(), "session.bat")
		if err := os.WriteFile(file, []byte("@echo off\r\n"+first+text+"set\r\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("cmd.exe", "/c", file)
		cmd.Dir = t.TempDir() // for what a line that is wrong may write
		cmd.Env = append(cmd.Environ(), "OTHER=x", "V1=x")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		shown := "\r\n" + string(out)
		for name, value := range values {
			line := fmt.Sprintf("\r\n%s=%s\r\n", name, value)
			if has := strings.Contains(shown, line); has != (value != "") { // cmd.exe has no empty variables
				t.Errorf("%s%q is set: %v", first, line, has)
			}
		}
		for _, gone := range []string{"\r\nOTHER=", "\r\nV1="} {
			if strings.Contains(shown, gone) {
				t.Errorf("%s%q is there still", first, gone)
			}
		}
	}
}
