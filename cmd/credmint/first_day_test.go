//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestFirstDay does what the README tells a newcomer to do on the first day, to the letter, on a terminal, and answers what
// is asked there.
func TestFirstDay(t *testing.T) {
	needProgram(t, "/usr/bin/aws", "awscli")
	d, _ := gitDesktop(t)
	d.newcomer()
	for _, line := range firstDay(t) {
		shell := d.command("sh", "-c", line)
		if strings.HasPrefix(line, "./") {
			shell.Dir = filepath.Dir(installScript)
		}
		screen, out := d.onTerminal(shell)
		command, _, _ := strings.Cut(line, "#")
		switch command = strings.TrimSpace(command); command {
		case "credmint import", "credmint setup aws", "credmint setup git --profile prod":
			d.answer(screen, "[y/N]", "y")
		case "credmint login prod":
			d.answer(screen, "MFA code for profile me ("+d.mfa.Serial+"): ", d.mfa.Code(time.Now()))
		}
		if err := shell.Wait(); err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
		if want := firstDayShows[command]; !strings.Contains(out.String(), want) {
			t.Errorf("%s: it does not say %q:\n%s", command, want, out)
		}
	}
	if _, err := os.Stat(filepath.Join(d.home, "demo", ".git")); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadFile(filepath.Join(d.home, ".aws", "credentials")); err != nil && !errors.Is(err, os.ErrNotExist) || bytes.Contains(left, []byte("aws_")) {
		t.Errorf("~/.aws/credentials: %v, %q", err, left)
	}
	d.minted(1, 1)                                           // for all of the day
	for _, programs := range []string{"bin", ".local/bin"} { // which hold the words that are looked for
		if err := os.RemoveAll(filepath.Join(d.home, programs)); err != nil {
			t.Fatal(err)
		}
	}
	d.noSecretIn(d.home)
}

// firstDayShows is something that each command prints, and would not if it had not done its work.
var firstDayShows = map[string]string{
	"./install.sh":                      "installed ",
	"credmint import":                   "read back before it was removed",
	"credmint setup aws":                "role_arn becomes credmint_role_arn",
	"credmint login prod":               "prod",
	"aws s3 ls --profile prod":          "logs-of-222222222222",
	"credmint setup git --profile prod": "useHttpPath = true",
	"AWS_PROFILE=prod terraform plan":   "arn:aws:sts::222222222222:assumed-role/Admin/alice",
	"credmint rotate me":                "deactivated the old key",
	"credmint list":                     "Admin",
	"credmint doctor":                   "all is well",
	"git clone https://git-codecommit.us-east-1.amazonaws.com/v1/repos/demo": "",
}

// firstDay is the README's block of commands, comments included.
func firstDay(t *testing.T) []string {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "\n## The first day\n")
	_, section, _ = strings.Cut(section, "```sh\n")
	block, _, found := strings.Cut(section, "```")
	lines := strings.Split(strings.TrimSpace(block), "\n")
	if !found || len(lines) != len(firstDayShows) {
		t.Fatalf("the README has %d commands for the first day, and %d are known here", len(lines), len(firstDayShows))
	}
	return lines
}

// newcomer makes the home that of somebody who has AWS's CLI and git, and no credmint yet.
func (d *desktop) newcomer() {
	d.t.Helper()
	for _, profile := range []string{"me", "plain"} {
		d.mustRun(d.command(d.self, "remove", "--yes", profile))
	}
	d.write(".aws/config", fmt.Sprintf(`[profile me]
region = us-east-1

[profile prod]
region = us-east-1
role_arn = arn:aws:iam::222222222222:role/Admin
source_profile = me
mfa_serial = %s
`, d.mfa.Serial))
	d.write(".aws/credentials", fmt.Sprintf("[me]\naws_access_key_id = %s\naws_secret_access_key = %s\n", d.alice.AccessKeyID, d.alice.Secret))
	caches, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE").Output() // which are below the real home
	if err != nil {
		d.t.Fatal(err)
	}
	dirs := strings.Split(string(caches), "\n")
	bin := filepath.Join(d.home, "bin")
	if err := os.Mkdir(bin, 0o700); err != nil {
		d.t.Fatal(err)
	}
	d.awsPrograms()
	d.env = append(d.env, "GOCACHE="+dirs[0], "GOMODCACHE="+dirs[1],
		"PATH="+filepath.Join(d.home, ".local", "bin")+":"+bin+":"+os.Getenv("PATH"))
}

// awsPrograms puts AWS's CLI, of a version that does not know AWS_ENDPOINT_URL yet, and a program of the Go SDK into ~/bin.
func (d *desktop) awsPrograms() {
	d.t.Helper()
	bin := filepath.Join(d.home, "bin")
	if err := writeProgram(filepath.Join(bin, "aws"), []byte("#!/bin/sh\nexec /usr/bin/aws --endpoint-url \"$AWS_ENDPOINT_URL\" \"$@\"\n")); err != nil {
		d.t.Fatal(err)
	}
	self, err := os.Executable()
	if err == nil {
		err = os.Symlink(self, filepath.Join(bin, "terraform"))
	}
	if err != nil {
		d.t.Fatal(err)
	}
}
