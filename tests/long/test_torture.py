"""System call torture: each call that a run makes fails, in each way it can.

The library torture.c, loaded into a development build of the program, counts
the calls of a small run. Then the run is made again for each of them and for
each way in which that call may fail (WAYS), and what comes of it is held
against what the user is promised:

    SAME    nothing may change: rows, exit status, calls to the services
    HEALED  rows and exit status as without the fault, in the same run
    others  the run ends with one of these statuses

Never a hang, never a crash; and once the same command has come to its end,
undisturbed, each image has its item and a whole row with its text, and was
paid for once.
"""

import collections
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from conftest import ROOT, Binary
from peers import cloudinary as cld, dynamodb as ddb
from test_resume import World

HANG = 20                        # seconds
SIDE_BY_SIDE = 16
STORMS = 24

SAME, HEALED = "same", "healed"
MISUSED, STOPPED, UNWRITTEN = {2}, {3}, {4}
ABORTED = {-signal.SIGABRT}      # as clock.h has it

# So often is a fault tried whose call did not come.
TRIES = 3


# The program and the library.

@pytest.fixture(scope="session")
def tortured(tmp_path_factory):
    """The paths of a dynamic build of the program, and of the library."""
    if not shutil.which("cc"):
        pytest.skip("no cc: install gcc")
    folder = tmp_path_factory.mktemp("tortured")
    asked = subprocess.run(["cc", "-print-file-name=libbearssl.a"],
                           capture_output=True, text=True, check=True)
    bearssl = asked.stdout.strip()
    if not os.path.isabs(bearssl):
        pytest.skip("no libbearssl.a: install libbearssl-dev")
    shutil.copytree(ROOT, folder, dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns(
                        "build", "dist", "tests", ".git", "ocrdyn"))
    library = folder / "torture.so"
    for command in (
            ["make", "-s", "CC=cc", f"BEARSSL_LIB={bearssl}", "ocrdyn"],
            # 64 bits of offset, as the program has them: else it is not open
            # that is called, but open64
            ["cc", "-std=c11", "-D_GNU_SOURCE", "-D_FILE_OFFSET_BITS=64",
             "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fPIC",
             "-shared", "-o", str(library),
             str(ROOT / "tests/long/torture.c")]):
        done = subprocess.run(command, cwd=folder, capture_output=True,
                              text=True)
        assert done.returncode == 0, done.stderr
    return str(folder / "ocrdyn"), str(library)


# The runs that are tortured.

class Torment(World):
    """A World whose run can be tortured."""

    def __init__(self, images, table, binary, folder, ids=("a", "b", "c")):
        super().__init__(images, table, binary, folder, ids)
        self.folder = folder
        self.args += ["--failed", "failed"]
        self.status = 0          # of a run that is left alone

    def torture(self, library, **plan):
        """A run: its status, what it said, and the calls that it made."""
        log = self.folder / "calls"
        log.unlink(missing_ok=True)
        process = self.start(env={
            "LD_PRELOAD": library, "TORTURE_LOG": log,
            **{f"TORTURE_{name.upper()}": value
               for name, value in plan.items()}})
        try:
            said = process.communicate(timeout=HANG)[1].decode()
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return "hangs", "", []
        calls = []
        for line in log.read_text().splitlines():
            kind, nth, hit, what = line.split(" ", 3)
            if what.startswith(str(self.folder)):
                what = os.path.relpath(what, self.folder)
            calls.append(Call(kind, int(nth), hit == "1", what))
        return process.returncode, said, calls

    def outcome(self, status):
        """What a run that is disturbed only a little leaves as it is."""
        return (status, self.rows.read_bytes(), self.images.paid,
                self.images.calls + self.table.calls)


class Failing(Torment):
    """One of the ids is no image, and the file of failed ids ends in the
    middle of an id."""

    def __init__(self, *peers):
        super().__init__(*peers)
        del self.images.images["image", "upload", "b"]
        self.ids.remove("b")
        self.status = 1
        (self.folder / "failed").write_bytes(b"half an i")

    def output(self):
        found = super().output()
        assert set(found.pop("b")) == {("failed", None)}
        return found

    def check(self, extra=0):
        super().check(extra)
        failed = (self.folder / "failed").read_text().split("\n")
        assert failed[0] == "half an i" and "b" in failed and not failed[-1]


class Resumed(Torment):
    """An earlier run was killed when it had paid for the second image, and
    its last row was cut short."""

    def __init__(self, *peers):
        super().__init__(*peers)
        assert self.hook(self.images, "update", key="b",
                         when="after") == -signal.SIGKILL
        with open(self.rows, "ab") as rows:
            rows.write(b"b\tcomplete\ttex")


