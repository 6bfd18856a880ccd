package main

import "os"

// passedSignals are caught only: the console sends them to all of its processes.
func passedSignals() []os.Signal { return []os.Signal{os.Interrupt} }

func fromTerminal(os.Signal) bool { return true }

func endedBy(*os.ProcessState) (int, bool) { return 0, false }
