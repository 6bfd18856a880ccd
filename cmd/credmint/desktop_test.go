//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"credmint/helper/mint/awstest"
	"credmint/keychain/keychaintest"
)

// desktop is a person's machine: a home, a real gnome-keyring, credmint installed, and an AWS.
type desktop struct {
	t     *testing.T
	bus   *keychaintest.Bus
	aws   *awstest.AWS
	alice *awstest.User
	mfa   *awstest.Device
	home  string
	url   string // AWS's
	self  string // credmint
	env   []string
}

func newDesktop(t *testing.T) *desktop {
	t.Helper()
	self, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	d := &desktop{t: t, bus: keychaintest.Must(t, false), aws: awstest.New(), home: tempHome(t), self: self}
	d.url = d.aws.Start()
	t.Cleanup(d.aws.Close)
	d.alice = d.aws.AddUser("111111111111", "alice")
	d.mfa = d.alice.AddMFA("alice")
	d.aws.AddRole("arn:aws:iam::222222222222:role/Reader", awstest.Trust{Principals: []string{d.alice.ARN}})
	for _, name := range []string{"Admin", "Other"} {
		d.aws.AddRole("arn:aws:iam::222222222222:role/"+name, awstest.Trust{Principals: []string{d.alice.ARN}, RequireMFA: true})
	}
	d.env = append(d.bus.Env(), "HOME="+d.home, "PATH="+filepath.Dir(self)+":"+os.Getenv("PATH"),
		"AWS_ENDPOINT_URL="+d.url, "AWS_EC2_METADATA_DISABLED=true", "LANG=C.UTF-8")
	if err := os.Mkdir(filepath.Join(d.home, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	d.write(".aws/config", fmt.Sprintf(`[profile me]
credmint_mfa_serial = %[2]s

[profile plain]
region = eu-west-1
credential_process = %[1]s aws plain

[profile reader]
region = eu-west-1
credential_process = %[1]s aws reader
credmint_role_arn = arn:aws:iam::222222222222:role/Reader
credmint_source_profile = plain

[profile admin]
region = eu-west-1
credential_process = %[1]s aws admin
credmint_role_arn = arn:aws:iam::222222222222:role/Admin
credmint_source_profile = me

[profile other]
region = eu-west-1
credential_process = %[1]s aws other
credmint_role_arn = arn:aws:iam::222222222222:role/Other
credmint_source_profile = me
`, self, d.mfa.Serial))
	for _, profile := range []string{"me", "plain"} {
		cmd := d.command(self, "add", "--stdin", profile)
		cmd.Stdin = strings.NewReader(d.alice.AccessKeyID + "\n" + d.alice.Secret + "\n")
		d.mustRun(cmd)
	}
	d.aws.Reset()
	return d
}

// tempHome is a temporary directory in which a renewal behind, that nobody waits for, may still be at its end when the test is.
func tempHome(t *testing.T) string {
	t.Helper()
	home, err := os.MkdirTemp("", "home-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		until(t, "all to end that writes to "+home, func() bool { return os.RemoveAll(home) == nil })
	})
	return home
}

func (d *desktop) write(name, text string) {
	d.t.Helper()
	if err := os.WriteFile(filepath.Join(d.home, name), []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desktop) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env, cmd.Dir = d.env, d.home
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no terminal, unless a test gives one
	return cmd
}

func (d *desktop) mustRun(cmd *exec.Cmd) string {
	d.t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		d.t.Fatalf("%s: %v\n%s%s", strings.Join(cmd.Args, " "), err, out.Bytes(), errs.Bytes())
	}
	return out.String()
}

// minted asserts how often AWS minted since the last time.
func (d *desktop) minted(sessions, roles int) {
	d.t.Helper()
	if s, r := d.aws.Calls("GetSessionToken"), d.aws.Calls("AssumeRole"); s != sessions || r != roles {
		d.t.Errorf("%d GetSessionToken and %d AssumeRole, want %d and %d", s, r, sessions, roles)
	}
	d.aws.Reset()
}

const readerARN = "arn:aws:sts::222222222222:assumed-role/Reader/alice"

const botoScript = `
import boto3
import os
sts = boto3.Session(profile_name="reader").client("sts", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
print(sts.get_caller_identity()["Arn"])
`

