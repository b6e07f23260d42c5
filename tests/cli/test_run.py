"""run, the main job: the real binary against the stand-ins."""

import base64
import gzip
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid

import pytest
from botocore.exceptions import ClientError

from peers import cloudinary as cld, dynamodb as ddb, faults
from peers.ocr import Canned, Failed
from peers.server import Response

# Arguments with which no call that failed is made again.
ONCE = ["--max-attempts", "1"]

TEXT = "MARVEL STUDIOS\nè vero"
MINI = ["-t", "mini"]
ITEM_MAX = 409600


def cases(names, table):
    """A table of cases, {what it is: arguments}."""
    return pytest.mark.parametrize(names, list(table.values()),
                                   ids=list(table))


def ocr(*pages, status="complete", **more):
    """An asset whose OCR found these elements of `data`."""
    return {"info": {"ocr": {"adv_ocr": {"status": status, "data": pages}}},
            **more}


def page(text):
    return {"textAnnotations": [{"description": text}]}


def replied(asset):
    body = asset if isinstance(asset, bytes) else json.dumps(asset).encode()
    return Response(200, body, {})


def wait_for(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.005)


def stored(mini):
    """The items of the table "mini", as the table has them."""
    return mini.backend.tables["mini"]


@pytest.fixture
def images(cloudinary):
    """images("a", b="its text") adds images to the account."""
    def add(*ids, **texts):
        for public_id in ids:
            cloudinary.add(cld.Image(public_id, TEXT))
        for public_id, text in texts.items():
            cloudinary.add(cld.Image(public_id, text))
    return add


@pytest.fixture
def create_table(admin):
    """create_table(key, type, sort key) makes a table, gives its name."""
    names = []

    def create(key="publicId", kind="S", sort=None):
        name = f"ocr-{uuid.uuid4().hex[:12]}"
        keys = [(key, kind, "HASH")] + ([(sort, "S", "RANGE")] if sort else [])
        admin.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": t}
                                  for n, t, _ in keys],
            KeySchema=[{"AttributeName": n, "KeyType": role}
                       for n, _, role in keys])
        names.append(name)
        return name

    yield create
    for name in names:
        admin.delete_table(TableName=name)


# The main job.

def test_a_list_becomes_rows_and_items(cloudinary, dynamodb, table, items,
                                       images, ocrdyn):
    images(text=TEXT, blank="", broken=Failed("Failed to process request"),
           pages=["page one", "page two"])
    done = ocrdyn(["-t", table], ["text", "blank", "gone", "broken", "pages"])
    assert done.rows == [
        ["text", "complete", TEXT, ""],
        ["blank", "empty", None, ""],
        ["gone", "failed", None, "Cloudinary: 404 Resource not found - gone"],
        ["broken", "failed", None,
         "Cloudinary: OCR failed: Failed to process request"],
        ["pages", "complete", "page one\fpage two", ""]]
    assert done.returncode == 1
    assert items() == {
        "text": {"publicId": "text", "text": TEXT},
        "blank": {"publicId": "blank", "text": None},
        "pages": {"publicId": "pages", "text": "page one\fpage two"}}
    assert done.stderr.splitlines()[:2] == [
        "ocrdyn: gone: Cloudinary: 404 Resource not found - gone",
        "ocrdyn: broken: Cloudinary: OCR failed: Failed to process request"]
    assert cloudinary.paid == {"text": 1, "blank": 1, "broken": 1, "pages": 1}
    assert dynamodb.verified == sum(dynamodb.calls.values()) == 4


def test_success_says_only_the_summary(images, mini, ocrdyn):
    images("a")
    done = ocrdyn(MINI, ["a"])
    assert done.returncode == 0
    assert done.stderr.startswith("ocrdyn: 1 image, 1 complete; 1 OCR call;")
    assert done.stderr.count("\n") == 1


def test_without_a_table_rows_are_only_printed(cloudinary, images, ocrdyn):
    images("a")
    done = ocrdyn([], ["a"])
    assert done.rows == [["a", "complete", TEXT, ""]]
    assert done.returncode == 0


def test_the_word_run_may_be_said(images, ocrdyn):
    images("a")
    assert ocrdyn(["run"], ["a"]).rows == [["a", "complete", TEXT, ""]]


@cases("text", {
    "trailing newline": "INVOICE\n",
    "tabs and backslashes": "a\tb\\c\\N\n\\N",
    "carriage return": "a\r\nb",
    "quotes and commas": 'a "b", c\'d',
    "beyond the BMP": "\U0001f600 \u4e2d\u6587 \u05e9\u05dc\u05d5\u05dd",
    "combining": "e\u0301 \u00e9",
    "control characters": "\x1b[2J\x07\x7f",
    "NUL": "a\0b",
    "noncharacter": "\uffff\ufdd0",
    "blank page between": ["one", "", "two"],
    "100 pages": [f"page {i}" for i in range(100)],
})
@pytest.mark.parametrize("escaped", [False, True], ids=["utf-8", "ascii"])
def test_the_text_is_stored_exactly(cloudinary, mini, images, ocrdyn, text,
                                    escaped):
    cloudinary.engine = Canned(ascii=escaped)
    images(a=text)
    whole = text if isinstance(text, str) else "\f".join(text)
    done = ocrdyn(MINI, ["a"])
    assert done.rows == [["a", "complete", whole, ""]]
    assert stored(mini)["a"]["text"] == {"S": whole}


@cases("data", {
    "no element": [],
    "an empty element": [{}],
    "no annotation": [{"textAnnotations": []}],
    "null for annotations": [{"textAnnotations": None,
                              "fullTextAnnotation": None}],
    "an empty description": [page("")],
    "white space": [page(" \n\t")],
    "two blank pages": [{}, {}],
})
def test_no_text_is_empty_and_stored_as_null(cloudinary, mini, images, ocrdyn,
                                             data):
    images("a")
    cloudinary.faults.add(call="update", when="after",
                          reply=replied(ocr(*data)))
    done = ocrdyn(MINI, ["a"])
    assert done.rows == [["a", "empty", None, ""]]
    assert done.returncode == 0
    assert stored(mini)["a"]["text"] == {"NULL": True}


@cases("asset, text", {
    "the full text where there are no annotations":
        (ocr({"fullTextAnnotation": {"text": "full\n"}}), "full\n"),
    "annotations before the full text":
        (ocr({"fullTextAnnotation": {"text": "full"}, **page("first")}),
         "first"),
    "each page by itself":
        (ocr(page("a"), {"fullTextAnnotation": {"text": "b"}}), "a\fb"),
    "the first annotation only":
        (ocr({"textAnnotations": [{"description": "all"},
                                  {"description": "word"}]}), "all"),
    "unknown members beside known ones":
        (ocr({**page("a"), "new": [1]}, new={"info": {"ocr": 1}}), "a"),
    "half a surrogate pair becomes U+FFFD":
        (b'{"info":{"ocr":{"adv_ocr":{"status":"complete","data":[{'
         b'"textAnnotations":[{"description":"a\\ud83db"}]}]}}}}',
         "a\ufffdb"),
})
def test_the_text_that_is_taken(cloudinary, images, ocrdyn, asset, text):
    images("a")
    cloudinary.faults.add(call="update", when="after", reply=replied(asset))
    assert ocrdyn([], ["a"]).rows == [["a", "complete", text, ""]]


@pytest.mark.parametrize("seed", range(8))
def test_the_order_of_members_does_not_matter(cloudinary, mini, images,
                                              ocrdyn, seed):
    cloudinary.order = seed
    images(a=TEXT, b="", c=["one", "two"], d=Failed("no"))
    done = ocrdyn([*MINI, "-a", "w=/width"], ["a", "b", "c", "d"])
    assert [row[1:3] for row in done.rows] == [
        ["complete", TEXT], ["empty", None], ["complete", "one\ftwo"],
        ["failed", None]]
    assert [item["w"] for item in stored(mini).values()] == [{"N": "1280"}] * 3


FRAMES = {
    "byte by byte": {"drip": (1, 0)},
    "in pieces with pauses": {"drip": (500, 0.01)},
    "chunked": {"frame": faults.chunked()},
    "chunked with extensions and trailers": {"frame": faults.chunked(
        sizes=[1, 7], extension=";a=b", trailers={"X-A": "b"})},
    "until close": {"frame": faults.until_close},
    "interim answers first": {"frame": faults.interim(100, 102, 103)},
    "the quota's fields missing": {"edit": faults.header(
        "X-FeatureRateLimit-Reset", None)},
    "indented": {},
}


@cases("fields", FRAMES)
def test_answers_may_come_in_any_shape(cloudinary, mini, images, ocrdyn,
                                       fields, request):
    if "indented" in request.node.name:
        cloudinary.indent = 4
    images("a", "b")
    for server, call in ((cloudinary, "update"), (mini, "PutItem")):
        server.faults.add(call=call, when="after", times=None, **fields)
    done = ocrdyn(MINI, ["a", "b"])
    assert [row[1:3] for row in done.rows] == [["complete", TEXT]] * 2
    assert cloudinary.paid == {"a": 1, "b": 1}


@pytest.mark.parametrize("size", [3000, 57000, 366000])
def test_answers_of_any_size(cloudinary, mini, ocrdyn, size):
    cloudinary.open_world = True
    cloudinary.engine = Canned(size)
    ids = ["a", "b", "c"]
    done = ocrdyn(MINI, ids)
    texts = [cloudinary.engine.text(cld.Image(name)) for name in ids]
    assert len(cloudinary.engine.data(cld.Image("a"), "adv_ocr")) > size * 0.9
    assert [row[2] for row in done.rows] == texts
    assert [stored(mini)[name]["text"]["S"] for name in ids] == texts


