//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"credmint/helper"
	"credmint/helper/mint/awstest"
)

// endpoint is `credmint serve reader`, and what it says.
type endpoint struct {
	*wired
	cmd            *exec.Cmd
	uri, token     string
	stdout, stderr bytes.Buffer // to be read when it has ended
}

// serve starts an endpoint, and ends it with the test.
func (w *wired) serve(profile string) *endpoint {
	w.t.Helper()
	e := &endpoint{wired: w, cmd: exec.Command(w.self, "serve", "--json", profile)}
	e.cmd.Env, e.cmd.Dir, e.cmd.Stderr = w.env, w.home, &e.stderr
	e.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	out, err := e.cmd.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := e.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(e.stop)
	var slots []struct {
		URI       string `json:"uri"`
		TokenFile string `json:"token_file"`
	}
	if err := json.NewDecoder(io.TeeReader(out, &e.stdout)).Decode(&slots); err != nil || len(slots) != 1 {
		e.stop()
		w.t.Fatalf("serve said %s%s: %v", e.stdout.Bytes(), e.stderr.Bytes(), err)
	}
	token, err := os.ReadFile(slots[0].TokenFile)
	if err != nil {
		w.t.Fatal(err)
	}
	e.uri, e.token = slots[0].URI, strings.TrimSpace(string(token))
	return e
}

func (e *endpoint) stop() {
	_ = e.cmd.Process.Signal(syscall.SIGTERM)
	_ = e.cmd.Wait()
}

// get is what an SDK asks; the error of one that was not answered is its body.
func (e *endpoint) get() (status int, body string) {
	request, err := http.NewRequest(http.MethodGet, e.uri, nil)
	if err != nil {
		return 0, err.Error()
	}
	request.Header.Set("Authorization", e.token)
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}).Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(text)
}

func (e *endpoint) address() string {
	u, _ := url.Parse(e.uri)
	return u.Host
}

// due is an endpoint whose session is due from the start, and lasts so long.
func due(t *testing.T, life time.Duration) *endpoint {
	w := newWired(t)
	w.at(w.aws.Start())
	w.aws.SetSessionLife(life)
	e := w.serve("reader")
	w.aws.SetSessionLife(0)
	w.aws.Reset()
	return e
}

// Two hundred programs that ask at once for a session that is due make one call of it, and so does whoever serves it
// elsewhere.
func TestEndpointMintsOnce(t *testing.T) {
	t.Parallel()
	e := due(t, 280*time.Second)
	var asking sync.WaitGroup
	for range 200 {
		asking.Go(func() {
			// More than 64 at a time make the oldest connection give way: an SDK asks again then, after a while.
			for ends := time.Now().Add(time.Minute); time.Now().Before(ends); time.Sleep(50 * time.Millisecond) {
				status, body := e.get()
				if status == http.StatusOK && strings.Contains(body, `"AccessKeyId":"ASIA`) {
					return
				}
				if status != 0 {
					t.Errorf("%d %s", status, body)
					return
				}
			}
			t.Error("not answered for a minute, however often it asked")
		})
	}
	asking.Wait()
	if sessions, roles := e.aws.Calls("GetSessionToken"), e.aws.Calls("AssumeRole"); sessions > 1 || roles != 1 {
		t.Errorf("%d sessions and %d roles, want one of each", sessions, roles)
	}
}

// While STS fails the session is served as long as it is valid, and then there is an answer all the same, that says why.
func TestEndpointOutlivesSTS(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]awstest.Fault{"down": {Status: 503, Body: "busy"}, "silent": {Hang: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, valid := (*endpoint)(nil), 0
			for life := 6 * time.Second; valid == 0 && life < time.Minute; life *= 2 { // longer, where it was over before it was asked for
				e = due(t, life)
				e.aws.SetFault("", fault)
				valid = e.outlived(t, life)
			}
			if valid == 0 {
				t.Error("the session was never served")
			}
			if fault.Hang { // what waits for AWS still does
				return
			}
			e.aws.ClearFaults()
			until(t, "a session, as AWS is back", func() bool { // it looks again after five seconds
				status, _ := e.get()
				return status == http.StatusOK
			})
		})
	}
}

// outlived asks until the session, which lasts so long, is over, and returns how often it was served until then.
func (e *endpoint) outlived(t *testing.T, life time.Duration) (served int) {
	t.Helper()
	for ends := time.Now().Add(life + 20*time.Second); ; served++ {
		began := time.Now()
		status, body := e.get()
		if took := time.Since(began); took > helper.Patience-100*time.Millisecond { // 1.5 s, on a machine that is busy with tests
			t.Errorf("an SDK waited %s", took)
		}
		if status == http.StatusServiceUnavailable {
			var refusal struct{ Code, Message string }
			if err := json.Unmarshal([]byte(body), &refusal); err != nil || refusal.Code != "NoSession" || refusal.Message == "" {
				t.Errorf("answered %s: %v", body, err)
			}
			return served
		}
		if status != http.StatusOK || time.Now().After(ends) {
			t.Fatalf("answered %d %s", status, body)
		}
	}
}

