// Package saml reads the SAML 2.0 responses that AWS takes, to see what they offer before one is sent on. It verifies no
// signature and no time: nothing it says about a response is proven before AWS took it.
//
// It refuses what a response has no business with (document types, entities of its own, processing instructions, deep
// nesting), what is ambiguous (more than one assertion), and what was made out for somebody else than AWS.
package saml

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Response is what one response says of somebody.
type Response struct {
	Issuer      string // the identity provider's entity id
	Subject     string // NameID
	SessionName string // RoleSessionName; AWS refuses a response without one
	Recipient   string // where it was to be posted, which trust policies call saml:aud
	Roles       []Role // what it offers, each once, in its order; at least one
	Encoded     string // itself, in the base64 form that AWS takes
}

// Role is a role that somebody may assume, and the SAML provider in IAM that must vouch for them.
type Role struct{ ARN, ProviderARN string }

// MaxLength is the most that AWS takes of a response in its base64 form.
// See https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html.
const MaxLength = 100_000

// ErrEncrypted says that the assertion is encrypted for AWS, so that nobody else can see what it offers.
var ErrEncrypted = errors.New("the assertion is encrypted")

// Denied is the response of an identity provider that did not sign somebody in.
type Denied struct {
	Status  string // the last part of the most precise status code, such as AuthnFailed
	Message string // the provider's words; may be empty
}

func (d *Denied) Error() string {
	if d.Message == "" {
		return "the identity provider answered " + d.Status
	}
	return fmt.Sprintf("the identity provider answered %s: %s", d.Status, d.Message)
}

// Parse reads a response in its base64 form, in which browsers carry it. White space in it is passed over.
func Parse(text string) (*Response, error) {
	text = strings.Map(func(c rune) rune {
		if strings.ContainsRune(" \t\r\n", c) {
			return -1
		}
		return c
	}, text)
	switch {
	case text == "":
		return nil, errors.New("there is no SAML response")
	case len(text) > MaxLength:
		return nil, fmt.Errorf("the SAML response is longer than %d characters, the most that AWS takes", MaxLength)
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, errors.New("the SAML response is not base64")
	}
	root, err := parse(raw)
	if err != nil {
		return nil, fmt.Errorf("the SAML response is not the XML it should be: %w", err)
	}
	r, err := read(root)
	if err != nil {
		return nil, err
	}
	r.Encoded = text
	return r, nil
}

// The two namespaces of SAML 2.0.
const (
	protocol  = "urn:oasis:names:tc:SAML:2.0:protocol"
	assertion = "urn:oasis:names:tc:SAML:2.0:assertion"
)

func read(root *element) (*Response, error) {
	if !root.is(protocol, "Response") {
		return nil, errors.New("it is no SAML 2.0 response")
	}
	if err := status(root); err != nil {
		return nil, err
	}
	if len(root.all(assertion, "EncryptedAssertion")) > 0 {
		return nil, ErrEncrypted
	}
	assertions := root.all(assertion, "Assertion")
	if root.count(assertion, "Assertion") != 1 || len(assertions) != 1 {
		return nil, errors.New("the SAML response must hold one assertion, and nothing in place of it")
	}
	a := assertions[0]
	if err := madeForAWS(a); err != nil {
		return nil, err
	}
	r := &Response{
		Issuer:      a.text(assertion, "Issuer"),
		Subject:     a.text(assertion, "Subject", "NameID"),
		Recipient:   a.attr("Recipient", assertion, "Subject", "SubjectConfirmation", "SubjectConfirmationData"),
		SessionName: strings.Join(attribute(a, "https://aws.amazon.com/SAML/Attributes/RoleSessionName"), " "),
		Roles:       roles(attribute(a, "https://aws.amazon.com/SAML/Attributes/Role")),
	}
	if len(r.Roles) == 0 {
		return nil, fmt.Errorf("the identity provider offers %q no role at AWS", r.Subject)
	}
	return r, nil
}

// status finds out whether somebody was signed in. The inner code is the more precise one (SAML core section 3.2.2.2).
func status(root *element) error {
	const success = "urn:oasis:names:tc:SAML:2.0:status:Success"
	code := root.attr("Value", protocol, "Status", "StatusCode")
	if code == success {
		return nil
	}
	if inner := root.attr("Value", protocol, "Status", "StatusCode", "StatusCode"); inner != "" {
		code = inner
	}
	if code == "" {
		return errors.New("the SAML response has no status")
	}
	return &Denied{Status: code[strings.LastIndexByte(code, ':')+1:], Message: root.text(protocol, "Status", "StatusMessage")}
}

// attribute returns the values of an attribute of an assertion.
func attribute(a *element, name string) (values []string) {
	for _, at := range a.all(assertion, "AttributeStatement", "Attribute") {
		if at.attrs["Name"] != name {
			continue
		}
		for _, v := range at.all(assertion, "AttributeValue") {
			values = append(values, v.content())
		}
	}
	return values
}

// roles reads pairs of ARNs, which identity providers write in either order. What is no such pair offers nothing.
func roles(pairs []string) (found []Role) {
	for _, pair := range pairs {
		first, second, _ := strings.Cut(pair, ",")
		r := Role{strings.TrimSpace(first), strings.TrimSpace(second)}
		if isARN(r.ProviderARN, "role/") {
			r = Role{r.ProviderARN, r.ARN}
		}
		if isARN(r.ARN, "role/") && isARN(r.ProviderARN, "saml-provider/") && !slices.Contains(found, r) {
			found = append(found, r)
		}
	}
	return found
}

// isARN reports whether a text is an ARN of IAM for such a resource. What else may stand in it is AWS's to say, but for
// characters that would make it look like something else.
func isARN(text, resource string) bool {
	parts := strings.SplitN(text, ":", 6)
	graphic := !strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c > '~' })
	return graphic && len(parts) == 6 && parts[0] == "arn" && parts[2] == "iam" && len(parts[4]) == 12 &&
		strings.HasPrefix(parts[5], resource) && len(parts[5]) > len(resource)
}
