#!/usr/bin/python3
"""soak.py [N]: memory, connections and pace over a long list.

Runs the real binary over TLS against the stand-ins, with answers of 3 KB, for
N images (200,000) in one go. Memory is looked at after the first ten and at
the very end; a leak of a byte an image would show.
"""

import pathlib
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from conftest import Binary  # noqa: E402
from peers.ca import CA  # noqa: E402
from peers.cloudinary import Cloudinary  # noqa: E402
from peers.dynamodb import Front, Mini  # noqa: E402
from peers.ocr import Canned  # noqa: E402

FEW = 10


def memory(process):
    """The most that was resident so far, in KB."""
    for line in open(f"/proc/{process.pid}/status"):
        if line.startswith("VmHWM:"):
            return int(line.split()[1])


def feed(process, first, last):
    """Writes ids, from a thread, since rows have to be read meanwhile."""
    def write():
        for i in range(first, last, 100):
            process.stdin.write("".join(
                f"scans/page {j}\n"
                for j in range(i, min(i + 100, last))).encode())
        process.stdin.flush()
    threading.Thread(target=write, daemon=True).start()


def read(process, first, last):
    """Reads that many rows, and looks at them."""
    for i in range(first, last):
        row = process.stdout.readline()
        assert row.startswith(b"scans/page %d\tcomplete\tscans/" % i), row


def soak(n, certificate, ca, folder):
    """What was seen, by name."""
    with Cloudinary(certificate, Canned(3000), open_world=True) as images, \
            Front(certificate, Mini("mini")) as table:
        images.keep_log = table.keep_log = False
        images.quota.set(limit=10 * n)
        binary = Binary(lambda: {
            "SSL_CERT_FILE": str(ca.certificate), **images.environment,
            **table.environment}, folder)
        process = binary.start(["-t", "mini"])
        feed(process, 0, FEW)
        read(process, 0, FEW)
        few, tenths = memory(process), []
        feed(process, FEW, n)
        for tenth in range(10):
            begun = time.monotonic()
            read(process, max(FEW, n * tenth // 10), n * (tenth + 1) // 10)
            tenths.append((time.monotonic() - begun) / (n / 10))
        many = memory(process)
        _, said = process.communicate()
        assert process.returncode == 0, said
        items = table.backend.tables["mini"]
        assert len(items) == n == sum(images.paid.values())
        return {"few": few, "many": many, "first": tenths[0],
                "last": tenths[-1],
                "connections": (images.connections, table.connections)}


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 200000
    with tempfile.TemporaryDirectory() as folder:
        ca = CA(pathlib.Path(folder))
        seen = soak(n, ca.issue(), ca, folder)
    print(f"peak memory: {seen['few']} KB after {FEW} images, "
          f"{seen['many']} KB after {n}")
    print(f"time per image: {1000 * seen['first']:.2f} ms in the first tenth, "
          f"{1000 * seen['last']:.2f} ms in the last")
    print("connections: {} to Cloudinary, {} to DynamoDB".format(
        *seen["connections"]))


if __name__ == "__main__":
    main()
