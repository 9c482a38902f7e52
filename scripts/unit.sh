#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs the unit tests on every Python of the matrix that this machine has, each in an environment of its own
# with the ansible-core that requirements/ansible-core.txt gives it. Of random examples there are many on one Python,
# and few on the others.
#
#   unit.sh [pytest options]
set -eu

main=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
absent=''
failed=''
for version in 3.11 3.12 3.13 3.14; do
    python=$(scripts/find_python.sh "$version" 2>/dev/null) || {
        absent="$absent $version"
        continue
    }
    folder=.cache/unit-$version
    scripts/environment.sh "$folder" unit "$python"
    printf '\n== unit tests: Python %s, ansible-core %s\n' "$version" \
        "$("$folder/bin/python" -c 'from ansible.release import __version__; print(__version__)')"
    profile=${HYPOTHESIS_PROFILE:-}
    [ "$version" = "$main" ] || profile=${profile:-brief}
    HYPOTHESIS_PROFILE=$profile "$folder/bin/python" -m pytest tests/unit --numprocesses auto --dist worksteal "$@" || failed="$failed $version"
    tested="${tested:-} $version"
done

printf '\nUnit tests ran on Python%s.\n' "${tested:-: none}"
[ -z "$absent" ] || printf 'Not on this machine, not tested: Python%s.\n' "$absent"
case " ${tested:-} " in
*" $main "*) ;;
*)
    printf 'The unit tests must run at least on Python %s, which .venv uses.\n' "$main" >&2
    exit 1
    ;;
esac
if [ -n "$failed" ]; then
    printf 'Unit tests failed on Python%s.\n' "$failed" >&2
    exit 1
fi
