package redact

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

const secret = "IQoJb3JpZ2luX2Vj/+secret==&<>"

// requests are the ways in which a secret is sent.
func requests() map[string]func(*http.Request) {
	body := func(mime, text string) func(*http.Request) {
		return func(r *http.Request) {
			r.Method, r.Body, r.ContentLength = http.MethodPost, io.NopCloser(strings.NewReader(text)), int64(len(text))
			r.Header.Set("Content-Type", mime)
		}
	}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	quoted, _ := json.Marshal(secret)
	return map[string]func(*http.Request){
		"session token": header("X-Amz-Security-Token", secret), "Identity Center": header("X-Amz-Sso_bearer_token", secret),
		"bearer": header("Authorization", "Bearer "+secret), "container": header("Authorization", secret), "IMDS": header("X-aws-ec2-metadata-token", secret),
		"client":  func(r *http.Request) { r.SetBasicAuth("id", url.QueryEscape(secret)) },
		"form":    body("application/x-www-form-urlencoded", url.Values{"Action": {"AssumeRoleWithSAML"}, "SAMLAssertion": {secret}}.Encode()),
		"OAuth":   body("application/x-www-form-urlencoded", url.Values{"refresh_token": {secret}}.Encode()),
		"JSON":    body("application/json", `{"clientId":"id","tokenInput":{"refreshToken":`+string(quoted)+`}}`),
		"console": body("application/x-www-form-urlencoded", url.Values{"Session": {`{"sessionId":"ASIA","sessionKey":` + string(quoted) + `}`}}.Encode()),
	}
}

func escapedXML(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

// However a server spells what it was sent, nobody who reads its refusal sees it; and everything else is as it was.
func TestRefusalsHideWhatWasSent(t *testing.T) {
	quoted, _ := json.Marshal(secret)
	spellings := map[string]string{
		"plain": secret, "for a query": url.QueryEscape(secret), "for a path": url.PathEscape(secret), "in JSON": strings.Trim(string(quoted), `"`),
		"in PHP's JSON": strings.ReplaceAll(secret, "/", `\/`), "in XML": escapedXML(secret), "in Go's HTML": strings.ReplaceAll(escapedXML(secret), "+", "&#43;"),
		"in hexadecimal entities": strings.ReplaceAll(escapedXML(secret), "/", "&#x2F;"),
	}
	for how, prepare := range requests() {
		for spelling, text := range spellings {
			for status, said := range map[int]string{403: "no: [hidden], nor [hidden]. ", 200: "no: " + text + ", nor " + text + ". "} {
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
					w.Header().Set("X-Amzn-Requestid", text)
					w.WriteHeader(status)
					_, _ = io.WriteString(w, "no: "+text+", nor "+text+". ")
				}))
				request, err := http.NewRequest(http.MethodGet, server.URL, nil)
				if err != nil {
					t.Fatal(err)
				}
				prepare(request)
				response, err := (&http.Client{Transport: Transport{http.DefaultTransport}}).Do(request)
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(response.Body)
				if err != nil || string(got) != said {
					t.Errorf("%s, %s, %d: %q, %v, want %q", how, spelling, status, got, err, said)
				}
				if id := response.Header.Get("X-Amzn-Requestid"); id != Hidden {
					t.Errorf("%s, %s, %d: the header says %q", how, spelling, status, id)
				}
				response.Body.Close()
				server.Close()
			}
		}
	}
}

func TestHide(t *testing.T) {
	sent := secrets{"731946", "IQoJb3JpZ2lu-and-more", "with%2Fin"}
	sent.sort()
	for text, want := range map[string]string{
		"":                              "",
		"nothing":                       "nothing",
		"Value '731946' at 'tokenCode'": "Value '[hidden]' at 'tokenCode'",
		"73194":                         "73194", // what is left of a short one tells nothing
		"IQoJb3J… was cut":              "IQoJb3J… was cut",
		"IQoJb3JpZ2… was cut":           "[hidden]… was cut",
		"IQoJb3JpZ2lu-and-moreIQoJb3JpZ2lu-and-more": "[hidden][hidden]",
		"with%2Fin": "[hidden]", "with%252Fin": "[hidden]",
		"%": "%", "&": "&", "\\": "\\", "&#": "&#", "&#x;": "&#x;",
	} {
		if got := string(sent.hide([]byte(text))); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// What was not sent stays: a name of a parameter that is no secret, the key's id, AWS's own signature.
func TestOtherWordsStay(t *testing.T) {
	request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("RoleArn=arn:aws:iam::222222222222:role/Reader&RoleSessionName=alice-at-work"))
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/eu-west-1/sts/aws4_request, Signature=abcdef")
	answer := "alice-at-work is not authorized to assume arn:aws:iam::222222222222:role/Reader with AKIAIOSFODNN7EXAMPLE, abcdef"
	response, err := Transport{answering(answer)}.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(response.Body); err != nil || string(got) != answer {
		t.Errorf("it reads %q, %v", got, err)
	}
}

// answering refuses everything.
type answering string

func (a answering) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(a)))}, nil
}
