package plaintext

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"credmint/helper/atomicfile"
	"credmint/helper/gitcred"
	"credmint/helper/program"
)

// GitRemotes is a repository's config, in which URLs may have passwords: those of remotes, submodules and LFS, and those
// of [url "…"] sections. The password alone goes; the user name stays in the URL, and git asks its helpers with it.
type GitRemotes struct {
	Path   string // of the config
	Git    string // the path of git
	Logins Logins
}

var _ Source = (*GitRemotes)(nil)

// Name is what a person types.
func (s *GitRemotes) Name() string { return "git-remotes" }

// Find has git read the config, and takes the passwords that stand in it letter for letter, as URLs do.
func (s *GitRemotes) Find(ctx context.Context) ([]Found, error) {
	data, err := readText(s.Path)
	if err != nil {
		return nil, err
	}
	entries, err := s.entries(ctx, data)
	if err != nil {
		return nil, err
	}
	var found []Found
	line := 0 // of the last one: git lists them in their order
	for _, e := range entries {
		u, ok := e.password()
		if !ok {
			continue
		}
		f := foundLogin(u.login, s.Logins)
		if f.Where, f.Line = s.Path, lineOf(data, u.open, line); f.Line == 0 { // several settings of one section
			f.Line = lineOf(data, u.open, 0)
		}
		line = max(line, f.Line)
		switch {
		case f.Stays != "":
		case u.odd != "":
			f.Secret, f.Stays = nil, u.odd
		case f.Line == 0:
			f.Secret, f.Stays = nil, "it is written with escapes: remove the password by hand"
		}
		found = append(found, f)
	}
	return found, nil
}

// Remove cuts the passwords out, while git is kept from writing. What git would then read is compared with what it read
// before, lest anything else changes.
func (s *GitRemotes) Remove(ctx context.Context, taken []Found) error {
	unlock, err := lockAsGit(ctx, s.Path)
	if err != nil {
		return err
	}
	defer unlock()
	_, err = atomicfile.Edit(s.Path, maxFile, func(old []byte) ([]byte, error) {
		before, err := s.entries(ctx, old)
		if err != nil {
			return nil, err
		}
		edited := old
		for i, e := range before {
			if u, ok := e.password(); ok && holds(taken, u.login) {
				edited = replaceInLines(edited, u.open, u.closed)
				before[i] = configEntry(strings.Replace(string(e), u.open, u.closed, 1))
			}
		}
		after, err := s.entries(ctx, edited)
		if err == nil && !slices.Equal(before, after) {
			err = errors.New("git would not read it as before without the passwords: nothing is removed")
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Path, err)
		}
		return edited, nil
	})
	return err
}

// entries are what git reads in a config. It is told the text, and follows no include.
func (s *GitRemotes) entries(ctx context.Context, data []byte) ([]configEntry, error) {
	ctx, cancel := context.WithTimeout(ctx, helperTimeout)
	defer cancel()
	cmd := program.Command(ctx, s.Git, "config", "--file", "-", "-z", "--list")
	cmd.Stdin = bytes.NewReader(data)
	out, err := program.Output(ctx, cmd, 2*maxFile)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Path, err)
	}
	var entries []configEntry
	for text := range bytes.SplitSeq(bytes.TrimSuffix(out, []byte{0}), []byte{0}) {
		entries = append(entries, configEntry(text))
	}
	return entries, nil
}

// configEntry is "section.sub section.name\nvalue".
type configEntry string

// url is the one that an entry holds, in its value or as the name of its section; empty where it holds none.
func (e configEntry) url() string {
	key, value, _ := strings.Cut(string(e), "\n")
	section, rest, _ := strings.Cut(key, ".")
	end := strings.LastIndexByte(rest, '.')
	switch name := rest[end+1:]; section {
	case "remote", "submodule", "lfs":
		if strings.HasSuffix(name, "url") { // pushurl, lfsurl and lfspushurl too
			return value
		}
	case "url":
		return rest[:max(end, 0)]
	}
	return ""
}

// openURL is a URL with a password.
type openURL struct {
	login        gitcred.Credential // of its host: git asks for no path
	open, closed string             // its beginning, with the password and without
	odd          string             // why that cannot be moved; empty: it can
}

// password is the one in an entry's URL.
func (e configEntry) password() (u openURL, ok bool) {
	url := e.url()
	c, err := gitcred.ParseURL(url)
	if err != nil || c.Password.Text() == "" {
		return openURL{}, false
	}
	c.Path = gitcred.Value{}
	u = openURL{login: c}
	protocol, rest, _ := strings.Cut(url, "://")
	host := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		host = rest[:end]
	}
	userinfo, _, _ := strings.Cut(host, "@")
	user, _, _ := strings.Cut(userinfo, ":")
	u.open, u.closed = protocol+"://"+userinfo+"@", protocol+"://"+user+"@"
	switch {
	case protocol != "https" && protocol != "http":
		u.odd = "git asks nobody for passwords of " + protocol
	case user == "":
		u.odd = "it has no user name"
	case strings.Count(host, "@") > 1:
		u.odd = "git and curl read it differently"
	}
	return u, true
}

// lineOf is the first line behind another that holds text and is no comment; 0 where there is none.
func lineOf(data []byte, text string, behind int) int {
	number := 0
	for line := range bytes.Lines(data) {
		number++
		if number > behind && bytes.Contains(line, []byte(text)) && !isConfigComment(line) {
			return number
		}
	}
	return 0
}

// replaceInLines leaves comments as they are.
func replaceInLines(data []byte, from, to string) []byte {
	var out []byte
	for line := range bytes.Lines(data) {
		if !isConfigComment(line) {
			line = bytes.ReplaceAll(line, []byte(from), []byte(to))
		}
		out = append(out, line...)
	}
	return out
}

func isConfigComment(line []byte) bool {
	text := bytes.TrimSpace(line)
	return len(text) > 0 && (text[0] == '#' || text[0] == ';')
}
