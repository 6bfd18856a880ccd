package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"credmint/cmd/credmint/kept"
	"credmint/helper"
	"credmint/helper/filelock"
	"credmint/helper/gitcred"
	"credmint/helper/mint/awstest"
	"credmint/keychain"
)

// memory is a keychain that nobody has to be asked for.
type memory map[string]string

func (m memory) Get(_ context.Context, item string) (string, error) {
	value, ok := m[item]
	if !ok {
		return "", keychain.ErrNotFound
	}
	return value, nil
}

func (m memory) Set(_ context.Context, item, value string) error { m[item] = value; return nil }
func (m memory) Delete(_ context.Context, item string) error     { delete(m, item); return nil }
func (m memory) Limit() int                                      { return 0 }

// gitMachine has logins and sessions kept, at one moment.
type gitMachine struct {
	dir     string
	secrets memory
	now     time.Time
	aws     string // which knows nobody here
}

const gitMachineConfig = `[profile reader]
region = us-east-1
credmint_role_arn = arn:aws:iam::222222222222:role/Reader
credmint_source_profile = key
[profile due]
region = us-east-1
credmint_role_arn = arn:aws:iam::333333333333:role/Due
credmint_source_profile = key
[profile ruled]
region = us-east-1
credmint_role_arn = arn:aws:iam::444444444444:role/Ruled
credmint_source_profile = key
credmint_allow = nobody
[profile claims]
region = us-east-1
credmint_role_arn = arn:aws:iam::555555555555:role/Claims
credmint_source_profile = key
credmint_codecommit_profile = claimed-*
[profile key]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = secret
[profile team]
credmint_git_secret = https://team.example.com/inner git/team
`

func newGitMachine(tb testing.TB) *gitMachine {
	aws := awstest.New()
	m := &gitMachine{dir: tb.TempDir(), secrets: memory{}, now: time.Unix(1_800_000_000, 0), aws: aws.Start()}
	tb.Cleanup(aws.Close)
	for name, value := range map[string]string{
		"HOME": m.dir, "XDG_CACHE_HOME": m.dir, "XDG_CONFIG_HOME": m.dir, "LocalAppData": m.dir, "GIT_CONFIG_NOSYSTEM": "1",
	} {
		tb.Setenv(name, value)
	}
	m.write(tb, "config", gitMachineConfig)
	m.write(tb, "broken", gitMachineConfig+"credmint_git_secret = https://team.example.com/inner\n")
	logins := m.app(nil, nil).savedLogins()
	ctx := context.Background()
	for _, url := range []string{
		"https://alice:one@several.example.com", "https://bob:two@several.example.com", "https://alice:p@single.example.com:8443",
		"https://alice:p@path.example.com/team/repo", "https://alice:marked@erased.example.com", "https://bob:left@erased.example.com",
		"https://alice:gone@all-erased.example.com", "https://:@empty.example.com", "https://alice:%ff%fe@bytes.example.com",
		"http://alice:plain@http.example.com", "https://alice:p@team.example.com/outer", "https://x-at-666666666666:static@git-codecommit.eu-west-1.amazonaws.com",
	} {
		c, err := gitcred.ParseURL(url)
		if err == nil {
			err = logins.Store(ctx, c)
		}
		if err != nil {
			tb.Fatal(url, err)
		}
	}
	for host, expires := range map[string]time.Duration{"later": time.Hour, "token": -time.Hour} {
		c := gitcred.Credential{
			Protocol: gitcred.Some("https"), Host: gitcred.Some(host + ".example.com"), Username: gitcred.Some("alice"),
			Password: gitcred.Some("p"), PasswordExpiry: m.now.Add(expires), OAuthRefreshToken: gitcred.Some("refresh"),
		}
		past := gitcred.Saved{Secrets: logins.Secrets, Now: func() time.Time { return m.now.Add(-2 * time.Hour) }}
		if err := past.Store(ctx, c); err != nil {
			tb.Fatal(err)
		}
	}
	bearer := gitcred.Credential{
		Protocol: gitcred.Some("https"), Host: gitcred.Some("bearer.example.com"),
		AuthType: gitcred.Some("Bearer"), Credential: gitcred.Some("token"),
	}
	if err := logins.Store(ctx, bearer); err != nil {
		tb.Fatal(err)
	}
	for _, url := range []string{"https://alice@erased.example.com", "https://all-erased.example.com"} {
		c, err := gitcred.ParseURL(url)
		if err == nil {
			err = logins.Erase(ctx, c)
		}
		if err != nil {
			tb.Fatal(url, err)
		}
	}
	for profile, left := range map[string]time.Duration{"reader": time.Hour, "due": time.Minute, "ruled": time.Hour, "claims": time.Hour} {
		w := m.app(nil, nil).kept
		p, err := w.Profile(profile)
		if err != nil {
			tb.Fatal(err)
		}
		s := helper.Session{
			AccessKeyID: "ASIAIOSFODNN7EXAMPLE", SecretAccessKey: "secret of " + profile, SessionToken: "token",
			Issued: m.now.Add(left - time.Hour), Expires: m.now.Add(left),
		}
		if err := w.Sessions().Put(ctx, p.Key(), s); err != nil {
			tb.Fatal(err)
		}
	}
	return m
}

