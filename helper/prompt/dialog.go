package prompt

import (
	"context"
	"errors"
	"os/exec"

	"credmint/helper/program"
)

// dialog is a program that shows a question in a window and prints the answer.
type dialog struct {
	name     string
	command  func(ctx context.Context, path string, q Question) *exec.Cmd
	declined func(*program.Failed) bool // tells a person's no from a dialog that could not be shown
}

// ask runs the program for as long as the question takes.
func (d dialog) ask(ctx context.Context, q Question) (string, error) {
	path, err := program.Find(d.name)
	if err != nil {
		return "", nobody{err}
	}
	q.Text = Printable(q.Text)
	answer, err := program.Output(ctx, d.command(ctx, path, q), maxAnswer)
	var (
		failed      *program.Failed
		interrupted *Interrupted
	)
	switch {
	case err == nil:
		return answerOf(string(answer))
	case errors.As(err, &interrupted):
		return "", interrupted
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case errors.As(err, &failed) && d.declined(failed):
		return "", ErrDeclined
	}
	return "", nobody{err}
}
