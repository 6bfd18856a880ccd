package mint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"credmint/helper"
	"credmint/helper/redact"
)

// What one request may take. The SDK's own defaults wait longer than callers of a credential_process do.
const (
	requestTimeout = 10 * time.Second
	connectTimeout = 5 * time.Second
	maxBody        = 1 << 20 // STS's answers are a few KiB
	maxAttempts    = 4
	maxBackoff     = time.Second
)

// Network makes the HTTP clients of one process. The links of a chain that are called in the same way share a
// connection, and the trust store is read once.
type Network struct {
	// Watch is told of each request that is sent, and returns what is to be called once it is answered; nil: nobody cares.
	Watch func(host string) (answered func())

	mu      sync.Mutex
	clients map[helper.Client]func() (*http.Client, error)
	ahead   map[helper.Client]*atomic.Int64 // how far the clock of who answers each of them is: see dated
}

// wayOf is what tells one client from another.
func wayOf(p *helper.Profile) helper.Client {
	return helper.Client{Endpoint: p.Client.Endpoint, CABundle: p.Client.CABundle}
}

// client is the HTTP client for a profile.
func (n *Network) client(p *helper.Profile) (*http.Client, error) {
	c, err := n.making(p)()
	if err != nil {
		return nil, fmt.Errorf("profile %q: %w", p.Name, err)
	}
	return c, nil
}

// prepare begins to make a profile's client, for a caller that has something else to ask first: to read the trust store may
// take longer than that.
func (n *Network) prepare(p *helper.Profile) {
	making := n.making(p)
	go func() { _, _ = making() }()
}

// making makes a profile's client when it is first called, once.
func (n *Network) making(p *helper.Profile) func() (*http.Client, error) {
	way := wayOf(p)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.clients[way] == nil {
		if n.clients == nil {
			n.clients, n.ahead = map[helper.Client]func() (*http.Client, error){}, map[helper.Client]*atomic.Int64{}
		}
		ahead := new(atomic.Int64)
		n.ahead[way] = ahead
		n.clients[way] = sync.OnceValues(func() (*http.Client, error) {
			c, err := newHTTPClient(way)
			if err != nil {
				return nil, err
			}
			c.Transport = dated{c.Transport, ahead}
			if n.Watch != nil {
				c.Transport = watched{c.Transport, n.Watch}
			}
			return c, nil
		})
	}
	return n.clients[way]
}

// watched tells of each request.
type watched struct {
	http.RoundTripper
	watch func(host string) (answered func())
}

func (w watched) RoundTrip(req *http.Request) (*http.Response, error) {
	defer w.watch(req.URL.Host)()
	return w.RoundTripper.RoundTrip(req)
}

// config is built from the profile alone and never by the SDK's own configuration loader: that one would read the
// credential_process line that started us, and start us again. Requests are signed with s; those of operations that take
// no signature are not.
func (n *Network) config(p *helper.Profile, s helper.Session) (aws.Config, error) {
	httpClient, err := n.client(p)
	if err != nil {
		return aws.Config{}, err
	}
	c := aws.Config{
		Region:     p.Client.Region,
		HTTPClient: httpClient,
		Retryer:    func() aws.Retryer { return retryer(false) },
		AppID:      "credmint",
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: s.AccessKeyID, SecretAccessKey: s.SecretAccessKey, SessionToken: s.SessionToken}, nil
		}),
	}
	if p.Client.Endpoint != "" {
		c.BaseEndpoint = aws.String(p.Client.Endpoint)
	}
	return c, nil
}

// variant picks the FIPS and dual-stack hosts of a region, where no endpoint is given.
func variant(p *helper.Profile) (fips aws.FIPSEndpointState, dual aws.DualStackEndpointState) {
	if p.Client.Endpoint != "" {
		return fips, dual
	}
	return switched(p.Client.FIPS, aws.FIPSEndpointStateEnabled), switched(p.Client.DualStack, aws.DualStackEndpointStateEnabled)
}

