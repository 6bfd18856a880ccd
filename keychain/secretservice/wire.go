//go:build unix

package secretservice

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The bounds of what is accepted from the bus. A secret of ours has a few KiB.
const (
	maxMessage = 1 << 20
	maxLine    = 512
	maxSkipped = 64 // messages that are not the reply we wait for
)

// Message types and flags of https://dbus.freedesktop.org/doc/dbus-specification.html#message-protocol-messages.
const (
	typeCall   = 1
	typeReply  = 2
	typeError  = 3
	noActivate = 2 // NO_AUTO_START
)

// pieceSize is how much memory is asked for at a time. Go's allocator has pages of its own for each size, and each page that
// is new to the process costs as much as a system call.
const pieceSize = 1024

// piece is room for n bytes.
func piece(n int) []byte { return make([]byte, 0, max(n, pieceSize)) }

// errProtocol is an answer that is not D-Bus as we know it.
var errProtocol = errors.New("the session bus answered something else than expected")

// encoder appends values in D-Bus's little-endian form, each aligned from the start of the slice.
type encoder []byte

func (e *encoder) align(n int) {
	for len(*e)%n != 0 {
		*e = append(*e, 0)
	}
}

func (e *encoder) byte(b byte) { *e = append(*e, b) }

func (e *encoder) uint32(v uint32) {
	e.align(4)
	*e = binary.LittleEndian.AppendUint32(*e, v)
}

func (e *encoder) string(s string) {
	e.uint32(uint32(len(s)))
	*e = append(append(*e, s...), 0)
}

func (e *encoder) signature(s string) {
	*e = append(append(append(*e, byte(len(s))), s...), 0)
}

// call is one method call.
type call struct {
	destination, path, iface, member string
	flags                            byte
	signature                        string
	body                             encoder
}

// encode appends the call's message; serials start at 1.
func (c call) encode(to []byte, serial uint32) []byte {
	m := append(encoder(to[len(to):]), 'l', typeCall, c.flags, 1) // which is aligned by itself
	m.uint32(uint32(len(c.body)))
	m.uint32(serial)
	fieldsAt := len(m)
	m.uint32(0) // length of the fields, filled in below
	start := len(m)
	for _, f := range []struct {
		code      byte
		kind, val string
	}{{1, "o", c.path}, {2, "s", c.iface}, {3, "s", c.member}, {6, "s", c.destination}, {8, "g", c.signature}} {
		if f.val == "" {
			continue
		}
		m.align(8)
		m.byte(f.code)
		m.signature(f.kind)
		if f.kind == "g" {
			m.signature(f.val)
		} else {
			m.string(f.val)
		}
	}
	binary.LittleEndian.PutUint32(m[fieldsAt:], uint32(len(m)-start))
	m.align(8)
	return append(append(to, m...), c.body...)
}

// decoder reads values back. Its first fault sticks: what is read after it is zero.
type decoder struct {
	data []byte
	pos  int
	err  error
}

func (d *decoder) take(n int) []byte {
	if d.err != nil || n < 0 || n > len(d.data)-d.pos {
		d.err = errProtocol
		return nil
	}
	b := d.data[d.pos : d.pos+n]
	d.pos += n
	return b
}

func (d *decoder) align(n int) {
	if rest := d.pos % n; rest != 0 {
		d.take(n - rest)
	}
}

func (d *decoder) byte() byte {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) uint32() uint32 {
	d.align(4)
	if b := d.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (d *decoder) length() int {
	n := d.uint32()
	if n > maxMessage {
		d.err = errProtocol
		return 0
	}
	return int(n)
}

func (d *decoder) string() string {
	s := string(d.take(d.length()))
	d.byte()
	return s
}

func (d *decoder) signature() string {
	s := string(d.take(int(d.byte())))
	d.byte()
	return s
}

func (d *decoder) bytes() []byte { return d.take(d.length()) }

// paths reads an array of object paths.
func (d *decoder) paths() []string {
	n := d.length()
	end := d.pos + n
	var out []string
	for d.err == nil && d.pos < end {
		out = append(out, d.string())
	}
	if d.pos != end {
		d.err = errProtocol
	}
	return out
}

// message is what matters of a reply.
type message struct {
	kind      byte
	replyTo   uint32
	errorName string
	signature string
	body      decoder
}

// readMessage reads one message, whatever it is.
func readMessage(r *bufio.Reader) (message, error) {
	var fixed [16]byte
	if _, err := io.ReadFull(r, fixed[:]); err != nil {
		return message{}, err
	}
	if fixed[0] != 'l' || fixed[3] != 1 {
		return message{}, fmt.Errorf("%w: another byte order or version", errProtocol)
	}
	body := binary.LittleEndian.Uint32(fixed[4:])
	fields := binary.LittleEndian.Uint32(fixed[12:])
	if body > maxMessage || fields > maxMessage {
		return message{}, fmt.Errorf("%w: %d bytes", ErrTooLong, uint64(body)+uint64(fields))
	}
	padded := (fields + 7) &^ 7
	data := piece(int(16 + padded + body))[:16+padded+body]
	copy(data, fixed[:])
	if _, err := io.ReadFull(r, data[16:]); err != nil {
		return message{}, err
	}
	m := message{kind: fixed[1], body: decoder{data: data[16+padded:]}}
	return m, m.parseFields(&decoder{data: data[:16+fields], pos: 16})
}

func (m *message) parseFields(d *decoder) error {
	for d.err == nil && d.pos < len(d.data) {
		d.align(8)
		code := d.byte()
		var text string
		var number uint32
		switch kind := d.signature(); kind {
		case "s", "o":
			text = d.string()
		case "g":
			text = d.signature()
		case "u":
			number = d.uint32()
		default:
			return errProtocol
		}
		switch code {
		case 4:
			m.errorName = text
		case 5:
			m.replyTo = number
		case 8:
			m.signature = text
		}
	}
	return d.err
}
