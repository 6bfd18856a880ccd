//go:build linux

package main

import (
	"os"
	"strings"
	"testing"

	"github.com/docker/docker-credential-helpers/client"
	"github.com/docker/docker-credential-helpers/credentials"
)

// Docker's own client of the protocol stores, reads, lists and erases; and gets a token for Amazon ECR that AWS made.
func TestDockersClient(t *testing.T) {
	d := newDesktop(t)
	for _, e := range d.env {
		name, value, _ := strings.Cut(e, "=")
		t.Setenv(name, value)
	}
	t.Setenv("AWS_PROFILE", "plain")
	helper := client.NewShellProgramFunc("docker-credential-credmint") // found on PATH, as docker does

	const hub = "https://index.docker.io/v1/"
	if _, err := client.Get(helper, hub); !credentials.IsErrCredentialsNotFound(err) {
		t.Errorf("an empty keychain: %v", err)
	}
	login := credentials.Credentials{ServerURL: hub, Username: "alice", Secret: `p"<\é`}
	if err := client.Store(helper, &login); err != nil {
		t.Fatal(err)
	}
	got, err := client.Get(helper, hub)
	if err != nil || *got != login {
		t.Errorf("got %+v, %v", got, err)
	}
	if list, err := client.List(helper); err != nil || len(list) != 1 || list[hub] != "alice" {
		t.Errorf("list: %v, %v", list, err)
	}
	if err := client.Erase(helper, hub); err != nil {
		t.Error(err)
	}
	if _, err := client.Get(helper, hub); !credentials.IsErrCredentialsNotFound(err) {
		t.Errorf("erased: %v", err)
	}

	const registry = "111111111111.dkr.ecr.eu-west-1.amazonaws.com"
	got, err = client.Get(helper, registry)
	if err != nil || got.Username != "AWS" || d.aws.RegistryTokens()[got.Secret].Region != "eu-west-1" {
		t.Fatalf("got %+v, %v", got, err)
	}
	again, err := client.Get(helper, registry)
	if err != nil || *again != *got || d.aws.Calls("GetAuthorizationToken") != 1 {
		t.Errorf("%v, %d tokens", err, d.aws.Calls("GetAuthorizationToken"))
	}
	d.noSecretIn(d.home)
	if data, err := os.ReadFile(d.home + "/.docker/config.json"); err == nil {
		t.Errorf("docker's config was written: %s", data)
	}
}
