package mint

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"credmint/helper"
)

// operation is one of a service that speaks AWS's JSON protocol, for services of which credmint needs no other: a client
// of the SDK's describes all operations of its service in tables that every process would fill when it starts, those
// included that only print what is kept. See https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html.
type operation struct {
	service string // that signatures are scoped to: "secretsmanager"
	host    string // what its endpoints begin with
	short   string // what those for FIPS and dual-stack begin with, where that is something else
	target  string // "secretsmanager.GetSecretValue"
}

func (o operation) name() string { return o.target[strings.IndexByte(o.target, '.')+1:] }

// call sends in to a service as p says, signed with s, and reads the answer into out. It is sent again where the SDK's
// clients would do so.
func (n *Network) call(ctx context.Context, p *helper.Profile, s helper.Session, o operation, in, out any) error {
	client, err := n.client(p)
	if err != nil {
		return err
	}
	endpoint, err := o.endpoint(ctx, p)
	if err != nil {
		return fmt.Errorf("profile %q: %w", p.Name, err)
	}
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	var answer []byte
	err = tried(ctx, retryer(false), func() error {
		answer, err = o.send(ctx, client, endpoint, p.Client.Region, s, body)
		return err
	})
	if err == nil && json.Unmarshal(answer, out) != nil {
		err = &smithy.DeserializationError{Err: errors.New("no JSON")}
	}
	return explain(p, o.name(), err)
}

// endpoint is the profile's own, or that of the region. Services' hosts differ in their first word only, so the partition,
// FIPS and dual-stack are read off STS's.
func (o operation) endpoint(ctx context.Context, p *helper.Profile) (string, error) {
	if p.Client.Endpoint != "" {
		return p.Client.Endpoint, nil
	}
	found, err := sts.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, sts.EndpointParameters{
		Region: aws.String(p.Client.Region), UseFIPS: aws.Bool(p.Client.FIPS), UseDualStack: aws.Bool(p.Client.DualStack),
		UseGlobalEndpoint: aws.Bool(false),
	})
	if err != nil {
		return "", err
	}
	first, rest, _ := strings.Cut(found.URI.Host, ".")
	if first != "sts" && first != "sts-fips" {
		return "", fmt.Errorf("region %q: its endpoints have names that are not known", p.Client.Region)
	}
	host := o.host
	if o.short != "" && (p.Client.FIPS || p.Client.DualStack) {
		host = o.short
	}
	if p.Client.FIPS {
		host += "-fips"
	}
	return "https://" + host + "." + rest, nil
}

// send is one attempt.
func (o operation) send(ctx context.Context, client *http.Client, endpoint, region string, s helper.Session, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(endpoint, "/")+"/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", o.target)
	req.Header.Set("User-Agent", "credmint")
	sum := sha256.Sum256(body)
	who := aws.Credentials{AccessKeyID: s.AccessKeyID, SecretAccessKey: s.SecretAccessKey, SessionToken: s.SessionToken}
	if err := v4.NewSigner().SignHTTP(ctx, who, req, hex.EncodeToString(sum[:]), o.service, region, time.Now()); err != nil {
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
		return nil, &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: resp}, Err: jsonRefusal(resp, answer)}
	}
	return answer, nil
}

// jsonRefusal reads AWS's code and message. Either may be spelt in several ways; a code may have a namespace and an
// address around it.
func jsonRefusal(resp *http.Response, answer []byte) error {
	var said struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
		Text    string `json:"Message"`
	}
	if err := json.Unmarshal(answer, &said); err != nil {
		return &smithy.DeserializationError{Err: fmt.Errorf("HTTP status %d", resp.StatusCode)}
	}
	code := said.Type
	if code == "" {
		code = resp.Header.Get("X-Amzn-ErrorType")
	}
	code, _, _ = strings.Cut(code, ":")
	code = code[strings.LastIndexByte(code, '#')+1:]
	if code == "" {
		code = unknownCode
	}
	message := said.Message
	if message == "" {
		message = said.Text
	}
	return &smithy.GenericAPIError{Code: code, Message: message}
}
