# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Completion of rundlet for bash. The words come from rundlet itself: its help and its list.

# Options of `rundlet [COMMAND] --help`.
_rundlet_options() {
	rundlet "$@" --help 2>/dev/null | grep -o -e '--[a-z][a-z-]*' | sort -u
}

_rundlet_commands() {
	rundlet --help 2>/dev/null | sed -n 's/^  \([a-z]\{2,\}\) .*/\1/p' | grep -vx rundlet
}

_rundlet_ids() {
	rundlet "$@" list --quiet 2>/dev/null
}

_rundlet() {
	local word=${COMP_WORDS[COMP_CWORD]} command='' at=0 i root=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--root)
			root=(--root "${COMP_WORDS[++i]}")
			;;
		--log|--log-format|--log-level|--cgroup-manager|--rootless)
			((i++))
			;;
		-*) ;;
		*)
			command=${COMP_WORDS[i]}
			at=$((COMP_CWORD - i))
			break
			;;
		esac
	done
	case $command:$word in
	:-*) mapfile -t COMPREPLY < <(compgen -W "$(_rundlet_options)" -- "$word") ;;
	:*) mapfile -t COMPREPLY < <(compgen -W "$(_rundlet_commands)" -- "$word") ;;
	*:-*) mapfile -t COMPREPLY < <(compgen -W "$(_rundlet_options "$command")" -- "$word") ;;
	mounts:*)
		case $at in
		1) mapfile -t COMPREPLY < <(compgen -W "add remove" -- "$word") ;;
		2) mapfile -t COMPREPLY < <(compgen -W "$(_rundlet_ids "${root[@]}")" -- "$word") ;;
		*) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
		esac
		;;
	exec:*)
		case $at in
		1) mapfile -t COMPREPLY < <(compgen -W "$(_rundlet_ids "${root[@]}")" -- "$word") ;;
		*) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
		esac
		;;
	start:*|pause:*|resume:*|update:*|state:*|ps:*|events:*|kill:*|delete:*)
		mapfile -t COMPREPLY < <(compgen -W "$(_rundlet_ids "${root[@]}")" -- "$word")
		;;
	*) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
	esac
}

complete -F _rundlet rundlet
