//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"credmint/helper/mint/awstest"
)

// networkFault prepares a network that fails, and tells what is said of it.
type networkFault struct {
	prepare    func(w *wired) (program []string) // before `aws other`; nothing: credmint itself
	says, hint string
	works      bool // nothing fails after all
}

const elsewhereHint = "name its authority with"

func networkFaults() map[string]networkFault {
	run := func(prepare func(w *wired)) func(w *wired) []string {
		return func(w *wired) []string { prepare(w); return nil }
	}
	tls := func(flaws ...awstest.Flaw) func(w *wired) []string {
		return run(func(w *wired) {
			w.at(w.aws.StartTLS(flaws...))
			w.trust()
		})
	}
	raw := func(say string) func(w *wired) []string {
		return run(func(w *wired) { w.at("http://" + saying(w.t, say)) })
	}
	return map[string]networkFault{
		"TLS":                              {prepare: tls(), works: true},
		"a certificate that is over":       {tls(awstest.Expired), `certificate has expired or is not yet valid`, elsewhereHint, false},
		"a certificate for another host":   {tls(awstest.WrongHost), `certificate`, elsewhereHint, false},
		"a certificate of nobody's":        {run(func(w *wired) { w.at(w.aws.StartTLS()) }), `certificate signed by unknown authority`, elsewhereHint, false},
		"no TLS at an https address":       {run(func(w *wired) { w.at(strings.Replace(w.aws.Start(), "http:", "https:", 1)) }), `HTTP response to HTTPS client`, "", false},
		"TLS at an http address":           {run(func(w *wired) { w.at(strings.Replace(w.aws.StartTLS(), "https:", "http:", 1)) }), `HTTP status 400`, "", false},
		"TLS that ends in the handshake":   {run(func(w *wired) { w.at("https://" + saying(w.t, "")) }), `GetSessionToken: .*EOF|reset by peer`, "", false},
		"another protocol":                 {raw("SSH-2.0-OpenSSH_9.2\r\n"), `GetSessionToken: .*malformed HTTP`, "", false},
		"no answer but the end":            {raw(""), `GetSessionToken: .*(EOF|reset by peer)`, "", false},
		"a header without an end":          {raw("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("a", 2<<20)), `GetSessionToken: `, "", false},
		"a body shorter than it says":      {raw("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<Get"), noAWS, "", false},
		"a body longer than it says":       {raw("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<GetSessionTokenResponse>"), noAWS, "", false},
		"two lengths":                      {raw("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n<Get>"), `GetSessionToken: `, "", false},
		"nobody listens":                   {run(func(w *wired) { w.at("http://127.0.0.1:1") }), `connection refused`, "nothing answers at 127.0.0.1:1: compare `credmint_endpoint_url`", false},
		"no host of that name":             {run(func(w *wired) { w.at("https://sts..invalid") }), `no such host`, "nothing has the name sts..invalid: compare `credmint_endpoint_url`", false},
		"nobody knows names":               {resolverDown, `GetSessionToken: .*lookup sts.eu-west-1.amazonaws.com`, "is there a network", false},
		"no network":                       {noNetwork, `GetSessionToken: .*(unreachable|lookup)`, "", false},
		"packets are dropped":              {dropped, `GetSessionToken: .*i/o timeout`, "nothing answers at ", false},
		"packets to the IPv6 address are":  {prepare: droppedIPv6, works: true},
		"a proxy that wants a password":    {proxied(http.StatusProxyAuthRequired), `the proxy 127.0.0.1:[0-9]+ answered with HTTP status 407`, "the proxy .* wants a name and a password", false},
		"a proxy that forbids it":          {proxied(http.StatusForbidden), `HTTP status 403`, "the proxy .* lets nobody through to sts.eu-west-1.amazonaws.com", false},
		"a proxy that cannot reach it":     {proxied(http.StatusBadGateway), `HTTP status 502`, "the proxy .* lets nobody through to sts.eu-west-1.amazonaws.com", false},
		"a proxy that is not there":        {run(func(w *wired) { w.env = append(w.env, "HTTPS_PROXY=http://127.0.0.1:1") }), `connection refused`, "the proxy does not answer: compare HTTPS_PROXY", false},
		"a proxy with a secret in it":      {run(func(w *wired) { w.env = append(w.env, "HTTPS_PROXY=http://me:hunter2@127.0.0.1:1") }), `connection refused`, "the proxy does not answer: compare HTTPS_PROXY", false},
		"a proxy whose address is none":    {run(func(w *wired) { w.env = append(w.env, "HTTPS_PROXY=http://me:hunter2@[::1") }), `proxy`, "HTTPS_PROXY", false},
		"a right answer of another type":   {retyped("application/json"), "", "", true},
		"a right answer of type text/html": {retyped("text/html"), "", "", true},
	}
}

// trust names AWS's own authority to credmint.
func (w *wired) trust() {
	bundle, err := w.aws.WriteCA(w.home)
	if err != nil {
		w.t.Fatal(err)
	}
	w.env = append(w.env, "AWS_CA_BUNDLE="+bundle)
}

// TestNetworkFails has the network fail in each way, with no session kept.
func TestNetworkFails(t *testing.T) {
	t.Parallel()
	faults := networkFaults()
	together(t, sortedNames(faults), func(w *wired, name string) func() []finished {
		program := append(faults[name].prepare(w), w.self, "aws", "other")
		return func() []finished { return []finished{w.run(program...)} }
	}, func(t *testing.T, s *told) {
		want, got := faults[s.name], s.runs[0]
		if want.works {
			s.wants(t, got, 0)
		} else {
			s.wants(t, got, 1, `^credmint: error: profile "other": .*`+want.says, want.hint)
		}
		if got.took > 30*time.Second || strings.Contains(got.stderr, "hunter2") {
			t.Errorf("after %s: %s", got.took, got.stderr)
		}
	})
}

// saying is the address of a server that reads a request's head and says something, whatever it was.
func saying(t *testing.T, text string) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				// All of a request is read, or the connection may be reset before the answer is seen. A handshake is not one.
				in := bufio.NewReader(conn)
				if first, err := in.Peek(1); err == nil && first[0] == 'P' {
					if r, err := http.ReadRequest(in); err == nil {
						_, _ = io.Copy(io.Discard, r.Body)
					}
				}
				_, _ = conn.Write([]byte(text))
			}()
		}
	}()
	return listener.Addr().String()
}

