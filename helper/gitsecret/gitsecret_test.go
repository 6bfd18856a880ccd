package gitsecret_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"credmint/helper"
	"credmint/helper/awsconfig"
	"credmint/helper/gitcred"
	"credmint/helper/gitsecret"
)

// next notes what it is asked, and answers with a login of its own.
type next struct{ asked []string }

func (n *next) note(what string, c gitcred.Credential) {
	n.asked = append(n.asked, what+" "+c.Username.Text()+"@"+c.Host.Text())
}

func (n *next) Get(_ context.Context, c gitcred.Credential) (gitcred.Credential, error) {
	n.note("get", c)
	return gitcred.Credential{Username: gitcred.Some("own"), Password: gitcred.Some("mine")}, nil
}

func (n *next) Only(ctx context.Context, c gitcred.Credential) (gitcred.Credential, error) {
	return n.Get(ctx, c)
}

func (n *next) Store(_ context.Context, c gitcred.Credential) error { n.note("store", c); return nil }

func (n *next) Erase(_ context.Context, c gitcred.Credential) error { n.note("erase", c); return nil }

// team is a Helper over secrets.
type team struct {
	gitsecret.Helper
	next    next
	secrets map[string]string // by profile/id; missing: it cannot be read
	forgot  []string
	warned  []string
}

func newTeam(t *testing.T, lines ...string) *team {
	t.Helper()
	w := &team{secrets: map[string]string{}}
	var places []gitsecret.Place
	for i, line := range lines {
		profile, value, _ := strings.Cut(line, ": ")
		p, err := gitsecret.Parse(awsconfig.ProfileSetting{Profile: profile, Setting: helper.Setting{Value: value, File: "config", Line: i + 1}})
		if err != nil {
			t.Fatal(err)
		}
		places = append(places, p)
	}
	w.Helper = gitsecret.Helper{
		Next:   &w.next,
		Places: func() ([]gitsecret.Place, error) { return places, nil },
		Read: func(_ context.Context, p gitsecret.Place) (string, time.Time, error) {
			text, ok := w.secrets[p.Profile+"/"+p.SecretID]
			if !ok {
				return "", time.Time{}, errors.New("AWS refused GetSecretValue")
			}
			return text, time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), nil
		},
		Forget: func(_ context.Context, p gitsecret.Place) error { w.forgot = append(w.forgot, p.SecretID); return nil },
		Warn:   func(err error) { w.warned = append(w.warned, err.Error()) },
	}
	return w
}

// ask runs one action as git does, and returns what was printed.
func (w *team) ask(t *testing.T, action string, lines ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	err := gitcred.Serve(t.Context(), action, strings.NewReader(strings.Join(lines, "\n")+"\n"), &out, w)
	return strings.ReplaceAll(out.String(), "password_expiry_utc=1893456000\n", ""), err
}

func url(t *testing.T, text string) []string {
	t.Helper()
	c, err := gitcred.ParseURL(text)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := gitcred.Write(&b, c); err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
}

const bot = "username=bot\npassword=hush\n"

