package forgetest

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// app is a GitHub App.
type app struct{ key *rsa.PublicKey }

// AddApp registers an app, which is installed for the owners.
func (f *Forge) AddApp(id string, key *rsa.PublicKey, owners ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.apps[id] = &app{key: key}
	for _, owner := range owners {
		f.installs[owner] = id
	}
}

// api is GitHub's: GET /repos/OWNER/REPO/installation, GET /orgs/OWNER/installation, POST
// /app/installations/ID/access_tokens, of an app that says who it is with a JWT.
func (f *Forge) api(w http.ResponseWriter, r *http.Request) {
	id, err := f.verify(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if err != nil {
		answer(w, http.StatusUnauthorized, map[string]any{"message": err.Error()})
		return
	}
	parts := strings.Split(strings.Trim(strings.TrimPrefix(r.URL.Path, "/api/v3"), "/"), "/")
	switch {
	case r.Method == "GET" && len(parts) == 4 && parts[0] == "repos" && parts[3] == "installation",
		r.Method == "GET" && len(parts) == 3 && parts[0] == "orgs" && parts[2] == "installation":
		f.calls["installation"]++
		if f.installs[parts[1]] != id {
			answer(w, http.StatusNotFound, map[string]any{"message": "Not Found"})
			return
		}
		answer(w, http.StatusOK, map[string]any{"id": json.Number(Installation(parts[1])), "account": map[string]any{"login": parts[1]}})
	case r.Method == "POST" && len(parts) == 4 && parts[0] == "app" && parts[1] == "installations" && parts[3] == "access_tokens":
		f.calls["access_tokens"]++
		for owner, of := range f.installs {
			if of == id && Installation(owner) == parts[2] {
				access, expires := secret("ghs_"), f.Now().Add(time.Hour)
				f.tokens[access] = token{expires: expires, only: owner, user: "x-access-token"}
				answer(w, http.StatusCreated, map[string]any{"token": access, "expires_at": expires.UTC().Format(time.RFC3339)})
				return
			}
		}
		answer(w, http.StatusNotFound, map[string]any{"message": "Not Found"})
	default:
		answer(w, http.StatusNotFound, map[string]any{"message": "Not Found"})
	}
}

// Installation is the number of an owner's.
func Installation(owner string) string {
	sum := sha256.Sum256([]byte(owner))
	return strconv.Itoa(1 + int(sum[0])<<8 + int(sum[1]))
}

func answer(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// verify takes a JWT of an app that lasts ten minutes at most.
func (f *Forge) verify(jwt string) (id string, err error) {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return "", errors.New("no JWT")
	}
	var header struct{ Alg, Typ string }
	var claims struct {
		Iat, Exp int64
		Iss      string
	}
	for i, into := range []any{&header, &claims} {
		part, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err == nil {
			err = json.Unmarshal(part, into)
		}
		if err != nil {
			return "", err
		}
	}
	now := f.Now().Unix()
	switch a := f.apps[claims.Iss]; {
	case header.Alg != "RS256":
		return "", errors.New("no RS256")
	case a == nil:
		return "", errors.New("no such app")
	case claims.Iat > now:
		return "", errors.New("issued in the future")
	case claims.Exp <= now || claims.Exp > now+600:
		return "", errors.New("the expiration time is past, or too far in the future")
	default:
		signature, err := base64.RawURLEncoding.DecodeString(parts[2])
		if err != nil {
			return "", err
		}
		sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
		return claims.Iss, rsa.VerifyPKCS1v15(a.key, crypto.SHA256, sum[:], signature)
	}
}
