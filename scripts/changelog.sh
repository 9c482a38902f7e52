#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Writes CHANGELOG.md and changelogs/changelog.yaml from the fragments, for the version in galaxy.yml.
#
# A version that is in the changelog already is written anew, with the modules and roles there are now.
set -eu

checkout=$PWD
place=$PWD/.cache/changelog
tools=$PWD/.venv/bin
scripts/copy_collection.sh "$place"
mkdir -p "$place/home"

cd "$place/ansible_collections/progressive/delivery"
version=$(sed -n 's/^version: *//p' galaxy.yml)
if grep -q "^  $version:" changelogs/changelog.yaml 2>/dev/null; then
    action='generate --reload-plugins'
else
    action=release
fi
# shellcheck disable=SC2086  # words of a command
env HOME="$place/home" PATH="$tools:$PATH" ANSIBLE_COLLECTIONS_PATH="$place" antsibull-changelog $action

cp CHANGELOG.md "$checkout/"
cp changelogs/changelog.yaml "$checkout/changelogs/"
for fragment in "$checkout"/changelogs/fragments/*.yml; do
    [ -e "changelogs/fragments/${fragment##*/}" ] || rm -f "$fragment"
done