# Options.

ROWS = {
    "tsv": ([], b'x\tcomplete\ta\\tb\\\\"c",\\n\t\n'
            b"gone\tfailed\t\\N\tCloudinary: 404 Resource not found - gone\n"
            b"none\tempty\t\\N\t\n"),
    "jsonl": (["-f", "jsonl"],
              b'{"public_id":"x","status":"complete","text":"a\\tb\\\\\\"c\\"'
              b',\\n","detail":""}\n'
              b'{"public_id":"gone","status":"failed","text":null,"detail":'
              b'"Cloudinary: 404 Resource not found - gone"}\n'
              b'{"public_id":"none","status":"empty","text":null,'
              b'"detail":""}\n'),
    "csv": (["--format=csv"],
            b"public_id,status,text,detail\r\n"
            b'x,complete,"a\tb\\""c"",\n",\r\n'
            b"gone,failed,,Cloudinary: 404 Resource not found - gone\r\n"
            b"none,empty,,\r\n"),
    "text": (["-ftext"], b'a\tb\\"c",\n\n\n\n'),
    "tsv -0": (["-0"], b'x\tcomplete\ta\tb\\"c",\n\t\0'
               b"gone\tfailed\t\tCloudinary: 404 Resource not found - gone\0"
               b"none\tempty\t\t\0"),
    "text -0": (["-0f", "text"], b'a\tb\\"c",\n\0\0\0'),
}


@cases("args, out", ROWS)
def test_formats(images, ocrdyn, args, out):
    images(x='a\tb\\"c",\n', none="")
    end = "\0" if "-0" in args[:1] or "-0f" in args else "\n"
    stdin = "".join(name + end for name in ("x", "gone", "none")).encode()
    done = ocrdyn(args, stdin)
    assert done.stdout == out
    assert done.returncode == 1


def test_what_a_terminal_obeys_is_escaped_byte_by_byte(images, ocrdyn):
    images(a="\x9b2J\x1b]0;x\x07")
    assert ocrdyn([], ["a"]).stdout == (
        b"a\tcomplete\t\\xC2\\x9B2J\\x1B]0;x\\x07\t\n")


def test_hostile_ids_and_messages_do_not_reach_the_terminal(cloudinary,
                                                            ocrdyn):
    message = {"error": {"message": "bad \x1b[31m\x9b\r\nthing"}}
    cloudinary.faults.add(call="update", reply=Response(
        400, json.dumps(message).encode(), {}))
    done = ocrdyn(["-0", "-v"], b"\x1b[2J\0")
    assert not set(done.stderr) & {chr(c) for c in range(32) if c != 10}
    assert "\x9b" not in done.stderr


def test_the_key_and_the_text_may_have_other_names(cloudinary, dynamodb,
                                                   create_table, admin,
                                                   images, ocrdyn):
    table = create_table("image id")
    images("a")
    done = ocrdyn(["-t", table, "-k", "image id", "--text", "été"], ["a"])
    assert done.returncode == 0
    assert admin.scan(TableName=table)["Items"] == [
        {"image id": {"S": "a"}, "été": {"S": TEXT}}]


ATTRIBUTES = {
    "S": ("format", {"S": "png"}),
    "S of Unicode": ("new/s", {"S": "\U0001f600\n\"\\é"}),
    "empty S": ("new/e", {"S": ""}),
    "N": ("width", {"N": "1280"}),
    "negative N": ("new/n", {"N": "-0.00000015"}),
    "N of 38 digits": ("new/N", {"N": "1234567890" * 3 + "12345678"}),
    "true": ("new/t", {"BOOL": True}),
    "false": ("placeholder", {"BOOL": False}),
    "NULL": ("new/0", {"NULL": True}),
    "empty L": ("tags", {"L": []}),
    "empty M": ("new/m", {"M": {}}),
    "L": ("new/l", {"L": [{"N": "1"}, {"L": [{"S": "x"}, {"L": []}]},
                          {"M": {"é\"": {"NULL": True}}}]}),
    "M": ("new/M", {"M": {"a": {"M": {"b": {"L": [{"BOOL": True}]}}}}}),
    "escaped pointer": ("new/a~1b~0c", {"S": "found"}),
    "element": ("new/l/1/0", {"S": "x"}),
    "nothing there": ("new/x/y", None),
}


def test_picked_values_keep_their_types(cloudinary, dynamodb, table, admin,
                                        images, ocrdyn):
    images("a")
    new = {"s": "\U0001f600\n\"\\é", "e": "", "n": -1.5e-7,
           "N": int("1234567890" * 3 + "12345678"), "t": True, "0": None,
           "m": {}, "l": [1, ["x", []], {"é\"": None}],
           "M": {"a": {"b": [True]}}, "a/b~c": "found"}

    def edit(response):
        body = json.dumps({**json.loads(response.body), "new": new})
        return Response(200, body.encode(), response.headers)
    cloudinary.faults.add(call="update", when="after", edit=edit)
    args = [word for name, (pointer, _) in ATTRIBUTES.items()
            for word in ("-a", f"{name}=/{pointer}")]
    done = ocrdyn(["-t", table, *args], ["a"])
    assert done.returncode == 0, done.stderr
    item, = admin.scan(TableName=table)["Items"]
    assert item == {"publicId": {"S": "a"}, "text": {"S": TEXT},
                    **{name: value for name, (_, value) in ATTRIBUTES.items()
                       if value}}


def test_set_values_go_into_every_item(images, mini, ocrdyn):
    images("a", "b")
    ocrdyn([*MINI, "-s", "batch=7", "--set=empty=", "-s", "eq=a=b é"],
           ["a", "b"])
    assert [{**item, "publicId": None} for item in stored(mini).values()] == [
        {"publicId": None, "text": {"S": TEXT}, "batch": {"S": "7"},
         "empty": {"S": ""}, "eq": {"S": "a=b é"}}] * 2


def test_limit_stops_after_so_many_ids(cloudinary, images, ocrdyn):
    images("a", "b", "c")
    done = ocrdyn(["--limit", "2"], ["a", "gone", "b", "c"])
    assert [row[0] for row in done.rows] == ["a", "gone"]
    assert cloudinary.calls["update"] == 2


def test_the_table_may_come_from_the_environment(images, mini, ocrdyn):
    images("a")
    assert ocrdyn([], ["a"], {"OCRDYN_TABLE": "mini"}).returncode == 0
    assert list(stored(mini)) == ["a"]


def test_the_option_beats_the_environment(images, mini, ocrdyn):
    images("a")
    assert ocrdyn(MINI, ["a"], {"OCRDYN_TABLE": "other"}).returncode == 0
    assert list(stored(mini)) == ["a"]


def test_quiet_leaves_only_the_failures(images, ocrdyn):
    images("a")
    done = ocrdyn(["-q"], ["a", "gone"])
    assert done.stderr == (
        "ocrdyn: gone: Cloudinary: 404 Resource not found - gone\n")


def test_verbose_says_what_is_called_and_no_secret(cloudinary, mini, images,
                                                   ocrdyn):
    token = "session/token+with=signs"
    mini.credentials = {mini.ACCESS_KEY: (mini.SECRET, token)}
    mini.faults.add(call="PutItem", nth=2, reply=ddb.ACCESS_DENIED)
    images("a", "b")
    done = ocrdyn([*MINI, "-v"], ["a", "gone", "b"])
    assert "/v1_1/demo/resources/image/upload/a: 200" in done.stderr
    assert done.returncode == 3
    basic = base64.b64encode(f"{cloudinary.key}:{cloudinary.secret}".encode())
    for secret in (cloudinary.key, cloudinary.secret, basic.decode(),
                   mini.ACCESS_KEY, mini.SECRET, token, "Signature=",
                   "AWS4-HMAC", "Authorization"):
        assert secret not in done.stderr + done.stdout.decode(), secret


@pytest.mark.parametrize("resource_type", ["image", "video"])
@pytest.mark.parametrize("kind", ["upload", "private", "authenticated"])
def test_types_of_images(cloudinary, ocrdyn, kind, resource_type):
    for other in {"upload", "private", "authenticated"} - {kind}:
        cloudinary.add(cld.Image("a", "wrong", type=other))
    cloudinary.add(cld.Image("a", TEXT, type=kind,
                             resource_type=resource_type))
    done = ocrdyn(["--type", kind, "--resource-type", resource_type], ["a"])
    assert done.rows == [["a", "complete", TEXT, ""]]


@pytest.mark.parametrize("echo", [True, False], ids=["its value", "adv_ocr"])
@pytest.mark.parametrize("value", ["adv_ocr", "adv_ocr:document",
                                   "adv_ocr:ja", "adv_ocr:document:ru"])
def test_the_result_stands_under_what_was_asked_for(cloudinary, images, ocrdyn,
                                                    value, echo):
    cloudinary.echo_value = echo
    images("a")
    assert ocrdyn(["-o", value], ["a"]).rows == [["a", "complete", TEXT, ""]]


