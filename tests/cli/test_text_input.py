"""What is stored is what was given: bytes that are not UTF-8, byte order marks,
UTF-16 and NUL, in everything that a user gives; columns with their types."""

import csv
import io
import json
import random
import re
import subprocess
import time
import uuid

import pytest

from peers.cloudinary import Image

MARK = b"\xef\xbb\xbf"
HINT = "not UTF-8 (Windows-1252?)"
BAD = "caf\udce9"                # as an argument: caf, and the byte e9

UTF16 = {
    "marked little": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "marked big": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "little": lambda text: text.encode("utf-16-le"),
    "big": lambda text: text.encode("utf-16-be"),
}

OCR = json.dumps({"public_id": "a", "info": {"ocr": {"adv_ocr": {
    "status": "complete", "data": [{"fullTextAnnotation": {
        "text": "found"}, "textAnnotations": [{"description": "found"}]}]}}}})
# Of each reader of standard input: the command line, records that are right,
# and the same with bytes of Windows-1252 in the first record.
LISTS = {
    "run": [],
    "get": ["get", "-t", "TABLE"],
    "update": ["update", "-t", "TABLE", "--set", "x=1"],
    "delete": ["delete", "-t", "TABLE"],
    "query": ["query", "-t", "TABLE", "-f", "tsv"],
}
ROWS = {
    "tsv": ("a\tcomplete\tone\t\nb\tcomplete\ttwo\t\n",
            b"k\tcomplete\tcaf\xe9\t\nb\tcomplete\ttwo\t\n"),
    "csv": ("publicId,text\r\na,one\r\nb,two\r\n",
            b"publicId,text\nk,caf\xe9\nb,two\n"),
    "jsonl": ('{"publicId":"a","text":"one"}\n{"publicId":"b","text":"two"}\n',
              b'{"publicId":"k","text":"caf\xe9"}\n'
              b'{"publicId":"b","text":"two"}\n'),
}


def filled(args, table):
    return [table if arg == "TABLE" else arg for arg in args]


@pytest.fixture
def stored(admin, table):
    for key in ("a", "b"):
        admin.put_item(TableName=table, Item={"publicId": {"S": key},
                                              "text": {"S": key * 2}})
    return table


@pytest.fixture
def fresh(admin):
    """fresh() makes a table with the string key id and indexes whose keys are
    a number, a number, binary and a string, and gives its name."""
    names = []

    def make():
        name = f"ocr-{uuid.uuid4().hex[:12]}"
        kinds = {"id": "S", "n": "N", "m": "N", "bin": "B", "s": "S"}
        admin.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": key, "AttributeType": kind}
                for key, kind in kinds.items()],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            GlobalSecondaryIndexes=[
                {"IndexName": f"by-{hash_}", "KeySchema": [
                    {"AttributeName": hash_, "KeyType": "HASH"},
                    *([{"AttributeName": "m", "KeyType": "RANGE"}]
                      if hash_ == "bin" else [])],
                 "Projection": {"ProjectionType": "ALL"}}
                for hash_ in ("n", "bin", "s")])
        names.append(name)
        return name

    yield make
    for name in names:
        admin.delete_table(TableName=name)


def items_of(admin, table, key="publicId"):
    return {item[key]["S"]: item for page in admin.get_paginator(
        "scan").paginate(TableName=table, ConsistentRead=True)
        for item in page["Items"]}


def statuses(form, stdout):
    """The (public_id, status, detail) of each row."""
    if form == "jsonl":
        rows = [json.loads(line) for line in stdout.splitlines()]
        return [(row["public_id"], row["status"], row["detail"])
                for row in rows]
    if form == "csv":
        rows = list(csv.reader(io.StringIO(stdout.decode(), newline="")))[1:]
    else:
        rows = [line.split("\t") for line in stdout.decode().splitlines()]
    return [(row[0], row[1], row[3]) for row in rows]


# how a list begins

