package gitcred

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
)

// maxWrite is the longest line git documents, its line feed included.
const maxWrite = 65535

// Write writes the message in one call, so that a reader gets all of it or nothing. What Read would refuse or read as
// something else is an error before anything is written.
func Write(w io.Writer, c Credential) error {
	doc, err := format(c)
	if err != nil {
		return fmt.Errorf("write git credential: %w", err)
	}
	if _, err := w.Write(doc); err != nil {
		return fmt.Errorf("write git credential: %w", err)
	}
	return nil
}

// format is the message as bytes. capability[] comes first: git heeds what depends on it only after it.
func format(c Credential) ([]byte, error) {
	var d document
	d.list(capabilityKey, c.Capabilities)
	for _, key := range textKeys() {
		if v := c.text(key); v.IsSet() {
			d.line(key, v.Text())
		}
	}
	if !c.PasswordExpiry.IsZero() {
		seconds := c.PasswordExpiry.Unix()
		if !inRange(seconds) {
			return nil, fmt.Errorf("%s is out of range", expiryKey)
		}
		d.line(expiryKey, strconv.FormatInt(seconds, 10))
	}
	for _, key := range []string{"ephemeral", "continue"} {
		if *c.flag(key) {
			d.line(key, "1")
		}
	}
	d.list("state[]", c.State)
	d.list("wwwauth[]", c.WWWAuth)
	return d.bytes.Bytes(), d.err
}

// document gathers lines and the first reason not to write them.
type document struct {
	bytes bytes.Buffer
	err   error
}

func (d *document) list(key string, values []string) {
	for _, value := range values {
		if value == "" && d.err == nil {
			d.err = fmt.Errorf("an empty %s would clear the list", key)
		}
		d.line(key, value)
	}
}

func (d *document) line(key, value string) {
	if d.err == nil {
		d.err = check(key, value)
	}
	if d.err == nil && len(key)+len(value)+2 > maxWrite {
		d.err = fmt.Errorf("the value of %s is too long for git", key)
	}
	d.bytes.WriteString(key + "=" + value + "\n")
}
