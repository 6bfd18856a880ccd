//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"credmint/helper/atomicfile/faulttest"
	"credmint/helper/forge/forgetest"
	"credmint/helper/mint/awstest"
)

// canaryRun is one command. What is not said in stdout and child is in neither: see TestCanaries.
type canaryRun struct {
	args, stdin string
	env         []string
	stdout      []string            // the kinds that it is there to print
	child       map[string][]string // and those that it is there to hand to a program, by that one's name
	fails       bool
	either      bool              // how it ends is another test's: it has deadlines, which a busy machine may miss
	take        map[string]string // what it prints that is a secret of its own: kinds, and regular expressions
	wrapped     string            // how a shell starts it; "exec "$@"" where empty
}

// run runs it below strace, and keeps all that could be looked at.
func (w *canaryWorld) run(r canaryRun) {
	w.t.Helper()
	w.runs++
	name := fmt.Sprintf("%d %s", w.runs, r.args)
	trace := filepath.Join(w.t.TempDir(), "trace")
	args := []string{"-f", "--seccomp-bpf", "-qq", "-v", "-s", "1000000", "-e", "trace=execve", "-o", trace}
	if r.wrapped != "" {
		args = append(args, "/bin/sh", "-c", r.wrapped, "sh")
	}
	cmd := w.command("strace", append(append(args, w.self), strings.Split(r.args, " ")...)...)
	cmd.Env = append(slices.Clone(w.env), r.env...)
	cmd.Stdin = strings.NewReader(r.stdin)
	w.keep(cmd, r)
	may := map[string][]string{"credmint": {aPassphrase}, "sh": {aPassphrase}} // as the user gave them
	for program, kinds := range r.child {
		may[program] = kinds
	}
	w.places = append(w.places, processes(w.t, name, trace, may)...)
}

