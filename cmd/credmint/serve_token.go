package main

import (
	"cmp"
	"fmt"
	"path/filepath"

	"credmint/helper/atomicfile"
	"credmint/helper/serve"
)

// token reads the token that clients have, and makes one where there is none: it stays over restarts, and so do the clients.
// The file is a secret that is no more than this user's other programs could ask credmint for.
func (c *serveCmd) token(a *app) (token, path string, err error) {
	dir, err := a.kept.DataDir()
	if err != nil {
		return "", "", err
	}
	if path, err = filepath.Abs(cmp.Or(c.TokenFile, filepath.Join(dir, "serve-token"))); err != nil {
		return "", "", err
	}
	_, err = atomicfile.Edit(path, int64(serve.TokenSize), func(old []byte) ([]byte, error) {
		if old == nil {
			return []byte(serve.NewToken()), nil
		}
		return old, nil
	})
	if err != nil {
		return "", "", fmt.Errorf("make a token: %w", err)
	}
	data, err := atomicfile.ReadPrivate(path, int64(serve.TokenSize))
	switch {
	case err != nil:
		return "", "", fmt.Errorf("read the token: %w", err)
	case !serve.IsToken(string(data)): // botocore takes none with a line end
		return "", "", advise(fmt.Errorf("%s holds no token of credmint's", path), "remove it for a new one")
	}
	return string(data), path, nil
}