@pytest.mark.parametrize("encoding", UTF16)
@pytest.mark.parametrize("command", LISTS)
def test_a_list_in_utf16_is_named_before_any_call(
        cloudinary, dynamodb, stored, ocrdyn, command, encoding):
    done = ocrdyn(filled(LISTS[command], stored), UTF16[encoding]("a\r\nb\n"))
    assert done.returncode == 2
    assert done.stdout == b""
    assert "the list is UTF-16" in done.stderr
    assert re.search(r"iconv -f UTF-16(LE|BE)? -t UTF-8", done.stderr)
    assert len(done.stderr.splitlines()) == 1
    assert not dynamodb.calls and not cloudinary.calls


@pytest.mark.parametrize("encoding", UTF16)
def test_what_is_said_of_utf16_converts_it(dynamodb, stored, ocrdyn, tmp_path,
                                           encoding):
    data = UTF16[encoding]("a\nb\n")
    said = ocrdyn(["get", "-t", stored], data).stderr
    command = said.partition("with ")[2].split()
    converted = subprocess.run(command, input=data, check=True,
                               stdout=subprocess.PIPE).stdout
    assert [row[:2] for row in ocrdyn(["get", "-t", stored],
                                      converted).rows] == [
        ["a", "complete"], ["b", "complete"]]


@pytest.mark.parametrize("command", [
    ["get"], ["update", "--set", "x=1"], ["put", "-f", "csv"]])
def test_utf16_that_comes_late_is_refused_all_the_same(
        dynamodb, stored, admin, ocrdyn, command):
    """The table is checked meanwhile."""
    before = items_of(admin, stored)
    process = ocrdyn.start([*command, "-t", stored])
    while not dynamodb.calls["DescribeTable"]:
        assert process.poll() is None
        time.sleep(0.01)
    _, said = process.communicate(UTF16["little"]("publicId\r\na\r\n" * 9),
                                  60)
    assert process.returncode == 2
    assert b"UTF-16" in said
    assert sum(dynamodb.calls.values()) == 1
    assert items_of(admin, stored) == before


@pytest.mark.parametrize("encoding", ["marked little", "marked big"])
def test_a_marked_list_in_utf16_is_named_with_null_too(
        dynamodb, stored, ocrdyn, encoding):
    done = ocrdyn(["get", "-0t", stored], UTF16[encoding]("a\0b\0"))
    assert done.returncode == 2
    assert "UTF-16" in done.stderr
    assert not dynamodb.calls


def test_short_ids_before_nuls_are_no_utf16(dynamodb, stored, ocrdyn):
    done = ocrdyn(["get", "-0t", stored], b"a\0b\0" * 20)
    assert done.returncode == 0
    assert done.stdout.count(b"complete") == 40


@pytest.mark.parametrize("command", LISTS)
def test_a_mark_at_the_start_of_a_list_is_passed_over(
        cloudinary, dynamodb, stored, ocrdyn, command):
    cloudinary.add(Image("a", "found"))
    done = ocrdyn(filled(LISTS[command], stored), MARK + b"a\n")
    assert done.returncode == 0
    assert done.stdout.startswith(b"a\t")


def test_only_one_mark_is_passed_over_and_only_at_the_start(
        dynamodb, stored, ocrdyn):
    done = ocrdyn(["get", "-t", stored, "-f", "jsonl"], MARK + MARK +
                  b"a\nb\n" + MARK + b"b\n")
    assert [row[:2] for row in statuses("jsonl", done.stdout)] == [
        ("\ufeffa", "absent"), ("b", "complete"), ("\ufeffb", "absent")]


@pytest.mark.parametrize("command", LISTS)
def test_an_id_that_is_not_utf8_fails_alone(cloudinary, dynamodb, stored,
                                            ocrdyn, command):
    cloudinary.add(Image("b", "found"))
    done = ocrdyn(filled(LISTS[command], stored), b"caf\xe9\nb\n")
    assert done.returncode == 1
    assert f"caf\\xE9: the id is {HINT}" in done.stderr or \
        f"caf\\xE9: its key is {HINT}" in done.stderr
    assert b"b\t" in done.stdout


