//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"credmint/helper/atomicfile/faulttest"
)

// wantCredential wants a whole document, and so many lines of warning.
func (s *storage) wantCredential(when string, got ended, warnings int) {
	s.t.Helper()
	s.wantWhole(when, got.code, got.stdout)
	s.wantNoSecret(when, got.stderr)
	if got.code != 0 {
		s.t.Errorf("%s: it ends with %d: %s", when, got.code, got.stderr)
	}
	lines := strings.Count(got.stderr, "\n")
	if lines != warnings || strings.Count(got.stderr, "credmint: warning: ") != warnings {
		s.t.Errorf("%s: stderr holds %q, want %d lines of warning", when, got.stderr, warnings)
	}
}

// TestStorageFails has a system call fail with which a session is kept: the credential is there all the same, and one line
// that warns. That a directory cannot be listed matters to nobody: the session is in its place.
func TestStorageFails(t *testing.T) {
	needTracer(t)
	s := newStorage(t)
	calls := []struct {
		call, calls string
		warnings    int
	}{
		{"chmod", "fchmod", 1},
		{"write", "write", 1},
		{"rename", "?rename,?renameat,?renameat2", 1},
		{"listing the directory", "getdents64", 0},
	}
	for i, errno := range []string{"ENOSPC", "EIO", "EDQUOT", "EROFS", "EACCES"} {
		for j, c := range calls {
			if i != j && !faulttest.Slow() { // each call once, each time with another error
				continue
			}
			t.Run(c.call+" "+errno, func(t *testing.T) {
				t.Parallel()
				var options []string
				// strace counts each thread's calls, and which thread writes what is the scheduler's choice: so as often as it takes.
				for n, times := 1, 50; ; n++ {
					s := s.copied(t)
					if c.warnings == 0 {
						options = []string{"-P", s.sessions()}
					}
					cmd := s.command(s.self, "aws", "me")
					cmd.Env = append(cmd.Env, "GOMAXPROCS=1") // else the session is often the first thing that its thread writes, as the request is
					r := faulttest.Run(t, cmd, c.calls, fmt.Sprint("error=", errno, ":when=", n), options...)
					if len(r.Injected) == 0 && times == 0 {
						t.Fatal("it never failed where the session is kept")
					}
					if len(r.Injected) == 0 {
						n, times = 0, times-1
						continue
					}
					when := strings.Join(r.Injected, "; ")
					s.wantWhole(when, r.Code, r.Stdout)
					if slices.ContainsFunc(r.Injected, func(line string) bool { return !strings.Contains(line, s.sessions()) }) {
						continue // another file's, or a socket's
					}
					s.wantCredential(when, ended{r.Code, r.Stdout, r.Stderr}, c.warnings)
					s.wantUnaided(when)
					return
				}
			})
		}
	}
}

// TestHomes has nowhere to keep a session, or a place that another could have made: the credential is there all the same, and
// nothing is written where it must not be.
func TestHomes(t *testing.T) {
	s := newStorage(t)
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	for name, place := range map[string]struct {
		home  func(s *storage) []string // changes the environment
		spoil func(dir string) error    // of sessions, below which nothing is
		want  string
	}{
		"HOME unset":     {home: func(*storage) []string { return []string{"HOME"} }, want: "neither $XDG_CACHE_HOME nor $HOME are defined"},
		"HOME is a file": {home: func(*storage) []string { return []string{"HOME=/dev/null"} }, want: "not a directory"},
		"HOME is relative": {
			home: func(*storage) []string { return []string{"HOME=."} }, want: "not an absolute path",
		},
		"the cache is a file": {spoil: func(dir string) error { return os.WriteFile(dir, nil, 0o600) }, want: "not a directory"},
		"the cache is a link": {spoil: func(dir string) error {
			if err := os.MkdirAll(elsewhere, 0o700); err != nil {
				return err
			}
			return os.Symlink(elsewhere, dir)
		}, want: "it is a symbolic link"},
		"anybody can write to the cache": {spoil: func(dir string) error {
			if err := os.Mkdir(dir, 0o700); err != nil {
				return err
			}
			return os.Chmod(dir, 0o777)
		}, want: "others can write to it"},
		"the cache is another user's": {spoil: func(dir string) error {
			if err := os.Mkdir(dir, 0o700); err != nil {
				return err
			}
			return os.Chown(dir, 12345, -1)
		}, want: "it belongs to another user"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := s.copied(t)
			here := t.TempDir()
			cmd := s.command(s.self, "aws", "me")
			cmd.Dir = here
			cmd.Env = append(cmd.Env, "AWS_CONFIG_FILE="+filepath.Join(s.home, ".aws", "config"), "XDG_DATA_HOME="+filepath.Join(s.home, ".local", "share"),
				"XDG_STATE_HOME="+filepath.Join(s.home, ".local", "state"))
			if place.home != nil {
				cmd.Env = slices.DeleteFunc(cmd.Env, func(v string) bool { return strings.HasPrefix(v, "HOME=") })
				cmd.Env = append(cmd.Env, place.home(s)...)
			} else if err := os.MkdirAll(filepath.Dir(s.sessions()), 0o700); err != nil {
				t.Fatal(err)
			} else if err := place.spoil(s.sessions()); os.IsPermission(err) {
				t.Skip("only root can make one")
			} else if err != nil {
				t.Fatal(err)
			}
			got := s.end(cmd, "")
			s.wantCredential(name, got, 1)
			if !strings.Contains(got.stderr, place.want) {
				t.Errorf("it says %q, want %q", got.stderr, place.want)
			}
			for _, dir := range []string{here, elsewhere} {
				if files, _ := os.ReadDir(dir); len(files) != 0 {
					t.Errorf("it wrote %v to %s", files, dir)
				}
			}
		})
	}
}

