#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Sees to it that the commands of requirements/debian.txt are there: installs them where it may, else names what is missing.
set -eu

has_ensurepip() {
    python=$(scripts/find_python.sh 2>/dev/null) && "$python" -c 'import ensurepip' 2>/dev/null
}

# Prints the packages whose command is not there.
missing() {
    grep -v '^#' requirements/debian.txt | while read -r package command _; do
        command -v "$command" >/dev/null 2>&1 || printf '%s ' "$package"
    done
    # Debian ships ensurepip apart from Python; with it no pip has to be fetched from the package index.
    if command -v apt-get >/dev/null 2>&1 && ! has_ensurepip; then
        printf '%s ' python3-venv
    fi
}

# A package must not start the server that it brings: this file tells Debian so, for the time of the installation.
policy=/usr/sbin/policy-rc.d
forbid_services() {
    if [ -e "$policy" ]; then
        mv "$policy" "$policy.progressive-delivery"
    fi
    trap allow_services EXIT
    trap 'exit 130' INT TERM
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
}
allow_services() {
    rm -f "$policy"
    if [ -e "$policy.progressive-delivery" ]; then
        mv "$policy.progressive-delivery" "$policy"
    fi
}

packages=$(missing)
if [ -z "$packages" ]; then
    exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
    printf 'Missing, by the name of the Debian package: %s\nInstall what provides them, then run this again.\n' "$packages" >&2
    exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
    printf 'Missing packages. Install them, then run this again:\n  sudo apt-get install %s\n' "$packages" >&2
    exit 1
fi

printf 'Installing %s\n' "$packages"
forbid_services
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
# shellcheck disable=SC2086  # a list of package names
apt-get -qq install --yes --no-install-recommends $packages >/dev/null
