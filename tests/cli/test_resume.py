"""A run that ends before its list does, and the one that goes on from there.

However a run ends, by kill -9, by a signal, at a limit, because of a service
or of a full disk: the same command again, as often as need be, comes to the
end of the list. Then every image has its item and at least one whole row with
its text, and each was paid for once.
"""

import random
import resource
import signal
import subprocess
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from conftest import Binary, unescape
from peers import cloudinary as cld, dynamodb as ddb
from peers.server import Response

IDS = ["a", "b", "c", "d"]
KILLED = -signal.SIGKILL
LOST = {"when": "after", "end": "rst"}
NOT_DONE = {"when": "before", "end": "rst"}


class World:
    """An account with the images `ids`, a table, and a list to go through
    them with a checkpoint. `stored` says whether the table is used."""

    def __init__(self, images, table, binary, folder, ids=IDS, stored=True):
        self.images, self.table, self.binary = images, table, binary
        self.ids, self.stored = list(ids), stored
        self.rows, self.checkpoint = folder / "rows.tsv", folder / "at"
        self.list = folder / "ids"
        self.list.write_text("".join(f"{name}\n" for name in ids))
        self.args = ["-c", "at", *(["-t", "mini"] if stored else [])]
        for name in ids:
            images.add(cld.Image(name, self.text(name)))

    @staticmethod
    def text(name):
        return f"text\tof {name}"

    def start(self, *args, stdin=None, **options):
        """Starts the command, its rows appended to the file."""
        with open(self.list, "rb") as source, open(self.rows, "ab") as rows:
            return self.binary.start([*self.args, *args], stdout=rows,
                                     stdin=stdin or source, **options)

    def run(self, *args, **options):
        """The command to its end: its status, and what it said."""
        process = self.start(*args, **options)
        said = process.communicate(timeout=60)[1].decode()
        return process.returncode, said

    def hook(self, server, call, number=signal.SIGKILL, args=(), **fault):
        """The command, to which the stand-in sends a signal at that call;
        its status. What the service still had to do is done by then."""
        started = Future()
        rule = server.faults.add(
            call=call, **fault,
            hook=lambda: started.result().send_signal(number))
        process = self.start(*args)
        started.set_result(process)
        process.communicate(timeout=60)
        self.drain()
        assert rule.hits == 1, f"there was no call {call}"
        return process.returncode

    def drain(self):
        self.images.drain()
        self.table.drain()

    def output(self):
        """The whole rows, by id."""
        found = {}
        for line in self.rows.read_text().split("\n")[:-1]:
            columns = [unescape(column) for column in line.split("\t")]
            if len(columns) == 4:
                found.setdefault(columns[0], []).append(tuple(columns[1:3]))
        return found

    def check(self, extra=0):
        """Did the list come to its right end? `extra`: units paid more."""
        whole = self.output()
        for name in self.ids:
            assert ("complete", self.text(name)) in whole[name], name
        assert set(whole) == set(self.ids)
        paid = self.images.paid
        assert set(paid) == set(self.ids)
        assert 0 <= sum(paid.values()) - len(self.ids) <= extra, paid
        if self.stored:
            items = self.table.backend.tables["mini"]
            assert {name: item["text"]["S"] for name, item in items.items()} \
                == {name: self.text(name) for name in self.ids}

    def finish(self, *args, extra=0):
        """Runs the command again, which must come to the end."""
        status, said = self.run(*args)
        assert status == 0, said
        self.check(extra)


@pytest.fixture
def world(cloudinary, mini, ocrdyn, tmp_path):
    return World(cloudinary, mini, ocrdyn, tmp_path)


@pytest.fixture
def unstored(cloudinary, mini, ocrdyn, tmp_path):
    return World(cloudinary, mini, ocrdyn, tmp_path, stored=False)


# kill -9 at each step of the loop.

UPDATES = {
    "before the request is read": {"when": "head"},
    "and the call is lost": NOT_DONE,
    "and the call is done": {"when": "before"},
    "after the call": {"when": "after"},
    "while the answer comes": {"when": "after", "at": ("body", 300)},
    "after the answer": {"when": "idle"},
}


