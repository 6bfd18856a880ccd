package forge

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"credmint/helper/gitcred"
	"credmint/helper/shellword"
)

// appUser is the user name that GitHub wants beside an installation's token.
const appUser = "x-access-token"

const (
	appPrefix = "github-app/"

	// appHeadroom is how long before its end an installation's token is replaced: it lasts an hour.
	appHeadroom = 5 * time.Minute

	// What a JWT may say (https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app): GitHub's
	// clock may be behind, and takes ten minutes at most.
	jwtBackdated = time.Minute
	jwtLife      = 8 * time.Minute
)

// AppKeyName is the name of the item of the keychain that holds a GitHub App's private key, in PEM.
func AppKeyName(host, id string) string { return appPrefix + host + "/" + id }

// ParseAppKey reads a private key as GitHub gives it out, or in PKCS #8.
func ParseAppKey(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("it is not in PEM")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("it is no private key")
	}
	if key, ok := key.(*rsa.PrivateKey); ok {
		return key, nil
	}
	return nil, errors.New("it is no RSA key")
}

// installation is where an app acts: at an account, whose repositories it may open. Its number may be set; else GitHub is
// asked who has the repository.
//
//	credential.<url>.githubAppId               or the app's client id
//	credential.<url>.githubAppInstallationId
type installation struct {
	host, app, number string
	owner, repository string
}

func installationOf(request gitcred.Credential, found map[string]string) (installation, error) {
	i := installation{host: request.Host.Text(), app: found["githubappid"], number: found["githubappinstallationid"]}
	if i.number != "" && strings.Trim(i.number, "0123456789") != "" {
		return i, fmt.Errorf("credential.githubAppInstallationId: %.40q is no number", i.number)
	}
	owner, rest, _ := strings.Cut(request.Path.Text(), "/")
	repository, _, _ := strings.Cut(rest, "/")
	i.owner, i.repository = owner, strings.TrimSuffix(repository, ".git")
	switch {
	case i.number != "":
	case request.Path.Text() == "":
		return i, fmt.Errorf("git does not say which repository: run `git config --global %s true`, or set "+
			"githubAppInstallationId", shellword.Quote("credential."+site(request)+".useHttpPath"))
	case !isName(i.owner) || !isName(i.repository):
		return i, fmt.Errorf("%.100q is not OWNER/REPOSITORY", request.Path.Text())
	}
	return i, nil
}

// isName holds what comes out of a URL to the letters of GitHub's names: it becomes part of another URL.
func isName(s string) bool {
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return strings.Trim(s, ".") != ""
}

// name is that of the token that is kept: an installation has all repositories of its account that it has.
func (i installation) name() string {
	if i.number != "" {
		return AppKeyName(i.host, i.app) + "?" + i.number
	}
	return AppKeyName(i.host, i.app) + "?" + strings.ToLower(i.owner) + "/"
}

// AppKeyOf is the name of the key that the token of that name was had with; false: it is no app's.
func AppKeyOf(token string) (string, bool) {
	i := strings.LastIndexByte(token, '?') // neither an owner nor a number has one
	if i < 0 || !strings.HasPrefix(token, appPrefix) {
		return "", false
	}
	return token[:i], true
}

// api is where GitHub's is for a host.
func (i installation) api() string {
	switch {
	case i.host == "github.com":
		return "https://api.github.com"
	case strings.HasSuffix(i.host, ".ghe.com"):
		return "https://api." + i.host
	}
	return "https://" + i.host + "/api/v3"
}

// asApp answers with an installation's token: the one that is kept, else a new one, which one process fetches.
func (h Helper) asApp(ctx context.Context, request gitcred.Credential, i installation) (gitcred.Credential, error) {
	if request.Protocol.Text() != "https" {
		return gitcred.Credential{}, errors.New("a GitHub App's token is for https alone")
	}
	t, ok := h.Kept.Get(ctx, i.name())
	if !ok || !h.Now().Add(appHeadroom).Before(t.Expires) {
		fresh, err := h.mint(ctx, i)
		switch {
		case err == nil:
			t = fresh
		case !ok || !h.Now().Add(headroom).Before(t.Expires):
			return gitcred.Credential{}, err
		default:
			h.Warn(fmt.Errorf("%s: serving the token that ends in %s: %w", site(request), t.Expires.Sub(h.Now()).Round(time.Second), err))
		}
	}
	return answer(request, appUser, t.Access, t.Expires), nil
}

