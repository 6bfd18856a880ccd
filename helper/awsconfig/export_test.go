package awsconfig

// The two ways to split a command line, whatever platform the tests run on.
var (
	SplitPOSIX   = splitPOSIX
	SplitWindows = splitWindows
)