func TestGet(t *testing.T) {
	const own = "username=own\npassword=mine\n"
	tests := map[string]struct{ setting, text, request, want string }{
		"plain text":              {"https://bot@git.example.com s", "hush", "https://git.example.com", bot},
		"with a line end":         {"https://bot@git.example.com s", "hush\r\n", "https://git.example.com", bot},
		"JSON":                    {"https://git.example.com s", `{"username":"bot","password":"hush","engine":"x"}`, "https://git.example.com", bot},
		"JSON, the user named":    {"https://bot@git.example.com s", ` {"Password":"hush"}`, "https://git.example.com", bot},
		"the user, asked for":     {"https://git.example.com s", `{"username":"bot","password":"hush"}`, "https://bot@git.example.com", bot},
		"another user":            {"https://git.example.com s", `{"username":"bot","password":"hush"}`, "https://alice@git.example.com", own},
		"another user, unread":    {"https://bot@git.example.com s", "", "https://alice@git.example.com", own},
		"another host":            {"https://bot@git.example.com s", "hush", "https://git.example.com.evil.example", own},
		"another port":            {"https://bot@git.example.com s", "hush", "https://git.example.com:8443", own},
		"the port":                {"https://bot@git.example.com:8443 s", "hush", "https://git.example.com:8443", bot},
		"in clear":                {"https://bot@git.example.com s", "hush", "http://git.example.com", own},
		"a host in capitals":      {"https://bot@git.example.com s", "hush", "https://GIT.example.com", own},
		"the path":                {"https://bot@git.example.com/team s", "hush", "https://git.example.com/team", bot},
		"below the path":          {"https://bot@git.example.com/team s", "hush", "https://git.example.com/team/repo.git", bot},
		"beside the path":         {"https://bot@git.example.com/team s", "hush", "https://git.example.com/teams/repo.git", own},
		"no path":                 {"https://bot@git.example.com/team s", "hush", "https://git.example.com", own},
		"any path":                {"https://bot@git.example.com s", "hush", "https://git.example.com/team", bot},
		"empty":                   {"https://bot@git.example.com s", "\n", "https://git.example.com", "quit=1\n"},
		"nobody":                  {"https://git.example.com s", "hush", "https://git.example.com", "quit=1\n"},
		"JSON without a password": {"https://bot@git.example.com s", `{"username":"bot"}`, "https://git.example.com", "quit=1\n"},
		"JSON cut off":            {"https://bot@git.example.com s", `{"password":"hush"`, "https://git.example.com", "quit=1\n"},
		"JSON of numbers":         {"https://bot@git.example.com s", `{"password":7}`, "https://git.example.com", "quit=1\n"},
		"two users":               {"https://bot@git.example.com s", `{"username":"root","password":"hush"}`, "https://git.example.com", "quit=1\n"},
		"a line feed":             {"https://bot@git.example.com s", `{"password":"hush\nhost=evil"}`, "https://git.example.com", "quit=1\n"},
		"two lines":               {"https://bot@git.example.com s", "hush\nhost=evil", "https://git.example.com", "quit=1\n"},
		"a user in two lines":     {"https://git.example.com s", `{"username":"a\nhost=evil","password":"hush"}`, "https://git.example.com", "quit=1\n"},
		"too long":                {"https://bot@git.example.com s", strings.Repeat("hush", 1<<14), "https://git.example.com", "quit=1\n"},
		"an empty user":           {"https://git.example.com s", `{"username":"","password":"hush"}`, "https://git.example.com", "quit=1\n"},
		"an empty user, named":    {"https://@git.example.com s", "hush", "https://git.example.com", "quit=1\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newTeam(t, "ops: "+tt.setting)
			w.secrets["ops/s"] = tt.text
			got, err := w.ask(t, "get", url(t, tt.request)...)
			if got != tt.want || (err != nil) != (tt.want == "quit=1\n") {
				t.Errorf("printed %q, %v, want %q", got, err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "hush") {
				t.Errorf("the error holds the secret: %v", err)
			}
		})
	}
}

// What is answered is for this request alone, and says so to every git that can hear it.
func TestAnswersAreNotToBeKept(t *testing.T) {
	w := newTeam(t, "ops: https://bot@git.example.com s")
	w.secrets["ops/s"] = "hush"
	got, err := w.ask(t, "get", append(url(t, "https://git.example.com"), "capability[]=authtype")...)
	if want := "capability[]=authtype\n" + bot + "ephemeral=1\n"; got != want || err != nil {
		t.Errorf("printed %q, %v, want %q", got, err, want)
	}
	c, err := w.Get(t.Context(), gitcred.Credential{Protocol: gitcred.Some("https"), Host: gitcred.Some("git.example.com")})
	if err != nil || c.PasswordExpiry.Year() != 2030 {
		t.Errorf("it expires at %s, %v", c.PasswordExpiry, err)
	}
}

