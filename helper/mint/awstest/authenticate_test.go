package awstest_test

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"credmint/helper/mint/awstest"
)

const identityForm = "Action=GetCallerIdentity&Version=2011-06-15"

// What the SDK signed, and somebody changed afterwards.
func TestTamperedRequests(t *testing.T) {
	w := newWorld(t)
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	replace := func(from, to string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), from, to, 1))
		}
	}
	body := func(form string) func(*http.Request) {
		return func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(form)), int64(len(form))
		}
	}
	tests := map[string]struct {
		change func(*http.Request)
		status int
		code   string
	}{
		"untouched":       {func(*http.Request) {}, 200, ""},
		"other body":      {body("Action=GetSessionToken&Version=2011-06-15"), 403, "SignatureDoesNotMatch"},
		"other host":      {func(r *http.Request) { r.Host = "sts.amazonaws.com" }, 403, "SignatureDoesNotMatch"},
		"other day":       {header("X-Amz-Date", time.Now().UTC().AddDate(0, 0, -1).Format("20060102T150405Z")), 403, "SignatureDoesNotMatch"},
		"other second":    {header("X-Amz-Date", time.Now().UTC().Add(2*time.Second).Format("20060102T150405Z")), 403, "SignatureDoesNotMatch"},
		"no date":         {func(r *http.Request) { r.Header.Del("X-Amz-Date") }, 400, "IncompleteSignature"},
		"no signature":    {func(r *http.Request) { r.Header.Del("Authorization") }, 403, "MissingAuthenticationToken"},
		"two signatures":  {func(r *http.Request) { r.Header.Add("Authorization", r.Header.Get("Authorization")) }, 400, "IncompleteSignature"},
		"other service":   {replace("/sts/", "/iam/"), 403, "SignatureDoesNotMatch"},
		"other region":    {replace("/eu-west-1/", "/us-east-1/"), 403, "SignatureDoesNotMatch"},
		"host not signed": {replace("host;", ""), 403, "SignatureDoesNotMatch"},
		"out of order":    {replace("host;x-amz-date", "x-amz-date;host"), 403, "SignatureDoesNotMatch"},
		"added header":    {header("X-Amz-Other", "x"), 403, "SignatureDoesNotMatch"},
		"unsigned token":  {header("X-Amz-Security-Token", "x"), 403, "InvalidClientTokenId"},
		"unknown key":     {replace(w.alice.AccessKeyID, "AKIAIOSFODNN7EXAMPLE"), 403, "InvalidClientTokenId"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := w.signed(t, identityForm, nil)
			tt.change(r)
			status, answer := send(t, r)
			if status != tt.status || tt.code != "" && !strings.Contains(answer, "<Code>"+tt.code+"</Code>") {
				t.Errorf("HTTP %d: %s\nwant %d with %s", status, answer, tt.status, tt.code)
			}
		})
	}
}

// A session's token must be signed, although the request is otherwise right.
func TestTokenMustBeSigned(t *testing.T) {
	w := newWorld(t)
	c := w.session(t, false)
	w.alice.AccessKeyID, w.alice.Secret = *c.AccessKeyId, *c.SecretAccessKey // what signed signs with
	with := func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", *c.SessionToken) }
	if status, answer := send(t, w.signed(t, identityForm, with)); status != 200 {
		t.Errorf("signed: HTTP %d: %s", status, answer)
	}
	r := w.signed(t, identityForm, nil)
	with(r)
	if status, answer := send(t, r); status != 403 || !strings.Contains(answer, "SignatureDoesNotMatch") {
		t.Errorf("not signed: HTTP %d: %s", status, answer)
	}
}

func TestSignedForAnotherService(t *testing.T) {
	w := newWorld(t)
	status, answer := send(t, w.signedFor(t, "iam", identityForm, nil))
	if status != 403 || !strings.Contains(answer, "correct service: &#39;sts&#39;") {
		t.Errorf("HTTP %d: %s", status, answer)
	}
}

func TestMalformedRequests(t *testing.T) {
	w := newWorld(t)
	tests := map[string]struct {
		form string
		edit func(*http.Request)
		want string
	}{
		"fine":              {identityForm, nil, "<Arn>"},
		"fine by GET":       {"", func(r *http.Request) { r.Method, r.URL.RawQuery = "GET", identityForm; r.Header.Del("Content-Type") }, "<Arn>"},
		"unknown action":    {"Action=Fly&Version=2011-06-15", nil, "InvalidAction"},
		"other version":     {"Action=GetCallerIdentity&Version=2011-06-16", nil, "InvalidAction"},
		"no action":         {"Version=2011-06-15", nil, "MissingAction"},
		"syntax":            {identityForm + "&x=%zz", nil, "MalformedQueryString"},
		"twice":             {identityForm + "&Version=2011-06-15", nil, "MalformedQueryString"},
		"unknown parameter": {identityForm + "&DurationSecond=900", nil, "ValidationError"},
		"JSON":              {`{"Action":"GetCallerIdentity"}`, func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, "MalformedQueryString"},
		"other path":        {identityForm, func(r *http.Request) { r.URL.Path = "/sts" }, "UnknownOperationException"},
		"double slash":      {identityForm, func(r *http.Request) { r.URL.Path = "//" }, "UnknownOperationException"},
		"no number":         {"Action=GetSessionToken&Version=2011-06-15&DurationSeconds=1h", nil, "MalformedQueryString"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if _, answer := send(t, w.signed(t, tt.form, tt.edit)); !strings.Contains(answer, tt.want) {
				t.Errorf("answer %s\nwant %s", answer, tt.want)
			}
		})
	}
}

