# SPDX-License-Identifier: MIT
# Completion of kehu in fish: asks the hidden command, which never talks to the
# server.  Put it into /usr/share/fish/vendor_completions.d.
function __kehu_complete
	set -l words (commandline -opc)
	for line in ($words[1] __complete -- $words[2..-1] (commandline -ct) 2>/dev/null)
		if test $line = :files
			__fish_complete_path (commandline -ct)
		else
			echo $line
		end
	end
end

complete -c kehu -f -a '(__kehu_complete)'