func (n *Network) sts(p *helper.Profile, s helper.Session) (*sts.Client, error) {
	c, err := n.config(p, s)
	if err != nil {
		return nil, err
	}
	global := isGlobal(p)
	if global {
		c.BaseEndpoint, c.Region = aws.String(globalSTS), globalRegion
	}
	return sts.NewFromConfig(c, func(o *sts.Options) {
		if !global {
			o.EndpointOptions.UseFIPSEndpoint, o.EndpointOptions.UseDualStackEndpoint = variant(p)
		}
	}), nil
}

// The endpoint of STS that sts_regional_endpoints = legacy chooses, and the region that its requests are signed for.
const (
	globalSTS    = "https://sts.amazonaws.com"
	globalRegion = "us-east-1"
)

func isGlobal(p *helper.Profile) bool {
	return p.Client.Endpoint == "" && p.Client.GlobalEndpoint && p.Partition() == "aws"
}

// stsEndpoint is where requests to STS that somebody else sends are sent to, and the region that they are signed for.
func stsEndpoint(ctx context.Context, p *helper.Profile) (endpoint, region string, err error) {
	switch {
	case p.Client.Endpoint != "":
		return strings.TrimSuffix(p.Client.Endpoint, "/"), p.Client.Region, nil
	case isGlobal(p):
		return globalSTS, globalRegion, nil
	}
	host, err := stsHost(ctx, p.Client)
	return "https://" + host, p.Client.Region, err
}

func switched[T any](on bool, enabled T) (state T) {
	if on {
		return enabled
	}
	return state
}

// retries is the option of one call. A request that carries an MFA code is sent again only when AWS throttled it, before
// it looked at the code: AWS takes a code once, so after any other failure it may be spent.
func retries(withCode bool) func(*sts.Options) {
	return func(o *sts.Options) { o.Retryer = retryer(withCode) }
}

// retryer begins no attempt when what one request may take is over: who cannot connect is told so after ten seconds, and
// not after four times that. It is made for one call, when that begins.
func retryer(throttlingOnly bool) aws.Retryer {
	return inTime{standard(throttlingOnly), time.Now().Add(requestTimeout)}
}

// inTime retries until a time.
type inTime struct {
	*retry.Standard
	until time.Time
}

func (r inTime) IsErrorRetryable(err error) bool {
	return time.Now().Before(r.until) && r.Standard.IsErrorRetryable(err)
}

func standard(throttlingOnly bool) *retry.Standard {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff = maxAttempts, maxBackoff
		if throttlingOnly {
			o.Retryables = []retry.IsErrorRetryable{
				retry.RetryableErrorCode{Codes: retry.DefaultThrottleErrorCodes},
				// what the sign-ins of Identity Center and of the console call it
				retry.RetryableErrorCode{Codes: map[string]struct{}{"SlowDownException": {}, "TooManyRequestsError": {}}},
			}
		}
	})
}

// newHTTPClient follows no redirect (it would carry credentials elsewhere), honours the usual proxy variables, and
// bounds time and size. Plain http is for services of this machine, which no proxy can reach.
func newHTTPClient(c helper.Client) (*http.Client, error) {
	config, err := tlsConfig(c)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		DialContext:           (&net.Dialer{Timeout: connectTimeout}).DialContext,
		TLSClientConfig:       config,
		TLSHandshakeTimeout:   connectTimeout,
		ResponseHeaderTimeout: requestTimeout,
		ForceAttemptHTTP2:     false, // one request needs no multiplexing
		DisableCompression:    true,
	}
	if !strings.HasPrefix(c.Endpoint, "http://") {
		transport.Proxy, transport.OnProxyConnectResponse = proxyOf, throughProxy
	}
	return &http.Client{
		Transport:     bounded{redact.Transport{Next: transport}},
		Timeout:       requestTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// errTooLong is the error of an answer that STS would not give.
var errTooLong = errors.New("the answer is longer than 1 MiB")

// bounded lets at most maxBody bytes of each answer through.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	noteRequest(resp)
	resp.Body = &boundedBody{ReadCloser: resp.Body, left: maxBody}
	return resp, nil
}

type boundedBody struct {
	io.ReadCloser
	left int
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if len(p) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= n; b.left < 0 {
		return 0, errTooLong
	}
	return n, err
}
