package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"credmint/cmd/credmint/kept"
	"credmint/helper"
	"credmint/helper/atomicfile"
	"credmint/helper/awsconfig"
)

// believed mints nothing on the word of a file that others can change: it says where requests and tokens go, and which
// programs run. What is kept already was minted before, and is served without a look.
type believed struct {
	app  *app
	next helper.Source
}

func (b believed) Session(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	var files []string
	for _, link := range p.Links() {
		for _, set := range link.Settings {
			if filepath.IsAbs(set.File) && !slices.Contains(files, set.File) {
				files = append(files, set.File)
			}
		}
	}
	if err := believe(files...); err != nil {
		return helper.Session{}, fmt.Errorf("profile %q: %w", p.Name, err)
	}
	return b.next.Session(ctx, p)
}

// believeConfig is for whatever uses a long-lived key.
func (a *app) believeConfig() error {
	home := kept.Home()
	return believe(awsconfig.ConfigFile(a.getenv, home), awsconfig.CredentialsFile(a.getenv, home))
}

// believe refuses files that others can change. A file that is not there says nothing.
func believe(files ...string) error {
	for _, file := range files {
		for _, path := range waysTo(file) {
			info, err := os.Stat(path)
			if atomicfile.NotThere(err) {
				break
			}
			if err != nil {
				return fmt.Errorf("look who can change %s: %w", path, err)
			}
			if reason := atomicfile.Changeable(info); reason != "" {
				return distrusted(file, path, reason, info)
			}
		}
	}
	return nil
}

func distrusted(file, path string, reason atomicfile.Refusal, info fs.FileInfo) error {
	err := fmt.Errorf("%s is not to be trusted: %w", file, reason)
	if path != file {
		err = fmt.Errorf("%s is not to be trusted: %s: %w", file, path, reason)
	}
	if reason == atomicfile.Foreign {
		return advise(err, "look what is in there, and then run `sudo chown $USER %s`", shellPath(path))
	}
	return advise(err, "look what is in there, and then run `chmod %o %s`", info.Mode().Perm()&^0o022, shellPath(path))
}

// waysTo is a file and the directories above it, up to the user's home where it is below that, as it is named and as it is
// when links are followed: whoever can write to any of them can put another file in its place. It is what OpenSSH looks at
// where StrictModes is set. The null device is nobody's, and says nothing.
func waysTo(file string) []string {
	if runtime.GOOS == "windows" || file == os.DevNull { // on Windows the access list of the user's folder keeps others out
		return nil
	}
	home := kept.Home()
	paths := upward(file, home)
	real, err := filepath.EvalSymlinks(file)
	if err != nil || real == file {
		return paths
	}
	if realHome, err := filepath.EvalSymlinks(home); err == nil {
		home = realHome
	}
	for _, path := range upward(real, home) {
		if !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	return paths
}

// upward is a path and what is above it, as far as home or the root.
func upward(path, home string) []string {
	path = filepath.Clean(path)
	paths := []string{path}
	for path != home && path != filepath.Dir(path) {
		path = filepath.Dir(path)
		paths = append(paths, path)
	}
	return paths
}
