package saml_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/beevik/etree"

	"credmint/helper/mint/awstest"
	"credmint/helper/saml"
)

// FuzzParse compares with another reader of XML: whoever is named, and whatever is offered, is there for it too, in the one
// assertion.
func FuzzParse(f *testing.F) {
	f.Add([]byte(response(f, awstest.Assertion{})))
	f.Add([]byte(response(f, awstest.Assertion{Subject: "<&>\"'", Roles: []string{provider + "," + reader}})))
	f.Add([]byte(response(f, awstest.Assertion{}, "alice@example.com", "<![CDATA[alice]]>@<!-- -->example.com")))
	f.Add([]byte(response(f, awstest.Assertion{}, "<samlp:Response", `<!DOCTYPE r [<!ENTITY a "b">]><samlp:Response`)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := saml.Parse(base64.StdEncoding.EncodeToString(raw))
		if err != nil {
			if r != nil {
				t.Errorf("%+v beside %v", r, err)
			}
			return
		}
		doc := etree.NewDocument()
		if err := doc.ReadFromBytes(raw); err != nil {
			t.Fatalf("the other reader: %v", err)
		}
		assertions := slices.DeleteFunc(doc.FindElements("//Assertion"), func(e *etree.Element) bool {
			return e.NamespaceURI() != "urn:oasis:names:tc:SAML:2.0:assertion"
		})
		if len(assertions) != 1 {
			t.Fatalf("%d assertions for the other reader", len(assertions))
		}
		var offered []string
		for _, v := range assertions[0].FindElements("AttributeStatement/Attribute/AttributeValue") {
			offered = append(offered, content(v))
		}
		for _, role := range r.Roles {
			if !slices.ContainsFunc(offered, func(pair string) bool {
				return strings.Contains(pair, role.ARN) && strings.Contains(pair, role.ProviderARN)
			}) {
				t.Errorf("%+v is none of %q", role, offered)
			}
		}
		names := assertions[0].FindElements("Subject/NameID")
		if r.Subject != "" && !slices.ContainsFunc(names, func(e *etree.Element) bool { return content(e) == r.Subject }) {
			t.Errorf("subject %q", r.Subject)
		}
	})
}

func content(e *etree.Element) string {
	var b strings.Builder
	for _, c := range e.Child {
		if text, ok := c.(*etree.CharData); ok {
			b.WriteString(text.Data)
		}
	}
	return strings.TrimSpace(b.String())
}
