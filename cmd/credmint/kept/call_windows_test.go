package kept_test

import (
	"slices"
	"testing"

	"credmint/cmd/credmint/kept"
)

func TestDispatchOnWindows(t *testing.T) {
	for _, tt := range []struct{ argv, want []string }{
		{[]string{`C:\x\credmint.exe`, "aws", "me"}, []string{"aws", "me"}},
		{[]string{`credmint`, "aws", `"my`, `role"`}, []string{"aws", "my role"}},
		{[]string{`credmint`, "aws", `"a`, "b", `c"`}, []string{"aws", "a b c"}},
		{[]string{`credmint`, "aws", `"my`, "role"}, []string{"aws", `"my`, "role"}},
		{[]string{`credmint`, "exec", `"my`, `role"`}, []string{"exec", `"my`, `role"`}},
		{[]string{`C:\x\docker-credential-credmint.EXE`, "get"}, []string{"docker", "get"}},
		{[]string{"git-credential-credmint", "get"}, []string{"git", "get"}},
		{[]string{"git-remote-codecommit.Exe", "origin"}, []string{"remote-codecommit", "--", "origin"}},
	} {
		if got := kept.Dispatch(tt.argv); !slices.Equal(got, tt.want) {
			t.Errorf("%q is %q, want %q", tt.argv, got, tt.want)
		}
	}
}
