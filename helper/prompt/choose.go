package prompt

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
)

// Chosen asks by the first of the ways that suit where the process is which finds somebody. Who declined is not asked
// again in another way. Nothing is looked for before there is a question.
type Chosen struct {
	Getenv        func(string) string
	NotOnTerminal string // why nobody is to be asked on the terminal; empty: somebody may be
}

var _ Asker = Chosen{}

// Ask puts the question to whoever can be asked.
func (c Chosen) Ask(ctx context.Context, q Question) (string, error) {
	ways, err := Choose(c.Getenv)
	if err != nil {
		return "", err
	}
	if c.NotOnTerminal != "" {
		for i, way := range ways {
			if isTerminal(way) {
				ways[i] = None{c.NotOnTerminal}
			}
		}
	}
	return inTurn(ways).Ask(ctx, q)
}

// inTurn asks by one way after the other until there is somebody.
type inTurn []Asker

func (ways inTurn) Ask(ctx context.Context, q Question) (string, error) {
	var reasons []string
	for _, way := range ways {
		answer, err := way.Ask(ctx, q)
		if !errors.Is(err, ErrNobody) {
			return answer, err
		}
		reasons = append(reasons, err.Error())
	}
	return "", nobody{errors.New(strings.Join(reasons, "; "))}
}

// Choose lists the ways to ask, the best first: the terminal; then, where windows can be shown, those of the system's
// dialogs. Over SSH that is so only with a forwarded display. CREDMINT_PROMPT names one way, and there is no other then:
//
//	terminal | pinentry | osascript | windows | zenity | kdialog | none
func Choose(getenv func(string) string) ([]Asker, error) {
	ways := map[string]Asker{
		"terminal": Terminal{}, "pinentry": Pinentry{getenv}, "osascript": OSAScript{}, "windows": Windows{},
		"zenity": Zenity{}, "kdialog": KDialog{}, "none": None{"CREDMINT_PROMPT=none"},
	}
	if name := getenv("CREDMINT_PROMPT"); name != "" {
		if ways[name] == nil {
			return nil, fmt.Errorf("CREDMINT_PROMPT: %q is no way to ask: choose one of %s", name,
				strings.Join(slices.Sorted(maps.Keys(ways)), ", "))
		}
		return []Asker{ways[name]}, nil
	}
	var chosen []Asker
	for _, name := range order(runtime.GOOS, getenv) {
		chosen = append(chosen, ways[name])
	}
	return chosen, nil
}

// order names the ways that suit a system and an environment.
func order(system string, getenv func(string) string) []string {
	remote := getenv("SSH_CONNECTION") != "" || getenv("SSH_TTY") != ""
	switch {
	case system == "windows":
		return []string{"terminal", "windows"}
	case system == "darwin" && !remote:
		return []string{"terminal", "osascript"}
	case getenv("DISPLAY") == "" && (remote || getenv("WAYLAND_DISPLAY") == ""):
		return []string{"terminal"}
	case strings.Contains(getenv("XDG_CURRENT_DESKTOP"), "KDE"):
		return []string{"terminal", "pinentry", "kdialog", "zenity"}
	}
	return []string{"terminal", "pinentry", "zenity", "kdialog"}
}

// None asks nobody, for the reason it is given.
type None struct{ Why string }

var _ Asker = None{}

// Ask fails at once.
func (n None) Ask(context.Context, Question) (string, error) {
	return "", nobody{fmt.Errorf("nobody is to be asked (%s)", n.Why)}
}
