package awstest

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The portal: https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_Operations.html.

const bearer = "bearer token" // the name under which a request's token is among its parameters

func portalRefusal(status int, code, message string) *refusal { return refuse(status, code, message) }

func portalWords() words {
	return jsonWords(portalRefusal(http.StatusTooManyRequests, "TooManyRequestsException", "Too many requests"))
}

// portalOperation reads the parameters from the query and the token from its header.
func (c *IdentityCenter) portalOperation(action string, known []string, do func(*ssoSession, url.Values, Fault) (any, *refusal)) jsonOperation {
	return jsonOperation{
		action: action, words: portalWords(), secret: []string{bearer},
		params: func(r *http.Request) (url.Values, *refusal) {
			params := r.URL.Query()
			if r.Header.Get("Authorization") != "" || onlyKnown(params, known) != nil {
				return params, portalRefusal(http.StatusBadRequest, "InvalidRequestException", "Invalid request")
			}
			params[bearer] = r.Header.Values("X-Amz-Sso_bearer_token")
			return params, nil
		},
		do: func(p url.Values, f Fault) (any, *refusal) {
			token := c.tokens[p.Get(bearer)]
			now := c.aws.now()
			if len(p[bearer]) != 1 || token == nil || !now.Before(token.expires) || !token.session.valid(now) ||
				len(token.session.scopes) > 0 && !slices.Contains(token.session.scopes, "sso:account:access") {
				return nil, portalRefusal(http.StatusUnauthorized, "UnauthorizedException", "Session token not found or invalid")
			}
			return do(token.session, p, f)
		},
	}
}

func (c *IdentityCenter) getRoleCredentials() jsonOperation {
	return c.portalOperation("GetRoleCredentials", []string{"account_id", "role_name"}, func(s *ssoSession, p url.Values, f Fault) (any, *refusal) {
		account, role := p.Get("account_id"), p.Get("role_name")
		if len(account) != 12 || role == "" {
			return nil, portalRefusal(http.StatusBadRequest, "InvalidRequestException", "Invalid request")
		}
		if a := s.user.account(account); a == nil || !slices.Contains(a.roles, role) {
			return nil, portalRefusal(http.StatusForbidden, "ForbiddenException", "No access")
		}
		sum := sha256.Sum256([]byte(account + role))
		name := "AWSReservedSSO_" + role + "_" + hex.EncodeToString(sum[:8])
		grant := Grant{
			ARN:    "arn:aws:sts::" + account + ":assumed-role/" + name + "/" + s.user.Name,
			UserID: newID("AROA") + ":" + s.user.Name, Role: true,
			Principal: "arn:aws:iam::" + account + ":role/aws-reserved/sso.amazonaws.com/" + name,
		}
		made := c.aws.mint(grant, time.Hour, f)
		if f.Empty {
			return map[string]any{}, nil
		}
		answer := map[string]any{"accessKeyId": made.keyID, "secretAccessKey": made.secret, "sessionToken": made.token}
		if !f.NoExpiry {
			answer["expiration"] = made.claimed.UnixMilli()
		}
		return map[string]any{"roleCredentials": answer}, nil
	})
}

func (c *IdentityCenter) listAccounts() jsonOperation {
	return c.portalOperation("ListAccounts", []string{"max_result", "next_token"}, func(s *ssoSession, p url.Values, _ Fault) (any, *refusal) {
		from, to, next, failure := pageOf(p, len(s.user.accounts))
		if failure != nil {
			return nil, failure
		}
		list := []map[string]string{}
		for _, a := range s.user.accounts[from:to] {
			list = append(list, map[string]string{"accountId": a.id, "accountName": a.name, "emailAddress": a.id + "@example.com"})
		}
		return map[string]any{"accountList": list, "nextToken": next}, nil
	})
}

func (c *IdentityCenter) listAccountRoles() jsonOperation {
	return c.portalOperation("ListAccountRoles", []string{"account_id", "max_result", "next_token"}, func(s *ssoSession, p url.Values, _ Fault) (any, *refusal) {
		a := s.user.account(p.Get("account_id"))
		if a == nil {
			return nil, portalRefusal(http.StatusNotFound, "ResourceNotFoundException", "The account is not assigned")
		}
		from, to, next, failure := pageOf(p, len(a.roles))
		if failure != nil {
			return nil, failure
		}
		list := []map[string]string{}
		for _, role := range a.roles[from:to] {
			list = append(list, map[string]string{"roleName": role, "accountId": a.id})
		}
		return map[string]any{"roleList": list, "nextToken": next}, nil
	})
}

// pageOf cuts a list; a page has twenty entries unless the client asks for up to a hundred.
func pageOf(p url.Values, size int) (from, to int, next *string, _ *refusal) {
	bad := portalRefusal(http.StatusBadRequest, "InvalidRequestException", "Invalid page")
	most := 20
	if p.Has("max_result") {
		var err error
		if most, err = strconv.Atoi(p.Get("max_result")); err != nil || most < 1 || most > 100 {
			return 0, 0, nil, bad
		}
	}
	if p.Has("next_token") {
		text, ok := strings.CutPrefix(p.Get("next_token"), "page-")
		var err error
		if from, err = strconv.Atoi(text); !ok || err != nil || from < 1 || from > size {
			return 0, 0, nil, bad
		}
	}
	to = min(from+most, size)
	if to < size {
		token := "page-" + strconv.Itoa(to)
		next = &token
	}
	return from, to, next, nil
}

func (c *IdentityCenter) logout() jsonOperation {
	return c.portalOperation("Logout", nil, func(s *ssoSession, _ url.Values, _ Fault) (any, *refusal) {
		s.over = true
		return map[string]any{}, nil
	})
}
