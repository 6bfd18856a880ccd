package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// withoutRights is whom the tests run credmint as where they run as root, who may read everything.
const withoutRights = 65534

// unprivileged has everything from here on run as a user without rights, where cores of any size are allowed and asked for.
func (w *wired) unprivileged() {
	w.t.Helper()
	program := filepath.Join(w.home, "credmint")
	data, err := os.ReadFile(w.self)
	if err == nil {
		err = writeProgram(program, data)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	as := ""
	if os.Geteuid() == 0 {
		needProgram(w.t, "setpriv", "util-linux")
		as = fmt.Sprintf("setpriv --reuid %d --regid %d --clear-groups ", withoutRights, withoutRights)
		if err := os.Chmod(filepath.Dir(w.home), 0o755); err != nil {
			w.t.Fatal(err)
		}
	}
	w.self = filepath.Join(w.home, "as-user")
	script := "#!/bin/sh\nulimit -c unlimited 2>/dev/null\n" + `case $1 in /*) ;; *) set -- '` + program + `' "$@";; esac` + "\nexec " + as + `"$@"` + "\n"
	if err := writeProgram(w.self, []byte(script)); err != nil {
		w.t.Fatal(err)
	}
	w.env = append(w.env, "GOTRACEBACK=crash")
	if as == "" {
		return
	}
	err = filepath.WalkDir(w.home, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, withoutRights, withoutRights)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// reads are the files of a process in which a program of the same user finds what it knows, and how each opens for one.
func (w *wired) reads(process int) map[string]string {
	got := map[string]string{}
	for _, name := range []string{"mem", "environ", "maps"} {
		path := fmt.Sprintf("/proc/%d/%s", process, name)
		got[name] = strings.TrimSpace(w.run(w.self, "/bin/sh", "-c", `: <"$1" && echo opened`, "sh", path).stdout)
	}
	return got
}

// aborted ends a process as the runtime of Go does with GOTRACEBACK=crash, and reports whether there was a core.
func aborted(t *testing.T, cmd *exec.Cmd) (core bool) {
	t.Helper()
	if err := cmd.Process.Signal(syscall.SIGABRT); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !status.Signaled() || status.Signal() != syscall.SIGABRT {
		t.Fatalf("it ended with %s", cmd.ProcessState)
	}
	return status.CoreDump()
}

// A program of the same user's cannot read what credmint remembers, and credmint leaves no core; what credmint runs for people
// can be looked at as ever. A program that is none of credmint's shows that the test would see the difference.
func TestMemoryIsShut(t *testing.T) {
	t.Parallel()
	w := newWired(t)
	w.at(w.aws.Start())
	w.unprivileged()
	open := exec.Command(w.self, "/bin/sh", "-c", "echo ready; exec sleep 600")
	open.Dir = w.home
	ready, err := open.StdoutPipe()
	if err == nil {
		err = open.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = open.Process.Kill(); _ = open.Wait() })
	if _, err := ready.Read(make([]byte, 16)); err != nil {
		t.Fatal(err)
	}
	e := w.serve("reader")
	for name, how := range w.reads(open.Process.Pid) {
		if how != "opened" {
			t.Fatalf("another program's %s does not open either", name)
		}
	}
	for name, how := range w.reads(e.cmd.Process.Pid) {
		if how != "" {
			t.Errorf("credmint's %s: %q", name, how)
		}
	}
	if status, body := e.get(); status != 200 {
		t.Errorf("the endpoint answers %d %s", status, body)
	}
	if aborted(t, e.cmd) {
		t.Error("credmint left a core")
	}
	if cores, _ := filepath.Glob(filepath.Join(w.home, "core*")); len(cores) > 0 {
		t.Errorf("credmint left %s", cores)
	}
	if !aborted(t, open) {
		t.Log("no program leaves a core here, and so this shows nothing of cores")
	}
	child := w.run("exec", "reader", "--", "/bin/sh", "-c", `ulimit -c; tr '\0' '\n' </proc/$$/environ | grep ^CREDMINT_PROFILE=`)
	if child.code != 0 || child.stdout != "unlimited\nCREDMINT_PROFILE=reader\n" {
		t.Errorf("what credmint runs says %q and %s", child.stdout, child.stderr)
	}
}
