package awstest

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// constraint is STS's refusal of one malformed value.
func constraint(value, member, rule string) *refusal {
	return invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", value, member, rule)
}

// first is the first failure of several checks.
func first(checks ...*refusal) *refusal {
	for _, c := range checks {
		if c != nil {
			return c
		}
	}
	return nil
}

// matches checks a value's length, and that it has word characters and those of more only: AWS's [\w+=,.@-]*.
func matches(value, member string, least, most int, more string) *refusal {
	if failure := sized(value, member, least, most); failure != nil {
		return failure
	}
	for _, c := range value {
		if !isWord(c) && !strings.ContainsRune(more, c) {
			return constraint(value, member, `Member must satisfy regular expression pattern: [\w`+more+`]*`)
		}
	}
	return nil
}

func sized(value, member string, least, most int) *refusal {
	switch n := utf8.RuneCountInString(value); {
	case n < least:
		return constraint(value, member, fmt.Sprintf("Member must have length greater than or equal to %d", least))
	case n > most:
		return constraint(value, member, fmt.Sprintf("Member must have length less than or equal to %d", most))
	}
	return nil
}

func onlyDigits(value, member string) *refusal {
	if strings.Trim(value, "0123456789") != "" {
		return constraint(value, member, `Member must satisfy regular expression pattern: [\d]*`)
	}
	return nil
}

// isWord is \w in ASCII.
func isWord(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}
