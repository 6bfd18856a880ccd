package mint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"credmint/helper"
	"credmint/helper/program"
)

// assumed is the session of a role that somebody asked to assume.
func assumed(p *helper.Profile, role string, c *types.Credentials, user *types.AssumedRoleUser, at moment) (helper.Session, error) {
	s, err := session(p, c, at)
	if err != nil {
		return helper.Session{}, err
	}
	s.AccountID = helper.AccountOf(role)
	if user != nil {
		if err := sameAccount(p, role, aws.ToString(user.Arn)); err != nil {
			return helper.Session{}, err
		}
	}
	return s, nil
}

// sameAccount refuses credentials for somebody else than was asked for. Servers other than AWS's leave the ARN out.
func sameAccount(p *helper.Profile, role, assumed string) error {
	if assumed == "" || helper.AccountOf(assumed) == helper.AccountOf(role) {
		return nil
	}
	return fmt.Errorf("profile %q: asked for %s, AWS answered for %s", p.Name, role, assumed)
}

// proofTimeout is how long a program may take to print a token or an assertion when a person is there to answer it.
// Callers of a credential_process give us less.
const proofTimeout = 5 * time.Minute

// runSetting runs the program of a setting, and returns what it prints: most bytes at most. It may ask a person on the
// terminal, where there is one. Nothing of what it prints is in an error. environment, where it is given, is all that the
// program has of one.
func runSetting(ctx context.Context, p *helper.Profile, setting string, command []string, most int, stderr io.Writer, environment ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, proofTimeout, errors.New("it did not answer in time"))
	defer cancel()
	path, err := program.Find(command[0])
	if err != nil {
		return nil, fmt.Errorf("%s%w", at(p, setting), err)
	}
	cmd := program.Command(ctx, path, command[1:]...)
	cmd.Stderr = stderr
	if environment != nil {
		cmd.Env = environment
	}
	out, err := program.Output(ctx, cmd, most)
	if err != nil {
		return nil, fmt.Errorf("%s%w", at(p, setting), err)
	}
	return out, nil
}

// at says where a profile's setting stands, as the beginning of an error: "/home/me/.aws/config:12: saml_process: ".
func at(p *helper.Profile, setting string) string {
	s, found := settingOf(p, setting)
	switch {
	case !found:
		return setting + ": "
	case s.Line == 0:
		return s.File + ": " + s.Name + ": "
	}
	return fmt.Sprintf("%s:%d: %s: ", s.File, s.Line, s.Name)
}

// settingPlace is a setting in a hint, and where it stands, or belongs where the profile has none:
// "`credmint_external_id` (/home/me/.aws/config:12)".
func settingPlace(p *helper.Profile, setting string) string {
	s, found := settingOf(p, setting)
	switch {
	case !found:
		return "`credmint_" + setting + "` in [profile " + p.Name + "]"
	case s.Line == 0:
		return "`" + s.Name + "` (" + s.File + ")"
	}
	return fmt.Sprintf("`%s` (%s:%d)", s.Name, s.File, s.Line)
}

// settingOf finds what a profile was resolved from by its plain name.
func settingOf(p *helper.Profile, setting string) (helper.Setting, bool) {
	for _, s := range p.Settings {
		if strings.TrimPrefix(s.Name, "credmint_") == setting {
			return s, true
		}
	}
	return helper.Setting{}, false
}

// withProof adds to AWS's refusal what the refused proof says of itself.
func withProof(err error, says string) error {
	var refused *Error
	if errors.As(err, &refused) {
		refused.proof = says
	}
	return err
}

// proofNote is the end of a hint.
func (e *Error) proofNote() string {
	if e.proof == "" {
		return ""
	}
	return "; " + e.proof
}
