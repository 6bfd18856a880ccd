//go:build unix

package secretservice

import (
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"

	"credmint/helper/filename"
)

// Address is the session bus's, in the form of DBUS_SESSION_BUS_ADDRESS, and empty where there is none. It starts none.
func Address(getenv func(string) string) string {
	if a := getenv("DBUS_SESSION_BUS_ADDRESS"); a != "" {
		return a
	}
	dir := getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		dir = filename.Join("/run/user", strconv.Itoa(os.Getuid()))
	}
	socket := filename.Join(dir, "bus")
	if info, err := os.Stat(socket); err != nil || info.Mode()&os.ModeSocket == 0 {
		return ""
	}
	return "unix:path=" + socket
}

// socketPath finds the unix socket in a list of addresses: "unix:path=/run/user/1000/bus;unix:abstract=…,guid=…".
func socketPath(addresses string) (string, error) {
	for address := range strings.SplitSeq(addresses, ";") {
		kind, list, _ := strings.Cut(address, ":")
		if kind != "unix" {
			continue
		}
		for pair := range strings.SplitSeq(list, ",") {
			key, value, _ := strings.Cut(pair, "=")
			value, err := unescape(value)
			switch {
			case err != nil || value == "" || strings.ContainsRune(value, 0):
			case key == "path":
				return value, nil
			case key == "abstract":
				return "@" + value, nil
			}
		}
	}
	return "", fmt.Errorf("%w: its address names no unix socket", ErrNoBus)
}

// unescape reads the %XX of an address: https://dbus.freedesktop.org/doc/dbus-specification.html#addresses.
func unescape(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", hex.ErrLength
		}
		c, err := hex.DecodeString(s[i+1 : i+3])
		if err != nil {
			return "", err
		}
		b.WriteByte(c[0])
		i += 2
	}
	return b.String(), nil
}
