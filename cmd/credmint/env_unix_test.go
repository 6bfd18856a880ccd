//go:build unix

package main

// shells are those that may be here, and the format that each reads.
var shells = map[string]string{"sh": "sh", "bash": "sh", "dash": "sh", "zsh": "sh", "fish": "fish", "pwsh": "powershell"}
