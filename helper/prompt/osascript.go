package prompt

import (
	"context"
	"os/exec"
	"strings"

	"credmint/helper/program"
)

// OSAScript asks in a window of macOS's.
type OSAScript struct{}

var _ Asker = OSAScript{}

// The question is the script's argument, and never a part of its source.
const (
	askHidden = `on run arguments
	text returned of (display dialog (item 1 of arguments) with title "credmint" default answer "" with hidden answer)
end run`
	askShown = `on run arguments
	text returned of (display dialog (item 1 of arguments) with title "credmint" default answer "")
end run`
)

// Ask starts osascript for one question.
func (OSAScript) Ask(ctx context.Context, q Question) (string, error) {
	return dialog{"osascript", osascriptCommand, osascriptDeclined}.ask(ctx, q)
}

func osascriptCommand(ctx context.Context, path string, q Question) *exec.Cmd {
	script := askHidden
	if q.Echo {
		script = askShown
	}
	cmd := program.Command(ctx, path, "-", q.Text) // after "-" nothing is an option
	cmd.Stdin = strings.NewReader(script)
	return cmd
}

// osascriptDeclined recognises userCanceledErr of Apple's "AppleScript Language Guide". Where no window can be shown the
// number is another.
func osascriptDeclined(f *program.Failed) bool { return strings.Contains(f.Says, "(-128)") }
