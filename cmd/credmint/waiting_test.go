//go:build unix

package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"credmint/helper"
	"credmint/helper/mint/awstest"
)

// TestWaiting has AWS answer late: once a person's terminal shows whom the command waits for, on which there is nothing when it
// is answered. A program's call, and one whose stderr is no terminal, have waited for longer by then, and stay silent.
func TestWaiting(t *testing.T) {
	t.Parallel()
	aws := awstest.New()
	arrived, answer := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-answer
		aws.Handler().ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	p := &helper.Profile{Name: "me", Kind: helper.UserKey, Client: helper.Client{Region: "eu-west-1", Endpoint: server.URL}}
	alice := aws.AddUser("111111111111", "alice")
	key := helper.AccessKey{ID: alice.AccessKeyID, Secret: alice.Secret}
	person, tty, err := openPTY()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = person.Close() })
	var silent bytes.Buffer
	var wg sync.WaitGroup
	for _, a := range []app{{stderr: &silent}, {stderr: tty, called: true}, {stderr: tty}} {
		a.getenv = func(string) string { return "" }
		wg.Go(func() {
			if _, err := a.network().CallerIdentity(t.Context(), p, key); err != nil {
				t.Error(err)
			}
		})
		<-arrived
	}
	words := "\r\x1b[Kwaiting for " + server.Listener.Addr().String() + " … "
	seen := make([]byte, len(words))
	_ = person.SetReadDeadline(time.Now().Add(30 * time.Second))
	n, _ := io.ReadFull(person, seen)
	close(answer)
	wg.Wait()
	_ = tty.Close()
	rest, _ := io.ReadAll(person) // ends with an error, as a terminal does that nobody writes to any more
	if got, want := string(seen[:n])+string(rest), words+"\r\x1b[K"; got != want || silent.Len() > 0 {
		t.Errorf("the terminal shows %q, want %q; elsewhere %q", got, want, silent.String())
	}
}

// Of several things that are waited for the terminal shows those that have not answered yet.
func TestWaitingFor(t *testing.T) {
	t.Parallel()
	person, tty, err := openPTY()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = person.Close(); _ = tty.Close() })
	a := app{stderr: tty, getenv: func(string) string { return "" }}
	names := []string{"os", "file", "pass"}
	answered, end := a.waitingFor("asking", names)
	shows := func(want string) {
		t.Helper()
		seen := make([]byte, len(want))
		_ = person.SetReadDeadline(time.Now().Add(30 * time.Second))
		if n, err := io.ReadFull(person, seen); string(seen[:n]) != want {
			t.Fatalf("the terminal shows %q, want %q: %v", seen[:n], want, err)
		}
	}
	shows("\r\x1b[Kasking os, file, pass … ")
	answered("file")
	shows("\r\x1b[Kasking os, pass … ")
	answered("os")
	shows("\r\x1b[Kasking pass … ")
	end()
	shows("\r\x1b[K")
	if names[1] != "file" {
		t.Error("the caller's names were changed")
	}
}
