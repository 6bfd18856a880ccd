package awsconfig

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"credmint/helper"
	"credmint/helper/shellword"
)

// Section is a profile as it is to be written.
type Section struct {
	Profile  string
	Settings []Line
}

// Line is one `name = value` of a Section.
type Line struct{ Name, Value string }

// BlockChange is what writing a block changes, by the names of profiles.
type BlockChange struct {
	Added, Changed, Removed []string
	Kept                    int      // as they were
	Taken                   []string // not written: a profile of that name stands outside the block
}

// Any reports whether there is anything to write.
func (c BlockChange) Any() bool { return len(c.Added)+len(c.Changed)+len(c.Removed) > 0 }

// SetBlock writes profiles in a block of the shared config file that belongs to one [sso-session], in the place of what it
// held; no other byte of the file is touched:
//
//	# >>> credmint sync corp 0123456789abcdef: `credmint sync corp` replaces what stands between these two lines
//	[profile …]
//	…
//	# <<< credmint sync corp
//
// The number is of the content's SHA-256. Where it does not fit, a person has edited the block: that is an error, since
// their work would be lost, unless replace says so. Without write the file stays as it is.
func (c *Config) SetBlock(session string, sections []Section, replace, write bool) (change BlockChange, err error) {
	_, err = edit(c.config.path, func(data []byte) ([]byte, error) {
		b, err := findBlock(c.config.path, data, session)
		if err != nil {
			return nil, err
		}
		if b.edited && !replace {
			return nil, fmt.Errorf("%s:%d: %w", c.config.path, b.number, ErrEditedBlock)
		}
		taken := c.namesOutside(data, b)
		var content []byte
		change, content, err = b.compare(data, sections, taken)
		if err != nil || !write || !change.Any() && !b.edited {
			return data, err
		}
		return b.put(data, session, content), nil
	})
	return change, err
}

// ErrEditedBlock says that a person has changed what stands in a block.
var ErrEditedBlock = errors.New("the block that credmint writes here was edited by hand")

// block is where one stands: its two marker lines, and the content between them. Where there is none, all are at the end.
type block struct {
	whole, content line
	number         int // of its first line; 0: there is none
	edited         bool
}

const (
	blockBegins = "# >>> credmint sync "
	blockEnds   = "# <<< credmint sync "
)

func findBlock(path string, data []byte, session string) (b block, err error) {
	var digest string
	open := false
	eachLine(data, func(text []byte, number, start int) bool {
		head, _, _ := strings.Cut(string(text), ": `credmint sync ")
		switch name, begins := strings.CutPrefix(head, blockBegins); {
		case begins:
			name, sum, _ := cutLast(name, " ")
			if name != session {
				return true
			}
			if b.number > 0 {
				err = fmt.Errorf("%s:%d: the block of %s begins at line %d already", path, number, session, b.number)
				return false
			}
			b.number, digest, open = number, sum, true
			b.whole.start = start
			b.content.start = start + len(text) + 1
		case string(text) == blockEnds+session && open:
			b.content.end, b.whole.end, open = start, min(start+len(text)+1, len(data)), false
		}
		return true
	})
	switch {
	case err != nil:
		return block{}, err
	case open:
		return block{}, fmt.Errorf("%s:%d: the block of %s has no end: it ends at the line %q", path, b.number, session, blockEnds+session)
	case b.number == 0:
		return block{whole: line{len(data), len(data)}, content: line{len(data), len(data)}}, nil
	}
	b.edited = blockDigest(data[b.content.start:b.content.end]) != digest
	return b, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func blockDigest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:8])
}

// namesOutside are the profiles that somebody else has: a section of ours by the same name would be part of theirs.
func (c *Config) namesOutside(data []byte, b block) map[string]bool {
	names := map[string]bool{}
	for _, part := range [][]byte{data[:b.whole.start], data[b.whole.end:]} {
		eachHeader(part, func(h header, _ int) bool {
			if h.kind == "profile" || h == (header{"", "default"}) {
				names[h.name] = true
			}
			return true
		})
	}
	c.credentials.headers(func(h header, _ int) bool {
		names[h.name] = true
		return true
	})
	return names
}

// compare renders the sections, and says what of the block is new.
func (b block) compare(data []byte, sections []Section, taken map[string]bool) (BlockChange, []byte, error) {
	before := b.sections(data)
	var change BlockChange
	var content []byte
	eol := lineEnd(data)
	for _, s := range sections {
		if taken[s.Profile] {
			change.Taken = append(change.Taken, s.Profile)
			continue
		}
		text, err := s.format(eol)
		if err != nil {
			return BlockChange{}, nil, err
		}
		switch old, was := before[s.Profile]; {
		case !was:
			change.Added = append(change.Added, s.Profile)
		case old != text:
			change.Changed = append(change.Changed, s.Profile)
		default:
			change.Kept++
		}
		delete(before, s.Profile)
		content = append(content, text...)
	}
	for name := range before {
		change.Removed = append(change.Removed, name)
	}
	slices.Sort(change.Removed)
	return change, content, nil
}

// sections are the texts of the block's profiles, by name.
func (b block) sections(data []byte) map[string]string {
	texts := map[string]string{}
	content := data[b.content.start:b.content.end]
	name, from := "", 0
	add := func(to int) {
		if name != "" {
			texts[name] = string(content[from:to])
		}
	}
	eachLine(content, func(text []byte, _, start int) bool {
		if isHeader(text) {
			add(start)
			h, _ := parseHeader(text)
			name, from = h.name, start
		}
		return true
	})
	add(len(content))
	return texts
}

func (s Section) format(eol string) (string, error) {
	h, err := headerFor(s.Profile)
	if err != nil {
		return "", err
	}
	text := h + eol
	for _, l := range s.Settings {
		setting := l.Name + " = " + l.Value
		if err := checkSetting(setting, l.Name, l.Value); err != nil {
			return "", fmt.Errorf("profile %q: %w", s.Profile, err)
		}
		text += setting + eol
	}
	return text + eol, nil
}

// put is the file with the content in the block; without any content there is no block.
func (b block) put(data []byte, session string, content []byte) []byte {
	eol := lineEnd(data)
	var text []byte
	if len(content) > 0 {
		text = fmt.Appendf(nil, "%s%s %s: `credmint sync %s` replaces what stands between these two lines%s%s%s%s%s",
			blockBegins, session, blockDigest(content), shellword.Argument(session), eol, content, blockEnds, session, eol)
	}
	if b.number == 0 && len(text) > 0 && len(data) > 0 {
		if !bytes.HasSuffix(data, []byte("\n")) {
			text = append([]byte(eol), text...)
		}
		text = append([]byte(eol), text...)
	}
	return splice(data, b.whole, string(text))
}

// SyncSettings are what an [sso-session] says of the profiles that are written for it: credmint's own settings.
func (c *Config) SyncSettings(session string) (template, region string, err error) {
	s, err := c.config.named("sso-session", session, new([]helper.Setting))
	if err != nil {
		return "", "", fmt.Errorf("sso-session %q: %w", session, err)
	}
	if set := s.exact(prefix + "sync_region"); set != nil {
		if !ValidRegion(set.Value) {
			return "", "", errAt(set, "%q is no AWS region", set.Value)
		}
		region = set.Value
	}
	if set := s.exact(prefix + "sync_template"); set != nil {
		template = set.Value
	}
	return template, region, nil
}
