package prompt

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"credmint/helper/program"
)

// Zenity asks in a window of GNOME's.
type Zenity struct{}

var _ Asker = Zenity{}

// Ask starts zenity for one question.
func (Zenity) Ask(ctx context.Context, q Question) (string, error) {
	return dialog{"zenity", zenityCommand, zenityDeclined}.ask(ctx, q)
}

func zenityCommand(ctx context.Context, path string, q Question) *exec.Cmd {
	// Not --password: it has words of its own. The value stands in the argument of its option, so that no text is one.
	args := []string{"--entry", "--title=credmint", "--width=480", "--text=" + zenityText(q.Text)}
	if !q.Echo {
		args = append(args, "--hide-text")
	}
	if deadline, ok := ctx.Deadline(); ok {
		args = append(args, "--timeout="+strconv.Itoa(int(time.Until(deadline).Seconds())+1)) // in case it outlives us
	}
	return program.Command(ctx, path, args...)
}

// zenityText escapes what zenity would not show as it is: it compresses C's escapes, and an underscore marks the letter
// that follows it as a short cut.
func zenityText(text string) string {
	return strings.NewReplacer(`\`, `\\`, `_`, `__`).Replace(text)
}

// zenityDeclined tells apart what exit code 1 means: Cancel, or GTK without a display to draw on.
func zenityDeclined(f *program.Failed) bool {
	return f.Code == 1 && !strings.Contains(strings.ToLower(f.Says), "open display")
}
