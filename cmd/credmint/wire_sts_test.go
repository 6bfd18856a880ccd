//go:build linux

package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"credmint/helper/mint/awstest"
)

// stsFault is a way in which STS fails, and what is said of it.
type stsFault struct {
	fault awstest.Fault
	says  string // a regular expression; empty: nothing goes wrong
	hint  string // a part of it
}

const noAWS = `what answered does not speak like AWS`

// stsXML is a whole answer of GetSessionToken with other credentials in it.
func stsXML(credentials string) string {
	return `<GetSessionTokenResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetSessionTokenResult><Credentials>` + credentials +
		`</Credentials></GetSessionTokenResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetSessionTokenResponse>`
}

const (
	keyXML     = `<AccessKeyId>ASIAFORGED</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>`
	entityBomb = `<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">` +
		`<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]>`
)

func stsFaults() map[string]stsFault {
	html := func(status int) awstest.Fault { return awstest.Fault{Status: status, Body: "<html>busy</html>"} }
	page := func(body string) awstest.Fault { return awstest.Fault{Status: 200, Body: body} }
	faults := map[string]stsFault{
		"throttled three times":    {fault: awstest.Fault{Throttle: 3}},
		"throttled for ever":       {awstest.Fault{Throttle: -1}, `AWS refused GetSessionToken: Throttling: Rate exceeded`, "try again in a minute"},
		"500":                      {html(500), `AWS answered with HTTP status 500`, ""},
		"502":                      {html(502), `AWS answered with HTTP status 502`, ""},
		"503":                      {html(503), `AWS answered with HTTP status 503`, ""},
		"504":                      {html(504), `AWS answered with HTTP status 504`, ""},
		"500 of AWS's":             {awstest.Fault{Code: "InternalFailure", Status: 500}, `AWS refused GetSessionToken: InternalFailure`, ""},
		"503 twice":                {fault: awstest.Fault{Status: 503, Times: 2}},
		"403 of something else":    {html(403), `AWS answered with HTTP status 403`, ""},
		"reset in the answer":      {awstest.Fault{Reset: true}, `GetSessionToken: .*(reset by peer|does not speak)`, ""},
		"an answer cut short":      {awstest.Fault{Truncate: true}, noAWS, ""},
		"no answer":                {awstest.Fault{Hang: true}, `(no new session in five seconds|GetSessionToken: .*(Client.Timeout|timeout|deadline) )`, ""},
		"an answer without an end": {awstest.Fault{Slow: true}, `no new session in five seconds|GetSessionToken: `, ""},
		"a web page":               {page("<html>a proxy's page</html>"), noAWS, ""},
		"nothing in it":            {page(""), `AWS answered without credentials`, ""},
		"JSON":                     {page(`{"Credentials":{}}`), `AWS answered without credentials`, ""},
		"XML cut short":            {page(stsXML(keyXML)[:120]), noAWS, ""},
		"XML that is none":         {page(`<GetSessionTokenResponse><Credentials></GetSessionTokenResponse>`), noAWS, ""},
		"an entity bomb":           {page(entityBomb + stsXML(`<AccessKeyId>&d;</AccessKeyId>`)), noAWS, ""},
		"50 MB":                    {awstest.Fault{HugeBody: true}, noAWS, ""},
		"no credentials":           {awstest.Fault{Empty: true}, `AWS answered without credentials`, ""},
		"empty credentials":        {page(stsXML(`<AccessKeyId/><SecretAccessKey/><SessionToken/><Expiration>2099-01-01T00:00:00Z</Expiration>`)), `AWS answered without credentials`, ""},
		"no token":                 {page(stsXML(`<AccessKeyId>A</AccessKeyId><SecretAccessKey>s</SecretAccessKey><Expiration>2099-01-01T00:00:00Z</Expiration>`)), `AWS answered without credentials`, ""},
		"no expiration":            {awstest.Fault{NoExpiry: true}, `AWS answered without an expiration`, ""},
		"a past expiration":        {awstest.Fault{Expiration: time.Now().Add(-time.Hour)}, `AWS's new session ended .* ago by this machine's clock`, "set the clock"},
		"an odd expiration":        {page(stsXML(keyXML + `<Expiration>tomorrow</Expiration>`)), noAWS, ""},
		"an endless expiration":    {page(stsXML(keyXML + `<Expiration>99999-01-01T00:00:00Z</Expiration>`)), noAWS, ""},
		"access denied":            {awstest.Fault{Code: "AccessDenied", Message: "User: a is not authorized to perform: sts:GetSessionToken"}, `AWS refused GetSessionToken: AccessDenied: User`, "mfa_serial"},
		"an expired key":           {awstest.Fault{Code: "ExpiredToken"}, `AWS refused GetSessionToken: ExpiredToken`, "credmint forget other"},
		"an unknown key":           {awstest.Fault{Code: "InvalidClientTokenId"}, `AWS refused GetSessionToken: InvalidClientTokenId`, "make a new one in IAM; or region "},
		"a region that is off":     {awstest.Fault{Code: "RegionDisabledException"}, `RegionDisabledException`, "switch region eu-west-1 on"},
		"escape sequences":         {awstest.Fault{Code: "AccessDenied", Message: "a\x1b]0;owned\a\u202eb\ncredmint: hint: run evil"}, `AccessDenied: a`, ""},
	}
	for status, name := range map[int]string{301: "301", 302: "302", 303: "303", 307: "307", 308: "308"} {
		faults["redirected by "+name] = stsFault{awstest.Fault{Status: status, Redirect: "SAME/again"}, `HTTP status ` + name, ""}
		faults["sent elsewhere by "+name] = stsFault{awstest.Fault{Status: status, Redirect: "ELSEWHERE/"}, `HTTP status ` + name, ""}
	}
	return faults
}

