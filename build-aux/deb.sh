#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the Debian packages of the last commit.
#   deb.sh SRCDIR OUTDIR     OUTDIR, an absolute path, is made anew: *.deb, and build.log
# Version and date are those of the commit: the same commit gives the same packages.
# DEB_BUILD_OPTIONS is read as always: nocheck, parallel=N, ...
set -euo pipefail
export LC_ALL=C.UTF-8
top=$1 out=$2
git=(git --no-optional-locks -c safe.directory='*' -C "$top")

die() {
	printf 'deb.sh: %s\n' "$*" >&2
	exit 1
}

# A version as Debian sorts it: 0.1.0-dev comes before 0.1.0, a later commit behind an earlier one.
version() {
	local text
	text=$(sed -n 's/^AC_INIT(\[rundlet\], \[\(.*\)\])$/\1/p' configure.ac)
	[ -n "$text" ] || die "configure.ac does not say the version"
	case $text in
	*-*) printf '%s+git%s.%s\n' "${text/-/\~}" "$(TZ=UTC0 show_date format-local:%Y%m%d%H%M%S)" "${commit::8}" ;;
	*) printf '%s\n' "$text" ;;
	esac
}

show_date() {
	"${git[@]}" log -1 --date="$1" --format=%cd "$commit"
}

changelog() {
	local version maintainer
	version=$(version)
	maintainer=$(sed -n 's/^Maintainer: //p' debian/control)
	cat <<TEXT
rundlet ($version) unstable; urgency=medium

  * Commit $commit.
    What is new is in /usr/share/doc/rundlet/NEWS.gz.

 -- $maintainer  $(show_date rfc)
TEXT
}

[ -e "$top/.git" ] || die "$top is no clone: the package is that of a commit"
commit=$("${git[@]}" rev-parse --verify HEAD)
[ -z "$("${git[@]}" status --porcelain)" ] ||
	printf 'deb.sh: what is not committed is not in the package\n' >&2

umask 022
rm -rf "$out"
source=$out/rundlet
mkdir -p "$source"
"${git[@]}" archive "$commit" | tar -x -C "$source"
printf '%s\n' "$commit" >"$source/.commit"	# for commit.sh
cd "$source"
cp -r contrib/debian debian
changelog >debian/changelog
dpkg-buildpackage -b -us -uc -nc >../build.log 2>&1 || {
	tail -n 30 ../build.log >&2
	die "dpkg-buildpackage failed: $out/build.log"
}
