package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"credmint/cmd/credmint/manual"
	"credmint/helper/atomicfile"
)

type manCmd struct {
	Dir string `arg:"" type:"path" help:"Where the pages go, which are of section 1."`
}

// Run writes a page for each command, from what --help says.
func (c *manCmd) Run(ctx context.Context, a *app) error {
	parser, err := a.parser()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return err
	}
	build := thisBuild()
	date := build.committed
	if date.IsZero() {
		date = a.now()
	}
	for _, page := range manual.Pages(parser.Model, build.Version, date) {
		if err := atomicfile.Write(filepath.Join(c.Dir, page.Name+".1"), page.Text, 0o644); err != nil {
			return fmt.Errorf("write the page of %s: %w", page.Name, err)
		}
	}
	return nil
}