// Real clients work through credential_process, and the second call makes no request for a session.
func TestRealClients(t *testing.T) {
	d := newDesktop(t)
	needProgram(t, "/usr/bin/aws", "awscli")
	if err := exec.Command("/usr/bin/python3", "-c", "import boto3").Run(); err != nil {
		missing(t, "boto3 is missing: install Debian's python3-boto3")
	}
	clients := []struct {
		name string
		ask  func() string
	}{
		{"aws", func() string {
			return d.mustRun(d.command("/usr/bin/aws", "sts", "get-caller-identity", "--profile", "reader",
				"--query", "Arn", "--output", "text", "--endpoint-url", d.url))
		}},
		{"boto3", func() string { return d.mustRun(d.command("/usr/bin/python3", "-c", botoScript)) }},
		{"Go SDK", d.goSDK},
	}
	sessions, roles := 1, 1
	for _, client := range clients {
		for range 2 {
			if got := strings.TrimSpace(client.ask()); got != readerARN {
				t.Errorf("%s: %q, want %s", client.name, got, readerARN)
			}
			d.minted(sessions, roles)
			sessions, roles = 0, 0
		}
	}
	d.noSecretIn(d.home)
}

func (d *desktop) goSDK() string {
	for _, e := range d.env {
		name, value, _ := strings.Cut(e, "=")
		d.t.Setenv(name, value)
	}
	d.t.Setenv("AWS_CA_BUNDLE", "")
	d.t.Setenv("AWS_CONFIG_FILE", filepath.Join(d.home, ".aws", "config")) // the SDK looked for HOME when it was loaded
	c, err := config.LoadDefaultConfig(d.t.Context(), config.WithSharedConfigProfile("reader"))
	if err != nil {
		d.t.Fatal(err)
	}
	out, err := sts.NewFromConfig(c).GetCallerIdentity(d.t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		d.t.Fatal(err)
	}
	return *out.Arn
}

// noSecretIn reads every file below dir.
func (d *desktop) noSecretIn(dir string) {
	d.t.Helper()
	token := regexp.MustCompile(`ASIA[A-Z0-9]{12}|SessionToken`)
	files := 0
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // a file that was being written has its name now
			return nil
		}
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		files++
		if bytes.Contains(data, []byte(d.alice.Secret)) || token.Match(data) {
			d.t.Errorf("%s holds a secret", path)
		}
		return err
	})
	if err != nil || files < 3 {
		d.t.Fatalf("read %d files: %v", files, err)
	}
}

// A hundred processes on an empty cache make one session and one role of it, and all answer.
func TestHerd(t *testing.T) {
	d := newDesktop(t)
	d.aws.SetFault("", awstest.Fault{Delay: 300 * time.Millisecond})
	var (
		wg      sync.WaitGroup
		mu      sync.Mutex
		answers = map[string]int{}
	)
	const processes = 100
	for range processes {
		wg.Go(func() {
			out, err := d.command(d.self, "aws", "reader").CombinedOutput()
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Errorf("%v: %s", err, out)
			}
			answers[string(out)]++
		})
	}
	wg.Wait()
	if len(answers) != 1 {
		t.Errorf("%d different answers: %v", len(answers), answers)
	}
	d.minted(1, 1)
}

// A role behind MFA asks once, on the terminal, while stdout and stderr are the caller's; the next role asks nothing.
func TestMFAOnTheTerminal(t *testing.T) {
	d := newDesktop(t)
	master, tty, err := openPTY()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	cmd := d.command(d.self, "aws", "admin")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3}
	cmd.ExtraFiles = []*os.File{tty}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tty.Close()
	screen := d.answer(master, "MFA code for profile me ("+d.mfa.Serial+"): ", d.mfa.Code(time.Now()))
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s; the terminal shows %q", err, errs.Bytes(), screen)
	}
	if !strings.HasPrefix(out.String(), `{"Version":1,`) || errs.Len() != 0 {
		t.Errorf("stdout %q, stderr %q", out.String(), errs.String())
	}
	d.minted(1, 1)

	// Nobody could be asked: it has no terminal.
	if got := d.mustRun(d.command(d.self, "aws", "other")); !strings.Contains(got, `"AccountId":"222222222222"`) {
		t.Errorf("other: %s", got)
	}
	d.minted(0, 1)
}

// answer waits for a question on the terminal and types the answer.
func (d *desktop) answer(screen *os.File, question, text string) string {
	d.t.Helper()
	var seen strings.Builder
	buf := make([]byte, 256)
	_ = screen.SetReadDeadline(time.Now().Add(30 * time.Second))
	for !strings.Contains(seen.String(), question) {
		n, err := screen.Read(buf)
		if err != nil {
			d.t.Fatalf("the terminal shows %q, want %q: %v", seen.String(), question, err)
		}
		seen.Write(buf[:n])
	}
	if _, err := screen.WriteString(text + "\n"); err != nil {
		d.t.Fatal(err)
	}
	return seen.String()
}

