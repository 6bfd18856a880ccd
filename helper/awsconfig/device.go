package awsconfig

import (
	"errors"
	"fmt"
	"strings"

	"credmint/helper"
)

// codes finds out what can tell the code of a link's device with no person there. That stands beside the device's
// mfa_serial; or at the key, where a role names the same device.
func (r *resolver) codes(s *section, p *helper.Profile) error {
	if p.MFASerial == "" {
		return nil
	}
	places := []*section{s}
	if r.device != nil {
		places = []*section{r.device}
		if own := s.value("mfa_serial"); own == "" || own == p.MFASerial {
			places = append(places, s)
		}
	}
	for _, place := range places {
		process, key := place.lookup("mfa_process"), place.lookup("mfa_yubikey")
		switch {
		case process != nil && key != nil:
			return errAt(key, "mfa_process stands at line %d already: a device's codes come from one place", process.Line)
		case process != nil:
			command, err := commandOf(process)
			p.MFAProcess = command
			return err
		case key != nil:
			p.MFAYubiKey = key.Value
			return nil
		}
	}
	return nil
}

// Device finds the MFA device that a profile names, or the first that its sources do, whether or not there are
// credentials for it yet. It is empty where none is named, and ErrNoProfile where no file knows the profile.
func (c *Config) Device(profile string) (serial string, err error) {
	for name, links := profile, 0; name != "" && links < maxLinks; links++ {
		s, err := c.profile(name)
		if err != nil {
			return "", fmt.Errorf("profile %q: %w", name, err)
		}
		if !s.found && links == 0 {
			return "", fmt.Errorf("profile %q: %w", name, ErrNoProfile)
		}
		if set := s.lookup("mfa_serial"); set != nil {
			return set.Value, checkSerial(set)
		}
		name = s.value("source_profile")
	}
	return "", nil
}

func checkSerial(set *helper.Setting) error {
	if err := CheckSerial(set.Value); err != nil {
		return errAt(set, "%w", err)
	}
	return nil
}

// CheckSerial takes a virtual device's ARN or a hardware device's serial number.
// See https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html.
func CheckSerial(serial string) error {
	if n := len(serial); n < 9 || n > 256 {
		return fmt.Errorf("%q is no MFA device: write its ARN, or the number on its back", serial)
	}
	for _, c := range serial {
		if !isWord(c) && !strings.ContainsRune("=/:,.@-+", c) {
			return fmt.Errorf("%q cannot stand in the name of an MFA device", c)
		}
	}
	if strings.Contains(serial, ":u2f/") {
		return errors.New("STS takes no passkey or security key; add an authenticator app to the user, or sign in to the console")
	}
	return nil
}
