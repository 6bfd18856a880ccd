//go:build unix

package secretservice

import (
	"os"
	"strconv"

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
