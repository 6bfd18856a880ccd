package plaintext

import (
	"bytes"
	"slices"
	"testing"
)

// FuzzNetrc cuts some of the ordinary entries out of a file: all others read as they did, and nothing but white space is
// gone beside the words that were to go.
func FuzzNetrc(f *testing.F) {
	for _, text := range []string{
		"# c\nmachine h login a password 1\n\nmachine i # x\n login \"b c\"\n\tpassword \"\\\"2\"\n",
		"machine h login a password 1 machine i login b password 2 machine j", "machine h\r\n login a\r\n password 1\r\n",
		"macdef m\nmachine x login y password z\n\nmachine h login a password 1\nmacdef n\nx", "default login a password b",
		"machine h login a account x password 1", "machine h login a password #1\nmachine i login b password p\\2", "login x\nfoo machine",
		"machine h login a password \"1\n", "machine\fh\vlogin a#b password 1#x #c", "machine \"h\"x login a password b",
	} {
		f.Add([]byte(text), uint16(0xffff))
		f.Add([]byte(text), uint16(1))
	}
	f.Fuzz(func(t *testing.T, data []byte, some uint16) {
		machines, err := parseNetrc(data)
		if err != nil {
			return
		}
		var (
			words []span
			stay  []string
		)
		for i, m := range machines {
			if m.stays() == "" && some>>(i%16)&1 == 1 {
				words = append(words, m.words...)
			} else {
				stay = append(stay, show(m))
			}
		}
		out := cut(bytes.Clone(data), words)
		left, err := parseNetrc(out)
		if err != nil {
			t.Fatalf("%q became %q, which does not parse: %v", data, out, err)
		}
		var read []string
		for _, m := range left {
			read = append(read, show(m))
		}
		if !slices.Equal(read, stay) {
			t.Errorf("%q became %q: it reads as %q, want %q", data, out, read, stay)
		}
		wanted := slices.Clone(data)
		for _, w := range words {
			for i := w.start; i < w.end; i++ {
				wanted[i] = ' '
			}
		}
		if got, want := printing(out), printing(wanted); !bytes.Equal(got, want) {
			t.Errorf("%q became %q", data, out)
		}
	})
}

// show is all that a machine says but where it stands: that may change.
func show(m machine) string {
	odd := m.odd != ""
	return m.host + "\x00" + m.login.Text() + "\x00" + m.password.Text() + "\x00" + string(map[bool]byte{true: '!'}[odd])
}

// printing is what is not white space.
func printing(data []byte) []byte {
	return slices.DeleteFunc(slices.Clone(data), isSpace)
}
