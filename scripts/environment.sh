#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes a virtual environment hold what a requirements file names, in the versions of requirements/lock.txt.
#
#   environment.sh FOLDER NAME [PYTHON]     NAME is that of requirements/NAME.in
#
# Does nothing when that was done before and neither the requirements, the Python nor the place has changed.
set -eu

folder=$1
name=$2
python=${3:-}
stamp=$folder/.installed-$name

contents_key() {
    cat requirements/*.in requirements/lock.txt | cksum
    "$folder/bin/python" -c 'import sys; print(sys.version, sys.prefix)'
}

# A moved or copied environment still names its old place in every script.
is_usable() {
    [ -f "$folder/.place" ] && [ "$(cat "$folder/.place")" = "$PWD/$folder" ] && "$folder/bin/python" -m pip --version >/dev/null 2>&1
}

create() {
    [ -n "$python" ] || python=$(scripts/find_python.sh)
    printf 'Creating %s with %s\n' "$folder" "$python"
    rm -rf "$folder"
    mkdir -p "$(dirname "$folder")"
    if "$python" -c 'import ensurepip' 2>/dev/null; then
        "$python" -m venv "$folder"
    else
        "$python" -m venv --without-pip "$folder"
        "$folder/bin/python" scripts/get_pip.py --quiet pip
    fi
    printf '%s' "$PWD/$folder" >"$folder/.place"
}

is_usable || create
key=$(contents_key)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$key" ]; then
    exit 0
fi
printf 'Installing requirements/%s.in into %s\n' "$name" "$folder"
"$folder/bin/python" -m pip install -qq --disable-pip-version-check \
    -r "requirements/$name.in" -c requirements/lock.txt
printf '%s\n' "$key" >"$stamp"
