package program

import (
	"os/exec"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/windows"
)

// confine has Windows end what a program started, and it. Windows has no process groups; taskkill looks up whose child is
// whose.
func confine(cmd *exec.Cmd) {
	cmd.Cancel = func() error {
		if system, err := windows.GetSystemDirectory(); err == nil {
			_ = exec.Command(filepath.Join(system, "taskkill.exe"), "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid)).Run()
		}
		return cmd.Process.Kill()
	}
}

// sweep has nothing to do: taskkill waited for no answer.
func sweep(*exec.Cmd) {}
