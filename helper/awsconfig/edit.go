package awsconfig

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"credmint/helper/atomicfile"
)

// ErrForeignProcess says that a profile's credential_process runs another program, which only a person may replace.
var ErrForeignProcess = errors.New("the profile has a credential_process of another program")

// Set makes value one setting of a profile in the shared config file, and creates file and section where they are missing.
// It owns that one line: every other byte, comment, line end and the file's mode stay. changed is false when the line
// stood there already. On error, such as for a value that this format cannot hold, the file is as it was.
func Set(path, profile, name, value string) (changed bool, err error) {
	return edit(path, func(data []byte) ([]byte, error) {
		return put(path, data, profile, name, value, func(string) error { return nil })
	})
}

// Unset removes one setting of a profile, and the section's header if nothing else is left of it. changed is false when
// there was no such line.
func Unset(path, profile, name string) (changed bool, err error) {
	return edit(path, func(data []byte) ([]byte, error) {
		return remove(path, data, inConfig(profile), name, func(string) bool { return true })
	})
}

// Rename gives a setting of a profile another name; its value and what else stands on the line stay. changed is false when
// there was no such line. It is an error if the profile has a setting of the new name already.
func Rename(path, profile, from, to string) (changed bool, err error) {
	return edit(path, func(data []byte) ([]byte, error) {
		taken, err := find(path, data, inConfig(profile), to)
		if err != nil {
			return nil, err
		}
		p, err := find(path, data, inConfig(profile), from)
		switch {
		case err != nil || !p.has:
			return data, err
		case taken.has:
			return nil, fmt.Errorf("%s: profile %q has %s already", path, profile, to)
		}
		start := p.setting.start + len(indentation(string(data[p.setting.start:p.setting.end])))
		return splice(data, line{start, start + len(from)}, to), nil
	})
}

// SetProcess is Set for a profile's credential_process. A line that runs another program is replaced where replace says
// so; else it is an error wrapping ErrForeignProcess.
func SetProcess(path, profile, command string, replace bool) (changed bool, err error) {
	return edit(path, func(data []byte) ([]byte, error) {
		return putProcess(path, data, profile, command, replace)
	})
}

// CheckProcess is the error that SetProcess would return of what stands in path now, and writes nothing.
func CheckProcess(path, profile, command string, replace bool) error {
	_, err := edit(path, func(data []byte) ([]byte, error) {
		_, err := putProcess(path, data, profile, command, replace)
		return data, err
	})
	return err
}

func putProcess(path string, data []byte, profile, command string, replace bool) ([]byte, error) {
	return put(path, data, profile, processSetting, command, func(old string) error {
		if _, ours := OwnProcess(old); !ours && old != "" && !replace {
			return fmt.Errorf("%s: %w: %s", path, ErrForeignProcess, old)
		}
		return nil
	})
}

// UnsetProcess is Unset for a profile's credential_process, if that runs credmint.
func UnsetProcess(path, profile string) (changed bool, err error) {
	return edit(path, func(data []byte) ([]byte, error) {
		return remove(path, data, inConfig(profile), processSetting, func(old string) bool {
			_, ours := OwnProcess(old)
			return ours
		})
	})
}

// processSetting names the setting that tells a program to run.
const processSetting = "credential_process"

func edit(path string, change func([]byte) ([]byte, error)) (bool, error) {
	return atomicfile.Edit(path, maxFile, func(data []byte) ([]byte, error) {
		if bytes.IndexByte(data, 0) >= 0 {
			return nil, fmt.Errorf("%s holds a NUL byte: it is no text file", path)
		}
		mark := []byte("\xef\xbb\xbf")
		text, marked := bytes.CutPrefix(data, mark)
		after, err := change(text)
		if marked {
			after = append(mark, after...)
		}
		return after, err
	})
}

// put is the bytes with the setting in them, if may allows for the value that stands there: empty where there is none.
func put(path string, data []byte, profile, name, value string, may func(old string) error) ([]byte, error) {
	setting := name + " = " + value
	if err := checkSetting(setting, name, value); err != nil {
		return nil, err
	}
	h, err := headerFor(profile)
	if err != nil {
		return nil, err
	}
	p, err := find(path, data, inConfig(profile), name)
	if err != nil {
		return nil, err
	}
	switch {
	case p.has:
		old := string(data[p.setting.start:p.setting.end])
		_, was, _ := cutProperty(withoutComment(old))
		if was == value {
			return data, nil
		}
		if err := may(was); err != nil {
			return nil, err
		}
		comment := old[len(strings.TrimRight(withoutComment(old), " \t")):]
		return splice(data, p.setting, indentation(old)+setting+comment), nil
	case p.found:
		end := line{p.header.end, p.header.end}
		return splice(data, end, lineEnd(data)+p.indent+setting), nil
	}
	eol := lineEnd(data)
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

// remove is the bytes without the setting, if may allows for the value that stands there.
func remove(path string, data []byte, wanted []header, name string, may func(old string) bool) ([]byte, error) {
	p, err := find(path, data, wanted, name)
	if err != nil || !p.has {
		return data, err
	}
	if !may(settingValue(data, p)) {
		return data, nil
	}
	cut := wholeLine(data, p.setting)
	if !p.others && len(bytes.TrimSpace(data[p.header.end:p.setting.start])) == 0 {
		cut.start = p.header.start
	}
	return splice(data, cut, ""), nil
}

// checkSetting refuses a line that would not be read back as it is meant.
func checkSetting(setting, name, value string) error {
	if err := checkText(setting); err != nil {
		return fmt.Errorf("%s %q: %w", name, value, err)
	}
	parent := ""
	p, ok, err := parseProperty([]byte(setting), &parent)
	if err != nil || !ok || p.key != name || p.value != value || value == "" {
		return fmt.Errorf("%s: %q cannot stand in the shared AWS files", name, value)
	}
	return nil
}
