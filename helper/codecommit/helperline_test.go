package codecommit_test

import (
	"testing"

	"credmint/helper/codecommit"
)

func TestHelperProfile(t *testing.T) {
	for _, tt := range []struct {
		value, profile string
		ours           bool
	}{
		{"credmint", "", true},
		{"credmint --profile prod", "prod", true},
		{"/usr/local/bin/credmint git", "", true},
		{"/usr/local/bin/credmint git --profile prod", "prod", true},
		{"!credmint git --profile=prod", "prod", true},
		{`!'/my dir/credmint' git --profile 'it'\''s mine'`, "it's mine", true},
		{`!"C:/Program Files/credmint.exe" git --profile "a \"b\""`, `a "b"`, true},
		{"/opt/bin/git-credential-credmint --profile a\\ b", "a b", true},
		{"credmint --profile", "", true},
		{"!credmint", "", false}, // which git would start as `credmint get`
		{"!credmint aws --profile prod", "", false},
		{"/usr/bin/credmint", "", false},
		{"!aws codecommit credential-helper $@", "", false},
		{"store", "", false},
		{"/opt/credmint/other git", "", false},
		{"", "", false},
		{"!", "", false},
	} {
		profile, ours := codecommit.HelperProfile(tt.value)
		if profile != tt.profile || ours != tt.ours {
			t.Errorf("HelperProfile(%s) = %q, %t; want %q, %t", tt.value, profile, ours, tt.profile, tt.ours)
		}
	}
}

// FuzzHelperProfile: what HelperCommand writes is read back.
func FuzzHelperProfile(f *testing.F) {
	f.Add("/usr/bin/", "prod")
	f.Add("/my dir/it's $(x)/", `a"b\ 'c`)
	f.Fuzz(func(t *testing.T, dir, profile string) {
		got, ours := codecommit.HelperProfile(codecommit.HelperCommand("/"+dir+"/credmint", "git", "--profile", profile))
		if got != profile || !ours {
			t.Errorf("HelperProfile(%q, %q) = %q, %t", dir, profile, got, ours)
		}
	})
}

func TestHelperProgram(t *testing.T) {
	for value, want := range map[string]string{
		"store":                             "git-credential-store",
		"cache --timeout 300":               "git-credential-cache",
		"credmint --profile prod":           "git-credential-credmint",
		"/usr/local/bin/credmint git":       "/usr/local/bin/credmint",
		`C:/bin/credmint.exe git`:           "C:/bin/credmint.exe",
		`!'/my dir/credmint' git`:           "/my dir/credmint",
		"!gh auth git-credential":           "gh",
		"!f() { echo password=$P; }; f":     "",
		"!test -f x && echo username=alice": "",
		"!FOO=1 helper":                     "",
		"~/bin/helper":                      "",
		"":                                  "",
	} {
		if name, known := codecommit.HelperProgram(value); name != want || known != (want != "") {
			t.Errorf("HelperProgram(%s) = %q, %t; want %q", value, name, known, want)
		}
	}
}
