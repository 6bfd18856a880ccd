package saml_test

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"

	"credmint/helper/mint/awstest"
	"credmint/helper/saml"
)

const (
	admin    = "arn:aws:iam::222222222222:role/Admin"
	reader   = "arn:aws:iam::222222222222:role/team/Reader"
	provider = "arn:aws:iam::222222222222:saml-provider/Corp"
)

// response is a signed one in clear, with each pair of texts replaced.
func response(t testing.TB, a awstest.Assertion, replace ...string) string {
	t.Helper()
	if a.Subject == "" {
		a.Subject = "alice@example.com"
	}
	if a.Roles == nil {
		a.Roles = []string{admin + "," + provider}
	}
	raw, err := base64.StdEncoding.DecodeString(idp.Sign(a))
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			t.Fatalf("there is no %q in %s", replace[i], text)
		}
		text = strings.Replace(text, replace[i], replace[i+1], 1)
	}
	return text
}

var idp = awstest.NewIdentityProvider("https://idp.example/")

func encode(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func TestParse(t *testing.T) {
	text := idp.Sign(awstest.Assertion{
		Subject: "alice@example.com", SessionName: "alice", Recipient: "http://127.0.0.1:7890/saml",
		Roles: []string{admin + "," + provider, " " + provider + " ,\n" + reader, admin + "," + provider, "nonsense", admin + "," + reader},
	})
	r, err := saml.Parse(" " + text[:40] + "\r\n\t" + text[40:] + "\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []saml.Role{{admin, provider}, {reader, provider}}
	if r.Issuer != "https://idp.example/" || r.Subject != "alice@example.com" || r.SessionName != "alice" ||
		r.Recipient != "http://127.0.0.1:7890/saml" || !slices.Equal(r.Roles, want) || r.Encoded != text {
		t.Errorf("%+v", r)
	}
}

// What may differ between identity providers.
func TestParseTakes(t *testing.T) {
	const audience = "<Audience>urn:amazon:webservices</Audience>"
	tests := map[string][]string{
		"declaration":    {"<samlp:Response", `<?xml version="1.0" encoding="UTF-8"?>` + "\n<samlp:Response"},
		"comment":        {"<Issuer>", "<!-- a comment --><Issuer>"},
		"other prefix":   {"<samlp:Status>", `<x:Status xmlns:x="urn:oasis:names:tc:SAML:2.0:protocol">`, "</samlp:Status>", "</x:Status>"},
		"console":        {audience, "<Audience>https://signin.aws.amazon.com/saml</Audience>"},
		"fragment":       {audience, "<Audience>https://signin.aws.amazon.com/saml#2</Audience>"},
		"region":         {audience, "<Audience>https://eu-west-1.signin.aws.amazon.com/saml/acs/SAMLSP123</Audience>"},
		"GovCloud":       {audience, "<Audience>urn:amazon:webservices:govcloud</Audience>"},
		"China":          {audience, "<Audience>https://signin.amazonaws.cn/saml</Audience>"},
		"two audiences":  {audience, "<Audience>https://other.example</Audience>" + audience},
		"two conditions": {"<AudienceRestriction>", "<AudienceRestriction>" + audience + "</AudienceRestriction><AudienceRestriction>"},
		"CDATA":          {"alice@example.com", "<![CDATA[alice@example.com]]>"},
		"split name":     {"alice@example.com", "alice@<!-- -->example.com"},
	}
	for name, replace := range tests {
		t.Run(name, func(t *testing.T) {
			r, err := saml.Parse(encode(response(t, awstest.Assertion{}, replace...)))
			if err != nil || r.Subject != "alice@example.com" || !slices.Equal(r.Roles, []saml.Role{{admin, provider}}) {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	with := func(replace ...string) string { return encode(response(t, awstest.Assertion{}, replace...)) }
	whole := response(t, awstest.Assertion{})
	second := whole[strings.Index(whole, "<Assertion"):strings.Index(whole, "</samlp:Response>")]
	bomb := `<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><samlp:Response`
	const audience = "<Audience>urn:amazon:webservices</Audience>"
	tests := map[string]struct{ text, want string }{
		"nothing":             {" \n", "there is no SAML response"},
		"too long":            {strings.Repeat("A", 100_004), "longer than 100000 characters"},
		"clear":               {whole, "not base64"},
		"half of a character": {"QR==", "not base64"},
		"empty":               {encode(" "), "it is empty"},
		"not XML":             {encode("signed in"), "text beside its root"},
		"web page":            {encode("<html></html>"), "no SAML 2.0 response"},
		"truncated":           {encode(whole[:len(whole)-30]), "not the XML it should be"},
		"bomb":                {with("<samlp:Response", bomb, "alice@example.com", "&b;"), "document type"},
		"external entity":     {with("<samlp:Response", `<!DOCTYPE r SYSTEM "file:///etc/passwd"><samlp:Response`), "document type"},
		"entity":              {with("alice@example.com", "&nbsp;"), "invalid character entity"},
		"late document type":  {encode(whole + "<!DOCTYPE r>"), "document type"},
		"instruction":         {with("<Issuer>", `<?php evil?><Issuer>`), "processing instruction"},
		"UTF-16":              {with("<samlp:Response", `<?xml version="1.0" encoding="UTF-16"?><samlp:Response`), "not the XML it should be"},
		"two roots":           {encode(whole + "<a/>"), "two roots"},
		"text after":          {encode(whole + "text"), "text beside its root"},
		"deep":                {with("<Issuer>", strings.Repeat("<a>", 64)+strings.Repeat("</a>", 64)+"<Issuer>"), "nested more than 64"},
		"attribute twice":     {with(`<Assertion `, `<Assertion ID="_1" `), "two attributes ID"},
		"other version":       {with(`xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"`, `xmlns:samlp="urn:oasis:names:tc:SAML:1.0:protocol"`), "no SAML 2.0 response"},
		"no assertion":        {encode(strings.Replace(whole, second, "", 1)), "one assertion"},
		"two assertions":      {with("</samlp:Response>", second+"</samlp:Response>"), "one assertion"},
		"wrapped":             {with("</samlp:Response>", "<x>"+second+"</x></samlp:Response>"), "one assertion"},
		"elsewhere":           {encode(strings.Replace(whole, second, "<x>"+second+"</x>", 1)), "one assertion"},
		"other namespace":     {with(`xmlns="urn:oasis:names:tc:SAML:2.0:assertion"`, `xmlns="urn:other"`), "one assertion"},
		"no role":             {encode(response(t, awstest.Assertion{Roles: []string{"nonsense"}})), `"alice@example.com" no role`},
		"role's ARN alone":    {encode(response(t, awstest.Assertion{Roles: []string{admin}})), "no role"},
		"other audience":      {with(audience, "<Audience>https://other.example/saml</Audience>"), `"https://other.example/saml"`},
		"VPN":                 {with(audience, "<Audience>urn:amazon:webservices:clientvpn</Audience>"), "not for AWS"},
		"look-alike":          {with(audience, "<Audience>https://signin.aws.amazon.com.evil.example/saml</Audience>"), "not for AWS"},
		"look-alike's suffix": {with(audience, "<Audience>https://evilsignin.aws.amazon.com/saml</Audience>"), "not for AWS"},
		"other path":          {with(audience, "<Audience>https://signin.aws.amazon.com/samlish</Audience>"), "not for AWS"},
		"no audience":         {with(audience, ""), "not for AWS"},
		"no restriction":      {with("<AudienceRestriction>"+audience+"</AudienceRestriction>", ""), "does not say whom it is for"},
		"one of two":          {with("<AudienceRestriction>", "<AudienceRestriction><Audience>https://other.example</Audience></AudienceRestriction><AudienceRestriction>"), "not for AWS"},
		"no status":           {with(`Value="urn:oasis:names:tc:SAML:2.0:status:Success"`, ""), "no status"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r, err := saml.Parse(tt.text)
			if err == nil || !strings.Contains(err.Error(), tt.want) || r != nil {
				t.Errorf("%+v, %v, want %q", r, err, tt.want)
			}
		})
	}
}

func TestDenied(t *testing.T) {
	const status = `<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/>`
	_, err := saml.Parse(encode(response(t, awstest.Assertion{}, status,
		`<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"/></samlp:StatusCode>`+
			`<samlp:StatusMessage>locked out</samlp:StatusMessage>`)))
	var denied *saml.Denied
	if !errors.As(err, &denied) || err.Error() != "the identity provider answered AuthnFailed: locked out" {
		t.Errorf("error %v", err)
	}
}

func TestEncrypted(t *testing.T) {
	_, err := saml.Parse(encode(response(t, awstest.Assertion{}, "</samlp:Response>",
		`<EncryptedAssertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion"/></samlp:Response>`)))
	if !errors.Is(err, saml.ErrEncrypted) {
		t.Errorf("error %v", err)
	}
}
