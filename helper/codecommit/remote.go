package codecommit

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// repositories is the path below which CodeCommit has them.
const repositories = "v1/repos/"

// Remote is what a codecommit:// URL names. Profile and Region are empty where it leaves them to the configuration.
type Remote struct {
	Profile    string
	Region     string
	Repository string
}

// ParseRemote reads the URL that git hands to git-remote-codecommit as its second argument: codecommit://[PROFILE@]REPO,
// or REGION://[PROFILE@]REPO, which is what git leaves of codecommit::REGION://[PROFILE@]REPO. Nothing in it is decoded.
// It comes from whoever wrote a .gitmodules: what it yields is safe as an argument, in an environment and in a URL.
func ParseRemote(url string) (Remote, error) {
	fail := func(why string) (Remote, error) {
		return Remote{}, fmt.Errorf("the remote %.200q is not codecommit://[profile@]repository or "+
			"codecommit::region://[profile@]repository: %s", url, why)
	}
	scheme, rest, found := strings.Cut(url, "://")
	if !found {
		return fail(`it has no "://"`)
	}
	r := Remote{Repository: rest}
	if scheme != "codecommit" {
		if r.Region = scheme; !isRegion(scheme) || domainOf(scheme, false) == "" {
			return fail("its region is none of CodeCommit's")
		}
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 { // the last one: names of profiles may be e-mail addresses
		r.Profile, r.Repository = rest[:at], rest[at+1:]
		if !isProfile(r.Profile) {
			return fail("its profile is no name of one")
		}
	}
	if !isRepository(r.Repository) {
		return fail("its repository is no name of one")
	}
	return r, nil
}

// Location is what the configuration says about where repositories are.
type Location struct {
	Region   string // of the profile or the environment; empty where nothing says
	FIPS     bool   // use_fips_endpoint, or AWS_USE_FIPS_ENDPOINT
	Endpoint string // $CODE_COMMIT_ENDPOINT, which AWS's own git-remote-codecommit takes: a host, of a VPC endpoint say
}

// URL is the https URL of the repository. The endpoint decides about the host and its region, else the remote's region,
// else the location's. An endpoint that is no host of CodeCommit is refused, and so is one in another region than the
// remote names. There is no endpoint for use_dualstack_endpoint to choose: AWS documents none for git.
func (r Remote) URL(l Location) (string, error) {
	if !isRepository(r.Repository) {
		return "", fmt.Errorf("%.200q is not the name of a repository", r.Repository)
	}
	host, err := r.host(l)
	if err != nil {
		return "", err
	}
	return "https://" + host + "/" + repositories + r.Repository, nil
}

func (r Remote) host(l Location) (string, error) {
	region := r.Region
	if region == "" {
		region = l.Region
	}
	service := "git-codecommit."
	if l.FIPS {
		service = "git-codecommit-fips."
	}
	switch {
	case l.Endpoint != "":
		return r.endpoint(l.Endpoint)
	case region == "":
		return "", errors.New("no region is configured")
	case !isRegion(region) || domainOf(region, false) == "":
		return "", fmt.Errorf("%.100q is not a region of CodeCommit", region)
	case domainOf(region, l.FIPS) == "":
		return "", fmt.Errorf("use_fips_endpoint is set, and CodeCommit has no FIPS endpoint in %s", region)
	}
	return service + region + "." + domainOf(region, l.FIPS), nil
}

func (r Remote) endpoint(name string) (string, error) {
	host, ok := ParseHost("https", name)
	switch {
	case !ok:
		return "", fmt.Errorf("CODE_COMMIT_ENDPOINT: %.200q is no host of CodeCommit, and nothing is signed for any other", name)
	case r.Region != "" && r.Region != host.Region:
		return "", fmt.Errorf("the remote names region %s, and CODE_COMMIT_ENDPOINT is in %s", r.Region, host.Region)
	}
	return name, nil
}

// EndpointRegion is the region of $CODE_COMMIT_ENDPOINT, and empty where that is no host of CodeCommit.
func (l Location) EndpointRegion() string {
	host, _ := ParseHost("https", l.Endpoint)
	return host.Region
}

// isRepository follows CodeCommit's rule for names, less what command lines and URLs take for something else: a leading
// hyphen, "." and "..".
func isRepository(s string) bool {
	return only(s, isRepositoryByte) && len(s) <= 100 && s[0] != '-' && s != "." && s != ".." && !strings.HasSuffix(s, ".git")
}

func isRepositoryByte(b byte) bool {
	return isLower(b) || isUpper(b) || isDigit(b) || b == '.' || b == '_' || b == '-'
}

// RepositoryOf is the repository that the path of an https URL leads to, and empty where it leads to none.
func RepositoryOf(path string) string {
	name, ok := strings.CutPrefix(strings.TrimLeft(path, "/"), repositories)
	if !ok || !isRepository(name) {
		return ""
	}
	return name
}

// isProfile takes what a line of ~/.aws/config can hold, but nothing that reads as an option.
func isProfile(s string) bool {
	hidden := func(r rune) bool { return r != ' ' && !unicode.IsGraphic(r) }
	return s != "" && len(s) <= 256 && utf8.ValidString(s) && s[0] != '-' && strings.TrimSpace(s) == s &&
		!strings.ContainsFunc(s, hidden)
}
