#!/bin/sh
# check.sh: runs all tests, after `make` has built them, and adds up what they
# report. Each part ends with a line "NAME: N passed, N failed, N skipped"; a
# part that ends without one has failed. The last line is the sum.
set -u
cd "$(dirname "$0")/.."
log=build/check.log
: >"$log"

# part NAME COMMAND...: runs it, shows its output, keeps its last counts.
part() {
    name=$1
    shift
    "$@" >build/part.log 2>&1 </dev/null
    status=$?
    counts=$(grep -E '^[a-z0-9_ -]+: [0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' \
        build/part.log | tail -n 1)
    case $counts in
    *', 0 failed, '*) [ $status -eq 0 ] || counts= ;;
    esac
    if [ -z "$counts" ]; then
        cat build/part.log
        counts="$name: 0 passed, 1 failed, 0 skipped"
    else
        grep -vF "$counts" build/part.log
    fi
    echo "$counts" | tee -a "$log"
}

# A part that is one fact: it passes when the command succeeds in silence.
fact() {
    name=$1
    shift
    if output=$("$@" 2>&1 </dev/null) && [ -z "$output" ]; then
        echo "$name: 1 passed, 0 failed, 0 skipped" | tee -a "$log"
    else
        echo "$output"
        echo "$name: 0 passed, 1 failed, 0 skipped" | tee -a "$log"
    fi
}

# All sources, without a warning, by another compiler than the build's.
compiles() {
    printf '%s\n' *.c | xargs -P 2 -n 1 "$@" -std=c11 -D_GNU_SOURCE -Wall \
        -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wvla \
        -Wstrict-prototypes -Werror -c -o /dev/null
}

# clang-tidy says nothing of what .clang-tidy leaves out.
tidy() {
    printf '%s\n' *.c | xargs -P 2 -n 1 sh -c \
        'clang-tidy --quiet "$@" -- -std=c11 -D_GNU_SOURCE 2>/dev/null' -
}

# Conversions that printf.c does not know (%2E and %XX are percent-encoding).
conversions() {
    ! grep -noE "%[-+#'0-9.*]*[hlLqjzt]*[A-Za-z]" $(ls *.c |
        grep -v mkanchors) |
        grep -vE '%(2E|X)$|%(\.?[0-9]*|\.\*)s$|%c$|%0?[0-9]*(l|ll|z)?[dux]$'
}

fact 'gcc without warnings' compiles gcc -O2
fact 'clang without warnings' compiles clang -O2
fact 'musl gcc without warnings' compiles musl-gcc -Os -idirafter /usr/include
fact 'gcc analyzer' compiles gcc -O2 -fanalyzer
fact 'clang tidy' tidy
# It does not see that the kernel reads what sandbox.c gives it, nor that of
# cert.c's union one member is written and the other read.
fact 'cppcheck' cppcheck --quiet --std=c11 -D_GNU_SOURCE -D__x86_64__ \
    --error-exitcode=1 --enable=warning,style,performance,portability \
    --suppress=unusedStructMember:sandbox.c \
    --suppress=unreadVariable:sandbox.c --suppress=unusedStructMember:cert.c \
    ./*.c
fact 'man page lint' mandoc -T lint -W warning ocrdyn.1

for test in checkpoint clock http json net pace pem printf process proxy \
    records rows sigv4
do
    part "test_$test" "build/test_$test"
done
part memory tests/variants.sh memory clock http json records rows
part unsigned tests/variants.sh unsigned
part valgrind tests/variants.sh valgrind clock http records sigv4
part arm tests/variants.sh arm-signed http json printf records rows sigv4
part s390x tests/variants.sh s390x-unsigned http json printf records rows sigv4
slow='never_ends or stall or dies or 400_kb or any_size or takes_is_not'
part sanitized tests/variants.sh sanitized tests/test_credentials.py \
    tests/test_tls.py tests/test_run.py -k "not ($slow)"
part memchecked tests/variants.sh memchecked tests/test_extract.py \
    tests/test_run.py -k 'becomes_rows or text_that_is_printed'
part fuzz tests/fuzz.sh 5
# most of a test is waiting: three at a time
part integration /usr/bin/python3 -m pytest -q -p no:cacheprovider -n 3 tests

awk -F'[:,]' '{
    for (i = 2; i <= NF; i++) { split($i, w, " "); sum[w[2]] += w[1] }
} END {
    printf "%d passed, %d failed, %d skipped\n", sum["passed"],
        sum["failed"], sum["skipped"]
    exit sum["failed"] > 0 || sum["passed"] == 0
}' "$log"
