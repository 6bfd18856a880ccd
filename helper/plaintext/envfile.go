package plaintext

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"

	"credmint/helper"
	"credmint/helper/atomicfile"
)

// EnvFile is a file of environment variables, such as .env, with an access key among them.
type EnvFile struct {
	Path    string
	Profile string // that gets the key; empty: the AWS_PROFILE of the file
	Keys    Keys
}

var _ Source = (*EnvFile)(nil)

// Name is what a person types.
func (s *EnvFile) Name() string { return s.Path }

// The variables of AWS's SDKs.
const (
	envID      = "AWS_ACCESS_KEY_ID"
	envSecret  = "AWS_SECRET_ACCESS_KEY"
	envToken   = "AWS_SESSION_TOKEN"
	envProfile = "AWS_PROFILE"
)

// variable is a line that sets one.
type variable struct {
	helper.Unwritten

	head  string // what stands before the name: white space, "export "
	name  string
	value string
	plain bool // every reader of such files takes the line for the same value
	line  int
}

// Find takes the only key there is. Readers of such files differ, so a value has to be one that all read in the same way.
func (s *EnvFile) Find(context.Context) ([]Found, error) {
	data, err := readText(s.Path)
	if err != nil {
		return nil, err
	}
	set, twice := variables(data)
	if set[envSecret].line == 0 {
		return nil, nil
	}
	profile := s.Profile
	if profile == "" {
		profile = set[envProfile].value
	}
	id, secret := set[envID], set[envSecret]
	stays := ""
	switch {
	case profile == "":
		profile, stays = "?", "it is to be said with --profile which one gets it"
	case twice != "":
		stays = twice + " is set twice"
	case set[envToken].line > 0:
		stays = "it is temporary, and ends by itself"
	case !id.plain || !secret.plain:
		stays = "programs may read its lines in different ways"
	}
	f := foundKey(profile, helper.AccessKey{ID: id.value, Secret: secret.value}, stays, s.Keys)
	f.Where, f.Line = s.Path, secret.line
	return []Found{f}, nil
}

// variables reads those of AWS, and tells of one that is set twice.
func variables(data []byte) (set map[string]variable, twice string) {
	assignment := regexp.MustCompile(`^([ \t]*(?:export[ \t]+)?)(AWS_[A-Z_]+)([ \t]*=[ \t]*)(.*?)\r?\n?$`)
	set = map[string]variable{}
	number := 0
	for line := range bytes.Lines(data) {
		number++
		parts := assignment.FindStringSubmatch(string(line))
		if parts == nil {
			continue
		}
		v := variable{head: parts[1], name: parts[2], line: number}
		v.value, v.plain = plainValue(parts[4])
		v.plain = v.plain && parts[3] == "=" // a shell takes no space there
		if set[v.name].line > 0 {
			twice = v.name
		}
		set[v.name] = v
	}
	return set, twice
}

// plainValue takes one pair of quotes off, and reports whether what is left means itself to a shell and to all others.
func plainValue(text string) (value string, plain bool) {
	value = strings.TrimRight(text, " \t")
	if n := len(value); n > 1 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		value = value[1 : n-1]
	}
	return value, regexp.MustCompile(`^[A-Za-z0-9/+=@._:-]+$`).MatchString(value)
}

// Remove takes the two lines out, and leaves the profile's name in their place where it does not stand there: programs that
// read the file ask credmint then.
func (s *EnvFile) Remove(_ context.Context, taken []Found) error {
	keys, err := keysOf(taken)
	if err != nil || len(keys) != 1 {
		return err
	}
	_, err = atomicfile.Edit(s.Path, maxFile, func(old []byte) ([]byte, error) {
		set, twice := variables(old)
		if twice != "" || set[envID].value != keys[0].key.ID || set[envSecret].value != keys[0].key.Secret {
			return nil, fmt.Errorf("%s was changed meanwhile: its key is kept, and stays there too", s.Path)
		}
		var out []byte
		number := 0
		for line := range bytes.Lines(old) {
			number++
			switch number {
			case set[envID].line:
				if set[envProfile].line == 0 {
					text := strings.TrimRight(string(line), "\r\n")
					out = append(out, set[envID].head+envProfile+"="+keys[0].profile+string(line[len(text):])...)
				}
			case set[envSecret].line:
			default:
				out = append(out, line...)
			}
		}
		return out, nil
	})
	return err
}
