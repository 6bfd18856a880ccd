package awsconfig

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"credmint/helper/atomicfile"
)

// maxFile bounds what is read of one file: five thousand profiles take about one MiB.
const maxFile = 16 << 20

// window is how much of a file is in memory at a time while it is looked through. What a large file costs to read is most
// of all the memory that is new to the process.
const window = 8 << 10

// bom is the byte order mark that editors of Windows put before UTF-8.
const bom = "\xef\xbb\xbf"

// file is one of the two shared files. It is looked through once, which leaves a mark for each line that may be a header, and
// after that only the sections that are wanted are read.
type file struct {
	path  string
	text  *io.SectionReader
	marks []mark
	data  []byte // all of the text, where somebody needed that
	fault error  // why data is not all of it
}

// mark says where a line is that begins like a header. Those of files that are within maxFile fit.
type mark struct{ start, line, digest uint32 } // the line's first byte; its number, from 1

// open reads the file's headers. One that does not exist is empty, and so is the null device, which people name where they want
// none. A larger one stays open, where it can (see staysOpen),
// until nobody refers to it, so that what is read later is of the same file, even when another has taken its name.
func (f *file) open() error {
	if f.path == os.DevNull {
		return f.hold([]byte{})
	}
	opened, size, err := atomicfile.OpenLinked(f.path, maxFile)
	if atomicfile.NotThere(err) {
		return f.hold([]byte{})
	}
	if err != nil {
		return fmt.Errorf("read the shared AWS files: %w", err)
	}
	f.text = io.NewSectionReader(opened, 0, size)
	if size > window && staysOpen {
		return f.index()
	}
	data, err := f.read(0, size)
	_ = opened.Close()
	if err != nil {
		return err
	}
	return f.hold(data)
}

// hold makes data the file's text.
func (f *file) hold(data []byte) error {
	f.data = data
	f.text = io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data)))
	return f.index()
}

// inMemory is a file whose bytes somebody has read.
func inMemory(path string, data []byte) (*file, error) {
	f := &file{path: path}
	return f, f.hold(data)
}

// read returns a part of the text, and less where the file has become shorter since.
func (f *file) read(from, to int64) ([]byte, error) {
	if f.data != nil {
		return f.data[from:to], nil
	}
	part := make([]byte, to-from)
	n, err := f.text.ReadAt(part, from)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the shared AWS files: %w", err)
	}
	return part[:n], nil
}

// all returns the whole text. Where it cannot be read there is none, and whichever section is asked for next says why.
func (f *file) all() []byte {
	if f.data == nil && f.fault == nil {
		f.data, f.fault = f.read(0, f.text.Size())
	}
	return bytes.TrimPrefix(f.data, []byte(bom))
}

// index looks the file through: it refuses bytes that no reader of this format means, and marks the headers.
func (f *file) index() error {
	f.marks = make([]mark, 0, f.text.Size()/64) // what is not used of it costs nothing
	line := uint32(1)
	return f.windows(func(part []byte, at int64) error {
		if at == 0 {
			if bytes.HasPrefix(part, []byte("\xff\xfe")) || bytes.HasPrefix(part, []byte("\xfe\xff")) {
				return fmt.Errorf("%s is UTF-16: save it as UTF-8", f.path)
			}
			at = int64(len(part))
			part = bytes.TrimPrefix(part, []byte(bom))
			at -= int64(len(part))
		}
		if bytes.IndexByte(part, 0) >= 0 {
			return fmt.Errorf("%s holds a NUL byte: it is no text file", f.path)
		}
		line = f.mark(part, uint32(at), line)
		return nil
	})
}

// windows calls look with all of the text, so many whole lines at a time as a window holds.
func (f *file) windows(look func(part []byte, at int64) error) error {
	if f.data != nil {
		return look(f.data, 0)
	}
	buffer, filled := make([]byte, window), 0
	for at := int64(0); ; {
		n, err := f.text.ReadAt(buffer[filled:], at+int64(filled))
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read the shared AWS files: %w", err)
		}
		part := buffer[:filled+n]
		if err == nil {
			part = part[:bytes.LastIndexByte(part, '\n')+1]
		}
		if len(part) == 0 && err == nil { // one line fills it
			filled = len(buffer)
			buffer = append(buffer, make([]byte, len(buffer))...)
			continue
		}
		if err := look(part, at); err != nil {
			return err
		}
		if err != nil {
			return nil
		}
		at += int64(len(part))
		filled = copy(buffer, buffer[len(part):filled+n])
	}
}