// A secret that cannot be read is nobody else's to answer for.
func TestUnreadable(t *testing.T) {
	w := newTeam(t, "ops: https://bot@git.example.com s")
	got, err := w.ask(t, "get", url(t, "https://git.example.com")...)
	if got != "quit=1\n" || err == nil || len(w.next.asked) != 0 {
		t.Errorf("printed %q, %v; next was asked %q", got, err, w.next.asked)
	}
}

// A team's password is stored by nobody, and dropped when a server refuses it; other users' are not touched by that.
func TestStoreAndErase(t *testing.T) {
	for _, tt := range []struct {
		name, action, url string
		unread            bool
		next, forgot      string
	}{
		{"the team's", "store", "https://bot:hush@git.example.com", false, "", ""},
		{"the team's, an older password", "store", "https://bot:old@git.example.com", false, "", ""},
		{"another user's", "store", "https://alice:1@git.example.com", false, "store alice@git.example.com", ""},
		{"another user's, said", "store", "https://alice:1@git.example.com", true, "", ""},
		{"another host's", "store", "https://bot:hush@example.com", false, "store bot@example.com", ""},
		{"the team's", "erase", "https://bot:hush@git.example.com", false, "", "s"},
		{"another user's", "erase", "https://alice:1@git.example.com", false, "erase alice@git.example.com", ""},
		{"the host", "erase", "https://git.example.com", false, "erase @git.example.com", "s"},
		{"nobody knows whose", "erase", "https://bot:hush@git.example.com", true, "erase bot@git.example.com", "s"},
		{"another host's", "erase", "https://bot:hush@example.com", false, "erase bot@example.com", ""},
	} {
		t.Run(tt.action+" "+tt.name, func(t *testing.T) {
			w := newTeam(t, "ops: https://git.example.com s")
			if !tt.unread {
				w.secrets["ops/s"] = `{"username":"bot","password":"hush"}`
			}
			got, err := w.ask(t, tt.action, url(t, tt.url)...)
			if told := tt.action == "store" && tt.unread; told != (err != nil) || err != nil && strings.Contains(err.Error(), ":1@") {
				t.Errorf("error %v", err)
			}
			if got != "" || strings.Join(w.next.asked, ",") != tt.next || strings.Join(w.forgot, ",") != tt.forgot {
				t.Errorf("printed %q, %v; next was asked %q, forgot %q", got, err, w.next.asked, w.forgot)
			}
		})
	}
}

// A secret is the only login of its host, where somebody asks for that.
func TestOnly(t *testing.T) {
	w := newTeam(t, "ops: https://bot@git.example.com s", "x: https://twin@twin.example.com a", "y: https://twin@twin.example.com b")
	w.secrets["ops/s"] = "hush"
	for host, want := range map[string]string{"git.example.com": "hush", "twin.example.com": "", "example.com": "mine"} {
		c, err := w.Only(t.Context(), gitcred.Credential{Protocol: gitcred.Some("https"), Host: gitcred.Some(host)})
		if c.Password.Text() != want || (err != nil) != (want == "") {
			t.Errorf("%s: %q, %v, want %q", host, c.Password.Text(), err, want)
		}
	}
}

