#!/bin/sh
# dist.sh [MACHINE...]: writes into dist/ the sources as a tarball, a static
# binary for each machine (default: all that tests/setup.sh dist has prepared,
# and x86_64), and their SHA256SUMS. The binaries are built of the tarball, so
# that what is shipped is what was built.
#
# The same sources, compilers, libraries and ca-certificates give the same
# bytes, in any folder at any time: the only date is that of the last commit
# (SOURCE_DATE_EPOCH is another), which a tarball's files carry on.
set -eu
umask 022
export LC_ALL=C
cd "$(dirname "$0")/.."
root=$PWD
version=$(sed -n 's/^VERSION = //p' Makefile)
name=ocrdyn-$version
[ $# -gt 0 ] || set -- x86_64 i386 aarch64 armhf s390x

if [ -e .git ]; then
    epoch=$(git log -1 --format=%ct)
    files() { git ls-files -z; }
else
    epoch=$(stat -c %Y Makefile)
    files() {
        find . \( -path ./build -o -path ./dist -o -path ./tests/.cache \
            -o -name __pycache__ \) -prune -o -type f ! -path ./ocrdyn \
            -printf '%P\0'
    }
fi

rm -rf dist
mkdir -p dist/tmp
files | sort -z | tar -cf "dist/$name.tar" --format=ustar \
    --mtime="@${SOURCE_DATE_EPOCH:-$epoch}" --owner=0 --group=0 \
    --numeric-owner --mode=u+rw,go=rX --transform="s|^|$name/|" \
    --no-recursion --null --files-from=-
gzip -9n "dist/$name.tar"

# Only PATH comes along: no LDFLAGS of a shell, no variable of a make above.
for machine in "$@"; do
    (
        mkdir "dist/tmp/$machine"
        cd "dist/tmp/$machine"
        tar -xzf "$root/dist/$name.tar.gz"
        cd "$name"
        set -- CC=musl-gcc
        cross=$root/tests/.cache/cross/$machine
        if [ "$machine" != x86_64 ]; then
            set -- CC="$cross/musl-gcc" HOST_LIB=-lbearssl \
                BEARSSL_LIB="$(echo "$cross"/usr/lib/*/libbearssl.a)"
        fi
        env -i PATH="$PATH" make -s -j"$(nproc)" "$@" ocrdyn
        mv ocrdyn "$root/dist/$name-$machine"
    )
done
rm -rf dist/tmp
cd dist
sha256sum -- "$name"* >SHA256SUMS
