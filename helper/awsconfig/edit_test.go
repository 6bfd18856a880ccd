package awsconfig_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"credmint/helper/awsconfig"
	"credmint/helper/platformtest"
)

const (
	command = "/opt/bin/credmint aws prod"
	written = "credential_process = " + command
)

func TestSetProcess(t *testing.T) {
	tests := map[string]struct{ before, after string }{
		"empty":            {"", "[profile prod]\n" + written + "\n"},
		"no section":       {"[default]\nregion = x\n", "[default]\nregion = x\n\n[profile prod]\n" + written + "\n"},
		"no line end":      {"[default]\nregion = x", "[default]\nregion = x\n\n[profile prod]\n" + written + "\n"},
		"blank line there": {"[default]\n\n", "[default]\n\n[profile prod]\n" + written + "\n"},
		"section":          {"[profile prod] # mine\n  region = x\n\n# end\n", "[profile prod] # mine\n  " + written + "\n  region = x\n\n# end\n"},
		"header only":      {"[profile prod]", "[profile prod]\n" + written},
		"CRLF":             {"[profile prod]\r\nregion = x\r\n", "[profile prod]\r\n" + written + "\r\nregion = x\r\n"},
		"CRLF, no section": {"[default]\r\n", "[default]\r\n\r\n[profile prod]\r\n" + written + "\r\n"},
		"indented line":    {"[profile prod]\n\tcredential_process = credmint aws p\n\tregion = x\n", "[profile prod]\n\t" + written + "\n\tregion = x\n"},
		"older path":       {"[profile prod]\ncredential_process = /old/credmint aws prod  # keep\nregion = x\n", "[profile prod]\n" + written + "  # keep\nregion = x\n"},
		"there already":    {"[profile prod]\ncredential_process=" + command + "\n", "[profile prod]\ncredential_process=" + command + "\n"},
		"BOM":              {"\xef\xbb\xbf[profile prod]\nregion = x\n", "\xef\xbb\xbf[profile prod]\n" + written + "\nregion = x\n"},
		"bytes of others":  {"[x]\nkey = \xff\x01\n[profile prod]\n", "[x]\nkey = \xff\x01\n[profile prod]\n" + written + "\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config")
			if err := os.WriteFile(path, []byte(tt.before), 0o640); err != nil {
				t.Fatal(err)
			}
			changed, err := awsconfig.SetProcess(path, "prod", command, false)
			if err != nil || changed != (tt.before != tt.after) {
				t.Fatalf("changed %v, error %v", changed, err)
			}
			if got := read(t, path); got != tt.after {
				t.Errorf("got  %q\nwant %q", got, tt.after)
			}
			if info, _ := os.Stat(path); platformtest.KeepsModes && info.Mode().Perm() != 0o640 {
				t.Errorf("mode %v, want it kept", info.Mode())
			}
		})
	}
}

func TestSetProcessCreates(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".aws", "config")
	if _, err := awsconfig.SetProcess(path, "default", "/opt/bin/credmint aws default", false); err != nil {
		t.Fatal(err)
	}
	if got := read(t, path); got != "[default]\ncredential_process = /opt/bin/credmint aws default\n" {
		t.Errorf("got %q", got)
	}
	if info, _ := os.Stat(path); platformtest.KeepsModes && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode())
	}
}

func TestSetProcessEditsTheLinksTarget(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "dotfiles"), filepath.Join(dir, "config")
	if err := os.WriteFile(target, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	platformtest.Symlink(t, target, link)
	if _, err := awsconfig.SetProcess(link, "prod", command, false); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v %v", info, err)
	}
	if got := read(t, target); !strings.Contains(got, written) {
		t.Errorf("target holds %q", got)
	}
}

func TestSetProcessRefuses(t *testing.T) {
	tests := map[string]struct{ before, profile, command, want string }{
		"another program":  {"[profile prod]\ncredential_process = aws-vault export prod\n", "prod", command, "aws-vault"},
		"section twice":    {"[profile prod]\n[profile prod]\n", "prod", command, "line 1 already"},
		"NUL":              {"a\x00", "prod", command, "NUL"},
		"line feed":        {"", "prod", "x\ny", "control character"},
		"bracket in name":  {"", "a]b", command, "cannot be a profile's name"},
		"new line in name": {"", "a\n[b", command, "cannot be a profile's name"},
		"comment in name":  {"", "a#b", command, "cannot be a profile's name"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config")
			if err := os.WriteFile(path, []byte(tt.before), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := awsconfig.SetProcess(path, tt.profile, tt.command, false)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
			if got := read(t, path); got != tt.before {
				t.Errorf("the file was changed to %q", got)
			}
		})
	}
}

func TestSet(t *testing.T) {
	tests := map[string]struct{ before, value, after string }{
		"no section": {"", "eu-west-1", "[profile prod]\nregion = eu-west-1\n"},
		"section":    {"[profile prod]\nx = y\n", "eu-west-1", "[profile prod]\nregion = eu-west-1\nx = y\n"},
		"line":       {"[profile prod]\nREGION=a # why\nx = y\n", "eu-west-1", "[profile prod]\nregion = eu-west-1 # why\nx = y\n"},
		"empty line": {"[profile prod]\nregion =\nx = y\n", "eu-west-1", "[profile prod]\nregion = eu-west-1\nx = y\n"},
		"a nested one is another": {
			"[profile prod]\ns3 =\n  region = a\n", "eu-west-1",
			"[profile prod]\nregion = eu-west-1\ns3 =\n  region = a\n",
		},
		"another profile's": {"[profile prod2]\nregion = a\n", "b", "[profile prod2]\nregion = a\n\n[profile prod]\nregion = b\n"},
		"an ARN":            {"", "arn:aws:iam::1:user/a=b", "[profile prod]\nregion = arn:aws:iam::1:user/a=b\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config")
			if err := os.WriteFile(path, []byte(tt.before), 0o600); err != nil {
				t.Fatal(err)
			}
			if changed, err := awsconfig.Set(path, "prod", "region", tt.value); err != nil || !changed {
				t.Fatalf("changed %v, error %v", changed, err)
			}
			if got := read(t, path); got != tt.after {
				t.Errorf("got  %q\nwant %q", got, tt.after)
			}
			if changed, err := awsconfig.Set(path, "prod", "region", tt.value); err != nil || changed {
				t.Errorf("a second time: changed %v, error %v", changed, err)
			}
		})
	}
}

