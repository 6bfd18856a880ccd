package awstest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// User is an IAM user, or an account's root user, with one access key.
type User struct {
	ARN         string
	AccountID   string
	AccessKeyID string
	Secret      string

	aws      *AWS
	inactive bool
	devices  []*Device
}

// Device is a virtual MFA device.
type Device struct {
	Serial string
	Seed   string // base32

	used map[uint64]bool // time steps whose codes were accepted
}

// Trust is who may assume a role, and how.
type Trust struct {
	Principals  []string // ARNs of users and roles, or account ids
	ExternalID  string   // demanded where not empty
	RequireMFA  bool
	MaxDuration time.Duration // zero: an hour
}

// Role is an IAM role.
type Role struct {
	ARN   string
	Trust Trust
}

// minted is a session this AWS made.
type minted struct {
	keyID, secret, token string
	arn                  string
	principal            string // the user's or the role's ARN, which trust policies name
	expires              time.Time
	mfa, role            bool
}

// AddUser makes an IAM user with an access key.
func (a *AWS) AddUser(account, name string) *User {
	return a.addUser(account, "arn:aws:iam::"+account+":user/"+name)
}

// AddRoot gives an account's root user an access key.
func (a *AWS) AddRoot(account string) *User {
	return a.addUser(account, "arn:aws:iam::"+account+":root")
}

func (a *AWS) addUser(account, arn string) *User {
	a.mu.Lock()
	defer a.mu.Unlock()
	u := &User{ARN: arn, AccountID: account, AccessKeyID: newID("AKIA"), Secret: newSecret(), aws: a}
	a.users[u.AccessKeyID] = u
	return u
}

// Deactivate makes AWS refuse the user's key.
func (u *User) Deactivate() {
	u.aws.mu.Lock()
	defer u.aws.mu.Unlock()
	u.inactive = true
}

// AddMFA gives the user a virtual MFA device.
func (u *User) AddMFA(name string) *Device {
	u.aws.mu.Lock()
	defer u.aws.mu.Unlock()
	seed := make([]byte, 20)
	_, _ = rand.Read(seed)
	d := &Device{
		Serial: "arn:aws:iam::" + u.AccountID + ":mfa/" + name,
		Seed:   base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(seed),
		used:   map[uint64]bool{},
	}
	u.devices = append(u.devices, d)
	return d
}

// AddRole makes a role.
func (a *AWS) AddRole(arn string, trust Trust) *Role {
	a.mu.Lock()
	defer a.mu.Unlock()
	if trust.MaxDuration == 0 {
		trust.MaxDuration = time.Hour
	}
	r := &Role{ARN: arn, Trust: trust}
	a.roles[arn] = r
	return r
}

// step is RFC 6238's T: thirty seconds each.
func step(t time.Time) uint64 { return uint64(t.Unix() / 30) }

// Code is the device's code at a time (RFC 6238 over SHA-1, six digits).
func (d *Device) Code(t time.Time) string { return d.code(step(t)) }

func (d *Device) code(step uint64) string {
	seed, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(d.Seed)
	if err != nil {
		return ""
	}
	h := hmac.New(sha1.New, seed)
	_ = binary.Write(h, binary.BigEndian, step)
	sum := h.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:])&0x7fffffff%1000000)
}

// accept takes a code of this time step or one of its neighbours, each once.
func (d *Device) accept(code string, now time.Time) bool {
	for _, s := range []uint64{step(now) - 1, step(now), step(now) + 1} {
		if d.code(s) == code && !d.used[s] {
			d.used[s] = true
			return true
		}
	}
	return false
}

// session makes credentials. Its mutex is held.
func (a *AWS) session(principal, arn string, life time.Duration, mfa, role bool) *minted {
	now := a.now()
	if a.life > 0 {
		life = a.life
	}
	s := &minted{
		keyID: newID("ASIA"), secret: newSecret(), token: newToken(a.tokenSize), principal: principal, arn: arn,
		expires: now.Add(life).Truncate(time.Second), mfa: mfa, role: role,
	}
	a.sessions[s.keyID] = s
	return s
}

// Session finds the credentials of a session this AWS made, for servers that verify what was signed with them.
func (a *AWS) Session(accessKeyID string) (secret, token string, expires time.Time, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, ok := a.sessions[accessKeyID]
	if !ok {
		return "", "", time.Time{}, false
	}
	return s.secret, s.token, s.expires, true
}

func newID(prefix string) string { return prefix + strings.ToUpper(rand.Text()[:16]) }

func newSecret() string {
	b := make([]byte, 30)
	_, _ = rand.Read(b)
	return base64.StdEncoding.EncodeToString(b)
}

func newToken(size int) string {
	b := make([]byte, size*3/4)
	_, _ = rand.Read(b)
	return base64.StdEncoding.EncodeToString(b)
}
