package mint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"credmint/helper"
	"credmint/helper/console"
)

// The bounds of a console session that is to last longer or shorter than the session it is made with.
const (
	minConsole = 15 * time.Minute
	maxConsole = 12 * time.Hour
)

// signinToken is the operation of the federation endpoint.
const signinToken = "getSigninToken"

// ConsoleVisit is where somebody goes in AWS's console, and for how long.
type ConsoleVisit struct {
	Hosts       console.Hosts
	Destination string        // an address of a page there
	Duration    time.Duration // 15 minutes to 12 hours; zero: as long as the session lasts
	SignOut     bool          // of the console session that the browser has
}

// ConsoleHosts finds the hosts of the console in a region of any partition, which are read off those of its sign-in service.
// There are none for FIPS and dual-stack.
func ConsoleHosts(ctx context.Context, region string) (console.Hosts, error) {
	signIn, err := signInHost(ctx, helper.Client{Region: region})
	if err != nil {
		return console.Hosts{}, err
	}
	return console.HostsOf(region, signIn)
}

// NoConsole says that AWS's console does not take a profile's sessions, or not for that long.
type NoConsole struct {
	Profile   string
	Why, hint string
}

func (e *NoConsole) Error() string { return fmt.Sprintf("profile %q: %s", e.Profile, e.Why) }

// Hint says what to type.
func (e *NoConsole) Hint() string { return e.hint }

// MayVisitConsole tells before anything is minted what AWS would refuse: the sessions of access keys, and a duration for
// those of roles that were not assumed at first hand. A refusal is a *NoConsole.
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html.
func MayVisitConsole(p *helper.Profile, duration time.Duration) error {
	switch {
	case p.Kind == helper.UserKey, p.Kind == helper.RawKey, p.Kind == helper.RootTask:
		return &NoConsole{p.Name, "AWS lets roles and federated users into the console, and no session of an access key", "use a profile with a role; or set " +
			"credmint_federation_name and credmint_policy_arns in one that has an access key, and it becomes a federated user's"}
	case duration == 0:
		return nil
	case duration < minConsole || duration > maxConsole:
		return &NoConsole{p.Name, fmt.Sprintf("a console session cannot last %s: AWS gives 15 minutes to 12 hours", duration), ""}
	case p.Kind == helper.SAML, p.Kind == helper.WebIdentity, p.Kind == helper.Role && p.Direct:
		return nil
	case p.Kind == helper.Role && p.Source.Kind == helper.UserKey:
		return &NoConsole{p.Name, "AWS takes a duration only for a role that was assumed with the access key itself", "set credmint_duration_seconds in " +
			"[profile " + p.Name + "] to more than 3600, and it is; or leave --duration out, and the console session lasts as long as the profile's"}
	}
	return &NoConsole{
		p.Name, "AWS takes no duration for a session of this kind",
		"leave --duration out: the console session lasts as long as the profile's",
	}
}

// ConsoleURL is an address that signs whoever opens it in to the console with s, for a quarter of an hour: it is a secret.
// p is the session's profile, with the Client of the sign-in service. The session travels in the body of a request: AWS's
// examples put it into the address, which proxies and servers write down.
func (n *Network) ConsoleURL(ctx context.Context, p *helper.Profile, s helper.Session, v ConsoleVisit) (string, error) {
	if s.SessionToken == "" { // of kinds that may hand on a long-lived key
		return "", MayVisitConsole(&helper.Profile{Name: p.Name, Kind: helper.RawKey}, 0)
	}
	client, err := n.client(p)
	if err != nil {
		return "", err
	}
	base := p.Client.Endpoint
	if base == "" {
		base = "https://" + v.Hosts.SignIn
	}
	base = strings.TrimSuffix(base, "/")
	var token string
	err = tried(ctx, retryer(false), func() error {
		token, err = requestSigninToken(ctx, client, base+"/federation", signinForm(s, v.Duration))
		return err
	})
	if err != nil {
		return "", explain(p, signinToken, err)
	}
	page := base + "/federation?" + url.Values{"Action": {"login"}, "Destination": {v.Destination}, "SigninToken": {token}}.Encode()
	if v.SignOut {
		page = base + "/oauth?" + url.Values{"Action": {"logout"}, "redirect_uri": {page}}.Encode()
	}
	return page, nil
}

func signinForm(s helper.Session, duration time.Duration) url.Values {
	session, _ := json.Marshal(map[string]string{ // of strings: cannot fail
		"sessionId": s.AccessKeyID, "sessionKey": s.SecretAccessKey, "sessionToken": s.SessionToken,
	})
	form := url.Values{"Action": {signinToken}, "Session": {string(session)}}
	if duration != 0 {
		form.Set("SessionDuration", strconv.Itoa(int(duration.Seconds())))
	}
	return form
}

// requestSigninToken is one attempt. The endpoint's refusals are a status and a page for people.
func requestSigninToken(ctx context.Context, client *http.Client, endpoint string, form url.Values) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "credmint")
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		refused := &smithy.GenericAPIError{Code: unknownCode}
		if resp.StatusCode >= 400 && resp.StatusCode < 500 {
			refused.Code = "HTTP status " + strconv.Itoa(resp.StatusCode)
		}
		return "", &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: resp}, Err: refused}
	}
	var out struct{ SigninToken string }
	if err := json.Unmarshal(answer, &out); err != nil || out.SigninToken == "" {
		return "", &smithy.DeserializationError{Err: errors.New("no token")}
	}
	return out.SigninToken, nil
}
