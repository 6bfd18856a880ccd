package forge

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"credmint/helper/atomicfile"
	"credmint/helper/redact"
)

// What one request may take, and what is read of files.
const (
	requestTimeout = 10 * time.Second
	connectTimeout = 5 * time.Second
	maxBody        = 1 << 20
	maxBundle      = 16 << 20 // of certificates: sixty times what Mozilla trusts
)

// Network reaches hosts as git does: through its proxy, trusting whom it trusts. It follows no redirect, which would carry
// a secret elsewhere, and bounds time and size. What git is told to trust unseen (http.sslVerify) it does not.
type Network struct {
	Getenv    func(string) string
	Home      string            // for paths of git's config that begin with "~/"
	Transport http.RoundTripper // instead of the network; nil: none
}

// context is for oauth2, which finds its HTTP client in there.
func (n Network) context(ctx context.Context, config Config, address string) (context.Context, error) {
	client, err := n.client(ctx, config, address)
	return context.WithValue(ctx, oauth2.HTTPClient, client), err
}

func (n Network) client(ctx context.Context, config Config, address string) (*http.Client, error) {
	transport := n.Transport
	if transport == nil {
		found, err := config.Match(ctx, "http", address)
		if err != nil {
			return nil, err
		}
		if transport, err = n.transport(found); err != nil {
			return nil, err
		}
	}
	return &http.Client{
		Transport:     bounded{redact.Transport{Next: vetted{transport}}},
		Timeout:       requestTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// transport heeds http.proxy and http.sslCAInfo, in whose place GIT_SSL_CAINFO may stand.
func (n Network) transport(found map[string]string) (*http.Transport, error) {
	t := &http.Transport{
		Proxy:                 proxyOf,
		DialContext:           (&net.Dialer{Timeout: connectTimeout}).DialContext,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   connectTimeout,
		ResponseHeaderTimeout: requestTimeout,
		DisableCompression:    true,
	}
	if address, ok := found["proxy"]; ok {
		proxy, err := parseProxy(address)
		if err != nil {
			return nil, err
		}
		t.Proxy = http.ProxyURL(proxy)
	}
	file := cmp.Or(n.Getenv("GIT_SSL_CAINFO"), found["sslcainfo"])
	if file == "" {
		return t, nil
	}
	if rest, ok := strings.CutPrefix(file, "~/"); ok {
		file = filepath.Join(n.Home, rest)
	}
	pem, err := atomicfile.ReadLinked(file, maxBundle)
	if err != nil {
		return nil, fmt.Errorf("read git's http.sslCAInfo: %w", err)
	}
	t.TLSClientConfig.RootCAs = x509.NewCertPool()
	if !t.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("git's http.sslCAInfo: %s has no certificate", file)
	}
	return t, nil
}

// proxyOf is what the usual variables say. What is no address is not quoted: it may hold a password.
func proxyOf(req *http.Request) (*url.URL, error) {
	proxy, err := http.ProxyFromEnvironment(req)
	if err != nil {
		return nil, errors.New("the proxy that HTTPS_PROXY names has no address that can be read")
	}
	return proxy, nil
}

// parseProxy returns nil for the empty proxy, which is git's word for none.
func parseProxy(address string) (*url.URL, error) {
	if address == "" {
		return nil, nil
	}
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, errors.New("git's http.proxy is no address") // not quoted: it may hold a password
	}
	return u, nil
}

// bounded lets at most maxBody bytes of each answer through.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxBody), resp.Body}
	return resp, nil
}

// vetted says what to do about a certificate that is not trusted.
type vetted struct{ http.RoundTripper }

func (v vetted) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := v.RoundTripper.RoundTrip(req)
	if errors.As(err, new(*tls.CertificateVerificationError)) {
		return nil, &Untrusted{req.URL.Host, err}
	}
	return resp, err
}

// Untrusted is that whoever answers has a certificate which is not the host's, or which nobody trusted has signed.
type Untrusted struct {
	Host string
	err  error
}

func (e *Untrusted) Error() string { return e.err.Error() }

func (e *Untrusted) Unwrap() error { return e.err }

// Hint says which setting names whom to trust.
func (e *Untrusted) Hint() string {
	return "something between here and " + e.Host + " answers in its place, such as a proxy that reads along: name its authority with git's http.sslCAInfo"
}
