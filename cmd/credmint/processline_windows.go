package main

import (
	"path/filepath"
	"strings"
	"unicode"

	"golang.org/x/sys/windows"
)

// programWord is a program's path as the first word of a line. AWS's SDKs for Go and .NET have cmd.exe run the line, and no
// quotes in it survive that (https://github.com/aws/aws-sdk-go-v2/issues/3208), so where there would have to be some the
// directory gets its short name: C:\PROGRA~1. The program keeps its own, by which credmint knows the line for its own. Where the
// volume has no short names only quotes are left, which serve AWS's CLI and those SDKs that split the line themselves.
//
// So it gets one where it is not ASCII (C:\Users\Jürgen): AWS's CLI reads its config there as text of the system's code page,
// and not as UTF-8.
func programWord(path string) string {
	if !needsQuotes(path) && isASCII(path) {
		return path
	}
	switch short := filepath.Join(shortPath(filepath.Dir(path)), filepath.Base(path)); {
	case !needsQuotes(short):
		return short
	case !needsQuotes(path):
		return path
	}
	return `"` + path + `"`
}

// escapeSpaces is quoteWord, since a backslash escapes no space here.
func escapeSpaces(name string) string { return quoteWord(name) }

// misread is who cannot run a credential_process line, and why; empty: nobody. See programWord.
func misread(line string) string {
	switch {
	case strings.HasPrefix(line, `"`):
		return "AWS's SDKs for Go and .NET cannot run a line that begins with a quote"
	case !isASCII(line):
		return "AWS's CLI cannot run a line that is not ASCII: it reads its config in the system's code page"
	}
	return ""
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool { return c > unicode.MaxASCII })
}

// needsQuotes: these mean something to cmd.exe, or end a word there.
func needsQuotes(path string) bool { return strings.ContainsAny(path, " &()^,;=@!") }

// shortPath is the path itself where it has no other.
func shortPath(path string) string {
	long, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return path
	}
	short := make([]uint16, windows.MAX_LONG_PATH)
	n, err := windows.GetShortPathName(long, &short[0], uint32(len(short)))
	if err != nil || int(n) >= len(short) {
		return path
	}
	return windows.UTF16ToString(short[:n])
}
