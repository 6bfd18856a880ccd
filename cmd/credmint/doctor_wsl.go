package main

import (
	"context"
	"os"
	"runtime"
	"strings"

	"credmint/helper/doctor"
)

// wslCheck says how Windows's keychain is reached. It is made in WSL alone.
type wslCheck struct{ *app }

func (wslCheck) Name() string { return "WSL" }

func (c wslCheck) Look(context.Context) ([]doctor.Finding, error) {
	if !runsWindowsPrograms() {
		f := note("this is WSL, and Windows's programs do not run in it, so that Windows's keychain is out of reach")
		f.Mend = "write enabled=true under [interop] in /etc/wsl.conf, and run `wsl.exe --shutdown` in Windows"
		return []doctor.Finding{f}, nil
	}
	windows, err := programPath(true)
	if err != nil {
		f := note("this is WSL: a credmint on Windows would keep secrets in Windows's keychain, for this side too, and credmint.exe is not on PATH")
		f.Mend = "install credmint on Windows, then: credmint setup aws --windows; credmint setup git --windows"
		return []doctor.Finding{f}, nil
	}
	f := note("this is WSL: %s keeps secrets in Windows's keychain, and can answer SDKs and git on this side", tilde(windows))
	f.Mend = "credmint setup aws --windows; credmint setup git --windows"
	return []doctor.Finding{f}, nil
}

// inWSL reports whether this Linux is a guest of Windows's: WSL names the distribution to all that is started from Windows, and
// to the rest, such as what cron starts, the kernel tells it. Containers have the same kernel, but not the file by which
// Windows's programs run.
func inWSL(getenv func(string) string) bool {
	if runtime.GOOS != "linux" {
		return false
	}
	if getenv("WSL_DISTRO_NAME") != "" {
		return true
	}
	version, _ := os.ReadFile("/proc/version") // on any Linux
	return strings.Contains(strings.ToLower(string(version)), "microsoft") && interop() != ""
}

// runsWindowsPrograms reports whether this side hands Windows's programs to Windows.
func runsWindowsPrograms() bool { return strings.HasPrefix(interop(), "enabled") }

// interop is what the kernel says of how Windows's programs are run, which WSL has told it; empty: it knows of none. With
// systemd WSL tells it late.
func interop() string {
	for _, name := range []string{"WSLInterop", "WSLInterop-late"} {
		if text, err := os.ReadFile("/proc/sys/fs/binfmt_misc/" + name); err == nil {
			return string(text)
		}
	}
	return ""
}
