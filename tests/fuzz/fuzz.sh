#!/bin/sh
# fuzz.sh [SECONDS [TARGET...]]: builds the fuzz targets (tests/fuzz/fuzz_TARGET.c;
# all of them if none is named) with clang's libFuzzer, AddressSanitizer and
# UndefinedBehaviorSanitizer, and runs each for SECONDS (default 60). It begins
# with a few seeds that stand below, and with what earlier runs have found, in
# build/fuzz/TARGET; an input that breaks something is kept in build/fuzz. The
# last line is "fuzz: N passed, N failed, N skipped".
set -u
cd "$(dirname "$0")/../.." || exit
seconds=${1:-60}
[ $# -eq 0 ] || shift
found=build/fuzz
mkdir -p "$found"

# longest TARGET: bytes of an input, enough to cross the bounds of the code.
longest() {
    case $1 in
    aws) echo 12000 ;;
    anchors) echo 16000 ;;
    checkpoint) echo 1700 ;;
    http) echo 40000 ;;
    proxy) echo 3000 ;;
    url) echo 4000 ;;
    *) echo 20000 ;;
    esac
}

# seed FORMAT [ARGUMENT...]: one more seed, as printf writes it.
seed() {
    count=$((count + 1))
    # shellcheck disable=SC2059  # the seed is the format
    printf "$@" >"$folder/seed-$count"
}

# seed_der PEM: as DER after the byte 1.
seed_der() {
    count=$((count + 1))
    printf '%s\n' "$1" | sed '/-----/d' | {
        printf '\1'
        base64 -d
    } >"$folder/seed-der-$count"
}

