package awstest

import (
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

func assumeRoleWithSAMLParams() []string {
	return []string{"RoleArn", "PrincipalArn", "SAMLAssertion", "DurationSeconds", "Policy", "PolicyArns.member."}
}

// assumeRoleWithSAML takes no signature but the assertion's:
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html.
func (a *AWS) assumeRoleWithSAML(r request) (any, *refusal) {
	life, failure := r.durationSeconds(3600, 43200)
	roleARN, providerARN := r.params.Get("RoleArn"), r.params.Get("PrincipalArn")
	if failure := first(
		failure,
		sized(roleARN, "roleArn", 20, 2048),
		sized(providerARN, "principalArn", 20, 2048),
		sized(r.params.Get("SAMLAssertion"), "sAMLAssertion", 4, 100000),
	); failure != nil {
		return nil, failure
	}
	scope, failure := r.scopeDown()
	if failure != nil {
		return nil, failure
	}
	idp := a.saml[providerARN]
	if idp == nil {
		return nil, badToken("Specified provider doesn't exist")
	}
	said, failure := idp.verify(r.params.Get("SAMLAssertion"), a.now())
	if failure != nil {
		return nil, failure
	}
	role := a.roles[roleARN]
	if role == nil || !said.offers(roleARN, providerARN) || !role.Trust.federates(providerARN, said.recipient, said.subject) {
		return nil, denied("Not authorized to perform sts:AssumeRoleWithSAML")
	}
	if life > role.Trust.MaxDuration {
		return nil, invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	if left := said.sessionEnds.Sub(a.now()); !said.sessionEnds.IsZero() {
		life = min(life, left)
	}
	scope.FirstHand = true
	s := a.mint(role.grant(scope.Grant, said.sessionName), life, r.fault)
	name := sha1.Sum([]byte(said.issuer + accountOf(providerARN) + strings.TrimPrefix(providerARN[strings.LastIndex(providerARN, ":")+1:], "saml-provider")))
	return struct {
		assumedRole
		Issuer, Audience, Subject, SubjectType, NameQualifier string
	}{
		assumed(s, r.fault, scope.packed), said.issuer, said.recipient, said.subject,
		strings.TrimPrefix(said.subjectType, "urn:oasis:names:tc:SAML:2.0:nameid-format:"),
		base64.StdEncoding.EncodeToString(name[:]),
	}, nil
}

// statement is what a verified assertion says.
type statement struct {
	issuer, subject, subjectType, audience, recipient, sessionName string

	roles                []string
	notBefore, notOn     time.Time
	expires, sessionEnds time.Time
}

// verify reads a response and what its signature covers, and nothing else of it.
func (p *IdentityProvider) verify(text string, now time.Time) (statement, *refusal) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return statement{}, badToken("Invalid base64 SAMLResponse")
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(raw); err != nil || doc.Root() == nil || doc.Root().Tag != "Response" {
		return statement{}, badToken("The SAMLResponse could not be parsed")
	}
	for _, token := range doc.Child {
		if _, directive := token.(*etree.Directive); directive {
			return statement{}, badToken("The SAMLResponse has a document type")
		}
	}
	assertions := doc.Root().SelectElements("Assertion")
	if len(assertions) != 1 {
		return statement{}, badToken("The response must contain exactly one assertion")
	}
	if assertions[0].FindElement("Issuer") == nil || assertions[0].FindElement("Issuer").Text() != p.EntityID {
		return statement{}, badToken("Issuer not present in specified provider")
	}
	verifier := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{p.cert}})
	signed, err := verifier.Validate(assertions[0])
	if err != nil {
		return statement{}, badToken("Response signature invalid")
	}
	s := read(signed)
	return s, s.check(now)
}

// read takes an assertion apart. What is missing is empty, and fails check.
func read(e *etree.Element) (s statement) {
	text := func(path string) string {
		if found := e.FindElement(path); found != nil {
			return found.Text()
		}
		return ""
	}
	attr := func(path, name string) string {
		if found := e.FindElement(path); found != nil {
			return found.SelectAttrValue(name, "")
		}
		return ""
	}
	at := func(path, name string) time.Time {
		t, _ := time.Parse(time.RFC3339, attr(path, name))
		return t
	}
	s.issuer, s.subject, s.subjectType = text("Issuer"), text("Subject/NameID"), attr("Subject/NameID", "Format")
	s.audience = text("Conditions/AudienceRestriction/Audience")
	s.recipient = attr("Subject/SubjectConfirmation/SubjectConfirmationData", "Recipient")
	s.expires = at("Subject/SubjectConfirmation/SubjectConfirmationData", "NotOnOrAfter")
	s.notBefore, s.notOn = at("Conditions", "NotBefore"), at("Conditions", "NotOnOrAfter")
	s.sessionEnds = at("AuthnStatement", "SessionNotOnOrAfter")
	for _, a := range e.FindElements("AttributeStatement/Attribute") {
		for _, v := range a.SelectElements("AttributeValue") {
			switch a.SelectAttrValue("Name", "") {
			case roleAttribute:
				s.roles = append(s.roles, v.Text())
			case sessionNameAttribute:
				s.sessionName = v.Text()
			}
		}
	}
	return s
}

func (s statement) check(now time.Time) *refusal {
	audiences := []string{"urn:amazon:webservices", "https://signin.aws.amazon.com/saml"}
	switch {
	case s.subject == "":
		return denied("Not authorized to perform sts:AssumeRoleWithSAML")
	case s.sessionName == "":
		return badToken("RoleSessionName is required in AuthnResponse")
	case matches(s.sessionName, "roleSessionName", 2, 64, "+=,.@-") != nil:
		return badToken("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")
	case !slices.Contains(audiences, s.audience):
		return badToken("Response does not contain the required audience")
	case s.recipient == "" || s.expires.IsZero():
		return badToken("SubjectConfirmationData must have a Recipient and a NotOnOrAfter")
	case !now.Before(s.expires), !s.notOn.IsZero() && !now.Before(s.notOn):
		return expired("Token must be redeemed within 5 minutes of issuance")
	case now.Before(s.notBefore):
		return badToken("The assertion is not valid yet")
	}
	return nil
}

// offers reports whether a role is on the list, whose two ARNs may stand in either order.
func (s statement) offers(role, provider string) bool {
	return slices.ContainsFunc(s.roles, func(pair string) bool {
		a, b, _ := strings.Cut(strings.TrimSpace(pair), ",")
		return a == role && b == provider || a == provider && b == role
	})
}
