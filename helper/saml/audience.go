package saml

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// madeForAWS demands that AWS is among those whom the assertion is made out for: of every AudienceRestriction (SAML core
// section 2.5.1.4), and there must be one.
func madeForAWS(a *element) error {
	restrictions := a.all(assertion, "Conditions", "AudienceRestriction")
	if len(restrictions) == 0 {
		return errors.New("the assertion does not say whom it is for: its audience must be urn:amazon:webservices")
	}
	for _, r := range restrictions {
		var names []string
		for _, e := range r.all(assertion, "Audience") {
			names = append(names, e.content())
		}
		if !slices.ContainsFunc(names, isAWS) {
			return fmt.Errorf("the assertion is not for AWS but for %q: its audience must be urn:amazon:webservices", names)
		}
	}
	return nil
}

// isAWS knows the names that AWS goes by as a service provider: one URN for each partition, and the address of the console's
// sign-in, a region's own included. Identity providers that want each name once add a fragment.
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html.
func isAWS(audience string) bool {
	switch audience {
	case "urn:amazon:webservices", "urn:amazon:webservices:govcloud", "urn:amazon:webservices:cn-north-1":
		return true
	}
	u, err := url.Parse(audience)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Path != "/saml" && !strings.HasPrefix(u.Path, "/saml/") {
		return false
	}
	for _, console := range []string{
		"signin.aws.amazon.com", "signin.amazonaws.cn", "signin.amazonaws-us-gov.com", "signin.amazonaws-eusc.eu",
	} {
		if u.Host == console || strings.HasSuffix(u.Host, "."+console) {
			return true
		}
	}
	return false
}
