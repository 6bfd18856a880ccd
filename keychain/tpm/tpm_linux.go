package tpm

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/google/go-tpm/tpm2"
	"github.com/google/go-tpm/tpm2/transport"
	"github.com/google/go-tpm/tpm2/transport/linuxtpm"
	"github.com/google/go-tpm/tpm2/transport/linuxudstpm"

	"credmint/keychain"
	"credmint/keychain/files"
)

// Open is a keychain of files in dir, whose key the TPM at path keeps: a device, or the socket of one that is a program.
func Open(dir, path string) keychain.Store { return files.Open(dir, wrapping{path}) }

// wrapping seals a key under the storage root key of the TPM's owner, which the TPM makes anew from its seed each time:
//
//	magic "CMT1" | TPM2B_PRIVATE | TPM2B_PUBLIC       as the TPM gave them, of a sealed object
//
// The object has no password and no policy: whoever may use this machine's TPM, and has the file, opens it. What crosses the
// wires to the TPM is encrypted.
type wrapping struct{ path string }

var (
	_ files.Wrapping   = wrapping{}
	_ keychain.Checker = wrapping{}
)

const (
	magic = "CMT1"
	limit = 10 * time.Second // TPMs are slow, and one at a time
)

// Check looks whether the TPM may be opened.
func (w wrapping) Check(ctx context.Context) error {
	return w.with(ctx, func(transport.TPM) error { return nil })
}

func (w wrapping) Wrap(ctx context.Context, key []byte) (wrapped []byte, err error) {
	err = w.withRoot(ctx, func(t transport.TPM, r *root) error {
		sealed, err := tpm2.Create{
			ParentHandle: tpm2.AuthHandle{Handle: r.ObjectHandle, Name: r.Name, Auth: r.session(tpm2.AESEncryption(128, tpm2.EncryptIn))},
			InSensitive: tpm2.TPM2BSensitiveCreate{Sensitive: &tpm2.TPMSSensitiveCreate{
				Data: tpm2.NewTPMUSensitiveCreate(&tpm2.TPM2BSensitiveData{Buffer: key}),
			}},
			InPublic: tpm2.New2B(tpm2.TPMTPublic{
				Type: tpm2.TPMAlgKeyedHash, NameAlg: tpm2.TPMAlgSHA256,
				ObjectAttributes: tpm2.TPMAObject{FixedTPM: true, FixedParent: true, UserWithAuth: true, NoDA: true},
			}),
		}.Execute(t)
		if err != nil {
			return err
		}
		wrapped = append([]byte(magic), tpm2.Marshal(sealed.OutPrivate)...)
		wrapped = append(wrapped, tpm2.Marshal(sealed.OutPublic)...)
		return nil
	})
	if err != nil {
		return nil, err // and not what a call that was given up may still write
	}
	return wrapped, nil
}

func (w wrapping) Unwrap(ctx context.Context, wrapped []byte) (key []byte, err error) {
	private, public, err := parse(wrapped)
	if err != nil {
		return nil, err
	}
	err = w.withRoot(ctx, func(t transport.TPM, r *root) error {
		sealed, err := tpm2.Load{
			ParentHandle: tpm2.NamedHandle{Handle: r.ObjectHandle, Name: r.Name}, InPrivate: *private, InPublic: *public,
		}.Execute(t)
		if err != nil {
			return err
		}
		defer flush(t, sealed.ObjectHandle)
		open, err := tpm2.Unseal{ItemHandle: tpm2.AuthHandle{Handle: sealed.ObjectHandle, Name: sealed.Name, Auth: r.session(tpm2.AESEncryption(128, tpm2.EncryptOut))}}.Execute(t)
		if err != nil {
			return err
		}
		key = open.OutData.Buffer
		return nil
	})
	if err != nil {
		return nil, err
	}
	return key, nil
}

// parse reads the drawing above.
func parse(wrapped []byte) (*tpm2.TPM2BPrivate, *tpm2.TPM2BPublic, error) {
	damaged := fmt.Errorf("%w: it is none of credmint's files, or of a newer version's", keychain.ErrCorrupt)
	if len(wrapped) < len(magic)+2 || string(wrapped[:len(magic)]) != magic {
		return nil, nil, damaged
	}
	rest := wrapped[len(magic):]
	end := 2 + int(binary.BigEndian.Uint16(rest))
	if len(rest) < end {
		return nil, nil, damaged
	}
	private, err1 := tpm2.Unmarshal[tpm2.TPM2BPrivate](rest[:end])
	public, err2 := tpm2.Unmarshal[tpm2.TPM2BPublic](rest[end:])
	if err1 != nil || err2 != nil {
		return nil, nil, damaged
	}
	return private, public, nil
}

// root is the storage root key, while it is in the TPM.
type root struct {
	*tpm2.CreatePrimaryResponse
	public tpm2.TPMTPublic
}

// session is one whose secrets are encrypted to the root, so that there are none on the wires.
func (r *root) session(encrypted tpm2.AuthOption) tpm2.Session {
	return tpm2.HMAC(tpm2.TPMAlgSHA256, 16, tpm2.Salted(r.ObjectHandle, r.public), encrypted)
}

// withRoot makes the storage root key, and takes it out of the TPM again.
func (w wrapping) withRoot(ctx context.Context, do func(transport.TPM, *root) error) error {
	return w.with(ctx, func(t transport.TPM) error {
		made, err := tpm2.CreatePrimary{PrimaryHandle: tpm2.TPMRHOwner, InPublic: tpm2.New2B(tpm2.ECCSRKTemplate)}.Execute(t)
		if err != nil {
			return err
		}
		defer flush(t, made.ObjectHandle)
		public, err := made.OutPublic.Contents()
		if err != nil {
			return err
		}
		return do(t, &root{made, *public})
	})
}

// flush makes room in the TPM, which has little. What it cannot remove the kernel does when this process ends.
func flush(t transport.TPM, handle tpm2.TPMHandle) {
	_, _ = tpm2.FlushContext{FlushHandle: handle}.Execute(t)
}

// with opens the TPM for a conversation under a deadline. One that is given up goes on until the process ends.
func (w wrapping) with(ctx context.Context, talk func(transport.TPM) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		t, err := open(w.path)
		if err == nil {
			err = talk(t)
			_ = t.Close()
		}
		done <- err
	}()
	select {
	case err := <-done:
		return explain(w.path, err)
	case <-ctx.Done():
		return fmt.Errorf("%w: the TPM at %s", keychain.ErrTimeout, w.path)
	}
}

func open(path string) (transport.TPMCloser, error) {
	info, err := os.Stat(path)
	if err == nil && info.Mode()&fs.ModeSocket != 0 {
		return linuxudstpm.Open(path)
	}
	return linuxtpm.Open(path)
}

// explain sorts the errors of the device, and of the TPM.
func explain(path string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: this machine has no TPM at %s", keychain.ErrUnavailable, path)
	case errors.Is(err, fs.ErrPermission):
		return keychain.Advise(fmt.Errorf("%w: %w", keychain.ErrUnavailable, err), "let yourself use the TPM: `sudo usermod -aG tss $USER`, and log in again")
	case errors.Is(err, tpm2.TPMRCIntegrity), errors.Is(err, tpm2.TPMRCSize), errors.Is(err, tpm2.TPMRCValue), errors.Is(err, tpm2.TPMRCHash):
		return fmt.Errorf("%w: it was sealed by another TPM, or before this one was cleared, or the file is damaged", keychain.ErrCorrupt)
	}
	return fmt.Errorf("%w: the TPM at %s: %w", keychain.ErrUnavailable, path, err)
}
