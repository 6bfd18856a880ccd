//go:build linux

package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"credmint/helper"
	"credmint/helper/mint/awstest"
)

type (
	consoleKey struct{}
	envKey     struct{}
)

// heldConsole is a console that can be told to do all that is asked and not to answer.
type heldConsole struct {
	*awstest.Console
	done   chan string   // what was done and is not answered
	answer chan struct{} // closed when answers go out again
}

// setUpConsole gives a script's AWS a console where alice is signed in, and a bob who may be.
func setUpConsole(env *testscript.Env, aws *awstest.AWS, alice *awstest.User) {
	bob := aws.AddUser("111111111111", "bob")
	held := &heldConsole{Console: aws.AddConsole(alice.ARN), done: make(chan string, 10), answer: make(chan struct{})}
	env.Defer(func() { held.release() })
	env.Values[consoleKey{}], env.Values[envKey{}] = held, env
	env.Setenv("ALICE", alice.ARN)
	env.Setenv("BOB", bob.ARN)
	env.Setenv("ROOT", "arn:aws:iam::111111111111:root")
}

func (c *heldConsole) release() {
	select {
	case <-c.answer:
	default:
		close(c.answer)
	}
}

// consoleIs steers the console's sign-in: `console sign-in-as ARN`, `console answer refused`, `console end-sign-ins`,
// `console change-password ARN`, `console forbid`, `console permit`. After `console hold` AWS does what it is asked and
// does not answer; `console await` waits until it has, and `console release` lets the answers out. `console cli ARN LIFE`
// is another sign-in, of the AWS CLI's own, in $AWS_LOGIN_CACHE_DIRECTORY.
func consoleIs(ts *testscript.TestScript, _ bool, args []string) {
	c := ts.Value(consoleKey{}).(*heldConsole)
	switch args[0] {
	case "sign-in-as":
		c.SignInAs(args[1])
	case "answer":
		c.SetAnswer(awstest.Answer(args[1]))
	case "end-sign-ins":
		c.EndSignIns()
	case "change-password":
		c.ChangePassword(args[1])
	case "forbid":
		c.Forbid(true)
	case "permit":
		c.Forbid(false)
	case "cli":
		cliSignIn(ts, args[1], args[2])
	case "hold":
		answer := c.answer
		c.OnToken(func(grant string) {
			c.done <- grant
			<-answer
		})
	case "await":
		select {
		case <-c.done:
		case <-time.After(20 * time.Second):
			ts.Fatalf("nothing was asked of AWS")
		}
	case "release":
		c.OnToken(nil)
		c.release()
		c.answer = make(chan struct{})
	default:
		ts.Fatalf("console: there is no %q", args[0])
	}
}

// cliSignIn writes what the AWS CLI keeps of a sign-in, whose credentials last so long.
func cliSignIn(ts *testscript.TestScript, arn, life string) {
	d, err := time.ParseDuration(life)
	ts.Check(err)
	file, err := json.Marshal(map[string]any{
		"accessToken": map[string]string{
			"accessKeyId": "ASIACLI", "secretAccessKey": "secret", "sessionToken": "token", "accountId": helper.AccountOf(arn),
			"expiresAt": time.Now().Add(d).UTC().Format("2006-01-02T15:04:05Z"),
		},
		"tokenType": "aws_sigv4", "clientId": "arn:aws:signin:::devtools/same-device", "refreshToken": "refresh", "dpopKey": "pem",
	})
	ts.Check(err)
	dir, name := ts.Getenv("AWS_LOGIN_CACHE_DIRECTORY"), sha256.Sum256([]byte(arn))
	ts.Check(os.MkdirAll(dir, 0o700))
	ts.Check(os.WriteFile(filepath.Join(dir, hex.EncodeToString(name[:])+".json"), file, 0o600))
}

// elsewhere runs a program on a terminal, for a person whose browser is on another machine: they visit the address that
// it shows, and paste the code that the page shows. What it says is in the file `said` afterwards, what the terminal shows
// in `screen`.
func elsewhere(ts *testscript.TestScript, neg bool, args []string) {
	program, err := exec.LookPath(args[0])
	ts.Check(err)
	master, tty, err := openPTY()
	ts.Check(err)
	defer master.Close()
	said, out, err := os.Pipe()
	ts.Check(err)
	defer said.Close()
	cmd := exec.Command(program, args[1:]...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), ts.Value(envKey{}).(*testscript.Env).Vars
	cmd.Stderr, cmd.ExtraFiles = out, []*os.File{tty}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3}
	ts.Check(cmd.Start())
	defer func() { _ = cmd.Process.Kill() }()
	_ = tty.Close()
	_ = out.Close()
	_ = said.SetReadDeadline(time.Now().Add(20 * time.Second))
	_ = master.SetReadDeadline(time.Now().Add(20 * time.Second))

	words := bufio.NewReader(said)
	before, page := shown(ts, words)
	screen := read(ts, master, "The code that the page shows: ")
	_, err = io.WriteString(master, page+"\n")
	ts.Check(err)
	rest, err := io.ReadAll(words)
	ts.Check(err)
	if err := cmd.Wait(); (err == nil) == neg {
		ts.Fatalf("%v: %s%s; the terminal shows %q", err, before, rest, screen)
	}
	ts.Check(os.WriteFile(ts.MkAbs("said"), append([]byte(before), rest...), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("screen"), []byte(screen), 0o600))
}

// shown reads until an address is there, and visits it: the code is what its page shows.
func shown(ts *testscript.TestScript, said *bufio.Reader) (words, code string) {
	var all strings.Builder
	for {
		line, err := said.ReadString('\n')
		all.WriteString(line)
		if err != nil {
			ts.Fatalf("it says %q and shows no address: %v", all.String(), err)
		}
		address := strings.TrimSpace(line)
		if !strings.HasPrefix(address, "http") {
			continue
		}
		resp, err := http.Get(address)
		ts.Check(err)
		defer resp.Body.Close()
		page, err := io.ReadAll(resp.Body)
		ts.Check(err)
		found := regexp.MustCompile(`<code>(.*)</code>`).FindSubmatch(page)
		if found == nil {
			ts.Fatalf("the page shows no code: %s", page)
		}
		return all.String(), string(found[1])
	}
}

// read reads a terminal until it shows some text.
func read(ts *testscript.TestScript, terminal io.Reader, text string) string {
	var seen strings.Builder
	buf := make([]byte, 256)
	for !strings.Contains(seen.String(), text) {
		n, err := terminal.Read(buf)
		if err != nil {
			ts.Fatalf("the terminal shows %q, want %q: %v", seen.String(), text, err)
		}
		seen.Write(buf[:n])
	}
	return seen.String()
}
