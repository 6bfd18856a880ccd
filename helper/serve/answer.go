package serve

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"credmint/helper"
)

// Final is the error of a Source that will fail again until a person has done something. An SDK is told not to ask again;
// after any other error it may.
type Final struct{ Err error }

func (f *Final) Error() string { return f.Err.Error() }
func (f *Final) Unwrap() error { return f.Err }

// refusal is an answer without a session. SDKs show both texts, and ask again where the status is 500 or more.
type refusal struct {
	status        int
	code, message string
}

func refusalOf(err error) *refusal {
	if final := new(Final); errors.As(err, &final) {
		return &refusal{http.StatusForbidden, "PersonNeeded", err.Error()}
	}
	return &refusal{http.StatusServiceUnavailable, "NoSession", err.Error()}
}

func (f *refusal) write(w http.ResponseWriter) {
	write(w, f.status, map[string]string{"code": f.code, "message": f.message})
}

// keyLife is what is said to be left of a key that does not end: botocore takes no answer without an Expiration, and asks
// again then.
const keyLife = time.Hour

// writeSession answers as ECS does. botocore needs all of the first four, a Token of a key that has none included.
func (e *Endpoint) writeSession(w http.ResponseWriter, s helper.Session) {
	ends := s.Expires
	if ends.IsZero() {
		ends = e.now().Add(keyLife)
	}
	write(w, http.StatusOK, struct {
		AccessKeyID     string `json:"AccessKeyId"`
		SecretAccessKey string
		Token           string
		Expiration      string
		AccountID       string `json:"AccountId,omitempty"`
	}{s.AccessKeyID, s.SecretAccessKey, s.SessionToken, ends.UTC().Format(time.RFC3339), s.AccountID})
}

// write sends a document that nobody keeps, and that no page can read.
func write(w http.ResponseWriter, status int, document any) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if status == http.StatusMethodNotAllowed {
		h.Set("Allow", http.MethodGet)
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(document) // to whom it fails has gone
}
