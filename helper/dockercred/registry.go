package dockercred

import (
	"strings"

	"credmint/helper/awsconfig"
)

// Registry is one of Amazon ECR's.
type Registry struct {
	Host    string
	Account string // twelve digits; empty for the public one
	Region  string // where its tokens are from
	FIPS    bool
	Dual    bool // reached over IPv6 too
	Public  bool // public.ecr.aws
}

// ParseRegistry reads an address as callers write it: a host, with or without https:// before it and a path behind. It
// reports false for everything that is not, letter for letter, a registry of Amazon ECR over TLS:
//
//	ACCOUNT.dkr.ecr[-fips].REGION.amazonaws.com[.cn]
//	ACCOUNT.dkr-ecr[-fips].REGION.on.aws
//	ACCOUNT.dkr-ecr.REGION.on.amazonwebservices.com.cn
//	public.ecr.aws
//
// Regions are known by their syntax, since lists of them grow old. A token opens all registries that its identity may
// use, so no look-alike may get one.
// See https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html.
func ParseRegistry(server string) (Registry, bool) {
	host, _, _ := strings.Cut(strings.TrimPrefix(server, "https://"), "/")
	host = strings.TrimSuffix(host, ":443")
	if host == "public.ecr.aws" {
		return Registry{Host: host, Region: "us-east-1", Public: true}, true
	}
	account, rest, _ := strings.Cut(host, ".")
	r := Registry{Host: host, Account: account}
	if rest, r.Dual = cutService(rest, &r.FIPS); rest == "" || !isAccount(account) {
		return Registry{}, false
	}
	region, domain, _ := strings.Cut(rest, ".")
	if r.Region = region; !awsconfig.ValidRegion(region) || domain == "" || domain != domainOf(region, r.Dual) || r.FIPS && strings.HasPrefix(region, "cn-") {
		return Registry{}, false
	}
	return r, true
}

// cutService takes the labels of the service off; nothing is left where they are others'.
func cutService(labels string, fips *bool) (rest string, dual bool) {
	for _, s := range []struct {
		labels     string
		fips, dual bool
	}{
		{"dkr.ecr.", false, false}, {"dkr.ecr-fips.", true, false}, {"dkr-ecr.", false, true}, {"dkr-ecr-fips.", true, true},
	} {
		if rest, ok := strings.CutPrefix(labels, s.labels); ok {
			*fips = s.fips
			return rest, s.dual
		}
	}
	return "", false
}

// domainOf is the DNS suffix of a region's partition; empty where nothing says which it is.
func domainOf(region string, dual bool) string {
	first, rest, _ := strings.Cut(region, "-")
	switch {
	case first == "eusc", strings.HasPrefix(rest, "iso"):
		return ""
	case first == "cn" && dual:
		return "on.amazonwebservices.com.cn"
	case first == "cn":
		return "amazonaws.com.cn"
	case dual:
		return "on.aws"
	}
	return "amazonaws.com"
}

func isAccount(s string) bool { return len(s) == 12 && strings.Trim(s, "0123456789") == "" }
