//go:build linux

package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// Where the parts of the script minio are, which are too heavy for every run: the program, and a directory with
// node_modules/oidc-provider.
const (
	minioVariable = "CREDMINT_TEST_MINIO"
	oidcVariable  = "CREDMINT_TEST_OIDC_PROVIDER"
)

// condition knows [minio], and [missing:PROGRAM], which is a failure where everything must be there.
func condition(name string) (bool, error) {
	if name == "minio" {
		return os.Getenv(minioVariable) != "" && os.Getenv(oidcVariable) != "", nil
	}
	if name == "root" {
		return os.Geteuid() == 0, nil
	}
	program, ok := strings.CutPrefix(name, "missing:")
	if !ok {
		return false, fmt.Errorf("there is no condition %q", name)
	}
	_, err := exec.LookPath(program)
	if err != nil && os.Getenv("CI") == "true" {
		return false, fmt.Errorf("%s is missing", program)
	}
	return err != nil, nil
}

// minio starts an OpenID provider at $ISSUER, and a MinIO at $MINIO that takes its tokens. Both end with the script.
func minio(ts *testscript.TestScript, _ bool, _ []string) {
	dir := ts.MkAbs("minio")
	ts.Check(os.MkdirAll(dir, 0o700))
	ts.Check(os.Symlink(filepath.Join(os.Getenv(oidcVariable), "node_modules"), filepath.Join(dir, "node_modules")))
	program, err := os.ReadFile(filepath.Join("testdata", "oidc-provider.mjs"))
	ts.Check(err)
	ts.Check(os.WriteFile(filepath.Join(dir, "op.mjs"), program, 0o600)) // node looks for modules beside it
	port := freePort(ts)
	issuer := "http://127.0.0.1:" + port
	op := exec.Command("node", filepath.Join(dir, "op.mjs"), port)
	said, err := op.StdoutPipe()
	ts.Check(err)
	start(ts, op)
	if _, err := bufio.NewReader(said).ReadString('\n'); err != nil {
		ts.Fatalf("oidc-provider does not listen: %v", err)
	}

	address := "127.0.0.1:" + freePort(ts)
	server := exec.Command(os.Getenv(minioVariable), "server", "--quiet", "--address", address, filepath.Join(dir, "data"))
	server.Env = append(os.Environ(),
		"HOME="+dir, "MINIO_ROOT_USER=rootadmin", "MINIO_ROOT_PASSWORD=rootsecret123", "MINIO_BROWSER=off", "MINIO_UPDATE=off",
		"MINIO_IDENTITY_OPENID_CONFIG_URL="+issuer+"/.well-known/openid-configuration",
		"MINIO_IDENTITY_OPENID_CLIENT_ID=machine", "MINIO_IDENTITY_OPENID_CLIENT_SECRET=machine-secret",
		"MINIO_IDENTITY_OPENID_CLAIM_NAME=policy",
	)
	start(ts, server)
	waitForSTS(ts, "http://"+address)
	ts.Setenv("ISSUER", issuer)
	ts.Setenv("MINIO", "http://"+address)
}

// freePort is a port of 127.0.0.1 for a program that listens there later. On Linux nobody else is given it meanwhile: it is
// bound, and who asks for it by its number may bind it, too, as long as only one listens.
func freePort(ts *testscript.TestScript) string {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	ts.Check(err)
	syscall.CloseOnExec(fd)
	if runtime.GOOS == "linux" {
		ts.Defer(func() { _ = syscall.Close(fd) })
	} else {
		defer func() { _ = syscall.Close(fd) }()
	}
	ts.Check(syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1))
	ts.Check(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	at, err := syscall.Getsockname(fd)
	ts.Check(err)
	return strconv.Itoa(at.(*syscall.SockaddrInet4).Port)
}

// start runs a server until the script ends.
func start(ts *testscript.TestScript, server *exec.Cmd) {
	server.Stderr = os.Stderr
	ts.Check(server.Start())
	ts.Defer(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
}

// waitForSTS asks until MinIO judges tokens, which it has no other way to say: it calls itself ready before it has found its
// OpenID provider, and takes no role until then.
func waitForSTS(ts *testscript.TestScript, address string) {
	client := http.Client{Timeout: time.Second}
	form := url.Values{
		"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"},
		"RoleArn": {"arn:aws:iam::123456789012:role/app"}, "WebIdentityToken": {"none"},
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); <-time.After(50 * time.Millisecond) {
		resp, err := client.PostForm(address, form)
		if err != nil {
			continue
		}
		answer, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode == http.StatusBadRequest && !strings.Contains(string(answer), "RoleArn") {
			return
		}
	}
	ts.Fatalf("%s never takes a token", address)
}