@pytest.mark.parametrize("text, hint", [
    (b"caf\xe9", True), (b"\xe9\xe8\xe0", True), (b"\x93quoted\x94", True),
    (b"na\xefve caf\xe9", True), (b"\x80 5", True),
    ("caf\u00e9".encode() + b" \xe9", False),         # damaged UTF-8
    ("\u05e9\u05dc\u05d5\u05dd".encode()[:-1], False),
    ("\u043f\u0440\u0438\u0432\u0435\u0442".encode("cp1251"), False),
    (b"\x81\xe9", False), (b"\x01\xe9", False)])
def test_windows_1252_is_guessed_where_it_makes_sense(
        dynamodb, stored, ocrdyn, text, hint):
    done = ocrdyn(["get", "-t", stored], text + b"\n")
    assert done.returncode == 1
    assert "not UTF-8" in done.stderr
    assert ("(Windows-1252?)" in done.stderr) == hint


# how put's records begin, and what they are

@pytest.mark.parametrize("encoding", UTF16)
@pytest.mark.parametrize("form", ROWS)
def test_records_in_utf16_are_named_before_any_call(dynamodb, table, ocrdyn,
                                                    form, encoding):
    done = ocrdyn(["put", "-t", table, "-f", form],
                  UTF16[encoding](ROWS[form][0]))
    assert done.returncode == 2
    assert done.stdout == b""
    assert "the input is UTF-16: convert it with iconv -f UTF-16" in \
        done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not dynamodb.calls


@pytest.mark.parametrize("form", ROWS)
def test_a_mark_at_the_start_of_records_is_passed_over(dynamodb, table, admin,
                                                       ocrdyn, form):
    done = ocrdyn(["put", "-t", table, "-f", form],
                  MARK + ROWS[form][0].encode())
    assert done.returncode == 0
    assert items_of(admin, table) == {
        key: {"publicId": {"S": key}, "text": {"S": text}}
        for key, text in (("a", "one"), ("b", "two"))}


@pytest.mark.parametrize("form", ROWS)
def test_a_record_that_is_not_utf8_fails_and_names_the_column(
        dynamodb, table, admin, ocrdyn, form):
    done = ocrdyn(["put", "-t", table, "-f", form], ROWS[form][1])
    assert done.returncode == 1
    rows = statuses(form, done.stdout)
    assert [row[1] for row in rows] == ["failed", "stored"]
    detail = rows[0][2]
    assert "record 1" in detail and '"text"' in detail and HINT in detail
    assert detail in done.stderr
    assert set(items_of(admin, table)) == {"b"}


@pytest.mark.parametrize("form, data, column", [
    ("tsv", b"caf\xe9\tcomplete\tt\t\n", "public_id"),
    ("csv", b"publicId,text\ncaf\xe9,t\n", "publicId"),
    ("csv", b"publicId,note\nk,caf\xe9\n", "note"),
    ("csv", "publicId,n\u00e9\u001b\nk,".encode() + b"\xe9\n", "n\u00e9\\x1B"),
    ("jsonl", b'{"publicId":"caf\xe9"}\n', "publicId"),
    ("jsonl", b'{"publicId":"k","m":{"x":[1,"caf\xe9"]}}\n', "m"),
    ("jsonl", b'{"publicId":"k","m":{"caf\xe9":1}}\n', "m")])
def test_each_column_that_is_not_utf8_is_named(dynamodb, table, admin, ocrdyn,
                                               form, data, column):
    done = ocrdyn(["put", "-t", table, "-f", form], data)
    assert done.returncode == 1
    assert f'"{column}" is {HINT}' in done.stderr
    assert "record 1" in done.stderr
    assert items_of(admin, table) == {}


def test_a_name_in_json_lines_that_is_not_utf8_fails_the_record(
        dynamodb, table, admin, ocrdyn):
    done = ocrdyn(["put", "-t", table, "-f", "jsonl"],
                  b'{"publicId":"k","caf\xe9":1}\n{"publicId":"b"}\n')
    assert done.returncode == 1
    assert f"record 1: the name of attribute 2 is {HINT}" in done.stderr
    assert set(items_of(admin, table)) == {"b"}


