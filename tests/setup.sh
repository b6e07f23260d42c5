#!/bin/sh
# setup.sh [build|demo|recording|check|bench|dist]: installs what is missing on a
# Debian 12 machine to build ocrdyn, to run the demo (and record it), the tests,
# or the benchmarks, each of which includes the one before it; or to build it for
# other machines (on amd64), and to run what was built. Says nothing and changes
# nothing when all is there. Packages come by apt-get, as root or through sudo;
# where neither is possible it prints the command to type and ends with 1.
# DynamoDB Local, dynalite and the SDKs for Node come from npm, the libraries of
# other machines as Debian's packages, all into the folder .cache beside this
# file.
set -eu
cd "$(dirname "$0")"

build='gcc libc6-dev musl-tools libbearssl-dev ca-certificates make'
demo='python3 python3-botocore python3-pil fonts-dejavu-core tesseract-ocr
    tesseract-ocr-eng openssl'
check='python3-pytest python3-pytest-xdist python3-boto3 python3-yaml curl
    nginx-light gnutls-bin clang libclang-rt-14-dev jq mandoc zsh fish
    parallel busybox-static tinyproxy-bin clang-tidy cppcheck valgrind gcovr
    libyajl-dev'
bench='python3-requests libcurl4-openssl-dev libyajl-dev'
# Compilers for other machines, and what runs their programs here.
cross='qemu-user-static gcc-arm-linux-gnueabihf libc6-dev-armhf-cross
    gcc-s390x-linux-gnu libc6-dev-s390x-cross'
dist='gcc-i686-linux-gnu gcc-aarch64-linux-gnu'

# The other machines: ours and Debian's name of each, its compiler.
machines='i386 i386 i686-linux-gnu
    aarch64 arm64 aarch64-linux-gnu
    armhf armhf arm-linux-gnueabihf
    s390x s390x s390x-linux-gnu'

# The npm package that carries DynamoDB Local; only its tarball is wanted, not
# the 217 packages that it depends on. The sum is npm's dist.integrity.
simulator=amplify-dynamodb-simulator
version=2.9.30
sha512=xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ==
cache=.cache/dynamodb-local-$version

# Cloudinary's own client, and the one package that it needs. It runs on the
# node that comes with npm.
sdk_version=2.11.0
sdk_sha512=o2pAkDDqrzPFE/mn9GCfFjBIGQmPs++Ts6rtkFl4vY528DNHiMovKWjH16HBjeGa9iwI7eAad24aWN2emT0aww==
lodash_version=4.17.23
lodash_sha512=LgVTMpQtIopCi79SJeDiP0TfWi5CNEc/L/aRdTh3yIvmZXTnheWpKjSZhnvMl8iXbC1tFg9gdHHDMLoV7CnG+w==
sdk=.cache/cloudinary-$sdk_version

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

# npm_package NAME VERSION: a package that tests run with node, and all that it
# depends on, into .cache/NAME-VERSION. No script of theirs is run.
npm_package() {
    folder=.cache/$1-$2
    [ ! -d "$folder" ] || return 0
    say "fetching $1 $2"
    mkdir -p .cache
    echo '*' >.cache/.gitignore
    rm -rf "$folder.new"
    npm install --ignore-scripts --no-audit --no-fund --loglevel=error \
        --prefix "$folder.new" "$1@$2" >/dev/null
    mv "$folder.new" "$folder"
}

# unpack NAME VERSION SHA512 [PATH]: the package's tarball (or what it has at
# that path) into .cache/new, once it is seen to be the right one.
unpack() {
    tarball=$1-$2.tgz
    npm pack --loglevel=error "$1@$2" >/dev/null
    sum=$(openssl dgst -sha512 -binary "$tarball" | openssl base64 -A)
    if [ "$sum" != "$3" ]; then
        say "$tarball is not the file that was expected"
        exit 1
    fi
    tar -xzf "$tarball" "package${4:+/$4}"
}

fetch_simulator() {
    [ ! -e "$cache/DynamoDBLocal.jar" ] || return 0
    say "fetching DynamoDB Local ($simulator $version)"
    (
        begin_new
        unpack "$simulator" "$version" "$sha512" emulator
    )
    rm -rf "$cache"
    mv .cache/new/package/emulator "$cache"
    rm -rf .cache/new
}

