package gitcred_test

import (
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"credmint/helper/gitcred"
)

func TestRead(t *testing.T) {
	some := gitcred.Some
	long := strings.Repeat("x", 65535)
	tests := []struct {
		name, in string
		want     gitcred.Credential
	}{
		{"nothing", "", gitcred.Credential{}},
		{"a blank line", "\nhost=h\n", gitcred.Credential{}},
		{"the end of input ends", "protocol=https\nhost=h\n", gitcred.Credential{Protocol: some("https"), Host: some("h")}},
		{"a blank line ends", "host=h\n\nhost=evil\n", gitcred.Credential{Host: some("h")}},
		{"garbage after the blank line", "host=h\n\n\x00\r no equals", gitcred.Credential{Host: some("h")}},
		{"the first = splits", "password=a=b==\n", gitcred.Credential{Password: some("a=b==")}},
		{"no trimming", "password= a \t\n", gitcred.Credential{Password: some(" a \t")}},
		{"no unescaping", "host=a%0ahost=b\\n\n", gitcred.Credential{Host: some(`a%0ahost=b\n`)}},
		{"empty is not absent", "username=\npassword=\n", gitcred.Credential{Username: some(""), Password: some("")}},
		{"the last one wins", "host=victim\nhost=mine\n", gitcred.Credential{Host: some("mine")}},
		{"unknown keys", "url=https://a:b@c\nx=y\n=z\nnew[]=1\nHOST=up\nhost =sp\nhost=h\n", gitcred.Credential{Host: some("h")}},
		{"unknown empty list", "new[]=\n", gitcred.Credential{}},
		{"lists", "wwwauth[]=a\nstate[]=s\nwwwauth[]=b\n", gitcred.Credential{WWWAuth: []string{"a", "b"}, State: []string{"s"}}},
		{"a cleared list", "state[]=a\nstate[]=\nstate[]=b\n", gitcred.Credential{State: []string{"b"}}},
		{"capabilities", "capability[]=authtype\ncapability[]=new\n", gitcred.Credential{Capabilities: []string{"authtype", "new"}}},
		{"expiry", "password_expiry_utc=1767272400\n", gitcred.Credential{PasswordExpiry: time.Unix(1767272400, 0).UTC()}},
		{"expiry that is no number", "password_expiry_utc=soon\n", gitcred.Credential{}},
		{"expiry zero", "password_expiry_utc=0\n", gitcred.Credential{}},
		{"expiry beyond time", "password_expiry_utc=9223372036854775807\n", gitcred.Credential{}},
		{"flags", "ephemeral=1\ncontinue=yes\n", gitcred.Credential{Ephemeral: true, Continue: true}},
		{"flags off", "ephemeral=1\nephemeral=false\ncontinue=\n", gitcred.Credential{}},
		{"authtype", "authtype=Bearer\ncredential=t\noauth_refresh_token=r\n", gitcred.Credential{AuthType: some("Bearer"), Credential: some("t"), OAuthRefreshToken: some("r")}},
		{"bytes that are not UTF-8", "username=\xff\npath=\xe9\n", gitcred.Credential{Username: some("\xff"), Path: some("\xe9")}},
		{"control characters in a password", "password=a\tb\x1b\n", gitcred.Credential{Password: some("a\tb\x1b")}},
		{"a long line is one line", "wwwauth[]=" + long + "host=evil\nhost=h\n", gitcred.Credential{WWWAuth: []string{long + "host=evil"}, Host: some("h")}},
		{"a longer path", "path=" + long + "\n", gitcred.Credential{Path: some(long)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for how, r := range map[string]io.Reader{
				"at once": strings.NewReader(tt.in), "by bytes": iotest.OneByteReader(strings.NewReader(tt.in)),
			} {
				got, err := gitcred.Read(r)
				if err != nil || !reflect.DeepEqual(got, tt.want) {
					t.Errorf("%s: Read(%.80q) = %s, %v; want %s", how, tt.in, show(got), err, show(tt.want))
				}
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	for name, in := range map[string]string{
		"a line without =":        "host=h\nsecret\nusername=u\n",
		"CRLF":                    "protocol=https\r\nhost=h\r\n\r\n",
		"a CRLF blank line":       "host=h\n\r\n",
		"CR in the host":          "host=victim\rhost=evil\n",
		"CR at the host's end":    "host=secret\r\n",
		"CR in the path":          "path=x\ry\n",
		"CR in a password":        "password=secret\r\n",
		"CR in an unknown value":  "new=x\ry\n",
		"NUL in the host":         "host=h\x00.evil\n",
		"NUL in a key":            "ho\x00st=h\n",
		"NUL in a password":       "password=secret\x00\n",
		"escape in the host":      "host=\x1b[2Jsecret\n",
		"tab in the user name":    "username=a\tb\n",
		"backspace in the path":   "path=a\b\n",
		"delete in the protocol":  "protocol=http\x7fs\n",
		"half a host":             "protocol=https\nhost=secret",
		"half a password":         "host=h\nusername=u\npassword=secret",
		"ephemeral maybe":         "ephemeral=secret\n",
		"a line over a mebibyte":  "wwwauth[]=" + strings.Repeat("x", 1<<20) + "\n",
		"a message over 4 MiB":    strings.Repeat("wwwauth[]="+strings.Repeat("x", 65000)+"\n", 70),
		"4 MiB of small unknowns": strings.Repeat("x=\n", 4<<20/3+1),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := gitcred.Read(strings.NewReader(in))
			if err == nil || !reflect.DeepEqual(got, gitcred.Credential{}) {
				t.Fatalf("Read(%.40q) = %s, %v; want an error alone", in, show(got), err)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error quotes the input: %v", err)
			}
		})
	}
}

func TestReadPassesOnTheReadersError(t *testing.T) {
	_, err := gitcred.Read(iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("host=h\n"))))
	if err != iotest.ErrTimeout {
		t.Errorf("Read: %v, want %v", err, iotest.ErrTimeout)
	}
}

// A caller that waits for the answer before it closes its end must get one.
func TestReadDoesNotWaitForTheEnd(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	go func() { _, _ = io.WriteString(w, "protocol=https\nhost=h\n\n") }()
	if c, err := gitcred.Read(r); err != nil || c.Host.Text() != "h" {
		t.Errorf("Read = %s, %v", show(c), err)
	}
}

// A line without an end is refused in bounded memory, and at all.
func TestReadBoundsMemory(t *testing.T) {
	for name, line := range map[string]string{"one endless line": "x", "endless lines": "state[]=x\n"} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := gitcred.Read(&endless{line: line})
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20 {
			t.Errorf("%s: allocated %d bytes", name, grown)
		}
	}
	ten := strings.NewReader("password=" + strings.Repeat("x", 10<<20) + "\n")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := gitcred.Read(ten)
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; err == nil || grown > 6<<20 {
		t.Errorf("a line of 10 MB: %v, allocated %d bytes", err, grown)
	}
}

type endless struct {
	line string
	rest string
}

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if e.rest == "" {
			e.rest = e.line
		}
		k := copy(p[n:], e.rest)
		e.rest, n = e.rest[k:], n+k
	}
	return n, nil
}

// show is the message as Write has it, for failures; Credential itself does not print.
func show(c gitcred.Credential) string {
	var b strings.Builder
	if err := gitcred.Write(&b, c); err != nil {
		return err.Error()
	}
	s := b.String()
	return "«" + s[:min(len(s), 200)] + "»"
}
