"""Pace, quota, and what is said meanwhile: the real binary in real time.

The limiter itself is tested under virtual time (test_pace.c). Here the calls
are seen as the stand-in sees them.
"""

import hashlib
import os
import pty
import re
import select
import signal
import time
from collections import Counter
from email.utils import formatdate

import pytest

from peers import cloudinary as cld, dynamodb as ddb, faults

MINI = ["-t", "mini"]


@pytest.fixture
def world(cloudinary):
    """Every public_id is an image."""
    cloudinary.open_world = True
    return cloudinary


def names(n):
    return [f"image {i}" for i in range(n)]


def calls(server):
    """When the calls came, in seconds since the first."""
    times = [event.time for event in server.log if event.call != "connect"]
    return [when - times[0] for when in times]


def statuses(done):
    return [row[1] for row in done.rows]


def until_said(process, text, seconds=20):
    """Reads what is said until that is; all of it."""
    said, deadline = b"", time.monotonic() + seconds
    while text.encode() not in said:
        left = deadline - time.monotonic()
        assert left > 0 and select.select([process.stderr], [], [], left)[0], \
            said.decode()
        piece = os.read(process.stderr.fileno(), 4096)
        assert piece, said.decode()
        said += piece
    return said.decode()


def end(process, number=signal.SIGINT):
    process.send_signal(number)
    out, said = process.communicate(timeout=20)
    assert process.returncode == -number, said
    return out, said.decode()


# Rate, in real time: that it is kept at all. How exactly it is kept is shown
# in virtual time (test_pace.c); here a machine that has more to do may make
# any call late.

LATE = 0.5
SLOW = 20


@pytest.mark.parametrize("rate, n, window", [
    ("20/s", 20, 1), ("1000/m", 50, 3), ("72000/h", 20, 1)])
def test_no_window_has_more_calls_than_the_rate(world, ocrdyn, rate, n,
                                                window):
    ids = names(2 * n + 1)
    done = ocrdyn(["-r", rate], ids)
    assert statuses(done) == ["complete"] * len(ids)
    times = calls(world)
    for first, last in zip(times, times[n:]):
        assert last - first >= window - LATE
    assert times[-1] <= 2 * window + SLOW


def test_every_call_counts_against_the_rate(world, ocrdyn):
    ocrdyn(["-r", "20/s", "--reuse"], names(11))
    times = calls(world)
    assert world.calls == {"get": 11, "update": 11}
    assert 1.05 - LATE <= times[-1] <= 1.05 + SLOW


def test_a_late_call_is_no_reason_for_a_burst(world, ocrdyn):
    world.faults.add(call="update", nth=5, stall=1)
    ocrdyn(["-r", "20/s"], names(30))
    times = calls(world)
    assert times[5] - times[4] >= 1
    assert times[-1] - times[5] >= 24 * 0.05 - LATE


def test_without_a_rate_calls_follow_each_other(world, ocrdyn):
    done = ocrdyn([], names(100))
    assert len(done.rows) == 100 and calls(world)[-1] < SLOW


def test_shards_share_the_rate(world, ocrdyn, tmp_path):
    ids = names(80)
    (tmp_path / "ids").write_text("".join(f"{name}\n" for name in ids))
    running = [ocrdyn.start(["-r", "20/s", "--shard", f"{i}/4"],
                            stdin=open(tmp_path / "ids", "rb"))
               for i in (1, 2, 3, 4)]
    for process in running:
        process.communicate(timeout=30)
        assert process.returncode == 0
    times = sorted(calls(world))
    for first, last in zip(times, times[20:]):
        assert last - first >= 1 - LATE


def test_a_shard_is_told_by_the_ids_sha_256(world, ocrdyn):
    """Pinned: processes of different versions may share a list."""
    ids = [*names(40), "scans/\u00e9", "a b"]
    for shard in 1, 2, 3:
        mine = [name for name in ids if int.from_bytes(
            hashlib.sha256(name.encode()).digest()[:8], "big") % 3 == shard - 1]
        done = ocrdyn(["--shard", f"{shard}/3"], ids)
        assert [row[0] for row in done.rows] == mine


