package saml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxDepth is several times what any response needs.
const maxDepth = 64

// element is one of XML's. Its attributes are those without a namespace: SAML has no others.
type element struct {
	name     xml.Name
	attrs    map[string]string
	data     strings.Builder // the text directly in it, comments left out
	children []*element
}

// parse reads one document. The decoder knows XML's five entities only and takes UTF-8 only, so that what is read is never
// more than was sent.
func parse(raw []byte) (*element, error) {
	d := xml.NewDecoder(bytes.NewReader(raw))
	var t tree
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = t.take(token)
		}
		if err != nil {
			return nil, err
		}
	}
	if t.root == nil {
		return nil, errors.New("it is empty")
	}
	return t.root, nil
}

// tree grows from the tokens of one document.
type tree struct {
	root *element
	open []*element // from the root down to where the next token belongs
}

func (t *tree) take(token xml.Token) error {
	switch token := token.(type) {
	case xml.StartElement:
		return t.start(token)
	case xml.EndElement:
		t.open = t.open[:len(t.open)-1]
	case xml.CharData:
		if len(t.open) > 0 {
			t.open[len(t.open)-1].data.Write(token)
		} else if len(bytes.TrimSpace(token)) > 0 {
			return errors.New("there is text beside its root")
		}
	case xml.Directive:
		return errors.New("it has a document type or another directive")
	case xml.ProcInst:
		if token.Target != "xml" || t.root != nil {
			return errors.New("it has a processing instruction")
		}
	}
	return nil
}

func (t *tree) start(token xml.StartElement) error {
	e, err := newElement(token)
	switch {
	case err != nil:
		return err
	case len(t.open) > 0:
		parent := t.open[len(t.open)-1]
		parent.children = append(parent.children, e)
	case t.root != nil:
		return errors.New("it has two roots")
	default:
		t.root = e
	}
	if t.open = append(t.open, e); len(t.open) > maxDepth {
		return fmt.Errorf("it is nested more than %d deep", maxDepth)
	}
	return nil
}

func newElement(t xml.StartElement) (*element, error) {
	e := &element{name: t.Name, attrs: map[string]string{}}
	for _, a := range t.Attr {
		if a.Name.Space != "" {
			continue
		}
		if _, twice := e.attrs[a.Name.Local]; twice {
			return nil, fmt.Errorf("an element has two attributes %s", a.Name.Local)
		}
		e.attrs[a.Name.Local] = a.Value
	}
	return e, nil
}

func (e *element) is(space, local string) bool { return e.name.Space == space && e.name.Local == local }

// all finds the elements at a path below this one, each step of which is in the namespace.
func (e *element) all(space string, path ...string) (found []*element) {
	for _, c := range e.children {
		if !c.is(space, path[0]) {
			continue
		}
		if len(path) == 1 {
			found = append(found, c)
		} else {
			found = append(found, c.all(space, path[1:]...)...)
		}
	}
	return found
}

// count is how many such elements there are below this one, however deep.
func (e *element) count(space, local string) (n int) {
	for _, c := range e.children {
		if c.is(space, local) {
			n++
		}
		n += c.count(space, local)
	}
	return n
}

func (e *element) content() string { return strings.TrimSpace(e.data.String()) }

// text is the content of the one element at a path: empty where there is none, or more than one.
func (e *element) text(space string, path ...string) string {
	if found := e.all(space, path...); len(found) == 1 {
		return found[0].content()
	}
	return ""
}

// attr is an attribute of the one element at a path.
func (e *element) attr(name, space string, path ...string) string {
	if found := e.all(space, path...); len(found) == 1 {
		return found[0].attrs[name]
	}
	return ""
}
