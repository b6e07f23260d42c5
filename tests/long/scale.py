#!/usr/bin/python3
"""scale.py [N]: one run over a very long list, 1,000,000 ids by default.

The real binary over TLS against nginx (servers.py), with answers of 3 KB.
Looks at memory after the first ten rows and at the very end, at the time that
each tenth of the list takes, at every row, and at what nginx has served.
tests/long/soak.py does the same with stand-ins that look at what is sent, and is
slower by far.
"""

import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/bench"))

from servers import Servers  # noqa: E402

FEW = 10


def memory(process):
    """The most that was resident so far, in KB."""
    for line in open(f"/proc/{process.pid}/status"):
        if line.startswith("VmHWM:"):
            return int(line.split()[1])


def feed(process, first, last):
    """Writes ids, from a thread, since rows have to be read meanwhile."""
    def write():
        for i in range(first, last, 1000):
            process.stdin.write("".join(
                f"scans/page {j}\n"
                for j in range(i, min(i + 1000, last))).encode())
        process.stdin.flush()
    threading.Thread(target=write, daemon=True).start()


def read(process, first, last, rest):
    """Reads that many rows, and looks at them."""
    for i in range(first, last):
        row = process.stdout.readline()
        assert row == b"scans/page %d%s" % (i, rest), row


def scale(n, servers):
    """What was seen, by name; times in seconds of an image."""
    text = servers.texts["3 KB"].replace("\n", "\\n")
    rest = f"\tcomplete\t{text}\t\n".encode()
    before = servers.served()
    process = subprocess.Popen(
        [ROOT / "ocrdyn", "-q", "-t", "ocr"],
        env=servers.environment("3 KB"), stdin=subprocess.PIPE,
        stdout=subprocess.PIPE)
    feed(process, 0, FEW)
    read(process, 0, FEW, rest)
    few, tenths = memory(process), []
    feed(process, FEW, n)
    for tenth in range(10):
        begun = time.monotonic()
        first, last = max(FEW, n * tenth // 10), n * (tenth + 1) // 10
        read(process, first, last, rest)
        tenths.append((time.monotonic() - begun) / (last - first))
        print(f"{last} rows, {1000 * tenths[-1]:.3f} ms an image, "
              f"{memory(process)} KB", flush=True)
    many = memory(process)
    more, _ = process.communicate()
    assert process.returncode == 0 and more == b""
    connections, requests = (
        b - a for a, b in zip(before, servers.served()))
    # a call each, and one look at the table before the first
    assert requests == 2 * n + 1 and connections == 2
    assert many <= 1024 and many <= few + 64
    return {"few": few, "many": many, "first": tenths[0], "last": tenths[-1],
            "requests": requests, "connections": connections}


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1000000
    with tempfile.TemporaryDirectory() as folder, \
            Servers(Path(folder), {"3 KB": 3000}) as servers:
        seen = scale(n, servers)
    print(f"peak memory: {seen['few']} KB after {FEW} images, "
          f"{seen['many']} KB after {n}")
    print(f"time per image: {1000 * seen['first']:.3f} ms in the first "
          f"tenth, {1000 * seen['last']:.3f} ms in the last")
    print(f"served: {seen['requests']} requests on {seen['connections']} "
          "connections")


if __name__ == "__main__":
    main()
