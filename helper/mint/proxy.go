package mint

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

var errProxy = errors.New("the proxy that HTTPS_PROXY names has no address that can be read")

// proxyOf is what the usual variables say. What is no address is not quoted: it may hold a password.
func proxyOf(req *http.Request) (*url.URL, error) {
	proxy, err := http.ProxyFromEnvironment(req)
	if err != nil {
		return nil, errProxy
	}
	return proxy, nil
}

// proxyRefusal is that a proxy lets nobody through.
type proxyRefusal struct {
	proxy  string // its host and port
	status int
}

func (e *proxyRefusal) Error() string {
	return fmt.Sprintf("the proxy %s answered with HTTP status %d", e.proxy, e.status)
}

func throughProxy(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyRefusal{proxy.Host, answer.StatusCode}
}

// hint says what to type.
func (e *proxyRefusal) hint() string {
	if e.status == http.StatusProxyAuthRequired {
		return "the proxy " + e.proxy + " wants a name and a password: HTTPS_PROXY takes them, as http://NAME:PASSWORD@HOST:PORT"
	}
	return "the proxy " + e.proxy + " lets nobody through to {host}: HTTPS_PROXY names another one, and NO_PROXY hosts that need none"
}
