#!/bin/sh
# variants.sh VARIANT [TEST...]: the unit tests once more (all of them, if none
# is named), in another build, or on another machine:
#   valgrind          under memcheck
#   memory            clang's MemorySanitizer. BearSSL is Debian's, which is not
#                     instrumented: what its hashes write is said to be defined
#                     by tests/unit/hashed.c, and so only their outputs are trusted.
#                     Not test_sigv4, which looks for keys on the stack, where
#                     nothing is defined: check-sanitize runs its driver
#   unsigned          here, but char has no sign
#   arm-signed arm-unsigned
#                     32 bits, under qemu-user
#   s390x-signed s390x-unsigned
#                     big-endian, under qemu-user
# and integration tests with the program built in another way:
#   sanitized [PYTEST ARGUMENT...]     AddressSanitizer and UBSan
#   memchecked [PYTEST ARGUMENT...]    under valgrind
# The last line is "VARIANT: N passed, N failed, N skipped".
set -u
cd "$(dirname "$0")/../.." || exit
variant=$1
shift
units=build/$variant
flags='-std=c11 -D_GNU_SOURCE -g -O1 -fno-omit-frame-pointer'
library=-lbearssl
emulator=
mkdir -p "$units"

# Tests in the folder of the variant, built by this compiler.
build() {
    make -s -j 2 UNITS="$units" TESTCC="$1" TESTLIB="$library" units \
        >"$units/make.log" 2>&1 || { cat "$units/make.log"; return 1; }
}

# cross MACHINE TRIPLET DEBIAN: for armhf, 64 bits of time and file sizes, as
# musl has them.
cross() {
    emulator=qemu-$1-static
    library=tests/.cache/cross/$3/usr/lib/$2/libbearssl.a
    build "$2-gcc $flags -f${variant#*-}-char -D_FILE_OFFSET_BITS=64 \
        -D_TIME_BITS=64 -static -idirafter /usr/include"
}

# run TEST...: each, with the sum of their counts as the last line.
run() {
    [ $# -gt 0 ] || set -- $(printf '%s\n' tests/unit/test_*.c |
        sed 's,.*/test_,,; s,\.c$,,')
    for test; do
        # shellcheck disable=SC2086  # a command and its options
        $emulator "$units/test_$test" >"$units/$test.log" 2>&1 </dev/null
        status=$?
        counts=$(grep -aE '^test_.*: [0-9]+ passed, [0-9]+ failed, ' \
            "$units/$test.log")
        case $counts in
        *', 0 failed, '*) [ $status -eq 0 ] || counts= ;;
        esac
        if [ $status -ne 0 ] || [ -z "$counts" ]; then
            cat "$units/$test.log"
            echo "test_$test ended with $status"
        fi
        echo "${counts:-test_$test: 0 passed, 1 failed, 0 skipped}"
    done >"$units/log"
    grep -avE '^test_.*: [0-9]+ passed, 0 failed, ' "$units/log"
    awk -F'[:,]' -v name="$variant" '
        /^test_[a-z0-9]*: [0-9]+ passed, / {
            for (i = 2; i <= 4; i++) { split($i, w, " "); sum[w[2]] += w[1] }
        }
        END {
            printf "%s: %d passed, %d failed, %d skipped\n", name,
                sum["passed"], sum["failed"], sum["skipped"]
            exit sum["failed"] > 0
        }' "$units/log"
}

# integration PYTEST-ARGUMENT...: without the tests that measure memory, which
# is the sanitizer's here, or that preload a library of their own.
integration() {
    [ $# -gt 0 ] || set -- tests/cli/test_credentials.py tests/cli/test_extract.py \
        tests/long/test_faults.py tests/cli/test_pacing.py tests/cli/test_resume.py \
        tests/cli/test_run.py tests/cli/test_tls.py
    /usr/bin/python3 -m pytest -q -p no:cacheprovider -n 3 \
        --deselect tests/cli/test_extract.py::test_memory_does_not_grow_with_the_document \
        --deselect tests/cli/test_credentials.py::test_a_run_with_a_role_stays_in_its_memory \
        "$@" >"$units/log" 2>&1 </dev/null
    status=$?
    sed "s/^integration:/$variant:/" "$units/log"
    return $status
}

case $variant in
valgrind)
    emulator='valgrind -q --error-exitcode=99 --leak-check=full'
    build "cc $flags" ;;
memory)
    library='tests/unit/hashed.c -Wl,--wrap=br_sha256_out,--wrap=br_hmac_out'
    library="$library -lbearssl"
    build "clang $flags -fsanitize=memory -fno-sanitize-recover=all" ||
        exit
    [ $# -gt 0 ] || set -- backoff checkpoint clock http json pace records rows \
        url ;;
unsigned) build "cc $flags -funsigned-char -fsanitize=undefined" ;;
arm-*) cross arm arm-linux-gnueabihf armhf ;;
s390x-*) cross s390x s390x-linux-gnu s390x ;;
sanitized)
    make -s build/units/ocrdyn && export OCRDYN=build/units/ocrdyn &&
        integration "$@"
    exit ;;
memchecked)
    # valgrind does not know all that sandbox.c calls
    make -s UNITS="$units" TESTCC="cc $flags -DSANDBOX_OFF" \
        "$units/ocrdyn" || exit
    mv "$units/ocrdyn" "$units/plain"
    cat >"$units/ocrdyn" <<END
#!/bin/sh
exec $(command -v valgrind) -q --error-exitcode=99 --leak-check=full \
    $PWD/$units/plain "\$@"
END
    chmod +x "$units/ocrdyn"
    export OCRDYN="$units/ocrdyn"
    integration "$@"
    exit ;;
*) echo "there is no variant $variant"; exit 2 ;;
esac && run "$@"