func TestMFAWithoutATerminal(t *testing.T) {
	d := newDesktop(t)
	cmd := d.command(d.self, "aws", "admin")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	start := time.Now()
	err := cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitPerson {
		t.Errorf("%v, want exit code %d", err, exitPerson)
	}
	if took := time.Since(start); took > 20*time.Second { // a person is waited for for minutes
		t.Errorf("took %s", took)
	}
	want := "credmint: error: profile \"me\": it needs an MFA code: there is no terminal to ask on"
	if out.Len() != 0 || !strings.HasPrefix(errs.String(), want) || !strings.Contains(errs.String(), "credmint login admin") {
		t.Errorf("stdout %q, stderr %q", out.String(), errs.String())
	}
	d.minted(0, 0)
}

// A session near its end is served at once, and renewed by a process of its own.
func TestRenewalBehind(t *testing.T) {
	d := newDesktop(t)
	d.aws.SetSessionLife(325 * time.Second) // near its end from its first second on, and not due for 25
	first := d.mustRun(d.command(d.self, "aws", "plain"))
	if got := d.mustRun(d.command(d.self, "aws", "plain")); got != first {
		t.Error("a session was not reused")
	}
	d.minted(1, 0) // and not renewed either: it has just been made

	// A minute later, which is what the lock's stamp would say.
	d.aws.SetSessionLife(0)
	if err := os.RemoveAll(filepath.Join(d.home, ".cache", "credmint", "sessions", "locks")); err != nil {
		t.Fatal(err)
	}
	if got := d.mustRun(d.command(d.self, "aws", "plain")); got != first {
		t.Error("the caller was made to wait for a new session")
	}
	until(t, "the renewal", func() bool { return d.mustRun(d.command(d.self, "aws", "plain")) != first })
	d.minted(1, 0)
}

// warmCalls are the calls that are answered before main, with what each reads of stdin.
func (d *desktop) warmCalls() map[string]warmCall {
	signing := "protocol=https\nhost=git-codecommit.us-east-1.amazonaws.com\npath=v1/repos/demo\n\n"
	stored := "protocol=https\nhost=git.example.com\n\n"
	d.login("git.example.com", "alice", "hunter2")
	return map[string]warmCall{
		"credential_process":     {"", []string{d.self, "aws", "reader"}},
		"a stored login":         {stored, []string{d.self, "git", "get"}},
		"a signature":            {signing, []string{d.self, "git", "--profile", "reader", "get"}},
		"a stored login, by git": {stored, []string{filepath.Join(filepath.Dir(d.self), "git-credential-credmint"), "get"}},
	}
}

type warmCall struct {
	stdin string
	args  []string
}

func (d *desktop) call(c warmCall, before ...string) *exec.Cmd {
	args := append(before, c.args...)
	cmd := d.command(args[0], args[1:]...)
	cmd.Stdin = strings.NewReader(c.stdin)
	return cmd
}

// The warm path is sacred: one conversation with the keychain, one write, no lock, no network, no other process.
func TestWarmPath(t *testing.T) {
	d := newDesktop(t)
	needTracer(t)
	d.git("config", "--global", "credential.helper", d.self+" git")
	want := d.mustRun(d.command(d.self, "aws", "reader"))
	d.minted(1, 1)
	d.aws.Close()
	for name, call := range d.warmCalls() {
		trace := filepath.Join(t.TempDir(), "trace")
		got := d.mustRun(d.call(call, "strace", "-f", "-e", "trace=socket,connect,flock,fcntl,execve,write,openat", "-o", trace))
		if name == "credential_process" && got != want || got == "" {
			t.Errorf("%s: got %q", name, got)
		}
		data, err := os.ReadFile(trace)
		if err != nil {
			t.Fatal(err)
		}
		count := func(pattern string) int { return len(regexp.MustCompile(pattern).FindAll(data, -1)) }
		for pattern, n := range map[string]int{
			`socket\(`: 1, `connect\([0-9]+, \{sa_family=AF_UNIX`: 1, `flock\(`: 0, `F_SETLK`: 0, `execve\(`: 1, `write\(1, `: 1,
			`openat\([^\n]*\.lock`: 0, `openat\([^\n]*ca-certificates`: 0,
		} {
			if got := count(pattern); got != n {
				t.Errorf("%s: %d times %s, want %d\n%s", name, got, pattern, n, data)
			}
		}
	}
}