@pytest.mark.parametrize("order", [1, -1])
def test_of_several_results_the_one_asked_for_is_taken(cloudinary, images,
                                                       ocrdyn, order):
    images("a")
    results = [("adv_ocr:ja", "ja"), ("adv_ocr", "plain"),
               ("adv_ocr:document", "document")][::order]
    asset = {"info": {"ocr": {
        name: {"status": "complete", "data": [page(text)]}
        for name, text in results}}}
    cloudinary.faults.add(call="update", when="after", times=None,
                          reply=replied(asset))
    for value in "adv_ocr", "adv_ocr:document", "adv_ocr:ja":
        name = dict(results)[value]
        assert ocrdyn(["-o", value], ["a"]).rows == [
            ["a", "complete", name, ""]]


def test_a_token_in_place_of_key_and_secret(cloudinary, images, ocrdyn):
    cloudinary.token = "oauth-token"
    images("a")
    url = f"cloudinary://demo?oauth_token=oauth-token&upload_prefix=" \
          f"{cloudinary.url}"
    assert ocrdyn([], ["a"], {"CLOUDINARY_URL": url}).returncode == 0


def test_the_account_in_separate_variables(cloudinary, images, ocrdyn):
    images("a")
    env = {"CLOUDINARY_URL": "cloudinary://0:wrong@other",
           "CLOUDINARY_CLOUD_NAME": cloudinary.cloud,
           "CLOUDINARY_API_KEY": cloudinary.key,
           "CLOUDINARY_API_SECRET": cloudinary.secret,
           "CLOUDINARY_UPLOAD_PREFIX": cloudinary.url + "/"}
    assert ocrdyn([], ["a"], env).returncode == 0


def test_the_options_for_aws_beat_the_environment(images, mini, ocrdyn):
    images("a")
    env = {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-2",
           "AWS_ENDPOINT_URL_DYNAMODB": "https://localhost:1",
           "AWS_ENDPOINT_URL": "https://localhost:2"}
    args = ["--region", mini.region, "--endpoint-url", mini.url]
    assert ocrdyn([*MINI, *args], ["a"], env).returncode == 0


def test_variables_of_second_choice(images, mini, ocrdyn):
    images("a")
    env = {"AWS_REGION": "", "AWS_DEFAULT_REGION": mini.region,
           "AWS_ENDPOINT_URL_DYNAMODB": "", "AWS_ENDPOINT_URL": mini.url}
    assert ocrdyn(MINI, ["a"], env).returncode == 0


# Hard ids.

IDS = [
    "a b", " a", "a ", "été", "\U0001f600", "e\u0301", "a?b", "a#b", "a%b",
    "100%", "a+b", "a&b=c", "'", '"', "a%20b", "%2e%2e", "a%", "a\\b", "<a>",
    "a;b", "a:b", "a,b", "$a", "a@b", "a!*()~_-.b", "[a]", "{a|b}", "^`",
    "folder/sub/a", "a/../b", "../a", "a/..", "a/./b", "./a", "a//b", "/a",
    "a/", "..", ".", "...", "....", "-a", "--help", "--", "-", "\\N", "\\",
    "x" * 255, "é" * 127, "\U0001f600" * 255, "null", "0",
]
CONTROLS = ["a\nb", "a\rb", "a\tb", "\n", "\r", "a\r", " ", "\x01\x1f\x7f",
            "\u0085\u009b", "\ufeffa", "\u2028"]


def test_every_public_id_reaches_its_image(cloudinary, dynamodb, table, items,
                                           images, ocrdyn):
    images(*IDS)
    done = ocrdyn(["-t", table], IDS)
    assert [row[:3] for row in done.rows] == [
        [public_id, "complete", TEXT] for public_id in IDS]
    assert cloudinary.paid == {public_id: 1 for public_id in IDS}
    assert set(items()) == set(IDS)


@cases("fold", {"nothing folded": "", "all folded": "all"})
def test_dot_segments_survive_proxies(cloudinary, images, ocrdyn, fold):
    cloudinary.fold_dots = fold
    ids = ["a/../b", "../a", "a/..", "a/./b", "./a", "a/.", "a//b", "b"]
    images(*ids)
    ocrdyn([], ids)
    assert cloudinary.paid == {public_id: 1 for public_id in ids}


def test_with_null_an_id_may_have_any_character(cloudinary, mini, images,
                                                ocrdyn):
    ids = CONTROLS + IDS
    images(*ids)
    done = ocrdyn([*MINI, "-0", "-f", "jsonl"],
                  "".join(f"{name}\0" for name in ids).encode())
    rows = [json.loads(row) for row in done.stdout.split(b"\0")[:-1]]
    assert [(row["public_id"], row["status"]) for row in rows] == [
        (public_id, "complete") for public_id in ids]
    assert set(stored(mini)) == set(cloudinary.paid) == set(ids)


@cases("stdin, ids", {
    "empty": (b"", []),
    "only blank lines": (b"\n\n\r\n", []),
    "no final newline": (b"a\nb", ["a", "b"]),
    "CRLF": (b"a\r\nb\r\n", ["a", "b"]),
    "CR at the very end": (b"a\nb\r", ["a", "b\r"]),
    "blank lines": (b"\na\n\n\r\nb\n\n", ["a", "b"]),
    "byte order mark": (b"\xef\xbb\xbfa\nb\n", ["a", "b"]),
})
def test_lists(cloudinary, images, ocrdyn, stdin, ids):
    images("a", "b", "b\r")
    done = ocrdyn([], stdin)
    assert [row[:2] for row in done.rows] == [
        [public_id, "complete"] for public_id in ids]
    assert done.returncode == 0
    assert cloudinary.calls["update"] == len(ids)


def test_bad_ids_are_failed_rows_without_a_call(cloudinary, mini, images,
                                                ocrdyn):
    images("a")
    bad = [b"\xff", b"caf\xe9", b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf",
           b"x" * 2049, b"x" * 4096, b"x" * 4097, b"x" * 100000]
    done = ocrdyn(MINI, b"\n".join([*bad, b"a", b""]))
    rows = [line.split(b"\t") for line in done.stdout.splitlines()]
    assert [row[1] for row in rows] == [b"failed"] * len(bad) + [b"complete"]
    assert rows[1][0] == b"caf\\xE9"
    assert [row[3].partition(b" is ")[2] for row in rows[:-1]] == (
        [b"not UTF-8 (Windows-1252?)"] * 3 +
        [b"not UTF-8", b"not UTF-8 (Windows-1252?)"] +
        [b"longer than the 2048 bytes of a DynamoDB key"] * 2 +
        [b"longer than 4096 bytes"] * 2)
    assert done.returncode == 1
    assert cloudinary.calls == {"update": 1}


def test_an_empty_id_is_a_failed_row(cloudinary, ocrdyn):
    done = ocrdyn(["-0"], b"\0")
    assert done.stdout.startswith(b"\tfailed\t")
    assert cloudinary.connections == 0


def test_a_key_of_2048_bytes_is_stored(cloudinary, dynamodb, table, items,
                                       images, ocrdyn):
    longest = "é" * 1024
    images(longest)
    assert ocrdyn(["-t", table], [longest]).returncode == 0
    assert list(items()) == [longest]


# Answers that must not pass for text.

REFUSED = {
    "no info": ({}, "no OCR result"),
    "info is null": ({"info": None}, "no OCR result"),
    "info is a string": ({"info": "ocr"}, "no OCR result"),
    "info without ocr": ({"info": {}}, "no OCR result"),
    "ocr is empty": ({"info": {"ocr": {}}}, "no OCR result"),
    "ocr is an array": ({"info": {"ocr": [{"adv_ocr": {}}]}},
                        "no OCR result"),
    "another add-on's": ({"info": {"ocr": {"other": ocr(page("x"))["info"][
        "ocr"]["adv_ocr"]}}}, "no OCR result"),
    "an array": ([ocr(page("x"))], "no OCR result"),
    "a string": ("complete", "no OCR result"),
    "null": (None, "no OCR result"),
    "result is null": ({"info": {"ocr": {"adv_ocr": None}}}, "no OCR result"),
    "result is a string": ({"info": {"ocr": {"adv_ocr": "complete"}}},
                           "understood"),
    "result is an array": ({"info": {"ocr": {"adv_ocr": [
        {"status": "complete", "data": [{}]}]}}}, "understood"),
    "status missing": ({"info": {"ocr": {"adv_ocr": {"data": [page("x")]}}}},
                       "understood"),
    "status is empty": (ocr(page("x"), status=""), "understood"),
    "data missing": ({"info": {"ocr": {"adv_ocr": {"status": "complete"}}}},
                     "understood"),
    **{f"data is {name}": ({"info": {"ocr": {"adv_ocr": {
        "status": "complete", "data": value}}}}, "understood")
       for name, value in {"null": None, "a string": "Failed", "a number": 1,
                           "an object": {}, "false": False}.items()},
    **{f"an element is {name}": (ocr(value), "understood")
       for name, value in {"null": None, "a string": "x", "an array": [],
                           "a number": 0}.items()},
    **{f"annotations are {name}": (ocr({"textAnnotations": value}),
                                   "understood")
       for name, value in {"a string": "x", "an object": {}, "true": True,
                           "strings": ["x"], "null inside": [None],
                           "without description": [{"locale": "en"}],
                           "with a number": [{"description": 1}],
                           "with null": [{"description": None}]}.items()},
    "full text is a string": (ocr({"fullTextAnnotation": "x"}), "understood"),
    "full text's text is an array": (ocr({"fullTextAnnotation": {
        "text": []}}), "understood"),
    "an element that nobody knows": (ocr({"paragraphs": ["x"]}),
                                     "understood"),
    "an element with an error": (ocr({"error": {
        "code": 3, "message": "Bad image data."}}), "Bad image data."),
    "an error behind a text": (ocr(page("x"), {"error": {
        "code": 3, "message": "Bad image data."}}), "Bad image data."),
    "a bad page behind a good one": (ocr(page("x"), {"new": 1}),
                                     "understood"),
    "a good page behind a bad one": (ocr({"new": 1}, page("x")),
                                     "understood"),
    "an error member": ({"error": {"message": "It went wrong"}},
                        "It went wrong"),
    "an error member that is a string": ({"error": "It went wrong"},
                                         "It went wrong"),
    "an error beside a result": (ocr(page("x"), error={
        "message": "It went wrong"}), "It went wrong"),
    "failed with a reason": ({"info": {"ocr": {"adv_ocr": {
        "status": "failed", "data": "Failed to process request"}}}},
        "OCR failed: Failed to process request"),
    "failed with a text": (ocr(page("x"), status="failed"), "OCR failed"),
    "failed with nothing": ({"info": {"ocr": {"adv_ocr": {
        "status": "failed"}}}}, "OCR failed"),
}