def test_a_column_that_is_not_stored_may_be_anything(dynamodb, table, admin,
                                                     ocrdyn):
    done = ocrdyn(["put", "-t", table, "-f", "csv", "--columns", "publicId"],
                  b"publicId,note\nk,caf\xe9\n")
    assert done.returncode == 0
    assert items_of(admin, table) == {"k": {"publicId": {"S": "k"}}}


@pytest.mark.parametrize("header, sentence", [
    (b"publicId,n\xe9\n", f'name 2, "n\\xE9", is {HINT}'),
    (b"publicId,a,a\n", "names 2 and 3 are the same"),
    (b"publicId,,a\n", "name 2 is empty"), (b"", "there is no header line")])
def test_a_bad_header_is_one_sentence_and_nothing_is_stored(
        dynamodb, table, admin, ocrdyn, header, sentence):
    done = ocrdyn(["put", "-t", table, "-f", "csv"],
                  header + (b"k,1,2\n" * 3 if header else b""))
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr == f"ocrdyn: the names of columns: {sentence}\n"
    assert not dynamodb.calls


# extract, and certificates

@pytest.mark.parametrize("stdin", [False, True])
def test_extract_passes_over_a_mark(ocrdyn, tmp_path, stdin):
    (tmp_path / "f").write_bytes(MARK + OCR.encode())
    args = ["extract", "-p", "/public_id", *([] if stdin else ["f"])]
    done = ocrdyn(args, (tmp_path / "f").read_bytes())
    assert (done.returncode, done.stdout) == (0, b"a\n")
    done = ocrdyn(["extract", *args[3:]], (tmp_path / "f").read_bytes())
    assert (done.returncode, done.stdout) == (0, b"found\n")


def test_extract_passes_over_one_mark_only(ocrdyn):
    done = ocrdyn(["extract", "-p", "/a"], MARK + MARK + b'{"a":1}')
    assert done.returncode == 1 and done.stdout == b""


@pytest.mark.parametrize("encoding", UTF16)
def test_extract_names_utf16_and_goes_on(ocrdyn, tmp_path, encoding):
    (tmp_path / "f").write_bytes(UTF16[encoding](OCR))
    (tmp_path / "g").write_bytes(OCR.encode())
    done = ocrdyn(["extract", "f", "g"])
    assert (done.returncode, done.stdout) == (1, b"found\n")
    assert "f: it is UTF-16: convert it with iconv -f UTF-16" in done.stderr


def test_extract_names_what_is_not_utf8(ocrdyn):
    done = ocrdyn(["extract", "-p", "/a"], b'{"a":"caf\xe9"}')
    assert (done.returncode, done.stdout) == (1, b"")
    assert HINT in done.stderr
    done = ocrdyn(["extract", "-p", "/a"], MARK + b'{"a":"caf\xe9"}')
    assert "not JSON at byte 13" in done.stderr and HINT in done.stderr


def test_a_mark_in_a_bundle_of_certificates_is_passed_over(
        dynamodb, stored, ocrdyn, ca, tmp_path):
    (tmp_path / "ca").write_bytes(MARK + ca.certificate.read_bytes())
    done = ocrdyn(["get", "-t", stored, "--cacert", "ca"], ["a"])
    assert done.returncode == 0


@pytest.mark.parametrize("encoding", UTF16)
def test_a_bundle_in_utf16_is_named(dynamodb, stored, ocrdyn, ca, tmp_path,
                                    encoding):
    (tmp_path / "ca").write_bytes(UTF16[encoding](ca.certificate.read_text()))
    done = ocrdyn(["get", "-t", stored, "--cacert", "ca"], ["a"])
    assert done.returncode == 2
    assert "ca: it is UTF-16" in done.stderr
    assert not dynamodb.calls


# options

