package awsconfig

// The two ways to split a command line, whatever platform the tests run on.
var (
	SplitPOSIX   = splitPOSIX
	SplitWindows = splitWindows
)

// StaysOpen is whether a large file is read as it is needed.
const StaysOpen = staysOpen
