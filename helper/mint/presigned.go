package mint

import (
	"context"
	"encoding/base64"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"credmint/helper"
)

// Token is something that another service takes as proof of who a session is. Its text is a secret until it expires.
type Token struct {
	helper.Unwritten

	Text    string
	Expires time.Time // UTC
}

// What presigned requests last, by those that take them.
const (
	clusterToken  = 14 * time.Minute // EKS takes one for 15, and clients ask for another when this is over
	databaseToken = 15 * time.Minute
)

const emptyBody = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" // its SHA-256

// ClusterToken lets a session into an EKS cluster: a presigned request that asks STS whose it is, and is signed for this
// cluster only. Nothing is sent, and now is by this machine's clock. It is what `aws eks get-token` makes; what is in it is described by
// https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster.
func ClusterToken(ctx context.Context, p *helper.Profile, s helper.Session, cluster string, now time.Time) (Token, error) {
	endpoint, region, err := stsEndpoint(ctx, p)
	if err != nil {
		return Token{}, err
	}
	query := url.Values{"Action": {"GetCallerIdentity"}, "Version": {"2011-06-15"}, "X-Amz-Expires": {"60"}}
	signed, err := presign(ctx, s, endpoint+"/?"+query.Encode(), http.Header{"X-K8s-Aws-Id": {cluster}}, "sts", region, s.Signed(now))
	if err != nil {
		return Token{}, err
	}
	return Token{Text: "k8s-aws-v1." + base64.RawURLEncoding.EncodeToString([]byte(signed)), Expires: ends(s, now, clusterToken)}, nil
}

// DatabaseToken is the password of a database user of Amazon RDS or Aurora that signs in with IAM, on one host and port.
// Nothing is sent.
// See https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.Connecting.html.
func DatabaseToken(ctx context.Context, s helper.Session, host string, port int, user, region string, now time.Time) (Token, error) {
	query := url.Values{"Action": {"connect"}, "DBUser": {user}, "X-Amz-Expires": {strconv.Itoa(int(databaseToken.Seconds()))}}
	address := url.URL{Scheme: "https", Host: net.JoinHostPort(host, strconv.Itoa(port)), Path: "/", RawQuery: query.Encode()}
	signed, err := presign(ctx, s, address.String(), nil, "rds-db", region, s.Signed(now))
	if err != nil {
		return Token{}, err
	}
	return Token{Text: signed[len("https://"):], Expires: ends(s, now, databaseToken)}, nil
}

// presign signs a GET request into its address.
func presign(ctx context.Context, s helper.Session, address string, headers http.Header, service, region string, at time.Time) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	if headers != nil {
		req.Header = headers
	}
	who := aws.Credentials{AccessKeyID: s.AccessKeyID, SecretAccessKey: s.SecretAccessKey, SessionToken: s.SessionToken}
	signed, _, err := v4.NewSigner().PresignHTTP(ctx, who, req, emptyBody, service, region, at)
	return signed, err
}

// ends is when a token ends: with the session that signed it, if not before.
func ends(s helper.Session, now time.Time, life time.Duration) time.Time {
	end := now.Add(life)
	if !s.Expires.IsZero() && s.Expires.Before(end) {
		end = s.Expires
	}
	return end.UTC().Truncate(time.Second)
}
