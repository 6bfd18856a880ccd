//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// binary builds credmint once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "credmint-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "credmint")
	out, err := exec.Command("go", "build", "-o", path, "credmint/cmd/credmint").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	for _, name := range []string{"git-credential-credmint", "git-remote-codecommit", "docker-credential-credmint"} {
		if err := os.Symlink("credmint", filepath.Join(dir, name)); err != nil {
			return "", err
		}
	}
	return path, nil
})
