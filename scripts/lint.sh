#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs every check that needs no server, all of them even when one fails, and names those that failed.
#
#   lint.sh [NAME ...]     only these checks
set -eu

PATH=$PWD/.venv/bin:$PATH
export PATH
collection=.cache/collections/ansible_collections/progressive/delivery
failed=''

check() {
    name=$1
    shift
    case " $chosen " in
    '  ' | *" $name "*) ;;
    *) return 0 ;;
    esac
    printf '== %s\n' "$name"
    "$@" || failed="$failed $name"
}

check_types() {
    # Under its collection name, because that is how its files import each other.
    mypy --cache-dir .cache/mypy "$collection/plugins" examples
}

check_oldest_python() {
    vermin --quiet --target=3.8- --no-tips --violations plugins/modules plugins/module_utils
}

check_collection_docs() {
    # It writes a log into the home folder.
    mkdir -p .cache/antsibull
    env HOME="$PWD/.cache/antsibull" antsibull-docs lint-collection-docs --plugin-docs "$collection"
}

# Names of files and folders may not hold line breaks; git tells which are shell scripts by their ending.
check_shell() {
    git ls-files -co --exclude-standard '*.sh' .ci/run | xargs shellcheck
}

chosen=$*
check ruff ruff check --quiet --cache-dir .cache/ruff .
check format ruff format --quiet --diff --cache-dir .cache/ruff .
check mypy check_types
check vermin check_oldest_python
check yamllint yamllint --strict .
check shellcheck check_shell
check reuse reuse lint --lines
check ansible-lint ansible-lint --nocolor --offline --profile production
check antsibull-docs check_collection_docs
check antsibull-changelog antsibull-changelog lint
check tree pytest --quiet --tb=short tests/tree

if [ -n "$failed" ]; then
    printf 'Failed:%s\n' "$failed" >&2
    exit 1
fi
