package awstest

// getFederationToken: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html.
func (a *AWS) getFederationToken(r request) (any, *refusal) {
	if r.who.user == nil {
		return nil, denied("Cannot call GetFederationToken with session credentials")
	}
	name := r.params.Get("Name")
	life, failure := r.durationSeconds(43200, 129600)
	if failure = first(failure, matches(name, "name", 2, 32, "+=,.@-")); failure != nil {
		return nil, failure
	}
	scope, failure := r.scopeDown()
	if failure != nil {
		return nil, failure
	}
	account := r.who.account
	scope.ARN, scope.UserID = "arn:aws:sts::"+account+":federated-user/"+name, account+":"+name
	scope.Principal, scope.Federated = scope.ARN, true
	s := a.mint(scope.Grant, life, r.fault)
	type user struct{ Arn, FederatedUserId string }
	return struct {
		Credentials      *credentials
		FederatedUser    user
		PackedPolicySize int `xml:",omitempty"`
	}{s.credentials(r.fault), user{s.ARN, s.UserID}, scope.packed}, nil
}