# some_certificates: sets two of this machine, if it has them: the first, which
# has an RSA key, and the shortest, which has not.
some_certificates() {
    all=$(cat /etc/ssl/certs/ca-certificates.crt 2>/dev/null)
    first=$(echo "$all" | sed '/END CERT/q')
    shortest=$(echo "$all" | awk '
        { text = text $0 "\n" }
        /END CERT/ {
            if (best == "" || length(text) < length(best))
                best = text
            text = ""
        }
        END { printf "%s", best }')
}

# seed_chain: a server's certificate and that of its authority, if there is
# an openssl.
seed_chain() {
    set -- -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9999
    (
        cd "$folder/.." || exit
        openssl req "$@" -keyout ca.key -out ca.der -outform DER -subj /CN=ca \
            -addext 'nameConstraints=permitted;DNS:example.com,excluded;'`
                `'DNS:a.example.com,permitted;IP:10.0.0.0/255.0.0.0' \
            -addext keyUsage=keyCertSign
        openssl req "$@" -keyout key -out leaf.der -outform DER -subj /CN=b \
            -CA ca.der -CAkey ca.key -addext basicConstraints=CA:false \
            -addext extendedKeyUsage=serverAuth -addext \
            subjectAltName=DNS:example.com,DNS:*.x.example.com,IP:10.0.0.1
        for how in 0 1; do
            printf "\\$how" | cat - leaf.der ca.der >"x509/seed-chain-$how"
        done
    ) >/dev/null 2>&1
}

# seeds TARGET: the first bytes are explained in each target.
seeds() {
    folder=$found/$1
    count=0
    mkdir -p "$folder"
    ok='HTTP/1.1 200 OK\r\n'
    case $1 in
    aws)
        seed '\0[default]\naws_access_key_id = AKIDEXAMPLE\n'`
            `'aws_secret_access_key = \1\n# comment\naws_session_token=\1\n'
        seed '\0\357\273\277[DEFAULT]\nx: y\n\n  # z\n\302\240z\n[default]\r'`
            `'s3 :\n\t x = y\013z=\342\200\250\n[profile "a\\" b" ]\n'
        seed '\2; c\r\n[ a b ]\r\naws_access_key_id=A\r\n x = y\r\n'`
            `'aws_secret_access_key=\1\r\n[default]\r\nregion=x\r\n'
        seed '\4eu-west-1\nhttps://dynamodb.example:8443/a\n[default]\n'`
            `'aws_access_key_id=\1\naws_secret_access_key=\1\n'
        seed '\1aws_secret_access_key=\1\n[default\n=\1\n'
        seed '\0[default]\naws_access_key_id=a\naws_secret_access_key=\1\0'
        seed '\10[profile default]\ns3 =\n  x = y\n  # z\naws_access_key_id=a'`
            `'\n  b\naws_secret_access_key=\1\n[default]\nservices=default\n'
        seed '\10[services default]\ndynamodb =\n endpoint_url = https://a\n'`
            `'[default]\nservices = default\nregion = x\nendpoint_url=\1\n'
        seed '\0[default]\nrole_arn=a\nsource_profile = a b\n[a b]\n'`
            `'credential_process = "x \\" y" \1\n[x]\nsso_session=a\n'
        seed '\0[default]\nrole_arn=\1\nsource_profile = default\n'`
            `'duration_seconds=1\nweb_identity_token_file = \1\n' ;;
    anchors)
        some_certificates
        for pem in "$first" "$shortest"; do
            seed '\0%s\n' "$pem"
            seed_der "$pem"
        done
        seed '\0\357\273\277-----BEGIN X509 CERTIFICATE-----\nMAA=\n'`
            `'-----END X509 CERTIFICATE-----\n' ;;
    checkpoint)
        none=0000000000000000000000000000000000000000000000000000000000000000
        job=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
        for state in open closed; do
            for records in 0 1 18446744073709551615; do
                seed '+ocrdyn checkpoint 1\nrecords %s\nhash %s\njob %s\n'`
                    `'state %s\n' $records $none $job $state
            done
        done
        seed '+ocrdyn checkpoint 1\nrecords 5\nhash %s\njob %s\n'`
            `'state open\ncursor 0a\n' $none $job
        seed 'ocrdyn checkpoint 1\nrecords 1\n' ;;
    http)
        seed '\0\5'"$ok"'Content-Length: 5\r\nA: b\r\n\r\nhello'
        seed '\2\11'"$ok"'\r\nhello'
        seed '\0\1HTTP/1.1 100 C\r\n\r\n'"$ok"'Transfer-Encoding: chunked\r\n'`
            `'Connection: x, close\r\n\r\n5;a="b"\r\nhello\r\n0\r\nA: b\r\n\r\n'
        seed '\0\1'"$ok"'Content-Length: 1\nTransfer-Encoding: chunked\n\n'`
            `'1\r\na\r\n0\r\n\r\n'
        seed '\0\377'"$ok"'A: %033000d\r\n' 0
        seed '\4\3775;%09000d\r\n' 0
        seed '\0\377'"$(printf 'HTTP/1.1 100 C\\n\\n%.0s' 1 2 3 4 5 6 7 8 9)"
        seed '\1\2HTTP/1.0 304 N\nContent-Length: 5, 5\n\n'
        seed '\4\3a;b\r\n0123456789\r\n00F\t\r\n0123456789abcde\r\n0\r\n\r\n'
        seed '\4\7ffffffffffffffff\r\nx'
        seed '\6\4%s' 0000000000000005
        seed '\0\3HTTP/1.1  200\nA: b\n c\r\n\td \nE \t:\n f\n(g h): i\n j\n'`
            `'Content-Length: 1\n\nx'
        seed '\10\3HTTP/1.1 299 A reason\nContent-Length : 5\n 6\n\nhello'
        seed '\0\3'"$ok"'Content-Encoding: identity\nContent-Encoding: gzip\n'`
            `'Content-Length: 1\n\nx' ;;
    json)
        seed '\1\4{"a": [1, -2.5e+3, true, null, "\\u00e9\\ud83d\\ude00"]}'
        seed '\3\11{"info": {"ocr": {"adv_ocr": {"status": "complete", "data":'`
            `' [{"textAnnotations": [{"description": "a\\nb"}]}]}}}}'
        seed '\2\1[{"a": "\342\202\254"}, {}, [], "\\"\\\\", 0]' ;;
    listing)
        seed '\1{"resources":[{"public_id":"a\\nb","type":"upload",'`
            `'"resource_type":"image","tags":["x",\n{}],"context":{"a/b":1}},'`
            `'{"public_id":null,"tags":"t"}],"next_cursor":"0a"}'
        seed '\6{"next_cursor":"","resources":[{},{"tags":-1.5}],"x":[]}'
        seed '\0{"error":{"message":"m"},"resources":{"a":1}}' ;;
    plain)
        seed '{"a":{"S":"x\\ny"},"b":{"N":"-1.5e3"},"c":{"B":"YQ=="},"d":'`
            `'{"BOOL":true},"e":{"NULL":true},"f":{"M":{"k":{"L":[{"NS":'`
            `'["1","x"]},{"SS":["\\u00e9"]},{"M":{}},{"NULL":true}]}}}}'
        seed '{"a":{"L":[{"BS":["YQ=="]},{"N":"nan"},{"BOOL":false}]}}'
        seed '{"":{"S":""}}'
        seed '{"a":{"M":{"k":{"S":""},"k":{"NULL":true}}},"b":{"B":"YQ=a"}}'
        seed '{"a":{"SS":[]},"a":{"N":"1e5"}}' ;;
    proxy)
        seed 'a.test\nhttp://u:p%%20w@p.test:3128/\nb.test,.a.test:443\nh'
        seed '10.0.0.1\n[::1]:8080\n10.0.0.0/8 *.b.test\na'
        seed '[fe80::1]\np.test\n[fe80::1]:443,fe80::/10\no'
        seed 'a.test\nsocks5://p.test\n*\no' ;;
    records)
        for null in 0 4; do
            seed "\\$null"'\17a\tb\t\\N\t\\x41\\101\\q\r\nc\td\n'
            seed "\\$((null + 1))"'\5{"a": [1, {"b": null}], "c": "\\u00e9"}\n'
            seed "\\$((null + 2))"'\2a,"b",c,d\r\n1,"x""\ny",,""\n\n1\n'
            seed "\\$((null + 3))"'\177text\n'
        done ;;
    rows)
        for kind in 0 1 2 3 4 5 6 7 10 11 12; do
            seed "\\$kind"'\5a/b\r\n\nc\td"e\\,f\0g\342\202\254\n'
        done ;;
    url)
        seed '\0\177https://res.example-1.test:8443/a/b_c~%%20/'
        seed '\0\177http://[::1]:80/'
        seed '\0\50http://127.0.0.1'
        seed '\0\50http://127.example.test'
        seed '\0\50https://[::g]'
        seed '\1\377cloudinary://key:\1@cloud?upload_prefix='`
            `'https%%3A%%2F%%2Fapi-eu.example.test&oauth_token=\1'
        seed '\1\377cloudinary://cloud?oauth_token=a%%00b'
        seed '\1\377cloudinary://key:\1'
        seed '\2\377cloud\nkey\n\1\n\n\n'
        seed '\2\377cloud\n\n\n\1\nhttps://api.example.test/\1?\ny' ;;
    x509)
        some_certificates
        seed_der "$first"
        seed_der "$shortest"
        seed_chain
        seed '\0\060\003\002\001\002' ;;
    esac
}

