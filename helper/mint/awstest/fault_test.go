package awstest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"credmint/helper/mint/awstest"
	"credmint/helper/platformtest"
)

// Faults as a client of plain HTTP sees them.
func TestFaults(t *testing.T) {
	tests := map[string]struct {
		fault  awstest.Fault
		status int
		has    string // in the body
		lacks  string
		broken bool // the connection, and not just ended early
	}{
		"none":            {awstest.Fault{}, 200, "</GetSessionTokenResponse>", "", false},
		"throttling":      {awstest.Fault{Throttle: 1}, 400, "<Code>Throttling</Code>", "", false},
		"code":            {awstest.Fault{Code: "AccessDenied"}, 403, "<Code>AccessDenied</Code>", "", false},
		"code and status": {awstest.Fault{Code: "InternalFailure", Message: "sorry", Status: 500}, 500, "<Message>sorry</Message>", "", false},
		"status":          {awstest.Fault{Status: 503, Body: "busy"}, 503, "busy", "<", false},
		"page":            {awstest.Fault{Status: 200, Body: "<html></html>"}, 200, "<html>", "Credentials", false},
		"redirect":        {awstest.Fault{Redirect: "https://evil.example/"}, 307, "", "Credentials", false},
		"redirect 301":    {awstest.Fault{Redirect: "https://evil.example/", Status: 301}, 301, "", "Credentials", false},
		"truncated":       {awstest.Fault{Truncate: true}, 200, "<Credentials>", "</GetSessionTokenResponse>", false},
		"empty":           {awstest.Fault{Empty: true}, 200, "</GetSessionTokenResponse>", "<Credentials>", false},
		"no expiry":       {awstest.Fault{NoExpiry: true}, 200, "<SessionToken>", "<Expiration>", false},
		"past":            {awstest.Fault{Expiration: time.Unix(0, 0)}, 200, "<Expiration>1970-01-01T00:00:00Z</Expiration>", "", false},
		"reset":           {awstest.Fault{Reset: true}, 200, "<Credentials>", "</GetSessionTokenResponse>", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.broken {
				platformtest.NotOnWine(t, "a connection that is reset there ends as if it were closed")
			}
			w := newWorld(t)
			w.SetFault("GetSessionToken", tt.fault)
			resp, err := roundTrip(w.signed(t, "Action=GetSessionToken&Version=2011-06-15", nil))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if broken := err != nil && !errors.Is(err, io.ErrUnexpectedEOF); broken != tt.broken {
				t.Errorf("error %v, want a broken connection: %t", err, tt.broken)
			}
			if resp.StatusCode != tt.status || !strings.Contains(string(body), tt.has) || tt.lacks != "" && strings.Contains(string(body), tt.lacks) {
				t.Errorf("HTTP %d: %s\nwant %d with %q, without %q", resp.StatusCode, body, tt.status, tt.has, tt.lacks)
			}
			if tt.fault.Redirect != "" && resp.Header.Get("Location") != tt.fault.Redirect {
				t.Errorf("Location %q", resp.Header.Get("Location"))
			}
		})
	}
}

func TestHugeBody(t *testing.T) {
	w := newWorld(t)
	w.SetFault("", awstest.Fault{HugeBody: true})
	resp, err := http.Post(w.url, "application/x-www-form-urlencoded", strings.NewReader(identityForm))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if n, err := io.Copy(io.Discard, resp.Body); err != nil || n < 49_000_000 {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// Neither of them ends by itself: the client gives up, or Close does it.
func TestEndlessAnswers(t *testing.T) {
	for name, fault := range map[string]awstest.Fault{"hang": {Hang: true}, "slow": {Slow: true}, "delay": {Delay: time.Hour}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.SetFault("", fault)
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			ask := func(ctx context.Context, n int) { // until the request is there
				go func() { ended <- readAll(ctx, w.url) }()
				for len(w.Log()) < n && len(ended) == 0 {
					time.Sleep(time.Millisecond)
				}
			}
			ask(ctx, 1)
			time.AfterFunc(150*time.Millisecond, cancel)
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Errorf("error %v, want %v", err, context.Canceled)
			}
			if log := w.Log(); len(log) != 1 || log[0].Error != awstest.Unanswered {
				t.Errorf("log %+v", log)
			}
			ask(t.Context(), 2)
			w.Close()
			select {
			case err := <-ended:
				if err == nil {
					t.Error("an endless answer ended well")
				}
			case <-time.After(30 * time.Second):
				t.Error("Close did not end the request")
			}
		})
	}
}

// readAll asks for something and reads the answer to its end. It is not the SDK's: smithy closes the request's body when
// the answer begins, which can break the connection while the answer is still under way.
func readAll(ctx context.Context, url string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(identityForm))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := roundTrip(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

func TestFaultsEnd(t *testing.T) {
	w := newWorld(t)
	ask := func() bool {
		_, err := w.asAlice().GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		return err == nil
	}
	tests := map[string]struct {
		action string
		fault  awstest.Fault
		fails  int // calls, of five
	}{
		"throttled twice":    {"", awstest.Fault{Throttle: 2}, 2},
		"throttled for ever": {"", awstest.Fault{Throttle: -1}, 5},
		"three times":        {"", awstest.Fault{Status: 500, Times: 3}, 3},
		"always":             {"GetCallerIdentity", awstest.Fault{Status: 500}, 5},
		"another action":     {"AssumeRole", awstest.Fault{Status: 500}, 0},
	}
	for name, tt := range tests {
		w.ClearFaults()
		w.SetFault(tt.action, tt.fault)
		fails := 0
		for range 5 {
			if !ask() {
				fails++
			}
		}
		if fails != tt.fails {
			t.Errorf("%s: %d of 5 failed, want %d", name, fails, tt.fails)
		}
	}
}
