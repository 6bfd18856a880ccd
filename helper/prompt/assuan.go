package prompt

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// assuan is the client's end of the protocol that pinentry speaks: lines of at most 1,000 bytes, a request answered by any
// number of "D", "S" and "#" lines and then by "OK" or "ERR". A server that inquires is refused; nothing here invites it
// to. See https://www.gnupg.org/documentation/manuals/assuan/.
type assuan struct {
	in  *bufio.Reader
	out io.Writer
}

const (
	maxAssuanLine = 1000 // with its line end
	maxAnswer     = 4096 // of the data in one reply, unescaped
	maxReplyLines = 1000
)

// assuanError is an ERR line: the low 16 bits of its number are the reason, those above say who gave it.
type assuanError struct {
	code uint32
	text string
}

// The reasons of libgpg-error that mean a person said no.
const (
	gpgCanceled      = 99
	gpgNotConfirmed  = 114
	gpgFullyCanceled = 198
)

func (e *assuanError) Error() string { return e.text }

func (e *assuanError) declined() bool {
	reason := e.code & 0xffff
	return reason == gpgCanceled || reason == gpgNotConfirmed || reason == gpgFullyCanceled
}

func newAssuan(in io.Reader, out io.Writer) *assuan {
	return &assuan{in: bufio.NewReaderSize(in, maxAssuanLine), out: out}
}

// request sends a command and returns the data of its reply.
func (a *assuan) request(command, argument string) ([]byte, error) {
	line := command
	if argument != "" {
		line += " " + escapeAssuan(argument)
	}
	if len(line) >= maxAssuanLine {
		return nil, fmt.Errorf("%s: the line is too long", command)
	}
	if _, err := io.WriteString(a.out, line+"\n"); err != nil {
		return nil, err
	}
	return a.reply()
}

// reply reads up to the line that ends a reply. The greeting is one too.
func (a *assuan) reply() ([]byte, error) {
	var data []byte
	for range maxReplyLines {
		line, err := a.in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return nil, errors.New("a line of the reply is too long")
		}
		if err != nil {
			return nil, err
		}
		word, rest, _ := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte(" "))
		switch string(word) {
		case "OK":
			return data, nil
		case "ERR":
			return nil, parseAssuanError(string(rest))
		case "D":
			if data, err = unescapeAssuan(data, rest); err != nil {
				return nil, err
			}
			if len(data) > maxAnswer {
				return nil, errors.New("the reply is too long")
			}
			clear(line)
		default:
			if len(word) > 0 && word[0] == '#' || string(word) == "S" {
				continue
			}
			return nil, errors.New("the reply is none of the Assuan protocol's")
		}
	}
	return nil, errors.New("the reply has no end")
}

func parseAssuanError(rest string) error {
	number, text, _ := strings.Cut(rest, " ")
	code, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return errors.New("the reply is an error without a number")
	}
	return &assuanError{uint32(code), text}
}

func escapeAssuan(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// unescapeAssuan appends what a D line says. Two hexadecimal digits follow each percent sign.
func unescapeAssuan(data, line []byte) ([]byte, error) {
	for i := 0; i < len(line); i++ {
		if line[i] != '%' {
			data = append(data, line[i])
			continue
		}
		if i+2 >= len(line) {
			return nil, errors.New("the reply ends within an escape")
		}
		b, err := strconv.ParseUint(string(line[i+1:i+3]), 16, 8)
		if err != nil {
			return nil, errors.New("the reply holds an escape that is none")
		}
		data = append(data, byte(b))
		i += 2
	}
	return data, nil
}
