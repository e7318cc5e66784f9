#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Says which commit is being built.
#   commit.sh SRCDIR FILE      write it to FILE as a C header, only if it changed
#   commit.sh --print SRCDIR   print it: the hash, with "-dirty" for a changed tree; or "unknown"
set -eu
export GIT_OPTIONAL_LOCKS=0 # somebody may be committing just now

print_commit() {
	if [ -e "$1/.git" ] && command -v git >/dev/null 2>&1 &&
	   commit=$(git -c safe.directory='*' -C "$1" describe --always --abbrev=40 --dirty \
			--exclude='*' 2>/dev/null); then
		echo "$commit"
	elif [ -r "$1/.commit" ]; then
		cat "$1/.commit"
	else
		echo unknown
	fi
}

if [ "$1" = --print ]; then
	print_commit "$2"
	exit
fi

text="#define RUNDLET_COMMIT \"$(print_commit "$1")\""
if [ "$(cat "$2" 2>/dev/null)" != "$text" ]; then
	echo "$text" >"$2.tmp"
	mv "$2.tmp" "$2"
fi
