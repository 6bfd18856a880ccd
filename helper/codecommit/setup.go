package codecommit

import (
	"strings"

	"credmint/helper/filename"
)

// Section is one [credential "URL"] of a git configuration.
type Section struct {
	URL      string // of a host, in which "*" stands for one whole label
	Settings []Setting
}

// Setting is one line of a Section. Settings of one name add up, in their order.
type Setting struct{ Name, Value string }

// Key is the setting's name as `git config` takes it.
func (s Section) Key(setting Setting) string { return "credential." + s.URL + "." + setting.Name }

// Sections is what git must be told to ask the helper, and nobody else, for the hosts of CodeCommit. There is one for
// each shape that ParseHost takes, since git's "*" matches a whole label only. The empty helper drops those configured
// earlier: git before 2.40 keeps no expiry, so a helper that stores would answer with a stale password for ever.
// useHttpPath makes git say for which repository it asks, which is part of what is signed.
func Sections(helperCommand string) []Section {
	hosts := []string{
		"git-codecommit.*.amazonaws.com",
		"git-codecommit-fips.*.amazonaws.com",
		"git-codecommit.*.amazonaws.com.cn",
		"*.git-codecommit.*.vpce.amazonaws.com",
		"*.git-codecommit-fips.*.vpce.amazonaws.com",
		"*.git-codecommit.*.vpce.amazonaws.com.cn",
	}
	sections := make([]Section, 0, len(hosts))
	for _, host := range hosts {
		sections = append(sections, Section{
			URL:      "https://" + host,
			Settings: []Setting{{"helper", ""}, {"helper", helperCommand}, {"useHttpPath", "true"}},
		})
	}
	return sections
}

// HelperCommand is the value of credential.helper that runs the program at an absolute path with the arguments, to
// which git adds the action. git hands a value that starts with a path to sh as it is, and one that starts with "!"
// without it; so what sh would split or expand is quoted behind a "!".
func HelperCommand(path string, args ...string) string {
	words := append([]string{filename.ToSlash(path)}, args...)
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = quote(word)
	}
	command := strings.Join(quoted, " ")
	if strings.HasPrefix(command, "'") {
		return "!" + command
	}
	return command
}

// quote leaves alone what sh takes for one plain word.
func quote(word string) string {
	plain := func(b byte) bool {
		return isLower(b) || isUpper(b) || isDigit(b) || strings.IndexByte("/._-+:@%,=", b) >= 0
	}
	if only(word, plain) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