// keep runs a command, and keeps what it says.
func (w *canaryWorld) keep(cmd *exec.Cmd, r canaryRun) {
	w.t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	end := time.AfterFunc(time.Minute, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	defer end.Stop()
	err := cmd.Run()
	if (err != nil) != r.fails && !r.either {
		w.t.Errorf("%s: %v\n%s%s", r.args, err, out.Bytes(), errs.Bytes())
	}
	for kind, pattern := range r.take {
		found := regexp.MustCompile(pattern).FindStringSubmatch(out.String())
		if found == nil {
			w.t.Fatalf("%s prints no %s", r.args, kind)
		}
		w.add(kind, found[1])
	}
	w.places = append(w.places, spot{r.args + ": stdout", out.String(), r.stdout}, spot{r.args + ": stderr", errs.String(), nil})
}

// quietly runs it without strace, where what is said is all that matters.
func (w *canaryWorld) quietly(echo, args, stdin string) {
	w.t.Helper()
	cmd := w.command(w.self, strings.Split(args, " ")...)
	cmd.Stdin = strings.NewReader(stdin)
	w.keep(cmd, canaryRun{args: args + ", answered with " + echo, fails: true})
}

// echoed are commands that send secrets, each of a kind of its own, while AWS and a git host answer with what they were sent.
func (w *canaryWorld) echoed(echo string) {
	w.keep(w.command(w.self, "aws", "plain"), canaryRun{args: "aws plain", stdout: []string{aSession}})
	for _, profile := range []string{"reader", "corp", "pod", "podfile", "dev"} {
		w.keep(w.command(w.self, "forget", profile), canaryRun{args: "forget " + profile})
	}
	w.front.set(echo)
	defer w.front.set("")
	for _, args := range []string{
		fmt.Sprint("aws coded", slices.Index(sortedNames(echoes()), echo)), "aws reader", "aws corp", "aws pod", "aws podfile", "aws dev", "sync --dry-run", "console --print bot",
		"token ecr plain", "token web-identity --audience https://api.example plain",
	} {
		w.quietly(echo, args, "")
	}
}

// echoedSignIns are those that end with what is answered: each needs a person's next.
func (w *canaryWorld) echoedSignIns(echo string) {
	forge := "https://" + forgetest.Host
	w.tokens(time.Second)
	for _, args := range []string{"login --force center", "login --force --aws-login console", "login --force " + forge} {
		w.keep(w.command(w.self, strings.Split(args, " ")...), canaryRun{args: args})
	}
	w.keep(w.command(w.self, "forget"), canaryRun{args: "forget"})
	w.front.set(echo)
	w.forge.set(echo)
	defer w.front.set("")
	defer w.forge.set("")
	w.quietly(echo, "aws dev", "")
	w.quietly(echo, "aws console", "")
	w.quietly(echo, "git get", askForge)
	w.quietly(echo, "login --force center", "")
	w.quietly(echo, "login --force "+forge, "")
}

// typed has a person type a code on a terminal.
func (w *canaryWorld) typed() {
	w.t.Helper()
	code := w.device.Code(time.Now())
	w.add(aCode, code)
	w.onScreen("login typed", "MFA code for profile typed ("+w.device.Serial+"): ", code, true)
}

// crashed has credmint end as a panic ends it, with all its stacks and a core where there can be one, while it waits for AWS
// with secrets in its memory.
func (w *canaryWorld) crashed(args string, signal syscall.Signal) {
	w.t.Helper()
	w.keep(w.command(w.self, "forget"), canaryRun{args: "forget"})
	w.aws.Reset()
	w.aws.SetFault("", awstest.Fault{Hang: true})
	defer w.aws.ClearFaults()
	cmd := w.command("/bin/sh", append([]string{"-c", `ulimit -c unlimited; exec "$@"`, "sh", w.self}, strings.Split(args, " ")...)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	until(w.t, "a request", func() bool { return len(w.aws.Log()) > 0 })
	_ = cmd.Process.Signal(signal)
	_ = cmd.Wait()
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !status.Signaled() || status.CoreDump() || !strings.Contains(errs.String(), "goroutine ") {
		w.t.Errorf("%s: %s: %s", args, cmd.ProcessState, errs.Bytes())
	}
	w.places = append(w.places, spot{args + ", crashed: stdout", out.String(), nil}, spot{args + ", crashed: stderr", errs.String(), nil})
}

// served is the endpoint, asked well and badly.
func (w *canaryWorld) served() {
	w.t.Helper()
	wired := &wired{t: w.t, self: w.self, home: w.home, env: w.env}
	e := wired.serve("reader")
	w.add(anEndpointToken, e.token)
	status, body := e.get()
	if status != http.StatusOK {
		w.t.Errorf("the endpoint answers %d %s", status, body)
	}
	for _, header := range []string{e.token + "x", "Bearer " + e.token, e.token[1:]} {
		request, err := http.NewRequest(http.MethodGet, e.uri+"?token="+e.token, nil)
		if err != nil {
			w.t.Fatal(err)
		}
		request.Header.Set("Authorization", header)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			w.t.Fatal(err)
		}
		answer, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode == http.StatusOK {
			w.t.Errorf("the endpoint takes %q", header)
		}
		w.places = append(w.places, spot{"the endpoint's refusal", fmt.Sprint(response.Header, string(answer)), nil})
	}
	e.stop()
	w.places = append(w.places, spot{"the endpoint's answer", body, []string{aSession}},
		spot{"serve: stdout", e.stdout.String(), nil}, spot{"serve: stderr", e.stderr.String(), nil})
}

// Each secret is where it is somebody's job to put it, and nowhere else: not in what commands say, well or failing, nor in the
// arguments or environment of a program that they start, nor in a file, nor in the address of a request, nor in what a crash
// leaves. Servers that say back what they were sent are among what fails.
func TestCanaries(t *testing.T) {
	t.Parallel()
	needTracer(t)
	w := newCanaryWorld(t)
	for _, r := range w.working() {
		w.run(r)
	}
	w.typed()
	w.served()
	for _, r := range append(w.broken(), w.filed()...) {
		w.run(r)
	}
	w.crashed("aws plain", syscall.SIGQUIT)
	w.crashed("exec corp -- env", syscall.SIGABRT)
	w.interrupted("aws pod", syscall.SIGTERM)
	w.interrupted("exec podfile -- env", syscall.SIGINT)
	w.behind()
	w.unlocked()
	w.proxied()
	w.elsewhere()
	t.Run("the kernel's keyring", w.lent)
	w.asApps()
	for _, echo := range sortedNames(echoes()) {
		if often := echo == "a refusal" || echo == "a refusal, escaped"; often || faulttest.Slow() {
			w.echoed(echo)
			w.echoedSignIns(echo)
		}
	}
	w.look(t)
}

// look searches every place for each kind of secret.
func (w *canaryWorld) look(t *testing.T) {
	h := w.hunt()
	leaks, seen := map[string][]string{}, map[string]int{}
	for _, p := range append(w.places, w.lasting()...) {
		for _, f := range h.in(p) {
			if f.allowed {
				seen[f.kind]++
			} else {
				leaks[f.kind] = append(leaks[f.kind], p.name+": "+f.text)
			}
		}
	}
	for _, kind := range []string{
		anAccessKey, aPrivateKey, aSession, aCode, aSeed, aSignIn, aProof, anOutboundToken, aRegistryToken, aGitPassword, aConsoleToken, aPassphrase, anEndpointToken,
		aProxyPassword, aCertificatePassword, aSealingKey,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Logf("%d of them, seen %d times where they may be", h.kinds[kind], seen[kind])
			if h.kinds[kind] == 0 {
				t.Error("none was used")
			}
			for _, leak := range leaks[kind] {
				t.Error(leak)
			}
		})
	}
}

// lasting is what is there when all is over: the files, and what servers may have written down.
func (w *canaryWorld) lasting() []spot {
	spots := filesIn(w.t, map[string][]string{
		w.inputs + "/":                      {aCode, aProof, aSession, aPrivateKey, aCertificatePassword},
		".local/share/credmint/serve-token": {anEndpointToken},
		"/locks/":                           {aCode}, // which say what process has them: where there are many, by six digits
	}, w.home)
	for _, address := range slices.Concat(w.front.addresses, w.forge.addresses, w.apps.addresses) {
		p := spot{"a server was asked for " + address[:min(30, len(address))], address, nil}
		if strings.HasPrefix(address, "GET /federation?Action=login&") { // AWS has no other way to sign a browser in
			p.may = []string{aConsoleToken}
		}
		spots = append(spots, p)
	}
	return spots
}
