package awstest

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
	"time"
)

// User is an IAM user, or an account's root user.
type User struct {
	ARN       string
	AccountID string
	UserID    string // AIDA…; the account for root

	// The first access key.
	AccessKeyID string
	Secret      string

	aws     *AWS
	devices []*Device
}

// AccessKey is a long-lived access key.
type AccessKey struct {
	ID, Secret string

	user     *User
	inactive bool
	created  time.Time
	unseen   int // so many requests are refused as if there was no such key

	used            time.Time // zero: never
	usedFor, usedIn string    // the service and the region
}

// AddUser makes an IAM user with an access key; the name may have a path, as in "team/alice".
func (a *AWS) AddUser(account, name string) *User {
	return a.addUser(account, "arn:aws:iam::"+account+":user/"+name, newID("AIDA"))
}

// AddRoot gives an account's root user an access key.
func (a *AWS) AddRoot(account string) *User {
	return a.addUser(account, "arn:aws:iam::"+account+":root", account)
}

func (a *AWS) addUser(account, arn, id string) *User {
	u := &User{ARN: arn, AccountID: account, UserID: id, aws: a}
	first := u.AddAccessKey()
	u.AccessKeyID, u.Secret = first.ID, first.Secret
	return u
}

// AddAccessKey gives the user one more access key.
func (u *User) AddAccessKey() *AccessKey {
	u.aws.mu.Lock()
	defer u.aws.mu.Unlock()
	k := &AccessKey{ID: newID("AKIA"), Secret: newSecret(), user: u, created: u.aws.now()}
	u.aws.keys[k.ID] = k
	return k
}

// Deactivate makes AWS refuse all of the user's keys.
func (u *User) Deactivate() { u.setInactive(true) }

// Activate is the reverse of Deactivate.
func (u *User) Activate() { u.setInactive(false) }

func (u *User) setInactive(inactive bool) {
	u.aws.mu.Lock()
	defer u.aws.mu.Unlock()
	for _, k := range u.aws.keys {
		if k.user == u {
			k.inactive = inactive
		}
	}
}

// Deactivate makes AWS refuse the key.
func (k *AccessKey) Deactivate() {
	k.user.aws.mu.Lock()
	defer k.user.aws.mu.Unlock()
	k.inactive = true
}

// Role is an IAM role.
type Role struct {
	ARN    string
	RoleID string // AROA…
	Trust  Trust
}

// Trust is who may assume a role, and how.
type Trust struct {
	// Principals are ARNs of users, roles, assumed-role sessions and accounts ("arn:aws:iam::111111111111:root", or the
	// account alone, for everybody in it); "*" is everybody.
	Principals            []string
	ExternalID            string // demanded where not empty
	RequireMFA            bool   // aws:MultiFactorAuthPresent
	RequireSourceIdentity bool   // sts:SourceIdentity must be there
	NoTags                bool   // sts:TagSession is not allowed
	NoSourceIdentity      bool   // sts:SetSourceIdentity is not allowed
	MaxDuration           time.Duration

	// Verdict is why everybody is refused, in AWS's words: "with an explicit deny in a service control policy". Where it is
	// empty this policy decides, and AWS does not say why.
	Verdict string

	// Federated is the ARN of the identity provider whose users may assume the role, with a token or an assertion. Audience
	// is the token's, and the assertion's Recipient (aud and saml:aud); Subject is the token's or the assertion's. Empty
	// ones are not compared.
	Federated, Audience, Subject string
}

// AddRole makes a role, whose ARN may have a path. Without a MaxDuration it is an hour, as in IAM.
func (a *AWS) AddRole(arn string, trust Trust) *Role {
	a.mu.Lock()
	defer a.mu.Unlock()
	if trust.MaxDuration == 0 {
		trust.MaxDuration = time.Hour
	}
	r := &Role{ARN: arn, RoleID: newID("AROA"), Trust: trust}
	a.roles[arn] = r
	return r
}

// sessionARN is the ARN of a role's session, which leaves a role's path out:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns.
func (r *Role) sessionARN(name string) string {
	head, path, _ := strings.Cut(r.ARN, ":role/")
	return strings.Replace(head, ":iam:", ":sts:", 1) + ":assumed-role/" + path[strings.LastIndex(path, "/")+1:] + "/" + name
}

// name is the role's without its path.
func (r *Role) name() string { return r.ARN[strings.LastIndex(r.ARN, "/")+1:] }

// grant is what a session of the role with that name may say of itself. A role's session has no MFA, even if it was
// assumed with a code:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html.
func (r *Role) grant(scope Grant, name string) Grant {
	scope.ARN, scope.UserID, scope.Principal, scope.Role = r.sessionARN(name), r.RoleID+":"+name, r.ARN, true
	return scope
}

// accountOf is the account of an ARN.
func accountOf(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) > 5 {
		return parts[4]
	}
	return ""
}

// isRoot reports whether an ARN is an account's root user.
func isRoot(arn string) bool { return strings.HasSuffix(arn, ":root") }

// newID is a unique identifier of IAM's form:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids.
func newID(prefix string) string { return prefix + rand.Text()[:16] }

func newSecret() string { return randomText(40) }

// randomText is so many characters of base64, which has those that a client must escape: '+', '/', '='.
func randomText(size int) string {
	b := make([]byte, size*3/4)
	_, _ = rand.Read(b) // never fails
	return base64.StdEncoding.EncodeToString(b)
}
