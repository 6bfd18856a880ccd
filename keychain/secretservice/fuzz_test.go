//go:build unix

package secretservice

import (
	"bufio"
	"bytes"
	"testing"
)

// FuzzMessage feeds the decoder what a bus might send: it must not panic, hang, or allocate by what a length claims.
func FuzzMessage(f *testing.F) {
	body := encoder{}
	body.string("hello")
	get := call{serviceName, servicePath, properties, "Get", noActivate, "s", body}
	f.Add(get.encode(nil, 1))
	f.Add([]byte("l\x02\x00\x01\xff\xff\xff\x7f\x01\x00\x00\x00\xff\xff\xff\x7f"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := readMessage(bufio.NewReader(bytes.NewReader(data)))
		if err != nil {
			return
		}
		for _, read := range []func(*decoder){
			func(d *decoder) { d.signature(); d.paths() },
			func(d *decoder) { d.signature(); d.string(); d.string() },
			func(d *decoder) { d.paths(); d.paths() },
			func(d *decoder) { d.string(); d.bytes(); d.bytes() },
			func(d *decoder) { d.signature(); d.uint32() },
		} {
			d := m.body
			read(&d)
			if d.pos > len(d.data) {
				t.Fatalf("read %d of %d bytes", d.pos, len(d.data))
			}
		}
	})
}

// What is encoded is read back.
func TestRoundTrip(t *testing.T) {
	body := encoder{}
	body.string("a value")
	body.uint32(42)
	c := call{destination: "d.d", path: "/p", iface: "i.i", member: "M", signature: "su", body: body}
	m, err := readMessage(bufio.NewReader(bytes.NewReader(c.encode(nil, 9))))
	if err != nil || m.kind != typeCall || m.signature != "su" {
		t.Fatalf("%+v, %v", m, err)
	}
	if s, n := m.body.string(), m.body.uint32(); s != "a value" || n != 42 || m.body.err != nil {
		t.Errorf("%q %d %v", s, n, m.body.err)
	}
}

func TestSocketPath(t *testing.T) {
	tests := map[string]string{
		"unix:path=/run/user/1000/bus": "/run/user/1000/bus",
		"unix:abstract=/tmp/x,guid=1":  "@/tmp/x",
		"tcp:host=a;unix:path=/a%20b":  "/a b",
		"unix:guid=1,path=/x":          "/x",
		"":                             "",
		"autolaunch:":                  "",
		"unix:path=":                   "",
		"unix:path=%zz":                "",
		"unix:path=/a%00b":             "",
		"tcp:host=localhost,port=1;unixexec:path=/bin/": "",
	}
	for address, want := range tests {
		if got, err := socketPath(address); got != want || (err == nil) != (want != "") {
			t.Errorf("socketPath(%q) = %q, %v; want %q", address, got, err, want)
		}
	}
}
