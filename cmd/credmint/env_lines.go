package main

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// lines are the text that sets variables, and removes others, in the language of a shell.
func lines(format string, vars []variable, others []string) (string, error) {
	set, unset := languageOf(format)
	var text strings.Builder
	for _, name := range others {
		text.WriteString(unset(name))
	}
	for _, v := range vars {
		line, err := set(v.name, v.value)
		if err != nil {
			return "", fmt.Errorf("%s: %w", v.name, err)
		}
		text.WriteString(line)
	}
	return text.String(), nil
}

// languageOf tells how a shell's language sets a variable, and removes one.
func languageOf(format string) (set func(name, value string) (string, error), unset func(name string) string) {
	quoting := func(form string, quote *strings.Replacer) func(name, value string) (string, error) {
		return func(name, value string) (string, error) { return fmt.Sprintf(form, name, quote.Replace(value)), nil }
	}
	switch format {
	case "fish":
		return quoting("set -gx %s '%s'\n", strings.NewReplacer(`\`, `\\`, `'`, `\'`)),
			func(name string) string { return "set -e " + name + "\n" }
	case "powershell": // which takes typographic quotes for quotes
		return quoting("$env:%s = '%s'\n", strings.NewReplacer("'", "''", "‘", "‘‘", "’", "’’", "‚", "‚‚", "‛", "‛‛")),
			func(name string) string { return "Remove-Item -ErrorAction Ignore Env:" + name + "\n" }
	case "cmd":
		return setCmd, func(name string) string { return "set \"" + name + "=\"\r\n" }
	case "dotenv":
		return setDotenv, func(string) string { return "" } // it describes an environment, and changes none
	}
	return quoting("export %s='%s'\n", strings.NewReplacer(`'`, `'\''`)), func(name string) string { return "unset " + name + "\n" }
}

// setCmd refuses what cmd.exe would read as something else, in one of its modes or code pages, however it is written.
func setCmd(name, value string) (string, error) {
	odd := func(c rune) bool { return c > unicode.MaxASCII || strings.ContainsRune("%!\"\r\n", c) }
	if strings.ContainsFunc(value, odd) {
		return "", errors.New("no batch file can hold this value: choose another --format")
	}
	return fmt.Sprintf("set \"%s=%s\"\r\n", name, value), nil
}

// setDotenv refuses what readers of such files disagree about: docker takes quotes literally, others need them.
func setDotenv(name, value string) (string, error) {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("+/=_.:,@-", c)
	}
	if strings.ContainsFunc(value, func(c rune) bool { return !plain(c) }) {
		return "", errors.New("readers of .env files would read this value differently: choose another --format")
	}
	return name + "=" + value + "\n", nil
}
