//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"credmint/helper/atomicfile/faulttest"
	"credmint/helper/mint/awstest"
)

// crowd starts so many `credmint aws me` at once, and returns what they say, counted.
func (s *storage) crowd(size int) map[string]int {
	s.t.Helper()
	var (
		wg      sync.WaitGroup
		mu      sync.Mutex
		answers = map[string]int{}
	)
	for range size {
		wg.Go(func() {
			got := s.run("", "aws", "me")
			mu.Lock()
			defer mu.Unlock()
			answers[fmt.Sprint(got.code, " ", got.stdout, got.stderr)]++
		})
	}
	wg.Wait()
	return answers
}

// wantOne wants them all to have said the same, and that it was a session.
func (s *storage) wantOne(answers map[string]int) {
	s.t.Helper()
	for answer := range answers {
		if len(answers) != 1 || !strings.HasPrefix(answer, `0 {"Version":1,`) || strings.Contains(answer, "credmint: ") {
			s.t.Errorf("%d different answers: %v", len(answers), answers)
			return
		}
	}
}

// wantMinted wants AWS to have been asked for so many sessions since the last time.
func (s *storage) wantMinted(sessions int) {
	s.t.Helper()
	if got := s.aws.Calls("GetSessionToken"); got != sessions {
		s.t.Errorf("%d sessions were made, want %d", got, sessions)
	}
	s.aws.Reset()
}

// TestCrowd has two hundred programs want one session behind MFA at once: AWS is asked once, and a person is, too. A second
// crowd takes what is kept. An ordinary run tries forty.
func TestCrowd(t *testing.T) {
	s := newStorage(t)
	device := s.alice.AddMFA("alice")
	asked := filepath.Join(s.home, "asked")
	program, shows := filepath.Join(s.home, "code"), filepath.Join(s.home, "authenticator") // TestMain knows it by its name
	config := fmt.Sprintf("[profile me]\nregion = eu-west-1\ncredmint_mfa_serial = %s\ncredmint_mfa_process = %s\n", device.Serial, program)
	self, err := os.Executable()
	if err == nil {
		err = errors.Join(os.Symlink(self, shows), os.WriteFile(filepath.Join(s.home, ".aws", "config"), []byte(config), 0o600),
			writeProgram(program, fmt.Appendf(nil, "#!/bin/sh\necho asked >>%s\nexec %s %s\n", asked, shows, device.Seed)))
	}
	if err != nil {
		t.Fatal(err)
	}
	size := 40
	if faulttest.Slow() {
		size = 200
	}
	s.aws.Reset()
	s.aws.SetFault("", awstest.Fault{Delay: 300 * time.Millisecond})
	for _, c := range []struct {
		name   string
		minted int
	}{{"cold", 1}, {"warm", 0}} {
		t.Run(c.name, func(t *testing.T) {
			s.t = t
			s.wantOne(s.crowd(size))
			s.wantMinted(c.minted)
			if text := textOf(t, s.home, "asked"); text != "asked\n" {
				t.Errorf("a person was asked %d times", strings.Count(text, "\n"))
			}
		})
	}
}

// gate is an AWS that keeps its first caller waiting.
type gate struct {
	*storage
	arrived, open chan struct{}
	others        atomic.Bool
}

func newGate(s *storage) *gate {
	g := &gate{storage: s, arrived: make(chan struct{}), open: make(chan struct{})}
	server := httptest.NewServer(g)
	s.t.Cleanup(server.Close)
	s.t.Cleanup(g.let) // first: the server waits for its callers
	s.env = append(slices.Clone(s.env), "AWS_ENDPOINT_URL="+server.URL)
	return g
}

func (g *gate) let() {
	select {
	case <-g.open:
	default:
		close(g.open)
	}
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !g.others.Swap(true) {
		close(g.arrived)
		<-g.open
	}
	g.aws.Handler().ServeHTTP(w, r)
}

// holder is a process that is making the session, and that AWS does not answer yet.
func (g *gate) holder() *exec.Cmd {
	g.t.Helper()
	cmd := g.command(g.self, "aws", "me")
	if err := cmd.Start(); err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { _ = cmd.Process.Kill(); _, _ = cmd.Process.Wait() })
	<-g.arrived
	return cmd
}

