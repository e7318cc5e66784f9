#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes a Kubernetes node whose containerd has rundlet beside its own runtime: node.sh [--systemd]
# To be run as root on the node. It adds the table of contrib/containerd/config.toml that containerd's version
# takes to /etc/containerd/config.toml; --systemd where kubelet's cgroupDriver is systemd. Then restart containerd
# and label the node: kubectl label node NODE rundlet=true
set -eu

config=/etc/containerd/config.toml
tables=$(dirname "$0")/../containerd/config.toml
driver=false

die() {
	echo "node.sh: $*" >&2
	exit 1
}

case ${1-} in
--systemd) driver=true ;;
'') ;;
*) die "usage: node.sh [--systemd]" ;;
esac

version=$(sed -n 's/^version *= *//p' "$config") || die "there is no $config"
case $version in
2) plugin=io.containerd.grpc.v1.cri ;;
3) plugin=io.containerd.cri.v1.runtime ;;
*) die "$config has to say version = 2 or version = 3 (containerd 2)" ;;
esac
has() {
	grep -qF "[plugins.\"$plugin\".containerd.runtimes.$1]" "$config"
}
if has rundlet; then
	echo "node.sh: $config has rundlet already"
	exit 0
fi

# The tables of the plugin; without that of runc if there is one. A table twice is an error to containerd.
skip=none
if has runc; then skip=runc; fi
awk -v plugin="$plugin" -v skip="runtimes.$skip]" -v driver=$driver '
	/^ *\[/ { wanted = index($0, plugin) && !index($0, skip) }
	/^#|^$/ { next }
	wanted { sub(/SystemdCgroup = false/, "SystemdCgroup = " driver); print }
' "$tables" >"$config.new"
# With the mode and owner of the file: it may hold passwords.
cp -p "$config" "$config.both"
{ echo; cat "$config.new"; } >>"$config.both"
mv "$config.both" "$config"
rm "$config.new"
echo "node.sh: $config has rundlet; now: systemctl restart containerd"
