package signin

import (
	"net/url"
	"runtime"
)

// Command is a Browser's choice that somebody typed: a program and its arguments, with %s where the address goes, or
// without it.
func Command(command string) func(address string) [][]string {
	return func(address string) [][]string { return [][]string{words(command, address)} }
}

// Container is the choice of a tab container of Firefox, which keeps cookies of its own. It takes the extension "Open
// external links in a container", which makes one of that name where there is none:
// https://github.com/honsiorovskyi/open-url-in-container. An empty program is Firefox where it is usually found.
func Container(program, name string) func(address string) [][]string {
	programs := usual(program, "/Applications/Firefox.app/Contents/MacOS/firefox", "firefox", "firefox-esr", "librewolf")
	return func(address string) [][]string {
		return each(programs, "ext+container:name="+url.QueryEscape(name)+"&url="+url.QueryEscape(address))
	}
}

// ChromeProfile is the choice of a profile of Chrome, or of a browser made from Chromium, by the name of its directory:
// "Default", "Profile 1". An empty program is Chrome where it is usually found.
func ChromeProfile(program, directory string) func(address string) [][]string {
	programs := usual(program, "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
		"google-chrome", "google-chrome-stable", "chrome", "chromium", "chromium-browser")
	return func(address string) [][]string { return each(programs, "--profile-directory="+directory, address) }
}

// usual is one program where somebody named it, and else those by which a browser is known.
func usual(program, mac string, names ...string) []string {
	switch {
	case program != "":
		return []string{program}
	case runtime.GOOS == "darwin":
		return []string{mac}
	}
	return names
}

func each(programs []string, arguments ...string) [][]string {
	var all [][]string
	for _, program := range programs {
		all = append(all, append([]string{program}, arguments...))
	}
	return all
}
