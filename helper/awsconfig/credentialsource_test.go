package awsconfig_test

import (
	"strings"
	"testing"

	"credmint/helper"
)

func TestCredentialSource(t *testing.T) {
	const (
		roleOf   = "[profile prod]\nrole_arn = " + role + "\ncredential_source = "
		instance = "Ec2InstanceMetadata\n"
		ecs      = "EcsContainer\n"
		assumed  = "prod:role 1h0m0s Admin as credmint @us-east-1 < "
	)
	tests := map[string]struct {
		config string
		env    []string
		want   string // the chain, then the last link's endpoint and token file
	}{
		"instance": {roleOf + instance, nil, assumed + "Ec2InstanceMetadata:instance 0s @ http://169.254.169.254"},
		"instance, no role": {
			"[profile prod]\ncredential_process = credmint aws prod\ncredmint_credential_source = " + instance, nil,
			"prod:instance 0s @ http://169.254.169.254",
		},
		"as the Go SDK reads it":    {"[profile prod]\ncredential_source = " + instance, nil, "prod:instance 0s @ http://169.254.169.254"},
		"instance, no MFA there":    {roleOf + instance + "mfa_serial = 123456789\n", nil, assumed + "Ec2InstanceMetadata:instance 0s @ http://169.254.169.254"},
		"instance, an hour at most": {roleOf + instance + "duration_seconds = 7200\n", nil, assumed + "Ec2InstanceMetadata:instance 0s @ http://169.254.169.254"},
		"IPv6":                      {roleOf + instance, []string{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=IPv6"}, assumed + "Ec2InstanceMetadata:instance 0s @ http://[fd00:ec2::254]"},
		"IPv6 of the profile":       {roleOf + instance + "ec2_metadata_service_endpoint_mode = ipv6\n", nil, assumed + "Ec2InstanceMetadata:instance 0s @ http://[fd00:ec2::254]"},
		"endpoint":                  {roleOf + instance + "ec2_metadata_service_endpoint = http://127.0.0.1:9911/\n", nil, assumed + "Ec2InstanceMetadata:instance 0s @ http://127.0.0.1:9911/"},
		"the variable wins": {
			roleOf + instance + "ec2_metadata_service_endpoint = http://127.0.0.1:9911/\n",
			[]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT=http://[fd00:ec2::254]", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=IPv4"},
			assumed + "Ec2InstanceMetadata:instance 0s @ http://[fd00:ec2::254]",
		},
		"task": {
			roleOf + ecs,
			[]string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2/credentials/1"},
			assumed + "EcsContainer:container 0s @ http://169.254.170.2/v2/credentials/1",
		},
		"the path wins": {
			roleOf + ecs,
			[]string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/1", "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://evil.example/"},
			assumed + "EcsContainer:container 0s @ http://169.254.170.2/1",
		},
		"pod": {
			"[profile prod]\ncredmint_credential_source = " + ecs,
			[]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://169.254.170.23/v1/credentials", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=" + tokenFile},
			"prod:container 0s @ http://169.254.170.23/v1/credentials " + tokenFile,
		},
		"pod, IPv6": {
			roleOf + ecs,
			[]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://[fd00:ec2::23]/v1/credentials"},
			assumed + "EcsContainer:container 0s @ http://[fd00:ec2::23]/v1/credentials",
		},
		"a local agent": {
			roleOf + ecs,
			[]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.3.2.1:8080/get?id=1"},
			assumed + "EcsContainer:container 0s @ http://127.3.2.1:8080/get?id=1",
		},
		"https from anywhere": {
			roleOf + ecs,
			[]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=https://agent.example/creds"},
			assumed + "EcsContainer:container 0s @ https://agent.example/creds",
		},
		"what a container says, for the profile that is meant": {
			"",
			[]string{"AWS_PROFILE=prod", "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://169.254.170.23/v1/credentials"},
			"prod:container 0s @ http://169.254.170.23/v1/credentials",
		},
		"the profile wins over it": {
			"[profile prod]\nrole_arn = " + role + "\nsource_profile = me\n",
			[]string{"AWS_PROFILE=prod", "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://169.254.170.23/v1/credentials"},
			"prod:role 1h0m0s Admin as me @us-east-1 < me:user-key 12h0m0s AKIAME in keychain @us-east-1 ",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := load(t, tt.config, "", tt.env...).Profile("prod", keychain("me"))
			if err != nil {
				t.Fatal(err)
			}
			links := p.Links()
			last := links[len(links)-1]
			got := chain(p) + " " + last.Client.Endpoint
			if in, ok := last.Inputs.(*helper.ContainerToken); ok && in.File != "" {
				got += " " + in.File
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestCredentialSourceErrors(t *testing.T) {
	const full = "AWS_CONTAINER_CREDENTIALS_FULL_URI="
	tests := map[string]struct{ source, env, want string }{
		"unknown":             {"Magic", "", `config:2: credential_source: "Magic": AWS knows Environment, EcsContainer and Ec2InstanceMetadata`},
		"no environment":      {"Environment", "", "not both set"},
		"no container":        {"EcsContainer", "", "config:2: credential_source: neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set"},
		"metadata off":        {"Ec2InstanceMetadata", "AWS_EC2_METADATA_DISABLED=True", "config:2: credential_source: AWS_EC2_METADATA_DISABLED is true"},
		"unknown mode":        {"Ec2InstanceMetadata", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=IPv5", `"IPv5": AWS knows IPv4 and IPv6`},
		"metadata elsewhere":  {"Ec2InstanceMetadata", "AWS_EC2_METADATA_SERVICE_ENDPOINT=http://192.0.2.1/", "credentials come from loopback addresses and 169.254.169.254, fd00:ec2::254 only"},
		"a name":              {"EcsContainer", full + "http://agent.example/", "come from loopback addresses and 169.254.170.2, 169.254.170.23, fd00:ec2::23 only"},
		"the instance's":      {"EcsContainer", full + "http://169.254.169.254/", "only"},
		"looks like loopback": {"EcsContainer", full + "http://127.0.0.1.evil.example/", "only"},
		"a number":            {"EcsContainer", full + "http://2130706433/", "only"},
		"a user":              {"EcsContainer", full + "http://127.0.0.1@evil.example/", "no address of a web page"},
		"a file":              {"EcsContainer", full + "file:///etc/passwd", "no address of a web page"},
		"no scheme":           {"EcsContainer", full + "169.254.170.2/x", "no address of a web page"},
		"no path":             {"EcsContainer", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=@evil.example/", "it begins with /"},
		"a spaced path":       {"EcsContainer", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/a\x7fb", "no address of a web page"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, "[profile prod]\ncredential_source = "+tt.source+"\n", "", tt.env).Profile("prod", keychain())
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
	_, err := load(t, "[profile prod]\ncredential_source = EcsContainer\n", "", full+"http://127.0.0.1/", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=token").Profile("prod", keychain())
	if err == nil || !strings.Contains(err.Error(), "no absolute path") {
		t.Errorf("error %v", err)
	}
}

// What a container is told is for the profile that is meant, and for no other.
func TestAContainerIsNobodyElse(t *testing.T) {
	env := []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://169.254.170.23/v1/credentials", "AWS_PROFILE=prod"}
	for _, config := range []string{"", "[profile other]\nregion = us-east-1\n"} {
		if p, err := load(t, config, "", env...).Profile("other", keychain()); err == nil {
			t.Errorf("%q: %s", config, chain(p))
		}
	}
	config := "[profile other]\nrole_arn = " + role + "\nsource_profile = prod\n"
	if p, err := load(t, config, "", env...).Profile("other", keychain()); err == nil {
		t.Errorf("as a source: %s", chain(p))
	}
}