OPTIONS = [
    ("run", ["-t", "TABLE", "-s", f"v={BAD}"], "--set"),
    ("run", ["-t", "TABLE", "-s", f"{BAD}=v"], "--set"),
    ("run", ["-t", "TABLE", "-a", f"{BAD}=/a"], "--attr"),
    ("run", ["-t", "TABLE", "-a", f"v=/{BAD}"], "--attr"),
    ("run", ["-t", "TABLE", "-k", BAD], "--key"),
    ("run", ["-t", "TABLE", "--text", BAD], "--text"),
    ("run", ["-t", BAD], "--table"),
    ("run", ["-t", f"arn:{BAD}"], "--table"),
    ("run", ["--type", BAD], "--type"), ("run", ["-o", BAD], "--ocr"),
    ("update", ["-t", "TABLE", "--set", f"v={BAD}"], "--set"),
    ("update", ["-t", "TABLE", "--set", f"{BAD}=v"], "--set"),
    ("update", ["-t", "TABLE", "--remove", BAD], "--remove"),
    ("get", ["-t", "TABLE", "--columns", f"a,{BAD}"], "--columns"),
    ("put", ["-t", "TABLE", "--columns", f"a,{BAD}"], "--columns"),
    ("put", ["-t", "TABLE", "--number", f"a,{BAD}"], "--number"),
    ("put", ["-t", "TABLE", "--region", BAD], "--region"),
    ("delete", ["-t", "TABLE", "-k", BAD], "--key"),
    ("query", ["-t", "TABLE", BAD], BAD),
    ("query", ["-t", "TABLE", "a", "--sort", f"={BAD}"], "--sort"),
    ("query", ["-t", "TABLE", "a", "--index", f"arn:{BAD}"], "--index"),
    ("query", ["-t", "TABLE", "a", "--where", f"v={BAD}"], "--where"),
    ("scan", ["-t", "TABLE", "--where", f"v={BAD}"], "--where"),
    ("scan", ["-t", "TABLE", "--where", f"{BAD}=v"], "--where"),
    ("scan", ["-t", "TABLE", "--contains", BAD], "--contains"),
    ("scan", ["-t", "TABLE", "--text", BAD], "--text"),
    ("scan", ["-t", "TABLE", "--columns", BAD], "--columns"),
    ("table", ["create", BAD], BAD), ("table", ["show", f"arn:{BAD}"], BAD),
    ("table", ["create", "tab", "--tag", f"v={BAD}"], "--tag"),
    ("table", ["create", "tab", "--tag", f"{BAD}=v"], "--tag"),
    ("table", ["create", "tab", "-k", BAD], "--key"),
    ("table", ["create", "tab", "--sort", BAD], "--sort"),
    ("table", ["index", "tab", "add", BAD, "-k", "a"], BAD),
    ("list", ["--prefix", BAD], "--prefix"), ("list", ["--tag", BAD], "--tag"),
    ("list", ["--folder", BAD], "--folder"),
    ("list", ["--search", BAD], "--search"),
    ("list", ["--columns", BAD], "--columns"),
    ("check", ["-t", "TABLE", "-k", BAD], "--key"),
    ("extract", ["-p", f"/{BAD}"], "--pointer"),
]


@pytest.mark.parametrize("command, args, named", OPTIONS)
def test_an_option_that_is_not_utf8_is_refused_before_anything_is_done(
        cloudinary, dynamodb, table, ocrdyn, command, args, named):
    done = ocrdyn([command, *filled(args, table)], b"a\n")
    assert done.returncode == 2
    assert done.stdout == b""
    assert HINT in done.stderr
    assert named.replace("\udce9", "\\xE9") in done.stderr
    assert not dynamodb.calls and not cloudinary.calls


def test_a_file_may_have_any_name(dynamodb, stored, ocrdyn, tmp_path):
    done = ocrdyn(["scan", "-t", stored, "-c", BAD])
    assert done.returncode == 0


# NUL

NUL = "a\0b"


