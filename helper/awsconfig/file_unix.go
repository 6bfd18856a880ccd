//go:build unix

package awsconfig

// staysOpen: a file that is open can be replaced and removed.
const staysOpen = true
