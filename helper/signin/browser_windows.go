package signin

import (
	"context"
	"fmt"

	"golang.org/x/sys/windows"
)

// Open asks the shell, which starts nothing of ours: the browser is no child of this process.
func (b Browser) Open(_ context.Context, address string) error {
	if err := checkAddress(address); err != nil {
		return err
	}
	if b.Chosen == nil {
		return execute(address, "")
	}
	var failed error
	for _, words := range b.Chosen(address) {
		if failed = execute(words[0], windows.ComposeCommandLine(words[1:])); failed == nil {
			return nil
		}
	}
	return failed
}

// execute finds programs as the Run window does, by the names that they are installed under.
func execute(file, arguments string) error {
	var words [2]*uint16
	for i, text := range []string{file, arguments} {
		word, err := windows.UTF16PtrFromString(text)
		if err != nil {
			return err
		}
		words[i] = word
	}
	if err := windows.ShellExecute(0, nil, words[0], words[1], nil, windows.SW_SHOWNORMAL); err != nil {
		return fmt.Errorf("open a browser: %w", err)
	}
	return nil
}
