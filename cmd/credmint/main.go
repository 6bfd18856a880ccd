// Nothing here is bound by how many processors there are, so nobody has to look out for changes of their number: that would
// take a goroutine, and a system call, of every call's time.
//
//go:debug updatemaxprocs=0

// Credmint keeps long-lived secrets in the OS keychain and hands programs short-lived ones: it answers AWS's
// credential_process, git's credential helper protocol, and signs for AWS CodeCommit.
package main

import (
	"context"
	"io"
	"log"
	"os"

	"credmint/cmd/credmint/kept"
)

// main is the only place that exits.
func main() {
	log.SetOutput(io.Discard) // net/http tells stderr what servers say unasked, which may be a part of a session
	a := newApp()
	os.Exit(a.run(context.Background(), kept.Dispatch(os.Args)))
}
