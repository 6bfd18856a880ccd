package mint

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"credmint/helper"
)

// awsCall is a request in the words of one of AWS's protocols, for services of which credmint needs a few operations: a
// client of the SDK's describes all operations of its service, in megabytes of program and in tables that every process
// would fill when it starts, those included that only print what is kept.
type awsCall struct {
	method, address string
	header          http.Header                                    // what the protocol has of its own
	body            []byte                                         // nil: none
	prove           func(*http.Request) error                      // shows who asks, anew for each attempt; nil: nothing more does
	again           func(error) bool                               // whether a refused attempt is to be made once more at once; nil: none is
	retryer         aws.Retryer                                    // and whether later
	refusal         func(resp *http.Response, answer []byte) error // reads AWS's reason
}

// do sends it as p says, and again where its retryer thinks that this may go better.
func (c *awsCall) do(ctx context.Context, n *Network, p *helper.Profile) (answer []byte, err error) {
	client, err := n.client(p)
	if err != nil {
		return nil, err
	}
	err = tried(ctx, c.retryer, func() error {
		answer, err = c.send(ctx, client)
		if err != nil && c.again != nil && c.again(err) {
			answer, err = c.send(ctx, client)
		}
		return err
	})
	return answer, err
}

// send is one attempt.
func (c *awsCall) send(ctx context.Context, client *http.Client) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, c.method, c.address, bytes.NewReader(c.body))
	if err != nil {
		return nil, err
	}
	req.Header = c.header.Clone()
	req.Header.Set("User-Agent", "credmint")
	if c.prove != nil {
		if err := c.prove(req); err != nil {
			return nil, err
		}
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 != 2 {
		return nil, &awshttp.ResponseError{
			ResponseError: &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: resp}, Err: c.refusal(resp, answer)},
			RequestID:     resp.Header.Get("X-Amzn-Requestid"),
		}
	}
	return answer, nil
}

// signature signs requests that have this body, to a service in a region, with s, for the time that it is there.
func signature(s helper.Session, service, region string, body []byte, clock *theirClock) func(*http.Request) error {
	sum := sha256.Sum256(body)
	who := aws.Credentials{AccessKeyID: s.AccessKeyID, SecretAccessKey: s.SecretAccessKey, SessionToken: s.SessionToken}
	return func(req *http.Request) error {
		return v4.NewSigner().SignHTTP(req.Context(), who, req, hex.EncodeToString(sum[:]), service, region, clock.now())
	}
}
