package codecommit_test

import (
	"regexp"
	"strings"
	"testing"

	"credmint/helper/codecommit"
)

const endpoint = "vpce-0a1b2c3d4e5f60718-abcdefgh"

func TestParseHost(t *testing.T) {
	for host, region := range map[string]string{
		"git-codecommit.us-east-1.amazonaws.com":                                           "us-east-1",
		"git-codecommit.us-east-1.amazonaws.com:443":                                       "us-east-1",
		"git-codecommit.ap-southeast-3.amazonaws.com":                                      "ap-southeast-3",
		"git-codecommit.af-south-1.amazonaws.com":                                          "af-south-1",
		"git-codecommit.us-gov-west-1.amazonaws.com":                                       "us-gov-west-1",
		"git-codecommit.xx-newplace-12.amazonaws.com":                                      "xx-newplace-12",
		"git-codecommit-fips.us-east-2.amazonaws.com":                                      "us-east-2",
		"git-codecommit-fips.us-gov-east-1.amazonaws.com":                                  "us-gov-east-1",
		"git-codecommit.cn-north-1.amazonaws.com.cn":                                       "cn-north-1",
		"git-codecommit.cn-northwest-1.amazonaws.com.cn:443":                               "cn-northwest-1",
		endpoint + ".git-codecommit.us-west-2.vpce.amazonaws.com":                          "us-west-2",
		endpoint + "-us-west-2a.git-codecommit.us-west-2.vpce.amazonaws.com:443":           "us-west-2",
		endpoint + "-eu-west-1a.git-codecommit-fips.ca-central-1.vpce.amazonaws.com":       "ca-central-1",
		endpoint + "-cn-north-1b.git-codecommit.cn-north-1.vpce.amazonaws.com.cn":          "cn-north-1",
		"vpce-" + strings.Repeat("0", 58) + ".git-codecommit.us-west-2.vpce.amazonaws.com": "us-west-2",
	} {
		want := codecommit.Host{Name: strings.TrimSuffix(host, ":443"), Region: region}
		if got, ok := codecommit.ParseHost("https", host); !ok || got != want {
			t.Errorf("ParseHost(%q) = %v, %t; want %v", host, got, ok, want)
		}
		for _, protocol := range []string{"http", "HTTPS", "ssh", "git", "cert", "", "https:", "httpss"} {
			if _, ok := codecommit.ParseHost(protocol, host); ok {
				t.Errorf("ParseHost(%q, %q) is taken for CodeCommit", protocol, host)
			}
		}
	}
}

func TestParseHostRefusesLookAlikes(t *testing.T) {
	for _, host := range lookAlikes() {
		if got, ok := codecommit.ParseHost("https", host); ok {
			t.Errorf("ParseHost(%q) = %v", host, got)
		}
	}
}

