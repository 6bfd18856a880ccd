package main

import (
	"cmp"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// shell is the person's shell with the profile's name in its prompt, and vars with those that it needs for that. What the
// person's own files make of the environment (`export AWS_PROFILE=…`, say) does not make it somebody else: vars are set again
// after that, but for secrets, which others could read there; with another secret AWS refuses it. Prompts are programs in
// most shells, so the name comes to them as a variable's value.
func (a *app) shell(profile string, vars []variable, scratch *scratch) ([]string, []variable, error) {
	program := a.shellProgram()
	again := func(format string) string {
		open := slices.DeleteFunc(slices.Clone(vars), variable.secret)
		text, _ := lines(format, open, rivals(vars)) // the languages of these shells take any value
		return text
	}
	switch strings.TrimSuffix(strings.ToLower(filepath.Base(program)), ".exe") {
	case "bash":
		rc, err := scratch.write("bashrc", []byte("[ -r /etc/bash.bashrc ] && . /etc/bash.bashrc\n[ -r ~/.bashrc ] && . ~/.bashrc\n"+
			again("sh")+`PS1='($`+profileVariable+`) '"$PS1"`+"\n"))
		return []string{program, "--rcfile", rc}, vars, err
	case "zsh":
		return a.zsh(program, vars, scratch, again("sh"))
	case "fish":
		return []string{program, "-C", again("fish") + `functions -q fish_prompt; and functions -c fish_prompt credmint_own_prompt
function fish_prompt; printf '(%s) ' $` + profileVariable + `; functions -q credmint_own_prompt; and credmint_own_prompt; end`}, vars, nil
	case "pwsh", "powershell":
		return []string{program, "-NoExit", "-Command", again("powershell") + `$own = $function:prompt; function prompt { "($env:` + profileVariable + `) " + (& $own) }`}, vars, nil
	case "cmd":
		return []string{program}, append(vars, variable{"PROMPT", "$C" + strings.ReplaceAll(profile, "$", "$$") + "$F $P$G"}), nil
	}
	return []string{program}, append(vars, variable{"PS1", "($" + profileVariable + ") $ "}), nil
}

// zshEnv and zshRC stand where ZDOTDIR points at first. The person's own .zshenv may point elsewhere, and a system's zshrc may
// have taken our directory for that of the history.
const (
	zshEnv = `credmint_scratch=$ZDOTDIR
ZDOTDIR=$CREDMINT_ZDOTDIR
[ -r "$ZDOTDIR/.zshenv" ] && . "$ZDOTDIR/.zshenv"
CREDMINT_ZDOTDIR=$ZDOTDIR
ZDOTDIR=$credmint_scratch
`
	zshRC = `ZDOTDIR=$CREDMINT_ZDOTDIR
[[ $HISTFILE == $credmint_scratch/* ]] && HISTFILE=$ZDOTDIR/${HISTFILE:t}
unset credmint_scratch CREDMINT_ZDOTDIR
[ -r "$ZDOTDIR/.zshrc" ] && . "$ZDOTDIR/.zshrc"
`
	zshPrompt = `psvar[9]=$` + profileVariable + `
PS1="(%9v) $PS1"
`
)

// zsh reads files of ours, which read the person's.
func (a *app) zsh(program string, vars []variable, scratch *scratch, again string) ([]string, []variable, error) {
	for name, text := range map[string]string{".zshenv": zshEnv, ".zshrc": zshRC + again + zshPrompt} {
		if _, err := scratch.write(name, []byte(text)); err != nil {
			return nil, nil, err
		}
	}
	home := cmp.Or(a.getenv("ZDOTDIR"), a.getenv("HOME"))
	return []string{program}, append(vars, variable{"CREDMINT_ZDOTDIR", home}, variable{"ZDOTDIR", scratch.path}), nil
}

// shellProgram is what the person calls their shell.
func (a *app) shellProgram() string {
	if runtime.GOOS == "windows" {
		return cmp.Or(a.getenv("SHELL"), a.getenv("ComSpec"), "cmd.exe")
	}
	return cmp.Or(a.getenv("SHELL"), "/bin/sh")
}
