"""ocrdyn list: pages, formats, going on, and the pipeline with a run."""

import csv
import io
import json
import signal
import subprocess
import time
from dataclasses import replace

import pytest
from peers import cloudinary as cld, faults
from peers.cloudinary import Image
from peers.server import Response


def fill(server, n, prefix="scans/", **fields):
    for i in range(n):
        server.add(Image(f"{prefix}{i:04}", text=f"text {i}", **fields))
    return [f"{prefix}{i:04}" for i in range(n)]


def ids(done):
    return done.stdout.decode().splitlines()


def pages(server):
    return [event.call for event in server.log]


# What is listed.

@pytest.mark.parametrize("n, calls", [(0, 1), (1, 1), (500, 1), (501, 2),
                                      (1203, 3)])
def test_all_pages_are_read(cloudinary, ocrdyn, n, calls):
    names = fill(cloudinary, n)
    done = ocrdyn(["list"])
    assert done.returncode == 0
    assert ids(done) == names
    assert done.stderr == f"ocrdyn: {n} image{'s' * (n != 1)}; {calls} " \
        f"call{'s' * (calls != 1)}; 0 s\n"
    assert cloudinary.calls == {"list": calls} and cloudinary.connections == 1


WHICH = {
    "prefix": (["--prefix", "b/"], ["b/0000", "b/0001"]),
    "prefix with odd bytes": (["--prefix", "é &=?#%+/"], ["é &=?#%+/0000"]),
    "tag": (["--tag", "x"], ["b/0000", "b/0001"]),
    "tag with odd bytes": (["--tag", "é /?"], ["é &=?#%+/0000"]),
    "a tag that nobody has": (["--tag", ".."], []),
    "folder": (["--folder", "b"], ["b/0000", "b/0001"]),
    "folder with odd bytes": (["--folder", "é &=?#%+"], ["é &=?#%+/0000"]),
    "type": (["--type", "private"], ["b/p"]),
    "tag of a type": (["--tag", "x", "--type", "private"], ["b/p"]),
    "resource type": (["--resource-type", "video"], ["v"]),
    "a day": (["--since", "2024-03-01"], ["é &=?#%+/0000", "late"]),
    "a time": (["--since", "2024-04-01T12:00:01Z"], ["late"]),
    "search": (["--search", "tags=x AND type:private"], ["b/p"]),
    "search with odd bytes": (["--search", 'public_id:"é &=?#%+/*"'],
                              ["é &=?#%+/0000"]),
    "limit": (["--limit", 2], ["a/0000", "b/0000"]),
}


@pytest.mark.parametrize("args, found", WHICH.values(), ids=WHICH)
def test_which_are_listed(cloudinary, ocrdyn, args, found):
    fill(cloudinary, 1, "a/")
    fill(cloudinary, 2, "b/", tags=("x", "y"))
    fill(cloudinary, 1, "é &=?#%+/", tags=("é /?",), created=1711972800)
    cloudinary.add(Image("late", created=1735689600))
    cloudinary.add(Image("b/p", type="private", tags=("x",)))
    cloudinary.add(Image("v", resource_type="video"))
    done = ocrdyn(["list", *args])
    assert done.returncode == 0, done.stderr
    assert ids(done) == found


def test_a_limit_asks_for_no_more(cloudinary, ocrdyn):
    names = fill(cloudinary, 1203)
    done = ocrdyn(["list", "--limit", 700])
    assert ids(done) == names[:700]
    assert cloudinary.calls == {"list": 2}


# Rows.

COLUMNS = ["list", "--columns",
           "public_id,bytes,tags,/context/custom/a~1b,placeholder,none"]


@pytest.fixture
def odd(cloudinary):
    cloudinary.add(Image('a\tb"c,d', tags=("x", "y\n"),
                         context={"a/b": "line\nline"}))
    cloudinary.add(Image("z"))
    return cloudinary


