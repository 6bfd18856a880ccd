package completion

import "strings"

// bashWord is how the word is quoted that somebody types in bash, and which part of it stays as it is: bash replaces what
// is behind the last of its word breaks, or behind the quote that is open.
type bashWord struct {
	open  byte   // the quote that is open: ' or ", or none
	stays string // of the word, without quotes
}

// breaks are bash's COMP_WORDBREAKS, without those that separate words.
const breaks = ":=@><;|&("

// splitBash reads a line by bash's rules of quoting, and returns the words behind the program's name.
func splitBash(line string) (args []string, last bashWord) {
	var word strings.Builder
	started := false
	end := func() {
		args = append(args, word.String())
		word.Reset()
		started, last = false, bashWord{}
	}
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case last.open != 0 && c == last.open:
			last.open = 0
		case last.open == '\'', last.open == '"' && c != '\\':
			word.WriteByte(c)
		case c == '\\' && i+1 < len(line):
			i++
			if last.open == '"' && !strings.ContainsRune("$`\"\\", rune(line[i])) {
				word.WriteByte(c)
			}
			word.WriteByte(line[i])
			started = true
		case c == '\'', c == '"':
			last.open, last.stays, started = c, word.String(), true
		case c == ' ', c == '\t', c == '\n':
			if started {
				end()
			}
		default:
			word.WriteByte(c)
			started = true
			if strings.IndexByte(breaks, c) >= 0 {
				last.stays = word.String()
			}
		}
	}
	args = append(args, word.String())
	return args[1:], last
}

// quote is what bash is to put in the place of what it replaces.
func (w bashWord) quote(word string) string {
	special := " \t\n\"'\\`$&|;<>()[]{}*?!#~"
	switch w.open {
	case '\'':
		return strings.ReplaceAll(strings.TrimPrefix(word, w.stays), "'", `'\''`)
	case '"':
		special = "$`\"\\"
	}
	var out strings.Builder
	for _, c := range []byte(strings.TrimPrefix(word, w.stays)) {
		if strings.IndexByte(special, c) >= 0 {
			out.WriteByte('\\')
		}
		out.WriteByte(c)
	}
	return out.String()
}
