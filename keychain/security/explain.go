package security

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"credmint/keychain"
)

// add is the command that makes an item.
const add = "add-generic-password"

// The exit codes of `security` are the low bytes of the OSStatus that its command ended with. These are of SecBase.h.
const (
	interactionRequired   = 29  // errSecInteractionRequired, -25315
	interactionNotAllowed = 36  // errSecInteractionNotAllowed, -25308: it is locked, and there is no screen to ask at
	itemNotFound          = 44  // errSecItemNotFound, -25300
	duplicateItem         = 45  // errSecDuplicateItem, -25299
	authFailed            = 51  // errSecAuthFailed, -25293: a wrong password, or an item that trusts others only
	userCanceled          = 128 // errSecUserCanceled, -128
)

const (
	hintLocked = "unlock the login keychain (log in at the screen, or run `security unlock-keychain`) and try again"
	hintAway   = "keep secrets in an encrypted file: CREDMINT_KEYCHAIN=file, or `credmint keychain use file`"
)

// explain sorts what a run of `security` came to, by its exit code and what it wrote to stderr; nil is a success.
func explain(code int, stderr string) error {
	if status, ok := returned(stderr); ok {
		code = status & 0xff
	}
	why := reason(stderr)
	if code == duplicateItem { // with -U an item that could not be changed is made anew, which fails so
		code = codeOf(why)
	}
	switch code {
	case 0:
		return nil
	case itemNotFound:
		// A search that could not even begin ends so, too.
		if !strings.HasPrefix(why, "SecKeychainSearchCreateFromAttributes") {
			return keychain.ErrNotFound
		}
	case interactionRequired, interactionNotAllowed:
		return keychain.Advise(because(keychain.ErrLocked, why), hintLocked)
	case authFailed, userCanceled:
		return because(keychain.ErrDeclined, why)
	}
	return away(because(fmt.Errorf("`security` ended with %d", code), why))
}

// codeOf is the exit code that goes with a reason.
func codeOf(why string) int {
	for said, code := range map[string]int{
		"User interaction is not allowed": interactionNotAllowed,
		"passphrase you entered is not":   authFailed,
		"User canceled":                   userCanceled,
	} {
		if strings.Contains(why, said) {
			return code
		}
	}
	return duplicateItem
}

// away says that there is no keychain that could be used.
func away(err error) error {
	return keychain.Advise(fmt.Errorf("%w: %w", keychain.ErrUnavailable, err), hintAway)
}

func because(err error, why string) error {
	if why == "" {
		return err
	}
	return fmt.Errorf("%w: %s", err, why)
}

// returned is the status with which `security -i` says that the command failed. Its exit code is that of the last command
// that it read.
func returned(stderr string) (status int, ok bool) {
	_, rest, ok := strings.Cut(stderr, add+": returned ")
	if !ok {
		return 0, false
	}
	digits, _, _ := strings.Cut(rest, "\n")
	status, err := strconv.Atoi(strings.TrimSpace(digits))
	return status, err == nil
}

// reason is the first failure of a function of the Security framework that stderr tells of, made printable; there is none of
// a value in it. Whatever else is there is not for people: system libraries write there too, and a command that `security`
// does not know is said again.
func reason(stderr string) string {
	_, rest, ok := strings.Cut(stderr, "security: Sec")
	if !ok {
		return ""
	}
	line, _, _ := strings.Cut("Sec"+rest, "\n")
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, line)
}
