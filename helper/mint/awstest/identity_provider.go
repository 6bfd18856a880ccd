package awstest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

// IdentityProvider signs SAML 2.0 responses, as an organisation's sign-in does.
type IdentityProvider struct {
	EntityID string

	key  *rsa.PrivateKey
	cert *x509.Certificate
}

// NewIdentityProvider makes one with a key of its own.
func NewIdentityProvider(entityID string) *IdentityProvider {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic("awstest: " + err.Error())
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: entityID}}
	validFor(template, -time.Hour, 24*time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic("awstest: " + err.Error())
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic("awstest: " + err.Error())
	}
	return &IdentityProvider{EntityID: entityID, key: key, cert: cert}
}

// The attributes that AWS reads:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html.
const (
	roleAttribute        = "https://aws.amazon.com/SAML/Attributes/Role"
	sessionNameAttribute = "https://aws.amazon.com/SAML/Attributes/RoleSessionName"
)

// Assertion is what an identity provider says of somebody. Zero values are the usual: for AWS, posted to its console, now,
// for five minutes.
type Assertion struct {
	Subject     string
	SessionName string   // empty: the subject
	Roles       []string // "ROLE-ARN,PROVIDER-ARN"
	Audience    string
	Recipient   string
	Issued      time.Time
	Expires     time.Time
	SessionEnds time.Time // SessionNotOnOrAfter; zero: nothing is said about it
}

// Sign makes a response that holds the assertion, in the base64 form in which browsers carry it.
func (p *IdentityProvider) Sign(a Assertion) string {
	a = a.filled()
	doc := etree.NewDocument()
	if err := doc.ReadFromString(p.response(a)); err != nil {
		panic("awstest: " + err.Error())
	}
	assertion := doc.FindElement("/Response/Assertion")
	signer, err := dsig.NewSigningContext(p.key, [][]byte{p.cert.Raw})
	if err != nil {
		panic("awstest: " + err.Error())
	}
	signer.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	signature, err := signer.ConstructSignature(assertion, true)
	if err != nil {
		panic("awstest: " + err.Error())
	}
	assertion.InsertChildAt(1, signature) // after the Issuer, as the schema has it
	text, err := doc.WriteToBytes()
	if err != nil {
		panic("awstest: " + err.Error())
	}
	return base64.StdEncoding.EncodeToString(text)
}

func (a Assertion) filled() Assertion {
	or := func(value *string, usual string) {
		if *value == "" {
			*value = usual
		}
	}
	or(&a.SessionName, a.Subject)
	or(&a.Audience, "urn:amazon:webservices")
	or(&a.Recipient, "https://signin.aws.amazon.com/saml")
	if a.Issued.IsZero() {
		a.Issued = time.Now()
	}
	if a.Expires.IsZero() {
		a.Expires = a.Issued.Add(5 * time.Minute)
	}
	return a
}

// response is SAML 2.0's, of one unsigned assertion, without white space between the elements.
func (p *IdentityProvider) response(a Assertion) string {
	session := ""
	if !a.SessionEnds.IsZero() {
		session = fmt.Sprintf(` SessionNotOnOrAfter="%s"`, instant(a.SessionEnds))
	}
	return fmt.Sprintf(`<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_%s" Version="2.0" IssueInstant="%s" Destination="%s">`,
		rand.Text(), instant(a.Issued), escape(a.Recipient)) +
		`<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>` +
		fmt.Sprintf(`<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion" ID="_%s" Version="2.0" IssueInstant="%s">`, rand.Text(), instant(a.Issued)) +
		fmt.Sprintf(`<Issuer>%s</Issuer>`, escape(p.EntityID)) +
		fmt.Sprintf(`<Subject><NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">%s</NameID>`, escape(a.Subject)) +
		`<SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">` +
		fmt.Sprintf(`<SubjectConfirmationData NotOnOrAfter="%s" Recipient="%s"/>`, instant(a.Expires), escape(a.Recipient)) +
		`</SubjectConfirmation></Subject>` +
		fmt.Sprintf(`<Conditions NotBefore="%s" NotOnOrAfter="%s">`, instant(a.Issued.Add(-time.Minute)), instant(a.Expires)) +
		fmt.Sprintf(`<AudienceRestriction><Audience>%s</Audience></AudienceRestriction></Conditions>`, escape(a.Audience)) +
		fmt.Sprintf(`<AuthnStatement AuthnInstant="%s"%s/>`, instant(a.Issued), session) +
		`<AttributeStatement>` + attribute(sessionNameAttribute, a.SessionName) + attribute(roleAttribute, a.Roles...) +
		`</AttributeStatement></Assertion></samlp:Response>`
}

func attribute(name string, values ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<Attribute Name="%s">`, name)
	for _, v := range values {
		fmt.Fprintf(&b, `<AttributeValue>%s</AttributeValue>`, escape(v))
	}
	return b.String() + `</Attribute>`
}

func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // into memory: cannot fail
	return b.String()
}
