#compdef credmint
# Completion of credmint in zsh: source <(credmint completion zsh), after compinit
_credmint() {
	local answer line
	local -a texts shown
	if ! answer=$(credmint __complete zsh "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null); then
		_files
		return
	fi
	for line in "${(@f)answer}"; do
		[[ -n $line ]] || continue
		texts+=("${line%%$'\t'*}")
		shown+=("${line/$'\t'/  }")
	done
	compadd -l -d shown -a -- texts
}
if [[ $funcstack[1] == _credmint ]]; then
	_credmint
else
	compdef _credmint credmint
fi
