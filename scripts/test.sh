#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs all steps of `make test`, up to the first that fails.
#
# ansible-test's sanity uses one processor, so it runs beside those that come before the end-to-end tests; what it says is
# shown when they are done. Balancers under load have the machine for themselves.
set -eu

make=${MAKE:-make}
trap 'trap - INT TERM; kill 0' INT TERM

step() {
    printf '\n==== make %s\n' "$1"
    began=$(date +%s)
    $make --no-print-directory "$1" || {
        printf '==== make %s: failed\n' "$1"
        exit 1
    }
    printf '==== make %s: passed in %s s\n' "$1" "$(($(date +%s) - began))"
}

step packages
$make --no-print-directory environment-test
mkdir -p .cache/test
(step sanity) >.cache/test/sanity.txt 2>&1 &
beside=$!
failed=''
(
    step lint
    step integration
    step unit
) || failed=1
wait "$beside" || failed=1
cat .cache/test/sanity.txt
[ -z "$failed" ] || exit 1
step e2e
