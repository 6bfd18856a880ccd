package forge_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"credmint/helper/forge"
)

// A bundle that is none costs neither time nor memory: a repository's config may name it.
func TestOddCABundles(t *testing.T) {
	dir := t.TempDir()
	pipe, huge := filepath.Join(dir, "pipe"), filepath.Join(dir, "huge")
	if err := errors.Join(unix.Mkfifo(pipe, 0o600), os.WriteFile(huge, nil, 0o600), os.Truncate(huge, 10<<30)); err != nil {
		t.Fatal(err)
	}
	for path, why := range map[string]string{pipe: "not a regular file", "/dev/zero": "not a regular file", huge: "too large"} {
		network := forge.Network{Getenv: func(name string) string { return map[string]string{"GIT_SSL_CAINFO": path}[name] }}
		if _, err := network.Client(t.Context(), settings{}, "https://forge.example.com"); err == nil || !strings.Contains(err.Error(), "refuse "+path) || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
