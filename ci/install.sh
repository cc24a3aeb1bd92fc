#!/usr/bin/env bash
# Installs the Debian packages that are named and not there yet. They are those of Debian 12, with
# its security updates.
set -euo pipefail

missing=()
for package in "$@"; do
    dpkg-query --show --showformat='${db:Status-Abbrev}' "$package" 2>/dev/null |
        grep --quiet '^ii' || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

give_up() {
    echo "error: $1: ${missing[*]}" >&2
    echo "  on Debian 12, as root: apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 69
}

command -v apt-get >/dev/null || give_up "packages of Debian 12 are missing, and here is no apt-get"
as_root=(env DEBIAN_FRONTEND=noninteractive)
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || give_up "only root can install the packages that are missing"
    as_root=(sudo "${as_root[@]}")
fi
patient=(-o Acquire::Retries=5 -o DPkg::Lock::Timeout=300)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "installing ${missing[*]}"
if ! {
    "${as_root[@]}" apt-get "${patient[@]}" update &&
        "${as_root[@]}" apt-get "${patient[@]}" install --yes --no-install-recommends "${missing[@]}"
} >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    give_up "failed to install packages"
fi
