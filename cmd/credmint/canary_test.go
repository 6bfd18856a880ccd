//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"credmint/helper/atomicfile/faulttest"
	"credmint/helper/codecommit/codecommittest"
	"credmint/helper/forge/forgetest"
	"credmint/helper/mint/awstest"
	"credmint/keychain/keychaintest"
)

// canaryWorld is a desktop on which each kind of secret that credmint touches is used, and of which each is known.
type canaryWorld struct {
	*desktop
	*canaries
	front, forge *front
	center       *awstest.IdentityCenter
	spare        *awstest.Device     // of whose codes AWS has seen none
	device       *awstest.Device     // whose codes a person types
	tokens       func(time.Duration) // how long the git host's tokens do
	inputs       string              // a directory of what people and programs give to credmint
	places       []spot
	runs         int
}

const (
	canaryPassphrase = "canary passphrase: correct horse"
	canaryCode       = 731946
	canaryPassword   = "canary+git/password="
	netrcPassword    = "canary-netrc-password"
	dockerPassword   = "canary docker password"
)

func newCanaryWorld(t *testing.T) *canaryWorld {
	t.Helper()
	d := newDesktop(t)
	w := &canaryWorld{desktop: d, canaries: &canaries{}, inputs: filepath.Join(d.home, "inputs")}
	w.front = &front{canaries: w.canaries, next: d.aws.Handler()}
	server := httptest.NewServer(w.front)
	t.Cleanup(server.Close)
	for _, dir := range []string{w.inputs, filepath.Join(d.home, "tmp")} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	browser := filepath.Join(t.TempDir(), "forge-browser") // TestMain knows it by its name
	self, err := os.Executable()
	if err == nil {
		err = os.Symlink(self, browser)
	}
	if err != nil {
		t.Fatal(err)
	}
	d.env = append(d.env, "AWS_ENDPOINT_URL="+server.URL, "XDG_DATA_HOME="+filepath.Join(d.home, ".local", "share"),
		"TMPDIR="+filepath.Join(d.home, "tmp"), "BROWSER="+browser, "VISITS="+filepath.Join(d.home, "visits"), "GOTRACEBACK=crash",
		"GODEBUG=http2debug=2,netdns=2", "GIT_CONFIG_NOSYSTEM=1")
	w.device, w.spare = d.alice.AddMFA("typed"), d.alice.AddMFA("spare")
	w.startForge()
	w.federation()
	w.settings()
	w.add(anAccessKey, d.alice.Secret)
	w.add(aSeed, d.mfa.Seed)
	w.add(aSeed, w.spare.Seed)
	w.add(aGitPassword, canaryPassword)
	w.add(aGitPassword, dockerPassword)
	w.add(aPassphrase, canaryPassphrase)
	carol := d.aws.AddUser("111111111111", "carol")
	w.add(anAccessKey, carol.Secret)
	d.write(".aws/credentials", "[carol]\naws_access_key_id = "+carol.AccessKeyID+"\naws_secret_access_key = "+carol.Secret+"\n")
	w.add(aGitPassword, netrcPassword)
	d.write(".netrc", "machine netrc.example.com login alice password "+netrcPassword+"\n")
	return w
}

// startForge serves a git host that gives out OAuth tokens, to git and to the browser.
func (w *canaryWorld) startForge() {
	w.t.Helper()
	dir := w.t.TempDir()
	f := forgetest.New()
	f.Secret = "canary client secret"
	w.add(aSignIn, f.Secret)
	w.forge, w.tokens = &front{canaries: w.canaries, next: f}, f.SetLife
	server := codecommittest.Must(w.t, codecommittest.Config{Dir: dir, Forges: map[string]codecommittest.Forge{forgetest.Host: struct {
		http.Handler
		login
	}{w.forge, f.Login}}})
	server.MustCreate(w.t, "team/one")
	w.env = append(w.env, "FORGE_PROXY="+server.ProxyURL(), "FORGE_CA="+server.CAFile())
	for name, value := range map[string]string{
		"http.proxy": server.ProxyURL(), "http.sslCAInfo": server.CAFile(), "credential.helper": w.self + " git",
		"credential.https://" + forgetest.Host + ".oauthClientId": f.ClientID, "credential.https://" + forgetest.Host + ".provider": "gitlab",
	} {
		w.git("config", "--global", name, value)
	}
}

