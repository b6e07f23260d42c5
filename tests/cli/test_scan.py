"""query and scan: the real binary against DynamoDB Local."""

import base64
import csv
import io
import json
import random
import signal
import time
import uuid

import pytest

from peers import dynamodb as ddb, faults
from peers.server import Response

PIECES = ['"', '""', ",", "\r\n", "\n", "\r", "\x00", "\t", "\\", "\\N",
          "\U0001f600", "\u05e9\u05dc\u05d5\u05dd", "\u202e", "\x1b[2J", " ",
          "plain", "\u00e8", "\u0085", "=1+1", "\ufeff"]


def texts(n, seed=1):
    """n hostile texts."""
    rnd = random.Random(seed)
    return ["".join(rnd.choices(PIECES, k=rnd.randint(1, 8)))
            for _ in range(n)]


def store(admin, table, items):
    for start in range(0, len(items), 25):
        left = {table: [{"PutRequest": {"Item": item}}
                        for item in items[start:start + 25]]}
        admin.batch_write_item(RequestItems=left)


def many(n):
    return [{"publicId": {"S": f"id{i:05}"}, "text": {"S": text}}
            for i, text in enumerate(texts(n))]


@pytest.fixture
def big(admin, table):
    """big(n, size) fills the table with items of so many bytes."""
    def fill(n, size):
        store(admin, table, [{"publicId": {"S": f"id{i:05}"},
                              "text": {"S": f"{i:05}" + "x" * size}}
                             for i in range(n)])
    return fill