// TestSmallDisks has the home, or the cache, on a disk that takes no more.
func TestSmallDisks(t *testing.T) {
	s := newStorage(t)
	const (
		full     = "(cat /dev/zero >$DISK/filler) 2>/dev/null; "
		noInodes = "i=0; while touch $DISK/filler$i; do i=$((i+1)); done 2>/dev/null; "
		readOnly = "mount -o remount,ro $DISK; "
		mint     = "exec $CREDMINT aws me"
		add      = "printf '%s\\n%s\\n' $KEY $SECRET | $CREDMINT add --replace --stdin me; "
		setup    = "$CREDMINT setup aws --yes; "
		freed    = "echo ended with $? >&2; rm -f $DISK/filler*; mount -o remount,rw $DISK; cat $DISK/.aws/config >&2; " + mint
	)
	refused := func(words string) func(*storage, string, ended) {
		return func(s *storage, name string, got ended) {
			s.wantWhole(name, got.code, got.stdout)
			s.wantNoSecret(name, got.stderr)
			if got.code != 0 || !strings.Contains(got.stderr, words) || !strings.Contains(got.stderr, "ended with 1\n"+textOf(s.t, s.home, ".aws/config")) {
				s.t.Errorf("it ends with %d: %s", got.code, got.stderr)
			}
		}
	}
	warned := func(s *storage, name string, got ended) { s.wantCredential(name, got, 1) }
	unrecorded := func(s *storage, name string, got ended) { s.wantCredential(name, got, 2) } // in the log, either
	for name, disk := range map[string]struct {
		options, script string
		env             string
		want            func(*storage, string, ended)
	}{
		"the home is full":             {"size=64k", full + mint, "HOME", warned},
		"the home takes no more files": {"size=64k,nr_inodes=28", noInodes + mint, "HOME", warned},
		"the home is read-only":        {"size=64k", readOnly + mint, "HOME", unrecorded},
		"the cache is full":            {"size=64k", full + mint, "XDG_CACHE_HOME", warned},
		"the cache is read-only":       {"size=64k", readOnly + mint, "XDG_CACHE_HOME", warned},
		"add, full":                    {"size=64k", full + add + freed, "HOME", refused("no space left on device")},
		"add, read-only":               {"size=64k", readOnly + add + freed, "HOME", refused("read-only file system")},
		"setup, full":                  {"size=64k", full + setup + freed, "HOME", refused("no space left on device")},
		"setup, no more files":         {"size=64k,nr_inodes=28", noInodes + setup + freed, "HOME", refused("no space left on device")},
		"setup, read-only":             {"size=64k", readOnly + setup + freed, "HOME", refused("read-only file system")},
		"files may have no more bytes": {"size=64k", "ulimit -f 1; " + mint, "XDG_CACHE_HOME", warned},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := s.copied(t)
			s.wantMount()
			disk.want(s, name, s.end(s.onDisk(disk.options, disk.env, disk.script), ""))
		})
	}
}

// onDisk is a shell in whose mounts, and in nobody else's, there is a small disk, which the environment variable names. The
// home is copied there.
func (s *storage) onDisk(options, variable, script string) *exec.Cmd {
	disk := s.t.TempDir()
	cmd := s.command("unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
		fmt.Sprintf("mount -t tmpfs -o mode=700,%s none $DISK && cp -a $HOME/. $DISK && export %s=$DISK && %s", options, variable, script))
	cmd.Env = append(cmd.Env, "DISK="+disk, "CREDMINT="+s.self, "KEY="+s.alice.AccessKeyID, "SECRET="+s.alice.Secret, "LC_ALL=C")
	return cmd
}

// wantMount skips a test where users may mount nothing of their own, as in many containers.
func (s *storage) wantMount() {
	s.t.Helper()
	if got := s.end(s.onDisk("size=64k", "DISK", "exit 0"), ""); got.code != 0 {
		if os.Getenv("CI") == "true" {
			s.t.Fatalf("allow users to mount: %s", got.stderr)
		}
		s.t.Skipf("allow users to mount to run this test: %s", got.stderr)
	}
}