# The account's quota.

QUOTAS = {
    "by default": ([], 5),
    "none": (["--reserve", "0"], 10),
    "a number": (["--reserve", "4"], 6),
    "percent": (["--reserve", "25%"], 0),
    "percent, rounded up": (["--reserve", "11%"], 4),
    "with a rate": (["-r", "1000/s"], 10),
    "with a rate and a reserve": (["-r", "1000/s", "--reserve", "4"], 6),
}


@pytest.mark.parametrize("args, made", QUOTAS.values(), ids=QUOTAS)
def test_the_reserve_is_left_to_others(world, ocrdyn, tmp_path, args, made):
    """Of 50 calls 10 are left. The first call is made in any case: it tells
    how many."""
    world.quota.set(limit=50, remaining=10, reset_in=3600)
    (tmp_path / "ids").write_text("".join(f"{name}\n" for name in names(20)))
    process = ocrdyn.start(args, stdin=open(tmp_path / "ids", "rb"))
    said = until_said(process, "waiting until")
    assert re.search(r"waiting until (\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d UTC: ",
                     said)
    end(process)
    assert world.calls["update"] == max(1, made)
    assert world.quota.remaining == 10 - max(1, made)


@pytest.mark.parametrize("skew", [0, 5 * 3600, -5 * 3600])
def test_the_quota_is_waited_for_by_the_services_own_clock(world, ocrdyn,
                                                           skew):
    world.skew = skew
    world.quota.set(limit=50, remaining=8, reset_in=3)
    reset = world.quota.reset - skew
    done = ocrdyn([], names(6))
    assert statuses(done) == ["complete"] * 6
    assert world.calls == {"update": 6}
    times = [event.time for event in world.log]
    assert times[2] < reset <= times[3] <= reset + 2.2
    assert world.quota.remaining == 47


def test_calls_by_others_count(world, ocrdyn, tmp_path):
    world.quota.set(limit=100, remaining=60, reset_in=3600)
    world.others_per_call = 9
    (tmp_path / "ids").write_text("".join(f"{name}\n" for name in names(20)))
    process = ocrdyn.start([], stdin=open(tmp_path / "ids", "rb"))
    until_said(process, "waiting until")
    end(process)
    assert world.calls == {"update": 5} and world.quota.remaining == 10


@pytest.mark.parametrize("args", [["--reserve", "10"], ["--reserve", "11"]])
def test_a_reserve_that_leaves_nothing_stops_the_run(world, ocrdyn, args):
    world.quota.set(limit=10, remaining=10, reset_in=3600)
    done = ocrdyn(args, names(3))
    assert done.returncode == 3
    assert statuses(done) == ["complete"]
    assert "--reserve leaves nothing of the account's 10 calls" in done.stderr


def absurd(**headers):
    def edit(response):
        return cld.Response(response.status, response.body, {
            **response.headers, **{f"X-FeatureRateLimit-{name}": value
                                   for name, value in headers.items()}})
    return edit


@pytest.mark.parametrize("headers", [
    {"Remaining": "-5", "Limit": "-1"}, {"Remaining": "x"}, {"Limit": ""},
    {"Remaining": "0", "Reset": "Sat, 01 Apr 2017 22:00:00 GMT"},
    {"Remaining": "9" * 40, "Limit": "9" * 40}, {"Reset": "soon"},
    {"Remaining": "0", "Reset": "0"}], ids=str)
def test_absurd_headers_hold_nobody_up_for_long(world, ocrdyn, headers):
    world.faults.add(when="after", times=None, edit=absurd(**headers))
    begun = time.monotonic()
    done = ocrdyn([], names(3))
    assert statuses(done) == ["complete"] * 3
    assert time.monotonic() - begun < 60


# Refusals that name a time.

