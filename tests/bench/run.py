#!/usr/bin/python3
"""run.py [ROUNDS]: compares ocrdyn with other ways to do its job.

All clients read the same ids, call the same servers (servers.py), verify them
with the same CA and print the same rows, which is checked; the floor prints
none. A round measures each client at each size, one after the other, and
subtracts what a single id takes: an image in the middle of a long list counts.
Each figure is the median over the rounds of the ratio to ocrdyn's figure in
the same round, so that it is right on a busy machine, too.

Prints the table of README.md, how much the rounds differ, and the speed of
json.c and yajl (bench_json). The exit status is 1 if a figure of the design is
not reached.
"""

import os
import re
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

from servers import SIZES, Servers

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build"
MODULES = HERE.parent / ".cache" / "bench" / "node_modules"

FAST = {"3 KB": 4000, "57 KB": 2000, "366 KB": 500}
SLOW = {"3 KB": 500, "57 KB": 300, "366 KB": 100}
LOOP = {"3 KB": 12, "57 KB": 12, "366 KB": 12}

# What sdk.py loads in addition to Python and its standard library.
PACKAGES = ("boto3 botocore s3transfer jmespath dateutil requests urllib3 "
            "certifi idna charset_normalizer chardet six.py").split()


class Client:
    """`counts` is how many images it processes at each size; `needs` are
    files and folders that it needs in addition to what its programs link."""

    def __init__(self, label, counts, *command, programs=None, needs=()):
        self.label, self.counts, self.command = label, counts, command
        self.programs = programs or command[:1]
        self.needs = needs

    def size(self):
        """Bytes of all files that it needs to run."""
        files = set()
        for program in self.programs:
            path = shutil.which(program)
            linked = subprocess.run(["ldd", path], capture_output=True,
                                    text=True).stdout
            files.add(os.path.realpath(path))
            files.update(map(os.path.realpath,
                             re.findall(r"(/\S+) \(0x", linked)))
        for need in map(Path, self.needs):
            files.update(str(path) for path in [need, *need.rglob("*")]
                         if path.is_file() and path.suffix != ".pyc" and
                         "dist-packages" not in path.relative_to(need).parts)
        return sum(os.path.getsize(file) for file in files)


def python_needs():
    library = Path(sysconfig.get_path("stdlib"))
    installed = Path("/usr/lib/python3/dist-packages")
    return [library, *(installed / name for name in PACKAGES)]


OURS, PEER, FLOOR = "ocrdyn", "libcurl, OpenSSL, yajl (C)", "bare BearSSL (C)"

CLIENTS = [
    Client(OURS, FAST, ROOT / "ocrdyn", "-q", "-t", "ocr"),
    Client(PEER, FAST, BUILD / "curl_yajl"),
    Client(FLOOR, FAST, BUILD / "floor", "text"),
    Client("boto3, requests (Python)", SLOW, "/usr/bin/python3",
           HERE / "sdk.py", needs=python_needs()),
    Client("both SDKs (Node)", SLOW, "node", HERE / "sdk.js",
           needs=[MODULES]),
    Client("curl, jq (sh)", LOOP, HERE / "shell.sh",
           programs=["sh", "curl", "jq"]),
]


class Bench:
    def __init__(self, servers):
        self.servers = servers
        self.folder = servers.folder

    def run(self, client, size, n):
        """Returns wall and CPU time in seconds, memory in KB, connections."""
        self._write(size, n)
        before = self.servers.served()
        with open(self.folder / "ids") as ids, \
                open(self.folder / "rows", "w") as rows:
            subprocess.run(
                [BUILD / "measure", "report", *client.command], check=True,
                cwd=self.folder, stdin=ids, stdout=rows,
                env={**self.servers.environment(size), "NODE_PATH": MODULES,
                     "NODE_NO_WARNINGS": "1"})
        after = self.servers.served()
        wall, cpu, memory, status = map(
            int, (self.folder / "report").read_text().split())
        if status or after[1] - before[1] < 2 * n or \
                not self._rows_good(client, size, n):
            raise RuntimeError(f"{client.label}: it did not work")
        return wall / 1e6, cpu / 1e6, memory, after[0] - before[0]

    def _write(self, size, n):
        """Writes the ids, and for the floor the text as JSON has it."""
        (self.folder / "ids").write_text(
            "".join(f"scans/page-{i}\n" for i in range(n)))
        (self.folder / "text").write_text(self._escaped(size))

    def _escaped(self, size):
        return self.servers.texts[size].replace("\n", "\\n")

    def _rows_good(self, client, size, n):
        wanted = "" if client.label == FLOOR else "".join(
            f"scans/page-{i}\tcomplete\t{self._escaped(size)}\t\n"
            for i in range(n))
        return (self.folder / "rows").read_text() == wanted

    def round(self):
        """Returns figures by (what, size), as dicts by label of the client."""
        seen = {}
        for size in SIZES:
            for client in CLIENTS:
                wall1, cpu1, *_ = self.run(client, size, 1)
                n = client.counts[size]
                wall, cpu, memory, connections = self.run(client, size, n)
                for what, value in (
                        (CPU, (cpu - cpu1) / (n - 1)),
                        (WALL, (wall - wall1) / (n - 1)),
                        (MEMORY, memory), (START, wall1),
                        (CONNECTIONS, connections / n)):
                    seen.setdefault((what, size), {})[client.label] = value
        return seen


