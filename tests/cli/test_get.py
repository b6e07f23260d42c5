"""get, delete, update and put: the real binary against DynamoDB Local."""

import base64
import csv
import io
import json
import random
import signal

import pytest

from peers import dynamodb as ddb, faults

HOSTILE = ('say "hi", he\r\nsaid;\x00\x1b[31m\t\\N \U0001f600 '
           '\u05e9\u05dc\u05d5\u05dd \u202eevil')
ITEM_MAX = 409600


def strings(**attributes):
    return {name: {"NULL": True} if value is None else {"S": value}
            for name, value in attributes.items()}


@pytest.fixture
def fill(admin, table):
    """fill({"publicId": ..., ...}, ...) stores typed or plain items."""
    def store(*many):
        for start in range(0, len(many), 25):
            batch = [{"PutRequest": {"Item": {
                name: value if isinstance(value, dict) else
                strings(x=value)["x"] for name, value in item.items()}}}
                for item in many[start:start + 25]]
            admin.batch_write_item(RequestItems={table: batch})
    return store


# get

def test_get_prints_a_row_for_each_id_in_the_order_of_the_list(
        dynamodb, table, fill, ocrdyn):
    fill({"publicId": "a", "text": HOSTILE}, {"publicId": "b", "text": None},
         {"publicId": "c"})
    done = ocrdyn(["get", "-t", table], ["c", "a", "gone", "b", "a"])
    assert done.rows == [
        ["c", "empty", None, ""], ["a", "complete", HOSTILE, ""],
        ["gone", "absent", None, ""], ["b", "empty", None, ""],
        ["a", "complete", HOSTILE, ""]]
    assert done.returncode == 1
    assert "ocrdyn: gone: the table has no such item" in done.stderr
    assert dynamodb.calls["BatchGetItem"] == 1


def test_get_asks_for_a_hundred_at_a_time(dynamodb, table, fill, ocrdyn):
    ids = [f"id{i}" for i in range(250)]
    fill(*({"publicId": i, "text": i.upper()} for i in ids))
    done = ocrdyn(["get", "-t", table], ids)
    assert [row[:3] for row in done.rows] == [
        [i, "complete", i.upper()] for i in ids]
    assert dynamodb.calls["BatchGetItem"] == 3
    assert done.returncode == 0


@pytest.mark.parametrize("fault", [
    dict(unprocessed=7, times=3), dict(reply=ddb.THROTTLED, times=2),
    dict(when="after", edit=faults.bad_crc), dict(reply=ddb.INTERNAL)])
def test_get_loses_no_row_to_a_passing_failure(dynamodb, table, fill, ocrdyn,
                                               fault):
    ids = [f"id{i}" for i in range(30)]
    fill(*({"publicId": i, "text": i} for i in ids))
    dynamodb.faults.add(call="BatchGetItem", **fault)
    done = ocrdyn(["get", "-t", table], ids)
    assert [row[:3] for row in done.rows] == [[i, "complete", i] for i in ids]
    assert done.returncode == 0


def test_get_prints_the_columns_that_are_named(dynamodb, table, fill, ocrdyn):
    fill({"publicId": "a", "n": {"N": "42"}, "l": {"L": [
        {"S": 'x"'}, {"N": "1"}, {"M": {"k": {"NULL": True}}}]},
        "reserved": "no", "size": "s"})
    done = ocrdyn(["get", "-t", table, "--columns", "size,n,l,publicId"],
                  ["a", "gone"])
    assert done.rows == [["s", "42", '["x\\"",1,{"k":null}]', "a"],
                         [None, None, None, "gone"]]
    assert done.returncode == 1


def test_get_does_not_wait_for_a_second_id(dynamodb, table, fill, ocrdyn):
    fill({"publicId": "a", "text": "t"})
    process = ocrdyn.start(["get", "-t", table])
    process.stdin.write(b"a\n")
    process.stdin.flush()
    assert process.stdout.readline() == b"a\tcomplete\tt\t\n"
    process.stdin.close()
    assert process.wait(10) == 0