@pytest.mark.parametrize("form, data", [
    ("tsv", b"a\\x00b\tcomplete\tx\\000y\t\n"),
    ("csv", b"publicId,text\na\0b,x\0y\n"),
    ("jsonl", b'{"publicId":"a\\u0000b","text":"x\\u0000y"}\n')])
def test_a_key_with_nul_is_stored_and_comes_back(dynamodb, table, admin,
                                                 ocrdyn, form, data):
    assert ocrdyn(["put", "-t", table, "-f", form], data).returncode == 0
    before = items_of(admin, table)
    assert before == {NUL: {"publicId": {"S": NUL}, "text": {"S": "x\0y"}}}
    rows = ocrdyn(["scan", "-t", table, "-f", form])
    assert rows.returncode == 0
    assert ocrdyn(["delete", "-t", table], NUL.encode() + b"\n"
                  ).returncode == 0
    assert items_of(admin, table) == {}
    args = ["--columns", "publicId,text"] if form == "tsv" else []
    assert ocrdyn(["put", "-t", table, "-f", form, *args],
                  rows.stdout).returncode == 0
    assert items_of(admin, table) == before


@pytest.mark.parametrize("command, form", [
    (command, form) for form in ("tsv", "csv", "text", "jsonl")
    for command in (["scan"], ["query", "c"], ["get"],
                    ["get", "--columns", "publicId,text"],
                    ["scan", "--columns", "publicId,text"])
    if form != "text" or "--columns" not in command])
def test_a_nul_that_null_cannot_print_is_refused_not_changed(
        dynamodb, stored, admin, ocrdyn, command, form):
    admin.put_item(TableName=stored, Item={
        "publicId": {"S": "c"}, "text": {"S": "x\0y"}})
    done = ocrdyn([*command, "-0", "-t", stored, "-f", form],
                  b"a\0c\0b\0" if command[0] == "get" else b"")
    if form == "jsonl":
        assert done.returncode == 0
        assert b"x\\u0000y" in done.stdout
        return
    assert b"x" not in done.stdout.replace(b"text", b"")
    assert "\ufffd".encode() not in done.stdout
    assert "has a NUL, which -0 cannot print (-f jsonl can)" in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize("form", ["tsv", "csv"])
def test_a_key_with_nul_is_not_printed_as_another_one(dynamodb, stored, admin,
                                                      ocrdyn, form):
    admin.put_item(TableName=stored, Item={
        "publicId": {"S": NUL}, "text": {"S": "t"}})
    done = ocrdyn(["scan", "-0", "-t", stored, "-f", form])
    assert "\ufffd".encode() not in done.stdout
    assert "a\\x00b: not printed: the attribute publicId has a NUL" in \
        done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize("form", ["tsv", "csv", "jsonl"])
def test_list_refuses_a_row_with_nul(cloudinary, ocrdyn, form):
    cloudinary.add(Image("a\0b", "t"))
    cloudinary.add(Image("c", "t"))
    done = ocrdyn(["list", "-0", "-f", form])
    assert "\ufffd".encode() not in done.stdout
    assert (done.returncode == 0) == (form == "jsonl")


def test_extract_refuses_a_value_with_nul(ocrdyn):
    done = ocrdyn(["extract", "-0p", "/public_id"], b'{"public_id":"a\\u0000"}')
    assert (done.returncode, done.stdout) == (1, b"")
    assert "has a NUL, which -0 cannot print" in done.stderr
    done = ocrdyn(["extract", "-p", "/public_id"], b'{"public_id":"a\\u0000"}')
    assert (done.returncode, done.stdout) == (0, b"a\0\n")


@pytest.mark.parametrize("form", ["tsv", "csv"])
def test_a_key_that_begins_with_a_mark_comes_back(dynamodb, table, admin,
                                                  ocrdyn, form):
    admin.put_item(TableName=table, Item={"publicId": {"S": "\ufeffa"},
                                          "text": {"S": "t"}})
    before = items_of(admin, table)
    rows = ocrdyn(["scan", "-t", table, "-f", form, "--columns",
                   "publicId,text"]).stdout
    assert not rows.startswith(MARK)
    admin.delete_item(TableName=table, Key={"publicId": {"S": "\ufeffa"}})
    assert ocrdyn(["put", "-t", table, "-f", form, *(
        ["--columns", "publicId,text"] if form == "tsv" else [])],
        rows).returncode == 0
    assert items_of(admin, table) == before


