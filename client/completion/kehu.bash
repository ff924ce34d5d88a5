# SPDX-License-Identifier: MIT
# Completion of kehu in bash: asks the hidden command, which never talks to
# the server.  Source it, or put it into /usr/share/bash-completion/completions.

# The words up to the cursor, in `words`.  Bash takes "city=上" for three of
# them; what no blank parts is put together again.
_kehu_words() {
	local rest=${COMP_LINE:0:COMP_POINT} word bare i
	words=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		bare=${rest#"${rest%%[![:space:]]*}"}
		[ "$i" -lt "$COMP_CWORD" ] || word=$bare
		if [ "$i" -eq 0 ] || [ "$bare" != "$rest" ] || [ -z "$word" ]; then
			words+=("$word")
		else
			words[-1]+=$word
		fi
		rest=${bare:${#word}}
	done
}

_kehu() {
	local words line typed parted about=() shown=()
	_kehu_words
	typed=${words[-1]}
	# Readline replaces only what stands behind the last "=" or ":".
	parted=${typed%"${typed##*[=:]}"}
	COMPREPLY=()
	while IFS= read -r line; do
		if [ "$line" = :files ]; then
			compopt -o default
			continue
		fi
		COMPREPLY+=("${line%%$'\t'*}")
		COMPREPLY[-1]=${COMPREPLY[-1]#"$parted"}
		about=${line#*$'\t'}
		[ "$about" != "$line" ] || about=
		shown+=("${COMPREPLY[-1]}${about:+  ($about)}")
	done < <("$1" __complete -- "${words[@]:1}" 2>/dev/null)
	case ${#COMPREPLY[@]} in
	0) ;;
	1) [ "${COMPREPLY[0]%[=,]}" = "${COMPREPLY[0]}" ] ||
		compopt -o nospace ;;
	*) # Where they are listed, and nothing is put in, with their meaning.
		case $COMP_TYPE in
		63 | 33) COMPREPLY=("${shown[@]}") ;;
		esac ;;
	esac
}

complete -F _kehu kehu