def refusals():
    yield "the hour's limit", lambda: cld.hourly(500, time.time() + 2), 1
    yield "Retry-After on 429", lambda: cld.too_many(2), 2
    yield ("Retry-After on 503",
           lambda: cld.error(503, "Busy", {"Retry-After": "2"}), 2)
    yield ("a date in Retry-After", lambda: cld.error(503, "Busy", {
        "Retry-After": formatdate(time.time() + 2, usegmt=True)}), 1)
    yield ("a date in Retry-After on 429", lambda: cld.error(429, "Busy", {
        "Retry-After": formatdate(time.time() + 2, usegmt=True)}), 1)


REFUSALS = {name: rest for name, *rest in refusals()}


@pytest.mark.parametrize("reply, least", REFUSALS.values(), ids=REFUSALS)
def test_a_time_that_is_named_is_waited_for(world, ocrdyn, reply, least):
    world.faults.add(call="update", key="image 1", reply=reply())
    done = ocrdyn([], names(3))
    assert statuses(done) == ["complete"] * 3 and done.returncode == 0
    first, second = [event.time for event in world.log
                     if event.key == "image 1" and event.call == "update"]
    assert least <= second - first <= 60
    assert world.paid == {name: 1 for name in names(3)}


def test_an_hour_that_ends_is_waited_out_and_nothing_lost(world, mini,
                                                          ocrdyn):
    """No reserve: the service itself refuses, again and again."""
    world.quota.set(limit=2, remaining=1, reset_in=1, window=2)
    world.faults.add(when="after", times=None, edit=faults.header(
        "X-FeatureRateLimit-Limit", None))
    world.headers_on_420 = False
    done = ocrdyn([*MINI, "--reserve", "0", "--max-attempts", "1"], names(4))
    assert statuses(done) == ["complete"] * 4 and done.returncode == 0
    assert world.paid == {name: 1 for name in names(4)}
    assert world.calls["update"] > 4


# Which ids.

def test_limit_and_max_errors_end_a_run(world, ocrdyn):
    done = ocrdyn(["--limit", "2"], names(4))
    assert len(done.rows) == 2 and done.returncode == 0
    world.open_world = False
    done = ocrdyn(["--max-errors", "2"], ["image 0", "x", "image 1", "y",
                                          "image 0"])
    assert statuses(done) == ["complete", "failed", "complete", "failed"]
    assert done.returncode == 3
    assert "stopped after 2 failures (--max-errors)" in done.stderr


def test_unstored_rows_are_errors_too(world, mini, ocrdyn):
    mini.faults.add(call="PutItem", nth=2, reply=ddb.error(
        "ValidationException", "no"))
    done = ocrdyn([*MINI, "--max-errors", "1"], names(4))
    assert statuses(done) == ["complete", "unstored"]
    assert done.returncode == 3


@pytest.mark.parametrize("shards", [1, 2, 4, 7])
def test_shards_split_a_list_exactly(world, ocrdyn, shards):
    ids = names(40)
    found = [[row[0] for row in
              ocrdyn(["--shard", f"{i + 1}/{shards}"], ids).rows]
             for i in range(shards)]
    assert sorted(sum(found, [])) == sorted(ids)
    for part in found:
        assert part == [name for name in ids if name in part]
    assert world.paid == {name: 1 for name in ids}
    assert min(map(len, found)) >= 40 // shards // 3


def test_a_shard_is_the_same_everywhere(world, ocrdyn):
    """The hash is part of the promise: other machines, later versions."""
    def of_four(name):
        return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8],
                              "big") % 4
    done = ocrdyn(["--shard", "1/4"], names(12))
    assert [row[0] for row in done.rows] == [
        name for name in names(12) if of_four(name) == 0]


DRY = {
    "": ([], 4, r"4 images: 4 OCR units, 4 Admin API calls\n.*0\.0 hours at "
                r"500 calls an hour \(free plans\), 0\.0 at 2000"),
    "reuse": (["--reuse"], 4, "4 OCR units, up to 8 Admin API calls"),
    "a rate": (["-r", "2/h"], 4, r"2\.0 hours at --rate"),
    "a shard": (["--shard", "1/2"], None, "OCR unit"),
    "a limit": (["--limit", "1"], 1, "1 image: 1 OCR unit, 1 Admin API call"),
}