@pytest.mark.parametrize("args, out", [
    ([], 'a\\tb"c,d\t179956\t["x","y\\\\n"]\tline\\nline\tfalse\t\\N\n'
         "z\t179956\t[]\t\\N\tfalse\t\\N\n"),
    (["-f", "csv"], "public_id,bytes,tags,/context/custom/a~1b,placeholder,"
     'none\r\n"a\tb""c,d",179956,"[""x"",""y\\n""]","line\nline",false,\r\n'
     "z,179956,[],,false,\r\n"),
    (["-f", "jsonl"], '{"public_id":"a\\tb\\"c,d","bytes":179956,"tags":["x",'
     '"y\\n"],"/context/custom/a~1b":"line\\nline","placeholder":false,"none":'
     'null}\n{"public_id":"z","bytes":179956,"tags":[],"/context/custom/a~1b":'
     'null,"placeholder":false,"none":null}\n'),
    (["-0"], 'a\tb"c,d\t179956\t["x","y\\n"]\tline\nline\tfalse\t\0'
             "z\t179956\t[]\t\tfalse\t\0"),
    (["-f", "text"], 'a\tb"c,d\nz\n')])
def test_columns(odd, ocrdyn, args, out):
    done = ocrdyn([*COLUMNS, *args])
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode() == out
    if args[-1:] == ["csv"]:
        assert len(list(csv.reader(io.StringIO(out)))) == 3
    if args[-1:] == ["jsonl"]:
        assert all(json.loads(line) for line in out.splitlines())


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("seed", [None, 1, 2])
def test_the_form_of_the_json_does_not_matter(odd, ocrdyn, indent, seed):
    plain = ocrdyn([*COLUMNS, "-f", "jsonl"]).stdout
    odd.order = seed
    odd.faults.add(call="list", when="after", edit=lambda r: Response(
        r.status, json.dumps(json.loads(r.body), indent=indent).encode(),
        r.headers), frame=faults.chunked())
    done = ocrdyn([*COLUMNS, "-f", "jsonl"])
    assert done.returncode == 0
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert rows == [json.loads(line) for line in plain.splitlines()]


@pytest.mark.parametrize("name, reason", [
    ("a\nb", "it has a line end (-0 takes it)"),
    ("a\r", "it has a line end (-0 takes it)"),
    ("\ufeffa", "it begins with a byte order mark (-0 takes it)")])
def test_an_id_that_a_line_cannot_carry_is_not_printed(cloudinary, ocrdyn,
                                                       name, reason):
    for public_id in "before", name, "later":
        cloudinary.add(Image(public_id))
    done = ocrdyn(["list"])
    assert done.returncode == 1
    assert ids(done) == ["before", "later"]
    assert reason in done.stderr and "1 failed" in done.stderr
    done = ocrdyn(["list", "-0"])
    assert done.returncode == 0
    assert done.stdout.decode() == f"before\0{name}\0later\0"


def test_an_id_with_a_nul_is_not_printed_with_null(cloudinary, ocrdyn):
    cloudinary.add(Image("a\0b"))
    done = ocrdyn(["list", "-0"])
    assert done.returncode == 1 and done.stdout == b""
    assert ocrdyn(["list", "-f", "tsv"]).stdout == b"a\\x00b\n"


# What goes wrong.

