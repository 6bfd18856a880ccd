package forge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"credmint/helper/program"
)

// Config is git's configuration.
type Config interface {
	// Match returns the settings of a section that hold for a URL, by their names in small letters.
	Match(ctx context.Context, section, url string) (map[string]string, error)
	// Everywhere returns those of them that hold for every URL.
	Everywhere(ctx context.Context, section string) (map[string]string, error)
}

// Git is the configuration as git itself reads it.
type Git struct{}

var _ Config = Git{}

// maxConfig bounds what git may print.
const maxConfig = 1 << 20

// Match lets git choose: which section fits a URL best is not for two programs to decide.
func (Git) Match(ctx context.Context, section, url string) (map[string]string, error) {
	return gitConfig(ctx, section, "--get-urlmatch", section, url)
}

// Everywhere leaves out the settings whose names have a URL in them.
func (Git) Everywhere(ctx context.Context, section string) (map[string]string, error) {
	return gitConfig(ctx, section, "--get-regexp", `^`+section+`\.[a-z0-9-]*$`)
}

func gitConfig(ctx context.Context, section string, args ...string) (map[string]string, error) {
	git, err := program.Find("git")
	if errors.Is(err, program.ErrNotFound) { // whoever asks is another git, with no config to be read: nothing is set up
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, err
	}
	cmd := program.Command(ctx, git, append([]string{"config", "--null"}, args...)...)
	out, err := program.Output(ctx, cmd, maxConfig)
	var failed *program.Failed
	if errors.As(err, &failed) && failed.Code == 1 { // git-config(1): there is none
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read git's config: %w", err)
	}
	return parseConfig(section, out), nil
}

// parseConfig reads what --null makes of settings: NAME LF VALUE NUL, or NAME NUL for one that has no "=".
func parseConfig(section string, out []byte) map[string]string {
	settings := map[string]string{}
	for entry := range bytes.SplitSeq(out, []byte{0}) {
		name, value, found := strings.Cut(string(entry), "\n")
		if !found {
			value = "true"
		}
		if name, ok := strings.CutPrefix(name, section+"."); ok {
			settings[name] = value
		}
	}
	return settings
}
