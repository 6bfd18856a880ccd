package mint

import (
	"slices"
	"strings"

	"credmint/helper"
)

// refusal is something that AWS says, what it most often means, and what to type next.
type refusal struct {
	in    string            // what the operation's name holds; empty: any
	kind  helper.Kind       // of the profile; empty: any
	codes string            // AWS's, any of these; empty: any
	says  string            // what AWS's message holds, in small letters: any of what stands between the bars; empty: any
	when  func(*Error) bool // nil: always
	hint  string            // see fill
}

// refusals are looked through from the first on; one that needs more to fit stands before one that needs less. What AWS
// says in a policy's name is in
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html.
func refusals() []refusal {
	const (
		denied  = "AccessDenied AccessDeniedException"
		expired = "ExpiredToken ExpiredTokenException"
		unknown = "InvalidClientTokenId UnrecognizedClientException"
		unequal = "SignatureDoesNotMatch InvalidSignatureException"
		webID   = "AssumeRoleWithWebIdentity"
		saml    = "AssumeRoleWithSAML"
		own     = "ServiceSpecificCredential"

		userKeys      = "AccessKey"
		userKeyPolicy = "the identity needs iam:{operation} for that user; AWS's documents show a policy that lets users look after their own keys"
	)
	return []refusal{
		// Tokens and assertions, which are the proof instead of a signature.
		{in: webID, codes: expired + " IDPRejectedClaim", hint: "the token of {token} is over: whoever writes it must renew it"},
		{in: webID, codes: "InvalidIdentityToken", says: "no openidconnect provider", hint: "account {account} needs an OpenID Connect provider in IAM for the token's issuer{proof}"},
		{in: webID, codes: "InvalidIdentityToken", says: "audience", hint: "the provider in IAM must list the token's audience{proof}"},
		{in: webID, codes: "InvalidIdentityToken", hint: "{token} must hold an ID token of the provider: a JWT, and no access token{proof}"},
		{in: webID, codes: "IDPCommunicationError", hint: "AWS could not fetch the provider's keys, which must be public{proof}"},
		{in: webID, codes: denied, hint: "the role's trust policy must name the provider, allow sts:AssumeRoleWithWebIdentity, and ask for what the token says{proof}"},
		{in: saml, codes: expired, hint: "AWS takes an assertion for five minutes: sign in again, and compare `date -u` with the time in UTC"},
		{in: saml, codes: "InvalidIdentityToken", says: "provider doesn't exist", hint: "the identity provider names a provider that IAM does not have{proof}"},
		{in: saml, codes: "InvalidIdentityToken", says: "signature|issuer", hint: "give IAM the identity provider's metadata again: it has another key or name now{proof}"},
		{in: saml, codes: "InvalidIdentityToken", hint: "it is the identity provider's settings for AWS that must change"},
		{in: saml, codes: denied, hint: "the role's trust policy must name the provider, allow sts:AssumeRoleWithSAML, and ask for what the assertion says{proof}"},

		// IAM Roles Anywhere, which checks a certificate, a profile and a role in one go.
		{kind: helper.RolesAnywhere, says: "expired|not yet current", hint: clockHint},
		{kind: helper.RolesAnywhere, says: "session name", hint: "take `role_session_name` out, or let the profile of IAM Roles Anywhere accept custom names"},
		{kind: helper.RolesAnywhere, codes: denied, hint: "the trust anchor must be enabled and its authority have issued the certificate (`credmint_roles_anywhere_intermediates` " +
			"names those in between); the profile must be enabled and list the role; the role must trust rolesanywhere.amazonaws.com"},
		{kind: helper.RolesAnywhere, codes: "ResourceNotFoundException", hint: "compare the ARNs with the console of IAM Roles Anywhere in {region}"},

		// An organization's policies, against which nothing here helps.
		{codes: denied, says: "deny in a service control policy|no service control policy", hint: "an organization forbids it (a service control policy), and no setting here helps: " +
			"whoever looks after the organization must allow {caller} to do {action}"},
		{codes: denied, says: "deny in a resource control policy|no resource control policy", hint: "the organization of {resource} forbids it (a resource control policy), and no setting here helps: " +
			"whoever looks after it must allow {action}"},

		// What an identity must be allowed beside assuming roles.
		{in: userKeys, codes: "LimitExceeded", hint: "a user has two at most, and AWS shows them late: wait a minute, and run `credmint rotate {profile}` again"},
		{in: userKeys, codes: denied, when: withoutMFA, hint: userKeyPolicy + "; if it asks for MFA, set {mfa_serial}"},
		{in: userKeys, codes: denied, hint: userKeyPolicy},
		{in: own, codes: "LimitExceeded", hint: "a user has two at most: run `credmint codecommit list {profile}`, and `delete` or `reset` one of them"},
		{in: own, codes: denied, hint: "the identity needs iam:{operation} for that user; IAM's policy IAMSelfManageServiceSpecificCredentials lets users look after their own"},
		{kind: helper.RegistryToken, codes: denied, when: publicRegistry, hint: "the identity needs ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken"},
		{kind: helper.RegistryToken, codes: denied, hint: "the identity needs ecr:GetAuthorizationToken on all resources"},

		{in: signinToken, hint: "AWS does not say why: the session may have been revoked (`credmint forget {profile}`), or is of a kind that the console does not take"},
		{codes: "OutboundWebIdentityFederationDisabledException", hint: "switch it on for the account: aws iam enable-outbound-web-identity-federation"},
		{codes: "JWTPayloadSizeExceededException", hint: "leave some of --tag and --audience out"},

		// MFA devices.
		{codes: denied, says: wrongCode, hint: "AWS takes each code once: wait for the next one, and compare the device with {device}"},
		{codes: denied, says: "unable to validate mfa code", hint: "the user of the key has no device of that serial: compare {mfa_serial} with the user's security credentials in IAM"},

		// Policies that AWS names.
		{codes: denied, says: "permissions boundary", hint: "the permissions boundary of {caller} must allow {action} on {resource}"},
		{codes: denied, says: "session policy|session policies", hint: "the session that asks may do less than its identity: it was made with {session_policy} or {policy_arns}"},
		{codes: denied, says: "deny in an identity-based policy", when: withoutMFA, hint: "a policy of {caller} denies {action}, most often until there is MFA: set {mfa_serial}"},
		{codes: denied, says: "deny in an identity-based policy", hint: "a policy of {caller} denies {action} on {resource}: look for its condition in IAM"},
		{codes: denied, says: "no identity-based policy", hint: "a policy of {caller} must allow {action} on {resource}"},
		{codes: denied, says: "in a resource-based policy", hint: "the trust policy of {role_arn} denies it to {caller}: look for its condition, such as MFA or the address it is asked from"},
		{codes: denied, says: "vpc endpoint policy", hint: "the policy of the VPC endpoint that AWS is asked through must allow {action} on {resource}"},

		// Roles.
		{codes: denied, says: "sts:tagsession", hint: "the role's trust policy must allow sts:TagSession to {caller}, whose own policies must do so too; or take {session_tags} out"},
		{codes: denied, says: "sts:setsourceidentity", hint: "the role's trust policy must allow sts:SetSourceIdentity to {caller}, whose own policies must do so too; " +
			"{source_identity} must be that of the session it comes from, where there is one"},
		{codes: denied, says: "root account", hint: "AWS lets the root user assume no role: use an IAM user's key, or Identity Center"},
		{in: "AssumeRole", codes: denied, kind: helper.Role, when: both(withoutMFA, withoutExternalID), hint: trust + "; if it asks for MFA, set {mfa_serial}; if it asks for an external id, set {external_id}"},
		{in: "AssumeRole", codes: denied, kind: helper.Role, when: withoutMFA, hint: trust + "; if it asks for MFA, set {mfa_serial}; its external id must be that of {external_id}"},
		{in: "AssumeRole", codes: denied, kind: helper.Role, when: withoutExternalID, hint: trust + "; if it asks for an external id, set {external_id}"},
		{in: "AssumeRole", codes: denied, kind: helper.Role, hint: trust + "; its external id must be that of {external_id}"},
		{in: "GetSessionToken", codes: denied, when: withoutMFA, hint: "if the user must use MFA, set {mfa_serial}"},
		{says: "exceeds the maxsessionduration", hint: "lower {duration_seconds}, or raise the role's maximum session duration in IAM"},
		{says: "1 hour session limit", hint: "AWS gives a role assumed from another role's session an hour at most: lower {duration_seconds}"},
		{codes: "ValidationError", says: "durationseconds", hint: "lower {duration_seconds}, or raise the role's maximum session duration"},
		{codes: "PackedPolicyTooLarge", hint: "AWS packs them into a fixed space: shorten {session_policy}, {policy_arns} or {session_tags}"},
		{codes: "MalformedPolicyDocument", hint: "{session_policy} must be a policy in JSON, as in IAM"},
		{codes: "InvalidParameterValue", says: "transitive", hint: "compare {transitive_session_tags} with {session_tags}, and with those of the profiles it is made from"},
		{codes: "InvalidParameterValue", says: "tag key", hint: "AWS compares the names of {session_tags} without case: each may be there once"},

		// Keys, clocks and regions.
		{codes: unknown, kind: helper.Role, when: fromSession, hint: "AWS does not know the session of {source}: run `credmint forget {source}` and try again; or region {region} is not switched on for its account"},
		{codes: unknown, when: fromKeychain, hint: "the access key is unknown to AWS, or inactive: make a new one in IAM and run `credmint add --replace {key}`; or region {region} is not switched on for its account"},
		{codes: unknown, hint: "the access key is unknown to AWS, or inactive: make a new one in IAM; or region {region} is not switched on for its account"},
		{codes: unequal, says: "expired|not yet current", hint: clockHint},
		{codes: "RequestTimeTooSkewed RequestExpired", hint: clockHint},
		{codes: unequal, when: fromKeychain, hint: "the secret does not belong to the key's id: run `credmint add --replace {key}`"},
		{codes: unequal, hint: "the secret does not belong to the key's id: compare both with where they come from"},
		{codes: expired, kind: helper.Role, when: fromSession, hint: "the session of {source} is over: run `credmint forget {source}` and try again"},
		{codes: expired, hint: "run `credmint forget {profile}` and try again"},
		{codes: "RegionDisabledException", hint: "switch region {region} on for the account, or set another {region_setting}"},
		{codes: "Throttling ThrottlingException RequestLimitExceeded TooManyRequestsException SlowDownException", hint: "AWS is asked too much at the moment: try again in a minute"},

		// Identity Center and the console's sign-in.
		{kind: helper.SSORole, codes: "ForbiddenException ResourceNotFoundException", hint: "whoever signed in has no such role: compare `sso_account_id` and `sso_role_name` with the access portal"},
		{kind: helper.SSORole, codes: "UnauthorizedException", when: withoutScope, hint: "add sso:account:access to `sso_registration_scopes` of [sso-session {source}], and sign in again"},
		{kind: helper.SSORole, codes: "UnauthorizedException", hint: "run `credmint login --force {profile}`"},
		{kind: helper.SSOSignIn, codes: "InvalidRequestException", hint: "run `credmint login --force {profile}`"},
		{codes: "INSUFFICIENT_PERMISSIONS", hint: "attach AWS's managed policy SignInLocalDevelopmentAccess to the identity: it allows signin:CreateOAuth2Token"},
		{codes: "AUTHCODE_EXPIRED", hint: "run `credmint login {profile}` again; the code from the page lasts for a few minutes"},
	}
}