// login is how a forge decides.
type login func(repository, username, password string) bool

func (l login) Login(repository, username, password string) bool {
	return l(repository, username, password)
}

// federation makes who vouches for people: Identity Center, a SAML provider, an OpenID provider, the console; and a secret.
func (w *canaryWorld) federation() {
	const account = "222222222222"
	w.center = w.aws.AddIdentityCenter("alice")
	w.center.Person().Assign("111111111111", "Sandbox", "Reader")
	w.aws.AddConsole(w.alice.ARN)
	idp := awstest.NewIdentityProvider("https://idp.example/")
	provider := w.aws.AddSAMLProvider(account, "Corp", idp)
	w.aws.AddRole("arn:aws:iam::222222222222:role/Corp", awstest.Trust{Federated: provider, Audience: "https://signin.aws.amazon.com/saml"})
	w.give("assertion", aProof, idp.Sign(awstest.Assertion{Subject: "alice@example.com", Roles: []string{provider + ",arn:aws:iam::222222222222:role/Corp"}}))
	issuer := awstest.NewIssuer()
	w.t.Cleanup(issuer.Close)
	w.aws.AddRole("arn:aws:iam::222222222222:role/Pod", awstest.Trust{
		Federated: w.aws.AddOIDCProvider(account, issuer, "sts.amazonaws.com"), Subject: "pod",
	})
	w.give("token", aProof, issuer.Sign(awstest.Token{Subject: "pod", Audience: "sts.amazonaws.com"}))
	w.aws.AddSecret(account, "git/bot", "canary bot password", "arn:aws:iam::222222222222:role/Reader")
	w.aws.SetOutboundIdentity(true)
	w.give("code", aCode, fmt.Sprint(canaryCode))
	w.add(aSession, "canary secret of another program")
	w.give("session", "", `{"Version":1,"AccessKeyId":"ASIAOTHER","SecretAccessKey":"canary secret of another program","SessionToken":"canary token of another program","Expiration":"2099-01-01T00:00:00Z"}`)
}