@cases("asset, reason", REFUSED)
def test_a_200_without_a_text_is_a_failure(cloudinary, mini, images, ocrdyn,
                                           asset, reason):
    images("a", "b")
    cloudinary.faults.add(call="update", key="a", when="after", times=None,
                          reply=replied(asset))
    done = ocrdyn(MINI, ["a", "b"])
    first, second = done.rows
    assert first[:3] == ["a", "failed", None]
    assert first[3].startswith("Cloudinary: ") and reason in first[3]
    assert second == ["b", "complete", TEXT, ""]
    assert done.returncode == 1
    assert cloudinary.calls["update"] == 2
    assert list(stored(mini)) == ["b"]


def cut(n, end):
    return {"at": ("body", n), "end": end}


def body(change):
    """An edit of the body."""
    return {"edit": lambda response: Response(
        200, change(response.body), response.headers)}


BROKEN = {
    "garbage": {"frame": faults.garbage()},
    "an empty body": body(lambda b: b""),
    "white space": body(lambda b: b" \n"),
    "HTML": {"reply": Response(200, b"<html><body>Welcome</body></html>",
                               {"Content-Type": "text/html"})},
    "JSON that ends early": body(lambda b: b[:-1]),
    "JSON cut in the text": body(lambda b: b[:b.index(b"MARVEL") + 3]),
    "a byte behind the JSON": body(lambda b: b + b"x"),
    "two documents": body(lambda b: b + b),
    "byte order mark": body(lambda b: b"\xef\xbb\xbf" + b),
    "not UTF-8": body(lambda b: b.replace(b"STUDIOS", b"STUDI\xc3S")),
    "a control character in the text":
        body(lambda b: b.replace(b"STUDIOS", b"STU\x01IOS")),
    "a raw newline in the text":
        body(lambda b: b.replace(b"STUDIOS", b"STU\nIOS")),
    "gzip": {"edit": lambda response: Response(
        200, gzip.compress(response.body),
        {**response.headers, "Content-Encoding": "gzip"})},
    "nested too deep": body(lambda b: b'{"a":' + b"[" * 10000 + b"]" * 10000 +
                            b"," + b[1:]),
    "cut at the start": cut(0, "close"),
    "cut in the middle": cut(400, "close"),
    "cut in the middle, rudely": cut(400, "fin"),
    "reset in the middle": cut(400, "rst"),
    "without the last byte": cut(-1, "close"),
    "no answer at all": {"end": "close"},
    "cut in the head": {"at": ("head", 30), "end": "close"},
    "a length too large": {"frame": faults.lengths(100000), "at": "end",
                           "end": "close"},
    "a length too small": {"frame": faults.lengths(100)},
    "two lengths": {"frame": faults.lengths(100, 200)},
    "a length that is none": {"frame": faults.lengths("many")},
    "no last chunk": {"frame": lambda r: faults.chunked()(r)[:-5],
                      "at": "end", "end": "close"},
    "until close without close_notify": {"frame": faults.until_close,
                                         "at": "end", "end": "fin"},
    "until reset": {"frame": faults.until_close, "at": "end", "end": "rst"},
    "endless interim answers": {"frame": faults.interim(*[100] * 50)},
    "a header without end": {"frame": faults.garbage(
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100000)},
    "another protocol": {"frame": faults.garbage(b"SSH-2.0-x\r\n"),
                         "at": "end", "end": "close"},
}


@cases("fields", BROKEN)
def test_a_broken_answer_is_no_text_and_is_not_paid_twice(
        cloudinary, mini, images, ocrdyn, fields):
    images("before", "a", "b")
    cloudinary.faults.add(call="update", key="a", when="after", times=None,
                          **fields)
    done = ocrdyn([*MINI, *ONCE], ["before", "a", "b"])
    _, first, second = done.rows
    if first[1] != "complete":           # it may have been read back
        assert first[:3] == ["a", "failed", None]
        assert first[3].startswith("Cloudinary: ")
        assert done.returncode == 1
        assert "a" not in stored(mini)
    else:
        assert first[2] == TEXT and cloudinary.calls["get"]
    assert second == ["b", "complete", TEXT, ""]
    assert cloudinary.paid == {"before": 1, "a": 1, "b": 1}


def test_a_result_that_is_not_finished_is_no_empty_text(cloudinary, ocrdyn):
    cloudinary.add(cld.Image("a", TEXT, pending=2))
    row, = ocrdyn([*ONCE], ["a"]).rows
    assert row in (["a", "complete", TEXT, ""],
                   ["a", "failed", None, "Cloudinary: OCR is not finished: "
                    "its status is pending"])
    assert cloudinary.paid == {"a": 1}


# Statuses.

STOPS = {
    "401": (cld.MISMATCH, "401 api_secret mismatch (check the cloud name"),
    "401 unknown key": (cld.UNKNOWN_KEY, "401 Unknown API key"),
    "401 as a page": (cld.html(401, "Unauthorized"), "401 and a page"),
    "403": (cld.FORBIDDEN, "403 Request forbidden"),
    "403 as a page": (cld.html(403, "Forbidden"), "403 and a page"),
    "404 as a page": (cld.html(404, "Not Found"), "404 and a page"),
    "420 not subscribed": (cld.UNSUBSCRIBED, "subscribe to the OCR add-on"),
    "420 units spent": (cld.add_on_spent(50), "quota is used up"),
    "429 units spent": (Response(429, cld.add_on_spent(50).body, {}),
                        "quota is used up"),
    "301": (Response(301, b"", {"Location": "/v1_1/demo/resources"}),
            "301 without a reason (a redirect"),
    "307": (Response(307, b"{}", {"Location": "https://localhost:1/"}),
            "307 without a reason (a redirect"),
}


@cases("reply, sentence", STOPS)
def test_a_status_that_stops_the_run(cloudinary, mini, images, ocrdyn, reply,
                                     sentence):
    images("a", "b", "c")
    cloudinary.faults.add(call="update", nth=2, times=None, reply=reply)
    done = ocrdyn(MINI, ["a", "b", "c"])
    assert [row[:2] for row in done.rows] == [["a", "complete"]]
    assert done.returncode == 3
    assert "ocrdyn: b: Cloudinary: " in done.stderr
    assert sentence in done.stderr
    assert cloudinary.calls == {"update": 2}
    assert cloudinary.paid == {"a": 1}


FAILS = {
    "400": (cld.error(400, "Illegal value x for parameter ocr"),
            "400 Illegal value x for parameter ocr"),
    "400 as a page": (cld.html(400, "Bad Request"), "400 and a page"),
    "400 without a reason": (Response(400, b'{"error":{}}', {}),
                             "400 without a reason"),
    "404": (cld.not_found("b"), "404 Resource not found - b"),
    "409": (cld.error(409, "already exists"), "409 already exists"),
}


@cases("reply, sentence", FAILS)
def test_a_status_that_fails_one_image(cloudinary, mini, images, ocrdyn, reply,
                                       sentence):
    images("a", "b", "c")
    cloudinary.faults.add(call="update", nth=2, reply=reply)
    done = ocrdyn(MINI, ["a", "b", "c"])
    assert [row[1] for row in done.rows] == ["complete", "failed", "complete"]
    assert sentence in done.rows[1][3]
    assert done.returncode == 1
    assert cloudinary.calls == {"update": 3}
    assert cloudinary.paid == {"a": 1, "c": 1}


@cases("change, sentence", {
    "secret": ({"secret": "other"}, "401 api_secret mismatch"),
    "key": ({"key": "999"}, "401 Unknown API key"),
    "cloud": ({"cloud": "other"}, "401 cloud_name mismatch"),
    "cloud, as a page": ({"cloud": "other", "wrong_cloud": 404},
                         "404 and a page"),
    "role": ({"forbidden": True}, "403 Request forbidden"),
})
def test_a_wrong_account_stops_at_the_first_call(cloudinary, mini, images,
                                                 ocrdyn, change, sentence):
    images("a", "b")
    environment = cloudinary.environment
    for name, value in change.items():
        setattr(cloudinary, name, value)
    done = ocrdyn(MINI, ["a", "b"], environment)
    assert done.returncode == 3
    assert done.stdout == b""
    assert sentence in done.stderr
    assert cloudinary.calls == {"update": 1}
    assert not cloudinary.paid


