package awstest

import (
	"bufio"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The secret of AWS's examples.
const exampleSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

func exampleTime() time.Time { return time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC) }

// AWS's example of deriving a key:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html.
func TestSigningKey(t *testing.T) {
	s := signature{date: "20150830", region: "us-east-1", service: "iam"}
	const want = "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"
	if got := hex.EncodeToString(s.signingKey(exampleSecret)); got != want {
		t.Errorf("signingKey = %s, want %s", got, want)
	}
}

// vectors are of AWS's Signature Version 4 test suite, and, the first, of the IAM User Guide.
func vectors() map[string]struct{ request, service, headers, signature string } {
	const get, post = "GET / HTTP/1.1\n", "POST / HTTP/1.1\n"
	const tail = "Host:example.amazonaws.com\nX-Amz-Date:20150830T123600Z\n"
	return map[string]struct{ request, service, headers, signature string }{
		"iam-list-users": {
			"GET /?Action=ListUsers&Version=2010-05-08 HTTP/1.1\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\n" +
				"Host: iam.amazonaws.com\nX-Amz-Date: 20150830T123600Z\n\n",
			"iam", "content-type;host;x-amz-date", "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
		},
		"get-vanilla": {
			get + tail + "\n",
			"service", "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
		},
		"post-vanilla": {
			post + tail + "\n",
			"service", "host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
		},
		"get-vanilla-query-order-key-case": {
			"GET /?Param2=value2&Param1=value1 HTTP/1.1\n" + tail + "\n",
			"service", "host;x-amz-date", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
		},
		"get-vanilla-utf8-query": {
			"GET /?ሴ=bar HTTP/1.1\n" + tail + "\n",
			"service", "host;x-amz-date", "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
		},
		"get-unreserved": {
			"GET /-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz HTTP/1.1\n" + tail + "\n",
			"service", "host;x-amz-date", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
		},
		"get-header-key-duplicate": {
			get + "Host:example.amazonaws.com\nMy-Header1:value2\nMy-Header1:value2\nMy-Header1:value1\nX-Amz-Date:20150830T123600Z\n\n",
			"service", "host;my-header1;x-amz-date", "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
		},
		"get-header-value-trim": {
			get + "Host:example.amazonaws.com\nMy-Header1: value1\nMy-Header2: \"a   b   c\"\nX-Amz-Date:20150830T123600Z\n\n",
			"service", "host;my-header1;my-header2;x-amz-date", "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
		},
		"post-x-www-form-urlencoded": {
			post + "Content-Type:application/x-www-form-urlencoded\nContent-Length:13\n" + tail + "\nParam1=value1",
			"service", "content-type;host;x-amz-date", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
		},
		"post-sts-header-before": {
			post + tail + "X-Amz-Security-Token:AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==\n\n",
			"service", "host;x-amz-date;x-amz-security-token", "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
		},
	}
}

func TestVectors(t *testing.T) {
	for name, v := range vectors() {
		t.Run(name, func(t *testing.T) {
			r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.ReplaceAll(v.request, "\n", "\r\n"))))
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Fatal(err)
			}
			header := "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/" + v.service +
				"/aws4_request, SignedHeaders=" + v.headers + ", Signature=" + v.signature
			s, failure := parseAuthorization(header)
			if failure != nil {
				t.Fatal(failure.message)
			}
			if failure := s.verify(r, body, exampleSecret, exampleTime()); failure != nil {
				t.Errorf("verify: %s: %s\n%s", failure.code, failure.message, s.canonical(r, body))
			}
			// The other way round: what is right for one secret, second and body is wrong for others.
			for what, failure := range map[string]*refusal{
				"secret": s.verify(r, body, exampleSecret+"x", exampleTime()),
				"body":   s.verify(r, append(body, 'x'), exampleSecret, exampleTime()),
				"time":   s.verify(r, body, exampleSecret, exampleTime().Add(15*time.Minute+time.Second)),
			} {
				if failure == nil || failure.code != "SignatureDoesNotMatch" {
					t.Errorf("another %s: %v", what, failure)
				}
			}
		})
	}
}

