#!/bin/sh
# cross.sh TEST...: these integration tests, once on each binary in dist/, those
# of other machines in qemu's user emulation. It needs no binfmt_misc, which a
# container may not have. Without the tests of memory, which would measure qemu,
# and those of other programs than the binary.
set -u
cd "$(dirname "$0")/../.." || exit
status=0
for machine in x86_64 i386 aarch64 armhf:arm s390x; do
    under=qemu-${machine#*:}-static
    machine=${machine%:*}
    [ "$machine" != "$(uname -m)" ] || under=
    echo "$machine"
    OCRDYN=$(echo dist/ocrdyn-*-"$machine") OCRDYN_UNDER=$under \
        /usr/bin/python3 -m pytest -q -p no:cacheprovider -n 3 \
        -k 'not memory' "$@" </dev/null ||
        status=1
done
exit $status