@dataclass(frozen=True)
class Call:
    kind: str
    nth: int
    hit: bool
    what: str                    # the file or the host

    def __str__(self):
        return f"{self.kind} {self.nth} ({self.what or '-'})"


# What may come of a call that fails: {way: what must come of it}.

CUTS = {"EINTR": SAME, "short": SAME}
SOCKET = {**CUTS, "EAGAIN": SAME, "ECONNRESET": HEALED, "ETIMEDOUT": HEALED,
          "ENOBUFS": HEALED}
WAYS = {
    "connect": {"EINTR": SAME, "ECONNREFUSED": HEALED, "ETIMEDOUT": HEALED,
                "ENETUNREACH": HEALED},
    "socket": {"EMFILE": HEALED, "ENOMEM": HEALED, "EAFNOSUPPORT": HEALED},
    "getaddrinfo": dict.fromkeys(["EAI_AGAIN", "EAI_FAIL", "EAI_MEMORY",
                                  "EAI_NONAME", "EAI_SYSTEM"], HEALED),
    "send": {**SOCKET, "EPIPE": HEALED},
    "recv": {**SOCKET, "end": HEALED},
    "poll": {"EINTR": SAME, "ENOMEM": HEALED},
    "ppoll": {"EINTR": SAME, "early": SAME, "ENOMEM": SAME},
    "getrandom": {"EINTR": SAME, "ENOSYS": ABORTED},
}
DISK = ["EIO", "ENOSPC", "EDQUOT"]


def ways(call, paid):
    """The ways for this call. `paid`: it comes after the first OCR call."""
    kind, what = call.kind, call.what
    if kind in WAYS:
        return WAYS[kind]
    if kind == "malloc":         # nothing is said about when that happens
        return {"ENOMEM": {0, 2, 3}}
    if what.startswith("at") or what == ".":
        return checkpoint_ways(kind, paid)
    if what == "rows.tsv" or what == "failed":
        return {
            "write": {**CUTS, "full": UNWRITTEN,
                      **dict.fromkeys([*DISK, "EFBIG"], UNWRITTEN)},
            "fdatasync": {"EINTR": SAME, **dict.fromkeys(DISK, UNWRITTEN)},
            "open": {"EINTR": SAME, **dict.fromkeys(
                ["EACCES", "EMFILE", "EROFS", "ENOSPC"], UNWRITTEN)},
            "pread": {"EINTR": SAME, "EIO": HEALED},
        }[kind]
    if what == "ids":
        return {"EINTR": SAME, "short": SAME, "EAGAIN": SAME, "EIO": STOPPED}
    if what.startswith("/proc/self/fd/"):
        return {"EINTR": SAME, "ENOENT": HEALED, "EACCES": HEALED}
    if what.startswith(".aws/"): # there is none
        return dict.fromkeys(["EINTR", "EACCES", "EMFILE"], SAME)
    if what.endswith("ca.pem"):
        return {"open": {"EINTR": SAME, "EACCES": MISUSED, "EMFILE": MISUSED},
                "read": {**CUTS, "EIO": MISUSED}}[kind]
    raise AssertionError(f"{call}: which file is that?")


def checkpoint_ways(kind, paid):
    lost = UNWRITTEN if paid else MISUSED | UNWRITTEN
    names = {"open": ["EACCES", "EMFILE", "ENOSPC", "EROFS"],
             "pread": ["EIO"], "write": [*DISK, "full"],
             "fdatasync": DISK, "fsync": DISK, "ftruncate": ["EIO"],
             "fchmod": ["EPERM"],
             "rename": ["EIO", "ENOSPC", "EROFS"],
             "flock": ["ENOLCK", "EAGAIN"]}[kind]
    same = ["EINTR"] if kind not in ("fchmod", "rename") else []
    if kind in ("pread", "write"):
        same.append("short")
    return {**dict.fromkeys(names, lost), **dict.fromkeys(same, SAME)}


# Torture.

