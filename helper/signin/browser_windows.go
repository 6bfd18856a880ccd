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
	file, err := windows.UTF16PtrFromString(address)
	if err != nil {
		return err
	}
	if err := windows.ShellExecute(0, nil, file, nil, nil, windows.SW_SHOWNORMAL); err != nil {
		return fmt.Errorf("open the default browser: %w", err)
	}
	return nil
}
