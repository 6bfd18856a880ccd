//go:build unix

package mint_test

import (
	"context"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"credmint/helper"
	"credmint/helper/mint"
)

// What a server is trusted for is read while the keychain is still asked for the key.
func TestTrustIsReadMeanwhile(t *testing.T) {
	w := newWorld(t)
	endpoint := w.aws.StartTLS()
	trust := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.aws.Server().Certificate().Raw})
	pipe := filepath.Join(t.TempDir(), "ca.pem")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	keys := func(context.Context, *helper.Profile) (helper.AccessKey, error) {
		return helper.AccessKey{ID: w.alice.AccessKeyID, Secret: w.alice.Secret}, feed(pipe, trust)
	}
	for kind, source := range map[helper.Kind]helper.Source{
		helper.UserKey:    &mint.SessionToken{Keys: keys, Now: time.Now, Network: &mint.Network{}},
		helper.Federation: &mint.FederationToken{Keys: keys, Now: time.Now, Network: &mint.Network{}},
	} {
		p := w.me
		p.Kind, p.Client.Endpoint, p.Client.CABundle = kind, endpoint, pipe
		p.Inputs = &helper.FederatedUser{Name: "alice"}
		if _, err := source.Session(t.Context(), &p); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// feed writes to whoever has a pipe open to read it, or will have within some seconds.
func feed(pipe string, text []byte) error {
	var f *os.File
	var err error
	for until := time.Now().Add(5 * time.Second); time.Now().Before(until); time.Sleep(time.Millisecond) {
		if f, err = os.OpenFile(pipe, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
			_, err = f.Write(text)
			return errors.Join(err, f.Close())
		}
	}
	return err
}
