package helper

import (
	"errors"
	"fmt"
)

// Unprinted is embedded in structs that hold a secret and are written as JSON or XML, which is their job. Whatever the verb,
// %+v and %#v included, they print as "[hidden]"; a log in JSON would hold what they marshal.
//
// It is for the whole struct, since a field cannot keep itself from being printed: fmt calls no method of what is in an
// unexported field of another struct, and for some verbs it follows a pointer there. So that one has to be Unprinted, too.
type Unprinted struct{}

const hidden = "[hidden]"

// Format is fmt.Formatter's.
func (Unprinted) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// Unwritten is Unprinted for structs that no protocol or record has: they cannot be written as JSON either.
type Unwritten struct{ Unprinted }

// MarshalJSON refuses.
func (Unwritten) MarshalJSON() ([]byte, error) {
	return nil, errors.New("it does not marshal: it holds a secret")
}