def test_an_id_that_can_be_no_key_is_a_failed_row(dynamodb, table, ocrdyn):
    done = ocrdyn(["get", "-0t", table],
                  b"\0" + b"x" * 2049 + b"\0" + b"y" * 5000 + b"\0")
    assert [row.split(b"\t")[1] for row in done.stdout.split(b"\0")[:-1]] == \
        [b"failed"] * 3
    assert done.returncode == 1
    assert dynamodb.calls["BatchGetItem"] == 0


# delete

def test_delete_removes_and_tells_what_was_not_there(dynamodb, table, fill,
                                                     items, ocrdyn):
    fill(*({"publicId": f"id{i}"} for i in range(60)))
    ids = [f"id{i}" for i in range(55)] + ["gone", "id0"]
    done = ocrdyn(["delete", "-t", table], ids)
    assert [row[:2] for row in done.rows] == [
        [i, "deleted"] for i in ids[:55]] + [
            ["gone", "absent"], ["id0", "absent"]]
    assert done.returncode == 1
    assert set(items()) == {f"id{i}" for i in range(55, 60)}
    assert dynamodb.calls["BatchWriteItem"] == 3


@pytest.mark.parametrize("fault", [
    dict(unprocessed=9, times=4), dict(reply=ddb.THROTTLED, times=2),
    dict(when="after", end="rst"), dict(when="after", edit=faults.bad_crc)])
def test_delete_sends_again_what_did_not_work(dynamodb, table, fill, items,
                                              ocrdyn, fault):
    ids = [f"id{i}" for i in range(40)]
    fill(*({"publicId": i} for i in ids))
    dynamodb.faults.add(call="BatchWriteItem", **fault)
    done = ocrdyn(["delete", "-t", table], ids)
    assert [row[:2] for row in done.rows] == [[i, "deleted"] for i in ids]
    assert done.returncode == 0
    assert items() == {}


def test_a_table_that_refuses_stops_delete(dynamodb, table, fill, ocrdyn):
    fill({"publicId": "a"}, {"publicId": "b"})
    dynamodb.faults.add(call="BatchWriteItem", reply=ddb.ACCESS_DENIED)
    done = ocrdyn(["delete", "-t", table], ["a", "b"])
    assert [row[1] for row in done.rows] == ["failed", "failed"]
    assert "AccessDenied" in done.rows[0][3]
    assert done.returncode == 3


# update

def test_update_changes_items_that_are_there(dynamodb, table, fill, items,
                                             ocrdyn):
    fill({"publicId": "a", "old": "x", "text": "t"}, {"publicId": "b"})
    done = ocrdyn(["update", "-t", table, "--set", "status=7=8", "-s", "size=",
                   "--remove", "old"], ["a", "gone", "b"])
    assert [row[:2] for row in done.rows] == [
        ["a", "updated"], ["gone", "absent"], ["b", "updated"]]
    assert done.returncode == 1
    assert items() == {
        "a": {"publicId": "a", "text": "t", "status": "7=8", "size": ""},
        "b": {"publicId": "b", "status": "7=8", "size": ""}}


def test_an_update_whose_answer_is_lost_is_sent_again(dynamodb, table, fill,
                                                      items, ocrdyn):
    fill({"publicId": "a"})
    dynamodb.faults.add(call="UpdateItem", when="after", end="rst")
    done = ocrdyn(["update", "-t", table, "--remove", "x", "--set", "y=1"],
                  ["a"])
    assert done.rows == [["a", "updated", None, ""]]
    assert items()["a"]["y"] == "1"


# put

def test_put_stores_the_rows_of_a_run(dynamodb, table, items, ocrdyn):
    rows = ("a\tcomplete\tone\\ntwo\t\nb\tempty\t\\N\t\n"
            "c\tfailed\t\\N\twhy\nd\tskipped\t\\N\t\n"
            "e\tunstored\ttext\tDynamoDB: ...\nf\tabsent\t\\N\t\n")
    done = ocrdyn(["put", "-t", table], rows.encode())
    assert [row[:2] for row in done.rows] == [
        ["a", "stored"], ["b", "stored"], ["e", "stored"]]
    assert "3 rows without a text passed over" in done.stderr
    assert done.returncode == 0
    assert items() == {"a": {"publicId": "a", "text": "one\ntwo"},
                       "b": {"publicId": "b", "text": None},
                       "e": {"publicId": "e", "text": "text"}}


