package awsconfig

import (
	"slices"
	"strings"

	"credmint/helper"
)

// Oddity is something in the shared files that is hardly meant as it stands.
type Oddity struct {
	Kind    OddityKind
	Section string         // the text between the brackets
	Setting helper.Setting // where it stands; for a section its header, which has neither name nor value. Never a secret
	Meant   string         // what should stand there; empty where nothing is near
}

// OddityKind tells oddities apart.
type OddityKind int

// The kinds.
const (
	Misspelt      OddityKind = iota // nobody reads a setting of that name, and one of another name is near
	Unknown                         // no setting of credmint's or AWS's has that name; another tool's may
	Unread                          // it has credmint's prefix, and credmint does not read it
	WrongHeader                     // nobody reads a section of that kind in that file
	FollowedFirst                   // the SDKs follow it, and not the credential_process line that asks credmint
	LoneQuote                       // the value is one quote, at which the Go SDK, and so every program built with it, panics
)

// Lint looks at every section of both files. What is wrong with a value is Profile's to say.
func (c *Config) Lint() []Oddity {
	var odd []Oddity
	c.config.sections(func(h header, number int, props []property) {
		at := helper.Setting{File: c.config.path, Line: number}
		if meant, ok := configHeader(h); !ok {
			odd = append(odd, Oddity{WrongHeader, h.text(), at, meant})
			return
		}
		odd = append(odd, c.config.oddNames(h, props)...)
		odd = append(odd, c.config.loneQuotes(h, props)...)
	})
	c.credentials.sections(func(h header, number int, props []property) {
		if h.kind != "" {
			at := helper.Setting{File: c.credentials.path, Line: number}
			odd = append(odd, Oddity{WrongHeader, h.text(), at, h.name})
			return
		}
		odd = append(odd, c.credentials.oddNames(h, props)...)
		odd = append(odd, c.credentials.loneQuotes(h, props)...)
	})
	return append(odd, c.followedFirst()...)
}

// sections calls yield with every section of the file, as far as it can be read.
func (f *file) sections(yield func(h header, number int, props []property)) {
	data := f.all()
	f.lines(func(line []byte, number, start int) bool {
		if h, ok := parseHeader(line); ok && isHeader(line) {
			props, _ := f.properties(data[start:], number)
			yield(h, number, props)
		}
		return true
	})
}

// text is what stands between the brackets.
func (h header) text() string { return strings.Trim(h.String(), "[]") }

// configHeader reports whether anybody reads a section of the config file, and what is meant where nobody does. AWS's CLI
// has two sections of its own.
func configHeader(h header) (meant string, ok bool) {
	kinds := []string{"profile", "sso-session", "services"}
	switch {
	case h.kind == "" && slices.Contains([]string{"default", "plugins", "preview"}, h.name), slices.Contains(kinds, h.kind):
		return "", true
	case h.kind == "":
		return "profile " + h.name, false
	}
	for _, kind := range kinds {
		if slips(h.kind, kind) <= mostSlips {
			return kind + " " + h.name, false
		}
	}
	return "", false
}

func (f *file) oddNames(h header, props []property) []Oddity {
	if h.kind == "services" || h.kind == "" && (h.name == "plugins" || h.name == "preview") {
		return nil // other services' names, and those of the CLI's plugins
	}
	var odd []Oddity
	for _, p := range props {
		name, _, nested := strings.Cut(p.key, ".")
		known, meant := named(name)
		kind := Unknown
		switch {
		case known || nested:
			continue
		case meant != "":
			kind = Misspelt
		case strings.HasPrefix(name, prefix):
			kind = Unread
		}
		odd = append(odd, Oddity{kind, h.text(), helper.Setting{Name: p.key, File: f.path, Line: p.line}, meant})
	}
	return odd
}

func (f *file) loneQuotes(h header, props []property) []Oddity {
	var odd []Oddity
	for _, p := range props {
		if p.value == `"` || p.value == "'" {
			odd = append(odd, Oddity{LoneQuote, h.text(), helper.Setting{Name: p.key, File: f.path, Line: p.line}, ""})
		}
	}
	return odd
}

// followedFirst finds what keeps SDKs from asking credmint: of each profile the first setting that another name hides from
// them, and a key, which none does.
func (c *Config) followedFirst() []Oddity {
	var odd []Oddity
	for _, name := range c.Names() {
		s, err := c.profile(name)
		if err != nil {
			continue
		}
		told := false
		for _, set := range s.followedFirst() {
			isKey := strings.HasPrefix(set.Name, "aws_") // a key in a file is a key in a file, however it is spelt
			switch o := (Oddity{Kind: FollowedFirst, Section: name, Setting: withoutSecret(set)}); {
			case isKey:
				odd = append(odd, o)
			case !told:
				o.Meant = prefix + set.Name
				odd, told = append(odd, o), true
			}
		}
	}
	return odd
}

// followedFirst are the settings that the SDKs follow without looking at the credential_process line of the same section,
// which asks credmint for this profile.
func (s *section) followedFirst() []helper.Setting {
	line := s.exact(processSetting)
	if line == nil {
		return nil
	}
	if other, ours := OwnProcess(line.Value); !ours || other != "" && other != s.name {
		return nil
	}
	return s.followed()
}

// followed are the settings of a section that SDKs follow, and not a credential_process line beside them. With a
// source_profile and no role_arn the Go SDK is that profile, which is the wrong identity.
func (s *section) followed() []helper.Setting {
	var followed []helper.Setting
	for _, name := range []string{
		"role_arn", "source_profile", "credential_source", "web_identity_token_file",
		"sso_session", "sso_start_url", "sso_region", "sso_account_id", "sso_role_name", "login_session", "aws_access_key_id",
	} {
		if set := s.exact(name); set != nil {
			followed = append(followed, *set)
		}
	}
	return followed
}
