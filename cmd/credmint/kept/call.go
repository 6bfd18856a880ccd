package kept

import (
	"credmint/helper/filename"
)

// Call is what programs type a thousand times a day, in the form in which setup writes it: `aws [PROFILE]`,
// `git [--profile PROFILE] ACTION` and `docker ACTION`.
type Call struct{ Command, Profile, Action string }

// Dispatch turns the names git and docker start us by into our own commands, and returns the arguments after the program's
// name.
func Dispatch(argv []string) []string {
	if len(argv) == 0 {
		return nil
	}
	switch programName(filename.Base(argv[0])) {
	case "git-credential-credmint":
		return append([]string{"git"}, argv[1:]...)
	case "docker-credential-credmint":
		return append([]string{"docker"}, argv[1:]...)
	case "git-remote-codecommit":
		return append([]string{"remote-codecommit", "--"}, argv[1:]...) // a stranger's URL is no option of ours
	}
	return rejoined(argv[1:])
}

// Plain recognises a Call. To build the grammar would cost those who make it as much as the rest of the call. It reports
// false for anything else, which the grammar then takes or refuses.
func Plain(args []string) (Call, bool) {
	for i, arg := range args {
		if arg == "" || arg[0] == '-' && !(i == 1 && arg == "--profile") {
			return Call{}, false
		}
	}
	switch {
	case len(args) == 1 && args[0] == "aws":
		return Call{Command: "aws"}, true
	case len(args) == 2 && args[0] == "aws":
		return Call{Command: "aws", Profile: args[1]}, args[1][0] != '-'
	case len(args) == 2 && args[0] == "git" && isGitAction(args[1]):
		return Call{Command: "git", Action: args[1]}, true
	case len(args) == 4 && args[0] == "git" && args[1] == "--profile" && isGitAction(args[3]):
		return Call{Command: "git", Profile: args[2], Action: args[3]}, true
	case len(args) == 2 && args[0] == "docker":
		return Call{Command: "docker", Action: args[1]}, args[1][0] != '-'
	}
	return Call{}, false
}

func isGitAction(word string) bool {
	return word == "get" || word == "store" || word == "erase" || word == "capability"
}