// inQueue waits until so many processes wait for the session's lock, as the kernel shows it.
func (g *gate) inQueue(waiters int) {
	g.t.Helper()
	locks, err := filepath.Glob(filepath.Join(g.sessions(), "locks", "*.lock"))
	if err != nil || len(locks) != 1 {
		g.t.Fatalf("locks %v, %v", locks, err)
	}
	info, err := os.Stat(locks[0])
	if err != nil {
		g.t.Fatal(err)
	}
	waits := regexp.MustCompile(fmt.Sprintf(`-> FLOCK .*:%d `, info.Sys().(*syscall.Stat_t).Ino))
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		table, err := os.ReadFile("/proc/locks")
		if err != nil {
			g.t.Fatal(err)
		}
		if len(waits.FindAll(table, -1)) == waiters {
			return
		}
		if time.Now().After(deadline) {
			g.t.Fatalf("the locks are:\n%s", table)
		}
	}
}

// TestHolder is killed, stopped and resumed, or stopped for good while it makes the session that others wait for.
func TestHolder(t *testing.T) {
	s := newStorage(t)
	signal := func(t *testing.T, holder *exec.Cmd, signals ...os.Signal) {
		for _, s := range signals {
			if err := holder.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
		}
	}
	begin := func(t *testing.T) (g *gate, holder *exec.Cmd, answers func() map[string]int) {
		g = newGate(s.copied(t))
		g.aws.Reset()
		holder = g.holder()
		waiters := make(chan map[string]int)
		go func() { waiters <- g.crowd(4) }()
		g.inQueue(4)
		return g, holder, func() map[string]int { return <-waiters }
	}
	t.Run("killed", func(t *testing.T) {
		g, holder, answers := begin(t)
		signal(t, holder, syscall.SIGKILL)
		g.wantOne(answers())
		g.wantMinted(1)
	})
	t.Run("stopped and resumed", func(t *testing.T) { // as when a laptop is closed
		g, holder, answers := begin(t)
		signal(t, holder, syscall.SIGSTOP)
		g.let()
		signal(t, holder, syscall.SIGCONT)
		g.wantOne(answers())
		g.wantMinted(1)
	})
	if !faulttest.Slow() { // it takes the 40 seconds for which a program waits for another one
		return
	}
	t.Run("stopped", func(t *testing.T) {
		_, holder, answers := begin(t)
		signal(t, holder, syscall.SIGSTOP)
		for answer, n := range answers() {
			if !strings.HasPrefix(answer, "0 {") || !strings.Contains(answer, fmt.Sprint("credmint: warning: another process is still at it: process ", holder.Process.Pid)) {
				t.Errorf("%d say %s", n, answer)
			}
		}
	})
}

// TestLocksFail has a file system that cannot lock: each program makes a session of its own, says so, and loses nothing.
func TestLocksFail(t *testing.T) {
	needTracer(t)
	s := newStorage(t)
	for errno, warnings := range map[string]int{"ENOLCK": 1, "EOPNOTSUPP": 1, "EIO": 1, "EINTR:when=1": 0} {
		t.Run(strings.ReplaceAll(errno, ":", " "), func(t *testing.T) {
			t.Parallel()
			s := s.copied(t)
			r := faulttest.Run(t, s.command(s.self, "aws", "me"), "flock", "error="+errno)
			if len(r.Injected) == 0 {
				t.Error("it locks nothing")
			}
			s.wantCredential(errno, ended{r.Code, r.Stdout, r.Stderr}, warnings)
			s.wantUnaided(errno)
		})
	}
}