@pytest.mark.parametrize("key", IDS)
@pytest.mark.parametrize("fault", UPDATES.values(), ids=UPDATES)
@pytest.mark.parametrize("stored", [True, False], ids=["stored", "printed"])
def test_killed_in_the_ocr_call(request, fault, key, stored):
    world = request.getfixturevalue("world" if stored else "unstored")
    assert world.hook(world.images, "update", key=key, **fault) == KILLED
    world.finish()


PUTS = {
    "before the request is read": {"when": "head"},
    "and the item is lost": NOT_DONE,
    "and the item is stored": {"when": "before"},
    "after it is stored": {"when": "after"},
    "after the answer": {"when": "idle"},
}


@pytest.mark.parametrize("nth", [1, 2, 4])
@pytest.mark.parametrize("fault", PUTS.values(), ids=PUTS)
def test_killed_while_storing(world, fault, nth):
    assert world.hook(world.table, "PutItem", nth=nth, **fault) == KILLED
    world.finish()


def test_killed_before_anything_was_read(world):
    assert world.hook(world.table, "DescribeTable", when="after") == KILLED
    assert not world.images.calls
    world.finish()


# The run after a run that was killed looks for what that one paid for, and
# may be killed while it does.
LOOKS = {
    "GetItem": ("table", "GetItem", {"when": "before"}),
    "after GetItem": ("table", "GetItem", {"when": "after"}),
    "GET": ("images", "get", {"when": "before"}),
    "after GET": ("images", "get", {"when": "after"}),
    "after GET's answer": ("images", "get", {"when": "idle"}),
    "the late PutItem": ("table", "PutItem", NOT_DONE),
    "after the late PutItem": ("table", "PutItem", {"when": "after"}),
}


@pytest.mark.parametrize("again", [1, 3])
@pytest.mark.parametrize("server, call, fault", LOOKS.values(), ids=LOOKS)
def test_killed_while_looking(world, server, call, fault, again):
    assert world.hook(world.images, "update", key="b",
                      when="after") == KILLED
    for _ in range(again):
        status = world.hook(getattr(world, server), call, **fault)
        assert status == KILLED
        if "b" in world.table.backend.tables["mini"]:
            break                # nothing will be asked of Cloudinary
    world.finish()


@pytest.mark.parametrize("piece", [b"", b"b", b"b\tcomplete\ttext\\"])
@pytest.mark.parametrize("stored", [True, False], ids=["stored", "printed"])
def test_killed_in_the_middle_of_a_row(request, piece, stored):
    world = request.getfixturevalue("world" if stored else "unstored")
    assert world.hook(world.images, "update", key="b",
                      when="after") == KILLED
    with open(world.rows, "ab") as rows:
        rows.write(piece)
    world.finish()
    lines = world.rows.read_bytes().split(b"\n")
    assert lines.pop() == b"" and len(lines) == len(IDS) + bool(piece)


