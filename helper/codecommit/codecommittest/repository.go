package codecommittest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Create makes an empty bare repository. Every host serves it.
func (s *Server) Create(repository string) error {
	dir := filepath.Join(s.repositories(), repository)
	cmd := exec.Command(s.git, "init", "--quiet", "--bare", "--initial-branch=main", "--", dir)
	cmd.Env = s.Env(s.config.Dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("create repository %q: %w: %s", repository, err, out)
	}
	return nil
}

// Env is an environment in which git reaches the server and reads the settings in home alone, and asks nobody. PATH and
// what the system needs are kept of the current one.
func (s *Server) Env(home string) []string {
	env := []string{
		"HOME=" + home, "USERPROFILE=" + home, "XDG_CONFIG_HOME=" + filepath.Join(home, ".config"),
		"GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.com",
	}
	settings := []string{"http.sslCAInfo", s.CAFile(), "http.proxy", s.ProxyURL()}
	if runtime.GOOS == "windows" { // there git trusts the system's store alone unless told to use OpenSSL
		settings = append(settings, "http.sslBackend", "openssl")
	}
	for i := 0; i < len(settings); i += 2 {
		env = append(env, fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", i/2, settings[i]), fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", i/2, settings[i+1]))
	}
	env = append(env, fmt.Sprintf("GIT_CONFIG_COUNT=%d", len(settings)/2))
	for _, entry := range os.Environ() {
		switch name, _, _ := strings.Cut(entry, "="); strings.ToUpper(name) {
		case "PATH", "SYSTEMROOT", "SYSTEMDRIVE", "PATHEXT", "COMSPEC", "TMPDIR", "TEMP", "TMP", "GOCOVERDIR":
			env = append(env, entry)
		}
	}
	return env
}

// Must is New for a test: it closes the server at the test's end, and skips the test where git is missing, or fails it
// if CI is "true".
func Must(t testing.TB, config Config) *Server {
	t.Helper()
	s, err := New(config)
	switch {
	case errors.Is(err, exec.ErrNotFound) && os.Getenv("CI") != "true":
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// MustCreate is Create for a test.
func (s *Server) MustCreate(t testing.TB, repository string) {
	t.Helper()
	if err := s.Create(repository); err != nil {
		t.Fatal(err)
	}
}