func (m *gitMachine) write(tb testing.TB, name, text string) {
	tb.Helper()
	if err := os.WriteFile(filepath.Join(m.dir, name), []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
}

// app is the program as main starts it on this machine, with environment variables more.
func (m *gitMachine) app(stdin []byte, more map[string]string) *app {
	vars := map[string]string{
		"XDG_DATA_HOME": m.dir, "LocalAppData": m.dir, "AWS_CONFIG_FILE": filepath.Join(m.dir, "config"), "CREDMINT_PROMPT": "none",
		"AWS_ENDPOINT_URL": m.aws,
	}
	for name, value := range more {
		vars[name] = value
		if name == "config" {
			vars["AWS_CONFIG_FILE"] = filepath.Join(m.dir, value)
		}
	}
	a := newApp()
	a.stdin, a.stdout, a.stderr = bytes.NewReader(stdin), new(bytes.Buffer), new(bytes.Buffer)
	a.getenv, a.now = func(name string) string { return vars[name] }, func() time.Time { return m.now }
	a.kept = &kept.World{Getenv: a.getenv, Now: a.now, OS: m.secrets, NewLock: filelock.New, Random: rand.Reader}
	return a
}

// ways answers a request as the warm path does, and as main does; a nil answer of the warm path leaves it to main.
func (m *gitMachine) ways(profile string, more map[string]string, request []byte) (warm, stdout, stderr []byte, code int) {
	warm = kept.Git(m.app(nil, more).kept, profile, bytes.NewReader(request))
	a := m.app(request, more)
	args := []string{"git", "get"}
	if profile != "" {
		args = []string{"git", "--profile", profile, "get"}
	}
	code = a.run(context.Background(), args)
	return warm, a.stdout.(*bytes.Buffer).Bytes(), a.stderr.(*bytes.Buffer).Bytes(), code
}

const (
	askCodeCommit = "protocol=https\nhost=git-codecommit.us-east-1.amazonaws.com\n"
	askDemo       = askCodeCommit + "path=v1/repos/demo\n"
	askSeveral    = "protocol=https\nhost=several.example.com\n"
)

// What the warm path says is what main would say, byte for byte; and where main would say a word to a person, or do
// anything else than to look, the warm path leaves it to main.
func TestWarmGitIsMains(t *testing.T) {
	m := newGitMachine(t)
	long := strings.Repeat("x", 1<<13)
	for name, tt := range map[string]struct {
		request string
		warm    bool
		profile string
		env     map[string]string
	}{
		"several logins":           {request: askSeveral, warm: true},
		"one of them":              {request: askSeveral + "username=alice\n", warm: true},
		"none of them":             {request: askSeveral + "username=carol\n"},
		"with a blank line":        {request: askSeveral + "\n", warm: true},
		"two messages":             {request: askSeveral + "\n" + askDemo, warm: true},
		"a later one counts":       {request: "host=other\nusername=bob\n" + askSeveral + "username=alice\n", warm: true},
		"what git may add":         {request: "capability[]=authtype\ncapability[]=state\n" + askSeveral + "wwwauth[]=Basic realm=\"x\"\nurl=https://evil\nnew=1\n", warm: true},
		"half an answer":           {request: askSeveral + "username=alice\npassword=other\nquit=1\n", warm: true},
		"a port":                   {request: "protocol=https\nhost=single.example.com:8443\n", warm: true},
		"without it":               {request: "protocol=https\nhost=single.example.com\n"},
		"capitals":                 {request: "protocol=https\nhost=Several.example.com\n"},
		"another protocol":         {request: "protocol=http\nhost=several.example.com\n"},
		"in clear":                 {request: "protocol=http\nhost=http.example.com\n", warm: true},
		"a path":                   {request: "protocol=https\nhost=path.example.com\npath=team/repo\n", warm: true},
		"another path":             {request: "protocol=https\nhost=path.example.com\npath=team/other\n"},
		"no path":                  {request: "protocol=https\nhost=path.example.com\n", warm: true},
		"one is erased":            {request: "protocol=https\nhost=erased.example.com\n", warm: true},
		"the erased one":           {request: "protocol=https\nhost=erased.example.com\nusername=alice\n"},
		"all are erased":           {request: "protocol=https\nhost=all-erased.example.com\n"},
		"empty name and password":  {request: "protocol=https\nhost=empty.example.com\n", warm: true},
		"an empty name":            {request: askSeveral + "username=\n"},
		"no UTF-8":                 {request: "protocol=https\nhost=bytes.example.com\n", warm: true},
		"it ends later":            {request: "protocol=https\nhost=later.example.com\n", warm: true},
		"a refresh token is left":  {request: "protocol=https\nhost=token.example.com\n"},
		"a credential":             {request: "capability[]=authtype\nprotocol=https\nhost=bearer.example.com\n", warm: true},
		"no capability for it":     {request: "protocol=https\nhost=bearer.example.com\n"},
		"the capability, cleared":  {request: "capability[]=authtype\ncapability[]=\nprotocol=https\nhost=bearer.example.com\n"},
		"a team's secret":          {request: "protocol=https\nhost=team.example.com\npath=inner/x\n"},
		"not the team's":           {request: "protocol=https\nhost=team.example.com\npath=outer\n", warm: true},
		"a wrong setting":          {request: askSeveral, env: map[string]string{"config": "broken"}},
		"a wrong setting, in http": {request: "protocol=http\nhost=http.example.com\n", warm: true, env: map[string]string{"config": "broken"}},
		"files that are not there": {request: askSeveral, warm: true, env: map[string]string{"config": "nowhere"}},
		"files that are a folder":  {request: askSeveral, env: map[string]string{"config": "."}},

		"signed":                    {request: askDemo, warm: true, profile: "reader"},
		"signed, for a newer git":   {request: "capability[]=authtype\n" + askDemo, warm: true, profile: "reader"},
		"signed, with the port":     {request: strings.Replace(askDemo, ".com\n", ".com:443\n", 1), warm: true, profile: "reader"},
		"signed, a profile's":       {request: askDemo + "username=reader\n", warm: true},
		"signed, another's":         {request: askDemo + "username=reader\n", profile: "claims"},
		"signed, an account's":      {request: askDemo + "username=222222222222\n"},
		"signed, the ambient":       {request: askDemo, warm: true, env: map[string]string{"AWS_PROFILE": "reader"}},
		"signed, the environment's": {request: askDemo, warm: true, env: map[string]string{"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7ENVIRON", "AWS_SECRET_ACCESS_KEY": "s"}},
		"signed, claimed":           {request: askCodeCommit + "path=v1/repos/claimed-one\n", warm: true},
		"signed again":              {request: askDemo + "username=ASIAIOSFODNN7EXAMPLE\npassword_expiry_utc=1\n", warm: true, profile: "reader"},
		"nobody to sign":            {request: askDemo},
		"no repository":             {request: askCodeCommit, profile: "reader"},
		"a session that is due":     {request: askDemo, profile: "due"},
		"a rule":                    {request: askDemo, profile: "ruled"},
		"no such profile":           {request: askDemo, profile: "nobody"},
		"only one is stored":        {request: "protocol=https\nhost=git-codecommit.eu-west-1.amazonaws.com\npath=v1/repos/demo\n", warm: true},
		"a stored one":              {request: "protocol=https\nhost=git-codecommit.eu-west-1.amazonaws.com\npath=v1/repos/demo\nusername=x-at-666666666666\n", warm: true, profile: "reader"},
		"a look-alike":              {request: "protocol=https\nhost=git-codecommit.us-east-1.amazonaws.com.evil.example\npath=v1/repos/demo\n", profile: "reader"},
		"another port":              {request: strings.Replace(askDemo, ".com\n", ".com:8443\n", 1), profile: "reader"},
		"CodeCommit in clear":       {request: strings.Replace(askDemo, "https", "http", 1), profile: "reader"},

		"nothing":               {},
		"a blank line first":    {request: "\n" + askSeveral},
		"no host":               {request: "protocol=https\n"},
		"no protocol":           {request: "host=several.example.com\n"},
		"cut off":               {request: "protocol=https\nhost=several.example.com"},
		"a carriage return":     {request: "protocol=https\r\nhost=several.example.com\r\n"},
		"NUL":                   {request: askSeveral + "username=alice\x00\n"},
		"a control character":   {request: askSeveral + "username=\x1balice\n"},
		"no equals sign":        {request: askSeveral + "username\n"},
		"a host in a path":      {request: "protocol=https\nhost=several.example.com/path\n"},
		"a protocol of letters": {request: "protocol=https://several.example.com\nhost=x\n"},
		"long, and good":        {request: askSeveral + "wwwauth[]=" + long + "\n", warm: true},
	} {
		t.Run(name, func(t *testing.T) {
			warm, stdout, stderr, code := m.ways(tt.profile, tt.env, []byte(tt.request))
			if (warm != nil) != tt.warm {
				t.Errorf("answered warm: %t, want %t; main says %q and %q", warm != nil, tt.warm, stdout, stderr)
			}
			if warm != nil && (!bytes.Equal(warm, stdout) || len(stderr) > 0 || code != exitDone) {
				t.Errorf("the warm path says %q; main says %q and %q, exit code %d", warm, stdout, stderr, code)
			}
		})
	}
}

// FuzzWarmGit: whatever git is made to ask, the warm path has no answer of its own.
func FuzzWarmGit(f *testing.F) {
	m := newGitMachine(f)
	for _, request := range []string{
		askSeveral, askDemo, askDemo + "username=reader\n", askSeveral + "username=alice\n\n", "protocol=http\nhost=http.example.com\n",
		"capability[]=authtype\nprotocol=https\nhost=bearer.example.com\n", "protocol=https\nhost=path.example.com\npath=team/repo\n",
		"protocol=https\nhost=git-codecommit.eu-west-1.amazonaws.com\npath=v1/repos/demo\nusername=x-at-666666666666\n",
	} {
		f.Add([]byte(request), false)
		f.Add([]byte(request), true)
	}
	f.Fuzz(func(t *testing.T, request []byte, signing bool) {
		profile := ""
		if signing {
			profile = "reader"
		}
		if kept.Git(m.app(nil, nil).kept, profile, bytes.NewReader(request)) == nil {
			return
		}
		if warm, stdout, stderr, code := m.ways(profile, nil, request); !bytes.Equal(warm, stdout) || len(stderr) > 0 || code != exitDone {
			t.Errorf("the warm path says %q; main says %q and %q, exit code %d", warm, stdout, stderr, code)
		}
	})
}
