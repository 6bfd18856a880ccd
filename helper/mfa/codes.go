// Package mfa tells the codes of MFA devices: from a command, from a seed that is kept, from a YubiKey, or from a person.
// It sees to it that no code is given away twice, since AWS refuses the second time.
//
// It keeps no seed and knows no keychain; it reads the QR codes and URIs that seeds come in.
package mfa

import (
	"context"
	"fmt"
	"strings"
	"time"

	"credmint/helper"
	"credmint/helper/program"
)

// Codes tells the code of a profile's device. Whoever the profile or the keychain names is asked, and nobody else: a
// YubiKey that is not plugged in is an error, and not a question to the person.
type Codes struct {
	// Seed finds the seed that is kept of a device; false where none is.
	Seed func(ctx context.Context, serial string) (Seed, bool, error)

	// Person asks somebody who looks at the device; wait is how long it still shows a code that is used. Its answer is
	// taken as it is.
	Person func(ctx context.Context, p *helper.Profile, try int, wait time.Duration) (string, error)

	Used Used
	Tell func(string) // what a person may have to do, or wait for
}

// maxTries is how many codes AWS may refuse of what tells them by itself: the second rules out that the first was used.
const maxTries = 2

// codeLimit bounds what tells codes by itself, for callers who know no deadline.
const codeLimit = 45 * time.Second

// Code answers for the profile's device with a code that AWS has not seen. try is 1 the first time, and one more each
// time AWS refused the last one.
func (c *Codes) Code(ctx context.Context, p *helper.Profile, try int) (string, error) {
	teller, err := c.teller(ctx, p)
	if err != nil {
		return "", err
	}
	if teller == nil {
		return c.ask(ctx, p, try)
	}
	if try > maxTries {
		return "", &RefusedError{Source: teller.name, Serial: p.MFASerial}
	}
	at, err := c.Used.Take(ctx, p.MFASerial, teller.period, try > 1)
	if err != nil {
		return "", fmt.Errorf("%s: %w", teller.name, err)
	}
	code, err := teller.code(ctx, at)
	if err != nil {
		c.Used.Return(ctx, p.MFASerial, teller.period, at)
		return "", fmt.Errorf("%s: %w", teller.name, err)
	}
	return code, nil
}

// RefusedError says that AWS takes no codes of what tells them with no person there.
type RefusedError struct{ Source, Serial string }

func (e *RefusedError) Error() string {
	return fmt.Sprintf("AWS refused %d codes of %s for %s", maxTries, e.Source, e.Serial)
}

// Hint says what to type.
func (e *RefusedError) Hint() string {
	return "compare them with the device's; and this machine's clock, by `date -u`, with the time in UTC"
}

// ask has a person read the device.
func (c *Codes) ask(ctx context.Context, p *helper.Profile, try int) (string, error) {
	wait := c.Used.Free(p.MFASerial, defaultPeriod).Sub(c.Used.Now())
	code, err := c.Person(ctx, p, try, max(wait, 0))
	if err == nil {
		c.Used.Spend(ctx, p.MFASerial, defaultPeriod, c.Used.Now())
	}
	return code, err
}

// teller is what tells a device's codes with no person there.
type teller struct {
	name   string
	period time.Duration
	code   func(ctx context.Context, at time.Time) (string, error)
}

// teller is nil where only a person can tell.
func (c *Codes) teller(ctx context.Context, p *helper.Profile) (*teller, error) {
	if len(p.MFAProcess) > 0 {
		return c.program("mfa_process", p.MFASerial, p.MFAProcess), nil
	}
	seed, kept, err := c.Seed(ctx, p.MFASerial)
	if err != nil {
		return nil, err
	}
	if kept {
		return &teller{"the kept seed", seed.Period(), func(_ context.Context, at time.Time) (string, error) {
			return seed.Code(at), nil
		}}, nil
	}
	if p.MFAYubiKey == "" {
		return nil, nil
	}
	key := c.program("mfa_yubikey", p.MFASerial, []string{"ykman", "oath", "accounts", "code", "--single", "--", p.MFAYubiKey})
	run := key.code
	key.code = func(ctx context.Context, at time.Time) (string, error) {
		c.Tell("touch the YubiKey if it blinks")
		return run(ctx, at)
	}
	return key, nil
}

// program is a program that prints a code. When it ends another window may have begun, and the code be that one's.
func (c *Codes) program(name, serial string, words []string) *teller {
	return &teller{name, defaultPeriod, func(ctx context.Context, _ time.Time) (string, error) {
		code, err := run(ctx, words)
		if err == nil {
			c.Used.Spend(ctx, serial, defaultPeriod, c.Used.Now())
		}
		return code, err
	}}
}

// maxPrinted is what a program may print beside its code: white space.
const maxPrinted = 64

// run starts a program, and takes six digits from it.
func run(ctx context.Context, words []string) (string, error) {
	path, err := program.Find(words[0])
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, codeLimit, fmt.Errorf("no answer in %s", codeLimit))
	defer cancel()
	out, err := program.Output(ctx, program.Command(ctx, path, words[1:]...), maxPrinted)
	if err != nil {
		return "", err
	}
	code := strings.TrimSpace(string(out))
	if !IsCode(code) {
		return "", fmt.Errorf("%s printed no code of six digits", words[0])
	}
	return code, nil
}

// IsCode reports whether a text is what AWS takes as a code: six digits.
func IsCode(s string) bool {
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(s) == 6
}
