package mint

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"credmint/helper"
)

// restCall is an operation of a service that takes no signature, in AWS's REST-JSON protocol: what it is given is in its
// query, its headers or its body. See https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html.
type restCall struct {
	operation    string // "GetRoleCredentials"
	method, path string
	query        url.Values
	header       http.Header
	in           any // nil: there is no body
	prove        func(*http.Request) error
	again        func(error) bool
	retryer      aws.Retryer
}

// rest sends a call to an endpoint as p says, and reads the answer into out; nil: whatever it is. The error of a refusal
// has an oauthError in it.
func (n *Network) rest(ctx context.Context, p *helper.Profile, endpoint string, c restCall, out any) error {
	request := awsCall{
		method: c.method, address: strings.TrimSuffix(endpoint, "/") + c.path, header: http.Header{},
		prove: c.prove, again: c.again, retryer: c.retryer, refusal: restRefusal,
	}
	if len(c.query) > 0 {
		request.address += "?" + c.query.Encode()
	}
	if c.header != nil {
		request.header = c.header.Clone()
	}
	if c.in != nil {
		body, err := json.Marshal(c.in)
		if err != nil {
			return err
		}
		request.body = body
		request.header.Set("Content-Type", "application/json")
	}
	answer, err := request.do(ctx, n, p)
	if err == nil && out != nil && json.Unmarshal(answer, out) != nil {
		return &smithy.DeserializationError{Err: errors.New("no JSON")}
	}
	return err
}

// oauthError is a refusal of a service that signs people in. Its message may be where OAuth has it, and beside AWS's code it
// may have one of OAuth's, or of its own.
type oauthError struct {
	*smithy.GenericAPIError
	code string
}

// restRefusal reads AWS's code and message.
func restRefusal(resp *http.Response, answer []byte) error {
	var said struct {
		Type        string `json:"__type"`
		Message     string `json:"message"`
		OAuth       string `json:"error"`
		Description string `json:"error_description"`
	}
	if err := json.Unmarshal(answer, &said); err != nil && len(answer) > 0 {
		return &smithy.DeserializationError{Err: fmt.Errorf("HTTP status %d", resp.StatusCode)}
	}
	code := errorCode(cmp.Or(resp.Header.Get("X-Amzn-ErrorType"), said.Type))
	return &oauthError{&smithy.GenericAPIError{Code: code, Message: cmp.Or(said.Message, said.Description)}, said.OAuth}
}

// besideSTS is the endpoint of a service in the profile's region whose hosts differ from those of STS in its name alone, or the
// profile's own endpoint.
func besideSTS(ctx context.Context, p *helper.Profile, name string) (string, error) {
	if p.Client.Endpoint != "" {
		return p.Client.Endpoint, nil
	}
	host, err := stsHost(ctx, p.Client)
	rest, ok := strings.CutPrefix(host, "sts")
	if err == nil && !ok {
		err = fmt.Errorf("region %q: its endpoints have names that are not known", p.Client.Region)
	}
	if err != nil {
		return "", fmt.Errorf("profile %q: %w", p.Name, err)
	}
	return "https://" + name + rest, nil
}

// pageOf is the address of a page below an endpoint, for a person's browser.
func pageOf(p *helper.Profile, endpoint, path string, query url.Values) (string, error) {
	page, err := url.Parse(endpoint)
	if err != nil {
		return "", fmt.Errorf("profile %q: %w", p.Name, err)
	}
	page = page.JoinPath(strings.Split(path, "/")...)
	page.RawQuery = query.Encode()
	return page.String(), nil
}