# types

def typed_items(n):
    """n items with some of the keys of `fresh`."""
    rnd = random.Random(7)
    made = []
    for i in range(n):
        item = {"id": {"S": f"id{i}"}, "text": {"S": f"t{i}"}}
        number = rnd.choice(["0", "-1", "12.5", "1" * 38, "-0.001",
                             "1" + "0" * 40, str(rnd.randrange(10 ** 9))])
        for name, value in (("n", {"N": number}), ("m", {"N": str(i)}),
                            ("bin", {"B": rnd.randbytes(rnd.randint(1, 9))}),
                            ("s", {"S": "7"})):
            if rnd.random() < 0.7:
                item[name] = value
        made.append(item)
    return made


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl"])
def test_an_export_is_put_back_with_the_types_of_all_keys(
        dynamodb, fresh, admin, ocrdyn, form):
    old, new = fresh(), fresh()
    for item in typed_items(60):
        admin.put_item(TableName=old, Item=item)
    columns = "id,text,n,m,bin,s"
    args = ["--columns", columns] if form == "tsv" else []
    rows = ocrdyn(["scan", "-t", old, "-f", form, *args])
    assert rows.returncode == 0
    done = ocrdyn(["put", "-t", new, "-f", form, *args], rows.stdout)
    assert done.returncode == 0, done.stderr
    assert items_of(admin, new, "id") == items_of(admin, old, "id")


@pytest.mark.parametrize("form, data", [
    ("csv", b"id,n,m,bin,s,text\na,,,,,\nb,\"\",\"\",\"\",\"\",\n"),
    ("tsv", b"a\t\\N\t\\N\t\\N\t\\N\t\\N\nb\t\t\t\t\t\\N\n"),
    ("jsonl", b'{"id":"a","n":null,"m":null,"bin":null,"s":null,"text":null}\n'
              b'{"id":"b","text":null}\n')])
def test_a_key_of_an_index_that_is_empty_is_absent(dynamodb, fresh, admin,
                                                   ocrdyn, form, data):
    table = fresh()
    args = ["--columns", "id,n,m,bin,s,text"] if form == "tsv" else []
    done = ocrdyn(["put", "-t", table, "-f", form, *args], data)
    assert done.returncode == 0, done.stderr
    assert items_of(admin, table, "id") == {
        key: {"id": {"S": key}, "text": {"NULL": True}} for key in "ab"}


@pytest.mark.parametrize("column, value, sentence", [
    ("n", "abc", "is not a number"), ("n", "1,5", "is not a number"),
    ("n", " 1", "is not a number"), ("n", "0x10", "is not a number"),
    ("n", "NaN", "is not a number"), ("n", "1e", "is not a number"),
    ("n", ".", "is not a number"), ("n", "-", "is not a number"),
    ("bin", "abc", "is not base64"), ("bin", "a$==", "is not base64"),
    ("bin", "a===", "is not base64")])
def test_a_value_of_another_type_fails_and_is_named(
        dynamodb, fresh, admin, ocrdyn, column, value, sentence):
    table = fresh()
    done = ocrdyn(["put", "-t", table, "-f", "csv"],
                  f'id,{column}\na,"{value}"\nb,\n'.encode())
    assert done.returncode == 1
    assert f'record 1: the column "{column}" has "{value}", which {sentence}' \
        in done.stderr
    assert set(items_of(admin, table, "id")) == {"b"}


@pytest.mark.parametrize("text, stored_as", [
    ("5", "5"), ("-5", "-5"), ("+5", "5"), ("007", "7"), (".5", "0.5"),
    ("5.", "5"), ("1e3", "1000"), ("1E-2", "0.01"), ("0", "0")])
