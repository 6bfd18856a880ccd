package gitcred_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"credmint/helper/gitcred"
)

func canary() gitcred.Credential {
	return gitcred.Credential{
		Protocol: gitcred.Some("https"), Host: gitcred.Some("example.com"),
		Username: gitcred.Some("ASIA%canary"), Password: gitcred.Some("canary"), OAuthRefreshToken: gitcred.Some("canary"),
		AuthType: gitcred.Some("canary"), Credential: gitcred.Some("canary"), State: []string{"canary"},
	}
}

func TestCredentialDoesNotPrintItsSecrets(t *testing.T) {
	c := canary()
	things := map[string]any{
		"credential": c, "pointer": &c, "slice": []gitcred.Credential{c}, "value": c.Password,
		"value in unexported field": struct{ v gitcred.Value }{c.Password},
		"quit":                      gitcred.Quit{Err: fmt.Errorf("for %v", c)},
	}
	for name, thing := range things {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			got := fmt.Sprintf(verb, thing)
			if strings.Contains(got, "canary") || strings.Contains(got, fmt.Sprintf("%x", "canary")) {
				t.Errorf("%s as %s prints %q", name, verb, got)
			}
		}
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "thing", thing)
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "thing", thing)
		if strings.Contains(log.String(), "canary") {
			t.Errorf("%s logs as %s", name, log.String())
		}
		if doc, _ := json.Marshal(thing); strings.Contains(string(doc), "canary") {
			t.Errorf("%s marshals as %s", name, doc)
		}
	}
}

func TestWhatPrints(t *testing.T) {
	c := canary()
	for got, want := range map[string]string{
		c.String():                     `credential for "https://example.com"`,
		fmt.Sprintf("%#v", c):          `credential for "https://example.com"`,
		fmt.Sprintf("%d", &c):          `credential for "https://example.com"`,
		fmt.Sprintf("%+v", c.Password): "(set)",
		fmt.Sprint(gitcred.Value{}):    "(absent)",
		fmt.Sprint(c.Host):             "(set)",
	} {
		if got != want {
			t.Errorf("printed %s, want %s", got, want)
		}
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "thing", c)
	if !strings.Contains(log.String(), "credential for") {
		t.Errorf("logged %s", log.String())
	}
	if _, err := c.MarshalJSON(); err == nil {
		t.Error("a credential marshals")
	}
	if _, err := c.Host.MarshalJSON(); err == nil {
		t.Error("a value marshals")
	}
}

func TestValueTellsEmptyFromAbsent(t *testing.T) {
	if (gitcred.Value{}).IsSet() || !gitcred.Some("").IsSet() || gitcred.Some("").Text() != "" || (gitcred.Value{}).Text() != "" {
		t.Error("an absent value must not be an empty one")
	}
}

func TestNamesHost(t *testing.T) {
	none, some := gitcred.Value{}, gitcred.Some
	tests := []struct {
		protocol, host gitcred.Value
		want           bool
	}{
		{some("https"), some("h"), true},
		{some("https"), some("h:8443"), true},
		{some("git+ssh"), some("h"), true},
		{some("cert"), some(""), true},
		{some("https"), some(""), false},
		{some("https"), none, false},
		{some("cert"), none, false},
		{some(""), some("h"), false},
		{none, some("h"), false},
		{none, none, false},
		{some("https://a"), some("b"), false}, // else the item of https and a://b
		{some("ht tp"), some("b"), false},
	}
	for _, tt := range tests {
		c := gitcred.Credential{Protocol: tt.protocol, Host: tt.host}
		if got := c.NamesHost(); got != tt.want {
			t.Errorf("%v: NamesHost() = %t, want %t", c, got, tt.want)
		}
	}
}
