package forge_test

import (
	"crypto/tls"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"credmint/helper/forge"
)

// HTTP/2 is offered to nobody, so that a build which has it behaves like the released one, which has not.
func TestNoHTTP2(t *testing.T) {
	hellos := make(chan []string, 10)
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.EnableHTTP2 = true
	server.TLS = &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		hellos <- hello.SupportedProtos
		return nil, nil
	}}
	server.StartTLS()
	defer server.Close()
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(bundle, block, 0o600); err != nil {
		t.Fatal(err)
	}
	network := forge.Network{Getenv: func(name string) string { return map[string]string{"GIT_SSL_CAINFO": bundle}[name] }}
	client, err := network.Client(t.Context(), settings{}, server.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if offered := <-hellos; slices.Contains(offered, "h2") {
		t.Errorf("offered %q", offered)
	}
}
