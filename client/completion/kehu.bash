# SPDX-License-Identifier: MIT
# Completion of kehu in bash: asks the hidden command, which never talks to
# the server.  Source it, or put it into /usr/share/bash-completion/completions.
_kehu() {
	local words=("${COMP_WORDS[@]:1:COMP_CWORD}")
	local IFS=$'\n'
	COMP_WORDBREAKS=${COMP_WORDBREAKS//[=:]/}
	COMPREPLY=($(kehu __complete -- "${words[@]}" 2>/dev/null))
	[[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
}
complete -F _kehu kehu
