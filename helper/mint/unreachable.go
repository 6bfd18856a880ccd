package mint

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"

	"credmint/helper"
)

// Unreachable is that no answer came to a request.
type Unreachable struct {
	profile   *helper.Profile
	operation string
	err       *url.Error
}

func (e *Unreachable) Error() string {
	return fmt.Sprintf("profile %q: %s: %v", e.profile.Name, e.operation, e.err)
}

func (e *Unreachable) Unwrap() error { return e.err }

// Hint says which setting chose whom to ask.
func (e *Unreachable) Hint() string {
	var (
		name        *net.DNSError
		certificate *tls.CertificateVerificationError
		dial        *net.OpError
		proxy       *proxyRefusal
		given       = e.profile.Client.Endpoint != ""
	)
	text := ""
	switch {
	case errors.As(e.err, &certificate):
		text = "something between here and AWS answers in its place, such as a proxy that reads along: name its authority with {ca_bundle}"
	case errors.As(e.err, &proxy):
		text = proxy.hint()
	case errors.Is(e.err, errProxy):
		text = "write HTTPS_PROXY=http://HOST:PORT"
	case errors.As(e.err, &dial) && dial.Op == "proxyconnect":
		text = "the proxy does not answer: compare HTTPS_PROXY, and NO_PROXY for hosts that need none"
	case errors.As(e.err, &name) && name.IsNotFound && given:
		text = "nothing has the name {host}: compare {endpoint_url}, and AWS_ENDPOINT_URL"
	case errors.As(e.err, &name) && !name.IsNotFound:
		text = "nobody here knows the address of {host}: is there a network, or must HTTPS_PROXY name the way out?"
	case errors.As(e.err, &name):
		text = "nothing has the name {host}: is {region} a region ({region_setting}), and is there a network?"
	case errors.As(e.err, &dial) && dial.Op == "dial" && given:
		text = "nothing answers at {host}: compare {endpoint_url}, and AWS_ENDPOINT_URL"
	case errors.As(e.err, &dial) && dial.Op == "dial":
		text = "nothing answers at {host}: is there a network, or must HTTPS_PROXY name the way out?"
	}
	return fill(text, func(word string) string {
		if word != "host" {
			return profileWord(e.profile, word)
		}
		address, err := url.Parse(e.err.URL)
		if err != nil {
			return "the endpoint"
		}
		return address.Host
	})
}
