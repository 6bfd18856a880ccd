package awsconfig_test

import "testing"

// What is hidden is what makes [default] somebody, and nothing else of anybody.
func TestHideDefault(t *testing.T) {
	tests := map[string]struct {
		config, credentials string
		want                string // the config file, and "same" where it needs no other
		hideCredentials     bool
	}{
		"nothing":     {want: "same"},
		"no default":  {"[profile a]\nrole_arn = a\nsource_profile = b\n", "[a]\naws_access_key_id = A\n", "same", false},
		"nobody":      {"[default]\nregion = eu-west-1\ncredential_process =\n", "[default]\nregion = a\n", "same", false},
		"a process":   {"[default]\ncredential_process = credmint aws x\nregion = r\n", "", "[default]\nregion = r\n", false},
		"our setting": {"[default]\ncredmint_sso_session = corp # ours\n[x]", "", "[default]\n[x]\n", false},
		"a role":      {"# a\n[profile default]\r\nrole_arn = a\r\n source_profile=b\r\nmfa_serial = m\r\n\r\n[profile b]\nrole_arn = c", "", "# a\n[profile default]\nmfa_serial = m\n\n[profile b]\nrole_arn = c\n", false},
		"a key":       {"[default]\naws_access_key_id = A\naws_secret_access_key = s\ns3 =\n  role_arn = x\n", "", "[default]\ns3 =\n  role_arn = x\n", false},
		"credentials": {"", "[default]\naws_access_key_id = A\n", "same", true},
		"both":        {"[default]\nlogin_session = a\n", "[default]\naws_session_token = A\n", "[default]\n", true},
	}
	for name, test := range tests {
		got, err := load(t, test.config, test.credentials).HideDefault()
		text := "same"
		if got.Config != nil {
			text = string(got.Config)
		}
		if err != nil || text != test.want || got.Credentials != test.hideCredentials {
			t.Errorf("%s: %q, %v, %v; want %q, %v", name, text, got.Credentials, err, test.want, test.hideCredentials)
		}
	}
	c := load(t, "[default]\nrole_arn = a\n[default]\n", "")
	if _, err := c.HideDefault(); err == nil {
		t.Error("a section that stands twice is no error")
	}
}
