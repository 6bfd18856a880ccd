package kept

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"credmint/helper"
	"credmint/helper/codecommit"
	"credmint/helper/gitcred"
	"credmint/helper/gitsecret"
)

// errMain says that there is more to do than to look into what is kept.
var errMain = errors.New("this is for main to answer")

// Git returns what `git get` prints, and nil where it would print nothing, or there is anything else to be done or said. It
// is put together of the very parts that main's answer is, and of none that could ask a person, git, or anybody else.
func Git(w *World, line string, in io.Reader) []byte {
	var out bytes.Buffer
	silent := true
	warn := func(error) { silent = false }
	err := gitcred.Serve(context.Background(), "get", in, &out, &codecommit.Helper{
		Signers: Signers{World: w, Line: line, Answer: w.signing, Warn: warn},
		Saved: gitsecret.Helper{
			Next:   whole{w.Logins()},
			Places: func() ([]gitsecret.Place, error) { return w.GitSecrets(warn) },
			Read:   func(context.Context, gitsecret.Place) (string, time.Time, error) { return "", time.Time{}, errMain },
			Warn:   warn, Ambient: w.Getenv("AWS_PROFILE"),
		},
		Now: w.Now,
	})
	if err != nil || !silent || out.Len() == 0 {
		return nil
	}
	return out.Bytes()
}

// signing is a session that is kept, and may sign by this machine's clock.
func (w *World) signing(ctx context.Context, profile string) (helper.Session, error) {
	s, err := w.session(ctx, profile)
	if err == nil && s.Ahead != 0 { // the clock may have been set since: main asks
		err = errMain
	}
	return s, err
}

// whole are the stored logins that open something. Where there is none a host may have a token to give, as git's config
// says.
type whole struct{ gitcred.Saved }

func (w whole) Get(ctx context.Context, request gitcred.Credential) (gitcred.Credential, error) {
	login, err := w.Saved.Get(ctx, request)
	if err == nil && !login.Password.IsSet() && !login.Credential.IsSet() {
		err = errMain
	}
	return login, err
}

var _ gitcred.Secrets = Secrets{}

// Logins are those that the keychain has.
func (w *World) Logins() gitcred.Saved { return gitcred.Saved{Secrets: Secrets{w}, Now: w.Now} }

// GitSecrets are the places of git passwords in AWS Secrets Manager that the shared AWS files name. A line that is wrong is
// told, and serves nobody.
func (w *World) GitSecrets(warn func(error)) ([]gitsecret.Place, error) {
	config, err := w.Config()
	if err != nil {
		return nil, err
	}
	settings, err := config.Each(gitsecret.Setting)
	var places []gitsecret.Place
	for _, set := range settings {
		p, err := gitsecret.Parse(set)
		if err != nil {
			warn(err)
			continue
		}
		places = append(places, p)
	}
	return places, err
}