@pytest.mark.parametrize("args, n, sums", DRY.values(), ids=DRY)
def test_a_dry_run_calls_nobody(world, mini, ocrdyn, tmp_path, args, n, sums):
    done = ocrdyn([*MINI, "-n", "-c", "at", "--failed", "failed", *args],
                  names(4))
    assert done.returncode == 0
    assert world.connections == mini.connections == 0
    assert re.search(sums, done.stderr), done.stderr
    lines = done.stdout.decode().splitlines()
    assert n is None or lines == [
        f"POST {world.url}/v1_1/demo/resources/image/upload/image%20{i} "
        "ocr=adv_ocr" for i in range(n)]
    assert 1 <= len(lines) <= 4
    assert not os.listdir(tmp_path)


def test_skip_stored_asks_for_100_at_once(world, mini, ocrdyn):
    table = mini.backend.tables["mini"]
    ids = names(250)
    for name in ids[::2]:
        table[name] = {"publicId": {"S": name}}
    done = ocrdyn([*MINI, "--skip-stored"], ids)
    assert statuses(done) == ["skipped", "complete"] * 125
    assert done.returncode == 0
    assert mini.calls["BatchGetItem"] == 3
    assert world.paid == {name: 1 for name in ids[1::2]}
    assert "125 skipped" in done.stderr


def test_skip_stored_never_waits_for_a_batch(world, mini, ocrdyn):
    mini.backend.tables["mini"]["b"] = {"publicId": {"S": "b"}}
    process = ocrdyn.start([*MINI, "--skip-stored"])
    for name, status in (("a", "complete"), ("b", "skipped"),
                         ("c", "complete"), ("a", "skipped")):
        process.stdin.write(f"{name}\n".encode())
        process.stdin.flush()
        assert select.select([process.stdout], [], [], 10)[0]
        assert process.stdout.readline().split(b"\t")[:2] == [
            name.encode(), status.encode()]
    process.communicate(timeout=10)
    assert process.returncode == 0
    assert mini.calls["BatchGetItem"] == 4
    assert world.paid == {"a": 1, "c": 1}


@pytest.mark.parametrize("ids", [["a", "a", "b"], ["a", "b", "a"],
                                 ["a", "b", "b", "a", "c", "a"],
                                 ["a", "", "a"], ["a", "x" * 5000, "a"]])
def test_duplicates_are_not_paid_for_twice(world, mini, ocrdyn, ids):
    done = ocrdyn([*MINI, "--skip-stored"], ids)
    seen, expected = set(), []
    for name in filter(None, ids):
        expected.append("failed" if len(name) > 4096 else
                        "skipped" if name in seen else "complete")
        seen.add(name)
    assert statuses(done) == expected
    assert set(world.paid.values()) == {1}


def test_skip_stored_and_shards(world, mini, ocrdyn):
    ids = names(60)
    for name in ids[::3]:
        mini.backend.tables["mini"][name] = {"publicId": {"S": name}}
    found = Counter()
    for i in (1, 2, 3):
        done = ocrdyn([*MINI, "--skip-stored", "--shard", f"{i}/3"], ids)
        found.update(row[0] for row in done.rows)
        assert all((row[1] == "skipped") == (row[0] in ids[::3])
                   for row in done.rows)
    assert found == {name: 1 for name in ids}
    assert mini.calls["BatchGetItem"] == 3


# Failed ids.

def test_failed_ids_are_appended(world, ocrdyn, tmp_path):
    world.open_world = False
    world.add(cld.Image("a", "text"))
    (tmp_path / "failed").write_text("old\n")
    done = ocrdyn(["--failed", "failed"], ["x", "a", "y z"])
    assert done.returncode == 1
    assert (tmp_path / "failed").read_bytes() == b"old\nx\ny z\n"
    done = ocrdyn(["--failed", "null", "-0"], b"x\n1\0a\0\0")
    assert (tmp_path / "null").read_bytes() == b"x\n1\0\0"


