//go:build unix

package secretservice

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Conversation is one with the Secret Service of a bus. Calls are numbered in the order they are sent.
type Conversation struct {
	*socket
	in     *bufio.Reader
	serial uint32
	early  []message // answers that came before the ones to earlier calls: nothing orders them

	place   string     // the collection that is asked
	session string     // in which secrets are had
	asked   []question // and not answered yet
}

// Greet is the beginning of a Read: it says the first words and does not wait for the answer, so that the service thinks
// about it while the caller does other work. It asks for nothing secret. The caller closes the conversation.
func Greet(deadline time.Time, patience time.Duration, address string) (*Conversation, error) {
	path, err := socketPath(address)
	if err != nil {
		return nil, err
	}
	s, err := connect(path, deadline, patience)
	if err != nil {
		return nil, noBus(err)
	}
	c := &Conversation{socket: s, in: bufio.NewReaderSize(s, pieceSize)}
	if err := c.greet(); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// noBus says that there is no bus, but of one that has not answered in time.
func noBus(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrNoBus, err)
}

// greet introduces us to the bus and to the service, with a property as the first message. BEGIN need not wait for the bus's
// OK: nothing is lost when that says something else.
func (c *Conversation) greet() error {
	uid := hex.EncodeToString([]byte(strconv.Itoa(os.Getuid())))
	hello := []byte("\x00AUTH EXTERNAL " + uid + "\r\nBEGIN\r\n")
	get := call{serviceName, servicePath, properties, "Get", noActivate, "ss", piece(0)}
	get.body.string(serviceIface)
	get.body.string("Collections")
	return c.send(hello, call{busName, "/org/freedesktop/DBus", busName, "Hello", 0, "", nil}, get)
}

// send writes the calls in one go, after a prefix.
func (c *Conversation) send(prefix []byte, calls ...call) error {
	out := append(piece(0), prefix...)
	for _, m := range calls {
		c.serial++
		out = m.encode(out, c.serial)
	}
	c.wait()
	_, err := c.Write(out)
	return err
}

// reply waits for the answer to one call, past signals and the answers to others.
func (c *Conversation) reply(serial uint32, signature string) (*decoder, error) {
	for i := range c.early {
		if c.early[i].replyTo == serial {
			return c.early[i].result(signature)
		}
	}
	c.wait()
	for range maxSkipped {
		m, err := readMessage(c.in)
		switch {
		case err != nil:
			return nil, err
		case m.kind != typeReply && m.kind != typeError:
		case m.replyTo != serial:
			c.early = append(c.early, m)
		default:
			return m.result(signature)
		}
	}
	return nil, errProtocol
}

// result is the body of an answer, or the error that it is.
func (m *message) result(signature string) (*decoder, error) {
	switch {
	case m.kind == typeError && (strings.HasSuffix(m.errorName, ".ServiceUnknown") || strings.HasSuffix(m.errorName, ".NameHasNoOwner")):
		return nil, ErrNoService
	case m.kind == typeError && strings.HasSuffix(m.errorName, ".IsLocked"):
		return nil, ErrLocked
	case m.kind == typeError:
		return nil, fmt.Errorf("the Secret Service answered %s", m.errorName)
	case m.signature != signature:
		return nil, errProtocol
	}
	return &m.body, nil
}
