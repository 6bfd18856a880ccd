package awsconfig

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// line is where a setting stands in the bytes of a file.
type line struct{ start, end int } // end is before the line's end

// place is where a profile's section stands, and one setting in it.
type place struct {
	header, setting line
	found, has      bool
	others          bool   // it holds more than the header and the setting
	indent          string // that of its first setting
}

// inConfig and inCredentials are the headers that a profile may have in each of the files.
func inConfig(profile string) []header {
	if profile == "default" {
		return []header{{"profile", profile}, {"", profile}}
	}
	return []header{{"profile", profile}}
}

func inCredentials(profile string) []header { return []header{{"", profile}} }

// find looks for a setting in the section of a file that has one of the headers.
func find(path string, data []byte, wanted []header, name string) (place, error) {
	f, err := inMemory(path, data)
	if err != nil {
		return place{}, err
	}
	text, at, err := f.find(wanted)
	if err != nil || at.line == 0 {
		return place{}, err
	}
	first, start := int(at.line), int(at.start)
	props, err := f.properties(text, first)
	if err != nil {
		return place{}, err
	}
	if i := slices.IndexFunc(props, func(q property) bool { return strings.HasPrefix(q.key, name+".") }); i >= 0 {
		return place{}, fmt.Errorf("%s:%d: %s has settings of its own, which would belong to nothing then", path, props[i].line, name)
	}
	p := place{found: true}
	standing := func(number int) int { // the property that stands on a line of the section
		return slices.IndexFunc(props, func(q property) bool { return q.line == first+number-1 })
	}
	twice := 0
	eachLine(text, func(text []byte, number, offset int) bool {
		here := line{start + offset, start + offset + len(text)}
		if number == 1 {
			p.header = here
			return true
		}
		if isHeader(text) {
			return false
		}
		i := standing(number)
		if i == 0 {
			p.indent = indentation(string(text))
		}
		switch {
		case i >= 0 && props[i].key == name && p.has:
			twice = number
		case i >= 0 && props[i].key == name:
			p.setting, p.has = here, true
		case len(bytes.TrimSpace(text)) > 0:
			p.others = true
		}
		return true
	})
	if twice > 0 {
		return place{}, fmt.Errorf("%s:%d: %s stands there twice", path, first+twice-1, name)
	}
	return p, nil
}

// indentation is the white space a line begins with. Python's reader takes a line that is indented deeper than the one
// before for more of that one's value, so what is written stands as deep as what it stands among.
func indentation(line string) string {
	return line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}

// lineEnd is the one that the file has.
func lineEnd(data []byte) string {
	if i := bytes.IndexByte(data, '\n'); i > 0 && data[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// wholeLine takes in the line's end, or for a last line that has none, the end of the line before.
func wholeLine(data []byte, l line) line {
	if i := bytes.IndexByte(data[l.end:], '\n'); i >= 0 {
		l.end += i + 1
	} else if l.start > 0 {
		l.end = len(data)
	}
	return l
}

func splice(data []byte, at line, with string) []byte {
	out := make([]byte, 0, len(data)+len(with))
	out = append(out, data[:at.start]...)
	out = append(out, with...)
	return append(out, data[at.end:]...)
}

// headerFor writes a profile's header, and refuses a name that could not be read back from it.
func headerFor(profile string) (string, error) {
	if profile == "default" {
		return "[default]", nil
	}
	text := "[profile " + profile + "]"
	if h, ok := parseHeader([]byte(text)); !ok || h.name != profile || strings.ContainsAny(profile, "[]\r\n\t\"'") {
		return "", fmt.Errorf("%q cannot be a profile's name in %s", profile, "~/.aws/config")
	}
	return text, checkText(profile)
}
