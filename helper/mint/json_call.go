package mint

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"credmint/helper"
)

// operation is one of a service that speaks AWS's JSON protocol. See https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html.
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
	endpoint, err := o.endpoint(ctx, p)
	if err != nil {
		return fmt.Errorf("profile %q: %w", p.Name, err)
	}
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	clock := &theirClock{network: n, profile: p, here: time.Now}
	request := awsCall{
		method: http.MethodPost, address: strings.TrimSuffix(endpoint, "/") + "/", body: body,
		header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "X-Amz-Target": {o.target}},
		prove:  signature(s, o.service, p.Client.Region, body, clock), again: clock.corrected,
		retryer: retryer(false), refusal: jsonRefusal,
	}
	answer, err := request.do(ctx, n, p)
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
	regional, err := stsHost(ctx, p.Client)
	if err != nil {
		return "", err
	}
	first, rest, _ := strings.Cut(regional, ".")
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

// stsHost is that of STS in the client's region.
func stsHost(ctx context.Context, c helper.Client) (string, error) {
	found, err := sts.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, sts.EndpointParameters{
		Region: aws.String(c.Region), UseFIPS: aws.Bool(c.FIPS), UseDualStack: aws.Bool(c.DualStack),
		UseGlobalEndpoint: aws.Bool(false),
	})
	return found.URI.Host, err
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
	code := errorCode(cmp.Or(said.Type, resp.Header.Get("X-Amzn-ErrorType")))
	return &smithy.GenericAPIError{Code: code, Message: cmp.Or(said.Message, said.Text)}
}

// errorCode takes a code out of the namespace before it and the address behind it.
func errorCode(text string) string {
	code, _, _ := strings.Cut(text, ":")
	return cmp.Or(code[strings.LastIndexByte(code, '#')+1:], unknownCode)
}