@pytest.mark.parametrize("key", ["a", "b"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_the_header_line_stands_once(world, number, key):
    args = ["-f", "csv"]
    assert world.hook(world.images, "update", number, args, key=key,
                      **NOT_DONE) == -number
    assert world.run(*args)[0] == 0
    lines = world.rows.read_text().split("\n")[:-1]
    assert [line.partition(",")[0] for line in lines] == ["public_id", *IDS]


def test_a_call_that_outlives_its_client_may_cost_one_more_unit(world):
    """The one exception: killed while the call is under way, and started
    again, and the look taken, before the service has come to its end."""
    world.drain = lambda: None
    for _ in range(3):
        assert world.hook(world.images, "update", key="b", when="before",
                          stall=1) == KILLED
    status, said = world.run()
    assert status == 0, said
    World.drain(world)
    world.check(extra=3)
    assert world.images.paid == {"a": 1, "b": 4, "c": 1, "d": 1}


def test_what_was_skipped_does_not_hide_what_was_paid(world):
    """Skipped records are not counted one by one; they are before a call."""
    for name in "ac":
        world.table.backend.tables["mini"][name] = {
            "publicId": {"S": name}, "text": {"S": world.text(name)}}
        world.images.image(name).paid = 1
    world.rows.write_text("".join(
        f"{name}\tcomplete\ttext\\tof {name}\t\n" for name in "ac"))
    for name in "bd":
        assert world.hook(world.images, "update", key=name, when="after",
                          args=["--skip-stored"]) == KILLED
    world.finish()


@pytest.mark.parametrize("shard", [1, 2])
def test_killed_in_a_shard(cloudinary, mini, ocrdyn, tmp_path, shard):
    world = World(cloudinary, mini, ocrdyn, tmp_path,
                  [f"image {i}" for i in range(20)])
    args = ["--shard", f"{shard}/2"]
    for nth in 1, 2, 2:
        assert world.hook(world.images, "update", nth=nth, when="after",
                          args=args) == KILLED
    status, said = world.run(*args)
    assert status == 0, said
    world.ids = list(world.output())
    assert 3 <= len(world.ids) <= 17
    world.check()


# kill -9 at random moments.

KILLS = 320
SEEDS = 16


class Slow:
    """Small random stalls, before the work or after it."""

    def __init__(self, server, seed):
        rng = random.Random(seed)

        def pause():
            time.sleep(rng.uniform(0, 0.02))
        for when in "before", "after":
            server.faults.add(call="*", key=lambda _: rng.random() < 0.3,
                              when=when, times=None, hook=pause)


def kill_at_random(seed, certificate, ca, folder):
    """One list after the other, until enough runs were killed; how many."""
    rng = random.Random(seed)
    kills, lists = 0, 0
    while kills < KILLS / SEEDS:
        where = folder / str(lists)
        where.mkdir()
        lists += 1
        with cld.Cloudinary(certificate) as images, \
                ddb.Front(certificate, ddb.Mini("mini")) as table:
            binary = Binary(lambda: {
                "HOME": str(where), "SSL_CERT_FILE": str(ca.certificate),
                **images.environment, **table.environment}, where)
            world = World(images, table, binary, where,
                          [f"image {i}" for i in range(8)], lists % 3 > 0)
            Slow(images, rng.random())
            Slow(table, rng.random())
            kills += kill_one_list(world, rng)
        assert not images.errors + table.errors + table.refused
    return kills


def kill_one_list(world, rng):
    kills, status = 0, KILLED
    while status == KILLED:
        process = world.start()
        try:
            process.wait(rng.uniform(0, 0.25))
        except subprocess.TimeoutExpired:
            process.kill()
        said = process.communicate()[1]
        status = process.returncode
        kills += status == KILLED
        world.drain()            # as a service does that finishes its calls
    assert status == 0, said
    world.check()
    return kills


def test_killed_at_random_moments(certificate, ca, tmp_path):
    with ThreadPoolExecutor(4) as pool:
        jobs = []
        for seed in range(SEEDS):
            folder = tmp_path / f"seed {seed}"
            folder.mkdir()
            jobs.append(pool.submit(kill_at_random, seed, certificate, ca,
                                    folder))
        assert sum(job.result() for job in jobs) >= KILLS


# Signals.

ENDED = -signal.SIGINT


@pytest.mark.parametrize("fault", UPDATES.values(), ids=UPDATES)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_the_ocr_call(world, number, fault):
    if fault == UPDATES["before the request is read"]:
        fault = {"when": "before"}
    assert world.hook(world.images, "update", number, key="b",
                      **fault) == -number
    assert set(world.output()) >= ({"a"} if fault == NOT_DONE else {"a", "b"})
    world.finish()
    assert all(len(rows) == 1 for rows in world.output().values())


BAD = {
    "a 404": {"when": "before", "reply": cld.not_found("b")},
    "OCR that failed": {"when": "after", "reply": Response(
        200, b'{"info":{"ocr":{"adv_ocr":{"status":"failed"}}}}')},
}


@pytest.mark.parametrize("fault", BAD.values(), ids=BAD)
def test_a_signal_in_a_call_that_fails(world, fault):
    """The image in hand is finished: its row says that it failed."""
    assert world.hook(world.images, "update", signal.SIGINT, key="b",
                      **fault) == ENDED
    assert world.output()["b"] == [("failed", None)]
    status, _ = world.run()
    assert status == 0
    assert world.images.calls == {"update": 4}
    assert {name: len(rows) for name, rows in world.output().items()} == {
        name: 1 for name in IDS}


def test_a_signal_while_it_waits_for_the_list(world):
    process = world.start(stdin=subprocess.PIPE)
    process.stdin.write(b"a\nb\n")
    process.stdin.flush()
    while len(world.output() if world.rows.exists() else ()) < 2:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == ENDED
    world.finish()
    assert world.images.calls == {"update": 4}
    assert world.table.calls == {"PutItem": 4, "DescribeTable": 2}


@pytest.mark.parametrize("fed", [0, 1, 2])
def test_a_signal_before_what_was_done_is_passed(world, fed):
    """Records done before are read again; that is not to count backwards."""
    world.run("--limit", 3)
    before = world.checkpoint.read_bytes()
    process = world.start(stdin=subprocess.PIPE)
    process.stdin.write("".join(f"{name}\n" for name in IDS[:fed]).encode())
    process.stdin.flush()
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == ENDED
    assert world.checkpoint.read_bytes() == before
    world.finish()
    assert world.images.calls == {"update": 4}


@pytest.mark.parametrize("fault", [
    {"reply": cld.error(503, "Busy")},
    {"reply": cld.error(503, "Busy", {"Retry-After": "60"})},
    {"reply": cld.error(429, "Busy", {"Retry-After": "60"})},
], ids=["backoff", "Retry-After", "429"])
def test_a_signal_before_a_call_is_made_again(world, fault):
    rule = world.images.faults.add(call="update", key="b", times=None, **fault)
    process = world.start()
    while not rule.hits:
        time.sleep(0.01)
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == ENDED
    assert set(world.output()) == {"a"}
    world.images.faults.clear()
    world.finish()


@pytest.mark.parametrize("done", [True, False])
def test_a_signal_while_a_lost_answer_is_looked_for(world, done):
    rule = world.images.faults.add(call="update", key="b",
                                   **(LOST if done else NOT_DONE))
    process = world.start()
    while not rule.hits:
        time.sleep(0.01)
    time.sleep(0.15)             # the first look comes after 0.25 s
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == ENDED
    assert set(world.output()) == ({"a", "b"} if done else {"a"})
    world.finish()
    assert world.images.calls["update"] == 4 + (not done)


def test_a_signal_while_it_waits_for_the_quota(world):
    world.images.quota.set(limit=100, remaining=12, reset_in=3600)
    process = world.start()
    while world.images.calls["update"] < 2:
        time.sleep(0.01)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=10)[1].decode()
    assert process.returncode == ENDED
    assert "waiting until" in said and "--reserve" in said
    assert set(world.output()) == {"a", "b"}
    world.images.quota.set(remaining=100)
    world.finish()
    assert world.images.calls == {"update": 4}


def test_a_signal_while_it_waits_for_its_rate(world):
    process = world.start("-r", "2/d")
    while world.images.calls["update"] < 1:
        time.sleep(0.01)
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == -signal.SIGTERM
    world.finish()
    assert world.images.calls == {"update": 4}


@pytest.mark.parametrize("fault", [
    {"when": "before"}, NOT_DONE, LOST, {"reply": ddb.THROTTLED},
    {"reply": ddb.INTERNAL}], ids=["", "lost", "answer lost", "throttled",
                                   "internal error"])
def test_a_signal_while_storing(world, fault):
    """What was read is stored, however long that takes."""
    assert world.hook(world.table, "PutItem", signal.SIGINT, nth=2,
                      **fault) == ENDED
    assert set(world.output()) == {"a", "b"}
    assert set(world.table.backend.tables["mini"]) == {"a", "b"}
    world.finish()
    assert world.images.calls == {"update": 4}


@pytest.mark.parametrize("server, call, fault", LOOKS.values(), ids=LOOKS)
def test_a_signal_after_a_kill(world, server, call, fault):
    assert world.hook(world.images, "update", key="b",
                      when="after") == KILLED
    assert world.hook(getattr(world, server), call, signal.SIGINT,
                      **fault) == ENDED
    world.finish()


def test_a_signal_after_a_kill_before_anything_is_looked_up(world):
    assert world.hook(world.images, "update", key="b",
                      when="after") == KILLED
    process = world.start(stdin=subprocess.PIPE)
    process.stdin.write(b"a\n")
    process.stdin.flush()
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == ENDED
    world.finish()


def test_a_second_signal_is_as_a_kill(world):
    world.images.faults.add(call="update", key="b", when="before", stall=1)
    process = world.start()
    while world.images.calls["update"] < 2:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == ENDED
    world.drain()
    world.finish()


# Other ends.

def test_limits_take_a_list_in_pieces(world):
    for _ in range(2):
        assert world.run("--limit", 2)[0] == 0
    assert world.run()[0] == 0
    world.check()
    assert world.images.calls == {"update": 4}
    assert world.table.calls == {"PutItem": 4, "DescribeTable": 3}


def test_a_list_that_has_grown_goes_on(world):
    assert world.run()[0] == 0
    world.ids.append("e")
    world.images.add(cld.Image("e", world.text("e")))
    world.list.write_text(world.list.read_text() + "e\n")
    world.finish()
    assert world.images.calls == {"update": 5}


def test_failed_images_are_done_and_named_in_a_file(world):
    for name in "bd":
        del world.images.images["image", "upload", name]
    assert world.run("--failed", "failed", "--limit", 3)[0] == 1
    assert world.run("--failed", "failed")[0] == 1
    assert world.run("--failed", "failed")[0] == 0
    failed = world.list.parent / "failed"
    assert failed.read_text() == "b\nd\n"
    assert world.images.calls == {"update": 4}


def test_wrong_then_right_credentials(world):
    env = {"CLOUDINARY_URL": world.images.environment[
        "CLOUDINARY_URL"].replace(world.images.secret, "wrong")}
    status, said = world.run(env=env)
    assert status == 3 and "401" in said
    world.finish()
    assert world.table.calls["GetItem"] == 0


@pytest.mark.parametrize("reply", [ddb.NO_TABLE, ddb.ACCESS_DENIED,
                                   ddb.EXPIRED_TOKEN])
def test_a_text_that_was_not_stored_is_stored_by_the_next_run(world, reply):
    rule = world.table.faults.add(call="PutItem", nth=2, times=None,
                                  reply=reply)
    for _ in range(3):
        assert world.run()[0] == 3
    assert rule.hits == 3
    assert world.output()["b"] == [("unstored", world.text("b"))] * 3
    world.table.faults.clear()
    world.finish()


def test_looking_that_fails_does_not_end_the_doubt(world):
    assert world.hook(world.images, "update", key="b",
                      when="after") == KILLED
    for call, server, reply in (
            ("GetItem", world.table, ddb.ACCESS_DENIED),
            ("get", world.images, cld.MISMATCH)):
        server.faults.add(call=call, reply=reply)
        status, said = world.run()
        assert status == 3, said
    world.finish()


def large_texts(world):
    """Texts of which the row of "a" is larger than a checkpoint, and that of
    "b" than what is written at once; the size of the former."""
    texts = {"a": "x" * 1000, "b": "b\\" * 10000}
    for name, text in texts.items():
        world.images.image(name).text = text
    world.text = lambda name: texts.get(name) or World.text(name)
    return len("a\tcomplete\t\t\n") + 1000


@pytest.mark.parametrize("room", [0, 5, 20000])
@pytest.mark.parametrize("stored", [True, False], ids=["stored", "printed"])
def test_a_full_disk_loses_nothing_that_was_paid_for(request, room, stored):
    world = request.getfixturevalue("world" if stored else "unstored")
    first = large_texts(world)

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (first + room,) * 2)
    status, said = world.run(preexec_fn=limit)
    assert status == 4 and "standard output: File too large" in said
    assert world.rows.stat().st_size == first + room
    world.finish()
    lines = world.rows.read_bytes().split(b"\n")
    assert lines.pop() == b"" and len(lines) == len(IDS) + (room > 0)


