package awsconfig_test

import (
	"os"
	"strings"
	"testing"

	"credmint/helper/platformtest"
)

// A template is filled and made fit for AWS; a text that is none is judged as it stands.
func TestSessionNameTemplates(t *testing.T) {
	const me = "alice"
	host, err := os.Hostname()
	if err != nil {
		t.Skip("this machine has no name")
	}
	for template, want := range map[string]string{
		"{user}":                           me,
		"{user}@{host}":                    me + "@" + host,
		"{user}: at work":                  me + "--at-work",
		strings.Repeat("x", 70):            "", // no template: AWS's rule
		"a b":                              "",
		"{user}" + strings.Repeat("y", 70): (me + strings.Repeat("y", 70))[:64],
	} {
		text := "[profile prod]\nrole_arn = " + role + "\nsource_profile = me\nrole_session_name = " + template + "\n"
		p, err := load(t, text, "", "USER=alice").Profile("prod", keychain("me"))
		switch {
		case want == "" && err == nil:
			t.Errorf("%q is taken as %q", template, p.RoleSessionName)
		case want != "" && err != nil:
			t.Errorf("%q: %v", template, err)
		case want != "" && p.RoleSessionName != want:
			t.Errorf("%q became %q, want %q", template, p.RoleSessionName, want)
		}
	}
}

func TestScopeErrors(t *testing.T) {
	many := make([]string, 51)
	for i := range many {
		many[i] = "k" + strings.Repeat("x", i) + "=v"
	}
	nowhere := platformtest.Abs("/nowhere/policy.json")
	for setting, want := range map[string]string{
		"session_tags = a=1, A=2":                                           "stands there twice",
		"session_tags = =1":                                                 "is no tag",
		"session_tags = " + strings.Join(many, ","):                         "51 tags: AWS takes 50",
		"session_tags = a=" + strings.Repeat("v", 257):                      "is no tag",
		"source_identity = x":                                               "AWS takes 2 to 64",
		"policy_arns = arn:aws:iam::aws:role/x":                             "no policy's ARN",
		"policy_arns = " + strings.Repeat("arn:aws:iam::aws:policy/x,", 11): "11 policies: AWS takes 10",
		"session_policy = " + nowhere:                                       platformtest.NoFile(t, nowhere),
	} {
		text := "[profile prod]\nrole_arn = " + role + "\nsource_profile = me\ncredmint_" + setting + "\n"
		_, err := load(t, text, "").Profile("prod", keychain("me"))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "config:4: credmint_") {
			t.Errorf("%s: error %v, want %q and where", setting, err, want)
		}
	}
}
