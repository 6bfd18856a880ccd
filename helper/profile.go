package helper

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"
)

// Kind says how a profile's session comes to be. Each kind has one Source in helper/mint.
type Kind string

const (
	UserKey Kind = "user-key" // a long-lived access key: STS GetSessionToken
	Role    Kind = "role"     // STS AssumeRole, from the session of Source
	RawKey  Kind = "raw-key"  // a long-lived access key handed out as it is (credmint_raw_key)
	Given   Kind = "given"    // temporary credentials that somebody else minted, handed on as they are

	SSOSignIn Kind = "sso-sign-in" // an Identity Center sign-in, whose session is a bearer token; Inputs is an SSOSession
	SSORole   Kind = "sso"         // Identity Center GetRoleCredentials, with the token of Source; an SSOAssignment
	Login     Kind = "login"       // what `aws login` does: a console user's sign-in; a LoginSession

	SAML          Kind = "saml"           // STS AssumeRoleWithSAML; a SAMLSignIn
	WebIdentity   Kind = "web-identity"   // STS AssumeRoleWithWebIdentity; a WebIdentityToken
	Container     Kind = "container"      // the endpoint of ECS or EKS Pod Identity; a ContainerToken
	Instance      Kind = "instance"       // EC2's instance metadata, version 2
	Process       Kind = "process"        // another program's credential_process; a ProcessCommand
	RolesAnywhere Kind = "roles-anywhere" // IAM Roles Anywhere CreateSession; a Certificate

	Federation Kind = "federation" // STS GetFederationToken with a long-lived key; a FederatedUser
	RootTask   Kind = "root-task"  // STS AssumeRoot, from the session of Source; a RootTarget

	SecretText    Kind = "secret-text"    // Secrets Manager GetSecretValue, with the session of Source: its text in base64; a Secret
	RegistryToken Kind = "registry-token" // ECR GetAuthorizationToken, with the session of Source, a password of it; a Registry
)

// OncePerTurn reports whether minting spends something that works once, such as a refresh token: two processes that mint
// at the same time would lose it, so nobody mints without a turn.
func (k Kind) OncePerTurn() bool { return k == SSOSignIn || k == Login }

// Kept reports whether sessions of the kind are kept. Those that are handed on as they are have been minted already, and
// whoever did keeps them: the machine's own (Container, Instance) are asked for anew each time, since nothing here would
// tell that the machine has become somebody else. A container needs no keychain that way.
func (k Kind) Kept() bool {
	return k != Given && k != RawKey && k != Container && k != Instance
}

// KeyPlace says where the secret of an access key lives.
type KeyPlace string

const (
	InKeychain    KeyPlace = "keychain"
	InFile        KeyPlace = "file"        // aws_access_key_id in ~/.aws/credentials or ~/.aws/config
	InEnvironment KeyPlace = "environment" // AWS_ACCESS_KEY_ID

	InSecretsManager KeyPlace = "secrets-manager" // read with the session of the profile's Source
)

// KeyRef points at an access key and never holds its secret.
type KeyRef struct {
	Place     KeyPlace
	Profile   string // whose key it is: the keychain's item is aws/<Profile>
	ID        string // access key id; empty where it is known only once the key was read
	AccountID string // twelve digits; empty where nothing says so
	UserARN   string // empty where nothing says so

	Secret *SecretRef // InSecretsManager: the secret that holds it
}

// SecretRef points at a secret in AWS Secrets Manager.
type SecretRef struct {
	ID     string // its name or ARN
	Client Client // how Secrets Manager is to be called for it
}

// Root reports whether the key is the root user's.
func (k KeyRef) Root() bool { return IsRoot(k.UserARN) }

// Client is how AWS is to be called for one link of a chain.
// See https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html for each setting.
type Client struct {
	Region         string
	Endpoint       string // URL of the service that mints for the link; empty: the region's own
	FIPS           bool
	DualStack      bool
	GlobalEndpoint bool   // sts_regional_endpoints = legacy
	CABundle       string // PEM file; empty: the system's
}

// digest is all of it but the CA bundle, which decides whom to believe and not what is asked.
func (c Client) digest() []string {
	return []string{c.Region, c.Endpoint, flag(c.FIPS), flag(c.DualStack), flag(c.GlobalEndpoint)}
}

// Setting is one line of a file, or one environment variable, that a profile was resolved from.
type Setting struct {
	Name, Value string
	File        string // a path, or "environment"
	Line        int    // 1 is the first; 0 for the environment
}

// Profile is one link of a chain, resolved: every name looked up, every default filled in, nothing secret in it.
type Profile struct {
	Name   string
	Kind   Kind
	Client Client
	KeyRef KeyRef   // Kind UserKey, RawKey and Given
	Source *Profile // whose session this one is made with: Kind Role, SSORole and RootTask

	MFASerial       string        // the device asked when this link is minted; empty: none
	MFAProcess      []string      // a program and its arguments, which prints that device's code; empty: none
	MFAYubiKey      string        // the name of that device's account on a YubiKey; empty: none
	Duration        time.Duration // of the session
	RoleARN         string
	ExternalID      string
	RoleSessionName string
	Direct          bool // assume with Source's long-lived key itself: STS caps a role assumed from a session at one hour

	Scope  Scope  // what the session may do less than its identity
	Inputs Inputs // what sessions of this kind alone are made from; nil for kinds that need no more

	AutoLogin bool // a browser may be opened when a program, and not a person, asks (credmint_auto_login)

	// Rules for the people of this machine, which decide no session and bind nobody who can read the keychain.
	Confirm bool     // a person is asked before this link is minted (credmint_confirm)
	Allow   []string // patterns of the programs that are answered (credmint_allow); nil: all

	Settings []Setting // what it was resolved from, in the order it was looked up
}

