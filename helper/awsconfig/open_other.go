//go:build !unix

package awsconfig

// nonblock has no meaning where files are not opened by way of FIFOs.
const nonblock = 0
