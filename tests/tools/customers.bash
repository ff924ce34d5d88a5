# SPDX-License-Identifier: MIT
# Customers for a bats file: `load ../tools/customers` behind the server.

# A customer of sh-sales named $1, a regular one unless told: $customer.
customer() {
	local name=$1
	shift
	[[ " $*" == *" category="* ]] || set -- category=regular "$@"
	ends 0 as sh-manager --json customer add "name=$name" type=other \
		source=phone owner=sh-sales "$@"
	customer=$(at .number)
}

# The value of field $2 of customer $1 as $3 sees it, the manager unless told.
value() {
	ends 0 as "${3:-sh-manager}" --json customer get "$1"
	at ".fields.$2 // \"none\""
}
