//go:build !windows

package prompt

import (
	"context"
	"errors"
)

// Windows asks in a window of Windows's, and so nobody elsewhere.
type Windows struct{}

var _ Asker = Windows{}

// Ask fails at once.
func (Windows) Ask(context.Context, Question) (string, error) {
	return "", nobody{errors.New("this is not Windows")}
}
