package mint

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"credmint/helper"
)

// signedCall is a request in the words of one of AWS's protocols, for services of which credmint needs a few operations: a
// client of the SDK's describes all operations of its service, in megabytes of program and in tables that every process
// would fill when it starts, those included that only print what is kept.
type signedCall struct {
	endpoint        string
	service, region string      // that the signature is scoped to
	header          http.Header // what the protocol has of its own
	body            []byte
	retryer         aws.Retryer
	refusal         func(resp *http.Response, answer []byte) error // reads AWS's reason
}

// do sends it as p says, signed with s, and again where its retryer thinks that this may go better.
func (c *signedCall) do(ctx context.Context, n *Network, p *helper.Profile, s helper.Session) (answer []byte, err error) {
	client, err := n.client(p)
	if err != nil {
		return nil, err
	}
	err = tried(ctx, c.retryer, func() error {
		answer, err = c.send(ctx, client, s)
		return err
	})
	return answer, err
}

// send is one attempt.
func (c *signedCall) send(ctx context.Context, client *http.Client, s helper.Session) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(c.endpoint, "/")+"/", bytes.NewReader(c.body))
	if err != nil {
		return nil, err
	}
	req.Header = c.header.Clone()
	req.Header.Set("User-Agent", "credmint")
	sum := sha256.Sum256(c.body)
	who := aws.Credentials{AccessKeyID: s.AccessKeyID, SecretAccessKey: s.SecretAccessKey, SessionToken: s.SessionToken}
	if err := v4.NewSigner().SignHTTP(ctx, who, req, hex.EncodeToString(sum[:]), c.service, c.region, time.Now()); err != nil {
		return nil, err
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
	if resp.StatusCode != http.StatusOK {
		return nil, &awshttp.ResponseError{
			ResponseError: &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: resp}, Err: c.refusal(resp, answer)},
			RequestID:     resp.Header.Get("X-Amzn-Requestid"),
		}
	}
	return answer, nil
}
