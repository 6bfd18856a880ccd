// Package gitcred speaks git's credential helper protocol: it reads what git asks, writes what a helper answers, and
// keeps the ordinary logins of any host in whatever store it is given.
//
// It refuses what has hurt other helpers: a line end that is not a line feed, control characters in what names a host,
// a request that names no host, input that was cut off. It never asks a person anything and makes no network call.
//
// The protocol: https://git-scm.com/docs/git-credential#IOFMT and https://git-scm.com/docs/gitcredentials.
package gitcred

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Credential is one message of the protocol: a request, or an answer to one. Each field is the attribute of that name
// in git's documentation. It prints as the host it is for, whatever the verb.
type Credential struct {
	Protocol Value
	Host     Value // with ":port" if the URL had one
	Path     Value // absent unless credential.useHttpPath is set
	Username Value
	Password Value

	PasswordExpiry    time.Time // password_expiry_utc, in whole seconds; zero where absent
	OAuthRefreshToken Value

	AuthType   Value // with Credential: "Authorization: <AuthType> <Credential>"
	Credential Value
	Ephemeral  bool // not to be stored

	State        []string
	Continue     bool
	WWWAuth      []string // written by the server: never to be shown raw
	Capabilities []string // the capability[] attribute
}

// Value is the value of an attribute. An absent one (the zero Value) and an empty one differ: git hands out empty user
// names and passwords, and expects them back. It prints as nothing but whether it is there, whatever the verb.
type Value struct {
	text *string // a pointer also keeps it out of what fmt prints of an unexported field, where Format is not called
}

// Some is the Value of an attribute that is present.
func Some(text string) Value { return Value{&text} }

// IsSet reports whether the attribute is present.
func (v Value) IsSet() bool { return v.text != nil }

// Text is the value, empty also where the attribute is absent.
func (v Value) Text() string {
	if v.text == nil {
		return ""
	}
	return *v.text
}

// Can reports whether the sender announced the capability.
func (c Credential) Can(capability string) bool { return slices.Contains(c.Capabilities, capability) }

// NamesHost reports whether the message says enough to choose a login by: a well-formed protocol, and a host. Only
// cert:// URLs, whose secret is a certificate's pass phrase, have an empty one.
func (c Credential) NamesHost() bool {
	if !c.Host.IsSet() || c.Host.Text() == "" && c.Protocol.Text() != "cert" {
		return false
	}
	return isScheme(c.Protocol.Text())
}

// isScheme holds a protocol to the letters of a URL scheme (RFC 3986, 3.1), so that protocol://host names one pair only.
func isScheme(s string) bool {
	for _, b := range []byte(s) {
		switch {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', b == '+', b == '-', b == '.':
		default:
			return false
		}
	}
	return s != ""
}

// String names the host.
func (c Credential) String() string {
	return fmt.Sprintf("credential for %q", c.Protocol.Text()+"://"+c.Host.Text())
}

// Format keeps secrets out of every verb, %+v and %#v included.
func (c Credential) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.String())) }

// MarshalJSON refuses: Write is the only writer of credentials.
func (c Credential) MarshalJSON() ([]byte, error) { return nil, errNoJSON() }

// Format says whether the value is there, and nothing of it.
func (v Value) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(v.presence())) }

// MarshalJSON refuses: most values are secret.
func (v Value) MarshalJSON() ([]byte, error) { return nil, errNoJSON() }

func (v Value) presence() string {
	if v.IsSet() {
		return "(set)"
	}
	return "(absent)"
}

func errNoJSON() error { return errors.New("a git credential does not marshal: it is secret") }
