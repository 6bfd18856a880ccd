package mint

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"credmint/helper"
)

// ECR mints the passwords that registries of Amazon ECR take for twelve hours, from any client and for all registries that
// the identity may use.
type ECR struct {
	Base helper.Source // answers for the profile's source
	Now  func() time.Time

	Network *Network
}

var _ helper.Source = (*ECR)(nil)

// ECRUser is the user name that goes with every such password.
const ECRUser = "AWS"

// Session mints for links of kind helper.RegistryToken. The session's token is the password.
// See https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html, and for the public registry
// https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_GetAuthorizationToken.html.
func (m *ECR) Session(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	registry, ok := p.Inputs.(*helper.Registry)
	if !ok || p.Source == nil {
		return helper.Session{}, fmt.Errorf("profile %q: it is of no registry", p.Name)
	}
	base, err := m.Base.Session(ctx, p.Source)
	if err != nil {
		return helper.Session{}, err
	}
	var out ecrTokens
	if err := m.Network.call(ctx, p, base, ecrOperation(registry), struct{}{}, &out); err != nil {
		return helper.Session{}, err
	}
	return out.session(p, m.Network.moment(p, m.Now()))
}

func ecrOperation(r *helper.Registry) operation {
	if r.Public {
		return operation{service: "ecr-public", host: "api.ecr-public", short: "ecr-public", target: "SpencerFrontendService.GetAuthorizationToken"}
	}
	return operation{service: "ecr", host: "api.ecr", short: "ecr", target: "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"}
}

// ecrTokens is the answer: the private registries' is a list of one.
type ecrTokens struct {
	helper.Unprinted

	Data ecrToken `json:"authorizationData"`
}

type ecrToken struct {
	helper.Unprinted

	Token   string  `json:"authorizationToken"` // base64 of AWS:PASSWORD
	Expires float64 `json:"expiresAt"`          // Unix seconds
}

// UnmarshalJSON takes a token, or a list whose first element is one.
func (t *ecrToken) UnmarshalJSON(data []byte) error {
	type plain ecrToken
	if !strings.HasPrefix(string(data), "[") {
		return json.Unmarshal(data, (*plain)(t))
	}
	var list []plain
	if err := json.Unmarshal(data, &list); err != nil || len(list) == 0 {
		return err
	}
	*t = ecrToken(list[0])
	return nil
}

// session checks what AWS returned before anybody relies on it.
func (t ecrTokens) session(p *helper.Profile, at moment) (helper.Session, error) {
	text, err := base64.StdEncoding.DecodeString(t.Data.Token)
	user, password, found := strings.Cut(string(text), ":")
	expires := at.here(time.Unix(int64(t.Data.Expires), 0))
	switch {
	case err != nil || !found || user != ECRUser || password == "":
		return helper.Session{}, fmt.Errorf("profile %q: AWS answered without a token for the registry", p.Name)
	case !expires.After(at.now):
		return helper.Session{}, fmt.Errorf("profile %q: %w", p.Name, &ClockError{Ended: at.now.Sub(expires)})
	}
	return helper.Session{SessionToken: password, Issued: at.now.UTC(), Expires: expires}, nil
}