const (
	wrongCode = "invalid mfa one time pass code" // STS has no code of its own for it
	clockHint = "this machine's clock is {clock}: compare `date -u` with the time in UTC, or run `credmint doctor`"
	trust     = "the trust policy of {role_arn} must name {caller}, whose own policies must allow sts:AssumeRole"
)

// Hint says what is the most likely cause and what to type.
func (e *Error) Hint() string {
	for _, r := range refusals() {
		if r.fits(e) {
			return fill(r.hint, e.word)
		}
	}
	return ""
}

func (r refusal) fits(e *Error) bool {
	return strings.Contains(e.Operation, r.in) &&
		(r.kind == "" || e.profile != nil && r.kind == e.profile.Kind) &&
		(r.codes == "" || slices.ContainsFunc(strings.Fields(r.codes), func(code string) bool { return code == e.Code })) &&
		(r.says == "" || e.says(r.says)) &&
		(r.when == nil || e.profile != nil && r.when(e))
}

// says reports whether AWS's message holds one of the texts between the bars.
func (e *Error) says(texts string) bool {
	message := strings.ToLower(e.Message)
	return slices.ContainsFunc(strings.Split(texts, "|"), func(text string) bool { return strings.Contains(message, text) })
}

func withoutMFA(e *Error) bool {
	return !slices.ContainsFunc(e.profile.Links(), func(link *helper.Profile) bool { return link.MFASerial != "" })
}

func withoutExternalID(e *Error) bool { return e.profile.ExternalID == "" }

func both(a, b func(*Error) bool) func(*Error) bool {
	return func(e *Error) bool { return a(e) && b(e) }
}

// fromSession reports whether it is a session, and no long-lived key, that AWS does not know.
func fromSession(e *Error) bool { return e.profile.Source != nil && !e.profile.Direct }

// fromKeychain reports whether the key that the chain begins with is kept, so that another can take its place.
func fromKeychain(e *Error) bool {
	links := e.profile.Links()
	return links[len(links)-1].KeyRef.Place == helper.InKeychain
}

func publicRegistry(e *Error) bool {
	registry, ok := e.profile.Inputs.(*helper.Registry)
	return ok && registry.Public
}

// withoutScope reports whether the sign-in's token was asked for without the scope that accounts and roles need.
func withoutScope(e *Error) bool {
	in, ok := e.profile.Source.Inputs.(*helper.SSOSession)
	return ok && len(in.Scopes) > 0 && !slices.ContainsFunc(in.Scopes, func(s string) bool { return s == "sso:account:access" })
}
