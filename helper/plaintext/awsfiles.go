package plaintext

import (
	"context"

	"credmint/helper/awsconfig"
)

// AWSFiles is AWS's shared files: ~/.aws/credentials, and ~/.aws/config where keys stand there.
// See https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html.
type AWSFiles struct {
	Load func() (*awsconfig.Config, error) // reads both files
	Keys Keys
}

var _ Source = (*AWSFiles)(nil)

// Name is what a person types.
func (s *AWSFiles) Name() string { return "aws-credentials" }

// Find takes the keys as the SDKs read them. Temporary ones stay, and those that programs need where they are.
func (s *AWSFiles) Find(context.Context) ([]Found, error) {
	config, err := s.Load()
	if err != nil {
		return nil, err
	}
	keys, err := config.PlainKeys()
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, k := range keys {
		f := foundKey(k.Profile, k.Key, k.Stays, s.Keys)
		f.Where, f.Line = k.File, k.Line
		found = append(found, f)
	}
	return found, nil
}

// Remove takes the lines of the keys out of both files.
func (s *AWSFiles) Remove(_ context.Context, taken []Found) error {
	config, err := s.Load()
	if err != nil {
		return err
	}
	if _, err := keysOf(taken); err != nil {
		return err
	}
	var paths []string
	files := map[string][]awsconfig.PlainKey{}
	for _, f := range taken {
		if k, ok := f.Secret.(accessKey); ok {
			if files[f.Where] == nil {
				paths = append(paths, f.Where)
			}
			files[f.Where] = append(files[f.Where], awsconfig.PlainKey{Profile: k.profile, Key: k.key})
		}
	}
	for _, path := range paths {
		if err := config.RemoveKeys(path, files[path]); err != nil {
			return err
		}
	}
	return nil
}