// A call that turns out to be no hit goes on with the shared AWS files as it has read them, and with the conversation with the
// keychain that it has begun. It asks there for the user's key and for the sealing key, in the steps of one: a bus has room for so
// many conversations, and the two hundredth process of a herd is to have one, too.
func TestMissGoesOn(t *testing.T) {
	d := newDesktop(t)
	needTracer(t)
	d.mustRun(d.command(d.self, "aws", "reader")) // which makes the sealing key
	d.mustRun(d.command(d.self, "forget"))
	trace := filepath.Join(t.TempDir(), "trace")
	d.mustRun(d.command("strace", "-f", "-s", "2000", "-e", "trace=openat,connect,write", "-o", trace, d.self, "aws", "reader"))
	data, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	for pattern, n := range map[string]int{
		`connect\(\d+, \{sa_family=AF_UNIX`:                          1,
		`write\([^\n]*OpenSession[^\n]*SearchItems[^\n]*SearchItems`: 1,
		`write\([^\n]*GetSecret[^\n]*GetSecret`:                      1,
		`GetSecret`:                                                  2,
		`/\.aws/config", O_RDONLY`:                                   1,
	} {
		if got := len(regexp.MustCompile(pattern).FindAll(data, -1)); got != n {
			t.Errorf("%d times %s, want %d\n%s", got, pattern, n, data)
		}
	}
}

// A hit ends before the parts that it does not need have filled their tables: package kept is initialised before them.
func TestWarmPathComesFirst(t *testing.T) {
	d := newDesktop(t)
	d.git("config", "--global", "credential.helper", d.self+" git")
	d.mustRun(d.command(d.self, "aws", "reader"))
	initialised := func(c warmCall) (trace string) {
		var errs bytes.Buffer
		cmd := d.call(c)
		cmd.Env = append(cmd.Env, "GODEBUG=inittrace=1") // https://pkg.go.dev/runtime#hdr-Environment_Variables
		cmd.Stderr = &errs
		if out, err := cmd.Output(); err != nil || len(out) == 0 {
			t.Fatalf("%q, %v: %s", out, err, errs.Bytes())
		}
		return errs.String()
	}
	heavy := []string{
		"encoding/xml", "golang.org/x/sys/cpu", "math/big", "net/http", "github.com/alecthomas/kong",
		"github.com/aws/aws-sdk-go-v2/service/sts/internal/endpoints",
	}
	for name, call := range d.warmCalls() {
		trace := initialised(call)
		for _, pkg := range heavy {
			if strings.Contains(trace, "init "+pkg+" @") {
				t.Errorf("%s: a hit waits for %s", name, pkg)
			}
		}
	}
	trace := initialised(warmCall{"", []string{d.self, "version"}})
	for _, pkg := range heavy {
		if !strings.Contains(trace, "init "+pkg+" @") {
			t.Errorf("%s is not initialised at all: the test looks for the wrong name", pkg)
		}
	}
}

// What was read of stdin for a call that is main's to answer comes to main whole: where a session is to be minted, where the
// request is longer than what is read before main, and where it comes in pieces.
func TestRequestsAreHandedOn(t *testing.T) {
	d := newDesktop(t)
	d.git("config", "--global", "credential.helper", d.self+" git")
	calls := d.warmCalls()
	if got := d.mustRun(d.call(calls["a signature"])); !strings.Contains(got, "username=ASIA") {
		t.Errorf("a session that had to be minted: %q", got)
	}
	d.minted(1, 1)
	stored := calls["a stored login"]
	want := d.mustRun(d.call(stored))
	for _, n := range []int{16 << 10, 60000} {
		long := warmCall{"wwwauth[]=" + strings.Repeat("x", n) + "\n" + stored.stdin, stored.args}
		if got := d.mustRun(d.call(long)); got != want {
			t.Errorf("a request of %d bytes: %q, want %q", len(long.stdin), got, want)
		}
	}
	whole := strings.TrimSuffix(stored.stdin, "\n")
	cut := warmCall{"wwwauth[]=" + strings.Repeat("x", 16<<10-len("wwwauth[]=\n"+whole)) + "\n" + whole + "username=nobody\n\n", stored.args}
	if got := d.mustRun(d.call(cut)); got != "" { // the user name is the first thing that is not read before main
		t.Errorf("a user that has no login: %q", got)
	}
	for _, c := range []warmCall{stored, {strings.Replace(stored.stdin, "git.", "other.", 1), stored.args}} {
		var out bytes.Buffer
		cmd := d.call(c)
		cmd.Stdin, cmd.Stdout = nil, &out
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.SplitAfter(c.stdin, "\n") {
			if _, err := io.WriteString(in, line); err != nil {
				t.Fatal(err)
			}
		}
		if err := cmd.Wait(); err != nil || out.String() != want && c.stdin == stored.stdin { // and stdin is open still
			t.Errorf("line by line: %q, %v", out.String(), err)
		}
	}
}
