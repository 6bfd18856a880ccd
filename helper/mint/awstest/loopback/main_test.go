package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// start runs the program until the test ends it, and returns what it printed.
func start(t *testing.T, args ...string) (info map[string]string, stdin io.Closer, ended <-chan error) {
	t.Helper()
	in, hold := io.Pipe()
	out, stdout := io.Pipe()
	done := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		done <- run(ctx, args, in, stdout, io.Discard)
		stdout.Close()
	}()
	t.Cleanup(cancel)
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatalf("it printed %q: %v, %v", line, err, <-done)
	}
	if err := json.Unmarshal(line, &info); err != nil {
		t.Fatalf("it printed %q: %v", line, err)
	}
	return info, hold, done
}

func wantEnd(t *testing.T, ended <-chan error) {
	t.Helper()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Error("it does not end")
	}
}

func TestRun(t *testing.T) {
	info, stdin, ended := start(t, "-delay", "1ms", "-life", "20m", "-clock", "1s", "-region", "eu-west-1")
	for _, name := range []string{
		"endpoint", "account", "user_arn", "access_key_id", "secret_access_key", "mfa_serial", "mfa_seed",
		"reader_role_arn", "admin_role_arn", "chained_role_arn", "sso_start_url",
	} {
		if info[name] == "" {
			t.Errorf("there is no %s in %v", name, info)
		}
	}
	resp, err := http.Get(info["endpoint"] + "/_awstest/code")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if code, _ := io.ReadAll(resp.Body); resp.StatusCode != 200 || len(strings.TrimSpace(string(code))) != 6 {
		t.Errorf("HTTP %d: code %q", resp.StatusCode, code)
	}
	stdin.Close()
	wantEnd(t, ended)
	if _, err := http.Get(info["endpoint"]); err == nil {
		t.Error("it still serves")
	}
}

func TestStopAndTLS(t *testing.T) {
	dir := t.TempDir()
	info, _, ended := start(t, "-tls-dir", dir)
	if info["ca_file"] != filepath.Join(dir, "awstest-ca.pem") || !strings.HasPrefix(info["endpoint"], "https://127.0.0.1:") {
		t.Errorf("printed %v", info)
	}
	if _, err := os.Stat(info["ca_file"]); err != nil {
		t.Error(err)
	}
	_ = ended // ends with the test's context

	info, _, ended = start(t)
	resp, err := http.Post(info["endpoint"]+"/_awstest/stop", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	wantEnd(t, ended)
}

func TestWrongUsage(t *testing.T) {
	for _, args := range [][]string{{"-no-such-flag"}, {"extra"}, {"-listen", "127.0.0.1:99999"}, {"-tls-dir", "/no/such/directory"}} {
		if err := run(t.Context(), args, strings.NewReader(""), io.Discard, io.Discard); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
	if err := run(t.Context(), []string{"-h"}, nil, io.Discard, io.Discard); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h: %v", err)
	}
}
