package codecommit_test

import (
	"cmp"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"credmint/helper/codecommit"
)

func TestParseRemote(t *testing.T) {
	for in, want := range map[string]codecommit.Remote{
		"codecommit://repo":                               {Repository: "repo"},
		"codecommit://prod@repo":                          {Profile: "prod", Repository: "repo"},
		"codecommit://a@example.com@repo":                 {Profile: "a@example.com", Repository: "repo"},
		"codecommit://My Account/Admin@My.Repo_1-x":       {Profile: "My Account/Admin", Repository: "My.Repo_1-x"},
		"codecommit://p%40q@repo":                         {Profile: "p%40q", Repository: "repo"},
		"us-east-1://repo":                                {Region: "us-east-1", Repository: "repo"},
		"cn-north-1://prod@repo":                          {Region: "cn-north-1", Profile: "prod", Repository: "repo"},
		"us-gov-west-1://prod@repo":                       {Region: "us-gov-west-1", Profile: "prod", Repository: "repo"},
		"codecommit://" + strings.Repeat("r", 100):        {Repository: strings.Repeat("r", 100)},
		"codecommit://é@repo.gitx":                        {Profile: "é", Repository: "repo.gitx"},
		"codecommit://p@-@repo":                           {Profile: "p@-", Repository: "repo"},
		"codecommit://.hidden":                            {Repository: ".hidden"},
		"codecommit://" + strings.Repeat("p", 256) + "@r": {Profile: strings.Repeat("p", 256), Repository: "r"},
	} {
		if got, err := codecommit.ParseRemote(in); got != want || err != nil {
			t.Errorf("ParseRemote(%q) = %+v, %v; want %+v", in, got, err, want)
		}
	}
}

func TestParseRemoteRefuses(t *testing.T) {
	for _, in := range []string{
		"", "repo", "codecommit:", "codecommit:/repo", "codecommit://", "://repo", "codecommit:://repo", "codecommit::us-east-1://repo",
		"Codecommit://repo", "https://repo", "ext://sh -c id", "file://repo", "-oProxyCommand=x://repo",
		// regions
		"us-east://repo", "US-EAST-1://repo", "us-east-1a://repo", "us-east-1.evil.example://repo", "us-east-1/://repo",
		"us-iso-east-1://repo", "eusc-de-east-1://repo", "us-east-1\n://repo", "us-east-1@evil.example/://repo", "us-east-1#://repo",
		// repositories
		"codecommit://repo.git", "codecommit://-repo", "codecommit://--upload-pack=x", "codecommit://re/po", "codecommit://repo/",
		"codecommit://../repo", "codecommit://..", "codecommit://.", "codecommit://re po", "codecommit://repo?x", "codecommit://repo#x",
		"codecommit://repo%2f", "codecommit://repo\n", "codecommit://repo\x00", "codecommit://répo", "codecommit://repo;id", "codecommit://$(id)",
		"codecommit://" + strings.Repeat("r", 101), "codecommit://prod@", "codecommit://repo\\x", "codecommit://repo:443",
		// profiles
		"codecommit://@repo", "codecommit://-p@repo", "codecommit://--debug@repo", "codecommit://p\n@repo", "codecommit://p\x1b[2J@repo",
		"codecommit://p\x00@repo", "codecommit://p\xff@repo", "codecommit:// p@repo", "codecommit://p @repo", "codecommit:// @repo",
		"codecommit://p\u202e@repo", "codecommit://p\u0085@repo", "codecommit://p\t@repo", "codecommit://" + strings.Repeat("p", 257) + "@r",
	} {
		got, err := codecommit.ParseRemote(in)
		if err == nil || got != (codecommit.Remote{}) {
			t.Errorf("ParseRemote(%q) = %+v, %v; want an error alone", in, got, err)
			continue
		}
		if !utf8.ValidString(err.Error()) || strings.ContainsAny(err.Error(), "\n\x00\x1b\u202e\u0085") {
			t.Errorf("ParseRemote(%q): the error has raw bytes of it: %q", in, err)
		}
	}
}