class Chamber:
    """What all runs of a kind of World have in common."""

    def __init__(self, world, tortured, certificate, ca, folder):
        self.world, self.certificate = world, certificate
        self.ca, self.folder = ca, folder
        self.program, self.library = tortured

    def enter(self, use):
        """Calls `use` with a new World."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        with cld.Cloudinary(self.certificate) as images, \
                ddb.Front(self.certificate, ddb.Mini("mini")) as table:
            binary = Binary(lambda: {
                "HOME": str(folder), "SSL_CERT_FILE": str(self.ca.certificate),
                **images.environment, **table.environment}, folder)
            binary.path = self.program
            result = use(self.world(images, table, binary, folder))
        assert not images.errors + table.errors + table.refused
        assert not images.violations + table.violations
        shutil.rmtree(folder)
        return result

    def count(self):
        """A run that is left alone: its calls, and what came of it. It makes
        the same ones each time."""
        def use(world):
            status, said, calls = world.torture(self.library)
            assert status == world.status, said
            world.check()
            return calls, world.outcome(status)
        return self.enter(use)

    def cells(self, wanted=lambda call: True):
        """Of the wanted calls, each (call, way, what must come of it)."""
        calls, self.normal = self.count()
        cells, paid = [], False
        for call in calls:
            paid |= call.kind == "write" and call.what == "rows.tsv"
            if wanted(call):
                cells += [(call, how, want)
                          for how, want in ways(call, paid).items()]
        return cells

    def judge(self, cell):
        """What is wrong with a cell, or None; and whether it was visited."""
        for _ in range(TRIES):
            wrong, hit = self.enter(lambda world: self.try_cell(world, *cell))
            if hit or wrong:
                break
        call, how, _ = cell
        return wrong and f"{call}: {how}: {wrong}", hit

    def try_cell(self, world, call, how, want):
        status, said, calls = world.torture(
            self.library, kind=call.kind, nth=call.nth, how=how)
        hit = any(made.hit for made in calls)
        return self.wrong(world, status, want if hit else SAME, said), hit

    def wrong(self, world, status, want, said):
        """What is wrong with a world after a tortured run, or None."""
        said = f"\n    {said}"
        outcome = world.outcome(status)
        if want == SAME and outcome != self.normal:
            return f"{outcome[0]}, {outcome[2:]}, not as without{said}"
        if want == HEALED and outcome[:3] != self.normal[:3]:
            return f"{outcome[0]}, {outcome[2:]}, is not mended{said}"
        if want not in (SAME, HEALED) and status not in want:
            return f"ended with {status}{said}"
        world.drain()
        if status != world.status:
            again, more = world.run()
            if again not in (0, world.status):
                return f"ended with {status}, then {again}{said}    {more}"
        try:
            world.check()
        except (AssertionError, KeyError) as error:
            return f"ended with {status}, then {error!r}{said}"
        return None


@pytest.fixture
def chamber(tortured, certificate, ca, tmp_path):
    return lambda world: Chamber(world, tortured, certificate, ca, tmp_path)


def torture(chamber, capsys, cells, name):
    began = time.monotonic()
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        judged = list(pool.map(chamber.judge, cells))
    kinds = collections.Counter(
        kind for kind, _ in {(call.kind, call.nth) for call, *_ in cells})
    listed = ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items()))
    with capsys.disabled():
        print(f"\ntorture, {name}: {sum(kinds.values())} places ({listed}), "
              f"{sum(hit for _, hit in judged)} of {len(cells)} faults met, "
              f"{time.monotonic() - began:.0f} s")
    wrong = [wrong for wrong, _ in judged if wrong]
    wrong += [f"{call}: {how}: never came" for (call, how, _), (_, hit)
              in zip(cells, judged) if not hit]
    assert not wrong, "\n".join(wrong)


def test_a_run(chamber, capsys):
    run = chamber(Torment)
    cells = run.cells()
    assert {call.kind for call, *_ in cells} == {
        "connect", "fchmod", "fdatasync", "flock", "fsync", "ftruncate",
        "getaddrinfo", "getrandom", "malloc", "open", "poll", "ppoll",
        "pread", "read", "recv", "rename", "send", "socket", "write"}
    torture(run, capsys, cells, "a run")


def test_a_run_that_goes_on(chamber, capsys):
    run = chamber(Resumed)
    torture(run, capsys, run.cells(), "one that goes on")


def test_a_run_with_a_failure(chamber, capsys):
    run = chamber(Failing)
    cells = run.cells(lambda call: call.what == "failed")
    torture(run, capsys, cells, "the file of failed ids")


@pytest.mark.parametrize("world", [Torment, Resumed, Failing])
def test_a_run_in_a_storm(chamber, capsys, world):
    """Every third call is interrupted, cut short or to be tried again."""
    run = chamber(world)
    run.cells()

    def weather(seed):
        def use(world):
            status, said, calls = world.torture(run.library, storm=seed)
            wrong = run.wrong(world, status, SAME, said)
            return wrong and f"seed {seed}: {wrong}", \
                sum(call.hit for call in calls)
        return run.enter(use)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        judged = list(pool.map(weather, range(STORMS)))
    with capsys.disabled():
        print(f"\ntorture, {STORMS} storms: {sum(n for _, n in judged)} "
              "faults met")
    wrong = [wrong for wrong, _ in judged if wrong]
    assert not wrong, "\n".join(wrong)