@pytest.fixture
def log(admin):
    """A table with a numeric sort key and the index by-batch."""
    name = f"ocr-{uuid.uuid4().hex[:12]}"
    admin.create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "publicId", "AttributeType": "S"},
            {"AttributeName": "at", "AttributeType": "N"},
            {"AttributeName": "batch", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "publicId", "KeyType": "HASH"},
                   {"AttributeName": "at", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[{
            "IndexName": "by-batch", "KeySchema": [
                {"AttributeName": "batch", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"}}])
    store(admin, name, [{"publicId": {"S": i}, "at": {"N": str(n)},
                         "batch": {"S": str(n % 2)}}
                        for i in ("a", "b") for n in range(5)])
    yield name
    admin.delete_table(TableName=name)


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


# The export.

def test_the_csv_of_10000_hostile_items_is_read_by_python(
        dynamodb, table, admin, ocrdyn):
    items = many(10000)
    store(admin, table, items)
    done = ocrdyn(["scan", "-t", table, "-f", "csv"])
    assert done.returncode == 0, done.stderr
    rows = list(csv.reader(io.StringIO(done.stdout.decode(), newline="")))
    assert rows.pop(0) == ["publicId", "text"]
    assert dict(rows) == {item["publicId"]["S"]: item["text"]["S"]
                          for item in items}
    assert len(rows) == 10000
    assert "10000 items, 10000 printed" in done.stderr


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl"])
def test_an_export_put_elsewhere_gives_equal_items(dynamodb, table, admin,
                                                   items, ocrdyn, form):
    store(admin, table, many(500) + [{"publicId": {"S": "none"},
                                      "text": {"NULL": True}}])
    before = items()
    done = ocrdyn(["scan", "-t", table, "-f", form])
    columns = ["--columns", "publicId,text"] if form == "tsv" else []
    ids = [f"id{i:05}" for i in range(500)] + ["none"]
    assert ocrdyn(["delete", "-qt", table], ids).returncode == 0
    assert items() == {}
    assert ocrdyn(["put", "-t", table, "-f", form, *columns],
                  done.stdout).returncode == 0
    assert items() == before


ALL = {"publicId": {"S": "a"}, "text": {"S": 'te"xt'}, "n": {"N": "-1.5"},
       "b": {"B": b"\x00\xff"}, "t": {"BOOL": True}, "f": {"BOOL": False},
       "z": {"NULL": True}, "l": {"L": [{"S": "x\n"}, {"N": "2"}, {"L": []}]},
       "m": {"M": {"k\"": {"B": b"hi"}, "e": {"M": {}}}},
       "ss": {"SS": ["a", 'b"']}, "ns": {"NS": ["1"]}, "bs": {"BS": [b"q"]}}


def test_every_type_that_boto3_wrote_is_plain_json(dynamodb, table, admin,
                                                   ocrdyn):
    store(admin, table, [ALL])
    done = ocrdyn(["scan", "-t", table, "-f", "jsonl"])
    assert done.returncode == 0
    found, = lines(done)
    found["ss"].sort()
    assert found == {
        "publicId": "a", "text": 'te"xt', "n": -1.5,
        "b": base64.b64encode(b"\x00\xff").decode(), "t": True, "f": False,
        "z": None, "l": ["x\n", 2, []], "m": {"k\"": "aGk=", "e": {}},
        "ss": ["a", 'b"'], "ns": [1], "bs": ["cQ=="]}


def test_columns_are_keys_then_text_then_the_others_sorted(
        dynamodb, table, admin, ocrdyn):
    store(admin, table, [ALL])
    done = ocrdyn(["scan", "-t", table, "-f", "csv"])
    header, row = csv.reader(io.StringIO(done.stdout.decode()))
    assert header == ["publicId", "text", "b", "bs", "f", "l", "m", "n", "ns",
                      "ss", "t", "z"]
    values = dict(zip(header, row))
    assert (values["n"], values["t"], values["z"]) == ("-1.5", "true", "")
    assert json.loads(values["l"]) == ["x\n", 2, []]


def test_an_attribute_outside_the_columns_is_told_once(dynamodb, log, admin,
                                                       ocrdyn):
    """Items of one partition come in the order of their sort keys."""
    store(admin, log, [
        {"publicId": {"S": "p"}, "at": {"N": str(n)},
         **({"late": {"S": "x"}} if n >= 100 else {})} for n in range(103)])
    done = ocrdyn(["query", "-t", log, "-f", "csv", "p"])
    assert done.stderr.count("the attribute late is in no column") == 1
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 104
    done = ocrdyn(["query", "-t", log, "-f", "csv", "--columns", "at", "p"])
    assert done.returncode == 0
    assert done.stdout.splitlines()[:2] == [b"at", b"0"]


def test_an_empty_table_has_a_header(dynamodb, table, ocrdyn):
    done = ocrdyn(["scan", "-t", table, "-f", "csv"])
    assert done.stdout == b"publicId,text\r\n"
    assert done.returncode == 0


def test_text_is_only_the_texts(dynamodb, table, admin, ocrdyn):
    store(admin, table, [ALL])
    assert ocrdyn(["scan", "-t", table, "-f", "text"]).stdout == b'te"xt\n'


# Filters, pages, limits.

def test_contains_and_where_are_all_to_hold(dynamodb, table, admin, ocrdyn):
    def item(i, **more):
        return {"publicId": {"S": i}, "text": {"S": "an invoice"}, **more}

    store(admin, table, [
        item("a", size={"N": "5"}), item("b", size={"S": "5"}),
        item("c", size={"N": "6"}), item("d", ok={"BOOL": True}),
        {"publicId": {"S": "e"}, "text": {"S": "x"}, "size": {"N": "5"}}])

    def ids(*args):
        done = ocrdyn(["scan", "-t", table, "--columns", "publicId", *args])
        assert done.returncode == 0, done.stderr
        return sorted(row[0] for row in done.rows)

    assert ids("--contains", "invoice") == ["a", "b", "c", "d"]
    assert ids("--where", "size=5") == ["a", "b", "e"]
    assert ids("--contains", "invoice", "--where", "size=5") == ["a", "b"]
    assert ids("--where", "ok=true") == ["d"]
    assert ids("--where", "size=5", "--where", "text=x") == ["e"]
    assert ids("--where", "size=5 ") == []       # no number, to anybody


def test_empty_pages_are_followed(dynamodb, table, big, ocrdyn):
    big(40, 100000)
    done = ocrdyn(["scan", "-t", table, "--columns", "publicId", "--where",
                   "publicId=id00007"])
    assert done.rows == [["id00007"]]
    assert dynamodb.calls["Scan"] >= 4


def test_limit_is_of_items_printed(dynamodb, table, big, ocrdyn):
    big(20, 10)
    done = ocrdyn(["scan", "-t", table, "--limit", "7", "-f", "jsonl"])
    assert len(lines(done)) == 7
    assert "7 items, 7 printed" in done.stderr
    done = ocrdyn(["scan", "-t", table, "--limit", "3", "-f", "jsonl",
                   "--contains", "x"])
    assert len(lines(done)) == 3


def test_segments_are_each_a_part(dynamodb, table, big, ocrdyn):
    big(60, 10)
    parts = [{item["publicId"] for item in lines(ocrdyn(
        ["scan", "-t", table, "-f", "jsonl", "--segment", f"{i}/3"]))}
        for i in (1, 2, 3)]
    assert sum(map(len, parts)) == 60 and len(set().union(*parts)) == 60


@pytest.mark.parametrize("fault", [
    dict(when="after", edit=faults.bad_crc, nth=2),
    dict(when="after", at=("body", 50000), end="rst", nth=2),
    dict(reply=ddb.THROTTLED, times=2)])
def test_a_page_that_came_damaged_is_printed_once(dynamodb, table, big,
                                                  ocrdyn, fault):
    big(40, 100000)
    dynamodb.faults.add(call="Scan", **fault)
    done = ocrdyn(["scan", "-t", table, "--columns", "publicId"])
    assert sorted(row[0] for row in done.rows) == [
        f"id{i:05}" for i in range(40)]
    assert done.returncode == 0


def test_a_scan_that_is_refused_stops(dynamodb, table, big, ocrdyn):
    big(3, 10)
    dynamodb.faults.add(call="Scan", reply=ddb.ACCESS_DENIED)
    done = ocrdyn(["scan", "-t", table])
    assert done.returncode == 3
    assert "AccessDenied" in done.stderr


def test_a_scan_that_may_not_ask_for_the_keys_goes_on(dynamodb, table, big,
                                                      ocrdyn):
    big(3, 10)
    dynamodb.faults.add(call="DescribeTable", reply=ddb.ACCESS_DENIED)
    done = ocrdyn(["scan", "-t", table])
    assert done.returncode == 0 and len(done.rows) == 3


def test_the_rate_is_of_units_consumed(dynamodb, table, big, ocrdyn):
    """40 items of 3 KB take 30 units; the first page takes one at once."""
    big(40, 3000)
    start = time.monotonic()
    done = ocrdyn(["scan", "-t", table, "-r", "10/s", "-f", "jsonl"])
    assert len(lines(done)) == 40
    assert time.monotonic() - start > 1.5
    assert dynamodb.calls["Scan"] > 3


def test_pages_of_small_items_grow_until_they_take_their_units(
        dynamodb, table, admin, ocrdyn):
    store(admin, table, [{"publicId": {"S": f"id{i:05}"},
                          "text": {"S": "t" * 80}} for i in range(20000)])
    done = ocrdyn(["scan", "-t", table, "-r", "100/s", "--columns",
                   "publicId"])
    assert done.returncode == 0 and len(done.rows) == 20000
    # 500 units: five pages of 100, and those on the way there
    assert 5 <= dynamodb.calls["Scan"] <= 20
    dynamodb.log.clear()
    before = dynamodb.calls["Scan"]
    done = ocrdyn(["scan", "-t", table, "-r", "1/s", "--limit", "250",
                   "--columns", "publicId"])
    assert done.returncode == 0 and len(done.rows) == 250
    # 7 units: pages of 1, 2, 4, ... items, not 250 of one
    assert dynamodb.calls["Scan"] - before <= 15


def test_pages_of_large_items_keep_the_rate(dynamodb, table, big, ocrdyn):
    """12 items of 300 KB take 74 or 75 units each."""
    big(12, 300000)
    start = time.monotonic()
    done = ocrdyn(["scan", "-t", table, "-r", "300/s", "--columns",
                   "publicId"])
    assert done.returncode == 0 and len(done.rows) == 12
    # all but the last page are paid for; it has four items at most
    assert time.monotonic() - start > (12 - 4) * 73 / 300
    assert dynamodb.calls["Scan"] >= 3


def test_a_page_does_not_grow_where_nobody_tells_what_it_took(
        dynamodb, table, big, ocrdyn):
    def silent(response):
        body = json.loads(response.body)
        body.pop("ConsumedCapacity", None)
        return Response(response.status, json.dumps(body).encode(), {})
    big(30, 10)
    dynamodb.faults.add(call="Scan", when="after", times=None, edit=silent)
    done = ocrdyn(["scan", "-t", table, "-r", "50/s", "--columns",
                   "publicId"])
    assert done.returncode == 0 and len(done.rows) == 30
    assert dynamodb.calls["Scan"] >= 30


def peak(process):
    """VmHWM in KB; 0 of a process that has ended."""
    with open(f"/proc/{process.pid}/status") as status:
        return next((int(line.split()[1]) for line in status
                     if line.startswith("VmHWM")), 0)


class Pages:
    """A table of n items of 5.5 KB, in pages of 200, made as it is read."""

    def __init__(self, n):
        self.n = n

    def call(self, operation, body):
        request = json.loads(body)
        if operation == "DescribeTable":
            return Response(200, json.dumps({"Table": {
                "KeySchema": [{"AttributeName": "publicId",
                               "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "publicId",
                                          "AttributeType": "S"}]}}).encode(),
                            {})
        start = int(request.get("ExclusiveStartKey", {"publicId": {
            "S": "0"}})["publicId"]["S"])
        end = start + 200
        answer = {"Items": [{"publicId": {"S": f"{i:05}"},
                             "text": {"S": "x" * 5500}}
                            for i in range(start, end)],
                  "Count": 200, "ScannedCount": 200}
        if end < self.n:
            answer["LastEvaluatedKey"] = {"publicId": {"S": str(end)}}
        return Response(200, json.dumps(answer).encode(), {})


def test_memory_does_not_grow_with_the_table(certificate, ocrdyn):
    def measure(n):
        with ddb.Front(certificate, Pages(n)) as front:
            process = ocrdyn.start(["scan", "-t", "pages", "-f", "csv"],
                                   front.environment)
            rows, most = 0, 0
            while process.stdout.readline():
                rows += 1
                if rows % 50 == 0:   # the last ones are in the pipe by then
                    most = max(most, peak(process))
            assert process.wait(10) == 0 and rows == n + 1
            assert not front.refused and not front.violations
        return most

    small, large = measure(200), measure(20000)
    assert large <= small + 256, (small, large)


# Query.

def test_query_takes_values_from_the_line_and_from_standard_input(
        dynamodb, log, ocrdyn):
    args = ["query", "-t", log, "--columns", "publicId,at"]
    both = [[i, str(n)] for i in ("a", "b") for n in range(5)]
    assert ocrdyn([*args, "a", "b"]).rows == both
    assert ocrdyn(args, ["a", "b"]).rows == both
    assert ocrdyn([*args, "-"], ["b"]).rows == both[5:]
    assert ocrdyn([*args, "none"]).stdout == b""
    assert ocrdyn([*args, "--limit", "6"], ["a", "b"]).rows == both[:6]


@pytest.mark.parametrize("sorts, found", [
    (["=3"], "3"), (["<2"], "01"), (["<=2"], "012"), ([">3"], "4"),
    ([">=3"], "34"), ([">=1", "<=3"], "123")])
def test_sort_is_a_condition_of_the_sort_key(dynamodb, log, ocrdyn, sorts,
                                             found):
    args = [arg for sort in sorts for arg in ("--sort", sort)]
    done = ocrdyn(["query", "-t", log, "--columns", "at", *args, "a"])
    assert "".join(row[0] for row in done.rows) == found


def test_query_by_an_index(dynamodb, log, ocrdyn):
    args = ["query", "-t", log, "--columns", "at", "--index", "by-batch"]
    done = ocrdyn([*args, "-k", "batch", "0"])
    assert sorted(row[0] for row in done.rows) == list("002244")
    assert ocrdyn([*args, "0"]).returncode == 0
    done = ocrdyn([*args, "-k", "at", "0"])
    assert done.returncode == 2 and "is batch, not at" in done.stderr
    done = ocrdyn(["query", "-t", log, "--index", "nope", "0"])
    assert done.returncode == 2 and "no index nope" in done.stderr


def test_an_index_that_is_being_filled_says_what_to_do(dynamodb, log, ocrdyn):
    dynamodb.faults.add(call="Query", reply=ddb.error(
        "ValidationException", "Cannot read from backfilling global "
        "secondary index: by-batch"))
    done = ocrdyn(["query", "-t", log, "--index", "by-batch", "0"])
    assert done.returncode == 3
    assert "Cannot read from backfilling" in done.stderr
    assert "table index ... --wait" in done.stderr


def test_a_value_that_can_be_no_key_fails_without_a_call(dynamodb, log,
                                                         ocrdyn):
    done = ocrdyn(["query", "-t", log, "", "x" * 2049])
    assert done.returncode == 1
    assert dynamodb.calls["Query"] == 0


# Going on.

def test_a_scan_goes_on_after_a_signal(dynamodb, table, big, ocrdyn, tmp_path):
    big(40, 100000)
    args = ["scan", "-t", table, "-f", "csv", "-c", "at"]
    out = tmp_path / "out.csv"
    with out.open("ab") as file:
        process = ocrdyn.start(args, stdout=file)
        dynamodb.faults.add(call="Scan", nth=2, when="after", hook=lambda:
                            process.send_signal(signal.SIGINT), stall=0.2)
        assert process.wait(20) == -signal.SIGINT
    assert 0 < dynamodb.calls["Scan"] < 4
    with out.open("ab") as file:
        process = ocrdyn.start(args, stdout=file)
        assert process.wait(20) == 0
    check_export(out)


def check_export(out):
    rows = list(csv.reader(out.open(newline="")))
    assert rows.pop(0) == ["publicId", "text"]
    assert sorted(row[0] for row in rows) == [f"id{i:05}" for i in range(40)]


@pytest.mark.parametrize("after", [1, 2, 3])
def test_kill_9_loses_and_doubles_nothing_in_a_file(dynamodb, table, big,
                                                    ocrdyn, tmp_path, after):
    big(40, 100000)
    args = ["scan", "-t", table, "-f", "csv", "-c", "at"]
    out = tmp_path / "out.csv"
    with out.open("ab") as file:
        process = ocrdyn.start(args, stdout=file)
        dynamodb.faults.add(call="Scan", nth=after, when="after",
                            hook=process.kill, stall=0.2)
        assert process.wait(20) == -signal.SIGKILL
    # what a page in hand may have left
    with out.open("ab") as file:
        file.write(b'id00000,"half a')
        file.flush()
        process = ocrdyn.start(args, stdout=file)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 0
    assert b"cut back" in said
    check_export(out)


def test_a_scan_that_is_done_says_so(dynamodb, table, big, ocrdyn):
    big(3, 10)
    args = ["scan", "-t", table, "-c", "at"]
    assert len(ocrdyn(args).rows) == 3
    done = ocrdyn(args)
    assert done.stdout == b"" and done.returncode == 0
    assert "done already" in done.stderr
    done = ocrdyn([*args, "--contains", "x"])
    assert done.returncode == 2 and "of another job" in done.stderr


def test_a_torn_checkpoint_is_refused(dynamodb, table, big, ocrdyn, tmp_path):
    big(3, 10)
    args = ["scan", "-t", table, "-c", "at"]
    assert ocrdyn(args).returncode == 0
    whole = (tmp_path / "at").read_bytes()
    for torn in (whole[:-5], whole.replace(b"end", b"enD")):
        (tmp_path / "at").write_bytes(torn)
        done = ocrdyn(args)
        assert done.returncode == 2 and "is damaged" in done.stderr


@pytest.mark.parametrize("command", [["scan"], ["query", "id00001"]])
def test_output_that_cannot_be_written_is_an_error(dynamodb, table, big,
                                                   ocrdyn, command):
    big(3, 10)
    with open("/dev/full", "wb") as full:
        process = ocrdyn.start([*command, "-t", table], stdout=full)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 4
    assert b"cannot write standard output" in said


# Answers that no DynamoDB should give.

def answer(**members):
    return Response(200, json.dumps(members).encode(), {})


def nested(levels):
    value = {"S": "x"}
    for _ in range(levels):
        value = {"L": [value]}
    return value


@pytest.mark.parametrize("reply", [
    answer(Items=[{"a": {"X": "y"}}]), answer(Items=[{"a": {"S": 1}}]),
    answer(Items=[{"a": {}}]), answer(Items=[{"a": "x"}]), answer(Items=["x"]),
    answer(Items=[{"a": {"NS": [1]}}]), answer(Items=[{"a": nested(200)}]),
    answer(Items={"a": 1}), answer(), answer(Items=[], LastEvaluatedKey={
        "publicId": {"S": "x" * 65536}})])
def test_a_page_that_is_none_stops_the_scan(dynamodb, table, ocrdyn, reply):
    dynamodb.faults.add(call="Scan", reply=reply)
    done = ocrdyn(["scan", "-t", table, "-f", "jsonl"])
    assert done.returncode == 3
    assert "its answer" in done.stderr


def test_items_may_be_nested_as_deep_as_dynamodb_has_them(dynamodb, table,
                                                          ocrdyn):
    dynamodb.faults.add(call="Scan", reply=answer(Items=[{"a": nested(32)}]))
    done = ocrdyn(["scan", "-t", table, "-f", "jsonl"])
    assert done.stdout == b'{"a":' + b"[" * 32 + b'"x"' + b"]" * 32 + b"}\n"
    assert done.returncode == 0


def test_a_number_that_is_none_is_a_string(dynamodb, table, ocrdyn):
    dynamodb.faults.add(call="Scan", reply=answer(Items=[
        {"a": {"N": '1,"b":2'}, "c": {"NS": ["x"]}}]))
    done = ocrdyn(["scan", "-t", table, "-f", "jsonl"])
    assert lines(done) == [{"a": '1,"b":2', "c": ["x"]}]


def test_more_items_than_keys_stop_get(dynamodb, table, ocrdyn):
    items = [{"publicId": {"S": str(n)}} for n in range(101)]
    dynamodb.faults.add(call="BatchGetItem", times=None, reply=answer(
        Responses={table: items}))
    done = ocrdyn(["get", "--max-attempts", "1", "-t", table], ["a"])
    assert done.returncode == 3 and done.stdout == b""


@pytest.mark.parametrize("command", ["scan", "get"])
def test_credentials_that_expire_stop_it(dynamodb, table, ocrdyn, command):
    dynamodb.faults.add(call="Scan" if command == "scan" else "BatchGetItem",
                        times=None, reply=ddb.EXPIRED_TOKEN)
    done = ocrdyn([command, "-t", table], [] if command == "scan" else ["a"])
    assert done.returncode == 3
    assert "ExpiredToken" in done.stderr and "get new" in done.stderr