func lookAlikes() []string {
	const real = "git-codecommit.us-east-1.amazonaws.com"
	return []string{
		"", ".", "..", ":443", "amazonaws.com", "us-east-1.amazonaws.com", "git-codecommit.amazonaws.com",
		"git-codecommit..amazonaws.com", "git-codecommit.us-east-1", "git-codecommit.us-east-1.", "git-codecommit",
		// other domains
		real + ".evil.example", real + ".cn.evil.example", real + "evil.example", real + ".cn", real + ".com",
		"git-codecommit.us-east-1.amazonaws.comm", "git-codecommit.us-east-1.amazonaws.co", "git-codecommit.us-east-1.amazonaws",
		"git-codecommit.us-east-1.amazonaws-com", "git-codecommit.us-east-1.amazonaws.com-evil.example",
		"git-codecommit.us-east-1.amazonaws.com.evil", "git-codecommit.us-east-1.notamazonaws.com", "git-codecommit.us-east-1.amazon.com",
		"git-codecommit.us-east-1.s3.amazonaws.com", "git-codecommit.us-east-1.api.aws", "git-codecommit.us-east-1xamazonaws.com",
		// other names before it
		"evil." + real, "x" + real, "xgit-codecommit.us-east-1.amazonaws.com", "evil.example." + real, "." + real,
		"git-codecommit-fipsx.us-east-1.amazonaws.com", "git-codecommit-.us-east-1.amazonaws.com", "git-codecommits.us-east-1.amazonaws.com",
		"codecommit.us-east-1.amazonaws.com", "git-codecommit.evil.us-east-1.amazonaws.com", "git-codecommit-us-east-1.amazonaws.com",
		"s3.us-east-1.amazonaws.com", "evil.s3.amazonaws.com", "git-codecommit-us-east-1-amazonaws-com.evil.example",
		// what URLs are made of
		real + ":80", real + ":8443", real + ":0443", real + ":443:443", real + ":", real + ":443.evil.example", real + ":44",
		real + "/", real + "/@evil.example", "evil.example/" + real, "evil.example#" + real, "evil.example?" + real, real + "#evil.example",
		"user@" + real, "evil.example@" + real, real + "@evil.example", "[" + real + "]", "https://" + real, `evil.example\` + real,
		// letters
		"Git-CodeCommit.us-east-1.amazonaws.com", "GIT-CODECOMMIT.US-EAST-1.AMAZONAWS.COM", "git-codecommit.us-east-1.AmazonAWS.com",
		"git-codecommit.US-east-1.amazonaws.com", real + ".", "git-codecommit.us-east-1.amazonaws.com..", "git-codecommit.us-east-1..amazonaws.com",
		"git-codecommit.us-east-1.amazonaws%2ecom", "git%2dcodecommit.us-east-1.amazonaws.com", real + "%00.evil.example", real + "%0a",
		"git-codecommit.us-east-1.аmazonaws.com", "git-codecommit.us-east-1.xn--mazonaws-63g.com", "git-codecommit.us-east-1。amazonaws.com",
		"git‐codecommit.us-east-1.amazonaws.com", "git-codecommit.us-east-１.amazonaws.com", real + "\u200b", "\ufeff" + real,
		" " + real, real + " ", real + "\n", real + "\r", real + "\x00", "evil.example\n" + real, real + "\nhost=evil.example", real + "\t",
		// regions
		"git-codecommit.evil.amazonaws.com", "git-codecommit.us-east.amazonaws.com", "git-codecommit.us-1.amazonaws.com",
		"git-codecommit.us-east-1a.amazonaws.com", "git-codecommit.us--1.amazonaws.com", "git-codecommit.-us-east-1.amazonaws.com",
		"git-codecommit.us-east-1-.amazonaws.com", "git-codecommit.us-east-.amazonaws.com", "git-codecommit.u-east-1.amazonaws.com",
		"git-codecommit.us_east_1.amazonaws.com", "git-codecommit.us-e4st-1.amazonaws.com", "git-codecommit.*.amazonaws.com",
		"git-codecommit.us-east-" + strings.Repeat("1", 60) + ".amazonaws.com",
		// partitions
		"git-codecommit.cn-north-1.amazonaws.com", "git-codecommit.us-east-1.amazonaws.com.cn", "git-codecommit.us-gov-west-1.amazonaws.com.cn",
		"git-codecommit-fips.cn-north-1.amazonaws.com.cn", "git-codecommit.us-iso-east-1.amazonaws.com", "git-codecommit.us-isob-east-1.amazonaws.com",
		"git-codecommit.eu-isoe-west-1.amazonaws.com", "git-codecommit.us-iso-east-1.c2s.ic.gov", "git-codecommit.eusc-de-east-1.amazonaws.com",
		"git-codecommit.eusc-de-east-1.amazonaws.eu", "git-codecommit.us-iso-east-1.", "git-codecommit.us-iso-east-1",
		// VPC endpoints
		"git-codecommit.us-east-1.vpce.amazonaws.com", endpoint + ".git-codecommit.us-east-1.amazonaws.com", endpoint + "." + real + ".vpce",
		"vpce-.git-codecommit.us-east-1.vpce.amazonaws.com", "vpce.git-codecommit.us-east-1.vpce.amazonaws.com",
		"vpce-0a-.git-codecommit.us-east-1.vpce.amazonaws.com", "vpce--0a.git-codecommit.us-east-1.vpce.amazonaws.com",
		"vpce-0A.git-codecommit.us-east-1.vpce.amazonaws.com", "vpc-0a.git-codecommit.us-east-1.vpce.amazonaws.com",
		"xvpce-0a.git-codecommit.us-east-1.vpce.amazonaws.com", "evil." + endpoint + ".git-codecommit.us-east-1.vpce.amazonaws.com",
		endpoint + ".evil.example.git-codecommit.us-east-1.vpce.amazonaws.com", endpoint + ".s3.us-east-1.vpce.amazonaws.com",
		endpoint + ".git-codecommit.us-east-1.vpcx.amazonaws.com", endpoint + ".git-codecommit.us-east-1.vpce.vpce.amazonaws.com",
		endpoint + ".git-codecommit.us-east-1.vpce.amazonaws.com.cn", endpoint + ".git-codecommit.us-east-1.vpce.amazonaws.com.evil.example",
		"vpce-" + strings.Repeat("0", 59) + ".git-codecommit.us-west-2.vpce.amazonaws.com", endpoint, endpoint + ".vpce.amazonaws.com",
	}
}

// FuzzParseHost holds the hand-written matcher to the rule as a regular expression and what it cannot say.
func FuzzParseHost(f *testing.F) {
	rule := regexp.MustCompile(`^(vpce(?:-[0-9a-z]+)+\.)?git-codecommit(-fips)?\.([a-z]{2,}(?:-[a-z]+)+-[0-9]+)\.(vpce\.)?amazonaws\.com(\.cn)?(:443)?$`)
	elsewhere := regexp.MustCompile(`^(eusc-|[a-z]+-iso)`)
	for _, host := range lookAlikes() {
		f.Add("https", host)
	}
	f.Add("https", "git-codecommit.us-east-1.amazonaws.com:443")
	f.Add("https", "git-codecommit-fips.us-gov-west-1.amazonaws.com")
	f.Add("https", "git-codecommit.cn-north-1.amazonaws.com.cn")
	f.Add("https", endpoint+"-us-west-2a.git-codecommit-fips.us-west-2.vpce.amazonaws.com")
	f.Add("http", "git-codecommit.us-east-1.amazonaws.com")
	f.Fuzz(func(t *testing.T, protocol, host string) {
		want := codecommit.Host{}
		if m := rule.FindStringSubmatch(host); m != nil && protocol == "https" {
			endpoint, fips, region, vpce, cn := m[1], m[2], m[3], m[4], m[5]
			name := strings.TrimSuffix(host, ":443")
			if (endpoint == "") == (vpce == "") && strings.HasPrefix(region, "cn-") == (cn != "") && (cn == "" || fips == "") &&
				!elsewhere.MatchString(region) && len(endpoint) <= 64 && len(region) <= 63 {
				want = codecommit.Host{Name: name, Region: region}
			}
		}
		got, ok := codecommit.ParseHost(protocol, host)
		if got != want || ok != (want != codecommit.Host{}) {
			t.Errorf("ParseHost(%q, %q) = %v, %t; the rule says %v", protocol, host, got, ok, want)
		}
	})
}