@pytest.mark.parametrize("form", ["tsv", "csv", "jsonl"])
def test_put_stores_what_get_printed(dynamodb, table, fill, items, ocrdyn,
                                     form):
    fill({"publicId": "a", "text": HOSTILE}, {"publicId": "b", "text": None})
    before = items()
    rows = ocrdyn(["get", "-t", table, "-f", form], ["a", "b"]).stdout
    assert ocrdyn(["delete", "-qt", table], ["a", "b"]).returncode == 0
    assert items() == {}
    assert ocrdyn(["put", "-t", table, "-f", form], rows).returncode == 0
    assert items() == before


def test_put_keeps_the_types_of_json_lines(dynamodb, table, admin, ocrdyn):
    item = {"publicId": "a", "s": HOSTILE, "n": 1.5, "t": True, "z": None,
            "l": [1, "two", [False]], "m": {"k": {"deep": None}}}
    done = ocrdyn(["put", "-t", table, "-f", "jsonl"],
                  json.dumps(item).encode() + b"\n")
    assert done.returncode == 0
    assert json.loads(done.stdout)["status"] == "stored"
    found = admin.get_item(TableName=table, Key=strings(publicId="a"))["Item"]
    assert found == {
        "publicId": {"S": "a"}, "s": {"S": HOSTILE}, "n": {"N": "1.5"},
        "t": {"BOOL": True}, "z": {"NULL": True},
        "l": {"L": [{"N": "1"}, {"S": "two"}, {"L": [{"BOOL": False}]}]},
        "m": {"M": {"k": {"M": {"deep": {"NULL": True}}}}}}


def test_put_loads_csv_with_any_header(dynamodb, table, items, ocrdyn):
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["note", "publicId", "text"])
    writer.writerow([HOSTILE, "a", ""])
    writer.writerow(["", "b", "t"])
    done = ocrdyn(["put", "-t", table, "-f", "csv"], text.getvalue().encode())
    assert done.returncode == 0
    assert items() == {
        "a": {"publicId": "a", "note": HOSTILE, "text": None},
        "b": {"publicId": "b", "text": "t"}}


def test_put_names_the_columns_of_tsv(dynamodb, table, items, ocrdyn):
    done = ocrdyn(["put", "-t", table, "--columns", "x,publicId"], b"1\ta\n")
    assert done.returncode == 0
    assert items() == {"a": {"publicId": "a", "x": "1"}}


def test_a_bad_record_is_a_failed_row_and_the_rest_goes_on(
        dynamodb, table, items, ocrdyn):
    good = {"publicId": "good"}
    lines = [good, {"publicId": ""}, {"text": "x"}, {"publicId": 7},
             {"publicId": "x" * 2049}, {"publicId": "big",
                                        "text": "x" * ITEM_MAX},
             {"publicId": "deep", "l": json.loads("[" * 33 + "]" * 33)},
             {"publicId": "a", "": "no name"}, {"publicId": "last"}]
    data = "".join(json.dumps(line) + "\n" for line in lines) + "{broken\n"
    done = ocrdyn(["put", "-t", table, "-f", "jsonl"], data.encode())
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["status"] for row in rows] == \
        ["stored"] + ["failed"] * 7 + ["stored", "failed"]
    assert [row["detail"].partition(":")[0] for row in rows[1:8]] == [
        f"record {n}" for n in range(2, 9)]
    assert "record 10" in rows[-1]["detail"]
    assert done.returncode == 1
    assert set(items()) == {"good", "last"}


def test_what_dynamodb_refuses_of_a_batch_fails_alone(dynamodb, table, items,
                                                      ocrdyn):
    lines = "".join(f'{{"publicId":"{i}","n":{n}}}\n' for i, n in [
        ("a", 1), ("b", "1" * 39), ("c", 3)])
    done = ocrdyn(["put", "-t", table, "-f", "jsonl"], lines.encode())
    statuses = [json.loads(line)["status"] for line in
                done.stdout.splitlines()]
    assert statuses == ["stored", "failed", "stored"]
    assert done.returncode == 1
    assert set(items()) == {"a", "c"}


def test_of_two_records_with_one_key_the_last_stays(dynamodb, table, items,
                                                    ocrdyn):
    rows = b"".join(b"a\tcomplete\t%d\t\n" % n for n in range(5))
    done = ocrdyn(["put", "-t", table], rows)
    assert done.returncode == 0
    assert items() == {"a": {"publicId": "a", "text": "4"}}
    assert dynamodb.calls["PutItem"] == 5