flags='-std=c11 -D_GNU_SOURCE -g -O1 -fno-omit-frame-pointer -Wall -Wextra
    -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wvla
    -Wstrict-prototypes -Werror -fno-sanitize-recover=all'

# The program as a library, instrumented.
build_library() {
    make -s -j 2 UNITS=build/fuzz/units TESTCC="clang $(echo $flags) \
        -fsanitize=fuzzer-no-link,address,undefined" \
        build/fuzz/units/libocrdyn.a
}

build() {
    # shellcheck disable=SC2086  # a list of options
    clang $flags -fsanitize=fuzzer,address,undefined -I. -o "build/fuzz_$1" \
        "tests/fuzz/fuzz_$1.c" build/fuzz/units/libocrdyn.a -lbearssl
}

# run TARGET: prints a line about it; 1 if something broke.
run() {
    seeds "$1"
    "build/fuzz_$1" -max_total_time="$seconds" -max_len="$(longest "$1")" \
        -timeout=20 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="$found/$1-" "$found/$1" \
        >"$found/$1.log" 2>&1 </dev/null
    status=$?
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$found/$1.log")
    crashes=$(grep -c 'Test unit written to' "$found/$1.log")
    echo "fuzz_$1: ${runs:-0} runs, $crashes crashes"
    [ $status -eq 0 ] && [ "${runs:-0}" -gt 0 ] && return
    tail -n 60 "$found/$1.log"
    return 1
}

if [ $# -eq 0 ]; then
    set -- tests/fuzz/fuzz_*.c
    targets=$(printf '%s\n' "$@" | sed 's,.*/fuzz_,,; s,\.c$,,')
    # shellcheck disable=SC2086  # a list of names, to be split
    set -- $targets
fi
passed=0
failed=0
skipped=0
echo 'int LLVMFuzzerTestOneInput(void); int LLVMFuzzerTestOneInput(void)
{ return 0; }' >"$found/probe.c"
if ! clang -fsanitize=fuzzer,address,undefined -o "$found/probe" \
    "$found/probe.c" 2>"$found/probe.log"; then
    cat "$found/probe.log"
    echo 'there is no clang with libFuzzer (Debian: clang, libclang-rt-14-dev)'
    skipped=$#
    set --
fi
[ $# -eq 0 ] || build_library || exit
for target; do
    if build "$target" && run "$target"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done
echo "fuzz: $passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
