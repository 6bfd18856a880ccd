package prompt

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestReply(t *testing.T) {
	long := strings.Repeat("x", maxAssuanLine)
	tests := map[string]struct{ reply, want, err string }{
		"nothing":             {"OK\n", "", ""},
		"words after OK":      {"OK Pleased to meet you\n", "", ""},
		"data":                {"D 123456\nOK\n", "123456", ""},
		"escapes":             {"D 100%25%0A%0d%c3%bC\nOK\n", "100%\n\r\u00fc", ""},
		"two lines of data":   {"D ab \nD c\nOK\n", "ab c", ""},
		"CRLF":                {"D ab\r\nOK\r\n", "ab", ""},
		"an empty D":          {"D\nOK\n", "", ""},
		"status and comments": {"S PASSWORD_FROM_CACHE\n# talk\n#\nD 1\nOK\n", "1", ""},
		"an error":            {"ERR 83886179 Operation cancelled <Pinentry>\n", "", "Operation cancelled <Pinentry>"},
		"no number":           {"ERR Operation cancelled\n", "", "an error without a number"},
		"a number too big":    {"ERR 4294967296 x\n", "", "an error without a number"},
		"an inquiry":          {"INQUIRE QUALITY 1\n", "", "none of the Assuan protocol's"},
		"something else":      {"Enter PIN: \n", "", "none of the Assuan protocol's"},
		"an empty line":       {"\nOK\n", "", "none of the Assuan protocol's"},
		"half an escape":      {"D 12%4\nOK\n", "", "within an escape"},
		"no escape":           {"D %zz\nOK\n", "", "an escape that is none"},
		"no sign":             {"D %+1\nOK\n", "", "an escape that is none"},
		"a long line":         {"D " + long + "\nOK\n", "", "too long"},
		"much data":           {strings.Repeat("D "+long[:900]+"\n", 5) + "OK\n", "", "too long"},
		"much talk":           {strings.Repeat("# talk\n", maxReplyLines) + "OK\n", "", "no end"},
		"an end without OK":   {"D 123456\n", "", "EOF"},
		"an end within OK":    {"D 123456\nOK", "", "EOF"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			got, err := newAssuan(strings.NewReader(tt.reply), &out).request("GETPIN", "")
			if string(got) != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("got %q, %v; want %q, %q", got, err, tt.want, tt.err)
			}
			if out.String() != "GETPIN\n" {
				t.Errorf("sent %q", out.String())
			}
		})
	}
}

func TestRequestsAreOneLine(t *testing.T) {
	var out bytes.Buffer
	if _, err := newAssuan(strings.NewReader("OK\n"), &out).request("SETDESC", "a%\nBYE\r"); err != nil || out.String() != "SETDESC a%25%0ABYE%0D\n" {
		t.Errorf("sent %q, %v", out.String(), err)
	}
	for _, text := range []string{strings.Repeat("\n", 2000), strings.Repeat("漢", 2000), strings.Repeat("a", 2000)} {
		out.Reset()
		if _, err := newAssuan(strings.NewReader("OK\n"), &out).request("SETDESC", shorten(text)); err != nil || out.Len() > maxAssuanLine {
			t.Errorf("%d bytes were sent, %v", out.Len(), err)
		}
	}
	if _, err := newAssuan(strings.NewReader("OK\n"), io.Discard).request("SETDESC", strings.Repeat("a", 1000)); err == nil {
		t.Error("a line too long was sent")
	}
}

// A server that speaks the protocol is understood, whatever the answer; what any other says is refused or bounded.
func FuzzReply(f *testing.F) {
	f.Add([]byte("12%\n34"), "OK\n", 3)
	f.Add([]byte(""), "D 1\nERR 99 x\n", 1)
	f.Fuzz(func(t *testing.T, answer []byte, junk string, size int) {
		if got, err := newAssuan(strings.NewReader(junk), io.Discard).reply(); err == nil && len(got) > maxAnswer {
			t.Errorf("%d bytes of answer", len(got))
		}
		if len(answer) > maxAnswer {
			return
		}
		got, err := newAssuan(strings.NewReader(served(answer, 1+max(size, 0)%300)), io.Discard).reply()
		if err != nil || !bytes.Equal(got, answer) {
			t.Errorf("got %q, %v; want %q", got, err, answer)
		}
	})
}

// served is an answer as a server sends it, in D lines of so many bytes.
func served(answer []byte, size int) string {
	var out strings.Builder
	for len(answer) > 0 {
		n := min(size, len(answer))
		out.WriteString("D " + escapeAssuan(string(answer[:n])) + "\n# more\n")
		answer = answer[n:]
	}
	return out.String() + "OK\n"
}

func TestDeclined(t *testing.T) {
	for line, want := range map[string]bool{
		"83886179 Operation cancelled": true, "99 no source": true, "83886194 Not confirmed": true,
		"83886142 Timeout": false, "83918950 Inappropriate ioctl for device": false,
	} {
		var e *assuanError
		if err := parseAssuanError(line); !errors.As(err, &e) || e.declined() != want {
			t.Errorf("%s: %v", line, err)
		}
	}
}
