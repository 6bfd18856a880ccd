package mint

import (
	"context"
	"encoding/base64"
	"fmt"
	"time"

	"credmint/helper"
)

// secretLife is how long the text of a secret is kept. helper.Reuse gives it out for half of that, and for the rest where
// AWS does not answer: a secret that was changed is not served for long.
const secretLife = 10 * time.Minute

// SecretText reads secrets of AWS Secrets Manager for links of kind helper.SecretText, so that they are kept sealed for a
// few minutes and read once by processes that start together.
type SecretText struct {
	Secrets *SecretsManager
	Now     func() time.Time
}

var _ helper.Source = (*SecretText)(nil)

// Session has the text, in base64, for its token; TextOf reads it.
func (m *SecretText) Session(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	secret, ok := p.Inputs.(*helper.Secret)
	if !ok || p.Source == nil {
		return helper.Session{}, fmt.Errorf("profile %q: it is no secret", p.Name)
	}
	text, err := m.Secrets.Secret(ctx, p.Name, p.Source, &helper.SecretRef{ID: secret.ID, Client: p.Client})
	if err != nil {
		return helper.Session{}, err
	}
	now := m.Now().UTC()
	return helper.Session{SessionToken: base64.StdEncoding.EncodeToString([]byte(text)), Issued: now, Expires: now.Add(secretLife)}, nil
}

// TextOf is the text of a secret's session.
func TextOf(s helper.Session) (string, error) {
	text, err := base64.StdEncoding.DecodeString(s.SessionToken)
	return string(text), err
}
