//go:build unix

package main

import (
	"bytes"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"

	"credmint/helper"
	"credmint/helper/mint/awstest"
)

// TestWaiting has AWS answer late. A person's terminal shows whom the command waits for, and nothing once it is answered;
// a program's call, and one whose stderr is no terminal, stay silent.
func TestWaiting(t *testing.T) {
	t.Parallel()
	aws := awstest.New()
	p := &helper.Profile{Name: "me", Kind: helper.UserKey, Client: helper.Client{Region: "eu-west-1", Endpoint: aws.Start()}}
	t.Cleanup(aws.Close)
	alice := aws.AddUser("111111111111", "alice")
	key := helper.AccessKey{ID: alice.AccessKeyID, Secret: alice.Secret}
	aws.SetFault("GetCallerIdentity", awstest.Fault{Delay: barPatience + 200*time.Millisecond})
	person, tty, err := pty.Open()
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
	}
	wg.Wait()
	_ = tty.Close()
	seen, _ := io.ReadAll(person) // ends with an error, as a terminal does that nobody writes to any more
	host := aws.Server().Listener.Addr().String()
	if want := "\r\x1b[Kwaiting for " + host + " … \r\x1b[K"; string(seen) != want || silent.Len() > 0 {
		t.Errorf("the terminal shows %q, want %q; elsewhere %q", seen, want, silent.String())
	}
}
