package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"credmint/helper/forge"
	"credmint/helper/prompt"
	"credmint/helper/shellword"
)

// maxSecret bounds what is read of a file or of stdin.
const maxSecret = 64 << 10

type gitAppKeyCmd struct {
	Host  string `arg:"" help:"The host: github.com, or a GitHub Enterprise Server's."`
	AppID string `arg:"" help:"The app's id, or its client id."`
	File  string `xor:"from" type:"path" placeholder:"KEY.pem" help:"The file that GitHub let you download; it stays where it is."`
	Stdin bool   `xor:"from" help:"Read the key from stdin."`
}

// Run keeps the private key of a GitHub App.
func (c *gitAppKeyCmd) Run(ctx context.Context, a *app) error {
	host, err := secretHost(c.Host)
	if err != nil {
		return err
	}
	if c.File == "" && !c.Stdin {
		return &usageError{fmt.Errorf("say where the key is: --file KEY.pem or --stdin")}
	}
	in := a.stdin
	if c.File != "" {
		f, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	key, err := readSecret(in)
	if err == nil {
		_, err = forge.ParseAppKey(key)
	}
	if err != nil {
		return fmt.Errorf("read the key of GitHub App %s: %w", c.AppID, err)
	}
	if err := a.keepSecret(ctx, forge.AppKeyName(host, c.AppID), key); err != nil {
		return err
	}
	a.tell("kept the key of GitHub App %s at %s", c.AppID, host)
	if c.File != "" {
		a.tell("the file is there still: remove %s", c.File)
	}
	a.tell("tell git: git config --global %s %s", shellword.Quote("credential.https://"+host+".githubAppId"), shellword.Quote(c.AppID))
	a.tell("          git config --global %s true", shellword.Quote("credential.https://"+host+".useHttpPath"))
	return nil
}

type gitClientSecretCmd struct {
	Host     string `arg:"" help:"The host whose OAuth client it is."`
	ClientID string `arg:"" help:"The client's id."`
	Stdin    bool   `help:"Read the secret from stdin."`
}

// Run keeps the secret of an OAuth client, which need not stand in git's config then.
func (c *gitClientSecretCmd) Run(ctx context.Context, a *app) error {
	host, err := secretHost(c.Host)
	if err != nil {
		return err
	}
	var secret []byte
	if c.Stdin {
		secret, err = readSecret(a.stdin)
	} else {
		var typed string
		typed, err = a.asker.Ask(ctx, prompt.Question{Text: "credmint: the secret of client " + c.ClientID + " at " + host})
		secret = []byte(typed)
	}
	if secret = []byte(strings.TrimSpace(string(secret))); err == nil && len(secret) == 0 {
		err = prompt.ErrDeclined
	}
	if err != nil {
		return fmt.Errorf("read the client's secret: %w", err)
	}
	if err := a.keepSecret(ctx, forge.SecretName(host, c.ClientID), secret); err != nil {
		return err
	}
	a.tell("kept the secret of client %s at %s", c.ClientID, host)
	return nil
}

// secretHost is the host alone, as git names it.
func secretHost(text string) (string, error) {
	request, err := gitHost{Host: text}.request()
	if err == nil && (request.Protocol.Text() != "https" || request.Path.IsSet()) {
		err = &usageError{fmt.Errorf("%q is more than a host", text)}
	}
	return request.Host.Text(), err
}

func readSecret(in io.Reader) ([]byte, error) {
	secret, err := io.ReadAll(io.LimitReader(in, maxSecret+1))
	if err == nil && len(secret) > maxSecret {
		err = fmt.Errorf("it is longer than %d bytes", maxSecret)
	}
	return secret, err
}

func (a *app) keepSecret(ctx context.Context, name string, secret []byte) error {
	k, err := a.keychain()
	if err != nil {
		return err
	}
	return k.Set(ctx, name, secret, map[string]string{forge.AboutAdded: a.now().UTC().Format(time.RFC3339)})
}
