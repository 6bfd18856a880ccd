// Package codecommit answers git for AWS CodeCommit: it signs a password that lives for a quarter of an hour from an AWS
// session, and knows the hosts, URLs and git settings that belong to it. Logins of every other host, and static ones of
// CodeCommit, it leaves to the store it is given.
//
// It refuses to sign for any host that is not, letter for letter, one of CodeCommit's, or without TLS: the user name is
// a session token, and a signature seen by a stranger opens the repository it was made for.
//
// https://docs.aws.amazon.com/codecommit/latest/userguide/setting-up.html
package codecommit

import "strings"

// Host is a git endpoint of CodeCommit.
type Host struct {
	Name   string // without port
	Region string
}

// ParseHost reads the protocol and host that git names. It reports false for everything that is not an endpoint of
// CodeCommit over https and port 443, written as AWS does:
//
//	git-codecommit[-fips].REGION.amazonaws.com
//	git-codecommit.REGION.amazonaws.com.cn
//	vpce-ID.git-codecommit[-fips].REGION.vpce.amazonaws.com[.cn]
//
// Regions are known by their syntax, since lists of them grow old. Upper case is refused, though DNS would take it: the
// signature covers the name as it is written. So are the partitions where CodeCommit has no documented endpoint.
func ParseHost(protocol, host string) (Host, bool) {
	name := strings.TrimSuffix(host, ":443")
	if protocol != "https" {
		return Host{}, false
	}
	service, rest, _ := strings.Cut(name, ".")
	private := isEndpointID(service)
	if private {
		service, rest, _ = strings.Cut(rest, ".")
	}
	region, domain, _ := strings.Cut(rest, ".")
	if private {
		if domain, private = strings.CutPrefix(domain, "vpce."); !private {
			return Host{}, false
		}
	}
	fips := service == "git-codecommit-fips"
	if !fips && service != "git-codecommit" || !isRegion(region) || domain == "" || domain != domainOf(region, fips) {
		return Host{}, false
	}
	return Host{Name: name, Region: region}, true
}

// HostOf is the ordinary endpoint of a region.
func HostOf(region string) (Host, error) {
	name, err := Remote{Region: region}.host(Location{})
	return Host{Name: name, Region: region}, err
}

// domainOf is the DNS suffix of the region's partition; empty where CodeCommit is not offered.
func domainOf(region string, fips bool) string {
	first, rest, _ := strings.Cut(region, "-")
	switch {
	case first == "cn" && fips, first == "eusc", strings.HasPrefix(rest, "iso"):
		return ""
	case first == "cn":
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

// isRegion matches [a-z]{2,}(-[a-z]+)+-[0-9]+ in a DNS label.
func isRegion(s string) bool {
	words := strings.Split(s, "-")
	last := len(words) - 1
	if len(s) > 63 || last < 2 || len(words[0]) < 2 {
		return false
	}
	for i, word := range words {
		if i < last && !only(word, isLower) || i == last && !only(word, isDigit) {
			return false
		}
	}
	return true
}

// isEndpointID matches vpce(-[0-9a-z]+)+ in a DNS label: the endpoint's id, a random part, for one zone also its name.
func isEndpointID(s string) bool {
	words := strings.Split(s, "-")
	if len(s) > 63 || len(words) < 2 || words[0] != "vpce" {
		return false
	}
	for _, word := range words {
		if !only(word, func(b byte) bool { return isLower(b) || isDigit(b) }) {
			return false
		}
	}
	return true
}

// only reports whether s is not empty and made of the bytes of the class.
func only(s string, class func(byte) bool) bool {
	for i := range len(s) {
		if !class(s[i]) {
			return false
		}
	}
	return s != ""
}

func isLower(b byte) bool { return 'a' <= b && b <= 'z' }
func isUpper(b byte) bool { return 'A' <= b && b <= 'Z' }
func isDigit(b byte) bool { return '0' <= b && b <= '9' }
