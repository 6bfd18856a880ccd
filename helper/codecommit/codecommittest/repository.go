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
	// In the words that every git since 1.7 reads, and hands on to submodules.
	settings := fmt.Sprintf("'http.sslCAInfo=%s' 'http.proxy=%s'", s.CAFile(), s.ProxyURL())
	if runtime.GOOS == "windows" { // there git trusts the system's store alone unless told to use OpenSSL
		settings += " 'http.sslBackend=openssl'"
	}
	env = append(env, "GIT_CONFIG_PARAMETERS="+settings)
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
