package main

import (
	"runtime/debug"
	"testing"
)

func TestBuildVersion(t *testing.T) {
	t.Parallel()
	const commit = "0123456789abcdef0123456789abcdef01234567"
	for name, tt := range map[string]struct{ stamped, commit, modified, want string }{
		"tag":             {"v1.2.3", commit, "false", "v1.2.3"},
		"tag and more":    {"v1.2.3+dirty", commit, "true", "v1.2.3+dirty"},
		"no tag":          {"v0.0.0-20261124203712-0123456789ab", commit, "false", "0123456789ab"},
		"no tag and more": {"v1.2.4-0.20261124203712-0123456789ab+dirty", commit, "true", "0123456789ab+dirty"},
		"an older go":     {"(devel)", commit, "false", "0123456789ab"},
		"go install":      {"v1.2.3", "", "", "v1.2.3"},
		"no VCS":          {"(devel)", "", "", "(devel)"},
	} {
		info := &debug.BuildInfo{Main: debug.Module{Version: tt.stamped}}
		if tt.commit != "" {
			info.Settings = []debug.BuildSetting{{Key: "vcs.revision", Value: tt.commit}, {Key: "vcs.modified", Value: tt.modified}}
		}
		if got := buildOf(info).Version; got != tt.want {
			t.Errorf("%s: version %s, want %s", name, got, tt.want)
		}
	}
}
