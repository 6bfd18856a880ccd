package prompt

import (
	"context"
	"html"
	"os/exec"

	"credmint/helper/program"
)

// KDialog asks in a window of KDE's.
type KDialog struct{}

var _ Asker = KDialog{}

// Ask starts kdialog for one question.
func (KDialog) Ask(ctx context.Context, q Question) (string, error) {
	return dialog{"kdialog", kdialogCommand, kdialogDeclined}.ask(ctx, q)
}

func kdialogCommand(ctx context.Context, path string, q Question) *exec.Cmd {
	option := "--password="
	if q.Echo {
		option = "--inputbox="
	}
	// Qt guesses from a text whether it is HTML; this one always is, and has no tags but these.
	return program.Command(ctx, path, "--title=credmint", option+"<qt>"+html.EscapeString(q.Text)+"</qt>")
}

// kdialogDeclined: Qt without a display to draw on aborts, which is no exit code.
func kdialogDeclined(f *program.Failed) bool { return f.Code == 1 }
