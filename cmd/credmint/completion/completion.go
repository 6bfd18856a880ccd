// Package completion tells shells what may stand where somebody types, from a kong grammar alone. Names that only the
// program knows come from it, by the kind that a field's tag says:
//
//	Profile string `arg:"" names:"profile"`
//
// A field that is called as a kind is needs no tag. It knows nothing of what the program does, and asks nobody.
package completion

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Word is what may be typed, and what it is about: one line, or nothing.
type Word struct{ Text, About string }

// Names tells the names of a kind; none where it knows no such kind.
type Names func(kind string) []Word

// Words are those that may stand in the place of the last argument, however much of it is there already. files: names of
// files may too, which the shell knows best.
func Words(root *kong.Node, args []string, names Names) (words []Word, files bool) {
	if len(args) == 0 {
		args = []string{""}
	}
	c := line{node: root, names: names}
	for _, arg := range args[:len(args)-1] {
		c.pass(arg)
	}
	return c.next(args[len(args)-1])
}

// line is how far a command line has been read.
type line struct {
	node   *kong.Node
	names  Names
	given  []*kong.Flag
	wants  *kong.Flag // whose value comes next
	args   int        // that the node has got
	noMore bool       // behind "--" nothing is a flag
}

// pass reads a word that is complete.
func (l *line) pass(word string) {
	switch {
	case l.wants != nil:
		l.wants = nil
	case !l.noMore && word == "--":
		l.noMore = true
	case !l.noMore && len(word) > 1 && word[0] == '-':
		name, _, hasValue := strings.Cut(word, "=")
		flag := l.flag(name)
		if flag == nil {
			return
		}
		l.given = append(l.given, flag)
		if !hasValue && !flag.IsBool() && !flag.IsCounter() {
			l.wants = flag
		}
	default:
		if child := l.child(word); child != nil {
			l.node = child
			return
		}
		l.args++
	}
}

// flag finds one by what was typed of it: --long, --no-long or -s.
func (l *line) flag(typed string) *kong.Flag {
	for flag := range l.flags {
		if typed == "--"+flag.Name || typed == "--no-"+flag.Name && flag.Tag.Negatable != "" ||
			flag.Short != 0 && typed == "-"+string(flag.Short) {
			return flag
		}
	}
	return nil
}

// flags are those that may stand here, the node's own first.
func (l *line) flags(yield func(*kong.Flag) bool) {
	groups := l.node.AllFlags(true)
	for _, group := range slices.Backward(groups) {
		for _, flag := range group {
			if !yield(flag) {
				return
			}
		}
	}
}

func (l *line) child(name string) *kong.Node {
	if l.args > 0 || l.noMore {
		return nil
	}
	for _, child := range l.node.Children {
		if child.Name == name {
			return child
		}
	}
	return nil
}

// next are the words for where the cursor is.
func (l *line) next(word string) (words []Word, files bool) {
	name, value, hasValue := strings.Cut(word, "=")
	switch {
	case l.wants != nil:
		return l.values(l.wants.Value, word)
	case !l.noMore && strings.HasPrefix(word, "--") && hasValue:
		flag := l.flag(name)
		if flag == nil {
			return nil, false
		}
		words, files = l.values(flag.Value, value)
		return prefixed(name+"=", words), files
	case !l.noMore && strings.HasPrefix(word, "-"):
		return l.flagWords(), false
	}
	if l.args == 0 && !l.noMore {
		for _, child := range l.node.Children {
			if !child.Hidden {
				words = append(words, Word{child.Name, child.Help})
			}
		}
	}
	if arg := l.argument(); arg != nil {
		more, files := l.values(arg, word)
		return append(words, more...), files
	}
	return words, false
}

// argument is the one that comes next: the last takes all that follow where it takes several.
func (l *line) argument() *kong.Value {
	all := l.node.Positional
	switch {
	case l.args < len(all):
		return all[l.args]
	case len(all) > 0 && all[len(all)-1].IsCumulative():
		return all[len(all)-1]
	}
	return nil
}

// flagWords leaves out what was given, and offers of what is on by default to turn it off.
func (l *line) flagWords() []Word {
	var words []Word
	for flag := range l.flags {
		switch {
		case slices.Contains(l.given, flag) && !flag.IsCumulative():
		case flag.Tag.Negatable != "" && flag.Default == "true":
			words = append(words, Word{"--no-" + flag.Name, flag.Help})
		default:
			words = append(words, Word{"--" + flag.Name, flag.Help})
		}
	}
	return words
}

// values are what a flag or an argument may be. One that takes several, separated, goes on behind the last separator.
func (l *line) values(v *kong.Value, word string) (words []Word, files bool) {
	before := ""
	if v.Flag != nil && v.IsSlice() && v.Tag.Sep > 0 {
		before = word[:strings.LastIndexByte(word, byte(v.Tag.Sep))+1]
	}
	if v.Enum != "" {
		for _, value := range v.EnumSlice() {
			words = append(words, Word{Text: value})
		}
		return prefixed(before, words), false
	}
	kinds := v.Tag.Get("names")
	if kinds == "" {
		kinds = v.Name
	}
	for kind := range strings.SplitSeq(kinds, ",") {
		words = append(words, l.names(kind)...)
	}
	switch v.Tag.Type {
	case "path", "existingfile", "existingdir", "filecontent":
		files = true
	}
	return prefixed(before, words), files || v.PassthroughMode != kong.PassThroughModeNone
}

func prefixed(prefix string, words []Word) []Word {
	if prefix != "" {
		for i := range words {
			words[i].Text = prefix + words[i].Text
		}
	}
	return words
}
