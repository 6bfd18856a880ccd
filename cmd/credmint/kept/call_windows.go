package kept

import "strings"

// programName is without the .exe, which Python and others write in capitals, as PATHEXT has it.
func programName(file string) string {
	const suffix = ".exe"
	if i := len(file) - len(suffix); i > 0 && strings.EqualFold(file[i:], suffix) {
		return file[:i]
	}
	return file
}

// rejoined puts the name of a profile together again. AWS's SDK for Go has cmd.exe run a credential_process line with each quote
// in it as \" (https://github.com/aws/aws-sdk-go-v2/issues/3208), so that `credmint aws "my role"` comes as `"my` and `role"`.
func rejoined(args []string) []string {
	last := len(args) - 1
	if last < 2 || args[0] != "aws" || !strings.HasPrefix(args[1], `"`) || !strings.HasSuffix(args[last], `"`) {
		return args
	}
	return []string{"aws", strings.Trim(strings.Join(args[1:], " "), `"`)}
}
