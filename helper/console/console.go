// Package console knows the addresses of the AWS Management Console: which hosts a region's has, and which page somebody is
// sent to. It signs nobody in, and refuses every page that is not the console's own.
package console

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Hosts are those of the console in one region.
type Hosts struct {
	Region string
	SignIn string // "eu-west-1.signin.aws.amazon.com"
	Domain string // of the partition's console: "console.aws.amazon.com"
}

// HostsOf reads a region's hosts off the one of its sign-in service. In every partition the console's differ from it in one
// word: https://docs.aws.amazon.com/awsconsolehelpdocs/latest/gsg/console-urls.html, and for the European Sovereign Cloud
// https://docs.aws.eu/general/latest/gr/endpoints.html.
func HostsOf(region, signIn string) (Hosts, error) {
	domain, ok := strings.CutPrefix(signIn, region+".signin.")
	if !ok || region == "" || domain == "" {
		return Hosts{}, fmt.Errorf("region %q: no console is known there", region)
	}
	return Hosts{Region: region, SignIn: signIn, Domain: "console." + domain}, nil
}

// Service is the first page of a service, which is named as in the addresses of its pages: "s3", "ec2", "states". No name is
// the console's own first page.
func (h Hosts) Service(name string) (string, error) {
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return "", fmt.Errorf("%q is no service: write it as in the console's addresses, s3 or ec2", name)
	}
	if name == "" {
		name = "console"
	}
	return h.page("/" + name + "/home?region=" + h.Region), nil
}

// Page is a page by its path, which begins with a slash, or by its address.
func (h Hosts) Page(where string) (string, error) {
	if strings.HasPrefix(where, "/") && !strings.HasPrefix(where, "//") {
		where = h.page(where)
	}
	if err := h.owns(where); err != nil {
		return "", fmt.Errorf("%q is no page of the console: %w", where, err)
	}
	return where, nil
}

func (h Hosts) page(path string) string { return "https://" + h.Region + "." + h.Domain + path }

// owns refuses what is not an address of the partition's console. A browser reads some addresses in another way than Go
// does, so characters that RFC 3986 does not have are refused as well.
func (h Hosts) owns(address string) error {
	for _, c := range []byte(address) {
		if c <= ' ' || c > '~' || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			return errors.New("it has characters that an address cannot have")
		}
	}
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return errors.New("it cannot be read")
	case u.Scheme != "https" || u.User != nil || u.Port() != "" || strings.HasSuffix(u.Host, ":"):
		return errors.New("it is not https://HOST/…")
	case u.Host != h.Domain && !strings.HasSuffix(u.Host, "."+h.Domain):
		return fmt.Errorf("its host is not %s, nor below it", h.Domain)
	}
	return nil
}