def test_an_image_that_failed_is_named_before_the_next_is_read(world, ocrdyn,
                                                               tmp_path):
    world.open_world = False
    process = ocrdyn.start(["--failed", "failed"])
    for name in b"x", b"y":
        process.stdin.write(name + b"\n")
        process.stdin.flush()
        assert process.stdout.readline().startswith(name + b"\tfailed")
    assert (tmp_path / "failed").read_bytes().startswith(b"x\n")
    process.communicate(timeout=10)


@pytest.mark.parametrize("file", ["/proc/none/failed", "."])
def test_a_file_of_failed_ids_that_cannot_be_opened(world, ocrdyn, file):
    done = ocrdyn(["--failed", file], ["a"])
    assert done.returncode == 4 and done.stdout == b""
    assert f"cannot write {file}: " in done.stderr
    assert world.connections == 0


def test_a_file_of_failed_ids_that_is_full(world, ocrdyn):
    world.open_world = False
    done = ocrdyn(["--failed", "/dev/full"], ["x", "y"])
    assert done.returncode == 4
    assert statuses(done) == ["failed"]
    assert "cannot write /dev/full: No space left on device" in done.stderr
    assert world.calls == {"update": 1}


# What is said.

def test_usr1_tells_the_progress_while_it_waits_for_the_list(world, ocrdyn):
    process = ocrdyn.start()
    process.stdin.write(b"a\nb\n")
    process.stdin.flush()
    for _ in range(2):
        process.stdout.readline()
    for _ in range(3):
        process.send_signal(signal.SIGUSR1)
        said = until_said(process, "\n")
        assert re.fullmatch(r"ocrdyn: 2 done(, \d+/h)?; \d+ of 500 calls left "
                            r"until .* UTC\n", said)
    process.stdin.write(b"c\n")
    assert process.communicate(timeout=10)[0].startswith(b"c\tcomplete")
    assert process.returncode == 0


def test_usr1_tells_the_progress_in_a_long_wait(world, ocrdyn):
    world.quota.set(limit=50, remaining=6, reset_in=3600)
    process = ocrdyn.start()
    process.stdin.write(b"a\nb\n")
    process.stdin.flush()
    until_said(process, "\n")
    process.send_signal(signal.SIGUSR1)
    said = until_said(process, "\n")
    assert "1 done" in said and "waiting until" in said
    end(process)


def test_usr1_in_a_call_harms_nothing(world, ocrdyn):
    world.faults.add(call="update", when="after", stall=0.5)
    process = ocrdyn.start()
    process.stdin.write(b"a\n")
    process.stdin.flush()
    while not world.calls["update"]:
        time.sleep(0.01)
    for _ in range(5):
        process.send_signal(signal.SIGUSR1)
        assert "0 done" in until_said(process, "\n")
    assert process.communicate(timeout=10)[0].startswith(b"a\tcomplete")
    assert world.calls == {"update": 1}


def test_a_long_wait_says_until_when(world, ocrdyn):
    world.faults.add(call="update", reply=cld.hourly(500, time.time() + 1800))
    process = ocrdyn.start()
    process.stdin.write(b"a\n")
    process.stdin.flush()
    said = until_said(process, "\n")
    when, = re.findall(r"waiting until (?:\d{4}-\d\d-\d\d )?"
                       r"(\d\d):(\d\d):(\d\d) UTC: Cloudinary: "
                       r"420 .*api operations reached.* \(the account's "
                       r"hourly limit", said) or [(0, 0, 0)]
    at = int(when[0]) * 3600 + int(when[1]) * 60 + int(when[2])
    assert (at - int(time.time())) % 86400 in range(1790, 1810), said
    out, said = end(process)
    assert out == b"" and said.count("\n") == 1 and "1 image; " in said


