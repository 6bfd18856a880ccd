package mint

import (
	"encoding/base64"
	"testing"

	"credmint/helper"
)

// FuzzSubject: whoever an id token is for has an ARN that can sign in.
func FuzzSubject(f *testing.F) {
	claims := func(text string) string { return "e30." + base64.RawURLEncoding.EncodeToString([]byte(text)) + ".e30" }
	f.Add(claims(`{"sub":"arn:aws:iam::111111111111:user/alice"}`))
	f.Add(claims(`{"sub":1}`))
	f.Add("a.b")
	f.Fuzz(func(t *testing.T, token string) {
		arn, err := subject(token)
		if err == nil != helper.IsConsoleIdentity(arn) {
			t.Errorf("subject(%q) = %q, %v", token, arn, err)
		}
	})
}
