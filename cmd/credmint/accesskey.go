package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"credmint/cmd/credmint/kept"
	"credmint/helper"
	"credmint/helper/plaintext"
	"credmint/helper/prompt"
	"credmint/keychain"
)

// read takes the key from where the person said.
func (c *addCmd) read(ctx context.Context, a *app) (helper.AccessKey, error) {
	var (
		key helper.AccessKey
		err error
	)
	switch {
	case c.Stdin:
		key, err = readLines(a.stdin)
	case c.CSV != "":
		key, err = readCSV(c.CSV)
	default:
		key, err = askKey(ctx, a.asker)
	}
	if err != nil {
		return helper.AccessKey{}, err
	}
	return key, checkKey(key)
}

func askKey(ctx context.Context, asker prompt.Asker) (key helper.AccessKey, err error) {
	if key.ID, err = asker.Ask(ctx, prompt.Question{Text: "AWS access key id", Echo: true}); err == nil {
		key.Secret, err = asker.Ask(ctx, prompt.Question{Text: "AWS secret access key"})
	}
	if errors.Is(err, prompt.ErrNobody) {
		return key, advise(err, "pipe the id and the secret, on two lines, into `credmint add --stdin`, or give --csv FILE")
	}
	return key, err
}

// maxKeyInput bounds what is read where a key is expected.
const maxKeyInput = 64 << 10

func readLines(r io.Reader) (helper.AccessKey, error) {
	var lines []string
	scanner := bufio.NewScanner(io.LimitReader(r, maxKeyInput))
	for scanner.Scan() {
		if text := strings.TrimSpace(scanner.Text()); text != "" {
			lines = append(lines, text)
		}
	}
	if err := scanner.Err(); err != nil {
		return helper.AccessKey{}, fmt.Errorf("read stdin: %w", err)
	}
	if len(lines) != 2 {
		return helper.AccessKey{}, fmt.Errorf("stdin has %d lines: give the key's id on one and its secret on the next", len(lines))
	}
	return helper.AccessKey{ID: lines[0], Secret: lines[1]}, nil
}

// readCSV reads the console's download: "Access key ID,Secret access key" today, and with "User name" and "Password"
// before them in older ones.
func readCSV(path string) (helper.AccessKey, error) {
	values, err := consoleCSV(path, "Access key ID", "Secret access key")
	if err != nil {
		return helper.AccessKey{}, err
	}
	return helper.AccessKey{ID: values[0], Secret: values[1]}, nil
}

// consoleCSV reads some columns of a file that the AWS console let somebody download.
func consoleCSV(path string, columns ...string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxKeyInput))
	if err != nil {
		return nil, err
	}
	return plaintext.ConsoleCSV(path, data, columns...)
}

// checkKey catches what people paste by mistake. Lengths are those of the API's reference for AccessKey; secrets have
// forty characters today.
func checkKey(key helper.AccessKey) error {
	switch {
	case strings.HasPrefix(key.ID, "ASIA"):
		return advise(errors.New("ASIA… is the id of temporary credentials, which end within hours"),
			"make a long-lived access key in IAM; its id begins with AKIA")
	case len(key.ID) < 16 || len(key.ID) > 128 || strings.Trim(key.ID, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "":
		return errors.New("that is no access key id: one looks like AKIAIOSFODNN7EXAMPLE")
	case len(key.Secret) < 16 || len(key.Secret) > 256:
		return errors.New("that is no secret access key: one has forty characters")
	}
	for _, c := range key.Secret {
		if c <= ' ' || c > '~' {
			return errors.New("that is no secret access key: it holds a character that none has")
		}
	}
	return nil
}

// keyRecord is what the keychain keeps of an access key: all of it, so that the index can be made again.
type keyRecord struct {
	helper.Unprinted

	ID      string `json:"access_key_id"`
	Secret  string `json:"secret_access_key"`
	Account string `json:"account,omitempty"`
	ARN     string `json:"arn,omitempty"`
	Created string `json:"created"` // when it was stored, RFC 3339, UTC
}

func (r keyRecord) encode() []byte {
	out, err := json.Marshal(r)
	if err != nil {
		panic(err) // five strings always marshal
	}
	return out
}

func decodeKey(value []byte) (r keyRecord, err error) {
	if json.Unmarshal(value, &r) != nil || r.ID == "" || r.Secret == "" {
		return keyRecord{}, keychain.ErrCorrupt
	}
	return r, nil
}

// about is what the index may say of it.
func (r keyRecord) about() map[string]string {
	return map[string]string{kept.AboutID: r.ID, kept.AboutAccount: r.Account, kept.AboutARN: r.ARN, kept.AboutCreated: r.Created}
}

func (r keyRecord) whose() string {
	if r.ARN == "" {
		return ""
	}
	return " (" + r.ARN + ")"
}
