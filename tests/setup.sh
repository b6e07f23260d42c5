#!/bin/sh
# setup.sh [build|demo|check]: installs what is missing on a Debian 12 machine
# to build ocrdyn, to run the demo, or to run the tests; each includes the one
# before it. Says nothing and changes nothing when all is there. Packages come
# by apt-get, as root or through sudo; where neither is possible it prints the
# command to type and ends with 1. DynamoDB Local comes from npm, into the
# folder .cache beside this file.
set -eu
cd "$(dirname "$0")"

build='gcc libc6-dev musl-tools libbearssl-dev ca-certificates make'
demo='python3 python3-botocore python3-pil fonts-dejavu-core tesseract-ocr
    tesseract-ocr-eng openssl'
check='python3-pytest python3-boto3 curl nginx-light clang libclang-rt-14-dev
    jq mandoc clang-tidy cppcheck valgrind gcovr libyajl-dev'

# Compilers for other machines, and what runs their programs here. Debian's
# libbearssl.a of those machines goes into the folder .cache, too.
cross='qemu-user-static gcc-arm-linux-gnueabihf libc6-dev-armhf-cross
    gcc-s390x-linux-gnu libc6-dev-s390x-cross'
machines='armhf s390x'

# The npm package that carries DynamoDB Local; only its tarball is wanted, not
# the 217 packages that it depends on. The sum is npm's dist.integrity.
simulator=amplify-dynamodb-simulator
version=2.9.30
sha512=xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ==
cache=.cache/dynamodb-local-$version

say() { echo "setup: $*" >&2; }

installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

has_java_17() {
    command -v java >/dev/null || return 1
    major=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
    [ "${major:-0}" -ge 17 ]
}

# Any nginx will do, and two of Debian's cannot be installed together.
has_nginx() { command -v nginx >/dev/null || [ -x /usr/sbin/nginx ]; }

missing() {
    for package in $1; do
        case $package in
        nginx-light) has_nginx || echo "$package" ;;
        *) installed "$package" || echo "$package" ;;
        esac
    done
}

install() {
    [ $# -gt 0 ] || return 0
    set -- apt-get install -y --no-install-recommends "$@"
    if [ "$(id -u)" = 0 ]; then
        become=
    elif sudo -n true 2>/dev/null; then
        become=sudo
    else
        say "packages are missing; as root, type:"
        echo "$*"
        exit 1
    fi
    say "$*"
    log=$(mktemp)
    if ! {
        $become apt-get update &&
        $become env DEBIAN_FRONTEND=noninteractive "$@"
    } >"$log" 2>&1 </dev/null; then
        cat "$log" >&2
        rm -f "$log"
        say "apt-get failed"
        exit 1
    fi
    rm -f "$log"
}

fetch_simulator() {
    [ ! -e "$cache/DynamoDBLocal.jar" ] || return 0
    say "fetching DynamoDB Local ($simulator $version)"
    mkdir -p .cache
    echo '*' >.cache/.gitignore
    rm -rf .cache/new
    mkdir .cache/new
    (
        cd .cache/new
        npm pack --loglevel=error "$simulator@$version" >/dev/null
        tarball=$simulator-$version.tgz
        sum=$(openssl dgst -sha512 -binary "$tarball" | openssl base64 -A)
        if [ "$sum" != "$sha512" ]; then
            say "$tarball is not the file that was expected"
            exit 1
        fi
        tar -xzf "$tarball" package/emulator
    )
    rm -rf "$cache"
    mv .cache/new/package/emulator "$cache"
    rm -rf .cache/new
}

# apt-get with lists of its own, so that this machine's stay as they are.
fetch_libbearssl() {
    for machine in $machines; do
        library=.cache/libbearssl-$machine
        [ ! -e "$library" ] || continue
        say "fetching libbearssl-dev for $machine"
        rm -rf .cache/new
        mkdir -p .cache/new/lists/partial
        echo '*' >.cache/.gitignore
        (
            cd .cache/new
            set -- -o "APT::Architectures::=$machine" \
                -o "Dir::State::Lists=$PWD/lists" -o APT::Sandbox::User=root
            # a list that cannot be had need not be the one that is wanted
            apt-get "$@" update || true
            apt-get "$@" download "libbearssl-dev:$machine"
            dpkg -x libbearssl-dev_*.deb root
        ) >.cache/apt.log 2>&1 </dev/null || {
            cat .cache/apt.log >&2
            say "apt-get failed"
            exit 1
        }
        mv .cache/new/root "$library"
    done
    rm -rf .cache/new
}

wanted=$build
case ${1-build} in
build) ;;
demo) wanted="$wanted $demo" ;;
check) wanted="$wanted $demo $check $cross" ;;
*) say "usage: setup.sh [build|demo|check]"; exit 2 ;;
esac

wanted=$(missing "$wanted")
if [ "${1-build}" != build ]; then
    has_java_17 || wanted="$wanted openjdk-17-jre-headless"
    [ -e "$cache/DynamoDBLocal.jar" ] || command -v npm >/dev/null ||
        wanted="$wanted npm"
fi
# shellcheck disable=SC2086  # a list of names, to be split
install $wanted
[ "${1-build}" = build ] || fetch_simulator
[ "${1-build}" != check ] || fetch_libbearssl
