#!/bin/sh
# check.sh check|rest...: runs the tests of these tiers, which `make` has built,
# and adds up what they report. tests/README.md says what is in each tier. Each
# part ends with a line "NAME: N passed, N failed, N skipped"; a part that ends
# without one has failed. The last line is the sum.
set -u
cd "$(dirname "$0")/.." || exit
log=build/check.log
: >"$log"

# part NAME COMMAND...: runs it, shows its output, keeps its last counts.
part() {
    name=$1
    shift
    start=$(date +%s)
    "$@" >build/part.log 2>&1 </dev/null
    status=$?
    counts=$(grep -aE '^[a-z0-9_ -]+: [0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' \
        build/part.log | tail -n 1)
    case $counts in
    *', 0 failed, '*) [ $status -eq 0 ] || counts= ;;
    esac
    if [ -z "$counts" ]; then
        cat build/part.log
        counts="$name: 0 passed, 1 failed, 0 skipped"
    else
        grep -avF "$counts" build/part.log
    fi
    echo "$counts" >>"$log"
    echo "$counts ($(($(date +%s) - start)) s)"
}

# fact NAME COMMAND...: one test, which passes when the command succeeds and
# prints nothing.
fact() {
    part "$1" silent "$@"
}

silent() {
    name=$1
    shift
    if output=$("$@" 2>&1) && [ -z "$output" ]; then
        echo "$name: 1 passed, 0 failed, 0 skipped"
    else
        echo "$output"
        echo "$name: 0 passed, 1 failed, 0 skipped"
        return 1
    fi
}

sources() { printf '%s\n' *.c */*.c; }

# All sources, without a warning, by other compilers than the build's.
compiles() {
    sources | xargs -P 2 -n 8 "$@" -std=c11 -D_GNU_SOURCE -Wall -Wextra \
        -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wvla \
        -Wstrict-prototypes -Werror -I. -fsyntax-only
}

# With code generation: some of gcc's warnings come from its optimizer.
optimizes() {
    sources | xargs -P 2 -n 1 "$@" -std=c11 -D_GNU_SOURCE -Wall -Wextra \
        -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wvla \
        -Wstrict-prototypes -Werror -I. -c -o /dev/null
}

# clang-tidy reports nothing of what .clang-tidy leaves out.
tidy() {
    sources | xargs -P 2 -n 1 sh -c \
        'clang-tidy --quiet "$@" -- -std=c11 -D_GNU_SOURCE -I. 2>/dev/null' -
}

# Most of a test is waiting: four at a time.
integration() { /usr/bin/python3 -m pytest -q -p no:cacheprovider -n 4 "$@"; }

# What shows a contributor that the program works.
check() {
    fact 'layout' /usr/bin/python3 tests/layers.py build/units/libocrdyn.a
    fact 'gcc without warnings' optimizes gcc -O2
    fact 'clang without warnings' compiles clang
    fact 'musl gcc without warnings' compiles musl-gcc -idirafter /usr/include
    fact 'man page lint' mandoc -T lint -W warning ocrdyn.1
    for test in build/units/test_*; do
        case $test in *.d) ;; *) part "${test##*/}" "$test" ;; esac
    done
    part cli integration tests/cli tests/unit
}

# Everything else.
rest() {
    fact 'gcc analyzer' optimizes gcc -O2 -fanalyzer
    fact 'clang tidy' tidy
    # cppcheck does not see that the kernel reads what sandbox.c gives it.
    fact 'cppcheck' cppcheck --quiet --std=c11 -D_GNU_SOURCE -D__x86_64__ \
        --error-exitcode=1 --enable=warning,style,performance,portability \
        --suppress=unusedStructMember:base/sandbox.c \
        --suppress=unreadVariable:base/sandbox.c -I . -j 2 $(sources)
    part memory tests/long/variants.sh memory clock http json records rows url
    part unsigned tests/long/variants.sh unsigned
    part valgrind tests/long/variants.sh valgrind clock http records sigv4 url
    part arm tests/long/variants.sh arm-signed http json records rows sigv4 url
    part s390x tests/long/variants.sh s390x-unsigned http json records rows \
        sigv4 url
    slow='never_ends or stall or dies or 400_kb or any_size or takes_is_not'
    part sanitized tests/long/variants.sh sanitized \
        tests/cli/test_credentials.py tests/cli/test_tls.py \
        tests/cli/test_run.py -k "not ($slow)"
    part memchecked tests/long/variants.sh memchecked \
        tests/cli/test_extract.py tests/cli/test_run.py \
        -k 'becomes_rows or text_that_is_printed'
    part fuzz tests/fuzz/fuzz.sh 5
    part integration integration tests/conformance tests/long tests/peers
}

for tier; do
    case $tier in
    check | rest) $tier ;;
    *) echo "usage: check.sh check|rest..." >&2; exit 2 ;;
    esac
done

awk -F'[:,]' '{
    for (i = 2; i <= NF; i++) { split($i, w, " "); sum[w[2]] += w[1] }
} END {
    printf "%d passed, %d failed, %d skipped\n", sum["passed"],
        sum["failed"], sum["skipped"]
    exit sum["failed"] > 0 || sum["passed"] == 0
}' "$log"
