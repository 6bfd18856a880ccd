// Peak runs a program and prints the peak of its memory, in KiB. What a process had before its exec counts as its own, so
// it takes a small program like this one to start it; the benchmark is larger than what it measures.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

func main() {
	cmd := exec.Command(os.Args[1], os.Args[2:]...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil || len(out) == 0 {
		fmt.Fprintf(os.Stderr, "peak: %q printed %d bytes: %v\n", os.Args[1], len(out), err)
		os.Exit(1)
	}
	fmt.Println(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
}
