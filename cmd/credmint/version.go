package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

type versionCmd struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// Run prints one line: the version a release was built as, or the revision of the checkout.
func (c *versionCmd) Run(_ context.Context, a *app) error {
	b := thisBuild()
	if c.JSON {
		return a.printJSON(b)
	}
	_, err := fmt.Fprintf(a.stdout, "credmint %s (%s, %s)\n", b.Version, b.Go, b.Platform)
	return err
}

// build is what is known of this program.
type build struct {
	Version  string `json:"version"`            // of the release; else the commit's first digits
	Commit   string `json:"commit,omitempty"`   // in full
	Modified bool   `json:"modified,omitempty"` // there was more than the commit
	Go       string `json:"go"`
	Platform string `json:"platform"` // linux/amd64

	committed time.Time // zero where there is no commit
}

// thisBuild reads what the go command has stamped: the version is that of the tag where the commit has one.
func thisBuild() build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{Main: debug.Module{Version: "unknown"}}
	}
	return buildOf(info)
}

func buildOf(info *debug.BuildInfo) build {
	b := build{Version: info.Main.Version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		case "vcs.time":
			b.committed, _ = time.Parse(time.RFC3339, s.Value)
		}
	}
	if len(b.Commit) < 12 {
		return b
	}
	// Without a tag the go command makes a version up, which ends with the commit (https://go.dev/ref/mod#pseudo-versions).
	if short := b.Commit[:12]; b.Version == "(devel)" || strings.Contains(b.Version, short) {
		b.Version = short
		if b.Modified {
			b.Version += "+dirty"
		}
	}
	return b
}
