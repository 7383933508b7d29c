#!/usr/bin/env bash
# Install Debian packages that tests need, if they are not there:
#
#   debian.sh PACKAGE...
#
# Exits 77, with the reason, where it cannot.
set -euo pipefail

skip() { echo "debian.sh: $*" >&2; exit 77; }

missing=()
for package; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
        missing+=("$package")
done
[ ${#missing[@]} != 0 ] || exit 0
[ "$(id -u)" = 0 ] || skip "no root to install ${missing[*]}"
command -v apt-get >/dev/null || skip "there is no apt-get to install ${missing[*]} with"
echo "debian.sh: installing ${missing[*]}" >&2
# The packages' own services must not start: they would take the ports.
policy=/usr/sbin/policy-rc.d made=""
if [ ! -e $policy ]; then
    made=$policy
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
fi
get() { DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; }
# What is known of the archive may be fresh enough.
{ get || { apt-get update && get; }; } >/dev/null 2>&1 || failed=yes
[ -z "$made" ] || rm -f "$made"
[ -z "${failed:-}" ] || skip "apt-get could not install ${missing[*]}"
