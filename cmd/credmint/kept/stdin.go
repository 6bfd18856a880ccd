package kept

import (
	"bytes"
	"io"
	"os"
)

// maxRequest bounds what is read of stdin before main begins. What git asks has a few hundred bytes.
const maxRequest = 16 << 10

// consumed is what was read of stdin for a call that turned out to be main's to answer.
var consumed []byte

// Stdin is what the program was started with as its standard input, from its first byte on.
func Stdin() io.Reader {
	if len(consumed) == 0 {
		return os.Stdin
	}
	return io.MultiReader(bytes.NewReader(consumed), os.Stdin)
}

// fromStdin gives a call what it reads of stdin, and hands all of that on to main where the call has no answer.
func fromStdin(call func(io.Reader) []byte) []byte {
	var read bytes.Buffer
	answer := call(io.TeeReader(io.LimitReader(os.Stdin, maxRequest), &read))
	if answer == nil || read.Len() == maxRequest { // the limit may have passed for the end
		consumed = read.Bytes()
		return nil
	}
	return answer
}