def test_a_file_of_failed_ids_that_is_full(world):
    del world.images.images["image", "upload", "b"]
    status, said = world.run("--failed", "/dev/full")
    assert status == 4 and "/dev/full" in said
    assert world.images.calls == {"update": 2}
    assert world.run("--failed", "failed")[0] == 1
    assert (world.list.parent / "failed").read_text() == "b\n"
    assert world.images.paid == {"a": 1, "c": 1, "d": 1}


def test_a_folder_that_cannot_be_written(world):
    where = world.list.parent / "gone"
    world.args[1] = where / "at"
    status, said = world.run()
    assert status == 2 and str(where) in said
    assert not world.images.connections


# Refusals.

def refused(world, sentence, *args, **options):
    """The command is refused, nothing is called, the file stays."""
    before = world.checkpoint.read_bytes()
    calls = Counter(world.images.calls)
    status, said = world.run(*args, **options)
    assert status == 2, said
    assert sentence in said and "at" in said
    assert world.images.calls == calls
    assert world.checkpoint.read_bytes() == before
    assert not (world.list.parent / "at.new").exists()


@pytest.mark.parametrize("ids", [
    ["x", "b", "c", "d"], ["a", "x", "c", "d"], ["b", "a", "c", "d"],
    ["a", "b"], [], ["a"], ["ab", "c", "d"], ["a", "b", "cd"]])
