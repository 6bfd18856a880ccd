package awstest

import "time"

// getSessionToken: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html.
func (a *AWS) getSessionToken(r request) (any, *refusal) {
	if r.who.user == nil {
		return nil, denied("Cannot call GetSessionToken with session credentials")
	}
	life, failure := r.durationSeconds(43200, 129600)
	if failure != nil {
		return nil, failure
	}
	if isRoot(r.who.arn) {
		life = min(life, time.Hour) // "the session for AWS account owners defaults to one hour"
	}
	mfa, failure := a.multiFactor(r)
	if failure != nil {
		return nil, failure
	}
	s := a.mint(Grant{ARN: r.who.arn, UserID: r.who.userID, Principal: r.who.principal, MFA: mfa}, life, r.fault)
	return struct {
		Credentials      *credentials
		SessionTokenSize int
	}{s.credentials(r.fault), len(s.token)}, nil
}
