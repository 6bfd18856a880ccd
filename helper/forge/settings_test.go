package forge_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"credmint/helper/forge"
)

// What is known of hosts: addresses, scopes and user names, with nothing but a client id in git's config.
func TestPresets(t *testing.T) {
	for name, tt := range map[string]struct {
		ask, provider                         string
		auth, token, device, scopes, username string
	}{
		"github":              {"host=github.com", "", "https://github.com/login/oauth/authorize", "https://github.com/login/oauth/access_token", "https://github.com/login/device/code", "repo workflow", "oauth2"},
		"gitlab":              {"host=gitlab.com", "", "https://gitlab.com/oauth/authorize", "https://gitlab.com/oauth/token", "https://gitlab.com/oauth/authorize_device", "read_repository write_repository", "oauth2"},
		"bitbucket":           {"host=bitbucket.org", "", "https://bitbucket.org/site/oauth2/authorize", "https://bitbucket.org/site/oauth2/access_token", "", "", "x-token-auth"},
		"codeberg":            {"host=codeberg.org", "", "https://codeberg.org/login/oauth/authorize", "https://codeberg.org/login/oauth/access_token", "", "read:repository write:repository", "oauth2"},
		"gitea":               {"host=gitea.com", "", "https://gitea.com/login/oauth/authorize", "https://gitea.com/login/oauth/access_token", "", "read:repository write:repository", "oauth2"},
		"realm of gitlab":     {"host=git.corp:8443\nwwwauth[]=Bearer x\nwwwauth[]=Basic realm=\"GitLab\"", "", "https://git.corp:8443/oauth/authorize", "https://git.corp:8443/oauth/token", "https://git.corp:8443/oauth/authorize_device", "read_repository write_repository", "oauth2"},
		"realm of forgejo":    {"host=git.corp\nwwwauth[]=Basic realm=\"Forgejo\", charset=\"UTF-8\"", "", "https://git.corp/login/oauth/authorize", "https://git.corp/login/oauth/access_token", "", "read:repository write:repository", "oauth2"},
		"realm of gitea":      {"host=git.corp\nwwwauth[]=Basic realm=\"Gitea\"", "", "https://git.corp/login/oauth/authorize", "https://git.corp/login/oauth/access_token", "", "read:repository write:repository", "oauth2"},
		"named":               {"host=git.corp", "GitHub", "https://git.corp/login/oauth/authorize", "https://git.corp/login/oauth/access_token", "https://git.corp/login/device/code", "repo workflow", "oauth2"},
		"the name goes first": {"host=gitlab.com", "gitea", "https://gitlab.com/login/oauth/authorize", "https://gitlab.com/login/oauth/access_token", "", "read:repository write:repository", "oauth2"},
	} {
		t.Run(name, func(t *testing.T) {
			c, username, err := forge.Setup(request("protocol=https\n"+tt.ask+"\n"), map[string]string{"oauthclientid": "x", "provider": tt.provider})
			e := c.Endpoint
			if err != nil || e.AuthURL != tt.auth || e.TokenURL != tt.token || e.DeviceAuthURL != tt.device ||
				strings.Join(c.Scopes, " ") != tt.scopes || username != tt.username || c.RedirectURL != "http://127.0.0.1" {
				t.Errorf("%+v, %q, %v", c, username, err)
			}
		})
	}
	for _, ask := range []string{"host=git.corp", "host=github.com.evil.example", "host=git.corp\nwwwauth[]=Basic realm=\"NotGitLab\""} {
		if c, _, err := forge.Setup(request("protocol=https\n"+ask+"\n"), map[string]string{"oauthclientid": "x"}); err == nil {
			t.Errorf("%q is known: %+v", ask, c)
		}
	}
}

