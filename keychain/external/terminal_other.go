//go:build !linux

package external

// terminal is for a person to say here, by GPG_TTY.
func terminal() string { return "" }
