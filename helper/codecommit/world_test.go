package codecommit_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"credmint/helper/codecommit"
	"credmint/helper/codecommit/codecommittest"
)

// world is a person's machine: a home with git's settings, our helper and what it keeps, and the servers out there.
type world struct {
	*testing.T
	server *codecommittest.Server
	home   string
	store  files
	env    []string
	ahead  atomic.Int64 // by how much the clocks of the server and of our helper are ahead of ours, in nanoseconds
}

const otherHost = "git.example.com"

// newWorld configures our helper for every host, and the sections for CodeCommit, in a home that had another helper.
func newWorld(t *testing.T) *world {
	t.Helper()
	s := session()
	w := &world{T: t, home: t.TempDir(), store: files{dir: t.TempDir()}}
	w.server = codecommittest.Must(t, codecommittest.Config{
		Dir:    t.TempDir(),
		Denied: map[string]bool{"denied": true},
		Life:   5 * time.Minute,
		Now:    func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) },
		Keys: func(id string) (secret, token string, ok bool) {
			return s.SecretAccessKey, s.SessionToken, id == s.AccessKeyID
		},
		Users: map[string]map[string]string{
			otherHost:           {"alice": "hunter2", "bob": "swordfish"},
			otherHost + ":8443": {"alice": "port"},
			"[::1]":             {"alice": "v6"},
			"[::1]:8443":        {"alice": "v6port"},
			codecommittest.Host: {"me-at-123456789012": "static+/="},
		},
	})
	for _, name := range []string{"one", "two", "three", "denied"} {
		w.server.MustCreate(t, name)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w.git("config", "--global", "credential.helper", "store")
	w.git("config", "--global", "--add", "credential.helper", codecommit.HelperCommand(self, "git"))
	configure(t, w.home, codecommit.HelperCommand(self, "git"))
	return w
}

// onlyOurs takes the other helper away, which git asks first and which has all that is stored, too.
func (w *world) onlyOurs() {
	w.Helper()
	w.git("config", "--global", "--unset", "credential.helper", "^store$")
}

// command is git, with two extra variables that make our helper of this binary.
func (w *world) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(w.Context(), "git", codecommittest.WithUser(args)...)
	cmd.Dir = w.home
	clock := fmt.Sprintf("%s=%s", behindVar, -time.Duration(w.ahead.Load()))
	cmd.Env = slices.Concat(w.server.Env(w.home), []string{storeVar + "=" + w.store.dir, clock}, w.env)
	return cmd
}

func (w *world) try(args ...string) (string, error) {
	w.Helper()
	out, err := w.command(args...).CombinedOutput()
	return string(out), err
}

func (w *world) git(args ...string) string {
	w.Helper()
	out, err := w.try(args...)
	if err != nil {
		w.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return out
}

// feed gives git's own credential command an input, and returns what it says. Its failure is an answer, too.
func (w *world) feed(action, input string, options ...string) string {
	w.Helper()
	cmd := w.command(append(options, "credential", action)...)
	cmd.Stdin = strings.NewReader(input + "\n")
	out, _ := cmd.CombinedOutput()
	return string(out)
}

// approve stores a login the way git does.
func (w *world) approve(host, user, password string) {
	w.Helper()
	if out := w.feed("approve", "protocol=https\nhost="+host+"\nusername="+user+"\npassword="+password+"\n"); out != "" {
		w.Fatalf("git credential approve: %s", out)
	}
}

// mustFail runs git, which is to fail and to say so.
func (w *world) mustFail(says string, args ...string) {
	w.Helper()
	if out, err := w.try(args...); err == nil || !strings.Contains(out, says) {
		w.Errorf("git %q: %v, and not %q: %s", args, err, says, out)
	}
}

// commit adds a file to a repository, which it makes where there is none.
func (w *world) commit(repository, file, text string) {
	w.Helper()
	if _, err := os.Stat(filepath.Join(w.home, repository)); err != nil {
		w.git("init", "-q", "-b", "main", repository)
	}
	if err := os.WriteFile(filepath.Join(w.home, repository, file), []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
	w.git("-C", repository, "add", "-A")
	w.git("-C", repository, "commit", "-q", "-m", "add "+file)
}

// cutsOff reports whether this git dies over a carriage return in the middle of what it tells a helper.
func (w *world) cutsOff() bool {
	return strings.Contains(w.feed("fill", "protocol=https\nhost=none.example\nusername=a\rb\n"), "fatal: credential value")
}

// kept is everything that any helper has stored.
func (w *world) kept() map[string]string {
	w.Helper()
	items := map[string]string{}
	for _, file := range slices.Concat(glob(w.store.dir+"/[0-9a-f]*"), glob(w.home+"/.git-credentials")) {
		data, err := os.ReadFile(file)
		if err != nil {
			w.Fatal(err)
		}
		items[filepath.Base(file)] = string(data)
	}
	return items
}

func glob(pattern string) []string {
	files, _ := filepath.Glob(pattern)
	return files
}

// statuses counts the answers of the server since the last Forget.
func (w *world) statuses() map[int]int {
	n := map[int]int{}
	for _, r := range w.server.Requests() {
		n[r.Status]++
	}
	return n
}

// offered are the hosts that were offered a login.
func (w *world) offered() []string {
	var hosts []string
	for _, r := range w.server.Requests() {
		if r.Offered {
			hosts = append(hosts, r.Scheme+"://"+r.Host)
		}
	}
	return slices.Compact(hosts)
}
