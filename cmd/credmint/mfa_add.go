package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"credmint/cmd/credmint/kept"
	"credmint/helper"
	"credmint/helper/atomicfile"
	"credmint/helper/awsconfig"
	"credmint/helper/clipboard"
	"credmint/helper/mfa"
	"credmint/helper/prompt"
	"credmint/keychain"
)

type mfaCmd struct {
	Add    mfaAddCmd    `cmd:"" help:"Take a device's seed, and keep it in the keychain."`
	Code   mfaCodeCmd   `cmd:"" help:"Print a device's next code that AWS has not seen."`
	List   mfaListCmd   `cmd:"" help:"List the devices whose seeds are kept; the keychain is not asked."`
	Remove mfaRemoveCmd `cmd:"" help:"Remove a device's seed from the keychain."`
}

// Help is honest about what the convenience costs.
func (mfaCmd) Help() string {
	return `A seed is the secret key of a virtual MFA device: the console shows it once, as a QR code and as text.

Kept beside the access key it is one factor less: whoever can use this keychain has both. It still stops whoever got
hold of the key alone, or of the password alone, on another machine. It is no second factor against this one.`
}

// mfaDevice names a device on a command line.
type mfaDevice struct {
	Device string `arg:"" optional:"" names:"device,profile" help:"The device's serial (its ARN), or a profile that names it; picked from a list where it is left out."`
}

// serial finds the device. A profile needs no access key yet to name one.
func (d *mfaDevice) serial(ctx context.Context, a *app) (string, error) {
	var err error
	if d.Device, err = a.named(ctx, d.Device, "<device>", hasDevice); err != nil {
		return "", err
	}
	if strings.HasPrefix(d.Device, "arn:") {
		return d.Device, awsconfig.CheckSerial(d.Device)
	}
	config, err := a.awsConfig()
	if err != nil {
		return "", err
	}
	serial, err := config.Device(d.Device)
	switch {
	case errors.Is(err, awsconfig.ErrNoProfile) && isHardware(d.Device):
		return d.Device, awsconfig.CheckSerial(d.Device)
	case errors.Is(err, awsconfig.ErrNoProfile):
		return "", advise(fmt.Errorf("%q is neither a profile nor an MFA device", d.Device),
			"write the device's serial: arn:aws:iam::ACCOUNT:mfa/NAME")
	case err == nil && serial == "":
		return "", advise(fmt.Errorf("profile %q names no MFA device", d.Device),
			"write `credmint_mfa_serial = arn:aws:iam::ACCOUNT:mfa/NAME` into the profile, or write the ARN here")
	}
	return serial, err
}

// hasDevice holds for profiles that name a device, or whose sources do.
func hasDevice(p *helper.Profile) bool {
	return slices.ContainsFunc(p.Links(), func(link *helper.Profile) bool { return link.MFASerial != "" })
}

// isHardware tells the number on the back of a device from a profile that was mistyped.
func isHardware(s string) bool {
	return strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == "" && strings.ContainsAny(s, "0123456789")
}

type mfaAddCmd struct {
	mfaDevice
	Stdin     bool   `xor:"from" help:"Read the secret key, or its otpauth:// URI, from stdin."`
	QR        string `name:"qr" xor:"from" type:"path" placeholder:"FILE" help:"Read it from a PNG or JPEG picture of the console's QR code."`
	Clipboard bool   `xor:"from" help:"Read it from the clipboard: a picture of the QR code, or a text."`
	Codes     bool   `help:"Print the two codes that the console asks for when the device is new."`
	Replace   bool   `help:"Replace the seed that is kept of the device."`
}

// Help is the whole command's.
func (mfaAddCmd) Help() string { return mfaCmd{}.Help() }

