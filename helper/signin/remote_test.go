package signin

import (
	"strings"
	"testing"
)

func TestRemote(t *testing.T) {
	for _, tt := range []struct {
		goos, env string
		want      bool
	}{
		{"linux", "DISPLAY=:0", false},
		{"linux", "WAYLAND_DISPLAY=wayland-0", false},
		{"linux", "", true},
		{"freebsd", "", true},
		{"freebsd", "WSL_INTEROP=/run/WSL/1_interop", true},
		{"linux", "WSL_INTEROP=/run/WSL/1_interop", false},
		{"linux", "BROWSER=/usr/bin/stub", false},
		{"linux", "DISPLAY=localhost:10.0 SSH_CONNECTION=a", true},
		{"linux", "BROWSER=stub SSH_TTY=/dev/pts/1", true},
		{"linux", "WSL_INTEROP=/run/WSL/1_interop SSH_CLIENT=a", true},
		{"linux", "BROWSER=stub CODESPACES=true", true},
		{"darwin", "", false},
		{"darwin", "SSH_CONNECTION=a", true},
		{"windows", "", false},
		{"windows", "SSH_CONNECTION=a", true},
	} {
		getenv := func(name string) string {
			for setting := range strings.FieldsSeq(tt.env) {
				if value, ok := strings.CutPrefix(setting, name+"="); ok {
					return value
				}
			}
			return ""
		}
		if got := remote(tt.goos, getenv); got != tt.want {
			t.Errorf("remote(%s, %s) = %v", tt.goos, tt.env, got)
		}
	}
}
