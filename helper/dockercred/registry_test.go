package dockercred_test

import (
	"testing"

	"credmint/helper/dockercred"
)

func TestParseRegistry(t *testing.T) {
	const account = "111111111111"
	for server, want := range map[string]dockercred.Registry{
		account + ".dkr.ecr.eu-west-1.amazonaws.com":                {Account: account, Region: "eu-west-1"},
		"https://" + account + ".dkr.ecr.eu-west-1.amazonaws.com":   {Account: account, Region: "eu-west-1"},
		account + ".dkr.ecr.eu-west-1.amazonaws.com/":               {Account: account, Region: "eu-west-1"},
		account + ".dkr.ecr.eu-west-1.amazonaws.com:443/team/image": {Account: account, Region: "eu-west-1"},
		account + ".dkr.ecr-fips.us-gov-west-1.amazonaws.com":       {Account: account, Region: "us-gov-west-1", FIPS: true},
		account + ".dkr.ecr.cn-north-1.amazonaws.com.cn":            {Account: account, Region: "cn-north-1"},
		account + ".dkr-ecr.ap-southeast-2.on.aws":                  {Account: account, Region: "ap-southeast-2", Dual: true},
		account + ".dkr-ecr-fips.us-east-1.on.aws":                  {Account: account, Region: "us-east-1", FIPS: true, Dual: true},
		account + ".dkr-ecr.cn-north-1.on.amazonwebservices.com.cn": {Account: account, Region: "cn-north-1", Dual: true},
		"public.ecr.aws":            {Region: "us-east-1", Public: true},
		"https://public.ecr.aws/v2": {Region: "us-east-1", Public: true},
	} {
		got, ok := dockercred.ParseRegistry(server)
		got.Host = ""
		if !ok || got != want {
			t.Errorf("ParseRegistry(%q) = %+v, %v, want %+v", server, got, ok, want)
		}
	}
}

// Look-alikes get nothing.
func TestParseRegistryRefuses(t *testing.T) {
	const account = "111111111111"
	for _, server := range []string{
		"", "ghcr.io", "https://index.docker.io/v1/", "amazonaws.com", account,
		"http://" + account + ".dkr.ecr.eu-west-1.amazonaws.com",
		"https://https://" + account + ".dkr.ecr.eu-west-1.amazonaws.com",
		account + ".dkr.ecr.eu-west-1.amazonaws.com.evil.example",
		account + ".dkr.ecr.eu-west-1.amazonaws.com@evil.example",
		"evil.example/" + account + ".dkr.ecr.eu-west-1.amazonaws.com",
		"evil.example?" + account + ".dkr.ecr.eu-west-1.amazonaws.com",
		"user@" + account + ".dkr.ecr.eu-west-1.amazonaws.com",
		account + ".dkr.ecr.eu-west-1.amazonaws.com:8443",
		account + ".dkr.ecr.eu-west-1.amazonaws.com:443:443",
		account + ".dkr.ecr.eu-west-1.amazonaws.com.",
		account + ".dkr.ecr.eu-west-1.amazonaws.com.cn",
		account + ".dkr.ecr.cn-north-1.amazonaws.com",
		account + ".dkr.ecr-fips.cn-north-1.amazonaws.com.cn",
		account + ".dkr.ecr.eu-west-1.on.aws",
		account + ".dkr-ecr.eu-west-1.amazonaws.com",
		account + ".dkr-ecr.cn-north-1.on.aws",
		account + ".dkr.ecr.eu-west.amazonaws.com",
		account + ".dkr.ecr.eu.west.1.amazonaws.com",
		account + ".dkr.ecr.us-iso-east-1.c2s.ic.gov",
		account + ".dkr.ecr.us-iso-east-1.amazonaws.com",
		account + ".DKR.ecr.eu-west-1.amazonaws.com",
		account + "1.dkr.ecr.eu-west-1.amazonaws.com",
		"x11111111111.dkr.ecr.eu-west-1.amazonaws.com",
		"x." + account + ".dkr.ecr.eu-west-1.amazonaws.com",
		account + ".dkr.ecr..amazonaws.com",
		account + ".dkr.ecr.eu-west-1",
		"public.ecr.aws.evil.example", "xpublic.ecr.aws", "public.ecr.aws:5000", "public-ecr.aws",
	} {
		if r, ok := dockercred.ParseRegistry(server); ok || r != (dockercred.Registry{}) {
			t.Errorf("ParseRegistry(%q) = %+v, %v", server, r, ok)
		}
	}
}
