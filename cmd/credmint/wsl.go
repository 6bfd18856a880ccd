package main

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"

	"credmint/helper/awsconfig"
)

// programPath is the path of this program, or in WSL that of Windows's, which runs there like any other: Linux hands its
// arguments and streams to Windows (https://learn.microsoft.com/windows/wsl/filesystems).
func programPath(windows bool) (string, error) {
	if !windows {
		return selfPath()
	}
	path, err := exec.LookPath("credmint.exe")
	if err != nil || !filepath.IsAbs(path) {
		return "", advise(errors.New("credmint.exe is not on PATH"),
			"install credmint on Windows, in a directory of Windows's PATH; WSL appends that to its own, unless /etc/wsl.conf says otherwise")
	}
	return path, nil
}

// fromWindows has Windows's credmint asked for a profile, which its AWS config says how to mint. What this one says SDKs would
// follow first.
func fromWindows(config *awsconfig.Config, name string) (adoption, error) {
	program, err := programPath(true)
	if err != nil {
		return adoption{}, err
	}
	own, err := config.Own(name)
	switch {
	case errors.Is(err, awsconfig.ErrNoProfile): // it will be made
	case err != nil:
		return adoption{}, err
	case len(own.Before) > 0:
		set := own.Before[0]
		return adoption{}, fmt.Errorf("%s:%d: profile %q: SDKs would follow %s without asking Windows: remove it", set.File, set.Line, name, set.Name)
	}
	line := programWord(program) + " aws " + quoteWord(name)
	if own.Process == line {
		return adoption{}, nil
	}
	if own.Process != "" {
		return adoption{}, fmt.Errorf("profile %q: it has a credential_process already: %s", name, own.Process)
	}
	return adoption{profile: name, process: line}, checkWord(name)
}