BROKEN = {
    "cut in the body": {"when": "after", "at": ("body", 40000), "end": "rst"},
    "without its end": {"when": "after", "at": ("body", -1), "end": "close"},
    "garbage": {"when": "after", "frame": faults.garbage()},
    "half the JSON": {"when": "after", "edit": lambda r: replace(
        r, body=r.body[:len(r.body) // 2])},
    "503": {"reply": cld.UNAVAILABLE},
    "500 as a page": {"reply": cld.html(500, "We're sorry")},
    "423": {"reply": cld.PROCESSING},
    "429": {"reply": cld.too_many(retry_after=0)},
    "a reset": {"when": "before", "end": "rst"},
}


@pytest.mark.parametrize("call", ["list", "search"])
@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN)
def test_a_page_that_fails_is_read_again_and_printed_once(
        cloudinary, ocrdyn, fault, nth, call):
    names = fill(cloudinary, 1203)
    cloudinary.faults.add(call=call, nth=nth, **fault)
    args = ["--search", "public_id:scans/*"] if call == "search" else []
    done = ocrdyn(["list", *args])
    assert done.returncode == 0, done.stderr
    assert ids(done) == names
    assert cloudinary.calls[call] == 4


STRANGE = {
    "an error inside a 200": (b'{"error":{"message":"Odd"}}',
                              "200 with an error: Odd"),
    "no resources": (b"{}", "is not understood"),
    "resources that are no list": (b'{"resources":{"a":{"public_id":"x"}}}',
                                   "is not understood"),
    "a resource that is none": (b'{"resources":[1]}', "is not understood"),
    "a cursor that is a number": (b'{"resources":[],"next_cursor":7}',
                                  "is not understood"),
    "a cursor with a newline": (b'{"resources":[],"next_cursor":"a\\nb"}',
                                "is not understood"),
    "a cursor that is too long": (b'{"resources":[],"next_cursor":"%s"}'
                                  % (b"a" * 1024), "is not understood"),
}


@pytest.mark.parametrize("body, said", STRANGE.values(), ids=STRANGE)
def test_what_is_not_understood_ends_the_list(cloudinary, ocrdyn, body, said):
    cloudinary.faults.add(call="list", times=None, reply=Response(200, body))
    done = ocrdyn(["list"])
    assert done.returncode == 3 and done.stdout == b""
    assert said in done.stderr
    assert cloudinary.calls == {"list": 1}


def test_the_longest_cursor_is_sent_back(cloudinary, ocrdyn):
    cursor = b"+/=&" + b"a" * 1019
    cloudinary.add(Image("a"))
    cloudinary.faults.add(call="list", reply=Response(
        200, b'{"resources":[{"public_id":"x"}],"next_cursor":"%s"}' % cursor))
    done = ocrdyn(["list"])          # the stand-in does not know that cursor
    assert done.returncode == 3 and done.stdout == b"x\n"
    assert "begin it anew, without its checkpoint" in done.stderr


def test_a_listing_that_goes_in_a_circle_ends(cloudinary, ocrdyn):
    cloudinary.faults.add(call="list", times=None, reply=Response(
        200, b'{"resources":[{"public_id":"x"}],"next_cursor":"c"}'))
    done = ocrdyn(["list"])
    assert done.returncode == 3 and done.stdout == b"x\n"
    assert "goes in a circle" in done.stderr


def test_a_page_that_is_too_large_is_asked_for_in_parts(cloudinary, ocrdyn):
    for i in range(40):
        cloudinary.add(Image(f"{i:02}", context={"a": "x" * 100000}))
    done = ocrdyn(["list", "--columns", "public_id,/context/custom/a"])
    assert done.returncode == 0, done.stderr
    assert [row[0] for row in done.rows] == [f"{i:02}" for i in range(40)]
    assert all(len(row[1]) == 100000 for row in done.rows)
    cloudinary.add(Image("zz", context={"a": "x" * 1100000}))
    done = ocrdyn(["list", "--columns", "public_id,/context/custom/a"])
    assert done.returncode == 3 and len(done.rows) == 40
    assert "above 1 MB" in done.stderr


REFUSED = {
    "401": (cld.MISMATCH, "check the cloud name, key and secret"),
    "403": (cld.FORBIDDEN, "role does not allow it"),
    "404": (cld.error(404, "Folder not found"), "404 Folder not found"),
    "400": (cld.error(400, "Query Error (at position 1)"), "400 Query Error"),
}


@pytest.mark.parametrize("reply, said", REFUSED.values(), ids=REFUSED)
def test_a_refusal_ends_the_list(cloudinary, ocrdyn, reply, said):
    names = fill(cloudinary, 600)
    cloudinary.faults.add(call="list", nth=2, reply=reply)
    done = ocrdyn(["list"])
    assert done.returncode == 3
    assert ids(done) == names[:500], "what was printed stays"
    assert said in done.stderr


MISUSED = {
    "two at once": (["--prefix", "a", "--tag", "b"], "can combine"),
    "search and type": (["--search", "a", "--type", "upload"],
                        "--search excludes --type"),
    "search and resource type": (["--search", "a", "--resource-type", "raw"],
                                 "--resource-type"),
    "since": (["--since", "yesterday"], "not like 2026-01-31"),
    "since the 32nd": (["--since", "2026-01-32"], "not like 2026-01-31"),
    "an empty tag": (["--tag", ""], "--tag needs"),
    "a tag of 2049 bytes": (["--tag", "x" * 2049], "--tag needs 1 to 2048"),
    "100% as the reserve": (["--reserve", "100%"], "--reserve"),
    "a word": (["a"], "unexpected argument"),
    "a column that is none": (["--columns", "a,,b"], "--columns"),
    "a wild column": (["--columns", "ta*"], "--columns"),
    "a pointer that is none": (["--columns", "/a~2"], "--columns"),
    "too many columns": (["--columns", ",".join("abcdefghijklm")], "at most"),
    "an option of run": (["--skip-stored"], "there is no option"),
}


@pytest.mark.parametrize("args, said", MISUSED.values(), ids=MISUSED)
def test_misuse_is_told_before_any_call(cloudinary, ocrdyn, args, said):
    done = ocrdyn(["list", *args])
    assert done.returncode == 2 and done.stdout == b""
    assert said in done.stderr and "ocrdyn list -h" in done.stderr
    assert not cloudinary.connections


# Going on.

AT = ["list", "-c", "at"]


def test_a_list_goes_on_from_its_last_page(cloudinary, ocrdyn):
    names = fill(cloudinary, 1203)
    cloudinary.faults.add(call="list", nth=2, reply=cld.MISMATCH)
    first = ocrdyn(AT)
    assert first.returncode == 3 and ids(first) == names[:500]
    rest = ocrdyn(AT)
    assert rest.returncode == 0 and ids(rest) == names[500:]
    assert cloudinary.calls == {"list": 4}
    again = ocrdyn(AT)
    assert again.returncode == 0 and again.stdout == b""
    assert "this listing is complete" in again.stderr
    assert cloudinary.calls == {"list": 4}


def test_a_limit_lists_in_parts(cloudinary, ocrdyn):
    names, found = fill(cloudinary, 1203), []
    for _ in range(4):
        done = ocrdyn([*AT, "--limit", 400, "-f", "csv"])
        assert done.returncode == 0
        found += ids(done)
    assert found == ["public_id", *names], "the header line stands once"


@pytest.mark.parametrize("args", [
    ["--prefix", "s"], ["--type", "private"], ["--columns", "asset_id"],
    ["-0"], ["-f", "csv"], ["--since", "2020-01-01"]])
def test_another_listing_is_refused(cloudinary, ocrdyn, args):
    fill(cloudinary, 600)
    ocrdyn([*AT, "--limit", 500])
    done = ocrdyn([*AT, *args])
    assert done.returncode == 2 and done.stdout == b""
    assert "is of another job" in done.stderr


def test_a_runs_checkpoint_is_another_job(cloudinary, ocrdyn):
    fill(cloudinary, 3)
    assert ocrdyn(["-c", "at"], ["scans/0000"]).returncode == 0
    done = ocrdyn(AT)
    assert done.returncode == 2 and "is of another job" in done.stderr


def test_a_cursor_that_is_not_known_any_more(cloudinary, ocrdyn):
    fill(cloudinary, 600)
    ocrdyn([*AT, "--limit", 500])
    cloudinary.cursors = "d"
    done = ocrdyn(AT)
    assert done.returncode == 3 and done.stdout == b""
    assert "400 Invalid value for parameter next_cursor (where the listing " \
        "had got to may not be known any more: begin it anew, without its " \
        "checkpoint)" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_after_the_page_in_hand(cloudinary, ocrdyn, number):
    names = fill(cloudinary, 1203)
    process = None
    cloudinary.faults.add(call="list", nth=2, when="after",
                          hook=lambda: process.send_signal(number))
    process = ocrdyn.start(AT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == -number
    assert out.decode().splitlines() == names[:1000]
    assert ids(ocrdyn(AT)) == names[1000:]


def test_killed_it_may_print_a_page_twice_and_loses_nothing(cloudinary, ocrdyn,
                                                            tmp_path):
    names = fill(cloudinary, 1203)
    process = None
    cloudinary.faults.add(call="list", nth=2, when="after",
                          hook=lambda: process.kill())
    with open(tmp_path / "out", "ab") as out:
        process = ocrdyn.start(AT, stdout=out)
        process.communicate(timeout=30)
        assert process.returncode == -9
        out.write(b"half")           # as a full disk leaves it
        out.flush()
        done = subprocess.run([*ocrdyn.under, ocrdyn.path, *AT],
                              stdout=out, cwd=tmp_path, stderr=subprocess.PIPE, text=True,
                              env=ocrdyn.environment())
    assert done.returncode == 0
    assert "had an unclean end" in done.stderr
    lines = (tmp_path / "out").read_text().splitlines()
    assert lines == [*names[:500], "half", *names[500:]]


def test_a_disk_that_is_full(cloudinary, ocrdyn):
    fill(cloudinary, 3)
    with open("/dev/full", "wb") as full:
        process = ocrdyn.start(["list"], stdout=full)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 4
    assert b"cannot write standard output: No space left" in err


def test_a_reader_that_goes_away(cloudinary, ocrdyn):
    fill(cloudinary, 30000)
    process = ocrdyn.start(["list"])
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(30) == 4
    assert b"Broken pipe" in process.stderr.read()
    assert cloudinary.calls["list"] < 60


# Quota and pace.

def test_a_rate_holds_for_the_pages(cloudinary, ocrdyn):
    fill(cloudinary, 1203)
    begun = time.monotonic()
    assert ocrdyn(["list", "-r", "2/s"]).returncode == 0
    assert time.monotonic() - begun > 1


def test_the_reserve_is_left_to_others(cloudinary, ocrdyn):
    names = fill(cloudinary, 1203)
    cloudinary.quota.set(limit=10, remaining=4, reset_in=2, window=3600)
    done = ocrdyn(["list", "--reserve", 3])
    assert ids(done) == names
    assert cloudinary.calls == {"list": 3}
    assert cloudinary.log[1].time - cloudinary.log[0].time > 1


def test_the_hours_limit_is_waited_out(cloudinary, ocrdyn):
    names = fill(cloudinary, 600)
    cloudinary.faults.add(call="list", nth=2, reply=cld.hourly(
        500, time.time() + 1))
    done = ocrdyn(["list"])
    assert done.returncode == 0 and ids(done) == names


def pipeline(ocrdyn, *args):
    """ocrdyn list | ocrdyn: their exit statuses, and the run's rows."""
    lister = ocrdyn.start(["list"], stdin=subprocess.DEVNULL)
    reader = ocrdyn.start(["-f", "jsonl", *args], stdin=lister.stdout)
    lister.stdout.close()
    out, err = reader.communicate(timeout=120)
    said = lister.stderr.read()
    return lister.wait(30), reader.returncode, \
        [json.loads(line) for line in out.splitlines()], said + err


def test_a_pipeline_that_is_slower_than_the_listing(cloudinary, ocrdyn):
    """The ids are more than a pipe holds, so that the listing has to wait,
    and its connection does nothing meanwhile."""
    names = fill(cloudinary, 1700, "x" * 200)
    cloudinary.quota.set(limit=10 ** 6)
    status, result, rows, said = pipeline(ocrdyn)
    assert (status, result) == (0, 0), said
    assert [row["public_id"] for row in rows] == names
    assert {row["status"] for row in rows} == {"complete"}
    calls = pages(cloudinary)
    assert calls.count("list") == 4
    assert "update" in calls[:-1 - calls[::-1].index("list")][:700], \
        "the last page was asked for when the run had made room for it"
    assert set(cloudinary.paid.values()) == {1}


def test_a_pipeline_shares_the_accounts_quota(cloudinary, ocrdyn):
    names = fill(cloudinary, 700, "x" * 200)
    cloudinary.quota.set(limit=300, remaining=100, reset_in=1, window=2)
    status, result, rows, said = pipeline(ocrdyn)
    assert (status, result) == (0, 0), said
    assert [row["public_id"] for row in rows] == names
    assert {row["status"] for row in rows} == {"complete"}
    assert {event.status for event in cloudinary.log} == {200}, "no 420"
    assert set(cloudinary.paid.values()) == {1}


def test_usr1_and_a_progress_line(cloudinary, ocrdyn):
    fill(cloudinary, 3)
    done = ocrdyn(["list", "--progress", "always"])
    assert "3 done" in done.stderr or "2 done" in done.stderr or \
        "1 done" in done.stderr
    assert ocrdyn(["list", "-q"]).stderr == ""


def test_standard_input_is_left_alone(cloudinary, ocrdyn):
    names = fill(cloudinary, 3)
    command = " ".join([*ocrdyn.under, ocrdyn.path])
    done = subprocess.run(f"{command} list <&-", shell=True,
                          env=ocrdyn.environment(), capture_output=True)
    assert done.returncode == 0 and done.stdout.decode().split() == names