// Run stores the seed, which the keychain reads back, before it prints a code of it.
func (c *mfaAddCmd) Run(ctx context.Context, a *app) error {
	serial, err := c.serial(ctx, a)
	if err != nil {
		return err
	}
	k, err := a.keychain()
	if err != nil {
		return err
	}
	item := kept.SeedItem(serial)
	if _, err := k.About(item); err == nil && !c.Replace {
		return advise(fmt.Errorf("a seed of MFA device %s is kept already", serial), "add --replace to put another in its place")
	} else if err != nil && !errors.Is(err, keychain.ErrNotFound) {
		return err
	}
	text, err := c.read(ctx, a, serial)
	if err != nil {
		return err
	}
	seed, err := mfa.ParseSeed(text)
	if err != nil {
		return err
	}
	about := map[string]string{kept.AboutSerial: serial, kept.AboutCreated: a.now().UTC().Format(time.RFC3339)}
	if err := k.Set(ctx, item, []byte(seed.URI()), about); err != nil {
		return fmt.Errorf("store the seed of MFA device %s: %w", serial, err)
	}
	a.tell("stored the seed of MFA device %s", serial)
	a.usedCodes().Forget(ctx, serial)
	c.leftovers(a)
	if !c.Codes {
		return nil
	}
	return c.showCodes(ctx, a, serial, seed)
}

// leftovers names where the seed is now besides.
func (c *mfaAddCmd) leftovers(a *app) {
	switch {
	case c.QR != "":
		a.tell("%s still holds it: delete the file", c.QR)
	case c.Clipboard:
		a.tell("the clipboard still holds it: copy something else")
	}
}

// showCodes prints the code of now and the one after it. Both count as used, since the console sends them to AWS.
func (c *mfaAddCmd) showCodes(ctx context.Context, a *app, serial string, seed mfa.Seed) error {
	now := a.now()
	next := now.Add(seed.Period())
	a.usedCodes().Spend(ctx, serial, seed.Period(), next)
	a.tell("the device's codes, in the order in which the console asks for them:")
	_, err := fmt.Fprintf(a.stdout, "%s\n%s\n", seed.Code(now), seed.Code(next))
	return err
}

// read takes the seed's text from where the person said.
func (c *mfaAddCmd) read(ctx context.Context, a *app, serial string) (string, error) {
	switch {
	case c.Stdin:
		text, err := io.ReadAll(io.LimitReader(a.stdin, maxKeyInput))
		return string(text), err
	case c.QR != "":
		file, err := atomicfile.ReadLinked(c.QR, mfa.MaxImage)
		if err != nil {
			return "", err
		}
		return readQR(ctx, file, c.QR)
	case c.Clipboard:
		return fromClipboard(ctx, a)
	}
	text, err := a.asker.Ask(ctx, prompt.Question{Text: "Secret key of MFA device " + serial + ", or its otpauth URI"})
	if errors.Is(err, prompt.ErrNobody) {
		return "", advise(err, "pipe it into --stdin, or give --qr FILE or --clipboard")
	}
	return text, err
}

func fromClipboard(ctx context.Context, a *app) (string, error) {
	content, err := clipboard.Read(ctx, a.getenv)
	switch {
	case errors.Is(err, clipboard.ErrNoClipboard):
		return "", advise(err, "install wl-clipboard (Wayland) or xclip (X11), or give --stdin or --qr FILE")
	case err != nil:
		return "", fmt.Errorf("read the clipboard: %w", err)
	case content.Picture == nil:
		return content.Text, nil
	}
	return readQR(ctx, content.Picture, "the clipboard")
}

func readQR(ctx context.Context, file []byte, from string) (string, error) {
	text, err := mfa.ReadQR(ctx, file)
	switch {
	case errors.Is(err, mfa.ErrNoReader):
		return "", advise(fmt.Errorf("%s: %w", from, err), "install it (zbar-tools, zbar), or type the secret key that the console shows beside the code")
	case err != nil:
		return "", fmt.Errorf("%s: %w", from, err)
	}
	return text, nil
}
