package main

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// unseen is how programs with windows start those without: with a console that has none.
var unseen = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NO_WINDOW}
