package awsconfig_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"credmint/helper/awsconfig"
)

// A large file is read a window at a time. Wherever the window's end falls, a section is found on the line where it stands.
func TestLargeFiles(t *testing.T) {
	t.Parallel()
	const window = 8 << 10
	const section = "  [profile far] ; it\r\nregion = eu-west-3\r\n"
	for name, tail := range map[string]string{
		"the last":   "",
		"in between": "[profile other]\nregion = us-east-1\n" + strings.Repeat("# more\n", window),
	} {
		for before := window - len(section) - 4; before < window+4; before++ {
			// One comment of the length that is wanted, and a line longer than a window.
			head := "\xef\xbb\xbf[profile near]\n# " + strings.Repeat("x", before-len("\xef\xbb\xbf[profile near]\n# \n")) + "\n"
			c := load(t, head+section+"# "+strings.Repeat("y", 2*window)+"\n"+tail, "")
			for profile, want := range map[string]string{"far": "eu-west-3", "near": ""} {
				if got, _, err := c.Where(profile); got != want || err != nil {
					t.Fatalf("%s, %d bytes before it: %s has region %q, %v", name, before, profile, got, err)
				}
			}
			if _, err := c.Profile("far", keychain()); err == nil || !strings.Contains(err.Error(), "config:3,") {
				t.Fatalf("%s, %d bytes before it: %v, which is not of line 3", name, before, err)
			}
		}
	}
}

// What is read of a large file is all of one file: one that took its name since does not show, and one that was
// written over is an error rather than a mixture.
func TestLargeFileChanges(t *testing.T) {
	t.Parallel()
	old := "[profile a]\nregion = eu-west-1\n" + strings.Repeat("# padding\n", 10_000) + "[profile b]\nregion = eu-west-2\n"
	for name, tt := range map[string]struct {
		change func(t *testing.T, path string)
		want   string
	}{
		"replaced": {func(t *testing.T, path string) {
			if err := os.WriteFile(path+".new", []byte("[profile b]\nregion = us-east-1\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(path+".new", path); err != nil {
				t.Fatal(err)
			}
		}, "eu-west-2 <nil>"},
		"written over": {func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte("# all new\n"+old), 0o600); err != nil {
				t.Fatal(err)
			}
		}, ` profile "b": CONFIG was changed while it was read: try again`},
		"cut short": {func(t *testing.T, path string) {
			if err := os.Truncate(path, 50_000); err != nil {
				t.Fatal(err)
			}
		}, ` profile "b": CONFIG was changed while it was read: try again`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "config")
			if err := os.WriteFile(path, []byte(old), 0o600); err != nil {
				t.Fatal(err)
			}
			c, err := awsconfig.Load(func(variable string) string {
				return map[string]string{"AWS_CONFIG_FILE": path}[variable]
			}, t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			tt.change(t, path)
			region, _, err := c.Where("b")
			if !awsconfig.StaysOpen { // it was read as it was
				tt.want = "eu-west-2 <nil>"
			}
			if got := strings.ReplaceAll(fmt.Sprint(region, " ", err), path, "CONFIG"); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}
