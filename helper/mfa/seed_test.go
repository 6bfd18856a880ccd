package mfa_test

import (
	"encoding/base32"
	"fmt"
	"strings"
	"testing"
	"time"

	"credmint/helper/mfa"
	"credmint/helper/mint/awstest"
)

// RFC 6238, appendix B, with the seeds of its errata 2866.
func TestCode(t *testing.T) {
	seeds := map[string]string{
		"SHA1": "12345678901234567890", "SHA256": "12345678901234567890123456789012",
		"SHA512": "1234567890123456789012345678901234567890123456789012345678901234",
	}
	for _, tt := range []struct {
		at                   int64
		sha1, sha256, sha512 string
	}{
		{59, "94287082", "46119246", "90693936"},
		{1111111109, "07081804", "68084774", "25091201"},
		{1111111111, "14050471", "67062674", "99943326"},
		{1234567890, "89005924", "91819424", "93441116"},
		{2000000000, "69279037", "90698825", "38618901"},
		{20000000000, "65353130", "77737706", "47863826"},
	} {
		for algorithm, want := range map[string]string{"SHA1": tt.sha1, "SHA256": tt.sha256, "SHA512": tt.sha512} {
			secret := base32.StdEncoding.EncodeToString([]byte(seeds[algorithm]))
			for digits := 6; digits <= 8; digits++ {
				seed, err := mfa.ParseSeed(fmt.Sprintf("otpauth://totp/x?secret=%s&algorithm=%s&digits=%d", secret, algorithm, digits))
				if err != nil {
					t.Fatal(err)
				}
				if got := seed.Code(time.Unix(tt.at, 0)); got != want[8-digits:] {
					t.Errorf("%s at %d = %s, want %s", algorithm, tt.at, got, want[8-digits:])
				}
			}
		}
	}
	seed, err := mfa.ParseSeed("otpauth://totp/x?period=60&digits=8&secret=" + base32.StdEncoding.EncodeToString([]byte(seeds["SHA1"])))
	if err != nil || seed.Period() != time.Minute || seed.Code(time.Unix(2*59, 0)) != "94287082" {
		t.Errorf("period 60: %v, %v", seed, err)
	}
}

// The loopback AWS computes codes by itself.
func TestCodesAreAWSs(t *testing.T) {
	device := awstest.New().AddUser("111111111111", "alice").AddMFA("alice")
	seed, err := mfa.ParseSeed(device.Seed)
	if err != nil {
		t.Fatal(err)
	}
	for at := time.Unix(1e9, 0); at.Unix() < 1e9+7200; at = at.Add(17 * time.Second) {
		if got, want := seed.Code(at), device.Code(at); got != want {
			t.Errorf("at %s: %s, want %s", at, got, want)
		}
	}
}

const secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

func TestParseSeed(t *testing.T) {
	plain := "otpauth://totp/credmint?secret=" + secret + "&algorithm=SHA1&digits=6&period=30"
	tests := map[string]struct{ text, want, err string }{
		"base32":                 {text: secret, want: plain},
		"as people copy it":      {text: " jbsw y3dp ehpk 3pxp-jbsw-y3dp ehpk 3pxp\n", want: plain},
		"padded":                 {text: "JBSWY3DPEHPK3PXPJA======", want: "otpauth://totp/credmint?secret=JBSWY3DPEHPK3PXPJA&algorithm=SHA1&digits=6&period=30"},
		"AWS's QR code":          {text: "otpauth://totp/Amazon%20Web%20Services:me@111111111111?secret=" + secret + "&issuer=Amazon%20Web%20Services", want: plain},
		"all of it":              {text: "OTPAUTH://TOTP/x?digits=8&algorithm=sha-512&period=60&secret=" + strings.ToLower(secret), want: "otpauth://totp/credmint?secret=" + secret + "&algorithm=SHA512&digits=8&period=60"},
		"nothing":                {text: " \n", err: "no secret key"},
		"no base32":              {text: "not a secret key 1890", err: "the letters A to Z and the digits 2 to 7"},
		"a code":                 {text: "123456", err: "the letters A to Z and the digits 2 to 7"},
		"short":                  {text: "JBSWY3DP", err: "has 5 bytes"},
		"long":                   {text: strings.Repeat("A", 400), err: "has 250 bytes"},
		"endless":                {text: strings.Repeat("A", 5000), err: "too long"},
		"counter-based":          {text: "otpauth://hotp/x?counter=1&secret=" + secret, err: "no clock-based device"},
		"many accounts":          {text: "otpauth-migration://offline?data=" + secret, err: "the letters A to Z"},
		"a URI without a secret": {text: "otpauth://totp/x?digits=6", err: "no secret key"},
		"two secrets":            {text: "otpauth://totp/x?secret=" + secret + "&secret=" + secret, err: `says "secret" twice`},
		"an algorithm":           {text: "otpauth://totp/x?algorithm=MD5&secret=" + secret, err: `the algorithm "MD5"`},
		"digits":                 {text: "otpauth://totp/x?digits=10&secret=" + secret, err: `digits: "10" is not 6 to 8`},
		"period":                 {text: "otpauth://totp/x?period=0&secret=" + secret, err: `period: "0" is not 1 to 300`},
		"damaged":                {text: "otpauth://totp/%zz?secret=" + secret, err: "damaged"},
		"a damaged query":        {text: "otpauth://totp/x?secret=" + secret + ";%zz", err: "damaged"},
		"a letter too many":      {text: secret[:17], err: "is not whole"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			seed, err := mfa.ParseSeed(tt.text)
			if err != nil {
				if tt.err == "" || !strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "JBSWY3DP") {
					t.Errorf("got %v, want %q", err, tt.err)
				}
				return
			}
			if tt.err != "" || seed.URI() != tt.want {
				t.Errorf("got %s, want %q", seed.URI(), tt.want+tt.err)
			}
		})
	}
}

func TestSeedIsNotPrinted(t *testing.T) {
	seed, err := mfa.ParseSeed(secret)
	if err != nil {
		t.Fatal(err)
	}
	want := "seed (SHA1, 6 digits, 30s)"
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(verb, seed); got != want {
			t.Errorf("%s = %s", verb, got)
		}
		if got := fmt.Sprintf(verb, &seed); got != want {
			t.Errorf("%s of a pointer = %s", verb, got)
		}
	}
}

func FuzzParseSeed(f *testing.F) {
	f.Add(secret)
	f.Add("otpauth://totp/x?secret=" + secret + "&digits=7&period=1&algorithm=SHA256")
	f.Fuzz(func(t *testing.T, text string) {
		seed, err := mfa.ParseSeed(text)
		if err != nil {
			return
		}
		again, err := mfa.ParseSeed(seed.URI())
		if err != nil || again.URI() != seed.URI() {
			t.Fatalf("%q is kept as %s, which reads as %v, %v", text, seed.URI(), again.URI(), err)
		}
		at := time.Unix(1e9, 0)
		if code := again.Code(at); code != seed.Code(at) || len(code) < 6 || len(code) > 8 {
			t.Errorf("codes %s and %s", code, seed.Code(at))
		}
	})
}