def test_another_list_is_refused(world, ids):
    world.run("--limit", 3)
    world.list.write_text("".join(f"{name}\n" for name in ids))
    refused(world, "another list")
    world.list.write_text("".join(f"{name}\n" for name in IDS))
    world.finish()


@pytest.mark.parametrize("args", [
    ["-o", "adv_ocr:document"], ["--type", "private"],
    ["--resource-type", "video"], ["-t", "other"], ["--shard", "1/2"],
    ["-0"]])
def test_other_options_are_refused(world, args):
    world.table.backend.tables["other"] = {}
    world.run("--limit", 2)
    refused(world, "another job", *args)
    world.finish()


def test_every_cut_of_the_file_is_refused(world):
    world.run("--limit", 2)
    good = world.checkpoint.read_bytes()
    assert len(good) < 512
    for n in [*range(0, len(good), 7), len(good) - 1]:
        world.checkpoint.write_bytes(good[:n])
        refused(world, "empty" if n == 0 else "")
    for other in (good + b"\n", good * 2, b"not mine\n",
                  good.replace(b"records 2", b"records 1"), bytes(300)):
        world.checkpoint.write_bytes(other)
        refused(world, "")
    world.checkpoint.write_bytes(good)
    world.finish()


def test_a_checkpoint_in_use_is_refused(world):
    process = world.start(stdin=subprocess.PIPE)
    while not world.checkpoint.exists():
        time.sleep(0.01)
    refused(world, "in use")
    process.stdin.write(world.list.read_bytes())
    process.communicate(timeout=20)
    assert process.returncode == 0
    world.check()


def test_a_refusal_does_not_end_the_doubt(world):
    assert world.hook(world.images, "update", key="b",
                      when="after") == KILLED
    world.list.write_text("x\ny\n")
    refused(world, "another list")
    world.list.write_text("".join(f"{name}\n" for name in IDS))
    world.finish()


def test_the_file_does_not_grow(cloudinary, ocrdyn, mini, tmp_path):
    world = World(cloudinary, mini, ocrdyn, tmp_path,
                  [f"image {i}" for i in range(100)])
    world.run("--limit", 1)
    small = world.checkpoint.stat().st_size
    world.finish()
    assert world.checkpoint.stat().st_size <= small + 2
