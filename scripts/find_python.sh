#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Prints the path of a Python that runs and can make a virtual environment.
#
#   find_python.sh        the first of 3.11, 3.12, 3.13, 3.14 and python3 that is 3.11 or newer
#   find_python.sh 3.8    that version only, old or new
#
# Exit codes: 0 found, 1 not there, 2 there but without the module venv.
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

list=$(candidates)
without_pip=''
without_venv=''
IFS='
'
for candidate in $list; do
    [ -x "$candidate" ] || continue
    python=$(resolve "$candidate") || continue
    if "$python" -c 'import venv, ensurepip' 2>/dev/null; then
        printf '%s\n' "$python"
        exit 0
    fi
    if "$python" -c 'import venv' 2>/dev/null; then
        without_pip=${without_pip:-$python}
    else
        without_venv=$python
    fi
done

# Debian and Ubuntu ship ensurepip apart. Nobody has to install it: get_pip.py does without.
if [ -n "$without_pip" ]; then
    printf '%s\n' "$without_pip"
    exit 0
fi
if [ -n "$without_venv" ]; then
    version=$("$without_venv" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    printf '%s\n' "$without_venv is without its module venv. On Debian and Ubuntu: sudo apt-get install python$version" >&2
    exit 2
fi
if [ -z "$wanted" ]; then
    printf '%s\n' 'No Python 3.11 or newer found. Debian and Ubuntu: sudo apt-get install python3; Fedora: sudo dnf install python3; macOS: brew install python@3.13' >&2
fi
exit 1
