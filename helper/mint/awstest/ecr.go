package awstest

import (
	"encoding/base64"
	"net/http"
	"time"
)

// RegistryToken is a password that registries of ECR take.
type RegistryToken struct {
	Account, Region string
	Public          bool
	Caller          string // ARN
	Expires         time.Time
}

// registryTokenLife is what AWS gives each.
const registryTokenLife = 12 * time.Hour

// RegistryTokens are all passwords that were made, for servers that are to take them.
func (a *AWS) RegistryTokens() map[string]RegistryToken {
	a.mu.Lock()
	defer a.mu.Unlock()
	tokens := map[string]RegistryToken{}
	for password, token := range a.ecr {
		tokens[password] = token
	}
	return tokens
}

// authorizationToken is how ECR hands one out.
type authorizationToken struct {
	AuthorizationToken string  `json:"authorizationToken"`
	ExpiresAt          float64 `json:"expiresAt"`
	ProxyEndpoint      string  `json:"proxyEndpoint,omitempty"`
}

// getAuthorizationToken: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html.
func (a *AWS) getAuthorizationToken(who caller, body []byte) (any, *refusal) {
	token, failure := a.registryToken(who, body, false)
	token.ProxyEndpoint = "https://" + who.account + ".dkr.ecr." + who.region + ".amazonaws.com"
	return map[string]any{"authorizationData": []authorizationToken{token}}, failure
}

// getPublicAuthorizationToken: https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_GetAuthorizationToken.html.
func (a *AWS) getPublicAuthorizationToken(who caller, body []byte) (any, *refusal) {
	if who.region != "us-east-1" {
		return nil, refuse(http.StatusBadRequest, "UnknownOperationException", "")
	}
	token, failure := a.registryToken(who, body, true)
	return map[string]any{"authorizationData": token}, failure
}

func (a *AWS) registryToken(who caller, body []byte, public bool) (authorizationToken, *refusal) {
	if failure := strict(body, &struct{}{}); failure != nil {
		return authorizationToken{}, failure
	}
	password, expires := randomText(1600), a.now().Add(registryTokenLife)
	a.ecr[password] = RegistryToken{
		Account: who.account, Region: who.region, Public: public, Caller: who.arn, Expires: expires,
	}
	return authorizationToken{
		AuthorizationToken: base64.StdEncoding.EncodeToString([]byte("AWS:" + password)),
		ExpiresAt:          float64(expires.UnixMilli()) / 1000,
	}, nil
}