// Answers and refusals carry a new request id each, in the header and in the document.
func TestRequestIDs(t *testing.T) {
	w := newWorld(t)
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for _, body := range []string{identityForm, identityForm, "Action=Fly&Version=2011-06-15", "", identityForm + "&x=%zz"} {
		resp, err := roundTrip(w.signed(t, body, nil))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		id := resp.Header.Get("X-Amzn-RequestId")
		if err != nil || !form.MatchString(id) || seen[id] || !strings.Contains(string(text), "<RequestId>"+id+"</RequestId>") {
			t.Errorf("request id %q, %v, in %s", id, err, text)
		}
		if kind := resp.Header.Get("Content-Type"); kind != "text/xml" {
			t.Errorf("Content-Type %q", kind)
		}
		seen[id] = true
	}
}

func TestKeys(t *testing.T) {
	w := newWorld(t)
	ask := func(id, secret, token string) error {
		_, err := w.client(id, secret, token).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		return err
	}
	a := w.alice
	wantCode(t, ask(a.AccessKeyID, a.Secret, ""), "", "")
	wantCode(t, ask(a.AccessKeyID, a.Secret+"x", ""), "SignatureDoesNotMatch", "does not match the signature you provided")
	wantCode(t, ask("AKIAIOSFODNN7EXAMPLE", a.Secret, ""), "InvalidClientTokenId", "security token included in the request is invalid")
	wantCode(t, ask(a.AccessKeyID, a.Secret, "token"), "InvalidClientTokenId", "")

	second := a.AddAccessKey()
	wantCode(t, ask(second.ID, second.Secret, ""), "", "")
	second.Deactivate()
	wantCode(t, ask(second.ID, second.Secret, ""), "InvalidClientTokenId", "")
	wantCode(t, ask(a.AccessKeyID, a.Secret, ""), "", "")
	a.Deactivate()
	wantCode(t, ask(a.AccessKeyID, a.Secret, ""), "InvalidClientTokenId", "")
	a.Activate()

	one, two := w.session(t, false), w.session(t, false)
	wantCode(t, ask(*one.AccessKeyId, *one.SecretAccessKey, *one.SessionToken), "", "")
	wantCode(t, ask(*one.AccessKeyId, *one.SecretAccessKey, *two.SessionToken), "InvalidClientTokenId", "")
	wantCode(t, ask(*one.AccessKeyId, *one.SecretAccessKey, ""), "InvalidClientTokenId", "")
	wantCode(t, ask(*one.AccessKeyId, *two.SecretAccessKey, *one.SessionToken), "SignatureDoesNotMatch", "")
	if !w.Expire(*one.AccessKeyId) || w.Expire("ASIAIOSFODNN7EXAMPLE") {
		t.Error("Expire found the wrong sessions")
	}
	wantCode(t, ask(*one.AccessKeyId, *one.SecretAccessKey, *one.SessionToken), "ExpiredToken", "is expired")
	wantCode(t, ask(*two.AccessKeyId, *two.SecretAccessKey, *two.SessionToken), "", "")
}

func TestRegionsAndClock(t *testing.T) {
	w := newWorld(t)
	ask := func() error {
		_, err := w.asAlice().GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		return err
	}
	w.SetRegion("us-east-1")
	wantCode(t, ask(), "SignatureDoesNotMatch", "scoped to a valid region")
	w.SetRegion("eu-west-1")
	wantCode(t, ask(), "", "")
	w.DisableRegion("eu-west-1")
	wantCode(t, ask(), "RegionDisabledException", "account:111111111111")

	w = newWorld(t)
	w.SetClock(16 * time.Minute)
	wantCode(t, ask(), "SignatureDoesNotMatch", "Signature expired")
	w.SetClock(-16 * time.Minute)
	wantCode(t, ask(), "SignatureDoesNotMatch", "not yet current")
	resp, err := http.Get(w.url)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if off := time.Until(date); err != nil || off > -15*time.Minute || off < -17*time.Minute {
		t.Errorf("Date %q is off by %s, %v", resp.Header.Get("Date"), off, err)
	}
}

func TestSessionsEnd(t *testing.T) {
	w := newWorld(t)
	w.SetFault("GetSessionToken", awstest.Fault{Life: time.Millisecond})
	c := w.session(t, false)
	if left := time.Until(*c.Expiration); left < 11*time.Hour {
		t.Errorf("the answer claims %s, want what was asked", left)
	}
	w.SetClock(time.Second)
	_, err := w.as(c).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	wantCode(t, err, "ExpiredToken", "")

	w.SetFault("GetSessionToken", awstest.Fault{})
	w.SetSessionLife(16 * time.Minute)
	c = w.session(t, false)
	if left := c.Expiration.Sub(w.Now()); left > 16*time.Minute || left < 15*time.Minute {
		t.Errorf("%s left, want 16 minutes", left)
	}
	if _, token, expires, ok := w.Session(*c.AccessKeyId); !ok || token != *c.SessionToken || !expires.Equal(*c.Expiration) {
		t.Errorf("Session = %t, expires %s, want %s", ok, expires, c.Expiration)
	}
}
