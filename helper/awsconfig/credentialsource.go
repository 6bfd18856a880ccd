package awsconfig

import (
	"fmt"
	"slices"
	"strings"

	"credmint/helper"
	"credmint/helper/filename"
)

// The values of credential_source.
const (
	fromEnvironment = "Environment"
	fromContainer   = "EcsContainer"
	fromInstance    = "Ec2InstanceMetadata"
)

// machine takes the profiles that are whoever the machine is, without a role to assume from there.
func (r *resolver) machine(s *section, serial string) (*helper.Profile, error) {
	set := s.lookup("credential_source")
	if set == nil {
		return nil, nil
	}
	p, err := r.credentialSource(s, set, serial)
	if err == nil {
		p.Name = s.name
	}
	return p, err
}

// credentialSource is the link that credential_source stands for.
// See https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html.
func (r *resolver) credentialSource(s *section, set *helper.Setting, serial string) (*helper.Profile, error) {
	switch set.Value {
	case fromEnvironment:
		return r.environment(s, set, serial)
	case fromContainer:
		return r.container(s, set)
	case fromInstance:
		return r.instance(s, set)
	}
	return nil, errAt(set, "%q: AWS knows %s, %s and %s", set.Value, fromEnvironment, fromContainer, fromInstance)
}

func (r *resolver) environment(s *section, set *helper.Setting, serial string) (*helper.Profile, error) {
	id := r.getenv("AWS_ACCESS_KEY_ID")
	if id == "" || r.getenv("AWS_SECRET_ACCESS_KEY") == "" {
		return nil, errAt(set, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set")
	}
	client, err := r.client(s, STS)
	if err != nil {
		return nil, err
	}
	env := &section{name: "environment", used: new([]helper.Setting)}
	return r.keyLink(env, helper.KeyRef{Place: helper.InEnvironment, ID: id}, client, serial)
}

// Environment resolves to the credentials of the environment, and to nil when it holds none.
func (c *Config) Environment() (*helper.Profile, error) {
	if c.getenv("AWS_ACCESS_KEY_ID") == "" || c.getenv("AWS_SECRET_ACCESS_KEY") == "" {
		return nil, nil
	}
	r := &resolver{Config: c}
	s := &section{name: "environment", used: new([]helper.Setting)}
	return r.environment(s, &helper.Setting{Name: "credential_source", Value: fromEnvironment, File: "environment"}, "")
}

// What ECS and EKS set in a container: https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html.
const (
	containerPath      = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
	containerURL       = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
	containerTokenFile = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"

	ecsHost = "http://169.254.170.2"
)

// container is what ECS and EKS Pod Identity give to a container. Like its token, where it is stands in the environment.
func (r *resolver) container(s *section, set *helper.Setting) (*helper.Profile, error) {
	endpoint, err := r.containerEndpoint(set)
	if err != nil {
		return nil, err
	}
	token := r.getenv(containerTokenFile)
	if token != "" && !filename.IsAbs(token) {
		return nil, fmt.Errorf("%s: %q is no absolute path", containerTokenFile, token)
	}
	return &helper.Profile{
		Name: fromContainer, Kind: helper.Container, Inputs: &helper.ContainerToken{File: token},
		Client: helper.Client{Endpoint: endpoint, CABundle: r.envOr("AWS_CA_BUNDLE", s, "ca_bundle")},
	}, nil
}

func (r *resolver) containerEndpoint(set *helper.Setting) (string, error) {
	path, full := r.getenv(containerPath), r.getenv(containerURL)
	switch {
	case path == "" && full == "":
		return "", errAt(set, "neither %s nor %s is set: this is no container of ECS or EKS", containerPath, containerURL)
	case path == "":
		return full, checkMachineEndpoint(containerURL, full, "169.254.170.2", "169.254.170.23", "fd00:ec2::23")
	case !strings.HasPrefix(path, "/"):
		return "", fmt.Errorf("%s: %q is no path: it begins with /", containerPath, path)
	}
	return ecsHost + path, checkMachineEndpoint(containerPath, ecsHost+path, "169.254.170.2")
}

// environmentContainer takes what ECS and EKS Pod Identity set for a whole container, for the profile that is meant where
// none is named and that nothing else tells about. It comes after all other ways, as in the SDKs.
func (r *resolver) environmentContainer(s *section, _ string) (*helper.Profile, error) {
	if r.getenv(containerPath) == "" && r.getenv(containerURL) == "" || !r.ambient(s) {
		return nil, nil
	}
	p, err := r.container(s, &helper.Setting{Name: "credential_source", Value: fromContainer, File: "environment"})
	if err == nil {
		p.Name = s.name
	}
	return p, err
}

// ambient reports whether a section's profile was asked for itself, and is the one that is meant where none is named.
func (r *resolver) ambient(s *section) bool {
	return len(r.path) == 1 && s.name == firstOf(r.getenv("AWS_PROFILE"), "default")
}

// instance is what EC2 gives to an instance.
// See https://docs.aws.amazon.com/sdkref/latest/guide/feature-imds-credentials.html.
func (r *resolver) instance(s *section, set *helper.Setting) (*helper.Profile, error) {
	if isTrue(r.getenv("AWS_EC2_METADATA_DISABLED")) {
		return nil, errAt(set, "AWS_EC2_METADATA_DISABLED is true")
	}
	endpoint, err := r.instanceEndpoint(s)
	if err != nil {
		return nil, err
	}
	return &helper.Profile{
		Name: fromInstance, Kind: helper.Instance,
		Client: helper.Client{Endpoint: endpoint, CABundle: r.envOr("AWS_CA_BUNDLE", s, "ca_bundle")},
	}, nil
}

func (r *resolver) instanceEndpoint(s *section) (string, error) {
	const variable, setting = "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint"
	if endpoint := r.envOr(variable, s, setting); endpoint != "" {
		return endpoint, checkMachineEndpoint(setting, endpoint, "169.254.169.254", "fd00:ec2::254")
	}
	switch mode := r.envOr(variable+"_MODE", s, setting+"_mode"); strings.ToLower(mode) {
	case "", "ipv4":
		return "http://169.254.169.254", nil
	case "ipv6":
		return "http://[fd00:ec2::254]", nil
	default:
		return "", fmt.Errorf("%s_mode: %q: AWS knows IPv4 and IPv6", setting, mode)
	}
}

// checkMachineEndpoint lets credentials come in clear from this machine only: from its loopback addresses, and from those
// of the link to its host that AWS answers on.
func checkMachineEndpoint(name, raw string, hosts ...string) error {
	a, ok := parseAddress(raw)
	if !ok || a.mark {
		return fmt.Errorf("%s: %q is no address of a web page", name, raw)
	}
	if a.scheme == "https" || isLoopback(a.host) || slices.Contains(hosts, strings.ToLower(a.host)) {
		return nil
	}
	return fmt.Errorf("%s: %q: without https, credentials come from loopback addresses and %s only",
		name, raw, strings.Join(hosts, ", "))
}
