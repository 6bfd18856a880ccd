package mfa

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Seed is what a virtual device computes its codes from, by RFC 6238. It prints without its secret.
type Seed struct {
	secret    []byte
	algorithm string // "SHA1", "SHA256" or "SHA512"
	digits    int
	period    time.Duration // whole seconds
}

// What AWS's virtual devices have, and what a seed without other words means.
const (
	defaultAlgorithm = "SHA1"
	defaultDigits    = 6
	defaultPeriod    = 30 * time.Second
)

// The least is what authenticator apps take; AWS's own seeds have 40 bytes.
const (
	minSecret = 10
	maxSecret = 128
	maxSeed   = 4096 // the text of a URI
)

// ParseSeed reads a device's secret key in base32, as the console shows it, or a URI as a QR code holds it:
//
//	otpauth://totp/LABEL?secret=BASE32[&algorithm=SHA1|SHA256|SHA512][&digits=6…8][&period=SECONDS]
//
// No error says a part of the secret. See https://github.com/google/google-authenticator/wiki/Key-Uri-Format.
func ParseSeed(text string) (Seed, error) {
	text = strings.TrimSpace(text)
	s := Seed{algorithm: defaultAlgorithm, digits: defaultDigits, period: defaultPeriod}
	switch {
	case len(text) > maxSeed:
		return Seed{}, errors.New("that is too long for the secret key of an MFA device")
	case len(text) >= len("otpauth:") && strings.EqualFold(text[:len("otpauth:")], "otpauth:"):
		return s.fromURI(text)
	}
	return s.withSecret(text)
}

func (s Seed) fromURI(text string) (Seed, error) {
	u, err := url.Parse(text)
	if err != nil { // what url.Parse says repeats the text
		return Seed{}, errors.New("that otpauth URI is damaged")
	}
	if !strings.EqualFold(u.Host, "totp") {
		return Seed{}, errors.New("that otpauth URI is of no clock-based device: one begins with otpauth://totp/")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return Seed{}, errors.New("that otpauth URI is damaged")
	}
	for name, values := range query {
		if len(values) > 1 {
			return Seed{}, fmt.Errorf("that otpauth URI says %q twice", name)
		}
	}
	if v := query.Get("algorithm"); v != "" {
		s.algorithm = strings.ToUpper(strings.ReplaceAll(v, "-", ""))
	}
	if s.hash() == nil {
		return Seed{}, fmt.Errorf("that otpauth URI wants the algorithm %q: SHA1, SHA256 and SHA512 are known", s.algorithm)
	}
	if s.digits, err = number(query.Get("digits"), defaultDigits, 6, 8); err != nil {
		return Seed{}, fmt.Errorf("that otpauth URI's digits: %w", err)
	}
	seconds, err := number(query.Get("period"), int(defaultPeriod.Seconds()), 1, 300)
	if err != nil {
		return Seed{}, fmt.Errorf("that otpauth URI's period: %w", err)
	}
	s.period = time.Duration(seconds) * time.Second
	return s.withSecret(query.Get("secret"))
}

func number(text string, otherwise, least, most int) (int, error) {
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%q is not %d to %d", text, least, most)
	}
	return n, nil
}

// withSecret takes base32 as people copy it: in small letters, in groups, with or without its padding.
func (s Seed) withSecret(text string) (Seed, error) {
	compact := strings.TrimRight(strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(text)), "=")
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(compact)
	switch rest := len(compact) % 8; {
	case compact == "":
		return Seed{}, errors.New("there is no secret key")
	case err != nil:
		return Seed{}, errors.New("that is no secret key of an MFA device: one has the letters A to Z and the digits 2 to 7")
	case rest == 1 || rest == 3 || rest == 6:
		return Seed{}, errors.New("that secret key of an MFA device is not whole: a letter is missing, or one is too many")
	case len(secret) < minSecret || len(secret) > maxSecret:
		return Seed{}, fmt.Errorf("that secret key has %d bytes: MFA devices have %d to %d", len(secret), minSecret, maxSecret)
	}
	s.secret = secret
	return s, nil
}

// URI is the form in which a seed is kept. ParseSeed reads it back.
func (s Seed) URI() string {
	return fmt.Sprintf("otpauth://totp/credmint?secret=%s&algorithm=%s&digits=%d&period=%d",
		base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(s.secret), s.algorithm, s.digits, int(s.period.Seconds()))
}

// Period is how long the device shows each code.
func (s Seed) Period() time.Duration { return s.period }

// Code is what the device shows at a time: RFC 4226's truncation of the MAC of RFC 6238's time step.
func (s Seed) Code(at time.Time) string {
	mac := hmac.New(s.hash(), s.secret)
	_ = binary.Write(mac, binary.BigEndian, at.Unix()/int64(s.period.Seconds())) // a hash takes everything
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	value := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	digits := fmt.Sprintf("%010d", value)
	return digits[len(digits)-s.digits:]
}

func (s Seed) hash() func() hash.Hash {
	switch s.algorithm {
	case "SHA1":
		return sha1.New
	case "SHA256":
		return sha256.New
	case "SHA512":
		return sha512.New
	}
	return nil
}

// String tells what is not secret.
func (s Seed) String() string {
	return fmt.Sprintf("seed (%s, %d digits, %s)", s.algorithm, s.digits, s.period)
}

// Format keeps the secret out of every verb, %+v and %#v included.
func (s Seed) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// LogValue keeps the secret out of structured logs.
func (s Seed) LogValue() slog.Value { return slog.StringValue(s.String()) }
