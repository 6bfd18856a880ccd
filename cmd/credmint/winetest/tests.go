package winetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Tests runs the tests of a package, those whose names match a pattern, as Windows would. dir is the package's directory, and
// temp one for what is built. The error has what the tests printed.
func (w *Windows) Tests(dir, temp, pattern string) error {
	overlay, err := removable(temp)
	if err != nil {
		return err
	}
	exe := filepath.Join(temp, filepath.Base(dir)+".exe")
	build := exec.Command("go", "test", "-overlay="+overlay, "-c", "-o", exe, ".")
	build.Dir, build.Env = dir, append(os.Environ(), "GOOS=windows", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	out, err := os.Create(exe + ".out")
	if err != nil {
		return err
	}
	defer out.Close()
	run := w.Command(exe, "-test.v", "-test.timeout=2m", "-test.run="+pattern)
	run.Dir, run.Stdout, run.Stderr = dir, out, out
	err = run.Run()
	text, readErr := os.ReadFile(out.Name())
	if err == nil && (readErr != nil || !bytes.Contains(text, []byte("--- PASS: "))) {
		err = fmt.Errorf("no test ran: %v", readErr)
	}
	if err != nil {
		return fmt.Errorf("%s: %w: %s", dir, err, text)
	}
	return nil
}

// removable is an overlay for the go command, with which a test's temporary directory can be removed under Wine 8. That says
// "not implemented" to a way of removing files where Windows before 10 says "invalid class of information", upon which Go takes
// the older way. Of the product nothing is built with it.
func removable(temp string) (overlay string, err error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", err
	}
	source := filepath.Join(strings.TrimSpace(string(root)), "src", "internal", "syscall", "windows", "at_windows.go")
	text, err := os.ReadFile(source)
	if err != nil {
		return "", err
	}
	changed := filepath.Join(temp, "at_windows.go")
	patched := strings.Replace(string(text), "case STATUS_INVALID_INFO_CLASS,", "case STATUS_INVALID_INFO_CLASS, NTStatus(0xC0000002),", 1)
	if err := os.WriteFile(changed, []byte(patched), 0o600); err != nil {
		return "", err
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": {source: changed}})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(temp, "overlay.json")
	return overlay, os.WriteFile(overlay, list, 0o600)
}
