package helper

import (
	"strconv"
	"strings"
)

// Scope narrows a session, and labels it: all of it is AWS's to enforce and to show in CloudTrail.
// See https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html for each.
type Scope struct {
	Policy         string // JSON; the text, not the file it stood in
	PolicyARNs     []string
	Tags           []Tag
	TransitiveTags []string // keys of Tags that go on to the next role of a chain
	SourceIdentity string
}

// Tag is a session tag.
type Tag struct{ Key, Value string }

func (s Scope) digest(write func(...string)) {
	write(s.Policy, s.SourceIdentity)
	write(list(s.PolicyARNs)...)
	write(list(s.TransitiveTags)...)
	write(strconv.Itoa(len(s.Tags)))
	for _, t := range s.Tags {
		write(t.Key, t.Value)
	}
}

// Inputs is what decides the sessions of one kind and of no other. Nothing in it is secret, and all of it is in the key
// that a session is kept under.
type Inputs interface{ digest() []string }

// SSOSession is a sign-in to IAM Identity Center: an [sso-session] section, or a profile's own sso_start_url. All profiles
// that name it share its token.
type SSOSession struct {
	Name     string // of the [sso-session]; empty where the profile itself has the settings
	StartURL string
	Region   string   // where the Identity Center instance is
	Scopes   []string // sso_registration_scopes; none without an [sso-session]
	Portal   string   // URL of the service that takes the token; empty: the region's own. It decides nothing about the token
}

func (s *SSOSession) digest() []string {
	return append([]string{s.Name, s.StartURL, s.Region}, list(s.Scopes)...)
}

// SSOAssignment is an account and a permission set's role in it, which a sign-in may use.
type SSOAssignment struct{ AccountID, RoleName string }

func (s *SSOAssignment) digest() []string { return []string{s.AccountID, s.RoleName} }

// LoginSession is a console identity that signs in as `aws login` does. ARN is what the profile's login_session says.
type LoginSession struct{ ARN string }

func (s *LoginSession) digest() []string { return []string{s.ARN} }

// IsConsoleIdentity reports whether text is the ARN of somebody who can sign in to the console: an IAM user, an account's
// root user, or a federated user, with a role or without.
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns.
func IsConsoleIdentity(text string) bool {
	parts := strings.SplitN(text, ":", 6)
	if AccountOf(text) == "" || strings.Trim(parts[4], "0123456789") != "" || parts[1] == "" || parts[3] != "" || strings.ContainsAny(text, " \t\r\n") {
		return false
	}
	kind, name, _ := strings.Cut(parts[5], "/")
	switch parts[2] + ":" + kind {
	case "iam:root":
		return parts[5] == "root"
	case "iam:user", "sts:federated-user":
		return name != ""
	case "sts:assumed-role":
		role, session, _ := strings.Cut(name, "/")
		return role != "" && session != "" && !strings.Contains(session, "/")
	}
	return false
}

// IsRoot reports whether an ARN is that of an account's root user, who can do anything and cannot be limited.
func IsRoot(arn string) bool { return strings.HasSuffix(arn, ":root") }

// SAMLSignIn is where an assertion comes from: a command that prints it, or a page that sends it to a loopback address.
type SAMLSignIn struct {
	ProviderARN string   // the SAML provider in IAM; empty: the assertion says
	Command     []string // prints a response; empty: a person signs in at URL
	URL         string   // of the sign-in page; RelayState stands where the page is to be given a state
	ACS         string   // the loopback address that the identity provider posts to ("assertion consumer service")
}

// RelayState is the placeholder in a SAMLSignIn's URL.
const RelayState = "{relay_state}"

func (s *SAMLSignIn) digest() []string {
	return append([]string{s.ProviderARN, s.URL, s.ACS}, list(s.Command)...)
}

// WebIdentityToken is where an OIDC token comes from: a file, or a command that prints it.
type WebIdentityToken struct {
	File    string // an absolute path
	Command []string
}

func (s *WebIdentityToken) digest() []string { return append([]string{s.File}, list(s.Command)...) }

// ContainerToken is where a container's endpoint has its Authorization header from: a file; empty: the environment has it,
// or there is none.
type ContainerToken struct{ File string }

func (s *ContainerToken) digest() []string { return []string{s.File} }

// ParentVariable is the environment variable that tells a program which profiles are waiting for it, so that one that asks
// credmint for one of them is told so instead of waiting too. It is a list like "key:name;key:name", where a key is the
// beginning of a session's in hexadecimal.
const ParentVariable = "CREDMINT_PARENT"

// ProcessCommand is another program that speaks AWS's credential_process contract.
type ProcessCommand struct {
	Command []string // the program and its arguments
	Parents string   // what ParentVariable is for it; it decides no session
}

func (s *ProcessCommand) digest() []string { return list(s.Command) }

// Certificate is an X.509 identity of IAM Roles Anywhere; its role is the profile's RoleARN, and its session is named after
// the certificate where the profile has no RoleSessionName.
type Certificate struct {
	TrustAnchorARN, ProfileARN string
	File, KeyFile, ChainFile   string // paths; File may hold the key and the chain as well
	Fingerprint                string // hex SHA-256 of the certificate's file: another certificate is another session
}

func (s *Certificate) digest() []string {
	return []string{s.TrustAnchorARN, s.ProfileARN, s.File, s.KeyFile, s.ChainFile, s.Fingerprint}
}

// FederatedUser is the name that GetFederationToken gives the session.
type FederatedUser struct{ Name string }

func (s *FederatedUser) digest() []string { return []string{s.Name} }

// RootTarget is the member account whose root user AssumeRoot acts for, and the task it may do there.
type RootTarget struct{ TargetPrincipal, TaskPolicyARN string }

func (s *RootTarget) digest() []string { return []string{s.TargetPrincipal, s.TaskPolicyARN} }

// Registry is Amazon ECR's public registry, or the private ones of the link's region.
type Registry struct{ Public bool }

func (s *Registry) digest() []string { return []string{flag(s.Public)} }

// Secret is one in AWS Secrets Manager, by its name or ARN.
type Secret struct{ ID string }

func (s *Secret) digest() []string { return []string{s.ID} }

// list keeps ["a","b"] and ["a b"] apart, and a list from what follows it.
func list(values []string) []string {
	return append([]string{strconv.Itoa(len(values))}, values...)
}

// String is how an SSO sign-in is named to a person.
func (s *SSOSession) String() string {
	if s.Name != "" {
		return s.Name
	}
	return strings.TrimSuffix(strings.TrimPrefix(s.StartURL, "https://"), "/")
}
