package codecommit_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

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
}

const otherHost = "git.example.com"

// newWorld configures our helper for every host, and the sections for CodeCommit, in a home that had another helper.
func newWorld(t *testing.T) *world {
	t.Helper()
	s := session()
	server := codecommittest.Must(t, codecommittest.Config{
		Dir: t.TempDir(),
		Keys: func(id string) (secret, token string, ok bool) {
			return s.SecretAccessKey, s.SessionToken, id == s.AccessKeyID
		},
		Users: map[string]map[string]string{
			otherHost:           {"alice": "hunter2", "bob": "swordfish"},
			codecommittest.Host: {"me-at-123456789012": "static+/="},
		},
	})
	server.MustCreate(t, "one")
	server.MustCreate(t, "two")
	w := &world{T: t, server: server, home: t.TempDir(), store: files{dir: t.TempDir()}}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w.git("config", "--global", "credential.helper", "store")
	w.git("config", "--global", "--add", "credential.helper", codecommit.HelperCommand(self, "git"))
	configure(t, w.home, codecommit.HelperCommand(self, "git"))
	return w
}

// try runs git, which it gives two extra variables to make our helper of this binary.
func (w *world) try(args ...string) (string, error) {
	w.Helper()
	cmd := exec.CommandContext(w.Context(), "git", args...)
	cmd.Dir = w.home
	cmd.Env = slices.Concat(w.server.Env(w.home), []string{storeVar + "=" + w.store.dir}, w.env)
	out, err := cmd.CombinedOutput()
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

// approve stores a login the way git does.
func (w *world) approve(host, user, password string) {
	w.Helper()
	cmd := exec.CommandContext(w.Context(), "git", "credential", "approve")
	cmd.Stdin = strings.NewReader("protocol=https\nhost=" + host + "\nusername=" + user + "\npassword=" + password + "\n\n")
	cmd.Env = append(w.server.Env(w.home), storeVar+"="+w.store.dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		w.Fatalf("git credential approve: %v\n%s", err, out)
	}
}

// kept is everything that any helper has stored.
func (w *world) kept() map[string]string {
	w.Helper()
	items := map[string]string{}
	for _, file := range slices.Concat(glob(w.store.dir+"/*"), glob(w.home+"/.git-credentials")) {
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
