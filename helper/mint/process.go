package mint

import (
	"context"
	"fmt"
	"io"
	"time"

	"credmint/helper"
	"credmint/helper/processcreds"
	"credmint/helper/program"
)

// maxDocument bounds what is read of a program: the document of the largest session is a few KiB.
const maxDocument = 64 << 10

// Process mints by running another program that speaks AWS's credential_process contract: without a shell, from an
// absolute path. It may ask a person on the terminal, where there is one.
// See https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html.
type Process struct {
	Now    func() time.Time
	Stderr io.Writer // where it talks to people
}

var _ helper.Source = (*Process)(nil)

// Session mints for a profile of kind helper.Process. Nothing that the program prints is in an error.
func (m *Process) Session(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	in, ok := p.Inputs.(*helper.ProcessCommand)
	if !ok || len(in.Command) == 0 {
		return helper.Session{}, fmt.Errorf("profile %q: it has no credential_process", p.Name)
	}
	environment := append(program.AWSEnvironment(), helper.ParentVariable+"="+in.Parents)
	document, err := runSetting(ctx, p, "credential_process", in.Command, maxDocument, m.Stderr, environment...)
	if err != nil {
		return helper.Session{}, fmt.Errorf("profile %q: %w", p.Name, err)
	}
	s, err := processcreds.Parse(document, m.Now())
	if err != nil {
		return helper.Session{}, fmt.Errorf("profile %q: %s%s: %w", p.Name, at(p, "credential_process"), in.Command[0], err)
	}
	return s, nil
}
