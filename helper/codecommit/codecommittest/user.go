package codecommittest

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
)

// KeepsUser reports whether the git on PATH remembers the user name of a URL when it asks its helpers. With libcurl 8.23
// it does not: libcurl tells the URL without it, which git takes for a redirect (https://github.com/curl/curl/pull/23016).
var KeepsUser = sync.OnceValue(func() bool {
	challenge := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
		w.WriteHeader(http.StatusUnauthorized)
	})
	server := httptest.NewServer(challenge)
	defer server.Close()
	cmd := exec.Command("git", "-c", "credential.helper=", "-c", "credential.helper=!f() { cat >&2; echo quit=1; }; f",
		"-c", "http.proxy=", "ls-remote", strings.Replace(server.URL, "://", "://probe@", 1)+"/x")
	cmd.Env = append(cmd.Environ(), "GIT_TERMINAL_PROMPT=0")
	out, _ := cmd.CombinedOutput() // it fails: we have asked for that
	return strings.Contains(string(out), "username=probe")
})

// WithUser returns git's arguments with the user name of a URL among them in a setting as well, where git needs that.
func WithUser(args []string) []string {
	for _, arg := range args {
		_, rest, found := strings.Cut(arg, "https://")
		user, _, named := strings.Cut(rest, "@")
		if found && named && !strings.ContainsAny(user, ":/%") && !KeepsUser() {
			return append([]string{"-c", "credential.username=" + user}, args...)
		}
	}
	return args
}