// proxied is a proxy in front of AWS's own hosts that answers with a status.
func proxied(status int) func(w *wired) []string {
	return func(w *wired) []string {
		proxy := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(status) }))
		w.t.Cleanup(proxy.Close)
		w.env = append(w.env, "HTTPS_PROXY="+strings.Replace(proxy.URL, "http://", "http://me:hunter2@", 1))
		return nil
	}
}

// retyped has all answers say that they are of another type.
func retyped(kind string) func(w *wired) []string {
	return func(w *wired) []string {
		aws := w.aws.Handler()
		server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			answer := httptest.NewRecorder()
			aws.ServeHTTP(answer, r)
			rw.Header().Set("Content-Type", kind)
			rw.WriteHeader(answer.Code)
			_, _ = rw.Write(answer.Body.Bytes())
		}))
		w.t.Cleanup(server.Close)
		w.at(server.URL)
		return nil
	}
}

// inNamespace is a program in front of another that runs it after a script, with a mount namespace of its own, and with a
// network of its own too, if flags say so.
func (w *wired) inNamespace(flags, script string) []string {
	needProgram(w.t, "unshare", "util-linux")
	program := []string{which(w.t, "unshare"), flags, "sh", "-ec", script + "\n" + `exec "$@"`, "sh"}
	if out, err := exec.Command(program[0], append(program[1:], "true")...).CombinedOutput(); err != nil {
		missing(w.t, "unshare %s does not work here: %v: %s", flags, err, out)
	}
	return program
}

func which(t *testing.T, name string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func resolverDown(w *wired) []string {
	w.write("resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
	return w.inNamespace("-Urnm", "ip link set lo up; mount --bind "+filepath.Join(w.home, "resolv.conf")+" /etc/resolv.conf")
}

func noNetwork(w *wired) []string {
	w.at("https://192.0.2.1")
	return w.inNamespace("-Urn", ":")
}

// dropped is an address at which connections are neither taken nor refused.
func dropped(w *wired) []string {
	w.at("http://" + blackHole(w.t, "127.0.0.1:0"))
	return nil
}

// droppedIPv6 is a host with two addresses, of which the one that is tried first drops packets.
func droppedIPv6(w *wired) []string {
	url := w.aws.Start()
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(url, "http://"))
	blackHole(w.t, "[::1]:"+port)
	w.at("http://localhost:" + port)
	w.write("hosts", "::1 localhost\n127.0.0.1 localhost\n")
	return w.inNamespace("-Urm", "mount --bind "+filepath.Join(w.home, "hosts")+" /etc/hosts")
}

// blackHole listens where nobody accepts, and fills the queue, so that the kernel drops whoever else wants in.
func blackHole(t *testing.T, address string) string {
	at, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	domain, to := syscall.AF_INET, syscall.Sockaddr(&syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: at.Port})
	if at.IP.To4() == nil {
		domain, to = syscall.AF_INET6, &syscall.SockaddrInet6{Addr: [16]byte(at.IP.To16()), Port: at.Port}
	}
	fd, err := syscall.Socket(domain, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, to); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	if v4, ok := name.(*syscall.SockaddrInet4); ok {
		at.Port = v4.Port
	}
	dropped := 0
	for range 16 {
		conn, err := net.DialTimeout("tcp", at.String(), 200*time.Millisecond)
		if err == nil {
			dropped = 0
			t.Cleanup(func() { conn.Close() })
		} else if dropped++; dropped == 3 { // one alone may be this process, which was not run for a while
			return at.String()
		}
	}
	t.Fatalf("%s takes everybody", at)
	return ""
}

