package awsconfig

import (
	"fmt"
	"strings"

	"credmint/helper"
)

// Service is one of AWS's services, by the name it has in a [services] section; in upper case it ends the name of the
// environment variable. See https://docs.aws.amazon.com/sdkref/latest/guide/ss-endpoints-table.html.
type Service string

// The services that credmint calls.
const (
	STS            Service = "sts"
	SSO            Service = "sso"      // Identity Center's portal
	SSOOIDC        Service = "sso_oidc" // Identity Center's sign-in
	SignIn         Service = "signin"   // the console's sign-in
	IAM            Service = "iam"
	RolesAnywhere  Service = "rolesanywhere"
	SecretsManager Service = "secrets_manager"
	ECR            Service = "ecr"
	ECRPublic      Service = "ecr_public"
)

// endpoint finds a service's URL: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html.
func (r *resolver) endpoint(s *section, service Service) (string, error) {
	if isTrue(r.envOr("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", s, "ignore_configured_endpoint_urls")) {
		return "", nil
	}
	for _, variable := range []string{endpointVariable(service), "AWS_ENDPOINT_URL"} {
		if v := r.getenv(variable); v != "" {
			if err := checkEndpoint(v); err != nil {
				return "", fmt.Errorf("%s: %w", variable, err)
			}
			return v, nil
		}
	}
	set, err := r.serviceEndpoint(s, service)
	if err != nil {
		return "", err
	}
	if set == nil {
		set = s.lookup("endpoint_url")
	}
	if set == nil {
		return "", nil
	}
	if err := checkEndpoint(set.Value); err != nil {
		return "", errAt(set, "%w", err)
	}
	return set.Value, nil
}

func endpointVariable(service Service) string {
	return "AWS_ENDPOINT_URL_" + strings.ToUpper(string(service))
}

// serviceEndpoint looks into the [services] section a profile names.
func (r *resolver) serviceEndpoint(s *section, service Service) (*helper.Setting, error) {
	services := s.lookup("services")
	if services == nil {
		return nil, nil
	}
	named, err := r.config.named("services", services.Value, s.used)
	if err != nil {
		return nil, err
	}
	if !named.found {
		return nil, errAt(services, "there is no [services %s] section", services.Value)
	}
	return named.exact(string(service) + ".endpoint_url"), nil
}
