package forge

import (
	"golang.org/x/oauth2"

	"credmint/helper/gitcred"
)

// Setup is what is made of git's settings.
func Setup(request gitcred.Credential, found map[string]string) (oauth2.Config, string, error) {
	s, err := parseSettings(request, found)
	return s.Config, s.username, err
}

// Stored is an item as it lies in the keychain.
func Stored(item []byte) (access, refresh string, err error) {
	r, err := parseRecord(item)
	return r.Access, r.Refresh, err
}