# Before the first call.

def attributes(n):
    return [word for i in range(n) for word in ("-a", f"a{i}=/width")]


MISUSED = {
    "unknown command": (["scans"], 'no command "scans"'),
    "unknown letter": (["-x"], "no option -x"),
    "unknown letter in a group": (["-qx"], "no option -x"),
    "unknown option": (["--colour"], "no option --colour"),
    "ambiguous option": (["--t", "x"], "--t"),
    "value missing": (["-qt"], "--table needs a value"),
    "long value missing": (["--table"], "--table needs a value"),
    "value too many": (["--quiet=yes"], "--quiet"),
    "operand": (["ids.txt"], "ids.txt"),
    "operand after options": ([*MINI, "ids.txt"], "ids.txt"),
    "operand after --": (["--", "ids.txt"], "ids.txt"),
    "table too short": (["-t", "ab"], "ab"),
    "table too long": (["-t", "x" * 256], "3 to 255 characters"),
    "table with a blank": (["-t", "my table"], "my table"),
    "table empty": (["-t", ""], "--table"),
    "key empty": ([*MINI, "-k", ""], "--key"),
    "key too long": ([*MINI, "-k", "x" * 256], "--key"),
    "key not UTF-8": ([*MINI, "-k", "\udcff"], "--key"),
    "text empty": ([*MINI, "--text", ""], "--text"),
    "text is the key": ([*MINI, "--text", "publicId"], "named twice"),
    "attribute is the text": ([*MINI, "-a", "text=/width"], "named twice"),
    "attribute twice": ([*MINI, "-a", "x=/a", "-s", "x=1"], "named twice"),
    "attribute without =": ([*MINI, "-a", "width"], "width"),
    "attribute without name": ([*MINI, "-a", "=/width"], "=/width"),
    "attribute without /": ([*MINI, "-a", "w=width"], "JSON Pointer"),
    "attribute with ~2": ([*MINI, "-a", "w=/a~2"], "JSON Pointer"),
    "17 attributes": ([*MINI, *attributes(17)], "16"),
    "17 sets": ([*MINI, *("-s", "a=b") * 17], "16"),
    "set without =": ([*MINI, "-s", "batch"], "batch"),
    "attribute without table": (["-a", "w=/width"], "--table"),
    "set without table": (["-s", "a=b"], "--table"),
    "ocr of another kind": (["-o", "aws_ocr"], "adv_ocr"),
    "ocr with a blank": (["-o", "adv_ocr x"], "--ocr"),
    "ocr too long": (["-o", "adv_ocr" + "x" * 200], "--ocr"),
    "type with a slash": (["--type", "a/b"], "--type"),
    "type empty": (["--type", ""], "--type"),
    "resource type in capitals": (["--resource-type", "Image"],
                                  "--resource-type"),
    "format unknown": (["-f", "xml"], "xml"),
    **{f"limit {value!r}": (["--limit", value], "--limit") for value in
       ("0", "-1", "", "x", "1x", " 1", "+1", "1.5", "99999999999999999999")},
    **{f"timeout {value!r}": (["--timeout", value], "--timeout") for value in
       ("0", "-1", "x", "86401", "1s")},
    "connect timeout": (["--connect-timeout", "0"], "--connect-timeout"),
    "cacert absent": (["--cacert", "none.pem"], "none.pem"),
    "cacert is a folder": (["--cacert", "."], "."),
    "region": ([*MINI, "--region", "EU/1"], "EU/1"),
    "endpoint without scheme": ([*MINI, "--endpoint-url", "localhost:8000"],
                                "localhost:8000"),
    "endpoint ftp": ([*MINI, "--endpoint-url", "ftp://localhost"], "ftp:"),
    "endpoint plain": ([*MINI, "--endpoint-url", "http://example.com"],
                       "plain http"),
    "endpoint port": ([*MINI, "--endpoint-url", "https://localhost:0"],
                      "port"),
    "endpoint query": ([*MINI, "--endpoint-url", "https://localhost/?a"],
                       "localhost"),
}


@cases("args, sentence", MISUSED)
def test_misuse_is_told_before_any_call(cloudinary, mini, ocrdyn, args,
                                        sentence):
    done = ocrdyn(args, ["a"])
    assert done.returncode == 2
    assert done.stdout == b""
    assert sentence in done.stderr
    assert done.stderr.startswith("ocrdyn: ") and done.stderr.count("\n") == 1
    assert cloudinary.connections == mini.connections == 0


SECRET = "s3cr3t_-Abc"
PARTS = {"CLOUDINARY_CLOUD_NAME": "demo", "CLOUDINARY_API_KEY": "123",
         "CLOUDINARY_API_SECRET": SECRET}


def url(value):
    return {"CLOUDINARY_URL": value}


WRONG_ENVIRONMENT = {
    "no account": ({"CLOUDINARY_URL": None}, "CLOUDINARY_URL"),
    "empty account": (url(""), "CLOUDINARY_URL"),
    "another scheme": (url(f"https://1:{SECRET}@demo"), "cloudinary://"),
    "pasted with its name": (
        url(f"CLOUDINARY_URL=cloudinary://1:{SECRET}@demo"), "leave that out"),
    "no secret": (url("cloudinary://1@demo"), "secret"),
    "empty secret": (url("cloudinary://1:@demo"), "secret"),
    "empty key": (url(f"cloudinary://:{SECRET}@demo"), "key"),
    "no key": (url("cloudinary://demo"), "key"),
    "no cloud": (url(f"cloudinary://1:{SECRET}@"), "cloud name"),
    "nothing but the scheme": (url("cloudinary://"), "cloud name"),
    "placeholders": (url(f"cloudinary://<your_api_key>:{SECRET}@demo"),
                     "Cloudinary's api_key has"),
    "a blank in the secret": (url(f"cloudinary://1:{SECRET} x@demo"),
                              "Cloudinary's api_secret has"),
    "a newline at the end": (url(f"cloudinary://1:{SECRET}@demo\n"),
                             "Cloudinary's cloud_name has"),
    "cloud with a colon": (url(f"cloudinary://1:{SECRET}@demo:80"),
                           "cloud name"),
    "a slash in the secret": (url(f"cloudinary://1:{SECRET}/x@demo"),
                              "cloud name"),
    "key too long": (url(f"cloudinary://{'1' * 200}:{SECRET}@demo"),
                     "longer than"),
    "prefix plain": (url(f"cloudinary://1:{SECRET}@demo?upload_prefix="
                         "http://api.cloudinary.com"), "plain http"),
    "prefix without scheme": (url(f"cloudinary://1:{SECRET}@demo?upload_"
                                  "prefix=api-eu.cloudinary.com"), "https://"),
    "prefix like loopback": (url(f"cloudinary://1:{SECRET}@demo?upload_prefix"
                                 "=http://localhost.example.com"),
                             "plain http"),
    "prefix is the URL": ({**PARTS, "CLOUDINARY_UPLOAD_PREFIX":
                           f"cloudinary://1:{SECRET}@demo"}, "https://"),
    "parts without key": ({**PARTS, "CLOUDINARY_API_KEY": None}, "key"),
    "parts without secret": ({**PARTS, "CLOUDINARY_API_SECRET": ""},
                             "secret"),
    "no AWS credentials": ({"AWS_ACCESS_KEY_ID": None,
                            "AWS_SECRET_ACCESS_KEY": None},
                           "AWS_ACCESS_KEY_ID is not set"),
    "no AWS key": ({"AWS_ACCESS_KEY_ID": ""}, "AWS_ACCESS_KEY_ID is not"),
    "no AWS secret": ({"AWS_SECRET_ACCESS_KEY": None},
                      "AWS_SECRET_ACCESS_KEY is not"),
    "a newline in the AWS secret": ({"AWS_SECRET_ACCESS_KEY":
                                     "wJalr/standin+SECRET\n"},
                                    "the secret access key has a"),
    "a blank in the AWS key": ({"AWS_ACCESS_KEY_ID": "AKID STANDIN"},
                               "the access key id has a"),
    "a newline in the token": ({"AWS_SESSION_TOKEN": "a\nb"},
                               "the session token has a"),
    "no region": ({"AWS_REGION": None}, "AWS_REGION"),
    "a region that is none": ({"AWS_REGION": "eu.central"}, "eu.central"),
    "a region that is a host": ({"AWS_REGION": "x/@evil"}, "x/@evil"),
    "AWS endpoint": ({"AWS_ENDPOINT_URL_DYNAMODB": "localhost"},
                     "AWS_ENDPOINT_URL_DYNAMODB"),
    "AWS endpoint for all": ({"AWS_ENDPOINT_URL_DYNAMODB": "",
                              "AWS_ENDPOINT_URL": "http://10.0.0.1"},
                             "AWS_ENDPOINT_URL"),
    "certificates absent": ({"SSL_CERT_FILE": "none.pem"}, "none.pem"),
    "folder of certificates absent": ({"SSL_CERT_FILE": None,
                                       "SSL_CERT_DIR": "none"}, "none"),
    "AWS certificates absent": ({"AWS_CA_BUNDLE": "none.pem"}, "none.pem"),
    "table": ({"OCRDYN_TABLE": "a b"}, "a b"),
}


