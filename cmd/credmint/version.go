package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
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

// release is set by the linker: -X main.release=v1.2.3.
var release string

// build is what is known of this program.
type build struct {
	Version  string `json:"version"`            // of the release; else of the module, or the commit
	Commit   string `json:"commit,omitempty"`   // in full
	Modified bool   `json:"modified,omitempty"` // there was more than the commit
	Go       string `json:"go"`
	Platform string `json:"platform"` // linux/amd64

	committed time.Time // zero where there is no commit
}

func thisBuild() build {
	b := build{Version: release, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{Main: debug.Module{Version: "unknown"}}
	}
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
	switch {
	case b.Version != "":
	case len(b.Commit) < 12:
		b.Version = info.Main.Version
	case b.Modified:
		b.Version = b.Commit[:12] + "+dirty"
	default:
		b.Version = b.Commit[:12]
	}
	return b
}
