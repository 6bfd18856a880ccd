//go:build unix

package main

import (
	"bufio"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Every command runs, or is a word of the one that it belongs to.
func TestCommandsRun(t *testing.T) {
	parser, err := newApp().parser()
	if err != nil {
		t.Fatal(err)
	}
	for _, leaf := range parser.Model.Leaves(false) {
		_, runs := target(leaf).(command)
		_, said := target(leaf.Parent).(words)
		if !runs && !said {
			t.Errorf("%s does nothing", leaf.FullPath())
		}
	}
}

// Nothing looks for methods by names that the linker cannot see: it would keep every exported method of every type, which
// costs two megabytes.
func TestNoMethodsByName(t *testing.T) {
	build := exec.Command("go", "build", "-ldflags=-dumpdep", "-o", filepath.Join(t.TempDir(), "credmint"), ".")
	deps, err := build.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := build.Start(); err != nil {
		t.Fatal(err)
	}
	lines := 0
	for each := bufio.NewScanner(deps); each.Scan(); lines++ {
		if strings.Contains(each.Text(), "<ReflectMethod>") {
			t.Error(each.Text())
		}
	}
	if err := build.Wait(); err != nil || lines < 10_000 {
		t.Errorf("the linker named %d dependencies: %v", lines, err)
	}
}
