package main

import (
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows"
)

// programWord is a program's path as the first word of a line. AWS's SDKs for Go and .NET have cmd.exe run the line, and no
// quotes in it survive that (https://github.com/aws/aws-sdk-go-v2/issues/3208), so where there would have to be some the
// directory gets its short name: C:\PROGRA~1. The program keeps its own, by which credmint knows the line for its own. Where the
// volume has no short names only quotes are left, which serve AWS's CLI and those SDKs that split the line themselves.
func programWord(path string) string {
	if !needsQuotes(path) {
		return path
	}
	if short := filepath.Join(shortPath(filepath.Dir(path)), filepath.Base(path)); !needsQuotes(short) {
		return short
	}
	return `"` + path + `"`
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