// Both spellings, as git itself reads them out of a file.
func TestSpellings(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("git is missing: install git")
		}
		t.Skip("git is missing: install git")
	}
	for name, text := range map[string]string{
		"git-credential-manager": `
	oauthClientId = client-1
	oauthClientSecret = "s3#cret"
	oauthScopes = one two
	oauthAuthorizeEndpoint = https://login.corp/authorize
	oauthTokenEndpoint = /token
	oauthDeviceEndpoint = /device
	oauthRedirectUri = http://localhost:34106/
	oauthDefaultUserName = who
	oauthUseClientAuthHeader`,
		"git-credential-oauth": `
	oauthClientId = client-1
	oauthClientSecret = "s3#cret"
	oauthScopes = one two
	oauthAuthURL = https://login.corp/authorize
	oauthTokenURL = /token
	oauthDeviceAuthURL = /device
	oauthRedirectURL = http://localhost:34106/
	oauthDefaultUserName = who`,
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "config")
			text := "[credential \"https://git.corp\"]" + text + "\n[credential \"https://other.corp\"]\n\toauthClientId = other\n"
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			t.Setenv("GIT_CONFIG_GLOBAL", file)
			t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
			found, err := forge.Git{}.Match(t.Context(), "credential", "https://git.corp/team/one")
			if err != nil {
				t.Fatal(err)
			}
			c, username, err := forge.Setup(request("protocol=https\nhost=git.corp\n"), found)
			e := c.Endpoint
			if err != nil || c.ClientID != "client-1" || c.ClientSecret != "s3#cret" || len(c.Scopes) != 2 || username != "who" ||
				c.RedirectURL != "http://localhost:34106/" || e.AuthURL != "https://login.corp/authorize" ||
				e.TokenURL != "https://git.corp/token" || e.DeviceAuthURL != "https://git.corp/device" {
				t.Errorf("%+v, %q, %v", c, username, err)
			}
			if none, err := (forge.Git{}).Match(t.Context(), "credential", "https://third.corp"); err != nil || len(none) != 0 {
				t.Errorf("another host has %v, %v", none, err)
			}
			if all, err := (forge.Git{}).Everywhere(t.Context(), "credential"); err != nil || len(all) != 0 {
				t.Errorf("all hosts have %v, %v", all, err)
			}
		})
	}
}

// Addresses that a secret must not be sent to, and settings that say two things.
func TestHostileSettings(t *testing.T) {
	for name, set := range map[string][2]string{
		"http":           {"oauthtokenendpoint", "http://git.corp/token"},
		"http by name":   {"oauthauthurl", "http://127.0.0.1.evil.example/"},
		"user":           {"oauthtokenurl", "https://git.corp@evil.example/"},
		"no host":        {"oauthtokenurl", "https:///token"},
		"file":           {"oauthauthurl", "file:///etc/passwd"},
		"script":         {"oauthauthurl", "javascript:alert(1)"},
		"fragment":       {"oauthtokenurl", "https://git.corp/#x"},
		"other host":     {"oauthtokenurl", "//evil.example/token"},
		"relative":       {"oauthtokenurl", "token"},
		"device by http": {"oauthdeviceendpoint", "http://git.corp/"},
		"two minds":      {"oauthauthurl", "/other"},
		"boolean":        {"oauthuseclientauthheader", "perhaps"},
		"provider":       {"provider", "azure-repos"},
	} {
		t.Run(name, func(t *testing.T) {
			found := map[string]string{"oauthclientid": "x", "oauthauthorizeendpoint": "/a", "oauthtokenendpoint": "/t"}
			if strings.HasPrefix(set[0], "oauthauth") && name != "two minds" {
				delete(found, "oauthauthorizeendpoint")
			}
			if set[0] == "oauthtokenurl" {
				delete(found, "oauthtokenendpoint")
			}
			found[set[0]] = set[1]
			if c, _, err := forge.Setup(request("protocol=https\nhost=git.corp\n"), found); err == nil {
				t.Errorf("it is taken: %+v", c)
			}
		})
	}
	for _, address := range []string{"http://127.0.0.1:1/token", "http://localhost/token", "http://[::1]:8080/token", "https://git.corp/token"} {
		found := map[string]string{"oauthclientid": "x", "oauthauthorizeendpoint": "/a", "oauthtokenendpoint": address}
		if _, _, err := forge.Setup(request("protocol=https\nhost=git.corp\n"), found); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}
