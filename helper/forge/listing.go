package forge

import (
	"context"
	"strings"
	"time"
)

// Kind says what an item is that this package keeps.
type Kind string

const (
	SignIn       Kind = "oauth-sign-in"
	AppKey       Kind = "github-app-key"
	ClientSecret Kind = "oauth-client-secret"
)

// Prefixes begin the names of the items.
func Prefixes() []string { return []string{recordPrefix, appPrefix, clientPrefix} }

// Listing is what may be known of an item without opening it. None of it is secret.
type Listing struct {
	Kind           Kind
	Protocol, Host string
	Username       string    // that git sends beside the token; of an app or a client its id; empty where nothing says so
	Stored         time.Time // when a person signed in, or brought it; zero where nothing says so
	Expires        time.Time // when a sign-in's token ends; zero: it does not
	Renewable      bool      // without a person

	name string
}

// ParseListing reads what the index says of the item of that name; ok is false for the name of no such item.
func ParseListing(name string, about map[string]string) (l Listing, ok bool) {
	at := func(word string) time.Time {
		t, _ := time.Parse(time.RFC3339, about[word]) // zero where it is none
		return t
	}
	prefix, rest, _ := strings.Cut(name, "/")
	switch prefix + "/" {
	case recordPrefix:
		site, user, named := strings.Cut(rest, "?")
		if !named {
			user = about[aboutUsername]
		}
		l = Listing{Kind: SignIn, Username: user, Stored: at(aboutSignedIn), Expires: at(aboutExpires), Renewable: about[aboutRenewable] != ""}
		l.Protocol, l.Host, ok = strings.Cut(site, "://")
	case appPrefix:
		l = Listing{Kind: AppKey, Protocol: "https", Stored: at(AboutAdded)}
		l.Host, l.Username, ok = strings.Cut(rest, "/")
	case clientPrefix:
		l = Listing{Kind: ClientSecret, Protocol: "https", Stored: at(AboutAdded)}
		l.Host, l.Username, ok = strings.Cut(rest, "/")
	}
	l.name = name
	return l, ok
}

// Remove forgets an item, and what was had with an app's key. The host is not told.
func (h Helper) Remove(ctx context.Context, l Listing) error {
	if err := h.forget(ctx, l.name); err != nil || l.Kind != AppKey {
		return err
	}
	return h.Kept.Drop(ctx, l.name)
}

// The words of the index.
const (
	AboutAdded = "added" // of a key or a secret: when a person brought it, RFC 3339

	aboutClientID  = "client_id"
	aboutUsername  = "username"
	aboutSignedIn  = "signed_in"
	aboutExpires   = "expires"
	aboutRenewable = "renewable"
)
