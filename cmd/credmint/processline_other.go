//go:build !windows

package main

import "strings"

// programWord is a program's path as the first word of a line.
func programWord(path string) string { return quoteWord(path) }

// escapeSpaces is for a profile's name at the end of a line that begins with a quote: AWS's SDK for Go takes a quote off both
// ends of a value.
func escapeSpaces(name string) string { return strings.ReplaceAll(name, " ", `\ `) }

// misread is who cannot run a credential_process line, and why; nobody.
func misread(string) string { return "" }