// give writes a file of the user's that holds a secret.
func (w *canaryWorld) give(name, kind, text string) {
	w.t.Helper()
	if kind != "" {
		w.add(kind, text)
	}
	if err := os.WriteFile(filepath.Join(w.inputs, name), []byte(text+"\n"), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *canaryWorld) settings() {
	config, err := os.ReadFile(filepath.Join(w.home, ".aws", "config"))
	if err != nil {
		w.t.Fatal(err)
	}
	var coded strings.Builder // a device for each code: one that was sent is not sent again
	for i := range len(echoes()) {
		fmt.Fprintf(&coded, "[profile coded%d]\nregion = eu-west-1\ncredmint_role_arn = arn:aws:iam::222222222222:role/Reader\n"+
			"credmint_source_profile = plain\ncredmint_mfa_serial = arn:aws:iam::111111111111:mfa/coded%d\ncredmint_mfa_process = cat %s/code\n\n", i, i, w.inputs)
	}
	w.write(".aws/config", string(config)+fmt.Sprintf(`
%[4]s[profile typed]
region = eu-west-1
credmint_mfa_serial = %[3]s

[profile corp]
region = eu-west-1
credmint_role_arn = arn:aws:iam::222222222222:role/Corp
credmint_saml_process = cat %[1]s/assertion

[profile pod]
region = eu-west-1
credmint_role_arn = arn:aws:iam::222222222222:role/Pod
credmint_web_identity_token_process = cat %[1]s/token

[profile other-program]
credmint_credential_process = cat %[1]s/session

[profile console]
region = us-east-1

[profile bot]
region = eu-west-1
credmint_git_secret = https://bot@secrets.example.com git/bot
credmint_role_arn = arn:aws:iam::222222222222:role/Reader
credmint_source_profile = plain

[sso-session center]
sso_start_url = %[2]s
sso_region = eu-west-1

[profile dev]
region = eu-west-1
credmint_sso_session = center
credmint_sso_account_id = 111111111111
credmint_sso_role_name = Reader
`, w.inputs, w.center.StartURL, w.device.Serial, coded.String()))
}

// canaryRun is one command. What is not said in stdout and child is in neither: see TestCanaries.
type canaryRun struct {
	args, stdin string
	env         []string
	stdout      []string            // the kinds that it is there to print
	child       map[string][]string // and those that it is there to hand to a program, by that one's name
	fails       bool
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
	end := time.AfterFunc(20*time.Second, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	defer end.Stop()
	err := cmd.Run()
	if (err != nil) != r.fails {
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

const (
	askGit      = "protocol=https\nhost=git.example.com\n\n"
	askForge    = "protocol=https\nhost=" + forgetest.Host + "\n\n"
	askSecret   = "protocol=https\nhost=secrets.example.com\nusername=bot\n\n"
	askSigned   = "protocol=https\nhost=git-codecommit.eu-west-1.amazonaws.com\npath=v1/repos/demo\n\n"
	askRegistry = "https://222222222222.dkr.ecr.eu-central-1.amazonaws.com\n"
	storedGit   = "protocol=https\nhost=git.example.com\nusername=alice\npassword=" + canaryPassword + "\n\n"
)

// working are the commands that do what they are for, in an order that each can work in.
func (w *canaryWorld) working() []canaryRun {
	session, key := []string{aSession}, w.alice.AccessKeyID+"\n"+w.alice.Secret+"\n"
	forge := "https://" + forgetest.Host
	return []canaryRun{
		{args: "add --replace --stdin plain", stdin: key},
		{args: "add --stdin --no-config me", stdin: key},
		{args: "add --stdin --no-config typed", stdin: key},
		{args: "mfa add --stdin " + w.mfa.Serial, stdin: w.mfa.Seed + "\n"},
		{args: "mfa add --stdin " + w.spare.Serial, stdin: w.spare.Seed + "\n"},
		{args: "aws plain", stdout: session},
		{args: "aws plain", stdout: session}, // kept
		{args: "aws reader", stdout: session},
		{args: "aws admin", stdout: session},
		{args: "aws corp", stdout: session},
		{args: "aws pod", stdout: session},
		{args: "aws other-program", stdout: session},
		{args: "login center"},
		{args: "login --force --device-code center"},
		{args: "aws dev", stdout: session},
		{args: "sync --dry-run"},
		{args: "login --aws-login console"},
		{args: "aws console", stdout: session},
		{args: "env --format sh reader", stdout: session},
		{args: "env --format json reader", stdout: session},
		{args: "exec reader -- env", stdout: []string{anEndpointToken}, take: map[string]string{anEndpointToken: "_TOKEN=(.*)"}, child: map[string][]string{"env": {anEndpointToken}}},
		{args: "exec --env reader -- env", stdout: session, child: map[string][]string{"env": session}},
		{args: "exec reader -- /bin/sh -c exit\t3", fails: true, child: map[string][]string{"sh": {anEndpointToken}}},
		{args: "token eks --cluster blue reader", stdout: []string{aSession, anOutboundToken}, take: map[string]string{anOutboundToken: `"token": ?"([^"]*)"`}},
		{args: "token rds --host db.abc.eu-west-1.rds.amazonaws.com --user app reader", stdout: []string{aSession, anOutboundToken}, take: map[string]string{anOutboundToken: "(.*)"}},
		{args: "token ecr reader", stdout: []string{aRegistryToken}},
		{args: "token web-identity --audience https://api.example reader", stdout: []string{anOutboundToken}},
		{args: "docker get", stdin: askRegistry, env: []string{"AWS_PROFILE=reader"}, stdout: []string{aRegistryToken}},
		{args: "docker store", stdin: `{"ServerURL":"https://hub.example","Username":"alice","Secret":"` + dockerPassword + `"}`},
		{args: "docker get", stdin: "https://hub.example\n", stdout: []string{aGitPassword}},
		{args: "docker list"},
		{args: "git store", stdin: storedGit},
		{args: "git get", stdin: askGit, stdout: []string{aGitPassword}},
		{args: "git --profile reader get", stdin: askSigned, stdout: []string{aSession, aGitPassword}, take: map[string]string{aGitPassword: "password=(.*)"}},
		{args: "git get", stdin: askSecret, stdout: []string{aGitPassword}},
		{args: "git client-secret --stdin " + forgetest.Host + " client-1", stdin: "canary client secret\n"},
		{args: "login " + forge},
		{args: "git get", stdin: askForge, stdout: []string{aGitPassword}},
		{args: "codecommit create plain"},
		{args: "codecommit list plain"},
		{args: "console reader"},
		{args: "console --print reader", stdout: []string{aConsoleToken}},
		{args: "mfa code " + w.spare.Serial, stdout: []string{aCode}, take: map[string]string{aCode: `^(\d{6})\n$`}},
		{args: "mfa list --json"},
		{args: "import --yes aws-credentials netrc"},
		{args: "setup aws --yes"},
		{args: "setup git --yes --profile reader --all-hosts"},
		{args: "rotate --grace 0 --yes plain"},
		{args: "git list --json"},
		{args: "git erase", stdin: storedGit},
		{args: "list"},
		{args: "list --json"},
		{args: "explain admin"},
		{args: "explain --git codecommit::eu-west-1://reader@demo"},
		{args: "doctor"},
		{args: "doctor --json"},
		{args: "log --json"},
		{args: "version"},
		{args: "completion bash"},
		{args: "__complete fish aws "},
		{args: "__complete fish git remove "},
		{args: "__complete fish mfa code "},
		{args: "logout console"},
		{args: "forget"},
	}
}

// echoed are commands that send secrets, each of a kind of its own, while AWS and a git host answer with what they were sent.
func (w *canaryWorld) echoed(echo string) {
	w.keep(w.command(w.self, "aws", "plain"), canaryRun{args: "aws plain", stdout: []string{aSession}})
	for _, profile := range []string{"reader", "corp", "pod", "dev"} {
		w.keep(w.command(w.self, "forget", profile), canaryRun{args: "forget " + profile})
	}
	w.front.set(echo)
	defer w.front.set("")
	for _, args := range []string{
		fmt.Sprint("aws coded", slices.Index(sortedNames(echoes()), echo)), "aws reader", "aws corp", "aws pod", "aws dev", "sync --dry-run", "console --print bot",
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
	master, tty, err := pty.Open()
	if err != nil {
		w.t.Fatal(err)
	}
	defer master.Close()
	cmd := w.command(w.self, "login", "typed")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3}
	cmd.ExtraFiles = []*os.File{tty}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	tty.Close()
	screen := w.answer(master, "MFA code for profile typed ("+w.device.Serial+"): ", code)
	rest, _ := io.ReadAll(master) // which ends with an error when nobody has the terminal any more
	if err := cmd.Wait(); err != nil {
		w.t.Fatalf("%v: %s; the terminal shows %q", err, errs.Bytes(), screen)
	}
	w.places = append(w.places, spot{"login typed: the terminal", screen + string(rest), nil}, spot{"login typed: stderr", errs.String(), nil})
}

// broken are commands on a machine where something is.
func (w *canaryWorld) broken() []canaryRun {
	session := []string{aSession}
	noBus := []string{"DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent"}
	return []canaryRun{
		{args: "aws reader", stdout: session, wrapped: `ulimit -f 0; exec "$@"`}, // nothing can be kept
		{args: "aws plain", fails: true, wrapped: `exec "$@" >/dev/full`},
		{args: "token ecr plain", wrapped: `exec "$@" >&-`}, // Go opens /dev/null there
		{args: "aws plain", fails: true, env: noBus},
		{args: "git store", stdin: storedGit},
		{args: "git get", stdin: askGit, stdout: []string{aGitPassword}},
		{args: "git get", stdin: askGit, fails: true, env: noBus},
		{args: "docker get", stdin: "https://hub.example\n", fails: true, env: noBus},
		{args: "exec plain -- /nonexistent", fails: true},
		{args: "add --stdin plain", stdin: w.alice.AccessKeyID + "\n" + w.alice.Secret + "x\n", fails: true},
		{args: "add --stdin plain", stdin: w.alice.Secret + "\n" + w.alice.AccessKeyID + "\n", fails: true},
		{args: "mfa add --stdin plain", stdin: w.mfa.Seed + "!\n", fails: true},
		{args: "git store", stdin: "password=" + canaryPassword + "\nnonsense\n", fails: true},
		{args: "docker store", stdin: `{"Secret":"` + dockerPassword + `",`, fails: true},
		{args: "git app-key --stdin forge.example.com 7", stdin: canaryPassword + "\n", fails: true},
	}
}

// filed are commands of somebody whose keychain is a file, which a passphrase in the environment opens.
func (w *canaryWorld) filed() []canaryRun {
	data := filepath.Join(w.home, "filed")
	if err := keychaintest.OpenCheaply(filepath.Join(data, "credmint"), canaryPassphrase); err != nil {
		w.t.Fatal(err)
	}
	env := []string{"CREDMINT_KEYCHAIN=file", "CREDMINT_PASSPHRASE=" + canaryPassphrase, "XDG_DATA_HOME=" + data, "XDG_CACHE_HOME=" + data}
	session, key := []string{aSession}, w.alice.AddAccessKey()
	w.add(anAccessKey, key.Secret)
	runs := []canaryRun{
		{args: "add --stdin --no-config plain", stdin: key.ID + "\n" + key.Secret + "\n"},
		{args: "aws corp", stdout: session},
		{args: "aws other-program", stdout: session},
		{args: "exec corp -- env", stdout: []string{anEndpointToken}, take: map[string]string{anEndpointToken: "_TOKEN=(.*)"}, child: map[string][]string{"env": {anEndpointToken}}},
		{args: "login center"},
		{args: "git store", stdin: storedGit},
		{args: "git get", stdin: askGit, stdout: []string{aGitPassword}},
		{args: "console corp"},
		{args: "keychain passphrase", fails: true}, // nobody can be asked for the new one
		{args: "aws plain", env: []string{"CREDMINT_PASSPHRASE=" + canaryPassphrase + "?"}, fails: true},
		{args: "keychain migrate os", fails: true}, // CREDMINT_KEYCHAIN has chosen
	}
	for i := range runs {
		runs[i].env = append(slices.Clone(env), runs[i].env...)
	}
	return runs
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
		anAccessKey, aSession, aCode, aSeed, aSignIn, aProof, anOutboundToken, aRegistryToken, aGitPassword, aConsoleToken, aPassphrase, anEndpointToken,
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
		w.inputs + "/":                      {aCode, aProof, aSession},
		".local/share/credmint/serve-token": {anEndpointToken},
	}, w.home)
	for _, address := range append(w.front.addresses, w.forge.addresses...) {
		p := spot{"a server was asked for " + address[:min(30, len(address))], address, nil}
		if strings.HasPrefix(address, "GET /federation?Action=login&") { // AWS has no other way to sign a browser in
			p.may = []string{aConsoleToken}
		}
		spots = append(spots, p)
	}
	return spots
}
