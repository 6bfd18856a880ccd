package codecommittest

import (
	"bytes"
	"crypto/subtle"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/cgi"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// root is where CodeCommit keeps its repositories.
const root = "/v1/repos/"

func (s *Server) repositories() string { return filepath.Join(s.config.Dir, "repositories") }

// serve answers one request of git, by way of `git http-backend` once the login is found good.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	username, password, offered := r.BasicAuth()
	noted := Request{
		Method: r.Method, Scheme: "http", Host: r.Host, Path: r.URL.Path, Query: r.URL.RawQuery,
		Username: username, Password: password, Offered: r.Header.Get("Authorization") != "",
	}
	if r.TLS != nil {
		noted.Scheme = "https"
	}
	top := root
	if forge := s.config.Forges[r.Host]; forge != nil {
		if repositoryOf(r.URL.Path) == "" {
			forge.ServeHTTP(w, r)
			return
		}
		top = "/"
	}
	noted.Status = s.status(noted, top, offered)
	s.note(noted)
	switch noted.Status {
	case http.StatusOK:
		if s.lfs(w, r) {
			return
		}
		s.backend(w, r, strings.TrimSuffix(top, "/"), username)
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Basic realm="`+r.Host+`"`)
		fallthrough
	default:
		http.Error(w, http.StatusText(noted.Status), noted.Status)
	}
}

// status is what the request deserves, before git's own server side sees it.
func (s *Server) status(r Request, top string, offered bool) int {
	name := repositoryIn(r.Path)
	if !strings.HasPrefix(r.Path, top) || top == root && name == "" {
		return http.StatusNotFound
	}
	status := s.login(r, offered)
	if status == http.StatusOK && s.config.Denied[name] {
		return http.StatusForbidden
	}
	return status
}

// repositoryIn is the repository that a path leads to or into, and empty where it leads to none.
func repositoryIn(path string) string {
	name, ok := strings.CutPrefix(path, root)
	if !ok {
		return ""
	}
	name, _, _ = strings.Cut(name, "/")
	return strings.TrimSuffix(name, ".git") // which git-lfs adds
}

// login is the status that the login deserves. libcurl's first try of a URL with a user name has an empty password,
// which counts as none. AWS says 403 to a bad signature; an ordinary host says 401 to a bad password.
func (s *Server) login(r Request, offered bool) int {
	if !offered || r.Password == "" {
		return http.StatusUnauthorized
	}
	if forge := s.config.Forges[r.Host]; forge != nil {
		if r.Scheme == "https" && forge.Login(repositoryOf(r.Path), r.Username, r.Password) {
			return http.StatusOK
		}
		return http.StatusUnauthorized
	}
	want, known := s.config.Users[r.Host][r.Username]
	if known && subtle.ConstantTimeCompare([]byte(want), []byte(r.Password)) == 1 {
		return http.StatusOK
	}
	region, signed := s.config.Signed[strings.TrimSuffix(r.Host, ":443")]
	if !signed || r.Scheme != "https" {
		return http.StatusUnauthorized
	}
	if !known && s.verify(r, region) == nil {
		return http.StatusOK
	}
	return http.StatusForbidden
}

// repositoryOf is the repository of a request of git's, or of Git LFS, and empty for any other.
func repositoryOf(path string) string {
	if repository, _, ok := strings.Cut(path, "/info/lfs/"); ok {
		return strings.TrimPrefix(repository, "/")
	}
	for _, service := range []string{"/info/refs", "/git-upload-pack", "/git-receive-pack"} {
		if repository, ok := strings.CutSuffix(path, service); ok {
			return strings.TrimPrefix(repository, "/")
		}
	}
	return ""
}

// backend runs git's own server side, for repositories below top.
func (s *Server) backend(w http.ResponseWriter, r *http.Request, top, user string) {
	if r.ContentLength < 0 { // git sends a large push in chunks, which CGI has no words for
		body, err := io.ReadAll(io.LimitReader(r.Body, 64<<20))
		if err != nil {
			http.Error(w, "read body", http.StatusBadRequest)
			return
		}
		r.Body, r.ContentLength, r.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
	}
	home := filepath.Join(s.config.Dir, "server-home") // which need not exist: no settings of whoever runs the test
	name, _, _ := strings.Cut(user, "%")
	r.Header.Del("Authorization")
	(&cgi.Handler{
		Path: s.git, Args: []string{"http-backend"}, Root: top, Dir: s.repositories(),
		Env: []string{
			"GIT_PROJECT_ROOT=" + s.repositories(), "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=" + name,
			"GIT_CONFIG_NOSYSTEM=1", "HOME=" + home, "XDG_CONFIG_HOME=" + home, "GIT_TERMINAL_PROMPT=0",
		},
		Logger: log.New(silence{}, "", 0), Stderr: os.Stderr,
	}).ServeHTTP(w, r)
}

// proxy takes every host of CONNECT for the server, and answers plain http itself, where nothing is served to anybody.
func (s *Server) proxy(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		s.serve(w, r)
		return
	}
	server, err := net.DialTimeout("tcp", s.addr[0], 5*time.Second)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer server.Close()
	client, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer client.Close()
	if _, err := io.WriteString(client, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
		return
	}
	go func() {
		_, err := io.Copy(server, buffered)
		_ = errors.Join(err, server.Close()) // git has hung up: so do we
	}()
	_, _ = io.Copy(client, server)
}
