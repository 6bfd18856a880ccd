package security

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"credmint/helper/program"
	"credmint/keychain"
)

// maxOutput is more than any item that credmint writes, and than what `security` says of one that it has removed.
const maxOutput = 64 << 10

// maxSays is as much of stderr as is looked at.
const maxSays = 16 << 10

// needed are the variables that the program gets: whose keychain it is, and which session's windows it may open.
var needed = []string{"HOME", "USER", "LOGNAME", "TMPDIR", "SECURITYSESSIONID", "__CF_USER_TEXT_ENCODING"}

// run returns what the program prints on stdout. An error wraps one of package keychain's.
func (s *store) run(ctx context.Context, stdin string, args ...string) (string, error) {
	if !filepath.IsAbs(s.program) {
		return "", fmt.Errorf("%w: %q is no absolute path", keychain.ErrUnavailable, s.program)
	}
	path, err := program.Find(s.program)
	if err != nil {
		return "", away(err)
	}
	patience := unattended
	if s.attended() {
		patience = attended
	}
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("no answer in %s", patience))
	defer cancel()
	cmd := program.Command(ctx, path, args...)
	cmd.Env = slices.DeleteFunc(cmd.Env, func(e string) bool {
		name, _, _ := strings.Cut(e, "=")
		return !slices.Contains(needed, name)
	})
	cmd.Stdin = strings.NewReader(stdin)
	var says beginning
	cmd.Stderr = &says
	out, err := program.Output(ctx, cmd, maxOutput)
	var (
		failed      *program.Failed
		interrupted *program.Interrupted
	)
	switch {
	case err == nil:
		return string(out), explain(0, string(says))
	case errors.As(err, &failed) && failed.Code > 0:
		return "", explain(failed.Code, string(says))
	case errors.As(err, &interrupted):
		return "", fmt.Errorf("%w: %w", keychain.ErrDeclined, err)
	case ctx.Err() != nil:
		return "", keychain.Advise(fmt.Errorf("%w: %w", keychain.ErrTimeout, err), hintAway)
	}
	return "", away(err)
}

// beginning is the first bytes of what is written to it.
type beginning []byte

func (b *beginning) Write(p []byte) (int, error) {
	*b = append(*b, p[:min(len(p), maxSays-len(*b))]...)
	return len(p), nil
}
