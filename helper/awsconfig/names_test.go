package awsconfig_test

import (
	"testing"

	"credmint/helper/awsconfig"
)

func TestNearest(t *testing.T) {
	names := []string{"prod", "plan", "me", "Production.Admin", "sandbox"}
	for typed, want := range map[string]string{
		"prdo": "prod", "Prod": "prod", "pord": "prod", "prodd": "prod",
		"Production.Adimn": "Production.Admin", "sandbx": "sandbox", "snadbx": "sandbox",
		"mo": "me", "qa": "", "pla": "plan", "prod-eu": "", "": "",
	} {
		if got := awsconfig.Nearest(typed, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", typed, got, want)
		}
	}
}