def test_short_waits_say_nothing(world, ocrdyn):
    done = ocrdyn(["-r", "2/s"], names(2))
    assert done.stderr.count("\n") == 1


def test_quiet_waits_in_silence(world, ocrdyn):
    world.faults.add(call="update", reply=cld.hourly(500, time.time() + 1800))
    process = ocrdyn.start(["-q"])
    process.stdin.write(b"a\n")
    process.stdin.flush()
    while not world.calls["update"]:
        time.sleep(0.01)
    time.sleep(0.3)
    assert end(process) == (b"", "")


def on_terminal(ocrdyn, args, stdin, seconds=30):
    """Runs it with a terminal for standard error: what that got, by when."""
    try:
        master, slave = pty.openpty()
    except OSError:
        pytest.skip("no pseudo-terminals here")
    process = ocrdyn.start(args, stdin=stdin, stderr=slave)
    os.close(slave)
    pieces, deadline = [], time.monotonic() + seconds
    while True:
        assert time.monotonic() < deadline
        if not select.select([master], [], [], 1)[0]:
            continue
        try:
            piece = os.read(master, 4096)
        except OSError:          # the last of the other side has closed it
            break
        pieces.append((time.monotonic(), piece))
    os.close(master)
    process.communicate(timeout=10)
    return process.returncode, pieces


ERASE = "\r\x1b[K"


@pytest.mark.parametrize("args, shown", [
    ([], True), (["--progress", "always"], True),
    (["--progress", "never"], False), (["-q"], False)],
    ids=["auto", "always", "never", "quiet"])
def test_the_progress_line_on_a_terminal(world, ocrdyn, tmp_path, args, shown):
    ids = names(30)
    world.faults.add(call="update", key="image 20",
                     reply=cld.not_found("image 20"))
    (tmp_path / "ids").write_text("".join(f"{name}\n" for name in ids))
    status, pieces = on_terminal(ocrdyn, ["-r", "15/s", *args],
                                 open(tmp_path / "ids", "rb"))
    assert status == 1
    text = b"".join(piece for _, piece in pieces).decode()
    drawn = re.findall(r"ocrdyn: \d+ done[^\r\n]*(?=\r\x1b)", text)
    took = pieces[-1][0] - pieces[0][0]
    if not shown:
        assert not drawn and "\x1b" not in text
        return
    assert 5 <= len(drawn) <= 5 * took + 2
    assert re.search(r"; \d+\.\d %, \d+ s to go", drawn[-1]), drawn[-1]
    # Without what is drawn and erased again, messages stand alone.
    left = re.sub(r"ocrdyn: \d+ done[^\r\n]*\r\x1b\[K", "", text)
    lines = left.replace("\r\n", "\n").split("\n")
    assert [line[:18] for line in lines] == [
        "ocrdyn: image 20: ", "ocrdyn: 30 images,", ""]


@pytest.mark.parametrize("args, shown", [([], False), (
    ["--progress", "always"], True)], ids=["auto", "always"])
def test_the_progress_line_in_a_pipe(world, ocrdyn, args, shown):
    done = ocrdyn(["-r", "20/s", *args], names(10))
    assert (ERASE in done.stderr) == shown


def test_the_summary_adds_up(cloudinary, mini, ocrdyn):
    for name in "abcde":
        cloudinary.add(cld.Image(name, "" if name == "b" else "text"))
    mini.backend.tables["mini"]["c"] = {"publicId": {"S": "c"}}
    cloudinary.image("d").results["adv_ocr"] = 0
    cloudinary.faults.add(call="update", key="e", reply=cld.CONCURRENT)
    done = ocrdyn([*MINI, "--skip-stored", "--reuse"],
                  ["a", "b", "c", "d", "e", "x"])
    assert done.stderr.splitlines()[-1].startswith(
        "ocrdyn: 6 images, 3 complete, 1 empty, 1 skipped, 1 failed; "
        "4 OCR calls, 1 result reused, 5 others, 1 retry; ")
    assert cloudinary.calls == {"update": 4, "get": 5}
