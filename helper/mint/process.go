package mint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"credmint/helper"
	"credmint/helper/processcreds"
	"credmint/helper/program"
)

// What another program may take. A whole call has 50 seconds, and the document of the largest session is a few KiB.
const (
	processTimeout = 45 * time.Second
	maxDocument    = 64 << 10
)

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
	document, err := m.run(ctx, in)
	if err != nil {
		return helper.Session{}, fmt.Errorf("profile %q: credential_process: %w", p.Name, err)
	}
	s, err := processcreds.Parse(document, m.Now())
	if err != nil {
		return helper.Session{}, fmt.Errorf("profile %q: credential_process: %s: %w", p.Name, in.Command[0], err)
	}
	return s, nil
}

func (m *Process) run(ctx context.Context, in *helper.ProcessCommand) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, processTimeout, errors.New("it did not answer in time"))
	defer cancel()
	path, err := program.Find(in.Command[0])
	if err != nil {
		return nil, err
	}
	cmd := program.Command(ctx, path, in.Command[1:]...)
	cmd.Env = append(program.AWSEnvironment(), helper.ParentVariable+"="+in.Parents)
	cmd.Stderr = m.Stderr
	return program.Output(ctx, cmd, maxDocument)
}
