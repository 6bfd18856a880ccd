package signin_test

import (
	"regexp"
	"testing"

	"credmint/helper/signin"
)

func TestChallenge(t *testing.T) {
	// RFC 7636 appendix B.
	const verifier, want = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
	if got := signin.Challenge(verifier); got != want {
		t.Errorf("Challenge(%q) = %q, want %q", verifier, got, want)
	}
}

func TestRandom(t *testing.T) {
	form := regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
	seen := map[string]bool{}
	for range 100 {
		for _, s := range []string{signin.Verifier(), signin.State()} {
			if !form.MatchString(s) || seen[s] {
				t.Fatalf("%q is not new, or has another form", s)
			}
			seen[s] = true
		}
	}
}

func TestSameState(t *testing.T) {
	for _, tt := range []struct {
		got, want string
		same      bool
	}{{"a", "a", true}, {"a", "b", false}, {"", "", false}, {"", "a", false}, {"a", "", false}, {"ab", "a", false}} {
		if signin.SameState(tt.got, tt.want) != tt.same {
			t.Errorf("SameState(%q, %q) = %v", tt.got, tt.want, !tt.same)
		}
	}
}
