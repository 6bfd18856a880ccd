package forge

import (
	"strings"

	"credmint/helper/gitcred"
)

// The user names that hosts want beside a token.
const (
	tokenUser     = "oauth2" // GitLab's; GitHub, Gitea and Forgejo take any
	bitbucketUser = "x-token-auth"
)

// preset is what is known of a kind of host. Its addresses are paths on that host.
type preset struct {
	auth, token, device string
	scopes              string
	username            string
	header              bool   // the client's secret goes into a header, not the form
	hint                string // the parameter of the page that says who should sign in
}

// presets are by the names that credential.provider has for them, where git-credential-manager knows one.
//
//   - github: https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
//   - gitlab: https://docs.gitlab.com/api/oauth2/
//   - bitbucket: https://developer.atlassian.com/cloud/bitbucket/oauth-2/; its scopes are the consumer's
//   - gitea: https://docs.gitea.com/development/oauth2-provider, and Forgejo, which has kept it
func presets(provider string) (preset, bool) {
	switch provider {
	case "github":
		return preset{
			auth: "/login/oauth/authorize", token: "/login/oauth/access_token", device: "/login/device/code",
			scopes: "repo workflow", username: tokenUser, hint: "login",
		}, true
	case "gitlab":
		return preset{
			auth: "/oauth/authorize", token: "/oauth/token", device: "/oauth/authorize_device",
			scopes: "read_repository write_repository", username: tokenUser,
		}, true
	case "bitbucket":
		return preset{
			auth: "/site/oauth2/authorize", token: "/site/oauth2/access_token", username: bitbucketUser, header: true,
		}, true
	case "gitea", "forgejo":
		return preset{
			auth: "/login/oauth/authorize", token: "/login/oauth/access_token",
			scopes: "read:repository write:repository", username: tokenUser,
		}, true
	case "", "auto", "generic":
		return preset{username: tokenUser, header: true, hint: "login_hint"}, true
	}
	return preset{}, false
}

// providerOf recognises a host by its name, or by what it says of itself when it asks for a login (git 2.41 and later
// pass that on). What it says decides no more than which paths of its own are asked.
func providerOf(request gitcred.Credential) string {
	switch request.Host.Text() {
	case "github.com":
		return "github"
	case "gitlab.com":
		return "gitlab"
	case "bitbucket.org":
		return "bitbucket"
	case "codeberg.org", "gitea.com":
		return "gitea"
	}
	for _, header := range request.WWWAuth {
		for _, realm := range []string{"GitHub", "GitLab", "Gitea", "Forgejo"} {
			if strings.EqualFold(header, `Basic realm="`+realm+`"`) || strings.EqualFold(header, `Basic realm="`+realm+`", charset="UTF-8"`) {
				return strings.ToLower(realm)
			}
		}
	}
	return ""
}
