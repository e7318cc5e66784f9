#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the container of the demonstration runs: looks at itself.
row() {
	printf '  %-14s %s\n' "$1" "$2"
}

status() {
	sed -n "s/^$1:.//p" /proc/self/status
}

set -- /proc/[0-9]*
row "I am" "process $$ of $# on \"$(hostname)\", uid $(id -u), gid $(id -g)"
row "devices" "$(cd /dev && echo ./* | sed 's:\./::g')"
row "network" "$(sed -n 's/:.*//p' /proc/net/dev | tr -d '\n')"
row "capabilities" "$(status CapEff), of at most $(status CapBnd)"
row "seccomp" "mode $(status Seccomp); no new privileges: $(status NoNewPrivs)"
row "a letter" "$(cat /mnt/letter)"
row "may I write?" "$(touch /mine 2>&1)"
row "may I mount?" "$(mount -t tmpfs none /home 2>&1)"
row "my home" "$(touch mine && ls -l mine)"
