//go:build !windows

package main

// programWord is a program's path as the first word of a line.
func programWord(path string) string { return quoteWord(path) }