@cases("env, sentence", WRONG_ENVIRONMENT)
def test_a_wrong_environment_is_told_before_any_call(cloudinary, mini, ocrdyn,
                                                     env, sentence):
    args = [] if "OCRDYN_TABLE" in env else MINI
    done = ocrdyn(args, ["a"], env)
    assert done.returncode == 2
    assert done.stdout == b""
    assert sentence in done.stderr
    first, *more = done.stderr.rstrip("\n").split("\n")
    assert first.startswith("ocrdyn: ")
    assert all(line.startswith("    ") for line in more)
    assert cloudinary.connections == mini.connections == 0
    for secret in (SECRET, mini.SECRET):
        assert secret not in done.stderr


def test_aws_is_not_asked_for_where_nothing_is_stored(images, ocrdyn):
    images("a")
    assert ocrdyn([], ["a"], {"AWS_REGION": "no/region"}).returncode == 0


@pytest.mark.parametrize("args", [["-h"], ["--help"], ["run", "-h"]])
def test_help_is_24_lines_of_80_on_standard_output(ocrdyn, args):
    done = ocrdyn(args)
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 0 and done.stderr == ""
    assert len(lines) <= 24 and max(map(len, lines)) <= 80
    assert lines[0].startswith("ocrdyn")


@pytest.mark.parametrize("arg", ["-V", "--version"])
def test_version(ocrdyn, arg):
    done = ocrdyn([arg])
    assert done.stdout.startswith(b"ocrdyn ") and done.returncode == 0


# The table.

@cases("key, kind, sort, args, sentence", {
    "another key": ("id", "S", None, [], "is id, not publicId (--key"),
    "another key, asked for": ("id", "S", None, ["-k", "ID"],
                               "is id, not ID"),
    "a sort key": ("publicId", "S", "page", [], "has a sort key, page"),
    "a number for key": ("publicId", "N", None, [], "type N, not S"),
    "bytes for key": ("publicId", "B", None, [], "type B, not S"),
})
def test_another_table_is_noticed_before_anything_is_paid(
        cloudinary, dynamodb, create_table, images, ocrdyn, key, kind, sort,
        args, sentence):
    images("a")
    done = ocrdyn(["-t", create_table(key, kind, sort), *args], ["a"])
    assert done.returncode == 2
    assert done.stdout == b"" and sentence in done.stderr
    assert dynamodb.calls == {"DescribeTable": 1}
    assert cloudinary.connections == 0


def test_a_missing_table_is_noticed_before_anything_is_paid(
        cloudinary, dynamodb, images, ocrdyn):
    images("a")
    done = ocrdyn(["-t", "nowhere"], ["a"])
    assert done.returncode == 2
    assert "ResourceNotFoundException" in done.stderr
    assert "no such table" in done.stderr
    assert cloudinary.connections == 0