@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl"])
def test_number_says_that_columns_are_numbers(dynamodb, table, admin, ocrdyn,
                                              form, text, stored_as):
    data = {"csv": f"publicId,w,h,x\na,{text},,{text}\n",
            "tsv": f"a\t{text}\t\\N\t{text}\n",
            "jsonl": json.dumps({"publicId": "a", "w": text, "x": text}) + "\n"
            }[form].encode()
    args = ["--columns", "publicId,w,h,x"] if form == "tsv" else []
    done = ocrdyn(["put", "-t", table, "-f", form, "--number", "w,h", *args],
                  data)
    assert done.returncode == 0, done.stderr
    assert items_of(admin, table) == {"a": {
        "publicId": {"S": "a"}, "w": {"N": stored_as}, "x": {"S": text}}}


def test_number_may_be_given_again_and_names_what_is_none(
        dynamodb, table, admin, ocrdyn):
    done = ocrdyn(["put", "-t", table, "-f", "csv", "--number", "w",
                   "--number=h"], b"publicId,w,h\na,1,2\nb,1,wide\nc,3,4\n")
    assert done.returncode == 1
    assert 'b: record 2: the column "h" has "wide", which is not a number' in \
        done.stderr
    assert {key: item["h"] for key, item in items_of(admin, table).items()} \
        == {"a": {"N": "2"}, "c": {"N": "4"}}


@pytest.mark.parametrize("number, sentence", [
    ("gone", '--number: there is no column "gone"'),
    ("publicId", '--number: "publicId" is a key of the type S'),
    ("", "--number needs"), ("a,,b", "--number needs")])
def test_number_that_names_no_such_column_is_refused(
        dynamodb, table, admin, ocrdyn, number, sentence):
    done = ocrdyn(["put", "-t", table, "-f", "csv", "--number", number],
                  b"publicId,w\na,1\n")
    assert done.returncode == 2
    assert sentence in done.stderr
    assert items_of(admin, table) == {}


@pytest.mark.parametrize("form, data", [
    ("jsonl", b'{"publicId":"a\\u0000b","text":"t"}\0'),
    ("tsv", b"a\\x00b\tcomplete\tt\t\0"),
    ("csv", b'publicId,text\0"a\0b",t\0')])
def test_put_with_null_stores_the_key_or_refuses_it(dynamodb, table, admin,
                                                    ocrdyn, form, data):
    """In TSV fields are raw with -0, and a NUL ends a record in any case."""
    done = ocrdyn(["put", "-0", "-t", table, "-f", form], data)
    assert "\ufffd".encode() not in done.stdout
    stored_as = {"jsonl": {NUL}, "tsv": {"a\\x00b"}, "csv": set()}[form]
    assert set(items_of(admin, table)) == stored_as
    assert done.returncode == (0 if stored_as else 1)


def test_ids_before_nuls_name_the_items_that_they_are(dynamodb, stored, admin,
                                                      ocrdyn):
    admin.put_item(TableName=stored, Item={"publicId": {"S": NUL}})
    for args in (["get"], ["update", "--set", "x=1"], ["delete"]):
        done = ocrdyn([*args, "-0t", stored], b"a\0b\0gone\0")
        assert [row.split(b"\t")[0] for row in done.stdout.split(b"\0")[:-1]] \
            == [b"a", b"b", b"gone"]
    assert set(items_of(admin, stored)) == {NUL}


@pytest.mark.parametrize("command", [["get"], ["update", "--set", "x=1"],
                                     ["delete"], ["query"]])
def test_an_id_with_nul_is_the_key_that_it_is(dynamodb, stored, admin, ocrdyn,
                                              command):
    admin.put_item(TableName=stored, Item={"publicId": {"S": NUL}})
    done = ocrdyn([*command, "-t", stored], NUL.encode() + b"\n")
    assert done.returncode == 0
    assert done.stdout.startswith(b"a\\x00b\t")
    assert set(items_of(admin, stored)) == (
        {"a", "b"} if command == ["delete"] else {"a", "b", NUL})
