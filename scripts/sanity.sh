#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs ansible-test's sanity tests on a copy of the checkout, with a home folder of its own.
#
#   sanity.sh PYTHON [ansible-test options]     PYTHON is the interpreter of an environment with ansible-core
set -eu

python=$PWD/$1
shift
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
checkout=$PWD
mkdir -p .cache/sanity
# A copy of its own, so that two runs do not disturb each other; the tools in the home folder are kept.
place=$(mktemp -d "$PWD/.cache/sanity/copy.XXXXXX")
trap 'rm -rf "$place"' EXIT
trap 'exit 130' INT TERM
scripts/copy_collection.sh "$place"

# ansible-test passes on HOME and PATH, nothing else; pip's own settings of the user must stay in force.
home=$PWD/.cache/sanity/home
mkdir -p "$home/.ansible/test/cache" "$home/.config"
for settings in .config/pip .pip; do
    [ ! -d "$HOME/$settings" ] || ln -sfn "$HOME/$settings" "$home/$settings"
done
# One name for each release of pip that an ansible-core asks for: 24.2 by 2.19, 25.2 by 2.20 and 2.21.
for release in 24_2 25_2; do
    cp scripts/get_pip.py "$home/.ansible/test/cache/get_pip_$release.py"
done

cd "$place/ansible_collections/progressive/delivery"
ansible_test() {
    env HOME="$home" PATH="$(dirname "$python"):$PATH" "$python" "$(dirname "$python")/ansible-test" sanity --local --color no "$@"
}
ansible_test --python "$version" "$@"
[ $# -eq 0 ] || exit 0

# Modules run on older Pythons too: there they must compile and import.
for target in 3.8 3.9 3.10 3.11 3.12 3.13; do
    [ "$target" != "$version" ] || continue
    if interpreter=$("$checkout/scripts/find_python.sh" "$target" 2>/dev/null); then
        (PATH=$(dirname "$interpreter"):$PATH && ansible_test --python "$target" --test compile --test import)
    else
        printf 'Not on this machine, modules not imported: Python %s\n' "$target"
    fi
done
