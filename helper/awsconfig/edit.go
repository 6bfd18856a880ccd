package awsconfig

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"credmint/helper/atomicfile"
)

// ErrForeignProcess says that a profile's credential_process runs another program, which only a person may replace.
var ErrForeignProcess = errors.New("the profile has a credential_process of another program")

// SetProcess makes command the credential_process of a profile in the shared config file, and creates file and section
// where they are missing. It owns that one line: every other byte, comment, line end and the file's mode stay. changed is
// false when the line stood there already. On error the file is as it was.
//
// A line that runs another program is replaced where replace says so; else it is an error wrapping ErrForeignProcess.
func SetProcess(path, profile, command string, replace bool) (changed bool, err error) {
	return edit(path, func(data []byte) ([]byte, error) { return setProcess(path, data, profile, command, replace) })
}

// UnsetProcess removes a profile's credential_process line if it runs credmint, and its header if nothing else is left
// of the section. changed is false when there was no such line.
func UnsetProcess(path, profile string) (changed bool, err error) {
	return edit(path, func(data []byte) ([]byte, error) { return unsetProcess(path, data, profile) })
}

func edit(path string, change func([]byte) ([]byte, error)) (bool, error) {
	path, mode, err := target(path)
	if err != nil {
		return false, err
	}
	data, err := readFile(path)
	if err != nil {
		return false, err
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return false, fmt.Errorf("%s holds a NUL byte: it is no text file", path)
	}
	mark := []byte("\xef\xbb\xbf")
	text, marked := bytes.CutPrefix(data, mark)
	after, err := change(text)
	if err != nil || bytes.Equal(after, text) {
		return false, err
	}
	if marked {
		after = append(mark, after...)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return false, fmt.Errorf("edit %s: %w", path, err)
	}
	if err := atomicfile.Write(path, after, mode); err != nil {
		return false, fmt.Errorf("edit %s: %w", path, err)
	}
	return true, nil
}

// target follows symbolic links: people keep ~/.aws/config among their dotfiles, and it is that file they want edited.
func target(path string) (string, fs.FileMode, error) {
	resolved, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, e := os.Lstat(path); e == nil {
			return "", 0, fmt.Errorf("%s is a symbolic link to nowhere", path)
		}
		return path, 0o600, nil
	}
	if err != nil {
		return "", 0, err
	}
	info, err := os.Stat(resolved)
	if err != nil {
		return "", 0, err
	}
	return resolved, info.Mode().Perm(), nil
}

// line is where a setting stands in the bytes of a file.
type line struct{ start, end int } // end is before the line's end

// place is where a profile's section stands, and its credential_process.
type place struct {
	header, process   line
	found, hasProcess bool
	others            bool // it holds more than the header and the process
}

func find(path string, data []byte, profile string) (place, error) {
	f := &file{path: path, data: data}
	wanted := []header{{"profile", profile}}
	if profile == "default" {
		wanted = append(wanted, header{"", profile})
	}
	props, _, err := f.section(wanted...) // refuses what stands there twice
	if err != nil {
		return place{}, err
	}
	start := f.find(wanted, 0)
	if start < 0 {
		return place{}, nil
	}
	p := place{found: true}
	first := 1 + bytes.Count(data[:start], []byte("\n"))
	section := file{data: data[start:]}
	section.lines(func(text []byte, number, at int) bool {
		here := line{start + at, start + at + len(text)}
		switch {
		case number == 1:
			p.header = here
		case isHeader(text):
			return false
		case slices.ContainsFunc(props, func(q property) bool { return q.key == "credential_process" && q.line == first+number-1 }):
			p.process, p.hasProcess = here, true
		case len(bytes.TrimSpace(text)) > 0:
			p.others = true
		}
		return true
	})
	return p, nil
}

func setProcess(path string, data []byte, profile, command string, replace bool) ([]byte, error) {
	if err := checkText(command); err != nil {
		return nil, fmt.Errorf("credential_process %q: %w", command, err)
	}
	h, err := headerFor(profile)
	if err != nil {
		return nil, err
	}
	p, err := find(path, data, profile)
	if err != nil {
		return nil, err
	}
	eol := "\n"
	if i := bytes.IndexByte(data, '\n'); i > 0 && data[i-1] == '\r' {
		eol = "\r\n"
	}
	setting := "credential_process = " + command
	switch {
	case p.hasProcess:
		old := string(data[p.process.start:p.process.end])
		_, value, _ := cutProperty(withoutComment(old))
		if value == command {
			return data, nil
		}
		if _, ours := OwnProcess(value); !ours && value != "" && !replace {
			return nil, fmt.Errorf("%s: %w: %s", path, ErrForeignProcess, value)
		}
		return splice(data, p.process, setting+old[len(strings.TrimRight(withoutComment(old), " \t")):]), nil
	case p.found:
		end := line{p.header.end, p.header.end}
		return splice(data, end, eol+setting), nil
	}
	var gap string
	switch {
	case len(data) == 0:
	case !bytes.HasSuffix(data, []byte("\n")):
		gap = eol + eol
	case !bytes.HasSuffix(data, []byte("\n\n")) && !bytes.HasSuffix(data, []byte("\n\r\n")):
		gap = eol
	}
	return append(bytes.Clone(data), gap+h+eol+setting+eol...), nil
}

func unsetProcess(path string, data []byte, profile string) ([]byte, error) {
	p, err := find(path, data, profile)
	if err != nil || !p.hasProcess {
		return data, err
	}
	_, value, _ := cutProperty(withoutComment(string(data[p.process.start:p.process.end])))
	if _, ours := OwnProcess(value); !ours {
		return data, nil
	}
	cut := wholeLine(data, p.process)
	if !p.others && len(bytes.TrimSpace(data[p.header.end:p.process.start])) == 0 {
		cut.start = p.header.start
	}
	return splice(data, cut, ""), nil
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
