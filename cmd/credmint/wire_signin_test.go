//go:build linux

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"credmint/helper/mint/awstest"
)

// signInFault is a way in which a step of a sign-in fails, and what is said of it; nothing where it goes on all the same.
type signInFault struct {
	login, action string
	fault         awstest.Fault
	says          string
}

const (
	byBrowser = "login center"
	byCode    = "login --device-code center"
	toConsole = "login --aws-login console"
)

func signInFaults() map[string]signInFault {
	ways := map[string]struct {
		fault awstest.Fault
		says  string
	}{
		"a web page":               {awstest.Fault{Body: "<html>a hotel's page</html>"}, noAWS},
		"a redirect":               {awstest.Fault{Redirect: "https://evil.example/"}, "HTTP status 307"},
		"50 MB":                    {awstest.Fault{HugeBody: true}, noAWS},
		"an answer without an end": {awstest.Fault{Slow: true}, "timeout|deadline|Client.Timeout"},
		"no answer":                {awstest.Fault{Hang: true}, "timeout|deadline|Client.Timeout"},
		"JSON of somebody else":    {awstest.Fault{Body: `{"hello":"world"}`}, "AWS (answered|registered)"},
		"a list":                   {awstest.Fault{Body: `[]`}, noAWS},
		"503":                      {awstest.Fault{Status: 503, Body: "<html>busy</html>"}, "HTTP status 503"},
	}
	faults := map[string]signInFault{
		"503 while the code is typed": {byCode, "CreateToken", awstest.Fault{Status: 503, Body: "busy", Times: 1}, ""},
		"a page while it is typed":    {byCode, "CreateToken", ways["a web page"].fault, noAWS},
		"no code":                     {byCode, "StartDeviceAuthorization", ways["a web page"].fault, noAWS},
	}
	for name, way := range ways {
		faults["console, "+name] = signInFault{toConsole, "CreateOAuth2Token", way.fault, way.says}
		faults["token, "+name] = signInFault{byBrowser, "CreateToken", way.fault, way.says}
	}
	for _, name := range []string{"a web page", "a redirect", "50 MB", "JSON of somebody else"} {
		faults["client, "+name] = signInFault{byBrowser, "RegisterClient", ways[name].fault, ways[name].says}
	}
	return faults
}

// signIns gives a wired machine an Identity Center, a console, and a browser.
func (w *wired) signIns() {
	w.t.Helper()
	browser := filepath.Join(w.t.TempDir(), "browser") // TestMain knows it by its name
	self, err := os.Executable()
	if err == nil {
		err = os.Symlink(self, browser)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.at(w.aws.Start())
	w.env = append(w.env, "BROWSER="+browser, "VISITS="+filepath.Join(w.home, "visits"))
	w.aws.AddConsole(w.alice.ARN)
	w.write(".aws/config", "[profile console]\nregion = us-east-1\n\n[sso-session center]\nsso_region = eu-west-1\nsso_start_url = "+
		w.aws.AddIdentityCenter("alice").StartURL+"\n")
}

// TestSignInFails has the services that sign people in be something else, or nothing: it is said what failed in one line, in
// time; a redirect is followed nowhere; and the next sign-in needs no help.
func TestSignInFails(t *testing.T) {
	t.Parallel()
	faults := signInFaults()
	together(t, sortedNames(faults), func(w *wired, name string) func() []finished {
		w.signIns()
		f := faults[name]
		login := strings.Fields(f.login)
		return func() []finished {
			w.aws.SetFault(f.action, f.fault)
			failed := w.run(login...)
			w.aws.ClearFaults()
			return []finished{failed, w.run(login...)}
		}
	}, func(t *testing.T, s *told) {
		f, failed, after := faults[s.name], s.runs[0], s.runs[1]
		lines := regexp.MustCompile(`(?m)^credmint: error: .*$`).FindAllString(failed.stderr, -1)
		switch {
		case f.says == "":
			if failed.code != exitDone {
				t.Errorf("it ends with %d: %s", failed.code, failed.stderr)
			}
		case failed.code != exitFailed || len(lines) != 1 || len(lines[0]) > 1000 || !regexp.MustCompile(f.says).MatchString(lines[0]):
			t.Errorf("it ends with %d and says %q, want %q: %.2000s", failed.code, lines, f.says, failed.stderr)
		}
		if failed.stdout != "" || failed.took > 30*time.Second || strings.Contains(failed.stderr, "evil.example") || strings.Contains(failed.stderr, "<html>") {
			t.Errorf("after %s it says %s%s", failed.took, failed.stdout, failed.stderr)
		}
		if after.code != exitDone {
			t.Errorf("the next one ends with %d: %s", after.code, after.stderr)
		}
	})
}
