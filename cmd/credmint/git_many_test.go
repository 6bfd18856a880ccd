//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"credmint/cmd/credmint/kept"
	"credmint/helper/gitcred"
)

// A login is found among 1,500 with what it costs to find the only one, and all are listed without the keychain.
func TestManyHosts(t *testing.T) {
	d := newDesktop(t)
	needTracer(t)
	d.env = append(d.env, "CREDMINT_KEYCHAIN=file", "CREDMINT_PASSPHRASE=correct horse battery staple") // quick to fill
	store := d.command(d.self, "git", "store")
	store.Stdin = strings.NewReader("protocol=https\nhost=h0.example.com\nusername=alice\npassword=secret\n")
	d.mustRun(store)
	few := d.getTraced()
	for _, e := range d.env {
		name, value, _ := strings.Cut(e, "=")
		t.Setenv(name, value)
	}
	keychain := kept.Secrets{World: newApp().kept}
	for i := range 500 {
		host, three := fmt.Sprintf("h%d.example.com", i), gathered{}
		for _, user := range []string{"carol", "bob", "alice"} {
			err := gitcred.Saved{Secrets: &three, Now: time.Now}.Store(t.Context(), gitcred.Credential{
				Protocol: gitcred.Some("https"), Host: gitcred.Some(host), Username: gitcred.Some(user), Password: gitcred.Some("secret"),
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		err := keychain.Update(t.Context(), "git/https://"+host, func([]byte) ([]byte, map[string]string, error) {
			return three.value, three.about, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if many := d.getTraced(); many != few {
		t.Errorf("with one login: %s; with 1,500: %s", few, many)
	}
	trace := filepath.Join(t.TempDir(), "trace")
	list := d.mustRun(d.command("strace", "-f", "-e", "trace=connect", "-o", trace, d.self, "git", "list", "--json"))
	if n := strings.Count(list, `"username": "carol"`); n != 500 {
		t.Errorf("%d of 500 logins of carol are listed", n)
	}
	if data, err := os.ReadFile(trace); err != nil || strings.Contains(string(data), "connect(") {
		t.Errorf("the list asks somebody: %s, %v", data, err)
	}
}

// getTraced gets a login, and counts what is opened, listed, and said to the keychain on the way.
func (d *desktop) getTraced() string {
	d.t.Helper()
	trace := filepath.Join(d.t.TempDir(), "trace")
	cmd := d.command("strace", "-f", "-e", "trace=openat,getdents64,connect,sendmsg,sendto,write", "-o", trace, d.self, "git", "get")
	cmd.Stdin = strings.NewReader("protocol=https\nhost=h0.example.com\nusername=alice\n\n")
	if got := d.mustRun(cmd); got != "username=alice\npassword=secret\n" {
		d.t.Errorf("get: %q", got)
	}
	data, err := os.ReadFile(trace)
	if err != nil {
		d.t.Fatal(err)
	}
	var counts []string
	for _, call := range []string{"openat(", "getdents64(", "connect(", "sendmsg(", "sendto("} {
		counts = append(counts, fmt.Sprintf("%s) %d times", call, strings.Count(string(data), call)))
	}
	return strings.Join(counts, ", ")
}

// gathered is one item, so that what the keychain is slow to write is written once.
type gathered struct {
	value []byte
	about map[string]string
}

func (g *gathered) Get(context.Context, string) ([]byte, error) { return g.value, nil }

func (g *gathered) Update(_ context.Context, _ string, change func([]byte) ([]byte, map[string]string, error)) (err error) {
	g.value, g.about, err = change(g.value)
	return err
}