def test_a_key_may_come_again_across_batches(dynamodb, table, items, ocrdyn):
    """The 26th begins a batch, in which the 27th is its equal."""
    keys = [f"id{i}" for i in range(25)] + ["x", "x", "y"]
    rows = "".join(f"{key}\tcomplete\t{n}\t\n" for n, key in enumerate(keys))
    done = ocrdyn(["put", "-t", table], rows.encode())
    assert [row[:2] for row in done.rows] == [[key, "stored"] for key in keys]
    assert items()["x"]["text"] == "26"
    assert dynamodb.calls["BatchWriteItem"] == 2
    assert dynamodb.calls["PutItem"] == 1


@pytest.mark.parametrize("fault", [
    dict(unprocessed=9, times=4), dict(reply=ddb.THROTTLED, times=2),
    dict(when="after", end="rst"), dict(reply=ddb.TOO_LARGE),
    dict(when="head", reply=ddb.TOO_LARGE, end="close", at="end")])
def test_put_sends_again_what_did_not_work(dynamodb, table, items, ocrdyn,
                                           fault):
    ids = [f"id{i}" for i in range(60)]
    rows = "".join(f"{i}\tcomplete\t{HOSTILE[0]}{i}\t\n" for i in ids)
    dynamodb.faults.add(call="BatchWriteItem", **fault)
    done = ocrdyn(["put", "-t", table], rows.encode())
    assert [row[:2] for row in done.rows] == [[i, "stored"] for i in ids]
    assert done.returncode == 0
    assert {i: item["text"] for i, item in items().items()} == {
        i: f"{HOSTILE[0]}{i}" for i in ids}


def test_batches_of_large_items_stay_below_the_limit(dynamodb, table, items,
                                                     ocrdyn):
    ids = [f"id{i}" for i in range(30)]
    text = "\\x01" * 300000
    rows = "".join(f"{i}\tcomplete\t{text}\t\n" for i in ids)
    done = ocrdyn(["put", "-t", table], rows.encode())
    assert done.returncode == 0
    assert all(item["text"] == "\1" * 300000 for item in items().values())
    assert len(items()) == 30


def test_put_if_absent_skips_what_is_there(dynamodb, table, fill, items,
                                           ocrdyn):
    fill({"publicId": "a", "text": "old"})
    done = ocrdyn(["put", "-t", table, "--if-absent"],
                  b"a\tcomplete\tnew\t\nb\tcomplete\tnew\t\n")
    assert [row[:2] for row in done.rows] == [["a", "skipped"],
                                              ["b", "stored"]]
    assert done.returncode == 0
    assert {i: item["text"] for i, item in items().items()} == {
        "a": "old", "b": "new"}


def test_put_if_absent_knows_its_own_first_try(dynamodb, table, items,
                                               ocrdyn):
    dynamodb.faults.add(call="PutItem", when="after", end="rst")
    done = ocrdyn(["put", "-t", table, "--if-absent"],
                  b"a\tcomplete\tnew\t\n")
    assert done.rows == [["a", "stored", None, ""]]


def test_put_does_not_wait_for_a_batch_to_be_full(dynamodb, table, ocrdyn):
    process = ocrdyn.start(["put", "-t", table])
    process.stdin.write(b"a\tcomplete\tt\t\n")
    process.stdin.flush()
    assert process.stdout.readline() == b"a\tstored\t\\N\t\n"
    process.stdin.close()
    assert process.wait(10) == 0


def test_a_signal_ends_put_after_what_is_in_hand(dynamodb, table, items,
                                                 ocrdyn):
    process = ocrdyn.start(["put", "-t", table])
    process.stdin.write(b"a\tcomplete\tt\t\nb\tcompl")
    process.stdin.flush()
    assert process.stdout.readline().startswith(b"a\tstored")
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == -signal.SIGTERM
    assert set(items()) == {"a"}


# all of them

@pytest.mark.parametrize("command", [
    ["get"], ["delete"], ["put"], ["update", "--set", "a=b"]])
