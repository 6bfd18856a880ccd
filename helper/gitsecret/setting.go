// Package gitsecret answers git with passwords that a team keeps in AWS Secrets Manager: a setting in a profile says for
// which host, and the profile's session reads the secret. No copy of it is kept but the sealed one of a few minutes that
// its reader makes.
//
// It gives a secret to no host but the one that the setting names, letter for letter and over https, and to no other user
// than the secret is for.
package gitsecret

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"credmint/helper/awsconfig"
	"credmint/helper/gitcred"
)

// Setting is the name of the setting, in a profile's section of the shared AWS files. Its value is two words:
//
//	credmint_git_secret = https://[USER@]HOST[:PORT][/PATH] SECRET-ID
const Setting = "credmint_git_secret"

// Place is where one such setting says that a password is.
type Place struct {
	Profile  string             // whose session reads the secret
	Where    string             // file:line
	URL      gitcred.Credential // protocol and host; path and user name where the setting has them
	SecretID string             // a name, or an ARN
}

// Parse reads a setting. An error says where it stands.
func Parse(set awsconfig.ProfileSetting) (Place, error) {
	p := Place{Profile: set.Profile, Where: fmt.Sprintf("%s:%d", set.File, set.Line)}
	fail := func(why string) (Place, error) {
		return Place{}, fmt.Errorf("%s: %s: %s: write https://[USER@]HOST[/PATH] and a secret's name or ARN", p.Where, Setting, why)
	}
	words := strings.Fields(set.Value)
	if len(words) != 2 {
		return fail(fmt.Sprintf("it has %d words", len(words)))
	}
	var err error
	if p.URL, err = gitcred.ParseURL(words[0]); err != nil {
		return fail(err.Error())
	}
	switch {
	case p.URL.Protocol.Text() != "https":
		return fail("a password is sent over https alone")
	case !p.URL.NamesHost():
		return fail("it names no host")
	case p.URL.Password.IsSet():
		return fail("a password does not belong there")
	}
	p.SecretID = words[1]
	return p, nil
}

// matches reports whether a request is for the place, and how exact that is: a path counts by its whole components.
func (p Place) matches(request gitcred.Credential) (exact int, ok bool) {
	want, have := p.URL, request
	if have.Protocol.Text() != want.Protocol.Text() || have.Host.Text() != want.Host.Text() {
		return 0, false
	}
	if want.Username.IsSet() && have.Username.IsSet() && want.Username.Text() != have.Username.Text() {
		return 0, false
	}
	path := want.Path.Text()
	if path == "" {
		return 0, true
	}
	return len(path), have.Path.Text() == path || strings.HasPrefix(have.Path.Text(), path+"/")
}

// login is a user name and a password.
type login struct{ username, password gitcred.Value }

// parse reads a secret's text: a JSON object with "username" and "password", or the password itself. No error quotes it.
func (p Place) parse(text string) (login, error) {
	l := login{username: p.URL.Username, password: gitcred.Some(strings.TrimRight(text, "\r\n"))}
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		var fields struct{ Username, Password *string }
		if json.Unmarshal([]byte(text), &fields) != nil {
			return login{}, p.wrong("is no JSON object of texts, though it begins like one")
		}
		if fields.Password == nil {
			return login{}, p.wrong(`has no "password"`)
		}
		l.password = gitcred.Some(*fields.Password)
		switch {
		case fields.Username == nil:
		case l.username.IsSet() && l.username.Text() != *fields.Username:
			return login{}, p.wrong("is for another user than the setting names")
		default:
			l.username = gitcred.Some(*fields.Username)
		}
	}
	switch {
	case l.password.Text() == "":
		return login{}, p.wrong("is empty")
	case l.username.Text() == "":
		return login{}, p.wrong("names no user: write https://USER@HOST in the setting")
	case gitcred.Write(io.Discard, gitcred.Credential{Username: l.username, Password: l.password}) != nil:
		return login{}, p.wrong("cannot be given to git: it has a line end or a NUL in it, or is too long")
	}
	return l, nil
}

func (p Place) wrong(why string) error {
	return fmt.Errorf("profile %q: the secret %s, which %s names, %s", p.Profile, p.SecretID, p.Where, why)
}

var errAmbiguous = errors.New("more than one profile has a secret for it")
