package awsconfig_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestEach(t *testing.T) {
	const setting = "credmint_codecommit_profile"
	for _, tt := range []struct {
		name, config, credentials string
		want                      string // "profile=value@line" for each
	}{
		{"nothing", "", "", ""},
		{"no profile has it", "[profile a]\nregion = x\n[profile b]\n", "[a]\n", ""},
		{"in the order they stand", "[profile b]\ncredmint_codecommit_profile = x y\n[default]\nCredmint_CodeCommit_Profile: z # and why\n", "", "b=x y@2 default=z@4"},
		{"the credentials file, last", "[profile b]\ncredmint_codecommit_profile=x\n", "[c]\ncredmint_codecommit_profile=y\n", "b=x@2 c=y@2"},
		{"in both files, once", "[profile b]\ncredmint_codecommit_profile=x\n", "[b]\n\ncredmint_codecommit_profile=y\n", "b=y@3"},
		{"no profile's", "credmint_codecommit_profile=x\n[a]\ncredmint_codecommit_profile=x\n[sso-session s]\ncredmint_codecommit_profile=x\n", "[profile p]\ncredmint_codecommit_profile=x\n", ""},
		{"another setting's", "[profile a]\ns3 =\n  credmint_codecommit_profile = x\ncredmint_codecommit_profiles = y\n", "", ""},
		{"a comment, and an empty one", "[profile a]\n#credmint_codecommit_profile = x\n[profile b]\ncredmint_codecommit_profile =\n", "", ""},
		{"far into a large file", strings.Repeat("# x_y\n", 20000) + "[profile a]\nCREDMINT_CODECOMMIT_PROFILE = x\n", "", "a=x@20002"},
		{"indented, below nothing", "[profile a]\n\tcredmint_codecommit_profile = x\n", "", "a=x@2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, err := load(t, tt.config, tt.credentials).Each(setting)
			var got []string
			for _, f := range found {
				got = append(got, fmt.Sprintf("%s=%s@%d", f.Profile, f.Value, f.Line))
			}
			if err != nil || strings.Join(got, " ") != tt.want {
				t.Errorf("Each = %s, %v; want %s", got, err, tt.want)
			}
		})
	}
	twice := "[profile a]\ncredmint_codecommit_profile = x\n[profile a]\n"
	if found, err := load(t, twice, "").Each(setting); err == nil {
		t.Errorf("a profile that stands twice: %v", found)
	}
}

func BenchmarkEach(b *testing.B) {
	var config strings.Builder
	for i := range 200 {
		fmt.Fprintf(&config, "[profile p%d]\nregion = eu-west-1\ncredential_process = /usr/local/bin/credmint aws p%d\n\n", i, i)
	}
	c, err := tryLoad(b, config.String(), "")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if found, err := c.Each("credmint_codecommit_profile"); err != nil || found != nil {
			b.Fatal(found, err)
		}
	}
}

func TestHasAndWhere(t *testing.T) {
	const config = "[profile a]\nregion = eu-west-1\nuse_fips_endpoint = true\n[default]\n[b]\n[profile twice]\n[profile twice]\n"
	c := load(t, config, "[c]\nregion = eu-west-3\n")
	for name, want := range map[string]bool{"a": true, "default": true, "b": false, "c": true, "profile a": false, "a]": false, "": false} {
		if got, err := c.Has(name); got != want || err != nil {
			t.Errorf("Has(%q) = %t, %v; want %t", name, got, err, want)
		}
	}
	if known, err := c.Has("twice"); err == nil {
		t.Errorf("Has(twice) = %t", known)
	}
	for name, want := range map[string]string{"a": "eu-west-1 true", "c": "eu-west-3 false", "none": " false"} {
		region, fips, err := c.Where(name)
		if got := fmt.Sprintf("%s %t", region, fips); got != want || err != nil {
			t.Errorf("Where(%q) = %s, %v; want %s", name, got, err, want)
		}
	}
	c = load(t, config, "", "AWS_REGION=us-west-2", "AWS_USE_FIPS_ENDPOINT=true")
	if region, fips, err := c.Where("none"); region != "us-west-2" || !fips || err != nil {
		t.Errorf("Where under AWS_REGION = %s, %t, %v", region, fips, err)
	}
}
