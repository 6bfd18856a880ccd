package keychain

import (
	"fmt"
	"strings"
)

// Service is the name under which the OS keychain shows what is credmint's.
const Service = "credmint"

// item is the name an item has in a store: letters, digits and ._@/:- as they are, anything else as %XX. None of these
// means anything to a store's quoting (go-keyring quoted names for a shell that macOS's `security` is none of), and two names
// never become one.
func item(name string) string {
	return escape(name, func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("._@/:-", c) >= 0
	})
}

// FileName is the name an item has in a directory. Upper-case letters are escaped as well: to some file systems they
// are the lower-case ones.
func FileName(name string) string {
	return escape(name, func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("._@-", c) >= 0
	})
}

func escape(name string, plain func(byte) bool) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(name) {
		if c := name[i]; plain(c) {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', digits[c>>4], digits[c&0xf]})
		}
	}
	return b.String()
}

// maxName keeps file names within what file systems take.
const maxName = 200

func checkName(name string) error {
	if name == "" || len(FileName(name)) > maxName {
		return fmt.Errorf("%q is too long a name, or none", name)
	}
	return nil
}
