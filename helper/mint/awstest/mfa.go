package awstest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"time"
)

// Device is an MFA device, which shows a code of six digits every thirty seconds.
type Device struct {
	Serial string // an ARN, or a hardware device's number
	Seed   string // base32, as an authenticator app takes it

	aws  *AWS
	seed []byte
	used map[uint64]bool // time steps whose codes were accepted
}

// AddMFA gives the user a virtual MFA device.
func (u *User) AddMFA(name string) *Device {
	return u.addDevice("arn:aws:iam::" + u.AccountID + ":mfa/" + name)
}

// AddHardwareMFA gives the user an MFA device with a number like GAHT12345678.
func (u *User) AddHardwareMFA(serial string) *Device { return u.addDevice(serial) }

func (u *User) addDevice(serial string) *Device {
	seed := make([]byte, 40) // AWS's virtual devices have 64 base32 characters
	_, _ = rand.Read(seed)   // never fails
	d := &Device{
		Serial: serial, Seed: base32.StdEncoding.EncodeToString(seed), aws: u.aws, seed: seed, used: map[uint64]bool{},
	}
	u.aws.mu.Lock()
	defer u.aws.mu.Unlock()
	u.devices = append(u.devices, d)
	return d
}

// step is RFC 6238's T: thirty seconds each.
func step(t time.Time) uint64 { return uint64(t.Unix()) / 30 }

// Code is the device's code at a time.
func (d *Device) Code(t time.Time) string { return totp(d.seed, step(t)) }

// Unused is a code that AWS takes now and has not taken before, until it has taken all three.
func (d *Device) Unused() (code string, ok bool) {
	d.aws.mu.Lock()
	defer d.aws.mu.Unlock()
	now := step(d.aws.now())
	for _, s := range []uint64{now, now + 1, now - 1} {
		if !d.used[s] {
			return totp(d.seed, s), true
		}
	}
	return "", false
}

// accept takes a code of this time step or one of its neighbours, each once. The AWS's mutex is held.
func (d *Device) accept(code string, now time.Time) bool {
	t := step(now)
	for _, s := range []uint64{t - 1, t, t + 1} {
		if !d.used[s] && subtle.ConstantTimeCompare([]byte(totp(d.seed, s)), []byte(code)) == 1 {
			d.used[s] = true
			return true
		}
	}
	return false
}

// totp is RFC 6238's code over HMAC-SHA-1: RFC 4226's truncation of the step's MAC to six digits.
func totp(seed []byte, step uint64) string {
	h := hmac.New(sha1.New, seed)
	_ = binary.Write(h, binary.BigEndian, step)
	sum := h.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:])&0x7fffffff%1000000)
}
