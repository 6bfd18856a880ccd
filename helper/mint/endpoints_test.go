package mint_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/signin"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"

	"credmint/helper"
	"credmint/helper/mint"
)

// The services that are called without their clients of the SDK are where those have them, in a region of each partition.
func TestServiceEndpoints(t *testing.T) {
	for _, region := range []string{
		"us-east-1", "eu-west-1", "xx-future-1", "cn-north-1", "cn-northwest-1", "us-gov-west-1", "us-gov-east-1", "us-iso-east-1", "us-isob-east-1",
		"eu-isoe-west-1", "us-isof-south-1", "eusc-de-east-1",
	} {
		for _, way := range []helper.Client{{}, {FIPS: true}, {DualStack: true}, {FIPS: true, DualStack: true}} {
			way.Region = region
			p := &helper.Profile{Client: way}
			fips, dual := aws.Bool(way.FIPS), aws.Bool(way.DualStack)
			portal, err := sso.NewDefaultEndpointResolverV2().ResolveEndpoint(t.Context(), sso.EndpointParameters{
				Region: &region, UseFIPS: fips, UseDualStack: dual,
			})
			is(t, way, "https://"+portal.URI.Host, err)(mint.BesideSTS(t.Context(), p, "portal.sso"))
			oidc, err := ssooidc.NewDefaultEndpointResolverV2().ResolveEndpoint(t.Context(), ssooidc.EndpointParameters{
				Region: &region, UseFIPS: fips, UseDualStack: dual,
			})
			is(t, way, "https://"+oidc.URI.Host, err)(mint.BesideSTS(t.Context(), p, "oidc"))
			console, err := signin.NewDefaultEndpointResolverV2().ResolveEndpoint(t.Context(), signin.EndpointParameters{
				Region: &region, UseFIPS: fips, UseDualStack: dual, IsControlPlane: aws.Bool(false),
			})
			is(t, way, console.URI.Host, err)(mint.SignInHost(t.Context(), way))
		}
	}
}

// is holds an address to the SDK's.
func is(t *testing.T, way helper.Client, want string, failed error) func(got string, err error) {
	return func(got string, err error) {
		t.Helper()
		if err != nil || failed != nil || got != want {
			t.Errorf("%+v: %q, %v, want %q, %v", way, got, err, want, failed)
		}
	}
}
