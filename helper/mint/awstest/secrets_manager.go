package awstest

import (
	"net/http"
	"slices"
	"strings"
)

// secret is what Secrets Manager keeps.
type secret struct {
	arn, text string
	readers   []string
}

// AddSecret keeps a secret's text in an account, for the principals that may read it, and returns its ARN.
func (a *AWS) AddSecret(account, name, text string, readers ...string) (arn string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := &secret{arn: "arn:aws:secretsmanager:eu-west-1:" + account + ":secret:" + name + "-AbCdEf", text: text, readers: readers}
	a.secrets[account+"/"+name] = s
	return s.arn
}

// getSecretValue: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html. A name means the
// caller's own account's; another account's is asked for by its ARN.
func (a *AWS) getSecretValue(who caller, body []byte) (any, *refusal) {
	var in struct{ SecretId string }
	if failure := strict(body, &in); failure != nil {
		return nil, failure
	}
	name, found := in.SecretId, (*secret)(nil)
	for key, s := range a.secrets {
		if s.arn == in.SecretId || key == who.account+"/"+in.SecretId {
			name, found = strings.SplitN(key, "/", 2)[1], s
		}
	}
	switch {
	case found != nil && !slices.Contains(found.readers, who.principal):
		return nil, refuse(http.StatusBadRequest, "AccessDeniedException", "User: "+who.arn+
			" is not authorized to perform: secretsmanager:GetSecretValue on resource: "+in.SecretId+
			" because no identity-based policy allows the secretsmanager:GetSecretValue action")
	case found == nil:
		return nil, refuse(http.StatusBadRequest, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
	}
	return map[string]any{"ARN": found.arn, "Name": name, "SecretString": found.text, "VersionStages": []string{"AWSCURRENT"}}, nil
}