# The table.

CPU, WALL = "CPU per image", "time per image"
MEMORY, START = "peak memory", "start, and one image"
CONNECTIONS, SIZE = "connections per image", "files it needs"

LABELS = [client.label for client in CLIENTS]


class Figures:
    """The figures of all rounds."""

    def __init__(self, rounds):
        self.rounds = rounds

    def own(self, what, size, label=OURS):
        """The median of a client's figures."""
        return statistics.median(seen[what, size][label]
                                 for seen in self.rounds)

    def ratios(self, what, size, label):
        """The ratios to ocrdyn's figures, sorted."""
        return sorted(seen[what, size][label] / seen[what, size][OURS]
                      for seen in self.rounds)

    def row(self, what, size, unit, scale, digits):
        name = f"{what}, {size}" if what in (CPU, WALL, MEMORY) else what
        cells = [multiple(statistics.median(self.ratios(what, size, label)))
                 for label in LABELS[1:]]
        return [name, f"{self.own(what, size) * scale:.{digits}f} {unit}",
                *cells]

    def spread(self, what, size):
        low_high = (self.ratios(what, size, label) for label in LABELS[1:])
        return [f"{what}, {size}", "", *(
            f"{multiple(ratios[0])} to {multiple(ratios[-1])}"
            for ratios in low_high)]


def able(bench):
    """Removes clients that do not run here: the Node of Debian 12 is too old
    for AWS's SDK. The C programs must run."""
    for client in CLIENTS[:]:
        try:
            bench.run(client, "3 KB", 1)
        except RuntimeError as why:
            if client.label in (OURS, PEER, FLOOR):
                raise
            print(f"left out: {why}", file=sys.stderr)
            CLIENTS.remove(client)
            LABELS.remove(client.label)


def multiple(ratio):
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"


def line(cells):
    print(f"| {' | '.join(map(str, cells))} |")


def table(figures):
    line(["", OURS, *LABELS[1:]])
    line([":--", *["--:"] * len(LABELS)])
    for size in SIZES:
        line(figures.row(CPU, size, "ms", 1000, 2))
    for size in SIZES:
        line(figures.row(WALL, size, "ms", 1000, 2))
    for size in (list(SIZES)[0], list(SIZES)[-1]):
        line(figures.row(MEMORY, size, "KB", 1, 0))
    line(figures.row(START, "3 KB", "ms", 1000, 1))
    sizes = {client.label: client.size() for client in CLIENTS}
    line([SIZE, f"{sizes[OURS] / 1024:.0f} KB",
          *(multiple(sizes[label] / sizes[OURS]) for label in LABELS[1:])])


def reached(figures):
    """Prints whether the figures of the design are reached. True if all
    are."""
    good = True

    def say(what, value, bound, text):
        nonlocal good
        good = good and value <= bound
        print(f"{what}: {text}{'' if value <= bound else '  (not reached)'}")

    for label, bound in ((PEER, 0.4), (FLOOR, 2.5)):
        for size in SIZES:
            ratio = 1 / statistics.median(figures.ratios(CPU, size, label))
            say(f"CPU per image, {size}, against {label}", ratio, bound,
                f"{ratio:.2f} (wanted: at most {bound})")
    memory = max(figures.own(MEMORY, size) for size in SIZES)
    say("peak memory", memory, 1024, f"{memory:.0f} KB (at most 1024)")
    opened = max(seen[CONNECTIONS, size][OURS] * FAST[size]
                 for seen in figures.rounds for size in SIZES)
    say("connections for a list", opened, 2, f"{opened:.0f} to two hosts")
    binary = os.path.getsize(ROOT / "ocrdyn")
    say("binary", binary, 400 * 1024, f"{binary} bytes (at most 409600)")
    return good


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    rounds = []
    with tempfile.TemporaryDirectory() as folder, \
            Servers(Path(folder)) as servers:
        bench = Bench(servers)
        able(bench)
        try:
            while len(rounds) < n:
                begun = time.monotonic()
                rounds.append(bench.round())
                print(f"round {len(rounds)} of {n}: "
                      f"{time.monotonic() - begun:.0f} s", file=sys.stderr)
        except KeyboardInterrupt:        # print the rounds so far
            if not rounds:
                raise
    figures = Figures(rounds)
    print(f"\n{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, medians "
          f"of {len(rounds)} rounds; {OURS}'s own figure, and multiples of it:\n")
    table(figures)
    print("\nLowest and highest of the rounds:\n")
    line(["", "", *LABELS[1:]])
    line([":--", *["--:"] * len(LABELS)])
    for size in SIZES:
        line(figures.spread(CPU, size))
    print()
    good = reached(figures)
    sys.stdout.flush()
    json = subprocess.run([BUILD / "bench_json"])
    return 0 if good and json.returncode == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