def test_output_that_cannot_be_written_is_an_error(dynamodb, table, fill,
                                                   ocrdyn, command):
    fill({"publicId": "a"})
    with open("/dev/full", "wb") as full:
        process = ocrdyn.start([*command, "-t", table], stdout=full)
        _, said = process.communicate(b"a\tempty\t\\N\t\n"
                                      if command == ["put"] else b"a\n", 20)
    assert process.returncode == 4
    assert b"cannot write standard output" in said


@pytest.mark.parametrize("args, sentence", [
    (["get"], "--table is required"),
    (["get", "-t", "x"], "not 3 to 255 characters"),
    (["get", "-t", "tab", "--columns", "a,,b"], "--columns"),
    (["get", "-t", "tab", "--columns", "a,a"], "named twice"),
    (["delete", "-t", "tab", "id"], "unexpected argument"),
    (["update", "-t", "tab"], "nothing to change"),
    (["update", "-t", "tab", "--set", "publicId=x"], "named twice"),
    (["update", "-t", "tab", "--set", "a=1", "--remove", "a"], "named twice"),
    (["put", "-t", "tab", "-f", "text"], "no key"),
    (["query", "-t", "tab", "--sort", "x"], "--sort"),
    (["scan", "-t", "tab", "--segment", "3/2"], "--segment"),
    (["scan", "-t", "tab", "word"], "unexpected argument"),
    (["scan", "-t", "tab", "-c", "f", "--limit", "3"],
     "--limit excludes --checkpoint"),
    (["update", "-t", "tab", *(f"--remove=a{i}" for i in range(17))],
     "--remove takes at most 16"),
    (["get", "-t", "tab", "--columns", ",".join(map(str, range(101)))],
     "--columns takes at most 100"),
    (["put", "-t", "tab", "--number", ",".join(map(str, range(101)))],
     "--number takes at most 100"),
    (["query", "-t", "tab", *["--sort=>a"] * 3], "--sort takes at most 2"),
    (["query", "-t", "tab", "--sort=<=b", "--sort=>=a"], "must be a range"),
    (["scan", "-t", "tab", "-r", "1/s", "--segment", "1/2"], "longer unit"),
    (["get", "-t", "tab", "--max-attempts", "1001"], "from 1 to 1000"),
    (["get", "-t", "tab", "--key", "\udcff"], "--key"),
    (["scan", "-t", "tab", "--where", "a=\udcff"], "the value"),
    (["scan", "-t", "tab", "--where", "\udcff=a"], "the name"),
    (["query", "-t", "tab", "\udcff"], "is not UTF-8")])
def test_what_is_wrong_is_told_without_a_call(dynamodb, ocrdyn, args,
                                              sentence):
    done = ocrdyn(args)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert not dynamodb.calls


@pytest.mark.parametrize("command", ["get", "put", "update", "delete",
                                     "query", "scan"])
def test_help_is_24_lines_of_80_with_examples_first(ocrdyn, command):
    done = ocrdyn([command, "-h"])
    lines = done.stdout.decode().splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) <= 80
    assert lines[0].startswith("ocrdyn ")
    assert done.returncode == 0


# typed JSON

def nest(levels):
    value = {"S": "x"}
    for _ in range(levels):
        value = {"L": [value]}
    return value


