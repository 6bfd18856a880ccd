package forge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"credmint/helper"
)

// github is the API of one host, as an app.
type github struct {
	helper.Unwritten

	client *http.Client
	base   string
	jwt    string
}

// installation asks which one has the repository.
// See https://docs.github.com/en/rest/apps/apps#get-a-repository-installation-for-the-authenticated-app.
func (g github) installation(ctx context.Context, i installation) (string, error) {
	var found struct {
		ID int64 `json:"id"`
	}
	status, err := g.call(ctx, http.MethodGet, "/repos/"+i.owner+"/"+i.repository+"/installation", &found)
	switch {
	case err == nil && found.ID > 0:
		return strconv.FormatInt(found.ID, 10), nil
	case err == nil:
		return "", errors.New("GitHub answered without an installation")
	case status == http.StatusNotFound:
		return "", fmt.Errorf("GitHub App %s is not installed for %s/%s", i.app, i.owner, i.repository)
	}
	return "", fmt.Errorf("find the installation of GitHub App %s: %w", i.app, err)
}

// token makes a token, of all that the installation may do.
// See https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app.
func (g github) token(ctx context.Context, i installation) (Token, error) {
	var made struct {
		Token     string    `json:"token"`
		ExpiresAt time.Time `json:"expires_at"`
	}
	_, err := g.call(ctx, http.MethodPost, "/app/installations/"+i.number+"/access_tokens", &made)
	switch {
	case err != nil:
		return Token{}, fmt.Errorf("get a token of installation %s of GitHub App %s: %w", i.number, i.app, err)
	case made.Token == "" || made.ExpiresAt.IsZero():
		return Token{}, errors.New("GitHub answered without a token")
	}
	return Token{Access: made.Token, Expires: made.ExpiresAt.UTC()}, nil
}

// call returns GitHub's status, also with an error, which has GitHub's own words.
func (g github) call(ctx context.Context, method, path string, into any) (int, error) {
	req, err := http.NewRequestWithContext(ctx, method, g.base+path, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Accept", "application/vnd.github+json")
	req.Header.Set("Authorization", "Bearer "+g.jwt)
	req.Header.Set("User-Agent", "credmint")
	req.Header.Set("X-GitHub-Api-Version", "2022-11-28")
	resp, err := g.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return resp.StatusCode, err
	}
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusCreated {
		var says struct {
			Message string `json:"message"`
		}
		_ = json.Unmarshal(body, &says) // a page of a proxy's has none
		return resp.StatusCode, &Refused{What: method + " " + path, Code: resp.Status, Description: clip(says.Message)}
	}
	if json.Unmarshal(body, into) != nil { // not wrapped: it may quote the body
		return resp.StatusCode, errors.New("the answer is not GitHub's")
	}
	return resp.StatusCode, nil
}
