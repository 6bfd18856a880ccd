package main

import (
	"cmp"
	"path/filepath"
	"runtime"
	"strings"
)

// shell is the person's shell with the profile's name in its prompt, and vars with those that it needs for that. Prompts
// are programs in most shells, so the name comes to them as a variable's value.
func (a *app) shell(profile string, vars []variable, scratch *scratch) ([]string, []variable, error) {
	program := a.shellProgram()
	switch strings.TrimSuffix(strings.ToLower(filepath.Base(program)), ".exe") {
	case "bash":
		rc, err := scratch.write("bashrc", []byte("[ -r /etc/bash.bashrc ] && . /etc/bash.bashrc\n[ -r ~/.bashrc ] && . ~/.bashrc\n"+
			`PS1='($`+profileVariable+`) '"$PS1"`+"\n"))
		return []string{program, "--rcfile", rc}, vars, err
	case "zsh":
		// zsh looks for its files where ZDOTDIR says; each of these puts that right before it reads the person's own.
		vars = append(vars, variable{"CREDMINT_ZDOTDIR", cmp.Or(a.getenv("ZDOTDIR"), a.getenv("HOME"))})
		_, err := scratch.write(".zshenv", []byte(`[ -r "$CREDMINT_ZDOTDIR/.zshenv" ] && . "$CREDMINT_ZDOTDIR/.zshenv"`+"\n"))
		if err != nil {
			return nil, nil, err
		}
		rc, err := scratch.write(".zshrc", []byte(`ZDOTDIR=$CREDMINT_ZDOTDIR
[ -r "$ZDOTDIR/.zshrc" ] && . "$ZDOTDIR/.zshrc"
psvar[9]=$`+profileVariable+`
PS1="(%9v) $PS1"
`))
		return []string{program}, append(vars, variable{"ZDOTDIR", filepath.Dir(rc)}), err
	case "fish":
		return []string{program, "-C", `functions -q fish_prompt; and functions -c fish_prompt credmint_own_prompt
function fish_prompt; printf '(%s) ' $` + profileVariable + `; functions -q credmint_own_prompt; and credmint_own_prompt; end`}, vars, nil
	case "pwsh", "powershell":
		return []string{program, "-NoExit", "-Command", `$own = $function:prompt; function prompt { "($env:` + profileVariable + `) " + (& $own) }`}, vars, nil
	case "cmd":
		return []string{program}, append(vars, variable{"PROMPT", "$C" + strings.ReplaceAll(profile, "$", "$$") + "$F $P$G"}), nil
	}
	return []string{program}, append(vars, variable{"PS1", "($" + profileVariable + ") $ "}), nil
}

// shellProgram is what the person calls their shell.
func (a *app) shellProgram() string {
	if runtime.GOOS == "windows" {
		return cmp.Or(a.getenv("SHELL"), a.getenv("ComSpec"), "cmd.exe")
	}
	return cmp.Or(a.getenv("SHELL"), "/bin/sh")
}
