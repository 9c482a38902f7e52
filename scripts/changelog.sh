#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Writes CHANGELOG.md and changelogs/changelog.yaml from the fragments, for the version in galaxy.yml.
#
# To a version that is in the changelog already it adds what has come since, with the modules and roles there are now; its date is then today's.
set -eu

checkout=$PWD
place=$PWD/.cache/changelog
tools=$PWD/.venv/bin
scripts/copy_collection.sh "$place"
mkdir -p "$place/home"

cd "$place/ansible_collections/progressive/delivery"
env HOME="$place/home" PATH="$tools:$PATH" ANSIBLE_COLLECTIONS_PATH="$place" \
    antsibull-changelog release --reload-plugins --refresh-plugins prevent-removal --update-existing

cp CHANGELOG.md "$checkout/"
cp changelogs/changelog.yaml "$checkout/changelogs/"
for fragment in "$checkout"/changelogs/fragments/*.yml; do
    [ -e "changelogs/fragments/${fragment##*/}" ] || rm -f "$fragment"
done
