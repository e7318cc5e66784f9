#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The picture of what rundlet is: plans, runs and explains one small container, and leaves nothing.
#   demo.sh RUNDLET        as root; needs busybox-static
set -euo pipefail
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
rundlet=$(realpath "$1")
[ "$(id -u)" = 0 ] || { echo "demo: run it as root" >&2; exit 1; }

dir=$(mktemp -d /tmp/cask.XXXXXX)
id=demo-$$
state=$dir/state

clean_up() {
	"$rundlet" --root "$state" delete --force "$id" || true
	rm -rf "$dir"
}
trap clean_up EXIT

bold='' dim='' blue='' plain=''
if [ -t 1 ]; then
	bold=$'\033[1m' dim=$'\033[2m' blue=$'\033[36m' plain=$'\033[0m'
fi
rule=$(printf '─%.0s' {1..90})

chapter() {
	local title="── $1. $2 "
	printf '\n%s%s%s%s\n' "$bold$blue" "$title" "${rule:${#title}}" "$plain"
	printf '%s%s%s\n\n' "$dim" "$3" "$plain"
}

command_line() {
	printf '%s$ %s%s\n' "$bold" "$*" "$plain"
}

make_bundle() {
	local bundle=$dir/bundle tool
	mkdir -p "$bundle"/rootfs/{bin,proc,dev,home,mnt} "$bundle/greeting"
	cp /bin/busybox "$bundle/rootfs/bin/"
	for tool in sh id hostname ls grep sed tr cat touch mount df awk; do
		ln -s busybox "$bundle/rootfs/bin/$tool"
	done
	cp "$here/inside.sh" "$bundle/rootfs/demo"
	cp "$here/config.json" "$bundle/"
	echo "greetings from the host" >"$bundle/greeting/letter"
	cd "$bundle"
}

# The plan's lines joined to fit a page: what has no lines of its own below it shares a line with its
# neighbours. Nothing is left out.
compact() {
	awk -v bold="$bold" -v plain="$plain" '
	function flush() {
		if (line != "") print substr("                ", 1, depth) line
		line = ""
	}
	function add(d, text) {
		if (d != depth || length(line) + length(text) > 88 - d || text ~ /:$/) flush()
		depth = d
		line = line (line == "" ? "" : " · ") text
		if (text ~ /:$/) {
			if (d == 0) line = bold line plain
			flush()
		}
	}
	function end_entry() {
		if (entry != "") add(entry_depth, entry)
		entry = ""
	}
	{
		match($0, /^ */)
		d = RLENGTH
		text = substr($0, d + 1)
		if (text ~ /^- /) {			# an entry of a list, perhaps with more keys
			end_entry()
			sub(/^- ([a-z]+: )?/, "", text)
			if ($0 ~ /- (host|guest|bridge): /) text = $2 " " text
			entry = text
			entry_depth = d
		} else if (entry != "" && d > entry_depth) {
			sub(/^from: /, "← ", text)
			sub(/^value: /, "= ", text)
			sub(/^version: /, "v", text)
			sub(/^[a-z]+: /, "", text)
			entry = entry " " text
		} else {
			end_entry()
			add(d, text)
		}
	}
	END { end_entry(); flush() }'
}

# At most 98 characters of each line.
narrow() {
	local line
	while IFS= read -r line; do
		[ ${#line} -le 98 ] || line=${line:0:97}…$plain
		printf '%s\n' "$line"
	done
}

# Run it as on a terminal, where an error has all its lines.
as_on_a_terminal() {
	local strip='s/\r$//'
	[ -t 1 ] || strip+=$';s/\033\\[[0-9;]*m//g'
	script -qec "$(printf '%q ' "$@")" /dev/null </dev/null | sed "$strip" | fold -s -w 98
	return "${PIPESTATUS[0]}"
}

fails() {
	command_line "rundlet run --config $1 demo"
	if as_on_a_terminal "$rundlet" --root "$state" run --config "$1" "$id"; then
		echo "demo: the wrong configuration was not refused" >&2
		exit 1
	fi
}

left() {
	local cgroups mounts
	cgroups=$(find /sys/fs/cgroup -type d -name "*$id*" 2>/dev/null | wc -l)
	mounts=$(grep -c "$dir" /proc/self/mountinfo || true)
	printf 'cgroups %s   mounts %s   containers %s   files of state %s\n' "$cgroups" "$mounts" \
		"$("$rundlet" --root "$state" list -q | wc -l)" \
		"$(find "$state" -mindepth 1 2>/dev/null | wc -l)"
	[ "$cgroups$mounts" = 00 ]
}

printf '%srundlet%s runs OCI containers. It explains itself, leaves nothing behind, costs next to nothing.\n' \
	"$bold" "$plain"
make_bundle

chapter 1 "The plan" "What will be done, before it is done. Planning changes nothing and needs no privilege."
command_line "rundlet plan demo"
"$rundlet" --root "$state" plan "$id" | compact | narrow

chapter 2 "The run" "The same bundle: what the container says, then how long each step of its start took."
command_line "rundlet --trace run demo"
"$rundlet" --root "$state" --trace="$dir/trace" run "$id"
echo
narrow <"$dir/trace"

chapter 3 "The errors" "Two mistakes in config.json. The member that asked for what failed is named, and its place."
sed 's/"source": "greeting"/"source": "greting"/' config.json >letter.json
fails letter.json
echo
sed 's/"limit": 33554432/"limit": "32M"/' config.json >limit.json
fails limit.json

chapter 4 "What is left" "After a run and two failures."
left
