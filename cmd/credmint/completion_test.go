//go:build linux

package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// oddProfiles have names that shells do not take as they are.
const oddProfiles = `[profile "my profile"]
role_arn = arn:aws:iam::111111111111:role/A
source_profile = acc:admin
[profile acc:admin]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = x
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
`

// Real shells complete commands, flags, and the names of profiles, which they quote so that they read them back.
func TestShellsComplete(t *testing.T) {
	t.Parallel()
	for shell, how := range map[string]struct{ start, load string }{
		"bash": {"bash --norc --noprofile", "source <(credmint completion bash)"},
		"zsh":  {"zsh -f", "PS1='$ '; autoload -Uz compinit; compinit -u -D; source <(credmint completion zsh)"},
		"fish": {"fish --no-config", "credmint completion fish | source"},
	} {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			needProgram(t, shell, shell)
			s := newTmux(t, 100, 24, oddProfiles, strings.Fields(how.start)...)
			s.types(how.load+"; clear; echo rea''dy", "Enter")
			s.shows("ready")
			for typed, want := range map[string]string{
				"credmint explain my":         `credmint explain my\ profile`,
				`credmint explain "my`:        `credmint explain "my profile"`,
				"credmint login acc:a":        "credmint login acc:admin",
				"credmint logout co":          "credmint logout corp",
				"credmint login --dev":        "credmint login --device-code",
				"credmint list --columns pro": "credmint list --columns profile",
			} {
				s.types("C-u")
				s.types("-l", "clear; "+typed) // clear is not run: the line alone counts
				s.types("Tab")
				s.shows("clear; " + want)
			}
		})
	}
}

// Every command of the grammar completes, and a name that a shell could not read back is not told.
func TestCompleteAnything(t *testing.T) {
	self, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	ask := func(args ...string) []string {
		cmd := exec.Command(self, append([]string{"__complete"}, args...)...)
		home := t.TempDir()
		cmd.Env = []string{"HOME=" + home, "AWS_CONFIG_FILE=" + home + "/config"}
		if err := writeAll(home, map[string]string{"config": oddProfiles}); err != nil {
			t.Fatal(err)
		}
		out, err := cmd.Output()
		if err != nil {
			return []string{"the shell's own"}
		}
		return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	}
	for line, want := range map[string][]string{
		"credmint completion ":               {"bash", "zsh", "fish", "powershell"},
		"credmint completion --help z":       {"zsh"},
		"credmint list --columns profile,ke": {"profile,key"},
		"credmint list --json --j":           {""}, // given already
		"credmint login --no-browser --no-b": {""},
		"credmint git rem":                   {"remove"},
		"credmint git --profile ac":          {"acc:admin"},
		"credmint git --profile=ac":          {"acc:admin"},
		"credmint explain acc:":              {"admin"}, // what bash replaces begins behind the colon
		`credmint explain acc\:`:             {"acc:admin"},
		"credmint explain 'my":               {"my profile"},
		"credmint mfa add --qr ":             {"the shell's own"},
		"credmint nothing ":                  {""},
		"credmint explain -- --":             {""},
		"credmint":                           {"the shell's own"},
	} {
		if got := ask("bash", line); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
	if got := ask("powershell", "=explain", "='MY"); !slices.Equal(got, []string{"'my profile'\t"}) {
		t.Errorf("PowerShell: %q", got)
	}
	if got := ask("fish", "completion", ""); !slices.Equal(got, []string{"bash\t", "zsh\t", "fish\t", "powershell\t"}) {
		t.Errorf("fish: %q", got)
	}
}