# What one attribute may not be, and what is said of it.
BAD_VALUES = [
    ('"x"', "not like"), ("1", "not like"), ("null", "not like"),
    ("[]", "not like"), ("{}", "no type"), ('{"":"x"}', "not one of"),
    ('{"X":"x"}', "not one of"), ('{"s":"x"}', "not one of"),
    ('{"STRING":"x"}', "does not have"), ('{"S\\u0000":"x"}', "does not have"),
    ('{"S":1}', '"S" wants a string'), ('{"S":null}', '"S" wants a string'),
    ('{"S":["x"]}', '"S" wants a string'), ('{"S":{}}', '"S" wants a string'),
    ('{"S":"x","N":"1"}', "two types"), ('{"S":"x","S":"x"}', "two types"),
    ('{"N":1}', '"N" wants a number in quotes'),
    ('{"N":""}', '"N" wants'), ('{"N":"x"}', '"N" wants'),
    ('{"N":" 1"}', '"N" wants'), ('{"N":"NaN"}', '"N" wants'),
    ('{"N":"1e"}', "cannot be converted"), ('{"N":"1e400"}', "overflow"),
    ('{"BOOL":"true"}', '"BOOL" wants true or false'),
    ('{"BOOL":null}', '"BOOL" wants'), ('{"NULL":false}', '"NULL" wants true'),
    ('{"NULL":null}', '"NULL" wants true'),
    ('{"B":"x"}', '"B" wants a string of base64'), ('{"B":"YQ"}', '"B" wants'),
    ('{"B":"YQ=a"}', '"B" wants'), ('{"B":"===="}', '"B" wants'),
    ('{"B":"Y-Q="}', '"B" wants'), ('{"B":"YQ==\\n"}', '"B" wants'),
    ('{"M":[]}', '"M" wants an object'), ('{"L":{}}', '"L" wants an array'),
    ('{"L":"x"}', '"L" wants an array'), ('{"L":["x"]}', "not like"),
    ('{"L":[{"S":"x"},{}]}', "no type"), ('{"M":{"a":"x"}}', "not like"),
    ('{"M":{"":{"S":"x"}}}', "a name is empty"),
    ('{"M":{"a":{"S":"x"},"b":{"S":""},"a":{"S":"y"}}}', "one name"),
    ('{"SS":[]}', "a set is empty"), ('{"NS":[]}', "a set is empty"),
    ('{"BS":[]}', "a set is empty"), ('{"SS":"x"}', "an array of strings"),
    ('{"SS":[1]}', '"SS" wants'), ('{"NS":[1]}', '"NS" wants'),
    ('{"NS":["1","x"]}', '"NS" wants'), ('{"BS":["x"]}', '"BS" wants'),
    ('{"SS":["x",null]}', '"SS" wants'), ('{"SS":["x","x"]}', "duplicates"),
    (json.dumps(nest(33)), "deeper than 32 levels"),
]

# What one record may not be.
BAD_RECORDS = [
    ("{}", "not like"), ("[]", "not a JSON object"), ("1", "not a JSON"),
    ('{"publicId":{"S":"x"}}', "not like"), ('{"Item":null}', "not like"),
    ('{"Item":[]}', "not like"), ('{"Item":"x"}', "not like"),
    ('{"item":{"publicId":{"S":"x"}}}', "not like"),
    ('{"Item":{}}', "no key"), ('{"Item":{"a":{"S":"x"}}}', "no key"),
    ('{"Item":{"publicId":{"S":""}}}', "key is empty"),
    ('{"Item":{"publicId":{"N":"1"}}}', "another type"),
    ('{"Item":{"publicId":{"NULL":true}}}', "another type"),
    ('{"Item":{"publicId":{"B":"YQ=="}}}', "another type"),
    ('{"Item":{"publicId":{"M":{}}}}', "another type"),
    ('{"Item":{"publicId":{"S":"%s"}}}' % ("x" * 2049), "longer than the 2048"),
    ('{"Item":{"publicId":{"S":"x"}},"Item":{"publicId":{"S":"y"}}}', "same"),
    ('{"Item":{"publicId":{"S":"x"}},"More":1}', 'more than "Item"'),
    ('{"Metadata":{"WriteTimestampMicros":{"N":"1"}},"Keys":{"publicId":{"S":'
     '"x"}},"NewImage":{"publicId":{"S":"x"}}}', "not like"),
    ('{"Item":{"publicId":{"S":"x"},"":{"S":"y"}}}', "a name is empty"),
    ('{"Item":{"publicId":{"S":"x"},"a":{"S":"1"},"publicId":{"S":"y"}}}',
     "two attributes of one name"),
    ('{"Item":{"publicId":{"S":"x"},"%s":{"S":"y"}}}' % ("n" * 65536),
     "longer than 65535"),
    ('{"Item":{"publicId":{"S":"x"},"a":{"S":"%s"}}}' % ("x" * ITEM_MAX),
     "larger than 400 KB"),
    ('{"Item":{"publicId":{"S":"x"},"a":{"S":"\\ud800"}}}', "surrogate"),
    ('{"Item":{"publicId":{"S":"x"},"a":{"M":{"\\udc00":{"S":""}}}}}',
     "surrogate"),
    ('{"Item":{"publicId":{"S":"x"}}', "not JSON"),
    ('{"Item":{"publicId":{"S":"x"}}}}', "not JSON"),
]


