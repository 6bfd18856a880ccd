package main

import (
	"os"
	"path/filepath"
)

// scratch is a directory for what a program reads while it runs, made when it is first needed. Nothing secret goes there but
// what the person's own config file has in plain.
type scratch struct{ path string }

func (s *scratch) dir() (string, error) {
	if s.path != "" {
		return s.path, nil
	}
	path, err := os.MkdirTemp("", "credmint-exec-") // 0700
	s.path = path
	return path, err
}

func (s *scratch) write(name string, data []byte) (string, error) {
	dir, err := s.dir()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, name)
	return path, os.WriteFile(path, data, 0o400)
}

// seal lets nobody write there any more: what a person's `credmint add` wrote would be lost with the rest.
func (s *scratch) seal() error {
	if s.path == "" {
		return nil
	}
	return os.Chmod(s.path, 0o500)
}

func (s *scratch) remove() {
	if s.path != "" {
		_ = os.Chmod(s.path, 0o700)
		_ = os.RemoveAll(s.path)
	}
}
