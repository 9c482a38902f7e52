#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copies what the checkout holds and git does not ignore, committed or not, to FOLDER/ansible_collections/progressive/delivery.
#
#   copy_collection.sh FOLDER
#
# ansible-test insists on such a path inside a git repository and must not see the checkout's environments.
set -eu

root=$1/ansible_collections/progressive/delivery
mkdir -p "$root"
[ -d "$root/.git" ] || git -C "$root" init --quiet
find "$root" -mindepth 1 -maxdepth 1 ! -name .git -exec rm -rf {} +

git -c core.quotepath=off ls-files --cached --others --exclude-standard |
    while IFS= read -r file; do
        if [ -e "$file" ] || [ -L "$file" ]; then
            printf '%s\n' "$file"
        fi
    done |
    tar -cf - -T - | tar -xf - -C "$root"