@pytest.mark.parametrize("bad, sentence", [
    *((f'{{"Item":{{"publicId":{{"S":"x"}},"caf\\u00e9":{value}}}}}', sentence)
      for value, sentence in BAD_VALUES), *BAD_RECORDS])
def test_a_bad_record_of_typed_json_fails_alone(dynamodb, table, items, ocrdyn,
                                                bad, sentence):
    good = '{"Item":{"publicId":{"S":"%s"}}}'
    done = ocrdyn(["put", "-t", table, "-f", "dynamodb"],
                  "\n".join([good % "first", bad, good % "last"]).encode())
    first, row, last = map(json.loads, done.stdout.splitlines())
    assert (first["status"], row["status"], last["status"]) == (
        "stored", "failed", "stored")
    assert sentence in row["detail"]
    assert sentence in done.stderr
    if "Exception" not in row["detail"]:
        assert row["detail"].startswith("record 2: ")
        assert "caf" not in bad or "the attribute caf\u00e9: " in row["detail"]
    assert done.returncode == 1
    assert set(items()) == {"first", "last"}


def test_typed_json_is_read_as_others_write_it(dynamodb, table, admin, ocrdyn):
    """White space, escapes, any order, a BOM, CRLF, no newline at the end."""
    done = ocrdyn(["put", "-t", table, "-f", "dynamodb"], (
        '\ufeff{"Item":{"a":{"L":[{"NULL":true},{"BOOL":false}]},"publicId":'
        '{"S":"1"}}}\r\n\n { "Item" : { "publicId" : { "\\u0053" : "\\u0032" '
        '} , "b" : { "M" : { "k" : { "BS" : [ "" , "YQ==" ] } } } } }').encode())
    assert done.returncode == 0, done.stderr
    found = admin.scan(TableName=table)["Items"]
    assert sorted(found, key=lambda item: item["publicId"]["S"]) == [
        {"publicId": {"S": "1"}, "a": {"L": [{"NULL": True},
                                             {"BOOL": False}]}},
        {"publicId": {"S": "2"}, "b": {"M": {"k": {"BS": [b"", b"a"]}}}}]


def test_a_table_with_keys_of_other_types_is_copied_by_typed_json(
        dynamodb, admin, ocrdyn):
    names = [f"ocr-keys-{which}" for which in "ab"]
    for name in names:
        admin.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "b", "AttributeType": "B"},
                                  {"AttributeName": "n", "AttributeType": "N"}],
            KeySchema=[{"AttributeName": "b", "KeyType": "HASH"},
                       {"AttributeName": "n", "KeyType": "RANGE"}])
    try:
        for n in range(30):
            admin.put_item(TableName=names[0], Item={
                "b": {"B": bytes([n % 3, 255])}, "n": {"N": f"{n}.5"},
                "s": {"NS": [str(n)]}})
        lines = ocrdyn(["scan", "-t", names[0], "-f", "dynamodb"]).stdout
        done = ocrdyn(["put", "-t", names[1], "-f", "dynamodb"], lines)
        assert done.returncode == 0, done.stderr
        here, there = (admin.scan(TableName=name)["Items"] for name in names)
        assert here == there and len(there) == 30
        wrong = '{"Item":{"b":{"B":"AA=="},"n":{"S":"1"}}}\n' \
            '{"Item":{"b":{"B":"AA=="}}}\n'
        done = ocrdyn(["put", "-t", names[1], "-f", "dynamodb"],
                      wrong.encode())
        assert [json.loads(line)["detail"].partition(": ")[2] for line in
                done.stdout.splitlines()] == [
            "its key has another type than the table's",
            "it has no key, or only a part of it"]
    finally:
        for name in names:
            admin.delete_table(TableName=name)


