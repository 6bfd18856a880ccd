package plaintext

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"credmint/helper"
	"credmint/helper/atomicfile"
)

// KeyCSV is the file with one access key that the AWS console lets somebody download, once.
type KeyCSV struct {
	Path    string
	Profile string // that gets the key
	Keys    Keys
}

var _ Source = (*KeyCSV)(nil)

// Name is what a person types.
func (s *KeyCSV) Name() string { return s.Path }

// CSVProfile is the name of the user in the name that the console gives the file: "alice" for "alice_accessKeys.csv".
func CSVProfile(path string) string {
	name, _, ok := strings.Cut(filepath.Base(path), "_accessKeys")
	if !ok {
		return ""
	}
	return name
}

// Find reads the key.
func (s *KeyCSV) Find(context.Context) ([]Found, error) {
	key, err := s.read()
	if err != nil {
		return nil, err
	}
	f := foundKey(s.Profile, key, "", s.Keys)
	f.Where, f.Line = s.Path, 2
	return []Found{f}, nil
}

func (s *KeyCSV) read() (helper.AccessKey, error) {
	data, err := atomicfile.ReadLinked(s.Path, maxFile)
	if err != nil {
		return helper.AccessKey{}, err
	}
	values, err := ConsoleCSV(s.Path, data, "Access key ID", "Secret access key")
	if err != nil {
		return helper.AccessKey{}, err
	}
	return helper.AccessKey{ID: values[0], Secret: values[1]}, nil
}

// ConsoleCSV is the values of some columns in the text of a file that the AWS console let somebody download: a row of names,
// and one of values. A byte order mark may stand in front. path is for errors.
func ConsoleCSV(path string, data []byte, columns ...string) ([]string, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	r.FieldsPerRecord, r.TrimLeadingSpace = -1, true
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s is not the console's CSV file", path)
	}
	if len(rows) != 2 {
		return nil, fmt.Errorf("%s has %d rows: one of names and one of values are expected", path, len(rows))
	}
	values := make([]string, len(columns))
	for i, column := range columns {
		at := slices.IndexFunc(rows[0], func(name string) bool { return strings.EqualFold(strings.TrimSpace(name), column) })
		if at >= 0 && at < len(rows[1]) {
			values[i] = strings.TrimSpace(rows[1][at])
		}
	}
	if slices.Contains(values, "") {
		return nil, fmt.Errorf("%s has no columns %q", path, columns)
	}
	return values, nil
}

// Remove removes the whole file, if it holds the key still.
func (s *KeyCSV) Remove(_ context.Context, taken []Found) error {
	keys, err := keysOf(taken)
	if err != nil {
		return err
	}
	switch key, err := s.read(); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(keys) != 1 || keys[0].key != key:
		return fmt.Errorf("%s holds another key by now", s.Path)
	}
	return atomicfile.Remove(s.Path)
}
