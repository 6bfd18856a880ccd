package awsconfig_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"credmint/helper/awsconfig"
)

func TestLint(t *testing.T) {
	const ours = "[profile p]\ncredential_process = /opt/bin/credmint aws p\n"
	for _, tt := range []struct {
		name, config, credentials string
		want                      string // "kind section name@line=meant" for each
	}{
		{"as it should be", "[default]\nregion = x\ns3 =\n  anything = x\n[profile p]\nCREDMINT_ROLE_ARN = x\n[sso-session s]\nsso_region = x\ncredmint_sync_region = x\n[services s]\nsts =\n  endpoint_url = x\n[plugins]\nfoo = bar\n", "[p]\naws_session_token = x\n", ""},
		{"a letter too many, too few, in the wrong order", "[profile p]\nregionn = x\nsouce_profile = x\nroel_arn = x\n", "", "0 profile p regionn@2=region 0 profile p souce_profile@3=source_profile 0 profile p roel_arn@4=role_arn"},
		{"the prefix misspelt", "[profile p]\ncredmit_role_arn = x\ncredmint-role-arn = x\n", "", "0 profile p credmit_role_arn@2=credmint_role_arn 0 profile p credmint-role-arn@3=credmint_role_arn"},
		{"another tool's", "[profile p]\ngranted_sso_region = x\n", "", "1 profile p granted_sso_region@2="},
		{"the prefix before what only others read", "[profile p]\ncredmint_cli_pager = x\n", "", "2 profile p credmint_cli_pager@2="},
		{"headers nobody reads", "[dev]\n[profil dev]\n[section s]\n", "[profile p]\n", "3 dev @1=profile dev 3 profil dev @2=profile dev 3 section s @3= 3 profile p @1=p"},
		{"followed first", ours + "role_arn = x\ncredmint_mfa_serial = x\nsso_account_id = x\n", "", "4 p role_arn@3=credmint_role_arn"},
		{"a key in the file", ours, "[p]\naws_access_key_id = x\naws_secret_access_key = y\n", "4 p aws_access_key_id@2="},
		{"another program's line", "[profile p]\ncredential_process = /opt/bin/other\nrole_arn = x\n", "", ""},
		{"a lone quote", "[profile p]\nregion = \"\n[services s]\nsts =\n  endpoint_url = '\n", "[p]\naws_session_token = '\nregion = ''\n", "5 profile p region@2= 5 services s sts.endpoint_url@5= 5 p aws_session_token@2="},
		{"a line for another profile", "[profile p]\ncredential_process = credmint aws q\nrole_arn = x\n", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, o := range load(t, tt.config, tt.credentials).Lint() {
				got = append(got, fmt.Sprintf("%d %s %s@%d=%s", o.Kind, o.Section, o.Setting.Name, o.Setting.Line, o.Meant))
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("Lint:\n got %s\nwant %s", strings.Join(got, " "), tt.want)
			}
		})
	}
}

// TestOwnNames holds the list of names to what the package and its callers look up: a new setting would else be called
// misspelt.
func TestOwnNames(t *testing.T) {
	lookedUp := regexp.MustCompile(`(?:lookup|value)\("([a-z0-9_]+)"\)|envOr\([^,]+, s, "([a-z0-9_]+)"\)|prefix ?\+ ?"([a-z0-9_]+)"|= "credmint_([a-z0-9_]+)"`)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("../*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, path := range append(files, more...) {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range lookedUp.FindAllStringSubmatch(string(text), -1) {
			names[strings.Join(m[1:], "")] = path
		}
	}
	if len(names) < 40 {
		t.Fatalf("found %d names only: %v", len(names), names)
	}
	for name, path := range names {
		for _, odd := range load(t, "[profile p]\ncredmint_"+name+" = x\n", "").Lint() {
			t.Errorf("%s, of %s, is not in ownNames: %+v", name, path, odd)
		}
	}
}

func TestRename(t *testing.T) {
	const from, to = "role_arn", "credmint_role_arn"
	for _, tt := range []struct{ name, before, after string }{
		{"the name alone", "# a\n[profile p]\n\tRole_ARN=x ; why\nregion = y\n", "# a\n[profile p]\n\tcredmint_role_arn=x ; why\nregion = y\n"},
		{"not there", "[profile p]\nregion = y\n[profile q]\nrole_arn = x\n", "[profile p]\nregion = y\n[profile q]\nrole_arn = x\n"},
		{"CRLF, no end", "[profile p]\r\nrole_arn = x", "[profile p]\r\ncredmint_role_arn = x"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config")
			if err := os.WriteFile(path, []byte(tt.before), 0o640); err != nil {
				t.Fatal(err)
			}
			changed, err := awsconfig.Rename(path, "p", from, to)
			after, _ := os.ReadFile(path)
			if err != nil || string(after) != tt.after || changed != (tt.before != tt.after) {
				t.Errorf("Rename = %v, %v; the file is %q, want %q", changed, err, after, tt.after)
			}
		})
	}
	path := filepath.Join(t.TempDir(), "config")
	both := "[profile p]\nrole_arn = x\ncredmint_role_arn = y\n"
	if err := os.WriteFile(path, []byte(both), 0o600); err != nil {
		t.Fatal(err)
	}
	changed, err := awsconfig.Rename(path, "p", from, to)
	if after, _ := os.ReadFile(path); err == nil || changed || string(after) != both {
		t.Errorf("one that has both: Rename = %v, %v; the file is %q", changed, err, after)
	}
}
