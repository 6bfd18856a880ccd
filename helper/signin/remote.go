package signin

import "runtime"

// Remote reports whether a browser that this process opens would not be on the person's screen, or could not bring an
// answer back to a loopback address here: over ssh, in a codespace, and on Linux and the BSDs without a display. WSL has
// Windows' browser, which reaches its loopback. $BROWSER says that there is one in spite of the missing display.
func Remote(getenv func(string) string) bool { return remote(runtime.GOOS, getenv) }

func remote(goos string, getenv func(string) string) bool {
	set := func(names ...string) bool {
		for _, name := range names {
			if getenv(name) != "" {
				return true
			}
		}
		return false
	}
	switch {
	case set("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT", "CODESPACES"):
		return true
	case goos == "windows", goos == "darwin", goos == "linux" && inWSL(getenv):
		return false
	}
	return !set("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
}

// inWSL reports whether Windows programs can be run from this Linux.
func inWSL(getenv func(string) string) bool { return getenv("WSL_INTEROP") != "" }