// mark notes the lines that begin like headers in a part of the text, whose first byte and line are given, and returns the
// line after it. It goes from bracket to bracket, so that the lines between, which are most of a large file, are not looked
// at, and leaves it to find to read the few headers that somebody asks for.
func (f *file) mark(part []byte, at, line uint32) uint32 {
	counted := 0
	for i := 0; ; i++ {
		next := bytes.IndexByte(part[i:], '[')
		if next < 0 {
			return line + uint32(bytes.Count(part[counted:], []byte("\n")))
		}
		start := i + next
		i = start
		for start > 0 && (part[start-1] == ' ' || part[start-1] == '\t') {
			start--
		}
		if start > 0 && part[start-1] != '\n' {
			continue
		}
		line += uint32(bytes.Count(part[counted:start], []byte("\n")))
		counted = start
		f.marks = append(f.marks, mark{at + uint32(start), line, digest(part[i:])})
	}
}

// firstLine is text up to its first line's end.
func firstLine(text []byte) []byte {
	if i := bytes.IndexByte(text, '\n'); i >= 0 {
		return text[:i]
	}
	return text
}

// digest tells most headers apart, and is the same for all spellings of one: FNV-1a
// (http://www.isthe.com/chongo/tech/comp/fnv/) of what is in the brackets, but for white space, quotes and what is not ASCII.
func digest[T string | []byte](of T) uint32 {
	sum := uint32(2166136261)
	for i := range len(of) {
		c := of[i]
		if c > '\'' && c < 0x7f { // nearly all are, and a hit does this for each header of the file
			if c == ']' {
				return sum
			}
		} else if c == '\n' {
			return sum
		} else if c <= ' ' || c >= 0x7f || c == '"' || c == '\'' {
			continue
		}
		sum = (sum ^ uint32(c)) * 16777619
	}
	return sum
}

// section returns the properties of the one section that has one of the headers, which differ in kind only, and the line
// of its header: 0 when there is none.
func (f *file) section(wanted ...header) ([]property, int, error) {
	text, at, err := f.find(wanted)
	if err != nil || at.line == 0 {
		return nil, 0, err
	}
	props, err := f.properties(text, int(at.line))
	return props, int(at.line), err
}

// find returns the text of the one section that has one of the headers, to the next header, and its mark: no line where
// there is none.
func (f *file) find(wanted []header) (text []byte, at mark, err error) {
	if f.fault != nil {
		return nil, mark{}, f.fault
	}
	digests := make([]uint32, len(wanted))
	for i, h := range wanted {
		digests[i] = digest(h.String())
	}
	for i, m := range f.marks {
		if !slices.Contains(digests, m.digest) {
			continue
		}
		end := f.text.Size()
		if i+1 < len(f.marks) {
			end = int64(f.marks[i+1].start)
		}
		body, err := f.read(int64(m.start), end)
		if err != nil {
			return nil, mark{}, err
		}
		h, ok := parseHeader(firstLine(body))
		switch {
		case digest(body) != m.digest:
			return nil, mark{}, fmt.Errorf("%s was changed while it was read: try again", f.path)
		case !ok || !slices.Contains(wanted, h):
		case at.line > 0:
			return nil, mark{}, fmt.Errorf("%s:%d: section %s stands at line %d already", f.path, m.line, wanted[0], at.line)
		default:
			text, at = body, m
		}
	}
	return text, at, nil
}

// at is how a line of the file is told to a person.
func (f *file) at(line int) string { return f.path + ":" + strconv.Itoa(line) }

// headers calls yield with every header of the file.
func (f *file) headers(yield func(h header, number int) bool) { eachHeader(f.all(), yield) }

// lines calls yield with every line of the file as eachLine does.
func (f *file) lines(yield func(line []byte, number, start int) bool) { eachLine(f.all(), yield) }
