package gitcred

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	expiryKey     = "password_expiry_utc"
	capabilityKey = "capability[]"
)

// textKeys are the attributes that hold one text, in the order they are written. capability[] comes before them all.
func textKeys() []string {
	return []string{
		"protocol", "host", "path", "username", "password", "oauth_refresh_token", "authtype", "credential",
	}
}

// text finds the field of an attribute that holds one text; nil for any other.
func (c *Credential) text(key string) *Value {
	switch key {
	case "protocol":
		return &c.Protocol
	case "host":
		return &c.Host
	case "path":
		return &c.Path
	case "username":
		return &c.Username
	case "password":
		return &c.Password
	case "oauth_refresh_token":
		return &c.OAuthRefreshToken
	case "authtype":
		return &c.AuthType
	case "credential":
		return &c.Credential
	}
	return nil
}

// list finds the field of an attribute that may be repeated; nil for any other.
func (c *Credential) list(key string) *[]string {
	switch key {
	case "state[]":
		return &c.State
	case "wwwauth[]":
		return &c.WWWAuth
	case capabilityKey:
		return &c.Capabilities
	}
	return nil
}

// flag finds the field of an attribute that is true or false; nil for any other.
func (c *Credential) flag(key string) *bool {
	switch key {
	case "ephemeral":
		return &c.Ephemeral
	case "continue":
		return &c.Continue
	}
	return nil
}

// check refuses what must not travel in a value. A line feed or NUL cannot. A carriage return could, but git drops one
// from the end of what a helper prints, and other readers took one for a line end (CVE-2024-50338). In what names the
// login every control character is refused: git decodes %-escapes of URLs that strangers write.
func check(key, value string) error {
	if strings.ContainsAny(value, "\r\n\x00") {
		return fmt.Errorf("the value of %s has a line end or NUL in it", key)
	}
	switch key {
	case "protocol", "host", "path", "username":
		if strings.ContainsFunc(value, isControl) {
			return fmt.Errorf("the value of %s has a control character in it", key)
		}
	}
	return nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// parseExpiry reads password_expiry_utc. Like git it takes what is no such number for "never expires".
func parseExpiry(value string) time.Time {
	seconds, err := strconv.ParseInt(value, 10, 64)
	if err != nil || !inRange(seconds) {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// inRange reports whether the Unix time lies between 1970 and the year 9999, beyond which time.Time's arithmetic wraps.
func inRange(seconds int64) bool { return 0 < seconds && seconds <= 253402300799 }

// ParseBool reads a boolean as git's config does. The error does not quote the value.
func ParseBool(value string) (bool, error) {
	switch strings.ToLower(value) {
	case "true", "yes", "on":
		return true, nil
	case "false", "no", "off", "":
		return false, nil
	}
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil {
		return false, errors.New("a boolean attribute is neither true nor false")
	}
	return n != 0, nil
}
