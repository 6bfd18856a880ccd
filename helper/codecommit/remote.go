package codecommit

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

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

// URL is the https URL of the repository in the remote's region, or in the one given if the remote names none.
func (r Remote) URL(region string) (string, error) {
	if r.Region != "" {
		region = r.Region
	}
	switch {
	case region == "":
		return "", errors.New("no region is configured")
	case !isRegion(region) || domainOf(region, false) == "":
		return "", fmt.Errorf("%.100q is not a region of CodeCommit", region)
	case !isRepository(r.Repository):
		return "", fmt.Errorf("%.200q is not the name of a repository", r.Repository)
	}
	return "https://git-codecommit." + region + "." + domainOf(region, false) + "/v1/repos/" + r.Repository, nil
}

// isRepository follows CodeCommit's rule for names, less what command lines and URLs take for something else: a leading
// hyphen, "." and "..".
func isRepository(s string) bool {
	inside := func(b byte) bool {
		return isLower(b) || isUpper(b) || isDigit(b) || b == '.' || b == '_' || b == '-'
	}
	return only(s, inside) && len(s) <= 100 && s[0] != '-' && s != "." && s != ".." && !strings.HasSuffix(s, ".git")
}

// isProfile takes what a line of ~/.aws/config can hold, but nothing that reads as an option.
func isProfile(s string) bool {
	hidden := func(r rune) bool { return r != ' ' && !unicode.IsGraphic(r) }
	return s != "" && len(s) <= 256 && utf8.ValidString(s) && s[0] != '-' && strings.TrimSpace(s) == s &&
		!strings.ContainsFunc(s, hidden)
}
