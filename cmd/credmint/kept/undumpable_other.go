//go:build !linux

package kept

// undumpable does nothing: here a process has no such switch of its own.
func undumpable() {}