// Of several places the most exact one counts; where that is not one, nothing is guessed.
func TestSeveralPlaces(t *testing.T) {
	w := newTeam(t, "ops: https://bot@git.example.com all", "dev: https://bot@git.example.com/team one", "qa: https://bot@git.example.com/team/sub two",
		"x: https://twin@twin.example.com a", "y: https://twin@twin.example.com b")
	w.secrets = map[string]string{"ops/all": "all", "dev/one": "one", "qa/two": "two", "x/a": "a", "y/b": "b"}
	for request, want := range map[string]string{
		"https://git.example.com/other":        "username=bot\npassword=all\n",
		"https://git.example.com/team/repo":    "username=bot\npassword=one\n",
		"https://git.example.com/team/sub/x/y": "username=bot\npassword=two\n",
		"https://twin.example.com":             "quit=1\n",
	} {
		if got, _ := w.ask(t, "get", url(t, request)...); got != want {
			t.Errorf("%s: printed %q, want %q", request, got, want)
		}
	}
	_, err := w.ask(t, "get", url(t, "https://twin.example.com")...)
	if err == nil || !strings.Contains(err.Error(), `profile "x" (config:4), profile "y" (config:5)`) {
		t.Errorf("error %v", err)
	}
	w.Ambient = "y"
	if got, err := w.ask(t, "get", url(t, "https://twin.example.com")...); got != "username=twin\npassword=b\n" || err != nil {
		t.Errorf("printed %q, %v", got, err)
	}
	if len(w.next.asked) != 0 {
		t.Errorf("next was asked %q", w.next.asked)
	}
}

// Shared AWS files that cannot be read do not keep git from its other hosts; and nothing is stored that might be a team's.
func TestBrokenConfig(t *testing.T) {
	w := newTeam(t)
	broken := errors.New("config:3: no such section")
	w.Places = func() ([]gitsecret.Place, error) { return nil, broken }
	if got, err := w.ask(t, "get", url(t, "https://git.example.com")...); err != nil || !strings.Contains(got, "mine") || len(w.warned) != 1 {
		t.Errorf("printed %q, %v; warned %q", got, err, w.warned)
	}
	if _, err := w.ask(t, "store", url(t, "https://u:secret@git.example.com")...); !errors.Is(err, broken) || strings.Contains(err.Error(), "secret@") {
		t.Errorf("error %v", err)
	}
	if len(w.next.asked) != 1 {
		t.Errorf("next was asked %q", w.next.asked)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, value := range []string{
		"", "https://h", "https://h a b", "http://h a", "h a", "https:// a", "https://u:secret@h a", "ssh://git@h a", "https://u%0a@h a", "cert:///x a",
	} {
		p, err := gitsecret.Parse(awsconfig.ProfileSetting{Profile: "me", Setting: helper.Setting{Value: value, File: "config", Line: 7}})
		if err == nil || !strings.HasPrefix(err.Error(), "config:7: credmint_git_secret: ") || strings.Contains(err.Error(), "secret@") {
			t.Errorf("Parse(%q) = %+v, %v", value, p, err)
		}
	}
}

// FuzzGet: whatever a secret holds, what git reads is one login of the host that was asked for, or nothing.
func FuzzGet(f *testing.F) {
	f.Add("hush", "https://bot@git.example.com")
	f.Add(`{"username":"bot","password":"hu\nsh"}`, "https://git.example.com")
	f.Add("{", "https://git.example.com")
	f.Fuzz(func(t *testing.T, text, where string) {
		p, err := gitsecret.Parse(awsconfig.ProfileSetting{Profile: "ops", Setting: helper.Setting{Value: where + " s"}})
		if err != nil {
			return
		}
		w := newTeam(t)
		w.Places = func() ([]gitsecret.Place, error) { return []gitsecret.Place{p}, nil }
		w.secrets["ops/s"] = text
		got, err := w.ask(t, "get", "protocol=https", "host="+p.URL.Host.Text(), "path="+p.URL.Path.Text())
		if err != nil {
			if got != "" && got != "quit=1\n" {
				t.Errorf("%q printed %q, %v", text, got, err)
			}
			return
		}
		c, err := gitcred.Read(strings.NewReader(got))
		if err != nil || !c.Password.IsSet() || !c.Username.IsSet() || c.Host.IsSet() || !strings.Contains(text, c.Password.Text()) && !strings.HasPrefix(strings.TrimSpace(text), "{") {
			t.Errorf("%q printed %q", text, got)
		}
	})
}