func TestSetRefuses(t *testing.T) {
	tests := map[string]struct{ before, name, value, want string }{
		"a comment":      {"", "region", "a #b", "cannot stand"},
		"quotes":         {"", "region", `"a"`, "cannot stand"},
		"white space":    {"", "region", " a", "cannot stand"},
		"nothing":        {"", "region", "", "cannot stand"},
		"a line feed":    {"", "region", "a\nb", "control character"},
		"a strange name": {"", "re=gion", "a", "cannot stand"},
		"one with more":  {"[profile prod]\nregion =\n  x = y\n", "region", "a", "settings of its own"},
		"one said twice": {"[profile prod]\nregion = a\nregion = a\n", "region", "b", ":3: region stands there twice"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config")
			if err := os.WriteFile(path, []byte(tt.before), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := awsconfig.Set(path, "prod", tt.name, tt.value)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
			if got := read(t, path); got != tt.before {
				t.Errorf("the file was changed to %q", got)
			}
		})
	}
}

func TestUnset(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path, []byte("[profile prod]\nregion = x\noutput = json\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		name    string
		changed bool
		left    string
	}{
		{"region", true, "[profile prod]\noutput = json\n"},
		{"region", false, "[profile prod]\noutput = json\n"},
		{"output", true, ""},
	} {
		changed, err := awsconfig.Unset(path, "prod", step.name)
		if got := read(t, path); err != nil || changed != step.changed || got != step.left {
			t.Errorf("Unset(%s): changed %v, error %v, file %q", step.name, changed, err, got)
		}
	}
}

func TestReplaceAnotherProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path, []byte("[profile prod]\ncredential_process = aws-vault export prod\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := awsconfig.SetProcess(path, "prod", command, false); !errors.Is(err, awsconfig.ErrForeignProcess) {
		t.Fatalf("error %v, want ErrForeignProcess", err)
	}
	if _, err := awsconfig.SetProcess(path, "prod", command, true); err != nil {
		t.Fatal(err)
	}
	if got := read(t, path); got != "[profile prod]\n"+written+"\n" {
		t.Errorf("got %q", got)
	}
}

func TestUnsetProcess(t *testing.T) {
	tests := map[string]struct{ before, after string }{
		"alone":           {"[default]\nregion = x\n\n[profile prod]\n" + written + "\n", "[default]\nregion = x\n\n"},
		"with others":     {"[profile prod]\n" + written + "\nregion = x\n", "[profile prod]\nregion = x\n"},
		"with a comment":  {"[profile prod]\n# why\n" + written + "\n[default]\n", "[profile prod]\n# why\n[default]\n"},
		"another program": {"[profile prod]\ncredential_process = x\n", "[profile prod]\ncredential_process = x\n"},
		"no section":      {"[default]\n", "[default]\n"},
		"no line end":     {"[default]\n[profile prod]\n" + written, "[default]\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config")
			if err := os.WriteFile(path, []byte(tt.before), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := awsconfig.UnsetProcess(path, "prod"); err != nil {
				t.Fatal(err)
			}
			if got := read(t, path); got != tt.after {
				t.Errorf("got  %q\nwant %q", got, tt.after)
			}
		})
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// FuzzSetProcess holds the promise of the editor: what it wrote is read back, every byte that was there still is, in
// order, and taking the line away again gives the profile no other process.
func FuzzSetProcess(f *testing.F) {
	f.Add("[default]\nregion = x\n\n[profile prod]\nregion = y\n", "prod")
	f.Add("[profile prod]\r\ncredential_process = /a/credmint aws x ; c\r\n", "prod")
	f.Add("\xef\xbb\xbf[ profile  \"a b\" ]", "a b")
	f.Add("[profile prod]\nx =\n  credential_process = y\n", "prod")
	f.Fuzz(func(t *testing.T, before, profile string) {
		path := filepath.Join(t.TempDir(), "config")
		if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := awsconfig.SetProcess(path, profile, command, false); err != nil {
			if got := read(t, path); got != before {
				t.Fatalf("error %v, and the file changed to %q", err, got)
			}
			return
		}
		after := read(t, path)
		if strings.Count(after, command) < 1 {
			t.Fatalf("the command is missing: %q", after)
		}
		if again, err := awsconfig.SetProcess(path, profile, command, false); err != nil || again {
			t.Fatalf("a second time: changed %v, error %v; %q", again, err, after)
		}
		if !strings.Contains(strings.ToLower(before), "credential_process") && !isSubsequence(before, after) {
			t.Fatalf("bytes were lost:\n%q\n%q", before, after)
		}
	})
}

func isSubsequence(short, long string) bool {
	for i := 0; i < len(short); i++ {
		j := strings.IndexByte(long, short[i])
		if j < 0 {
			return false
		}
		long = long[j+1:]
	}
	return true
}
