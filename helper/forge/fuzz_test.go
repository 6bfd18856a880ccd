package forge_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"credmint/helper/forge"
)

// FuzzConfig reads what the format of `git config --null` makes of settings.
func FuzzConfig(f *testing.F) {
	f.Add("oauthclientid", "a\nb=c", "oauthscopes", "")
	f.Add("x", "\n", "y", "credential.z\n1")
	f.Fuzz(func(t *testing.T, name1, value1, name2, value2 string) {
		if strings.ContainsAny(name1+name2, "\n\x00") || strings.Contains(value1+value2, "\x00") || name1 == name2 {
			t.Skip()
		}
		got := forge.ParseConfig("credential", []byte("credential."+name1+"\n"+value1+"\x00other.x\ny\x00credential."+name2+"\n"+value2+"\x00"))
		if len(got) != 2 || got[name1] != value1 || got[name2] != value2 {
			t.Errorf("%q", got)
		}
	})
}

// Without git there is nothing that could be set up.
func TestWithoutGit(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if found, err := (forge.Git{}).Match(t.Context(), "credential", "https://git.corp"); len(found) != 0 || err != nil {
		t.Errorf("Match = %v, %v", found, err)
	}
}

// A config that git cannot read, and a git that takes too long, are errors and no absence.
func TestConfigFails(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("git is missing: install git")
		}
		t.Skip("git is missing: install git")
	}
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte("[credential\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GIT_CONFIG_GLOBAL", file)
	if found, err := (forge.Git{}).Match(t.Context(), "credential", "https://git.corp"); err == nil {
		t.Errorf("Match = %v", found)
	}
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if _, err := (forge.Git{}).Match(ctx, "credential", "https://git.corp"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Match = %v", err)
	}
}
