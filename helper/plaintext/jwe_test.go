package plaintext

import (
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

const passphrase = "open sesame"

// sealJWE is go-jose's, in fewer rounds than aws-vault has.
func sealJWE(t testing.TB, alg jose.KeyAlgorithm, enc jose.ContentEncryption, rounds int, options *jose.EncrypterOptions) string {
	t.Helper()
	sealer, err := jose.NewEncrypter(enc, jose.Recipient{Algorithm: alg, Key: passphrase, PBES2Count: rounds}, options)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := sealer.Encrypt([]byte("a secret"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := sealed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func openJWE(text, passphrase string) (string, error) {
	j, err := parseJWE(text)
	if err != nil {
		return "", err
	}
	opened, err := j.open(passphrase)
	return string(opened), err
}

// What go-jose has sealed opens, with its passphrase, and as long as not a character of it is another.
func TestJWE(t *testing.T) {
	t.Parallel()
	text := sealJWE(t, jose.PBES2_HS256_A128KW, jose.A256GCM, 100, new(jose.EncrypterOptions).WithContentType("json"))
	if got, err := openJWE(text, passphrase); err != nil || got != "a secret" {
		t.Errorf("it opened as %q, %v", got, err)
	}
	if got, err := openJWE(text, "open barley"); err == nil {
		t.Errorf("another passphrase opened it as %q", got)
	}
	for i := range text {
		other := "A"
		if text[i] == 'A' {
			other = "B"
		}
		for _, bad := range []string{text[:i] + other + text[i+1:], text[:i], text[:i] + text[i+1:]} {
			if got, err := openJWE(bad, passphrase); err == nil {
				t.Errorf("%s opened as %q", bad, got)
			}
		}
	}
}

// What is sealed in another way is refused before anybody is asked for a passphrase.
func TestOtherJWE(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"key":        sealJWE(t, jose.PBES2_HS512_A256KW, jose.A256GCM, 100, nil),
		"content":    sealJWE(t, jose.PBES2_HS256_A128KW, jose.A128GCM, 100, nil),
		"compressed": sealJWE(t, jose.PBES2_HS256_A128KW, jose.A256GCM, 100, &jose.EncrypterOptions{Compression: jose.DEFLATE}),
		"rounds":     sealJWE(t, jose.PBES2_HS256_A128KW, jose.A256GCM, jweRounds+1, nil),
		"critical": sealJWE(t, jose.PBES2_HS256_A128KW, jose.A256GCM, 100,
			new(jose.EncrypterOptions).WithHeader("crit", []string{"exp"})),
		"six parts": sealJWE(t, jose.PBES2_HS256_A128KW, jose.A256GCM, 100, nil) + ".",
		"no text":   "",
		"JSON":      `{"protected":"e30"}`,
	} {
		if _, err := parseJWE(text); err == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
}

// FuzzJWE has go-jose open whatever opens.
func FuzzJWE(f *testing.F) {
	for _, rounds := range []int{1, 2} {
		f.Add(sealJWE(f, jose.PBES2_HS256_A128KW, jose.A256GCM, rounds, nil))
	}
	f.Add(strings.Repeat("e30.", 4))
	f.Fuzz(func(t *testing.T, text string) {
		j, err := parseJWE(text)
		if err != nil || j.rounds > 1000 {
			return
		}
		ours, err := j.open(passphrase)
		if err != nil {
			return
		}
		sealed, err := jose.ParseEncryptedCompact(text, []jose.KeyAlgorithm{jose.PBES2_HS256_A128KW}, []jose.ContentEncryption{jose.A256GCM})
		if err != nil {
			t.Fatalf("it opened as %q, and go-jose does not take it: %v", ours, err)
		}
		if theirs, err := sealed.Decrypt([]byte(passphrase)); err != nil || string(theirs) != string(ours) {
			t.Fatalf("it opened as %q, and for go-jose as %q, %v", ours, theirs, err)
		}
	})
}
