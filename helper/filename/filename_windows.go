package filename

import "path/filepath"

// Join is filepath.Join.
func Join(elements ...string) string { return filepath.Join(elements...) }

// Dir is filepath.Dir.
func Dir(name string) string { return filepath.Dir(name) }

// Base is filepath.Base.
func Base(name string) string { return filepath.Base(name) }

// ToSlash is filepath.ToSlash.
func ToSlash(name string) string { return filepath.ToSlash(name) }

// IsAbs is filepath.IsAbs.
func IsAbs(name string) bool { return filepath.IsAbs(name) }

// Resolve follows a file that is a symbolic link to the file itself, which is there.
func Resolve(name string) (string, error) { return filepath.EvalSymlinks(name) }
