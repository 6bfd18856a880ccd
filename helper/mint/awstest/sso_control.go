package awstest

import (
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// controlSSO does what the methods of an IdentityCenter do for tests in the same process. What is left out stays.
func (a *AWS) controlSSO(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	c := a.sso
	a.mu.Unlock()
	if c == nil {
		http.NotFound(w, r)
		return
	}
	var change struct {
		Answer       Answer `json:"answer"`
		TokenLifeMS  int    `json:"token_life_ms"`
		SignInLifeMS int    `json:"sign_in_life_ms"`
		SlowDown     int    `json:"slow_down"`
		ExpireTokens bool   `json:"expire_tokens"`
		EndSignIns   bool   `json:"end_sign_ins"`
	}
	d := json.NewDecoder(io.LimitReader(r.Body, 1<<20))
	d.DisallowUnknownFields() // a wish misspelt would be none, and a test that cannot fail
	if err := d.Decode(&change); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if change.Answer != "" {
		c.SetAnswer(change.Answer)
	}
	if change.TokenLifeMS != 0 {
		c.SetTokenLife(time.Duration(change.TokenLifeMS) * time.Millisecond)
	}
	if change.SignInLifeMS != 0 {
		c.SetSignInLife(time.Duration(change.SignInLifeMS) * time.Millisecond)
	}
	if change.SlowDown != 0 {
		c.SlowDown(change.SlowDown)
	}
	if change.ExpireTokens {
		c.ExpireTokens()
	}
	if change.EndSignIns {
		c.EndSignIns()
	}
}