def test_of_an_absent_item_typed_json_has_no_line(dynamodb, table, fill,
                                                  ocrdyn):
    fill({"publicId": "a"})
    done = ocrdyn(["get", "-t", table, "-f", "dynamodb"], ["gone", "a"])
    assert done.stdout == b'{"Item":{"publicId":{"S":"a"}}}\n'
    assert "ocrdyn: gone: the table has no such item" in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize("form, values, size", [
    ("jsonl", [{"BOOL": False}], 2), ("jsonl", [{"S": ""}], 1),
    ("dynamodb", [{"SS": [""]}], 1),
    ("dynamodb", [
        {"S": "\u00e9\x01"}, {"N": "-12.5"}, {"B": b"ab"}, {"BOOL": True},
        {"NULL": True}, {"L": []}, {"M": {}}, {"M": {"\x01": {"S": "x"}}},
        {"SS": ["", "x"]}, {"NS": ["1", "-20"]}, {"BS": [b"x", b"yzw"]}],
     11 + 3 + 4 + 2 + 1 + 1 + 3 + 3 + (3 + 1 + 1 + 1) + 1 + (2 + 3) + 4)])
def test_the_largest_item_that_dynamodb_takes_is_put(dynamodb, table, admin,
                                                     ocrdyn, form, values,
                                                     size):
    """However long its JSON is. `size` of the elements is as DynamoDB Local
    counts it: it takes this item, and none with a byte more."""
    from test_roundtrip import canonical, object_json
    n = (ITEM_MAX - len("publicId" + "a" + "v" + "t") - 3) // size
    rest = ITEM_MAX - len("publicId" + "a" + "v" + "t") - 3 - n * size
    item = {"publicId": {"S": "a"}, "v": {"L": values * n},
            "t": {"S": "x" * rest}}
    with pytest.raises(Exception, match="exceeded"):
        admin.put_item(TableName=table, Item={
            **item, "t": {"S": "x" * (rest + 1)}})
    line = object_json(item, random.Random(1)) if form == "jsonl" else \
        json.dumps({"Item": typed(item)})
    done = ocrdyn(["put", "-t", table, "-f", form], line.encode())
    assert json.loads(done.stdout)["status"] == "stored", done.stderr
    found = admin.get_item(TableName=table, Key={"publicId": {"S": "a"}})
    assert canonical({"M": found["Item"]}) == canonical({"M": item})
    out = ocrdyn(["scan", "-t", table, "-f", form])
    assert out.returncode == 0, out.stderr
    again = ocrdyn(["put", "-t", table, "-f", form], out.stdout)
    assert json.loads(again.stdout)["status"] == "stored", again.stderr


def typed(item):
    """An item of boto3's as JSON has it: bytes are base64."""
    def plain(value):
        if isinstance(value, bytes):
            return base64.b64encode(value).decode()
        if isinstance(value, dict):
            return {name: plain(inner) for name, inner in value.items()}
        return [plain(inner) for inner in value] \
            if isinstance(value, list) else value
    return plain(item)


@pytest.mark.parametrize("form, line", [
    ("jsonl", '{"publicId":"x","m":{"a":1,"b":{"c":1,"d":2,"c":3}}}'),
    ("jsonl", '{"publicId":"x","m":[{"a":1,"a":1}]}'),
    ("jsonl", '{"publicId":"x","m":{"a":1,"\\u0061":2}}')])
def test_two_members_of_one_name_are_refused(dynamodb, table, items, ocrdyn,
                                             form, line):
    """One of them would be lost."""
    done = ocrdyn(["put", "-t", table, "-f", form], line.encode())
    assert json.loads(done.stdout)["detail"] == \
        "record 1: the attribute m: has two members of one name"
    assert items() == {}


@pytest.mark.parametrize("command", [["run"], ["list"], ["update", "--set=a=b"],
                                     ["delete"]])
def test_typed_json_is_for_items(dynamodb, ocrdyn, command):
    done = ocrdyn([*command, "-t", "tab", "-f", "dynamodb"]
                  if command != ["list"] else ["list", "-f", "dynamodb"])
    assert done.returncode == 2
    assert '"dynamodb" is not tsv|jsonl|csv|text' in done.stderr


@pytest.mark.parametrize("form", ["jsonl", "dynamodb"])
def test_an_item_that_is_absent_has_no_row_to_put_back(dynamodb, table, items,
                                                       ocrdyn, form):
    columns = ["-f", form, "--columns", "publicId,text"]
    done = ocrdyn(["get", "-t", table, *columns], ["none"])
    assert done.returncode == 1 and done.stdout == b""
    assert "none: the table has no such item" in done.stderr
    ocrdyn(["put", "-t", table, "-f", form], done.stdout)
    assert items() == {}
