package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"credmint/keychain/keychaintest"
)

const hello = `package main

import "os"

func main() { os.Stdout.WriteString("hello\n") }
`

// world is everything that runs around the measured processes.
type world struct {
	dir  string
	bus  *keychaintest.Bus
	aws  *exec.Cmd
	hold io.Closer // the loopback AWS ends when this closes
	info map[string]string
	env  []string
}

func (w *world) start() error {
	if err := os.WriteFile(filepath.Join(w.dir, "hello.go"), []byte(hello), 0o600); err != nil {
		return err
	}
	for name, pkg := range map[string]string{
		"hello": filepath.Join(w.dir, "hello.go"), "credmint": "credmint/cmd/credmint", "loopback": "credmint/helper/mint/awstest/loopback",
	} {
		build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(w.dir, name), pkg)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w: %s", name, err, out)
		}
	}
	bus, err := keychaintest.Start(filepath.Join(w.dir, "bus"), false)
	if err != nil {
		return err
	}
	w.bus = bus
	if err := w.startAWS(); err != nil {
		return err
	}
	return w.home()
}

func (w *world) startAWS() error {
	w.aws = exec.Command(filepath.Join(w.dir, "loopback"))
	stdin, err := w.aws.StdinPipe()
	if err != nil {
		return err
	}
	w.hold = stdin
	stdout, err := w.aws.StdoutPipe()
	if err != nil {
		return err
	}
	if err := w.aws.Start(); err != nil {
		return err
	}
	return json.NewDecoder(stdout).Decode(&w.info)
}

// home makes a config of 200 profiles and stores the key.
func (w *world) home() error {
	home := filepath.Join(w.dir, "home")
	if err := os.MkdirAll(filepath.Join(home, ".aws"), 0o700); err != nil {
		return err
	}
	var config strings.Builder
	for i := range 198 {
		fmt.Fprintf(&config, "[profile account-%d]\nregion = eu-west-1\noutput = json\ncredmint_role_arn = arn:aws:iam::%012d:role/Admin\ncredmint_source_profile = me\n\n", i, i)
	}
	fmt.Fprintf(&config, "[profile reader]\nregion = eu-west-1\ncredmint_role_arn = %s\ncredmint_source_profile = me\n", w.info["reader_role_arn"])
	if err := os.WriteFile(filepath.Join(home, ".aws", "config"), []byte(config.String()), 0o600); err != nil {
		return err
	}
	w.env = append(w.bus.Env(), "HOME="+home, "PATH="+os.Getenv("PATH"), "AWS_ENDPOINT_URL="+w.info["endpoint"])
	add := w.command("credmint", "add", "--stdin", "me")
	add.Stdin = strings.NewReader(w.info["access_key_id"] + "\n" + w.info["secret_access_key"] + "\n")
	if out, err := add.CombinedOutput(); err != nil {
		return fmt.Errorf("credmint add: %w: %s", err, out)
	}
	return nil
}

func (w *world) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(w.dir, name), args...)
	cmd.Env = w.env
	return cmd
}

// forget drops the sessions, as if they had ended, without a process that would warm anything.
func (w *world) forget() error {
	files, err := filepath.Glob(filepath.Join(w.dir, "home", ".cache", "credmint", "sessions", strings.Repeat("?", 64)))
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := os.Remove(f); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) post(path, body string) error {
	resp, err := http.Post(w.info["endpoint"]+path, "application/json", strings.NewReader(body))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("POST %s: %s", path, resp.Status)
	}
	return nil
}

func (w *world) calls() (int, error) {
	resp, err := http.Get(w.info["endpoint"] + "/_awstest/calls")
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	var counts map[string]int
	if err := json.NewDecoder(resp.Body).Decode(&counts); err != nil {
		return 0, err
	}
	return counts["GetSessionToken"] + counts["AssumeRole"], nil
}

func (w *world) close() {
	if w.hold != nil {
		w.hold.Close()
		_ = w.aws.Wait()
	}
	if w.bus != nil {
		w.bus.Close()
	}
}
