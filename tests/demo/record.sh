#!/bin/sh
# record.sh: the demo as an animated picture, tests/demo/demo.svg, for README.md.
set -eu
cd "$(dirname "$0")/../.."
# termtosvg wants a terminal, which script makes
script -qec 'termtosvg tests/demo/demo.svg -g 112x60 -m 80 -M 1500 -D 8000 \
    -t tests/demo/recording.svg.in -c "/usr/bin/python3 tests/demo/demo.py"' \
    /dev/null </dev/null >/dev/null
# no path of this machine
sed -i "s,/[^' ]*/ca\.pem,ca.pem," tests/demo/demo.svg
grep -q 'All as expected' tests/demo/demo.svg