func (h Helper) mint(ctx context.Context, i installation) (Token, error) {
	end, err := h.Turns.Acquire(ctx, i.name())
	if err != nil {
		return Token{}, err
	}
	t, ok := h.Kept.Get(ctx, i.name())
	if !ok || !h.Now().Add(appHeadroom).Before(t.Expires) {
		if t, err = h.fetch(ctx, i); err == nil {
			if e := h.Kept.Put(ctx, i.name(), t); e != nil {
				h.Warn(fmt.Errorf("the token of GitHub App %s is not kept: %w", i.app, e))
			}
		}
	}
	end(err)
	return t, err
}

// fetch asks GitHub for a token.
func (h Helper) fetch(ctx context.Context, i installation) (Token, error) {
	item, err := h.Secrets.Get(ctx, AppKeyName(i.host, i.app))
	if errors.Is(err, fs.ErrNotExist) {
		return Token{}, &NoAppKey{i.host, i.app}
	}
	if err != nil {
		return Token{}, fmt.Errorf("read the key of GitHub App %s: %w", i.app, err)
	}
	key, err := ParseAppKey(item)
	if err != nil {
		return Token{}, fmt.Errorf("the key of GitHub App %s: %w", i.app, err)
	}
	jwt, err := sign(key, i.app, h.Now())
	if err != nil {
		return Token{}, fmt.Errorf("sign as GitHub App %s: %w", i.app, err)
	}
	client, err := h.Network.client(ctx, h.Config, i.api())
	if err != nil {
		return Token{}, err
	}
	g := github{client: client, base: i.api(), jwt: jwt}
	if i.number == "" {
		if i.number, err = g.installation(ctx, i); err != nil {
			return Token{}, err
		}
	}
	return g.token(ctx, i)
}

// sign makes the JWT by which an app says who it is (RFC 7515, RS256).
func sign(key *rsa.PrivateKey, app string, now time.Time) (string, error) {
	claims, err := json.Marshal(map[string]any{
		"iat": now.Add(-jwtBackdated).Unix(), "exp": now.Add(jwtLife).Unix(), "iss": app,
	})
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + encode(claims)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	return signed + "." + encode(signature), err
}

// fromApp reports whether git hands back an installation's token: by its user name, where an app's key is kept for the
// host. It is never a password to keep.
func (h Helper) fromApp(login gitcred.Credential) (bool, error) {
	if login.Username.Text() != appUser || !login.Password.IsSet() {
		return false, nil
	}
	names, err := h.Secrets.Names(appPrefix + login.Host.Text() + "/")
	return len(names) > 0, err
}

// dropApp forgets an installation's token that GitHub has refused.
func (h Helper) dropApp(ctx context.Context, login gitcred.Credential) error {
	s, err := h.settings(ctx, login)
	if err != nil || s.app == nil {
		return err
	}
	name := s.app.name()
	if t, ok := h.Kept.Get(ctx, name); ok && subtle.ConstantTimeCompare([]byte(t.Access), []byte(login.Password.Text())) == 1 {
		return h.Kept.Drop(ctx, name)
	}
	return nil
}

// NoAppKey says that a GitHub App's key is not in the keychain.
type NoAppKey struct{ Host, App string }

func (e *NoAppKey) Error() string {
	return fmt.Sprintf("the key of GitHub App %s is not in the keychain", e.App)
}

// Hint says what to type.
func (e *NoAppKey) Hint() string {
	return fmt.Sprintf("run `credmint git app-key %s %s --file KEY.pem`", shellword.Quote(e.Host), shellword.Quote(e.App))
}