def described(status):
    return Response(200, json.dumps({"Table": {
        "TableName": "mini", "TableStatus": status,
        "AttributeDefinitions": [{"AttributeName": "publicId",
                                  "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "publicId", "KeyType": "HASH"}]}}
    ).encode(), {})


@pytest.mark.parametrize("status", ["CREATING", "DELETING", "ARCHIVED"])
def test_a_table_that_is_not_ready(cloudinary, mini, images, ocrdyn, status):
    images("a")
    mini.faults.add(call="DescribeTable", times=None, reply=described(status))
    done = ocrdyn([*MINI, *ONCE], ["a"])
    assert done.returncode in (2, 3)
    assert f"not ready: its status is {status}" in done.stderr
    assert cloudinary.connections == 0


def test_a_table_that_is_being_changed_is_ready(mini, images, ocrdyn):
    images("a")
    mini.faults.add(call="DescribeTable", reply=described("UPDATING"))
    assert ocrdyn(MINI, ["a"]).returncode == 0


@cases("reply", {
    "an empty object": replied({}),
    "another answer": replied({"TableNames": ["mini"]}),
    "no keys": replied({"Table": {"TableStatus": "ACTIVE"}}),
})
def test_a_description_without_its_contents_is_not_believed(
        cloudinary, mini, images, ocrdyn, reply):
    images("a")
    mini.faults.add(call="DescribeTable", reply=reply)
    assert ocrdyn(MINI, ["a"]).returncode in (2, 3)
    assert cloudinary.connections == 0


def test_a_denied_description_is_only_noted(mini, images, ocrdyn):
    images("a")
    mini.faults.add(call="DescribeTable", reply=ddb.ACCESS_DENIED)
    done = ocrdyn(MINI, ["a"])
    assert done.returncode == 0
    assert "could not be checked beforehand" in done.stderr
    assert list(stored(mini)) == ["a"]


@cases("env, name", {
    "secret": ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "InvalidSignature"),
    "key": ({"AWS_ACCESS_KEY_ID": "AKIDOTHER"}, "UnrecognizedClient"),
    "token": ({"AWS_SESSION_TOKEN": "unasked"}, "UnrecognizedClient"),
    "region": ({"AWS_REGION": "eu-west-1"}, "InvalidSignature"),
})
def test_wrong_aws_credentials_stop_before_anything_is_paid(
        cloudinary, mini, images, ocrdyn, env, name):
    images("a", "b")
    done = ocrdyn(MINI, ["a", "b"], env)
    assert done.returncode == 3
    assert done.stdout == b"" and f"DynamoDB: {name}" in done.stderr
    assert cloudinary.connections == 0
    assert [refusal.startswith(name) for refusal in mini.refused] == [True]
    mini.refused.clear()


def test_a_session_token_is_sent_and_signed(mini, images, ocrdyn):
    images("a")
    mini.credentials = {mini.ACCESS_KEY: (mini.SECRET, "IQoJ//token+==")}
    assert ocrdyn(MINI, ["a"]).returncode == 0


# The write.

@cases("filler", {"letters": "x", "two bytes": "é", "escaped": '"',
                  "six for one": "\x01", "four bytes": "\U0001f600"})
@pytest.mark.parametrize("over", [0, 1])
def test_the_border_of_400_kb(cloudinary, dynamodb, table, items, admin,
                              images, ocrdyn, filler, over):
    room = ITEM_MAX - len("publicId" + "a" + "text") + over
    text = filler * (room // len(filler.encode()))
    text += "x" * (room - len(text.encode()))
    images("a", "b")
    cloudinary.faults.add(call="update", key="a", when="after",
                          reply=replied(ocr(page(text))))
    done = ocrdyn(["-t", table], ["a", "b"])
    put = {"publicId": {"S": "a"}, "text": {"S": text}}
    if over:
        with pytest.raises(ClientError, match="Item size has exceeded"):
            admin.put_item(TableName=table, Item=put)
        assert done.rows[0] == ["a", "unstored", text,
                                "DynamoDB: the item is larger than 400 KB"]
        assert dynamodb.calls["PutItem"] == 1
    else:
        assert done.rows[0] == ["a", "complete", text, ""]
        assert items()["a"]["text"] == text
    assert done.rows[1][1] == "complete"
    assert done.returncode == over


@cases("value", {
    "numbers of one digit": [7], "of two digits": [42], "of three": [279],
    "of four": [1017], "with zeros": [1000000], "negative": [-12],
    "with a fraction": [0.25], "with an exponent": [1e20],
    "strings": ["ab"], "words": [{"x": 1}], "lists": [[]],
    "booleans": [True, None],
})
def test_what_dynamodb_takes_is_not_refused(cloudinary, dynamodb, table,
                                            images, ocrdyn, value):
    """Of values whose size only DynamoDB knows: text is added until it says
    no, and one byte less is not called too large by ocrdyn."""
    images("a")
    many = value * 5000
    low, high = 200000, ITEM_MAX
    while high - low > 1:
        middle = (low + high) // 2
        verdict = dynamodb.backend.call("PutItem", json.dumps({
            "TableName": table, "Item": {
                "publicId": {"S": "a"}, "v": typed(many),
                "text": {"S": "x" * middle}}}).encode())
        low, high = (middle, high) if verdict.status == 200 else (low, middle)
    cloudinary.faults.add(call="update", when="after", reply=replied(
        ocr(page("x" * low), v=many)))
    done = ocrdyn(["-t", table, "-a", "v=/v"], ["a"])
    assert [row[1:2] + row[3:] for row in done.rows] == [["complete", ""]]


def typed(value):
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, list):
        return {"L": [typed(item) for item in value]}
    if isinstance(value, dict):
        return {"M": {name: typed(item) for name, item in value.items()}}
    return {"S": value} if isinstance(value, str) else {"N": repr(value)}


def nested(levels):
    value = []
    for _ in range(levels - 1):
        value = [value]
    return value


@cases("value, detail", {
    "nested too deep": (nested(40), "nested deeper than 32"),
    "larger than an item": ("x" * 500000, "larger than"),
    "a number that DynamoDB does not have": (10 ** 200, "ValidationException"),
    "a member without a name": ({"": 1}, "ValidationException"),
})
def test_a_value_that_cannot_be_stored_leaves_the_text_in_the_row(
        cloudinary, dynamodb, table, images, ocrdyn, value, detail):
    images("a", "b")
    cloudinary.faults.add(call="update", key="a", when="after",
                          reply=replied(ocr(page(TEXT), v=value)))
    done = ocrdyn(["-t", table, "-a", "v=/v"], ["a", "b"])
    assert done.rows[0][:3] == ["a", "unstored", TEXT]
    assert detail in done.rows[0][3]
    assert done.rows[1][1] == "complete"
    assert done.returncode == 1


def test_32_levels_are_stored(cloudinary, dynamodb, table, items, images,
                              ocrdyn):
    images("a")
    cloudinary.faults.add(call="update", when="after",
                          reply=replied(ocr(page(TEXT), v=nested(31))))
    assert ocrdyn(["-t", table, "-a", "v=/v"], ["a"]).returncode == 0
    assert items()["a"]["v"] == nested(31)


@cases("reply, name", {
    "table gone": (ddb.NO_TABLE, "ResourceNotFoundException"),
    "denied": (ddb.ACCESS_DENIED, "AccessDeniedException"),
    "credentials": (ddb.error("UnrecognizedClientException", "invalid"),
                    "UnrecognizedClientException"),
    "an error nobody knows": (ddb.error("NewException", "surprise"),
                              "NewException"),
    "a page": (Response(403, b"<html>Forbidden</html>", {}), "403"),
})
def test_a_table_that_refuses_stops_the_run_and_no_text_is_lost(
        cloudinary, mini, images, ocrdyn, reply, name):
    images("a", "b", "c")
    mini.faults.add(call="PutItem", nth=2, times=None, reply=reply)
    done = ocrdyn(MINI, ["a", "b", "c"])
    assert [row[:3] for row in done.rows] == [["a", "complete", TEXT],
                                              ["b", "unstored", TEXT]]
    assert name in done.rows[1][3]
    assert done.returncode == 3
    assert cloudinary.paid == {"a": 1, "b": 1}


def test_a_wrong_key_that_could_not_be_checked_is_not_paid_for_twice(
        cloudinary, dynamodb, create_table, images, ocrdyn):
    images("a", "b", "c")
    dynamodb.faults.add(call="DescribeTable", reply=ddb.ACCESS_DENIED)
    done = ocrdyn(["-t", create_table("id")], ["a", "b", "c"])
    assert [row[:3] for row in done.rows] == [["a", "unstored", TEXT]]
    assert done.returncode == 3
    assert cloudinary.paid == {"a": 1}


def test_too_large_for_the_front_end_fails_only_that_item(cloudinary, mini,
                                                          images, ocrdyn):
    images("a", "b")
    mini.faults.add(call="PutItem", reply=ddb.TOO_LARGE)
    done = ocrdyn(MINI, ["a", "b"])
    assert [row[:3] for row in done.rows] == [["a", "unstored", TEXT],
                                              ["b", "complete", TEXT]]


@cases("fields", {
    "a wrong checksum": {"edit": faults.bad_crc},
    "a checksum that is none": {"edit": faults.header("x-amz-crc32", "x")},
    "no JSON": {"reply": replied(b"OK")},
    "half of the answer": {"reply": replied(b"{")},
    "no answer": {"end": "fin"},
    "a reset": {"end": "rst"},
    "cut": {"at": ("body", 1), "end": "close"},
})
def test_a_doubtful_answer_to_a_write_is_not_success(cloudinary, mini, images,
                                                     ocrdyn, fields):
    images("a")
    mini.faults.add(call="PutItem", when="after", **fields)
    done = ocrdyn(MINI, ["a"])
    again = mini.calls["PutItem"] > 1
    assert [row[:3] for row in done.rows] == [
        ["a", "complete" if again else "unstored", TEXT]]
    assert done.returncode == (0 if again else 3)
    assert cloudinary.paid == {"a": 1}


def test_an_answer_without_a_checksum_is_taken(mini, images, ocrdyn):
    images("a")
    mini.faults.add(times=None, when="after",
                    edit=faults.header("x-amz-crc32", None))
    assert ocrdyn(MINI, ["a"]).returncode == 0


# Connections.

def test_one_connection_per_host(cloudinary, mini, ocrdyn):
    cloudinary.open_world = True
    ids = [f"image {i}" for i in range(200)]
    assert ocrdyn(MINI, ids).returncode == 0
    assert len(stored(mini)) == 200
    assert (cloudinary.connections, mini.connections) == (1, 1)
    assert (cloudinary.handshakes, mini.handshakes) == (1, 1)


@pytest.mark.parametrize("end", ["close", "fin", "rst"])
def test_a_connection_closed_while_idle_is_opened_again(cloudinary, mini,
                                                        images, ocrdyn, end):
    images("a", "b")
    ends = {cloudinary: "update", mini: "PutItem"}
    for server, call in ends.items():
        server.faults.add(call=call, when="idle", end=end)
    process = ocrdyn.start(MINI)
    process.stdin.write(b"a\n")
    process.stdin.flush()
    assert process.stdout.readline().startswith(b"a\tcomplete")
    time.sleep(0.1)
    out, err = process.communicate(b"b\n", timeout=20)
    assert out.startswith(b"b\tcomplete")
    assert process.returncode == 0, err
    assert cloudinary.paid == {"a": 1, "b": 1}
    assert (cloudinary.connections, mini.connections) == (2, 2)


def test_a_server_that_closes_after_every_answer(cloudinary, mini, images,
                                                 ocrdyn):
    images("a", "b", "c")
    for server in cloudinary, mini:
        server.faults.add(when="after", times=None,
                          edit=faults.header("Connection", "close"))
    assert ocrdyn(MINI, ["a", "b", "c"]).returncode == 0
    assert cloudinary.paid == {"a": 1, "b": 1, "c": 1}
    assert (cloudinary.connections, mini.connections) == (3, 4)


def test_a_write_on_a_dying_connection_is_sent_once_more(mini, images,
                                                         ocrdyn):
    images("a", "b")
    mini.faults.add(call="PutItem", nth=2, when="before", end="close")
    assert ocrdyn(MINI, ["a", "b"]).returncode == 0
    assert list(stored(mini)) == ["a", "b"]


def jail(ocrdyn, hosts, *files):
    """Options for start(): an empty root but for the binary, /etc/hosts and
    these files."""
    if os.geteuid() != 0:
        pytest.skip("only root can change the root directory")
    root = ocrdyn.folder / "jail"
    for file in ocrdyn.path, *files:
        inside = root / str(file).lstrip("/")
        inside.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, inside)
    (root / "etc").mkdir()
    (root / "etc/hosts").write_text(hosts)

    def enter():
        os.chroot(root)
        os.chdir("/")
    return {"preexec_fn": enter}


class OnlyIPv6(cld.Cloudinary):
    def _listen(self):
        self._listener = socket.create_server(("::1", self.port),
                                              family=socket.AF_INET6)
        self.port = self._listener.getsockname()[1]


@pytest.mark.parametrize("kind", [cld.Cloudinary, OnlyIPv6],
                         ids=["127.0.0.1", "::1"])
def test_every_address_of_a_name_is_tried(ca, certificate, ocrdyn, kind):
    """localhost has both addresses, and a listener on one of them."""
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    options = jail(ocrdyn, "127.0.0.1 localhost\n::1 localhost\n",
                   ca.certificate)
    with kind(certificate, open_world=True) as server:
        process = start_static(ocrdyn, [], server.environment, **options)
        out, err = process.communicate(b"a\n", timeout=20)
        assert process.returncode == 0, err
        assert out == b"a\tcomplete\ta\t\n"


def start_static(ocrdyn, *args, **options):
    try:
        return ocrdyn.start(*args, **options)
    except FileNotFoundError:
        pytest.skip("the binary is not static")


def test_ids_that_come_slowly_give_rows_at_once(cloudinary, mini, images,
                                                ocrdyn):
    images("a", "b")
    process = ocrdyn.start(MINI)
    for name in b"a", b"b":
        process.stdin.write(name + b"\n")
        process.stdin.flush()
        assert process.stdout.readline().startswith(name + b"\tcomplete")
    process.communicate(timeout=20)
    assert process.returncode == 0


# Bad peers.

def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_nobody_listens_at_cloudinary(mini, ocrdyn):
    port = closed_port()
    done = ocrdyn([*MINI, *ONCE], ["a"], url(
        f"cloudinary://1:2@demo?upload_prefix=https://localhost:{port}"))
    assert done.returncode in (1, 3)
    assert f"cannot connect to localhost port {port}: " in done.stderr
    assert "refused" in done.stderr
    assert not stored(mini)


def test_nobody_listens_at_dynamodb(cloudinary, images, ocrdyn):
    images("a")
    env = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    done = ocrdyn([*MINI, *ONCE, "--region", "local", "--endpoint-url",
                   f"http://127.0.0.1:{closed_port()}"], ["a"], env)
    assert done.returncode == 3
    assert "DynamoDB: cannot connect" in done.stderr
    assert cloudinary.connections == 0


def test_a_name_without_an_address(mini, ocrdyn):
    done = ocrdyn([*MINI, *ONCE], ["a"], url(
        "cloudinary://1:2@demo?upload_prefix=https://nowhere.invalid"))
    assert done.returncode in (1, 3)
    assert "cannot find the address of nowhere.invalid" in done.stderr


def test_an_address_that_does_not_answer(ocrdyn):
    """A listener whose queue is full drops what comes."""
    with socket.socket() as listener, socket.socket() as one, \
            socket.socket() as two:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        for client in one, two:
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
        start = time.monotonic()
        done = ocrdyn(["--connect-timeout", "1", *ONCE], ["a"], url(
            f"cloudinary://1:2@demo?upload_prefix=https://localhost:{port}"))
        assert done.returncode in (1, 3)
        assert "timed out" in done.stderr
        assert 0.9 < time.monotonic() - start < 30


@cases("service, fields, sentence", {
    "handshake": ("cloudinary", {"when": "accept", "stall": 60},
                  "no TLS handshake within 1 s"),
    "OCR": ("cloudinary", {"call": "update", "when": "before", "stall": 60},
            "no answer within 1 s"),
    "half of the OCR": ("cloudinary", {
        "call": "update", "when": "after", "at": ("body", 500), "stall": 60},
        "no answer within 1 s"),
    "write": ("mini", {"call": "PutItem", "when": "after", "stall": 60},
              "no answer within 1 s"),
})
def test_a_stall_ends_at_the_timeout(cloudinary, mini, images, ocrdyn,
                                     service, fields, sentence):
    images("a")
    server = {"cloudinary": cloudinary, "mini": mini}[service]
    server.faults.add(**fields)
    start = time.monotonic()
    done = ocrdyn([*MINI, "--timeout", "1", "--connect-timeout", "1", *ONCE,
                   "-v"], ["a"])
    assert 0.9 < time.monotonic() - start < 30
    assert sentence in done.stderr
    row, = done.rows
    assert row[1:3] in (["failed", None], ["unstored", TEXT],
                        ["complete", TEXT])
    assert cloudinary.paid["a"] <= 1


def test_an_answer_that_never_ends_is_given_up(cloudinary, images, ocrdyn):
    """Each byte comes in time; the answer as a whole does not."""
    images("a")
    cloudinary.faults.add(call="update", when="after", drip=(1, 0.3))
    start = time.monotonic()
    done = ocrdyn(["--timeout", "1", *ONCE, "-v"], ["a"])
    assert 9 < time.monotonic() - start < 45
    assert "takes too long" in done.stderr
    assert cloudinary.paid == {"a": 1}


@pytest.mark.parametrize("when, end", [
    ("accept", "rst"), ("accept", "close"), ("unread", "rst"), ("head", "rst"),
    ("before", "rst"), ("after", "rst"), ("after", "fin"),
    ("after", "close")])
def test_a_connection_that_dies(cloudinary, images, ocrdyn, when, end):
    images("a", "b")
    known = {} if when in ("accept", "unread") else {"call": "update"}
    cloudinary.faults.add(when=when, end=end, **known)
    done = ocrdyn([*ONCE, "-v"], ["a", "b"])
    first, second = done.rows
    assert first[:3] in (["a", "failed", None], ["a", "complete", TEXT])
    if first[1] == "failed":
        assert first[3].startswith("Cloudinary: ") and done.returncode == 1
    assert second[:3] == ["b", "complete", TEXT]
    assert cloudinary.paid["a"] <= 1 and cloudinary.paid["b"] == 1


# Output.

def test_a_full_disk_ends_the_run(cloudinary, images, mini, ocrdyn):
    images("a", "b", "c")
    with open("/dev/full", "wb") as full:
        process = ocrdyn.start(MINI, stdout=full)
        err = process.communicate(b"a\nb\nc\n", timeout=20)[1].decode()
    assert process.returncode == 4
    assert "cannot write standard output: No space left" in err
    assert cloudinary.paid == {"a": 1}


def test_a_header_that_cannot_be_written_costs_nothing(cloudinary, ocrdyn):
    with open("/dev/full", "wb") as full:
        process = ocrdyn.start(["-f", "csv"], stdout=full)
        process.communicate(b"a\n", timeout=20)
    assert process.returncode == 4
    assert cloudinary.connections == 0


def test_help_that_cannot_be_written_is_an_error(ocrdyn):
    with open("/dev/full", "wb") as full:
        process = ocrdyn.start(["-h"], stdout=full)
        process.communicate(timeout=20)
    assert process.returncode == 4


def close(descriptor):
    """For a process to be: it starts with this descriptor closed."""
    return {"preexec_fn": lambda: os.close(descriptor)}


def test_standard_output_closed_at_the_start(cloudinary, ocrdyn):
    process = ocrdyn.start(stdout=subprocess.DEVNULL, **close(1))
    err = process.communicate(b"a\n", timeout=20)[1].decode()
    assert process.returncode == 4
    assert "standard output" in err
    assert cloudinary.connections == 0


def test_standard_input_closed_at_the_start(cloudinary, ocrdyn):
    process = ocrdyn.start(stdin=subprocess.DEVNULL, **close(0))
    out, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert out == b"" and b"standard input" in err
    assert cloudinary.connections == 0


def test_standard_error_closed_at_the_start_harms_nobody(cloudinary, mini,
                                                         images, ocrdyn):
    """What is said must not end up in a connection."""
    images("a", "b", "c")
    process = ocrdyn.start([*MINI, "-v"], stderr=subprocess.DEVNULL,
                           **close(2))
    out = process.communicate(b"a\ngone\nb\nc\n", timeout=20)[0]
    assert [line.split(b"\t")[1] for line in out.splitlines()] == [
        b"complete", b"failed", b"complete", b"complete"]
    assert process.returncode == 1
    assert (cloudinary.connections, mini.connections) == (1, 1)


def test_a_reader_that_goes_away_ends_the_run(cloudinary, images, ocrdyn):
    images("a", "b", "c")
    process = ocrdyn.start()
    process.stdin.write(b"a\n")
    process.stdin.flush()
    assert process.stdout.readline().startswith(b"a\t")
    time.sleep(0.1)              # by then it waits for the next id
    process.stdout.close()
    process.stdin.write(b"b\nc\n")
    process.stdin.close()
    assert process.wait(timeout=20) == 4
    assert b"Broken pipe" in process.stderr.read()
    assert cloudinary.paid == {"a": 1}


def test_standard_input_that_cannot_be_read(cloudinary, ocrdyn):
    folder = os.open("/", os.O_RDONLY)
    process = ocrdyn.start(stdin=folder)
    os.close(folder)
    out, err = process.communicate(timeout=20)
    assert process.returncode in (2, 3)
    assert b"cannot read standard input: Is a directory" in err


def test_pipes_that_do_not_block_are_waited_for(cloudinary, ocrdyn):
    cloudinary.open_world = True
    cloudinary.engine = Canned(30000)
    (ids, feed), (rows, out) = os.pipe(), os.pipe()
    for end in ids, out:
        os.set_blocking(end, False)
    process = ocrdyn.start(stdin=ids, stdout=out)
    os.close(ids)
    os.close(out)
    os.write(feed, b"".join(b"%d\n" % i for i in range(200)))
    time.sleep(0.3)
    os.close(feed)
    got = b""
    while piece := os.read(rows, 65536):
        got += piece
    os.close(rows)
    assert process.wait(timeout=20) == 0
    assert got.count(b"\tcomplete\t") == got.count(b"\n") == 200


# Signals.

@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_image_in_hand_is_finished(cloudinary, mini, images, ocrdyn,
                                       number):
    images("a", "b")
    cloudinary.faults.add(call="update", when="after", stall=0.5)
    process = ocrdyn.start(MINI)
    process.stdin.write(b"a\nb\n")
    process.stdin.flush()
    wait_for(lambda: cloudinary.calls["update"])
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == -number
    assert out.decode() == f"a\tcomplete\t{TEXT}\t\n".replace("S\n", "S\\n")
    assert b"1 image, 1 complete" in err
    assert list(stored(mini)) == ["a"]
    assert cloudinary.paid == {"a": 1}


def test_a_stop_between_images_leaves_the_next_one_alone(cloudinary, mini,
                                                         images, ocrdyn):
    images("a", "b")
    mini.faults.add(call="PutItem", when="after", stall=0.5)
    process = ocrdyn.start(MINI)
    process.stdin.write(b"a\nb\n")
    process.stdin.flush()
    wait_for(lambda: mini.calls["PutItem"])
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=20)[0].startswith(b"a\tcomplete")
    assert cloudinary.paid == {"a": 1}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_waiting_for_ids_ends_at_once(mini, cloudinary, ocrdyn, number):
    process = ocrdyn.start(MINI)
    wait_for(lambda: mini.calls["DescribeTable"])
    time.sleep(0.1)
    process.send_signal(number)
    assert process.wait(timeout=2) == -number


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_at_once(cloudinary, images, ocrdyn, second):
    images("a")
    cloudinary.faults.add(call="update", when="after", stall=60)
    process = ocrdyn.start()
    process.stdin.write(b"a\n")
    process.stdin.flush()
    wait_for(lambda: cloudinary.calls["update"])
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    assert process.poll() is None
    process.send_signal(second)
    assert process.wait(timeout=2) == -second


def test_a_signal_that_was_ignored_stays_ignored(cloudinary, images, ocrdyn):
    images("a", "b")
    process = ocrdyn.start(preexec_fn=lambda: signal.signal(
        signal.SIGINT, signal.SIG_IGN))
    process.stdin.write(b"a\n")
    process.stdin.flush()
    assert process.stdout.readline().startswith(b"a\t")
    process.send_signal(signal.SIGINT)
    assert process.communicate(b"b\n", timeout=20)[0].startswith(b"b\t")
    assert process.returncode == 0


def test_a_stopped_and_continued_run_goes_on(cloudinary, images, ocrdyn):
    images("a", "b")
    process = ocrdyn.start()
    process.stdin.write(b"a\n")
    process.stdin.flush()
    assert process.stdout.readline().startswith(b"a\t")
    process.send_signal(signal.SIGSTOP)
    process.send_signal(signal.SIGCONT)
    assert process.communicate(b"b\n", timeout=20)[0].startswith(b"b\t")
    assert process.returncode == 0
