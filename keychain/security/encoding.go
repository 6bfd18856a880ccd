package security

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"

	"credmint/keychain"
)

// What go-keyring puts before a value that it has encoded: `security` prints one that is not printable ASCII as hex digits,
// and does not say so. Hex is what old versions of it wrote.
const (
	inBase64 = "go-keyring-base64:"
	inHex    = "go-keyring-encoded:"
)

func encode(value string) string { return inBase64 + base64.StdEncoding.EncodeToString([]byte(value)) }

// decode returns what a value with neither prefix is, too, which some other program has written.
func decode(printed string) (string, error) {
	var (
		value []byte
		err   error
	)
	if text, ok := strings.CutPrefix(printed, inBase64); ok {
		value, err = base64.StdEncoding.DecodeString(text)
	} else if text, ok := strings.CutPrefix(printed, inHex); ok {
		value, err = hex.DecodeString(text)
	} else {
		return printed, nil
	}
	if err != nil { // whose text would show some of the value
		return "", fmt.Errorf("%w: it is not encoded as its beginning says", keychain.ErrCorrupt)
	}
	return string(value), nil
}
