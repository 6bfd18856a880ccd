package gitcred

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// What Read takes at most. git documents 65,535 bytes for a line; a server's WWW-Authenticate headers may make a message
// longer than one.
const (
	maxRead    = 1 << 20
	maxMessage = 4 << 20
)

// Read reads one message, up to its blank line or the end of r. It may take more from r than the message, but does not
// wait for more than the blank line.
//
// The last of a repeated plain attribute counts, as in git; repeated list attributes add up, and an empty one clears
// the list. Attributes it does not know are ignored, url among them: git has split it before any helper is asked.
//
// Refused, with an error that quotes no value and the zero Credential:
//   - a line without "=";
//   - NUL or carriage return anywhere. git sends neither (gitcredentials: credential.protectProtocol), and a stripped
//     "\r" would turn the host of one URL into another;
//   - other control characters in protocol, host, path or username;
//   - a last line without its line feed: git died in the middle of it, so it may be half a host or half a password;
//   - a line over 1 MiB, a message over 4 MiB.
func Read(r io.Reader) (Credential, error) {
	var (
		c     Credential
		total int
		line  []byte
		err   error
		buf   = bufio.NewReader(r)
	)
	for {
		if line, err = readLine(buf, line[:0]); err == io.EOF || err == nil && len(line) == 0 {
			return c, nil
		}
		if total += len(line) + 1; err == nil && total > maxMessage {
			err = errors.New("the message is too long")
		}
		if err == nil {
			err = c.add(line)
		}
		if err != nil {
			return Credential{}, err
		}
	}
}

// readLine appends the next line, without its line feed, to line. The end of input before it is io.EOF, in it an error.
func readLine(r *bufio.Reader, line []byte) ([]byte, error) {
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) > maxRead {
			return nil, errors.New("a line is too long")
		}
		line = append(line, part...)
		switch {
		case err == nil:
			return line[:len(line)-1], nil
		case err == io.EOF && len(line) > 0:
			return nil, errors.New("the last line was cut off")
		case err != bufio.ErrBufferFull:
			return nil, err
		}
	}
}

// add takes one line into the message.
func (c *Credential) add(line []byte) error {
	if bytes.ContainsAny(line, "\r\x00") {
		return errors.New("a line has a carriage return or NUL in it")
	}
	name, text, found := bytes.Cut(line, []byte{'='})
	if !found {
		return errors.New(`a line has no "=" in it`)
	}
	key := string(name)
	if field := c.text(key); field != nil {
		*field = Some(string(text))
		return check(key, field.Text())
	}
	if field := c.list(key); field != nil {
		if *field = append(*field, string(text)); len(text) == 0 {
			*field = nil
		}
		return nil
	}
	if field := c.flag(key); field != nil {
		var err error
		if *field, err = ParseBool(string(text)); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		return nil
	}
	if key == expiryKey {
		c.PasswordExpiry = parseExpiry(string(text))
	}
	return nil
}
