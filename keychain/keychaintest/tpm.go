package keychaintest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// TPMProgram is what StartTPM needs, and TPMPackage the Debian package it comes in.
const (
	TPMProgram = "swtpm"
	TPMPackage = "swtpm"
)

// StartTPM starts a TPM that is a program, and returns the path of its socket, where it is until stop is called. state is
// the directory that makes it the same TPM another time.
func StartTPM(state string) (socket string, stop func(), err error) {
	run, err := os.MkdirTemp("", "cm") // a socket's path is short
	if err != nil {
		return "", nil, err
	}
	socket = filepath.Join(run, "tpm")
	cmd := exec.Command(TPMProgram, "socket", "--tpm2", "--tpmstate", "dir="+state,
		"--server", "type=unixio,path="+socket, "--ctrl", "type=unixio,path="+socket+".ctrl", "--flags", "not-need-init,startup-clear")
	stop = func() {
		if cmd.Process != nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
		_ = os.RemoveAll(run)
	}
	if err := cmd.Start(); err != nil {
		stop()
		return "", nil, err
	}
	for deadline := time.Now().Add(startLimit); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		var conn net.Conn
		if conn, err = net.Dial("unix", socket); err == nil { // it is there before anybody listens
			_ = conn.Close()
			return socket, stop, nil
		}
	}
	stop()
	return "", nil, err
}