// A thousand connections that say nothing, or half a line, keep nobody from being answered.
func TestEndpointStandsACrowd(t *testing.T) {
	t.Parallel()
	w := newWired(t)
	w.at(w.aws.Start())
	e := w.serve("reader")
	for i := range 1000 {
		conn, err := net.Dial("tcp", e.address())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if i%2 == 0 {
			_, _ = io.WriteString(conn, "GET /reader HTTP/1.1\r\nHost: ")
		}
	}
	if status, body := e.get(); status != http.StatusOK {
		t.Errorf("%d %s", status, body)
	}
	if files, err := os.ReadDir("/proc/" + pid(e.cmd) + "/fd"); err != nil || len(files) > 100 {
		t.Errorf("%d descriptors are open: %v", len(files), err)
	}
}

func pid(cmd *exec.Cmd) string { return strconv.Itoa(cmd.Process.Pid) }

// Neither the token nor a session is in what `ps` shows of the process, nor in what it says, whoever asks whatever.
func TestEndpointTellsNobody(t *testing.T) {
	t.Parallel()
	w := newWired(t)
	w.at(w.aws.Start())
	e := w.serve("reader")
	status, body := e.get()
	var session struct{ SecretAccessKey, Token string }
	if err := json.Unmarshal([]byte(body), &session); status != http.StatusOK || err != nil || session.Token == "" {
		t.Fatalf("%d %s: %v", status, body, err)
	}
	for _, request := range []string{
		"GET /" + e.token + " HTTP/1.1\r\nHost: x\r\nAuthorization: " + e.token + "\r\n\r\n", e.token + "\r\n\r\n", "\x16\x03\x01" + e.token,
		"GET /reader HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n" + e.token,
	} {
		conn, err := net.Dial("tcp", e.address())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, request)
		_ = conn.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, conn)
		conn.Close()
	}
	shown := map[string]string{}
	for _, name := range []string{"cmdline", "environ", "comm"} {
		text, err := os.ReadFile("/proc/" + pid(e.cmd) + "/" + name)
		if err != nil && !errors.Is(err, os.ErrPermission) { // of a process that nobody may look into
			t.Fatal(err)
		}
		shown[name] = string(text)
	}
	e.stop()
	shown["stdout"], shown["stderr"] = e.stdout.String(), e.stderr.String()
	for where, text := range shown {
		for _, secret := range []string{e.token, session.SecretAccessKey, session.Token} {
			if strings.Contains(text, secret) {
				t.Errorf("%s shows a secret: %q", where, text)
			}
		}
	}
	if shown["stderr"] != "" {
		t.Errorf("it said %s", shown["stderr"])
	}
}

// The endpoint of a program is closed when that has ended, and its token is good for nothing.
func TestEndpointEndsWithItsProgram(t *testing.T) {
	t.Parallel()
	w := newWired(t)
	w.at(w.aws.Start())
	for _, script := range []string{"exit 0", "kill -KILL $$"} {
		ran := w.run("exec", "reader", "--", "sh", "-c", `echo "$AWS_CONTAINER_CREDENTIALS_FULL_URI"; `+script)
		u, err := url.Parse(strings.TrimSpace(ran.stdout))
		if err != nil || u.Host == "" {
			t.Fatalf("it said %s%s", ran.stdout, ran.stderr)
		}
		if conn, err := net.Dial("tcp", u.Host); err == nil {
			conn.Close()
			t.Errorf("after %s the port is open", script)
		}
	}
}

// Other addresses of the machine do not lead to it.
func TestEndpointIsOfThisMachine(t *testing.T) {
	t.Parallel()
	w := newWired(t)
	needProgram(t, "ip", "iproute2")
	needProgram(t, "curl", "curl")
	w.write(".aws/credentials", "[given]\naws_access_key_id = ASIAGIVEN\naws_secret_access_key = s\naws_session_token = t\n")
	w.write("ask.sh", `uri=$AWS_CONTAINER_CREDENTIALS_FULL_URI
ask() { curl -s --max-time 30 -o /dev/null -w "%{http_code} " -H "Authorization: $AWS_CONTAINER_AUTHORIZATION_TOKEN" "$@" || true; }
ask "$uri"
other=$(echo "$uri" | sed s/127.0.0.1/10.9.9.9/)
ask "$other"
ask -H "Host: ${uri#http://}" "$other"
ask "$(echo "$uri" | sed s/127.0.0.1/127.0.0.2/)"
ask "$(echo "$uri" | sed 's/127.0.0.1/[::1]/')"
`)
	program := w.inNamespace("-Urn", "ip link set lo up; ip addr add 10.9.9.9/32 dev lo")
	ran := w.run(append(program, w.self, "exec", "given", "--", "sh", filepath.Join(w.home, "ask.sh"))...)
	if want := "200 000 000 000 000 "; ran.stdout != want || ran.code != 0 {
		t.Errorf("answered %q, want %q: %s", ran.stdout, want, ran.stderr)
	}
}