// whole are the faults of which the whole story is told on every run.
func whole(name string) bool {
	return os.Getenv("CREDMINT_SLOW") == "1" || slices.Contains([]string{
		"throttled for ever", "503 twice", "no answer", "a web page", "50 MB", "redirected by 307", "sent elsewhere by 308", "a past expiration",
	}, name)
}

// TestSTSFails has STS fail in each way: with no session kept, which is said; then no more, which needs no help; and while
// a session is kept that is due and still valid, which is served.
func TestSTSFails(t *testing.T) {
	t.Parallel()
	faults := stsFaults()
	strangers := map[string]chan string{}
	together(t, sortedNames(faults), func(w *wired, name string) func() []finished {
		fault := faults[name].fault
		url := w.aws.Start()
		w.at(url)
		seen := make(chan string, 100)
		strangers[name] = seen
		elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			seen <- r.Method + " " + string(body)
		}))
		w.t.Cleanup(elsewhere.Close)
		fault.Redirect = strings.NewReplacer("SAME", url, "ELSEWHERE", elsewhere.URL).Replace(fault.Redirect)
		return func() []finished { return w.failing(fault, whole(name)) }
	}, func(t *testing.T, s *told) {
		want := faults[s.name]
		s.judge(t, want)
		for _, run := range s.runs {
			if run.took > 30*time.Second {
				t.Errorf("it took %s", run.took)
			}
		}
		if len(strangers[s.name]) > 0 {
			t.Errorf("sent elsewhere: %s", <-strangers[s.name])
		}
		if strings.Contains(s.name, "redirected") && len(s.aws.Log()) != len(s.runs) {
			t.Errorf("%d requests of %d runs", len(s.aws.Log()), len(s.runs))
		}
	})
}

// failing runs credmint for a profile of which nothing is kept while STS fails; and, where it is the whole story, once
// that is over, for one whose session is due, and for that one while STS fails.
func (w *wired) failing(fault awstest.Fault, whole bool) []finished {
	w.aws.SetFault("", fault)
	failed := w.run("aws", "other")
	if !whole {
		return []finished{failed}
	}
	w.aws.ClearFaults()
	again := w.run("aws", "other")
	w.aws.SetSessionLife(280 * time.Second)
	due := w.run("aws", "me")
	w.aws.SetSessionLife(0)
	w.aws.SetFault("", fault)
	return []finished{failed, again, due, w.run("aws", "me")}
}

// judge holds what failing did to what is to be said.
func (s *told) judge(t *testing.T, want stsFault) {
	failed := s.runs[0]
	if want.says == "" {
		s.wants(t, failed, 0)
	} else {
		s.wants(t, failed, 1, `^credmint: error: profile "other": .*`+want.says, want.hint)
	}
	if n := strings.Count(failed.stderr, "\n"); n > 2 {
		t.Errorf("%d lines: %s", n, failed.stderr)
	}
	if len(s.runs) == 1 {
		return
	}
	again, due, served := s.runs[1], s.runs[2], s.runs[3]
	s.wants(t, again, 0)
	s.wants(t, due, 0)
	if want.says == "" {
		s.wants(t, served, 0)
		return
	}
	s.wants(t, served, 0, `^credmint: warning: profile "me": serving the session that ends in .*`+want.says)
	if served.stdout != due.stdout {
		t.Errorf("served %s, want the session that was kept", served.stdout)
	}
}
