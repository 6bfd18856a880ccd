package forge

import (
	"context"
	"net/http"

	"golang.org/x/oauth2"

	"credmint/helper/gitcred"
)

// Setup is what is made of git's settings.
func Setup(request gitcred.Credential, found map[string]string) (oauth2.Config, string, error) {
	s, err := parseSettings(request, found)
	return s.Config, s.username, err
}

// Client is what requests to an address are sent with.
func (n Network) Client(ctx context.Context, config Config, address string) (*http.Client, error) {
	return n.client(ctx, config, address)
}

// ParseConfig reads what git prints of settings.
func ParseConfig(section string, out []byte) map[string]string { return parseConfig(section, out) }
