package awsconfig_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/config"

	"credmint/helper"
)

// FuzzProfile compares with the Go SDK's reader: whatever this one resolves to a role, the SDK reads as the same role.
func FuzzProfile(f *testing.F) {
	f.Add("[profile prod]\nrole_arn = arn:aws:iam::222222222222:role/Admin\nsource_profile = me\nexternal_id = x # y\n[profile me]\nregion=us-east-1\n")
	f.Add("[profile prod]\n  role_arn: arn:aws:iam::222222222222:role/Admin\n\tsource_profile = 'me'\nmfa_serial = \"123456789\"\n")
	f.Add("[profile prod]\ns3 =\n  role_arn = no\nrole_arn = arn:aws:iam::222222222222:role/A;B ;c\nsource_profile = me\n")
	f.Add("\ufeff[profile prod]\r\nrole_arn = arn:aws:iam::222222222222:role/Admin\r\nsource_profile = me\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "credmint_") || strings.HasPrefix(text, "\ufeff") {
			return // what the SDK does not know
		}
		c, err := tryLoad(t, text, "")
		if err != nil {
			return
		}
		p, err := c.Profile("prod", keychain("me"))
		c.Names() // lists all sections, after which they are found in another way
		if again, errAgain := c.Profile("prod", keychain("me")); fmt.Sprint(err) != fmt.Sprint(errAgain) || err == nil && again.Key() != p.Key() {
			t.Fatalf("%v, and once listed %v", err, errAgain)
		}
		if err != nil || p.Kind != helper.Role {
			return
		}
		dir := t.TempDir()
		path := filepath.Join(dir, "config")
		// The SDK wants a source it can use itself.
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		credentials := filepath.Join(dir, "credentials")
		if err := os.WriteFile(credentials, []byte("[me]\naws_access_key_id = a\naws_secret_access_key = b\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		theirs, err := bySDK(t, path, credentials)
		if err != nil {
			return // it looks at settings that are none of ours
		}
		if strings.ContainsAny(p.RoleARN+p.ExternalID, `"'`) {
			return // it takes the outer ones of two pairs of quotes off, too
		}
		if theirs.RoleARN != p.RoleARN || theirs.ExternalID != p.ExternalID || theirs.SourceProfileName != "me" && p.Source.Name == "me" && len(p.Links()) == 2 {
			t.Errorf("%q\nours   %s %q from %s\ntheirs %s %q from %s", text,
				p.RoleARN, p.ExternalID, p.Source.Name, theirs.RoleARN, theirs.ExternalID, theirs.SourceProfileName)
		}
	})
}

// bySDK is the profile "prod" as the Go SDK reads it. It panics at a value that is a lone quote, which Lint reports.
func bySDK(t *testing.T, config, credentials string) (_ sdk.SharedConfig, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return sdk.LoadSharedConfigProfile(t.Context(), "prod", func(o *sdk.LoadSharedConfigOptions) {
		o.ConfigFiles, o.CredentialsFiles = []string{config}, []string{credentials}
	})
}
