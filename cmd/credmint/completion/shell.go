package completion

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
)

//go:embed credmint.bash
var bashScript string

//go:embed credmint.zsh
var zshScript string

//go:embed credmint.fish
var fishScript string

//go:embed credmint.ps1
var powershellScript string

// Script is what a shell has to read to complete command lines; empty for a shell that is none of bash, zsh, fish and
// powershell. Whenever somebody presses the key it asks
// `credmint __complete SHELL ...`, and prints words of its own or names of files where that fails.
func Script(shell string) string {
	return map[string]string{"bash": bashScript, "zsh": zshScript, "fish": fishScript, "powershell": powershellScript}[shell]
}

// Question is what a shell's script asks.
type Question struct {
	shell string
	Args  []string // of the program; the last is the one that is being typed
	word  bashWord // bash only
}

// Parse reads the arguments of `__complete`:
//
//	bash LINE            up to the cursor, as it was typed
//	zsh|fish WORD...     behind the program's name, without quotes
//	powershell =WORD...  each with a sign before it, for PowerShell loses those that are empty
func Parse(args []string) (Question, error) {
	if len(args) == 0 {
		return Question{}, fmt.Errorf("no shell is named")
	}
	q := Question{shell: args[0], Args: args[1:]}
	switch q.shell {
	case "bash":
		if len(args) != 2 {
			return q, fmt.Errorf("bash says its line, and nothing else")
		}
		q.Args, q.word = splitBash(args[1])
	case "powershell":
		q.Args = nil
		for _, arg := range args[1:] {
			q.Args = append(q.Args, strings.TrimLeft(strings.TrimPrefix(arg, "="), `'"`))
		}
	case "zsh", "fish":
	default:
		return q, fmt.Errorf("there is no completion for %s", q.shell)
	}
	if len(q.Args) == 0 {
		return q, fmt.Errorf("there is no word to complete")
	}
	return q, nil
}

// Answer is what the script reads: a word in a line, for bash and PowerShell as it is to be inserted, and for those that
// show it behind a tab what it is about. zsh and fish choose by rules of their own among all that is there.
func (q Question) Answer(words []Word) []byte {
	var out bytes.Buffer
	typed := q.Args[len(q.Args)-1]
	for _, w := range words {
		if strings.ContainsAny(w.Text, "\n\t") { // no shell would read it back as it is
			continue
		}
		switch q.shell {
		case "bash":
			if strings.HasPrefix(w.Text, typed) {
				fmt.Fprintln(&out, q.word.quote(w.Text))
			}
		case "powershell":
			if strings.HasPrefix(strings.ToLower(w.Text), strings.ToLower(typed)) {
				fmt.Fprintf(&out, "%s\t%s\n", quotePowerShell(w.Text), oneLine(w.About))
			}
		default:
			fmt.Fprintf(&out, "%s\t%s\n", w.Text, oneLine(w.About))
		}
	}
	return out.Bytes()
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func quotePowerShell(word string) string {
	if strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", "''") + "'"
}