// Signatures that are right for what they cover, and do not cover what they must.
func TestRulesOfSigning(t *testing.T) {
	request := func() *http.Request {
		r, err := http.NewRequest(http.MethodPost, "http://127.0.0.1/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Date", exampleTime().Format(amzDate))
		return r
	}
	tests := map[string]struct {
		headers string
		edit    func(*http.Request)
		want    string
	}{
		"fine":           {"host;x-amz-date", nil, ""},
		"one more":       {"accept;host;x-amz-date", func(r *http.Request) { r.Header.Set("Accept", "*/*") }, ""},
		"out of order":   {"x-amz-date;host", nil, "in order"},
		"twice":          {"host;host;x-amz-date", nil, "in order"},
		"no host":        {"x-amz-date", nil, "'Host'"},
		"no date":        {"host", nil, "'x-amz-date'"},
		"no token":       {"host;x-amz-date", func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "x") }, "'x-amz-security-token'"},
		"token":          {"host;x-amz-date;x-amz-security-token", func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "x") }, ""},
		"hash":           {"host;x-amz-content-sha256;x-amz-date", func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", hexSum(nil)) }, ""},
		"another's hash": {"host;x-amz-content-sha256;x-amz-date", func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", hexSum([]byte("x"))) }, "x-amz-content-sha256"},
		"no hash":        {"host;x-amz-content-sha256;x-amz-date", func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD") }, "x-amz-content-sha256"},
	}
	for name, tt := range tests {
		r := request()
		if tt.edit != nil {
			tt.edit(r)
		}
		s := signature{date: "20150830", region: "eu-west-1", service: "sts", headers: strings.Split(tt.headers, ";")}
		s.value = hex.EncodeToString(mac(s.signingKey(exampleSecret), s.stringToSign(exampleTime(), s.canonical(r, nil))))
		got := message(s.verify(r, nil, exampleSecret, exampleTime()))
		if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestClockTolerance(t *testing.T) {
	tests := map[time.Duration]string{
		0: "", 15 * time.Minute: "", -15 * time.Minute: "",
		15*time.Minute + time.Second:  "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T125101Z - 15 min.)",
		-15*time.Minute - time.Second: "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T122059Z + 15 min.)",
	}
	r := &http.Request{Header: http.Header{"X-Amz-Date": {"20150830T123600Z"}}}
	for ahead, want := range tests {
		_, failure := signature{date: "20150830"}.time(r, exampleTime().Add(ahead))
		if got := message(failure); got != want {
			t.Errorf("clock ahead by %s: %q, want %q", ahead, got, want)
		}
	}
	if _, failure := (signature{date: "20150831"}).time(r, exampleTime()); failure == nil {
		t.Error("a scope of another day was taken")
	}
}

func message(failure *refusal) string {
	if failure == nil {
		return ""
	}
	return failure.message
}

func TestParseAuthorization(t *testing.T) {
	const good = "AWS4-HMAC-SHA256 Credential=ID/20150830/us-east-1/sts/aws4_request,SignedHeaders=host;x-amz-date,Signature=ab"
	if s, failure := parseAuthorization(good); failure != nil || s.keyID != "ID" || s.region != "us-east-1" || len(s.headers) != 2 {
		t.Errorf("%+v, %v", s, failure)
	}
	bad := map[string]string{
		"algorithm":  strings.Replace(good, "SHA256", "SHA512", 1),
		"no scheme":  "Bearer abc",
		"credential": strings.Replace(good, "/sts", "", 1),
		"empty part": strings.Replace(good, "us-east-1", "", 1),
		"terminator": strings.Replace(good, "aws4_request", "aws5_request", 1),
		"no headers": strings.Replace(good, "SignedHeaders=host;x-amz-date,", "", 1),
		"no value":   strings.TrimSuffix(good, "ab"),
		"twice":      good + ",Signature=cd",
		"unknown":    good + ",Extra=1",
	}
	for name, header := range bad {
		if s, failure := parseAuthorization(header); failure == nil {
			t.Errorf("%s: took %q as %+v", name, header, s)
		}
	}
}

func TestCanonicalQuery(t *testing.T) {
	tests := map[string]string{
		"":                "",
		"b=2&a=1":         "a=1&b=2",
		"a=2&a=1&a":       "a=&a=1&a=2",
		"a=%7E&b=~":       "a=~&b=~",
		"x=%e1%88%b4":     "x=%E1%88%B4",
		"k=a/b%2Fc":       "k=a%2Fb%2Fc",
		"a%2Db=1&a-b=0":   "a-b=0&a-b=1",
		"space=a%20b":     "space=a%20b",
		"A=upper&a=lower": "A=upper&a=lower",
	}
	for raw, want := range tests {
		if got := canonicalQuery(raw); got != want {
			t.Errorf("canonicalQuery(%q) = %q, want %q", raw, got, want)
		}
	}
}