// TestTwoUsers has another user of the machine come to what is the first one's.
func TestTwoUsers(t *testing.T) {
	if os.Geteuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("run this test as root")
		}
		t.Skip("run this test as root: it becomes two users")
	}
	const other = 12345
	shared, err := os.MkdirTemp("", "credmint-users-") // which both can reach
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(shared) })
	s := newStorage(t)
	first := s.run("", "aws", "me")
	if err := os.CopyFS(shared, os.DirFS(filepath.Dir(s.self))); err != nil {
		t.Fatal(err)
	}
	theirs, mine := filepath.Join(shared, "theirs"), filepath.Join(shared, "mine")
	for home, owner := range map[string]int{theirs: 0, mine: other} {
		if err := os.CopyFS(home, os.DirFS(s.home)); err != nil {
			t.Fatal(err)
		}
		if err := filepath.WalkDir(home, func(path string, e os.DirEntry, _ error) error {
			mode := os.FileMode(0o644) // readable, as a careless first user leaves it
			if owner == other {
				mode = 0o600
			}
			if e.IsDir() {
				mode |= 0o111
			}
			if e.IsDir() && owner == other {
				mode = 0o700
			}
			if err := os.Chmod(path, mode); err != nil {
				return err
			}
			return os.Chown(path, owner, -1)
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(shared, 0o755); err != nil {
		t.Fatal(err)
	}
	run := func(t *testing.T, home string, env ...string) ended {
		s := *s
		s.t = t
		cmd := s.command(filepath.Join(shared, "credmint"), "aws", "me")
		cmd.Env, cmd.Dir = append(append(cmd.Env, "HOME="+home), env...), shared
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: &syscall.Credential{Uid: other, Gid: other}}
		return s.end(cmd, "")
	}
	t.Run("in the first one's home", func(t *testing.T) {
		got := run(t, theirs)
		if got.code == 0 || got.stdout != "" || !strings.Contains(got.stderr, "it belongs to another user") {
			t.Errorf("it ends with %d: %s%s", got.code, got.stdout, got.stderr)
		}
	})
	t.Run("with the first one's cache", func(t *testing.T) {
		s := *s
		s.t = t
		got := run(t, mine, "XDG_CACHE_HOME="+filepath.Join(theirs, ".cache"))
		s.wantCredential("another's cache", got, 1)
		if got.stdout == first.stdout || !strings.Contains(got.stderr, "it belongs to another user") {
			t.Errorf("it answers %s%s", got.stdout, got.stderr)
		}
	})
	t.Run("each with their own", func(t *testing.T) {
		s := *s
		s.t = t
		s.aws.Reset()
		got := run(t, mine)
		s.wantCredential("their own", got, 0)
		s.wantUnaided("the first one's")
	})
}

// TestClocks moves AWS's clock against this machine's: there is a session, which ends by this machine's clock when AWS says it
// does, or an error that names the clock.
func TestClocks(t *testing.T) {
	s := newStorage(t)
	for _, ahead := range []time.Duration{5 * time.Minute, -5 * time.Minute, 2 * time.Hour, -2 * time.Hour, 24 * time.Hour, -24 * time.Hour} {
		t.Run(ahead.String(), func(t *testing.T) {
			s := s.copied(t)
			s.aws.SetClock(ahead)
			defer s.aws.SetClock(0)
			began := time.Now()
			got := s.run("", "aws", "me")
			s.wantWhole(ahead.String(), got.code, got.stdout)
			if got.code != 0 && !strings.Contains(got.stderr, "clock") {
				t.Errorf("it ends with %d: %s", got.code, got.stderr)
			}
			var session struct{ Expiration time.Time }
			if err := json.Unmarshal([]byte(got.stdout), &session); got.code == 0 && err != nil {
				t.Error(err)
			}
			// SDKs compare the time with this machine's clock.
			if lasts := session.Expiration.Sub(began); got.code == 0 && (lasts < 12*time.Hour-2*time.Second || lasts > 12*time.Hour+time.Since(began)+2*time.Second) {
				t.Errorf("programs are told that the session lasts %s, want 12h", lasts)
			}
			s.aws.SetClock(0)
			s.wantUnaided(ahead.String())
		})
	}
}

// TestTimeZones: where a person is, and whether it is summer there, is not in what is kept.
func TestTimeZones(t *testing.T) {
	s := newStorage(t)
	want := s.run("", "aws", "me")
	for _, zone := range []string{"UTC", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati", "EST5EDT,M3.2.0,M11.1.0", "nowhere"} {
		t.Run(strings.ReplaceAll(zone, "/", " "), func(t *testing.T) {
			cmd := s.command(s.self, "aws", "me")
			cmd.Env = append(cmd.Env, "TZ="+zone)
			if got := s.end(cmd, ""); got != want {
				t.Errorf("it answers %d %s%s, want %s", got.code, got.stdout, got.stderr, want.stdout)
			}
		})
	}
}
