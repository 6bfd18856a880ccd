# Completion of credmint in bash: source <(credmint completion bash)
_credmint() {
	local answer word
	COMPREPLY=()
	if ! answer=$(credmint __complete bash "${COMP_LINE:0:COMP_POINT}" 2>/dev/null); then
		compopt -o default 2>/dev/null # bash 3.2 has none
	elif [ -n "$answer" ]; then
		while IFS= read -r word; do COMPREPLY+=("$word"); done <<<"$answer"
	fi
}
complete -F _credmint credmint
