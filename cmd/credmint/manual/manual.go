// Package manual writes the pages of a manual, in the language of man(7), from a kong grammar: what --help says, a page
// for each command. See https://man.openbsd.org/man.7 and, for what a page has, man-pages(7).
package manual

import (
	"bytes"
	"fmt"
	"go/doc/comment"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// Page is one page of section 1.
type Page struct {
	Name string // credmint-git-list
	Text []byte
}

// Pages are those of a program and of all its commands, save the hidden ones. date is when they were changed last.
func Pages(app *kong.Application, version string, date time.Time) []Page {
	title := func(n *kong.Node) string {
		return fmt.Sprintf(".TH %s 1 %q %q %q\n", escape(strings.ToUpper(name(n))), date.UTC().Format(time.DateOnly), app.Name+" "+version, app.Name)
	}
	var pages []Page
	var add func(n *kong.Node)
	add = func(n *kong.Node) {
		pages = append(pages, Page{name(n), append([]byte(title(n)), body(n)...)})
		for _, child := range visible(n) {
			add(child)
		}
	}
	add(app.Node)
	return pages
}

// words are those that one types for a command.
func words(n *kong.Node) string {
	if n.Parent == nil {
		return n.Name
	}
	return words(n.Parent) + " " + n.Name
}

// name is what a command's page is called.
func name(n *kong.Node) string { return strings.ReplaceAll(words(n), " ", "-") }

func visible(n *kong.Node) []*kong.Node {
	var nodes []*kong.Node
	for _, child := range n.Children {
		if !child.Hidden {
			nodes = append(nodes, child)
		}
	}
	return nodes
}

func body(n *kong.Node) []byte {
	p := &page{}
	summary, rest, _ := strings.Cut(n.Help, "\n")
	p.line(".SH NAME")
	p.line("%s \\- %s", escape(name(n)), escape(lowerFirst(strings.TrimSuffix(summary, "."))))
	p.line(".SH SYNOPSIS")
	p.line(".B %s", escape(words(n)))
	p.line("%s", escape(arguments(n)))
	p.line(".SH DESCRIPTION")
	p.text(strings.Join([]string{summary, rest, n.Detail}, "\n\n"))
	p.commands(visible(n))
	p.values("ARGUMENTS", n.Positional)
	p.flags(n)
	p.related(n)
	return p.out.Bytes()
}

// arguments is what stands behind the command's words.
func arguments(n *kong.Node) string {
	var words []string
	for _, arg := range n.Positional {
		words = append(words, arg.Summary())
	}
	if len(visible(n)) > 0 {
		words = append(words, "<command>")
	}
	return strings.Join(append(words, "[flags]"), " ")
}

// page is the text of one, as it is written.
type page struct{ out bytes.Buffer }

func (p *page) line(format string, args ...any) { fmt.Fprintf(&p.out, format+"\n", args...) }

func (p *page) commands(nodes []*kong.Node) {
	if len(nodes) == 0 {
		return
	}
	p.line(".SH COMMANDS")
	for _, n := range nodes {
		p.line(".TP\n.BR %s (1)", escape(name(n)))
		p.line("%s", escape(n.Help))
	}
}

func (p *page) values(heading string, values []*kong.Value) {
	if len(values) == 0 {
		return
	}
	p.line(".SH %s", heading)
	for _, v := range values {
		p.line(".TP\n.I %s", escape(v.Summary()))
		p.line("%s", escape(kong.DefaultHelpValueFormatter(v)))
	}
}

// flags are the command's own, and those of the commands that it belongs to.
func (p *page) flags(n *kong.Node) {
	p.line(".SH OPTIONS")
	for _, group := range n.AllFlags(true) {
		for _, flag := range group {
			p.line(".TP\n.B %s", escape(spelled(flag)))
			p.line("%s", escape(kong.DefaultHelpValueFormatter(flag.Value)))
		}
	}
}

func spelled(flag *kong.Flag) string {
	if flag.Tag.Negatable != "" {
		return strings.Replace(flag.String(), "--", "--[no-]", 1)
	}
	return flag.String()
}

// related are the pages above and below this one.
func (p *page) related(n *kong.Node) {
	var names []string
	if n.Parent != nil {
		names = append(names, name(n.Parent))
	}
	for _, child := range visible(n) {
		names = append(names, name(child))
	}
	if len(names) == 0 {
		return
	}
	p.line(".SH SEE ALSO")
	for i, name := range names {
		end := ","
		if i == len(names)-1 {
			end = ""
		}
		p.line(".BR %s (1)%s", escape(name), end)
	}
}

// text is what kong takes help for: a Go doc comment.
func (p *page) text(text string) {
	for i, block := range new(comment.Parser).Parse(text).Content {
		switch block := block.(type) {
		case *comment.Code:
			p.line(".PP\n.nf\n.RS 4\n%s\n.RE\n.fi", escape(strings.TrimSuffix(block.Text, "\n")))
		case *comment.List:
			for _, item := range block.Items {
				p.line(".IP \\(bu 2")
				for _, part := range item.Content {
					p.line("%s", escape(plain(part)))
				}
			}
		default:
			if i > 0 {
				p.line(".PP")
			}
			p.line("%s", escape(plain(block)))
		}
	}
}

// plain is the words of a block.
func plain(block comment.Block) string {
	doc := comment.Doc{Content: []comment.Block{block}}
	printer := comment.Printer{TextWidth: -1}
	return strings.TrimSpace(string(printer.Text(&doc)))
}

// escape writes text as roff shows it: a backslash, a hyphen that is to be copied, and what would be a macro at the
// beginning of a line.
func escape(text string) string {
	text = strings.NewReplacer(`\`, `\e`, `-`, `\-`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}

func lowerFirst(s string) string {
	if len(s) > 1 && s[1] >= 'a' && s[1] <= 'z' {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}
