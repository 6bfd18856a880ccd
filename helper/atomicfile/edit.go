package atomicfile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"credmint/helper/filename"
)

// maxEdits is how often Edit begins anew when other programs write to the file meanwhile.
const maxEdits = 5

// Edit replaces the content of a file that belongs to a person by what change makes of it, and reports whether that is
// anything else. Symbolic links are followed, since people keep such files elsewhere and link to them; the mode stays. A
// missing file is nil to change, and is made with mode 0600, its directory with 0700. On error the file is as it was.
//
// change may be called again, with the newer content, when another program has written to the file in between; what
// that wrote is lost only if it happens in the instant of the rename.
func Edit(path string, limit int64, change func(old []byte) ([]byte, error)) (changed bool, err error) {
	path, mode, err := target(path)
	if err != nil {
		return false, err
	}
	for range maxEdits {
		old, err := readOrNone(path, limit)
		if err != nil {
			return false, err
		}
		content, err := change(bytes.Clone(old))
		if err != nil || bytes.Equal(content, old) {
			return false, err
		}
		done, err := replace(path, old, content, limit, mode)
		if done || err != nil {
			return done, err
		}
	}
	return false, fmt.Errorf("edit %s: other programs keep writing to it", path)
}

// replace writes the successor of a file whose content is still old, and else reports false.
func replace(path string, old, content []byte, limit int64, mode fs.FileMode) (bool, error) {
	if old == nil {
		if err := os.MkdirAll(filename.Dir(path), 0o700); err != nil {
			return false, err
		}
	}
	temp, err := successor(path, content, mode, synced)
	if err != nil {
		return false, err
	}
	now, err := readOrNone(path, limit)
	if err != nil || !bytes.Equal(now, old) || (now == nil) != (old == nil) {
		_ = os.Remove(temp)
		return false, err
	}
	return true, succeed(temp, path, synced)
}

// target is the file itself that a path leads to, and its mode.
func target(path string) (string, fs.FileMode, error) {
	resolved, err := filename.Resolve(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, e := os.Lstat(path); e == nil {
			return "", 0, fmt.Errorf("%s is a symbolic link to nowhere", path)
		}
		return path, 0o600, nil
	}
	if err != nil {
		return "", 0, err
	}
	info, err := os.Stat(resolved)
	if err != nil {
		return "", 0, err
	}
	return resolved, info.Mode().Perm(), nil
}

func readOrNone(path string, limit int64) ([]byte, error) {
	data, err := ReadLinked(path, limit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && data == nil {
		data = []byte{}
	}
	return data, err
}