// A code works once: whatever becomes of the request, it is not sent again, unless AWS throttled it before it looked.
func TestCodeIsSentOnce(t *testing.T) {
	t.Parallel()
	cells := map[string]struct {
		fault awstest.Fault
		code  int
		sent  int
		says  string
	}{
		"taken":           {awstest.Fault{}, 0, 1, ""},
		"throttled twice": {awstest.Fault{Throttle: 2}, 0, 3, ""},
		"denied":          {awstest.Fault{Code: "AccessDenied", Message: "no"}, 1, 1, "AccessDenied"},
		"500":             {awstest.Fault{Status: 500, Body: "busy"}, 1, 1, "HTTP status 500"},
		"reset":           {awstest.Fault{Reset: true}, 1, 1, "GetSessionToken"},
		"cut short":       {awstest.Fault{Truncate: true}, 1, 1, noAWS},
		"redirected":      {awstest.Fault{Status: 307, Redirect: "SAME"}, 1, 1, "HTTP status 307"},
	}
	together(t, sortedNames(cells), func(w *wired, name string) func() []finished {
		url := w.aws.Start()
		w.at(url)
		device := w.alice.AddMFA("alice")
		code := device.Code(time.Now().Add(30 * time.Second)) // the next one, which AWS takes for a minute at least
		w.write(".aws/config", "[profile me]\nregion = eu-west-1\naws_account_id = 111111111111\ncredmint_mfa_serial = "+device.Serial+
			"\ncredmint_mfa_process = /bin/echo "+code+"\n")
		fault := cells[name].fault
		fault.Redirect = strings.ReplaceAll(fault.Redirect, "SAME", url)
		w.aws.SetFault("", fault)
		return func() []finished { return []finished{w.run("aws", "me")} }
	}, func(t *testing.T, s *told) {
		want := cells[s.name]
		var says []string
		if want.says != "" {
			says = []string{want.says}
		}
		s.wants(t, s.runs[0], want.code, says...)
		if n := len(s.aws.Log()); n != want.sent {
			t.Errorf("%d requests, want %d", n, want.sent)
		}
	})
}

// A source's session that is over at AWS is made anew once, and a role of another account is nobody's.
func TestRoleOverTheWire(t *testing.T) {
	t.Parallel()
	cells := map[string]func(w *wired) []finished{
		"source over at AWS": func(w *wired) []finished {
			first := w.run("aws", "me")
			w.aws.Expire(keyOf(w.t, first))
			w.aws.Reset()
			return []finished{w.run("aws", "reader")}
		},
		"source over at AWS whatever is made": func(w *wired) []finished {
			w.aws.SetFault("AssumeRole", awstest.Fault{Code: "ExpiredToken"})
			return []finished{w.run("aws", "reader")}
		},
		"another account": func(w *wired) []finished {
			w.aws.SetFault("AssumeRole", awstest.Fault{Account: "999999999999"})
			refused := w.run("aws", "reader")
			w.aws.ClearFaults()
			w.aws.Reset()
			return []finished{refused, w.run("aws", "reader")}
		},
		"a token of 16 KiB": func(w *wired) []finished {
			w.aws.SetTokenSize(16 << 10)
			first := w.run("aws", "reader")
			w.aws.SetFault("", awstest.Fault{Status: 503})
			return []finished{first, w.run("aws", "reader")}
		},
	}
	together(t, sortedNames(cells), func(w *wired, name string) func() []finished {
		w.at(w.aws.Start())
		return func() []finished { return cells[name](w) }
	}, func(t *testing.T, s *told) {
		last := s.runs[len(s.runs)-1]
		sessions, roles := s.aws.Calls("GetSessionToken"), s.aws.Calls("AssumeRole")
		switch s.name {
		case "source over at AWS":
			s.wants(t, last, 0)
			if sessions != 1 || roles != 1 {
				t.Errorf("%d sessions, %d roles, want one of each", sessions, roles)
			}
		case "source over at AWS whatever is made":
			s.wants(t, last, 1, "AWS refused AssumeRole: ExpiredToken", "credmint forget me")
			if len(s.aws.Log()) != 4 {
				t.Errorf("%d requests, want two sessions and two roles", len(s.aws.Log()))
			}
		case "another account":
			s.wants(t, s.runs[0], 1, "asked for "+wiredReader+", AWS answered for arn:aws:sts::999999999999:")
			s.wants(t, last, 0)
			if roles != 1 {
				t.Errorf("%d roles: the refused one was kept", roles)
			}
		default:
			s.wants(t, s.runs[0], 0)
			s.wants(t, last, 0)
			if len(last.stdout) < 16<<10 || last.stdout != s.runs[0].stdout {
				t.Errorf("%d bytes, then %d", len(s.runs[0].stdout), len(last.stdout))
			}
		}
	})
}

// keyOf is the access key id in a document.
func keyOf(t *testing.T, e finished) string {
	var document struct {
		AccessKeyID string `json:"AccessKeyId"`
	}
	if err := json.Unmarshal([]byte(e.stdout), &document); err != nil {
		t.Error(err)
	}
	return document.AccessKeyID
}
