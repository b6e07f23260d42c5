#!/bin/sh
# coverage.sh: prints which lines and branches of each file the unit and
# integration tests reach. Ends with 1 if they do not reach a line of json.c or
# sigv4.c. tests/long/coverage.txt says why other lines are not reached.
set -u
cd "$(dirname "$0")/../.." || exit
units=build/coverage
flags='-std=c11 -D_GNU_SOURCE -g -O0 --coverage -DSANDBOX_OFF'
rm -rf "$units"
mkdir -p "$units"
make -s build/roots.c || exit
# each program keeps counts of its own, named for it
make -s UNITS="$units" TESTCC="cc $flags" units >"$units/make.log" 2>&1 || {
    cat "$units/make.log"
    exit 1
}
for test in "$units"/test_*; do
    case $test in *.gc* | *.d) continue ;; esac
    "$test" | tail -n 1
done
OCRDYN="$units/ocrdyn" BUILD="$units" /usr/bin/python3 -m pytest -q \
    -p no:cacheprovider -n 3 tests --ignore tests/long "$@" | tail -n 3
# shellcheck disable=SC2086  # no option, or one
for metric in "" --branches; do
    gcovr --gcov-ignore-parse-errors --root . --object-directory "$units" \
        --exclude tests/ --exclude build/ $metric 2>"$units/gcovr.log" ||
        cat "$units/gcovr.log"
done
gcovr --gcov-ignore-parse-errors --root . --object-directory "$units" \
    --fail-under-line 100 \
    --filter 'json\.c' --filter 'sigv4\.c' \
    >"$units/exact.log" 2>&1 || {
    cat "$units/exact.log"
    exit 1
}
