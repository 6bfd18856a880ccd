package awstest

import (
	"strconv"
	"time"
)

// stsOperation is the table of what STS does here. One file each:
// https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html.
func stsOperation(action string) (operation, bool) {
	switch action {
	case "AssumeRole":
		return operation{params: assumeRoleParams(), do: (*AWS).assumeRole}, true
	case "AssumeRoot":
		return operation{params: []string{"TargetPrincipal", "TaskPolicyArn.arn", "DurationSeconds"}, do: (*AWS).assumeRoot}, true
	case "AssumeRoleWithSAML":
		return operation{params: assumeRoleWithSAMLParams(), do: (*AWS).assumeRoleWithSAML, unsigned: true}, true
	case "AssumeRoleWithWebIdentity":
		return operation{params: assumeRoleWithWebIdentityParams(), do: (*AWS).assumeRoleWithWebIdentity, unsigned: true}, true
	case "GetCallerIdentity":
		return operation{do: (*AWS).getCallerIdentity}, true
	case "GetFederationToken":
		return operation{
			params: []string{"Name", "DurationSeconds", "Policy", "PolicyArns.member.", "Tags.member."},
			do:     (*AWS).getFederationToken,
		}, true
	case "GetWebIdentityToken":
		return operation{
			params: []string{"Audience.member.", "SigningAlgorithm", "DurationSeconds", "Tags.member."}, do: (*AWS).getWebIdentityToken,
		}, true
	case "GetSessionToken":
		return operation{params: []string{"DurationSeconds", "SerialNumber", "TokenCode"}, do: (*AWS).getSessionToken}, true
	}
	return operation{}, false
}

// credentials is how STS hands out a session.
type credentials struct {
	AccessKeyID     string `xml:"AccessKeyId"`
	SecretAccessKey string
	SessionToken    string
	Expiration      string `xml:",omitempty"`
}

// credentials are a session's, spoiled as the Fault says.
func (s *session) credentials(f Fault) *credentials {
	if f.Empty {
		return nil
	}
	c := &credentials{AccessKeyID: s.keyID, SecretAccessKey: s.secret, SessionToken: s.token}
	if !f.NoExpiry {
		c.Expiration = s.claimed.UTC().Format(time.RFC3339)
	}
	return c
}

// durationSeconds reads a duration of standard where none is asked.
func (r request) durationSeconds(standard, most int) (time.Duration, *refusal) {
	const least = 900
	n, text := standard, r.params.Get("DurationSeconds")
	if r.params.Has("DurationSeconds") {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			return 0, malformed("'" + text + "' is not an integer")
		}
	}
	switch {
	case n < least:
		return 0, constraint(text, "durationSeconds", "Member must have value greater than or equal to "+strconv.Itoa(least))
	case n > most:
		return 0, constraint(text, "durationSeconds", "Member must have value less than or equal to "+strconv.Itoa(most))
	}
	return time.Duration(n) * time.Second, nil
}

// multiFactor checks the MFA code of a request. Only a long-lived key's owner has devices; a session has MFA from its
// birth, or not at all.
func (a *AWS) multiFactor(r request) (present bool, _ *refusal) {
	serial, code := r.params.Get("SerialNumber"), r.params.Get("TokenCode")
	if serial == "" && code == "" {
		return r.who.session != nil && r.who.session.MFA, nil
	}
	if failure := first(
		matches(serial, "serialNumber", 9, 256, "=/:,.@-"),
		matches(code, "tokenCode", 6, 6, ""),
		onlyDigits(code, "tokenCode"),
	); failure != nil {
		return false, failure
	}
	if r.who.user == nil {
		return false, denied("MultiFactorAuthentication failed, cannot be used with session credentials")
	}
	for _, d := range r.who.user.devices {
		if d.Serial == serial {
			if !d.accept(code, a.now()) {
				return false, denied("MultiFactorAuthentication failed with invalid MFA one time pass code. ")
			}
			return true, nil
		}
	}
	return false, denied("MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.")
}