# Debian's musl and BearSSL of the other machines, and for each of them a
# compiler .cache/cross/MACHINE/musl-gcc. apt-get knows the other architectures
# in a folder of its own only, so that this system's dpkg never hears of them.
fetch_cross() {
    [ ! -e .cache/cross ] || return 0
    say "fetching musl and BearSSL of other machines"
    mkdir -p .cache
    echo '*' >.cache/.gitignore
    rm -rf .cache/new
    mkdir -p .cache/new/apt/lists/partial .cache/new/apt/archives/partial
    (
        cd .cache/new
        # shellcheck disable=SC2086
        set -- $machines
        names=
        list=
        while [ $# -gt 0 ]; do
            names="$names musl-dev:$2 libbearssl-dev:$2"
            list="$list,$2"
            shift 3
        done
        set -- -o "APT::Architectures=${list#,}" -o "Dir::State=$PWD/apt" \
            -o "Dir::Cache=$PWD/apt" -o Dir::State::status=/dev/null
        # a source without one of them is no matter, if another has it
        apt-get "$@" update >log 2>&1 || true
        # shellcheck disable=SC2086
        apt-get "$@" download $names >>log 2>&1 || {
            cat log >&2
            exit 1
        }
    )
    # shellcheck disable=SC2086
    set -- $machines
    while [ $# -gt 0 ]; do
        mkdir -p ".cache/new/cross/$1"
        for package in .cache/new/*_"$2".deb; do
            dpkg -x "$package" ".cache/new/cross/$1"
        done
        wrap "$3" ".cache/new/cross/$1"
        shift 3
    done
    mv .cache/new/cross .cache/cross
    rm -rf .cache/new
}

# wrap COMPILER FOLDER: COMPILER as a musl-gcc in FOLDER, of what is there.
wrap() {
    sed 's|/usr/|%R/usr/|g' "$2"/usr/lib/*-linux-musl*/musl-gcc.specs \
        >"$2/specs"
    cat >"$2/musl-gcc" <<EOF
#!/bin/sh
here=\$(dirname "\$(readlink -f "\$0")")
exec $1-gcc --sysroot="\$here" -specs "\$here/specs" "\$@"
EOF
    chmod +x "$2/musl-gcc"
}

fetch_sdk() {
    [ ! -e "$sdk/node_modules/lodash/package.json" ] || return 0
    say "fetching Cloudinary's SDK for Node (cloudinary $sdk_version)"
    (
        begin_new
        unpack cloudinary "$sdk_version" "$sdk_sha512"
        mkdir node_modules
        mv package node_modules/cloudinary
        unpack lodash "$lodash_version" "$lodash_sha512"
        mv package node_modules/lodash
    )
    rm -rf "$sdk"
    mkdir "$sdk"
    mv .cache/new/node_modules "$sdk"
    rm -rf .cache/new
}

# The SDKs that the benchmark runs, as bench/package-lock.json has them.
fetch_sdks() {
    ! cmp -s bench/package-lock.json .cache/bench/package-lock.json || return 0
    say "fetching the SDKs for Node"
    rm -rf .cache/bench .cache/bench.new
    mkdir -p .cache/bench.new
    cp bench/package.json bench/package-lock.json .cache/bench.new
    npm ci --prefix .cache/bench.new --ignore-scripts --no-audit --no-fund \
        --loglevel=error >/dev/null
    mv .cache/bench.new .cache/bench
}

# A new folder .cache/new, to work in.
begin_new() {
    mkdir -p .cache
    echo '*' >.cache/.gitignore
    rm -rf .cache/new
    mkdir .cache/new
    cd .cache/new
}

wanted=$build
case ${1-build} in
build) ;;
demo) wanted="$wanted $demo" ;;
recording) wanted="$wanted $demo termtosvg" ;;
check) wanted="$wanted $demo $check $cross" ;;
bench) wanted="$wanted $demo $check $bench" ;;
dist) wanted="$wanted $cross $dist" ;;
*) say "usage: setup.sh [build|demo|recording|check|bench|dist]"; exit 2 ;;
esac

wanted=$(missing "$wanted")
case ${1-build} in
demo | recording | check | bench)
    has_java_17 || wanted="$wanted openjdk-17-jre-headless"
    { [ "$1" != check ] && [ "$1" != bench ] &&
        [ -e "$cache/DynamoDBLocal.jar" ]; } ||
        command -v npm >/dev/null || wanted="$wanted npm"
esac
# shellcheck disable=SC2086  # a list of names, to be split
install $wanted
case ${1-build} in
demo | recording) fetch_simulator ;;
check)
    fetch_simulator
    # DynamoDB again, which takes its time with tables; it wants node 20
    npm_package dynalite 4.0.0
    fetch_sdk
    fetch_cross ;;
bench) fetch_sdks ;;
dist) fetch_cross ;;
esac
