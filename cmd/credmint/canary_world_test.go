//go:build linux

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"credmint/helper/codecommit/codecommittest"
	"credmint/helper/forge/forgetest"
	"credmint/helper/mint/awstest"
)

// canaryWorld is a desktop on which each kind of secret that credmint touches is used, and of which each is known.
type canaryWorld struct {
	*desktop
	*canaries
	front, forge *front
	apps         *front // a host of GitHub Apps
	appKey       string // of one, in PEM
	center       *awstest.IdentityCenter
	anchor       *awstest.TrustAnchor
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
	}{w.forge, f.Login}, appHost: w.startApps()}})
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
	w.certificate()
	w.aws.AddSecret(account, "git/bot", "canary bot password", "arn:aws:iam::222222222222:role/Reader")
	w.aws.SetOutboundIdentity(true)
	w.give("code", aCode, fmt.Sprint(canaryCode))
	w.add(aSession, "canary secret of another program")
	w.give("session", "", `{"Version":1,"AccessKeyId":"ASIAOTHER","SecretAccessKey":"canary secret of another program","SessionToken":"canary token of another program","Expiration":"2099-01-01T00:00:00Z"}`)
}

// certificate gives the machine one, which IAM Roles Anywhere takes.
func (w *canaryWorld) certificate() {
	w.t.Helper()
	const role = "arn:aws:iam::222222222222:role/Anywhere"
	w.aws.AddRole(role, awstest.Trust{Principals: []string{awstest.RolesAnywherePrincipal}})
	w.anchor = w.aws.AddTrustAnchor("eu-west-1", "222222222222", role)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	cert := w.anchor.Issue("host", key, false, nil)
	w.give("host.pem", "", cert.PEM)
	w.give("host-key.pem", "", cert.KeyPEM)
	w.add(aPrivateKey, strings.Split(cert.KeyPEM, "\n")[1])
	w.lock()
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

[profile podfile]
region = eu-west-1
credmint_role_arn = arn:aws:iam::222222222222:role/Pod
credmint_web_identity_token_file = %[1]s/token

[profile locked]
region = eu-west-1
credmint_role_arn = arn:aws:iam::222222222222:role/Anywhere
credmint_roles_anywhere_trust_anchor_arn = %[5]s
credmint_roles_anywhere_profile_arn = %[6]s
credmint_roles_anywhere_certificate = %[1]s/locked.p12

[profile host]
region = eu-west-1
credmint_role_arn = arn:aws:iam::222222222222:role/Anywhere
credmint_roles_anywhere_trust_anchor_arn = %[5]s
credmint_roles_anywhere_profile_arn = %[6]s
credmint_roles_anywhere_certificate = %[1]s/host.pem
credmint_roles_anywhere_private_key = %[1]s/host-key.pem

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
`, w.inputs, w.center.StartURL, w.device.Serial, coded.String(), w.anchor.ARN, w.anchor.ProfileARN))
}
