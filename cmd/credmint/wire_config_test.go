//go:build linux

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestConfigOthersCanChange has the shared files as others could write to them, or replace them: nothing is minted on their
// word, and what to type is said. What is kept from before is served.
func TestConfigOthersCanChange(t *testing.T) {
	t.Parallel()
	chmod := func(name string, mode os.FileMode) func(w *wired) {
		return func(w *wired) { must(w.t, os.Chmod(filepath.Join(w.home, name), mode)) }
	}
	chown := func(name string, uid, gid int) func(w *wired) {
		return func(w *wired) { must(w.t, os.Chown(filepath.Join(w.home, name), uid, gid)) }
	}
	both := func(first, second func(*wired)) func(*wired) {
		return func(w *wired) { first(w); second(w) }
	}
	// elsewhere moves the config into a directory, and leaves a link.
	elsewhere := func(mode os.FileMode) func(w *wired) {
		return func(w *wired) {
			dir, config := filepath.Join(w.home, "dotfiles"), filepath.Join(w.home, ".aws", "config")
			must(w.t, os.Mkdir(dir, 0o700))
			must(w.t, os.Rename(config, filepath.Join(dir, "config")))
			must(w.t, os.Symlink(filepath.Join(dir, "config"), config))
			must(w.t, os.Chmod(dir, mode))
		}
	}
	cells := map[string]struct {
		change func(w *wired)
		says   string // empty: it is trusted
		hint   string
		root   bool // who may give files away
	}{
		"as it is made":              {change: func(*wired) {}},
		"read by all":                {change: chmod(".aws/config", 0o644)},
		"written by all":             {chmod(".aws/config", 0o666), `\.aws/config is not to be trusted: others can write to it`, "chmod 644 ~/.aws/config", false},
		"credentials written by all": {chmod(".aws/credentials", 0o602), `\.aws/credentials is not to be trusted: others can write to it`, "chmod 600 ~/.aws/credentials", false},
		"a directory of all":         {chmod(".aws", 0o777), `/config is not to be trusted: .*/\.aws: others can write to it|/credentials is not`, "chmod 755 ~/.aws", false},
		"a home of all":              {chmod("", 0o757), `is not to be trusted: .*: others can write to it`, "chmod 755 ", false},
		"a home with the sticky bit": {change: chmod("", 0o777|os.ModeSticky)},
		"a link":                     {change: elsewhere(0o700)},
		"a link into what is all's":  {elsewhere(0o777), `\.aws/config is not to be trusted: .*/dotfiles: others can write to it`, "chmod 755 ~/dotfiles", false},
		"somebody else's":            {chown(".aws/config", 12345, 0), `\.aws/config is not to be trusted: it belongs to another user`, `sudo chown \$USER ~/\.aws/config`, true},
		"written by a group":         {both(chown(".aws/config", 0, 12345), chmod(".aws/config", 0o660)), `\.aws/config is not to be trusted: others can write to it`, "chmod 640 ~/.aws/config", true},
		"written by one's own group": {change: both(chown(".aws/config", 0, 0), chmod(".aws/config", 0o664)), root: true},
	}
	names := sortedNames(cells)
	if os.Getuid() != 0 {
		t.Log("only root can give files away: those cells are left out")
		names = slices.DeleteFunc(names, func(name string) bool { return cells[name].root })
	}
	together(t, names, func(w *wired, name string) func() []finished {
		w.at(w.aws.Start())
		return func() []finished {
			kept := w.run("aws", "me")
			w.aws.Reset()
			cells[name].change(w)
			runs := []finished{w.run("aws", "other"), kept, w.run("aws", "me")}
			if cells[name].says != "" && !cells[name].root {
				runs = append(runs, w.run("doctor", "--fix"), w.run("aws", "other"))
			}
			return runs
		}
	}, func(t *testing.T, s *told) {
		want := cells[s.name]
		if s.runs[2].stdout != s.runs[1].stdout || s.runs[2].code != 0 {
			t.Errorf("what is kept is not served: %s", s.runs[2].stderr)
		}
		if want.says == "" {
			s.wants(t, s.runs[0], 0)
			return
		}
		s.wants(t, s.runs[0], 1, `^credmint: error: profile "other": .*`+want.says, want.hint)
		if len(s.runs) < 4 {
			return
		}
		if fixed := s.runs[3]; !strings.Contains(fixed.stdout+fixed.stderr, "chmod") {
			t.Errorf("doctor does not mend it: %s%s", fixed.stdout, fixed.stderr)
		}
		s.wants(t, s.runs[4], 0)
	})
}

// must is for other goroutines than the test's, too.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}
