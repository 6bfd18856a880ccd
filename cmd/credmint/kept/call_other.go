//go:build !windows

package kept

func programName(file string) string { return file }

func rejoined(args []string) []string { return args }
