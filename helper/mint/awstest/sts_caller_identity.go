package awstest

// getCallerIdentity is open to every caller:
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html.
func (a *AWS) getCallerIdentity(r request) (any, *refusal) {
	return struct {
		Arn     string
		UserID  string `xml:"UserId"`
		Account string
	}{r.who.arn, r.who.userID, r.who.account}, nil
}
