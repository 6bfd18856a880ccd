package mint_test

import (
	"context"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"credmint/helper"
	"credmint/helper/mint"
)

// What a server is trusted for is read while the keychain is still asked for the key.
func TestTrustIsReadMeanwhile(t *testing.T) {
	w := newWorld(t)
	endpoint := w.aws.StartTLS()
	trust := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.aws.Server().Certificate().Raw})
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(bundle, trust, 0o600); err != nil {
		t.Fatal(err)
	}
	var opened func() error
	keys := func(context.Context, *helper.Profile) (helper.AccessKey, error) {
		return helper.AccessKey{ID: w.alice.AccessKeyID, Secret: w.alice.Secret}, opened()
	}
	for kind, source := range map[helper.Kind]helper.Source{
		helper.UserKey:    &mint.SessionToken{Keys: keys, Now: time.Now, Network: &mint.Network{}},
		helper.Federation: &mint.FederationToken{Keys: keys, Now: time.Now, Network: &mint.Network{}},
	} {
		p := w.me
		p.Kind, p.Client.Endpoint, p.Client.CABundle = kind, endpoint, bundle
		p.Inputs = &helper.FederatedUser{Name: "alice"}
		opened = watched(t, bundle)
		if _, err := source.Session(t.Context(), &p); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// watched looks at a file from now on: what it returns waits until somebody has opened it.
func watched(t *testing.T, path string) func() error {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err == nil {
		_, err = unix.InotifyAddWatch(fd, path, unix.IN_OPEN)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return func() error {
		for {
			n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int((20 * time.Second).Milliseconds()))
			switch {
			case errors.Is(err, unix.EINTR):
			case err == nil && n == 0:
				return errors.New("nobody has opened the bundle")
			default:
				return err
			}
		}
	}
}

// A bundle that is none costs neither time nor memory.
func TestOddCABundles(t *testing.T) {
	w := newWorld(t)
	w.me.Client.Endpoint = "https://127.0.0.1:1"
	dir := t.TempDir()
	pipe, huge := filepath.Join(dir, "pipe"), filepath.Join(dir, "huge")
	if err := errors.Join(unix.Mkfifo(pipe, 0o600), os.WriteFile(huge, nil, 0o600), os.Truncate(huge, 10<<30)); err != nil {
		t.Fatal(err)
	}
	for path, why := range map[string]string{pipe: "not a regular file", "/dev/zero": "not a regular file", dir: "not a regular file", huge: "too large"} {
		w.me.Client.CABundle = path
		if _, err := w.source().Session(t.Context(), &w.me); err == nil || !strings.Contains(err.Error(), "read the CA bundle: refuse "+path) || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