func TestRemoteURL(t *testing.T) {
	const vpce = endpoint + ".git-codecommit.us-west-2.vpce.amazonaws.com"
	type location = codecommit.Location
	for _, tt := range []struct {
		remote codecommit.Remote
		at     location
		want   string // a host, or what the error says
	}{
		{codecommit.Remote{}, location{Region: "eu-west-1"}, "git-codecommit.eu-west-1.amazonaws.com"},
		{codecommit.Remote{Region: "us-gov-west-1"}, location{Region: "eu-west-1"}, "git-codecommit.us-gov-west-1.amazonaws.com"},
		{codecommit.Remote{Region: "cn-north-1", Profile: "p"}, location{}, "git-codecommit.cn-north-1.amazonaws.com.cn"},
		{codecommit.Remote{}, location{Region: "us-east-1", FIPS: true}, "git-codecommit-fips.us-east-1.amazonaws.com"},
		{codecommit.Remote{Region: "us-east-2"}, location{Region: "eu-west-1", FIPS: true}, "git-codecommit-fips.us-east-2.amazonaws.com"},
		{codecommit.Remote{}, location{Region: "eu-west-1", Endpoint: vpce}, vpce},
		{codecommit.Remote{}, location{Endpoint: vpce, FIPS: true}, vpce},
		{codecommit.Remote{Region: "us-west-2"}, location{Endpoint: vpce + ":443"}, vpce + ":443"},
		{codecommit.Remote{Region: "eu-west-1"}, location{Endpoint: vpce}, "the remote names region eu-west-1, and CODE_COMMIT_ENDPOINT is in us-west-2"},
		{codecommit.Remote{}, location{Region: "cn-north-1", FIPS: true}, "no FIPS endpoint in cn-north-1"},
		{codecommit.Remote{}, location{}, "no region"},
		{codecommit.Remote{}, location{Region: "eu-west"}, "not a region"},
		{codecommit.Remote{}, location{Region: "us-east-1.evil.example/"}, "not a region"},
		{codecommit.Remote{}, location{Region: "us-iso-east-1"}, "not a region"},
		{codecommit.Remote{Repository: "../r"}, location{Region: "us-east-1"}, "not the name of a repository"},
	} {
		name := cmp.Or(tt.remote.Repository, "r")
		tt.remote.Repository = name
		got, err := tt.remote.URL(tt.at)
		if err == nil && got != "https://"+tt.want+"/v1/repos/"+name || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v.URL(%+v) = %q, %v; want %q", tt.remote, tt.at, got, err, tt.want)
		}
		if err != nil && got != "" {
			t.Errorf("%+v.URL(%+v) = %q beside an error", tt.remote, tt.at, got)
		}
	}
}

// What CODE_COMMIT_ENDPOINT names is signed for only if it is CodeCommit's.
func TestRemoteEndpointIsNoWayAround(t *testing.T) {
	for _, host := range append(lookAlikes(), "[::1]", "[::1]:443", "127.0.0.1", "localhost:8443", "user:pass@git-codecommit.us-east-1.amazonaws.com") {
		if host == "" {
			continue
		}
		got, err := codecommit.Remote{Repository: "r"}.URL(codecommit.Location{Region: "us-east-1", Endpoint: host})
		if err == nil || got != "" {
			t.Errorf("CODE_COMMIT_ENDPOINT=%q leads to %q", host, got)
		}
	}
}

// FuzzParseRemote: what is accepted is made of the parts that come out, and leads to a host that is signed for.
func FuzzParseRemote(f *testing.F) {
	f.Add("codecommit://repo")
	f.Add("us-east-1://a@example.com@repo")
	f.Add("codecommit://-p@../repo\n")
	f.Fuzz(func(t *testing.T, in string) {
		r, err := codecommit.ParseRemote(in)
		if err != nil {
			return
		}
		again := "codecommit://"
		if r.Region != "" {
			again = r.Region + "://"
		}
		if r.Profile != "" {
			again += r.Profile + "@"
		}
		if again+r.Repository != in {
			t.Errorf("%q parses as %+v", in, r)
		}
		address, err := r.URL(codecommit.Location{Region: "us-east-1"})
		if err != nil {
			t.Fatalf("%q: %v", in, err)
		}
		u, err := url.Parse(address)
		if err != nil || u.Path != "/v1/repos/"+r.Repository || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
			t.Errorf("%q leads to %q, %v", in, address, err)
		}
		if _, ok := codecommit.ParseHost(u.Scheme, u.Host); !ok {
			t.Errorf("%q leads to %q, which is not signed for", in, address)
		}
	})
}