// Key identifies a session: two profiles have the same Key exactly when AWS would be asked the same thing in the same
// place by the same principal.
type Key [sha256.Size]byte

// Key digests every input of this link and, through its source's Key, of every link below it. The profile's name is not
// an input, so profiles that differ in name only share a session.
func (p *Profile) Key() Key {
	h := sha256.New()
	write := func(fields ...string) {
		for _, f := range fields {
			var n [8]byte
			binary.BigEndian.PutUint64(n[:], uint64(len(f)))
			h.Write(n[:])
			h.Write([]byte(f))
		}
	}
	write("credmint session 2", string(p.Kind))
	client := p.Client
	switch p.Kind { // one refresh token, by whichever host of the service it came
	case SSOSignIn:
		client.FIPS, client.DualStack, client.GlobalEndpoint = false, false, false
	case Login: // whose sign-in is good in every region
		client = Client{Endpoint: client.Endpoint}
	}
	write(client.digest()...)
	write(p.KeyRef.ID, p.MFASerial, p.Duration.String(), p.RoleARN, p.ExternalID, p.RoleSessionName, flag(p.Direct))
	if secret := p.KeyRef.Secret; secret != nil {
		write(append([]string{secret.ID}, secret.Client.digest()...)...)
	}
	p.Scope.digest(write)
	if p.Inputs != nil {
		write(p.Inputs.digest()...)
	}
	if p.Source != nil {
		below := p.Source.Key()
		write(string(below[:]))
	}
	return Key(h.Sum(nil))
}

// Links lists the chain, the profile itself first and the one that holds the key last.
func (p *Profile) Links() []*Profile {
	var links []*Profile
	for ; p != nil; p = p.Source {
		links = append(links, p)
	}
	return links
}

// Attended reports whether minting this link asks a person each time, or may (another program does as it likes), so that
// it is not done behind anybody's back.
func (p *Profile) Attended() bool {
	if p.Confirm {
		return true
	}
	switch in := p.Inputs.(type) {
	case *SAMLSignIn:
		return len(in.Command) == 0
	case *ProcessCommand:
		return true
	case *SSOSession:
		return in.Name == "" // without an [sso-session] there are no scopes, and AWS gives no refresh token
	}
	return p.MFASerial != "" && len(p.MFAProcess) == 0
}

// Ruled reports whether a link of the chain says which programs are answered.
func (p *Profile) Ruled() bool {
	for ; p != nil; p = p.Source {
		if p.Allow != nil {
			return true
		}
	}
	return false
}

// SignsIn reports whether minting this link may send a person to a browser.
func (p *Profile) SignsIn() bool {
	in, ok := p.Inputs.(*SAMLSignIn)
	return p.Kind.OncePerTurn() || ok && len(in.Command) == 0
}

// Partition is the AWS partition the profile's identity is in: "aws", "aws-cn", "aws-us-gov" and so on.
func (p *Profile) Partition() string { return PartitionOf(p.RoleARN, p.Identity(), p.MFASerial) }

// Identity is the ARN of the user whose secret the link holds, or who signs in for it; empty where nothing says so.
func (p *Profile) Identity() string {
	if in, ok := p.Inputs.(*LoginSession); ok {
		return in.ARN
	}
	return p.KeyRef.UserARN
}

// AccountID is the account that the profile's sessions are in: twelve digits, and empty where no setting says it.
func (p *Profile) AccountID() string {
	switch in := p.Inputs.(type) {
	case *SSOAssignment:
		return in.AccountID
	case *RootTarget:
		return accountIn(in.TargetPrincipal)
	case *LoginSession:
		return AccountOf(in.ARN)
	}
	if p.RoleARN != "" {
		return AccountOf(p.RoleARN)
	}
	return p.KeyRef.AccountID
}

// accountIn is the account of a principal that is an ARN, or the account itself.
func accountIn(principal string) string {
	if len(principal) == 12 {
		return principal
	}
	return AccountOf(principal)
}

// PartitionOf is the partition of the first ARN among its arguments, and "aws" where none is one.
func PartitionOf(arns ...string) string {
	for _, arn := range arns {
		if rest, ok := strings.CutPrefix(arn, "arn:"); ok {
			if partition, _, ok := strings.Cut(rest, ":"); ok {
				return partition
			}
		}
	}
	return "aws"
}

// AccountOf is the twelve-digit account of an ARN, and empty where it has none.
func AccountOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || len(parts[4]) != 12 {
		return ""
	}
	return parts[4]
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return ""
}
