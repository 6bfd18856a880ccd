package mint_test

import (
	"testing"
	"time"

	"credmint/helper"
	"credmint/helper/mint"
)

// A secret's text, line ends and all, is fresh for five minutes, and there for ten.
func TestSecretText(t *testing.T) {
	aws, secrets, ref := newSecrets(t)
	aws.AddSecret("111111111111", "bot", "{\n \"password\": \"hush\"\n}\n", "arn:aws:iam::111111111111:user/alice")
	now := time.Now()
	m := &mint.SecretText{Secrets: secrets, Now: func() time.Time { return now }}
	s, err := m.Session(t.Context(), &helper.Profile{
		Name: "bot", Kind: helper.SecretText, Source: &helper.Profile{Name: "me"}, Client: ref.Client, Inputs: &helper.Secret{ID: "bot"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if text, err := mint.TextOf(s); text != "{\n \"password\": \"hush\"\n}\n" || err != nil {
		t.Errorf("TextOf = %q, %v", text, err)
	}
	for after, due := range map[time.Duration]bool{0: false, 4 * time.Minute: false, 6 * time.Minute: true} {
		if got := helper.Due(s, now.Add(after)); got != due || !s.ValidAt(now.Add(9*time.Minute)) {
			t.Errorf("after %s: due %v, want %v", after, got, due)
		}
	}
	if _, err := m.Session(t.Context(), &helper.Profile{Name: "bot", Kind: helper.SecretText}); err == nil {
		t.Error("a profile without a secret has one")
	}
}
