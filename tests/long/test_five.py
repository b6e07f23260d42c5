"""null, {}, [], "" and nothing at all are five different inputs: what each of
them means at each place of a service's answer that is read, in one table, and
tried in the real binary. And no loop over a service's pages is endless."""

import errno
import json
import os
import re
import resource
import signal
import subprocess
import time
from dataclasses import dataclass, field

import pytest
from peers import cloudinary as cld
from peers.cloudinary import Image
from peers.dynamodb import Mini, error
from peers.faults import GONE, changed
from peers.ocr import Failed
from peers.server import Response
from test_credentials import world  # noqa: F401 (a fixture)

# ---------------------------------------------------------------- the table

KINDS = {"null": None, "{}": {}, "[]": [], '""': "", "absent": GONE,
         "true": True, "7": 7, '"x"': "x"}
FIVE = ["null", "{}", "[]", '""', "absent"]


@dataclass
class Is:
    """What comes of a value: the exit status; what standard output has (a
    pattern; None: nothing) and standard error; and how often a call was
    made."""
    status: int
    out: str | None = None
    err: str = ""
    calls: dict = field(default_factory=dict)


@dataclass
class Row:
    """A value that is read: in the answer to `call`, at `pointer`. `meaning`
    maps words for kinds to what comes of them; "else" is all other kinds.
    `base` are changes that are made first, `reply` is the answer that is
    changed (None: the stand-in's own)."""
    args: list
    call: str
    pointer: str
    meaning: dict
    base: tuple = ()
    reply: Response | None = None
    stdin: object = b""
    times: int | None = 1
    also: str = ""               # tells rows apart

    def name(self):
        return f"{' '.join(self.args)[:40]} {self.also}{self.call} " \
            f"{self.pointer}"

    def cells(self):
        found = {}
        for words, meaning in self.meaning.items():
            for kind in words.split():
                if kind != "else":
                    assert kind not in found and kind in KINDS, kind
                    found[kind] = meaning
        if "else" in self.meaning:
            found = {kind: found.get(kind, self.meaning["else"])
                     for kind in KINDS}
        assert set(FIVE) <= set(found), f"{self.name()}: {set(found)}"
        return found


class Paged(Mini):
    """Mini with more operations, in pages: three items, three tables."""

    def __init__(self):
        super().__init__("mini")
        for name in "abc":
            self.tables["mini"][name] = {
                "publicId": {"S": name}, "text": {"S": f"text {name}"}}

    def _Scan(self, request):
        items = list(self.tables["mini"].values())
        start = request.get("ExclusiveStartKey", {}).get("publicId", {}) \
            .get("S")
        at = 0
        if start is not None:
            names = [item["publicId"]["S"] for item in items]
            at = names.index(start) + 1
        page = {"Items": items[at:at + 2], "Count": len(items[at:at + 2]),
                "ScannedCount": len(items[at:at + 2]),
                "ConsumedCapacity": {"TableName": "mini",
                                     "CapacityUnits": 0.5}}
        if at + 2 < len(items):
            page["LastEvaluatedKey"] = {"publicId": items[at + 1]["publicId"]}
        return page

    _Query = _Scan

    def call(self, operation, body):
        try:
            return super().call(operation, body)
        except ValueError:           # a key that is not there
            return error("ValidationException", "The provided starting key "
                         "is invalid")

    def _ListTables(self, request):
        names = [name for name in ("t1", "t2", "t3")
                 if name > request.get("ExclusiveStartTableName", "")]
        page = {"TableNames": names[:2]}
        if len(names) > 2:
            page["LastEvaluatedTableName"] = names[1]
        return page

    def _BatchWriteItem(self, request):
        for name, writes in request["RequestItems"].items():
            for write in writes:
                if "PutRequest" in write:
                    self._PutItem({"TableName": name, **write["PutRequest"]})
                else:
                    self._DeleteItem({"TableName": name,
                                      **write["DeleteRequest"]})
        return {"UnprocessedItems": {}}

    def _DeleteItem(self, request):
        self.tables[request["TableName"]].pop(request["Key"]["publicId"]["S"],
                                              None)
        return {}

    def _UpdateItem(self, request):
        return {}

    def _CreateTable(self, request):
        return {"TableDescription": {"TableName": request["TableName"]}}

    _DeleteTable = _UpdateTable = _CreateTable

    def _DescribeTable(self, request):
        keys = [{"AttributeName": "publicId", "KeyType": "HASH"}]
        units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}
        self.tables[request["TableName"]]            # KeyError: there is none
        return {"Table": {
            "TableName": request["TableName"], "TableStatus": "ACTIVE",
            "ItemCount": 12, "TableSizeBytes": 3456,
            "AttributeDefinitions": [
                {"AttributeName": "publicId", "AttributeType": "S"},
                {"AttributeName": "batch", "AttributeType": "S"}],
            "KeySchema": keys, "ProvisionedThroughput": units,
            "BillingModeSummary": {"BillingMode": "PROVISIONED"},
            "GlobalSecondaryIndexes": [{
                "IndexName": "byb", "IndexStatus": "ACTIVE",
                "Backfilling": False, "ProvisionedThroughput": units,
                "KeySchema": [{"AttributeName": "batch", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"}}],
            "LocalSecondaryIndexes": [{
                "IndexName": "loc", "KeySchema": keys,
                "Projection": {"ProjectionType": "ALL"}}]}}


# Cloudinary: the result of OCR.

RUN = ["-f", "tsv"]
OCR = "/info/ocr/adv_ocr"
PAGE = OCR + "/data/0"
COMPLETE = Is(0, "^a\tcomplete\tTEXT\t$")
EMPTY = Is(0, "^a\tempty\t\\\\N\t$")


def failed(detail):
    return Is(1, f"^a\tfailed\t\\\\N\tCloudinary: {detail}$")


STRANGE = failed("the OCR result is not understood(: x)?")
NONE = failed(r"the answer has no OCR result \(info.ocr\)")
ERROR = failed("200 with an error without a reason")
WORDS = ((PAGE + "/fullTextAnnotation", GONE),)
FULL = ((PAGE + "/textAnnotations", GONE),)
BLANK = ((PAGE, {}),)


def ocr(pointer, meaning, base=(), **more):
    return Row(RUN, "update", pointer, meaning, base, stdin=["a"], **more)


ROWS = [
    ocr("/info", {"else": NONE}),
    ocr("/info/ocr", {"else": NONE}),
    ocr(OCR, {"null absent": NONE, "else": STRANGE}),
    ocr(OCR + "/status", {"null {} [] \"\" absent true 7": STRANGE}),
    ocr(OCR + "/data", {"[]": EMPTY, "else": STRANGE}),
    ocr(PAGE, {"{} absent": EMPTY, "else": STRANGE}),
    ocr(PAGE + "/textAnnotations", {"null [] absent": COMPLETE,
                                    "else": STRANGE}, also="full too "),
    ocr(PAGE + "/textAnnotations", {"null [] absent": EMPTY,
                                    "else": STRANGE}, WORDS),
    ocr(PAGE + "/textAnnotations/0", {"null {} absent": COMPLETE,
                                      "else": STRANGE}, also="full too "),
    ocr(PAGE + "/textAnnotations/0", {"absent": COMPLETE, "else": STRANGE},
        WORDS),
    ocr(PAGE + "/textAnnotations/0/description", {
        "null \"\" absent": COMPLETE, "{} [] true 7": STRANGE},
        also="full too "),
    ocr(PAGE + "/textAnnotations/0/description", {
        "\"\"": EMPTY, "null absent {} [] true 7": STRANGE}, WORDS),
    ocr(PAGE + "/fullTextAnnotation", {"null {} absent": COMPLETE,
                                       "else": STRANGE}, also="words too "),
    ocr(PAGE + "/fullTextAnnotation", {"null {} absent": EMPTY,
                                       "else": STRANGE}, FULL),
    ocr(PAGE + "/fullTextAnnotation/text", {
        "null \"\" absent \"x\"": COMPLETE, "else": STRANGE},
        also="words too "),
    ocr(PAGE + "/fullTextAnnotation/text", {
        "null \"\" absent": EMPTY, "{} [] true 7": STRANGE}, FULL),
    ocr(PAGE + "/webDetection", {"null {} [] \"\" absent": EMPTY,
                                 "else": STRANGE}, BLANK),
    ocr(PAGE + "/webDetection", {"else": COMPLETE}, also="text too "),
    ocr(PAGE + "/context", {"null {} absent": EMPTY, "else": STRANGE}, BLANK),
    ocr(PAGE + "/error", {"null {} [] \"\" absent": EMPTY, "else": STRANGE},
        BLANK),
    ocr(PAGE + "/error", {"else": COMPLETE}, also="text too "),
    ocr(PAGE + "/error/message", {"null \"\" absent": EMPTY,
                                  "else": STRANGE},
        (*BLANK, (PAGE + "/error", {}))),
    ocr("/error", {"null absent": COMPLETE,
                   "\"x\"": failed("200 with an error: x"), "else": ERROR}),
    ocr("/error/message", {"\"x\"": failed("200 with an error: x"),
                           "else": ERROR}, (("/error", {}),)),
    ocr(OCR + "/data", {"\"x\"": failed("OCR failed: x"),
                        "else": failed("OCR failed without a reason")},
        ((OCR + "/status", "failed"),), also="failed "),
    ocr("", {"absent": Is(0, "^a\tcomplete\tTEXT\t$"),   # lost: looked for
             "else": NONE}, also="whole "),
]



def refused(status, pointer, exit, words, headers=None):
    """An error that says nothing, in the answer to a call for OCR."""
    row = exit == 1
    said = {kind: Is(exit, "^a\tfailed" if row else None,
                     f"Cloudinary: {status} {text}")
            for kind, text in (("\"x\"", "x"), ("else", words))}
    return ocr(pointer, said, reply=Response(
        status, b'{"error":{"message":"why"}}', headers or {}),
        also=f"{status}{' with X-Cld-Error' if headers else ''} ")


for code, status in ((400, 1), (401, 3), (403, 3), (404, 1)):
    ROWS += [
        refused(code, "/error/message", status, "without a reason"),
        refused(code, "/error", status, "without a reason"),
        refused(code, "/error/message", status, "the header's",
                {"X-Cld-Error": "the header's"}),
        refused(code, "/error/message", status, "without a reason",
                {"X-Cld-Error": ""})]

# Cloudinary: the listing.

STRANGE_LIST = Is(3, None, "the listing is not understood")
LISTED = "^a\nb\n$"


def listing(pointer, meaning, args=(), base=(), **more):
    return Row(["list", *args], "list", pointer, meaning, base, **more)


def unprintable(why):
    return Is(1, "^b\n$", f"this row cannot be printed: {why}")


MISSING = "its first column is missing or empty"
ETAG = ["--columns", "public_id,etag"]
TEXT = ["--columns", "etag", "-f", "text"]
FILTER = ["--tag", "t"]

ROWS += [
    listing("/resources", {"[]": Is(0), "else": STRANGE_LIST}),
    listing("/resources/0", {
        "{}": unprintable(MISSING), "absent": Is(0, "^b\n$"),
        "else": STRANGE_LIST}),
    listing("/resources/0/public_id", {
        "null absent \"\"": unprintable(MISSING),
        "{} [] true 7": unprintable("its first column is not a string"),
        "\"x\"": Is(0, "^x\nb\n$")}),
    listing("/resources/0/public_id", {
        "null absent": Is(0, r"^\\N\tE\nb\tE\n$"),
        "\"\"": Is(0, "^\tE\nb\tE\n$"),
        "{}": Is(0, "^{}\tE\nb\tE\n$"), "[]": Is(0, r"^\[\]\tE\nb\tE\n$")},
        ETAG, (("/resources/0/etag", "E"), ("/resources/1/etag", "E"))),
    listing("/resources/0/etag", {
        "null absent": Is(0, r"^a\t\\N\nb\t"), "\"\"": Is(0, "^a\t\nb\t"),
        "{}": Is(0, "^a\t{}\nb\t"), "[]": Is(0, r"^a\t\[\]\nb\t"),
        "7": Is(0, "^a\t7\nb\t"), "true": Is(0, "^a\ttrue\nb\t")}, ETAG),
    listing("/resources/0/etag", {
        "null absent": Is(0, '^{"public_id":"a","etag":null}\n'),
        "\"\"": Is(0, '^{"public_id":"a","etag":""}\n'),
        "{}": Is(0, '^{"public_id":"a","etag":{}}\n'),
        "[]": Is(0, '^{"public_id":"a","etag":\\[\\]}\n')},
        [*ETAG, "-f", "jsonl"]),
    listing("/resources/0/etag", {
        "null absent": Is(0, "^public_id,etag\r\na,\r\nb,"),
        "\"\"": Is(0, '^public_id,etag\r\na,""\r\nb,'),
        "{}": Is(0, "^public_id,etag\r\na,{}\r\nb,"),
        "[]": Is(0, "^public_id,etag\r\na,\\[\\]\r\nb,")},
        [*ETAG, "-f", "csv"]),
    listing("/resources/0/etag", {
        "null absent \"\"": Is(1, "^E\n$", MISSING),
        "{}": Is(0, "^{}\nE\n$"), "[]": Is(0, "^\\[\\]\nE\n$"),
        "7": Is(0, "^7\nE\n$")}, TEXT, (("/resources/1/etag", "E"),)),
    listing("/resources/0/etag", {
        "null absent \"\"": Is(1, "^E\0$", MISSING),
        "{}": Is(0, "^{}\0E\0$"), "[]": Is(0, "^\\[\\]\0E\0$")},
        [*TEXT, "-0"], (("/resources/1/etag", "E"),)),
    *(listing(f"/resources/0/{name}", {
        "\"x\"": Is(0, "^b\n$"), "else": STRANGE_LIST}, FILTER)
      for name in ("type", "resource_type")),
    *(listing(f"/resources/0/{name}", {"else": Is(0, LISTED)})
      for name in ("type", "resource_type")),
    listing("/next_cursor", {"null \"\" absent": Is(0, LISTED),
                             "{} [] true 7": STRANGE_LIST}),
    listing("/error", {"null absent": Is(0, LISTED),
                       "else": Is(3, None, "200 with an error")}),
    listing("/error/message", {
        "\"x\"": Is(3, None, "200 with an error: x"),
        "else": Is(3, None, "200 with an error without a reason")},
        base=(("/error", {}),)),
    listing("/error/message", {
        "\"x\"": Is(3, None, "Cloudinary: 400 x"),
        "else": Is(3, None, "Cloudinary: 400 without a reason")},
        reply=Response(400, b'{"error":{"message":"why"}}', {}), also="400 "),
    listing("", {"absent": Is(0, LISTED), "else": STRANGE_LIST}),
]

# Cloudinary: the account.

UNNAMED = Is(0, "^note ocr units: the account's usage does not name the OCR "
             "add-on")
UNSAID = Is(0, "^note ocr units: the account's usage does not say how many "
            "are used")


def usage(pointer, meaning, **more):
    return Row(["check"], "usage", pointer, meaning, **more)


ROWS += [
    usage("", {"absent": Is(0, "^ok   ocr units"), "else": UNNAMED}),
    usage("/adv_ocr", {"else": UNNAMED}),
    usage("/adv_ocr/usage", {"7": Is(0, "^ok   ocr units: 7 of"),
                             "else": UNSAID}),
    usage("/adv_ocr/limit", {"7": Is(0, "^ok   ocr units: 0 of 7"),
                             "else": UNSAID}),
    usage("/error", {"null absent": Is(0, "^ok   ocr units"),
                     "else": Is(1, "^FAIL ocr units: Cloudinary: 200 with an "
                                "error")}),
    usage("/error/message", {
        "\"x\"": Is(1, "^FAIL ocr units: Cloudinary: 200 with an error: x"),
        "else": Is(1, "^FAIL ocr units: Cloudinary: 200 with an error "
                   "without a reason")}, base=(("/error", {}),)),
    Row(["check"], "ping", "", {
        "else": Is(0, "^ok   cloudinary account: key and secret are right")}),
    Row(["check"], "ping", "/error", {
        "null absent": Is(0, "^ok   cloudinary account"),
        "else": Is(1, "^FAIL cloudinary account: Cloudinary: 200 with an "
                   "error")}),
    Row(["check"], "ping", "/error/message", {
        "\"x\"": Is(1, "^FAIL cloudinary account: Cloudinary: 401 x"),
        "else": Is(1, "^FAIL cloudinary account: Cloudinary: 401 without a "
                   "reason")},
        reply=Response(401, b'{"error":{"message":"why"}}', {}), also="401 "),
]

# DynamoDB: pages of items.

T = ["-t", "mini"]


def at(pointer):
    return Is(3, None, "DynamoDB: its answer is not understood at "
              + re.escape(pointer))


ITEM = '{{"publicId":"{0}","text":"text {0}"}}\n'
ALL = "".join(ITEM.format(name) for name in "abc")
NO_ITEM = Is(3, None, "holds something that is no item")


def page(call, args, pointer, meaning, base=(), **more):
    return Row([*args], call, pointer, meaning, base, **more)


for call, args in (("Scan", ["scan", *T, "-f", "jsonl"]),
                   ("Query", ["query", *T, "-f", "jsonl", "a"])):
    two, last = ALL[:-len(ITEM.format("c"))], ITEM.format("c")
    key = "/LastEvaluatedKey"
    ROWS += [
        page(call, args, "/Items", {"[]": Is(0, f"^{last}$"),
                                    "else": at("/Items")}),
        page(call, args, "/Items/0", {
            "{}": Is(0, "^{}\n" + ITEM.format("b")),
            "absent": Is(0, f"^{ITEM.format('b')}{last}$"),
            "else": NO_ITEM}),
        page(call, args, "/Items/0/text", {
            "absent": Is(0, '^{"publicId":"a"}\n'), "else": NO_ITEM}),
        page(call, args, "/Items/0/text/S", {
            "\"\"": Is(0, '^{"publicId":"a","text":""}\n'),
            "null {} [] absent true 7": NO_ITEM}),
        page(call, args, key, {"null {} absent": Is(0, f"^{two}$"),
                               "else": at(key)}),
        page(call, args, key + "/publicId", {
            "absent": Is(0, f"^{two}$"), "else": at(key)}),
        page(call, args, key + "/publicId/S", {
            "\"\" \"x\"": Is(3, f"^{two}$", "ValidationException"),
            "else": at(key)}),
        *(page(call, args, pointer, {"else": Is(0, f"^{ALL}$", "ocrdyn: 3 "
                                                "items, 3 printed")})
          for pointer in ("/ScannedCount", "/Count", "/ConsumedCapacity",
                          "/ConsumedCapacity/CapacityUnits")
          if pointer != "/ScannedCount"),
        page(call, args, "/ScannedCount", {
            "7": Is(0, f"^{ALL}$", "ocrdyn: 8 items, 3 printed"),
            "else": Is(0, f"^{ALL}$", "ocrdyn: 3 items, 3 printed")}),
        page(call, [*args, "--max-attempts", "1"], "", {
            "absent": Is(3, None, "the answer is not JSON"),
            "else": at("/Items")}),
    ]

# DynamoDB: batches.

KEYS = "/UnprocessedKeys"
GOT = "^a\tcomplete\ttext a\t\nb\tcomplete\ttext b\t\nz\tabsent"
GET = ["get", *T]
LEFT = {"mini": {"Keys": [{"publicId": {"S": "a"}}]}}
WRITES = "/UnprocessedItems"
LEFT_ITEMS = {"mini": [{"PutRequest": {"Item": {"publicId": {"S": "x"}}}}]}
PUT = ["put", *T, "-f", "jsonl"]
PUT_IN = b'{"publicId":"x"}\n{"publicId":"y"}\n'


def get(pointer, meaning, base=(), **more):
    return Row(GET, "BatchGetItem", pointer, meaning, base,
               stdin=["a", "b", "z"], **more)


def write(pointer, meaning, base=(), **more):
    return Row(PUT, "BatchWriteItem", pointer, meaning, base, stdin=PUT_IN,
               **more)


ABSENT = Is(1, "^a\tabsent.*\nb\tabsent.*\nz\tabsent",
            "the table has no such item")
ROWS_STORED = '^{"public_id":"x","status":"stored",.*\n' \
    '{"public_id":"y","status":"stored",.*\n$'
STORED = Is(0, ROWS_STORED,
            calls={"BatchWriteItem": 1, "PutItem": 0})
AGAIN = Is(0, ROWS_STORED,
           calls={"BatchWriteItem": 1, "PutItem": 2})

ROWS += [
    get("/Responses", {"{}": ABSENT, "else": at("/Responses")}),
    get("/Responses/mini", {"[] absent": ABSENT,
                            "else": at("/Responses/*")}),
    get("/Responses/mini/0", {
        "absent": Is(1, "^a\tabsent.*\nb\tcomplete\ttext b\t\nz\tabsent"),
        "{}": NO_ITEM, "else": at("/Responses/*/*")}),
    get("/Responses/mini/0/publicId", {"else": NO_ITEM}),
    get("/Responses/mini/0/publicId/S", {"else": NO_ITEM}),
    get("/Responses/mini/0/text", {
        "absent": Is(1, "^a\tempty\t\\\\N\t\nb\tcomplete"),
        "else": NO_ITEM}),
    get("/Responses/mini/0/text/S", {
        "\"\"": Is(1, "^a\tempty\t\\\\N\t\nb\tcomplete"),
        "null {} [] absent true 7": NO_ITEM}),
    get(KEYS, {"null {} absent": Is(1, GOT), "else": at(KEYS)}),
    get(KEYS + "/mini", {"absent": Is(1, GOT),
                         "{}": at(KEYS + "/*/Keys"),
                         "else": at(KEYS + "/*")}),
    get(KEYS + "/mini/Keys", {"[]": Is(1, GOT),
                              "else": at(KEYS + "/*/Keys")},
        ((KEYS, {"mini": {}}),)),
    get(KEYS + "/mini/Keys/0", {"absent": Is(1, GOT), "{}": NO_ITEM,
                                "else": at(KEYS + "/*/Keys/*")},
        ((KEYS, LEFT),)),
    get(KEYS + "/mini/Keys/0/publicId", {"else": NO_ITEM}, ((KEYS, LEFT),)),
    Row(["get", *T, "--max-attempts", "1"], "BatchGetItem", "", {
        "absent": Is(3, None, "the answer is not JSON"),
        "else": at("/Responses")}, stdin=["a"]),
    write(WRITES, {"null {} absent": STORED, "else": AGAIN}),
    write(WRITES + "/mini", {"[] absent": STORED, "else": AGAIN}),
    write(WRITES + "/mini/0", {"absent": STORED, "else": AGAIN},
          ((WRITES, LEFT_ITEMS),)),
    write(WRITES + "/mini/0/PutRequest", {"else": AGAIN},
          ((WRITES, LEFT_ITEMS),)),
    write(WRITES + "/mini/0/PutRequest/Item", {"else": AGAIN},
          ((WRITES, LEFT_ITEMS),)),
    write(WRITES + "/mini/0/PutRequest/Item/publicId", {"else": AGAIN},
          ((WRITES, LEFT_ITEMS),)),
    write("", {"null {} [] \"\" true 7 \"x\"": STORED,
               "absent": Is(0, STORED.out)}, also="whole "),
]
# DynamoDB: answers of which nothing is read.

ROWS += [
    Row([*args, "--max-attempts", "1"], call, "", {
        "absent": Is(3, f"^{x}failed", "the answer is not JSON"),
        "else": Is(0, f"^{x}{done}")}, stdin=stdin, times=None, also="whole ")
    for call, args, stdin, x, done in (
        ("PutItem", ["put", *T, "-f", "jsonl"], b'{"publicId":"x"}\n',
         '{"public_id":"x","status":"', "stored"),
        ("UpdateItem", ["update", *T, "--set", "n=1"], ["x"], "x\t",
         "updated"))]

CONDITION = error("ConditionalCheckFailedException", "The conditional request "
                  "failed", Item={"publicId": {"S": "x"}})
ROWS += [
    Row(["put", *T, "-f", "jsonl", "--if-absent"], "PutItem", pointer,
        {"else": Is(0, '^{"public_id":"x","status":"skipped"')},
        stdin=b'{"publicId":"x","a":"b"}\n',
        reply=CONDITION) for pointer in ("/Item", "/Item/publicId",
                                         "/Item/publicId/S", "/message")]

# DynamoDB: errors.

REFUSED = error("ValidationException", "why")
for name, args, call, status in (
        ("scan", ["scan", *T], "Scan", 3),
        ("list", ["table", "list"], "ListTables", 1),
        ("show", ["table", "show", "mini"], "DescribeTable", 1)):
    ROWS += [
        Row(args, call, "/__type", {
            "\"x\"": Is(3, None, "DynamoDB: x: why"),
            "else": Is(3, None, "DynamoDB: status 400 without an error's "
                       "name")}, reply=REFUSED, times=None),
        Row(args, call, "/message", {
            "\"x\"": Is(status, None, "DynamoDB: ValidationException: x\n"),
            "else": Is(status, None, "DynamoDB: ValidationException\n")},
            reply=REFUSED, times=None),
        Row(args, call, "/Message", {
            "\"x\"": Is(status, None, "DynamoDB: ValidationException: x\n"),
            "else": Is(status, None, "DynamoDB: ValidationException\n")},
            (("/message", None),), reply=REFUSED, times=None),
        Row([*args, "--max-attempts", "1"], call, "", {
            "else": Is(3, None, "DynamoDB: status 400 without an error's "
                       "name")}, reply=REFUSED, times=None, also="whole "),
    ]

# DynamoDB: lists of tables.

LIST = ["table", "list"]
ROWS += [
    Row(LIST, "ListTables", "/TableNames", {
        "[]": Is(0, "^t3\n$"), "else": at("/TableNames")}),
    Row(LIST, "ListTables", "/TableNames/0", {
        "absent": Is(0, "^t2\nt3\n$"), "\"x\"": Is(0, "^x\nt2\nt3\n$"),
        "else": at("/TableNames/*")}),
    Row(LIST, "ListTables", "/LastEvaluatedTableName", {
        "null \"\" absent": Is(0, "^t1\nt2\n$"),
        "{} [] true 7": at("/LastEvaluatedTableName")}),
    Row([*LIST, "--max-attempts", "1"], "ListTables", "", {
        "absent": Is(3, None, "the answer is not JSON"),
        "else": at("/TableNames")}),
]

# DynamoDB: tables.

SHOW = ["table", "show", "mini"]
FIRST = "/Table/GlobalSecondaryIndexes/0"
LOCAL = "/Table/LocalSecondaryIndexes/0"
STATUS = "/Table/TableStatus"
NO_STATUS = Is(3, None, "does not say the status of the table mini")
SHOWN = Is(0, "^table: mini\nstatus: ACTIVE\nkey: publicId \\(S\\)\ncapacity: "
           "5 read and 6 write units\nitems: 12 .*\nsize: 3456 bytes .*\n"
           "index byb: ACTIVE, key batch \\(S\\), projection ALL, 5 read and "
           "6 write units\nlocal index loc: ")


def show(pointer, meaning, **more):
    return Row(SHOW, "DescribeTable", pointer, meaning, **more)


def shows(line):
    return Is(0, "^" + line)


NO_TABLE_INDEX = Is(0, "^size: .*\nlocal index loc: .*\n$")
NO_LOCAL_INDEX = Is(0, "^index byb: .*\n$")
ROWS += [
    show("/Table", {"{}": NO_STATUS, "else": at("/Table")}),
    show(STATUS, {"\"x\"": shows("status: x\n"), "else": NO_STATUS}),
    show("/Table/KeySchema", {"else": shows("key: unknown\n")}),
    show("/Table/KeySchema/0", {"absent": shows("key: unknown\n"),
                                "else": at("/Table/KeySchema")}),
    show("/Table/KeySchema/0/AttributeName", {
        "\"x\"": shows("key: x \\(of an unknown type\\)\n"),
        "else": at("/Table/KeySchema")}),
    show("/Table/KeySchema/0/KeyType", {"else": at("/Table/KeySchema")}),
    *(show(pointer, {
        "else": shows("key: publicId \\(of an unknown type\\)\n")})
      for pointer in ("/Table/AttributeDefinitions",
                      "/Table/AttributeDefinitions/0",
                      "/Table/AttributeDefinitions/0/AttributeName")),
    show("/Table/AttributeDefinitions/0/AttributeType", {
        "\"x\"": shows("key: publicId \\(x\\)\n"),
        "else": shows("key: publicId \\(of an unknown type\\)\n")}),
    *(show(pointer, {"else": SHOWN})
      for pointer in ("/Table/TableName", "/Table/BillingModeSummary",
                      "/Table/BillingModeSummary/BillingMode")),
    show("/Table/ProvisionedThroughput", {
        "else": shows("capacity: unknown\n")}),
    *(show(f"/Table/ProvisionedThroughput/{name}CapacityUnits", {
        "7": shows("capacity: . read and . write units\n"),
        "else": shows("capacity: unknown\n")}) for name in ("Read", "Write")),
    show("/Table/ItemCount", {"7": shows("items: 7 "),
                              "else": shows("items: unknown\n")}),
    show("/Table/TableSizeBytes", {"7": shows("size: 7 bytes"),
                                   "else": shows("size: unknown\n")}),
    show("/Table/GlobalSecondaryIndexes", {"else": NO_TABLE_INDEX}),
    show(FIRST, {"absent": NO_TABLE_INDEX,
                 "else": at("/Table/GlobalSecondaryIndexes")}),
    show(FIRST + "/IndexName", {
        "\"x\"": shows("index x: ACTIVE"),
        "else": at("/Table/GlobalSecondaryIndexes")}),
    show(FIRST + "/IndexStatus", {
        "\"x\"": shows("index byb: x, key"),
        "else": shows("index byb: of an unknown status, key batch")}),
    show(FIRST + "/Backfilling", {
        "true": shows("index byb: ACTIVE \\(being filled\\)"),
        "else": shows("index byb: ACTIVE, ")}),
    *(show(FIRST + pointer, {
        "else": shows("index byb: ACTIVE, key batch \\(S\\), of an unknown "
                      "projection, 5 read")})
      for pointer in ("/Projection",)),
    show(FIRST + "/Projection/ProjectionType", {
        "\"x\"": shows("index byb: .*projection x, 5"),
        "else": shows("index byb: .*, of an unknown projection, 5")}),
    show(FIRST + "/ProvisionedThroughput", {
        "else": shows("index byb: .*, of an unknown capacity\n")}),
    show(FIRST + "/ProvisionedThroughput/ReadCapacityUnits", {
        "7": shows("index byb: .*, 7 read and 6 write units\n"),
        "else": shows("index byb: .*, of an unknown capacity\n")}),
    show(FIRST + "/KeySchema", {
        "else": shows("index byb: ACTIVE, of an unknown key, projection")}),
    show(FIRST + "/KeySchema/0", {
        "absent": shows("index byb: ACTIVE, of an unknown key, projection"),
        "else": at("/Table/*/*/KeySchema")}),
    show(FIRST + "/KeySchema/0/AttributeName", {
        "\"x\"": shows("index byb: ACTIVE, key x \\(of an unknown type\\)"),
        "else": at("/Table/*/*/KeySchema")}),
    show(FIRST + "/KeySchema/0/KeyType", {
        "else": at("/Table/*/*/KeySchema")}),
    show("/Table/LocalSecondaryIndexes", {"else": NO_LOCAL_INDEX}),
    show(LOCAL, {"absent": NO_LOCAL_INDEX,
                 "else": at("/Table/LocalSecondaryIndexes")}),
    show(LOCAL + "/IndexName", {
        "\"x\"": shows("local index x: "),
        "else": at("/Table/LocalSecondaryIndexes")}),
    show("/Table/Replicas", {"else": SHOWN}),
]

# The same for those who go by it.
NO_KEY = Is(3, None, "does not say the key of the table mini")
NO_TYPE = Is(3, None, "does not say the type of the key publicId")
for args, stdin, out in ((["scan", *T, "-f", "jsonl"], b"", f"^{ALL}$"),
                         (["query", *T, "-f", "jsonl", "a"], b"", f"^{ALL}$"),
                         (["put", *T, "-f", "jsonl"], PUT_IN, ROWS_STORED)):
    ROWS += [
        Row(args, "DescribeTable", "/Table", {"{}": NO_KEY,
                                              "else": at("/Table")},
            stdin=stdin),
        Row(args, "DescribeTable", STATUS, {"else": Is(0, out)}, stdin=stdin),
        Row(args, "DescribeTable", "/Table/KeySchema", {"else": NO_KEY},
            stdin=stdin),
        Row(args, "DescribeTable", "/Table/AttributeDefinitions",
            {"else": NO_TYPE}, stdin=stdin)]
ROWS += [
    Row(["query", *T, "--index", "byb", "v"], "DescribeTable",
        FIRST + "/KeySchema",
        {"else": Is(3, None, "does not say the key of the index byb")}),
    Row(["query", *T, "--index", "byb", "v"], "DescribeTable",
        "/Table/AttributeDefinitions/1",
        {"else": Is(3, None, "does not say the type of the key batch")}),
]
for args in (["get", *T], ["run", *T]):
    ROWS += [
        Row(args, "DescribeTable", "/Table/KeySchema", {
            "else": Is(3, None, "does not say the key of the table")},
            stdin=["a"]),
        Row(args, "DescribeTable", "/Table/AttributeDefinitions", {
            "else": Is(3, None, "does not say the type of the key")},
            stdin=["a"]),
        Row(args, "DescribeTable", STATUS, {
            "\"x\"": Is(2, None, "not ready: its status is x"),
            "else": NO_STATUS}, stdin=["a"])]
ROWS += [
    Row(["check", *T], "DescribeTable", "/Table", {
        "{}": Is(1, "^FAIL table: DynamoDB: .*does not say the status of"),
        "else": Is(1, "^FAIL table: DynamoDB: its answer is not understood "
                   "at /Table")}),
    Row(["check", *T], "DescribeTable", "/Table/ProvisionedThroughput", {
        "else": Is(0, "^ok   table: mini is ACTIVE, by publicId \\(S\\), of "
                   "an unknown capacity\n")}),
    Row(["check", *T], "DescribeTable", "/Table/KeySchema", {
        "else": Is(1, "^FAIL table: DynamoDB: .*does not say the key of")}),
    Row(["table", "delete", "mini"], "DescribeTable", "/Table/ItemCount", {
        "7": Is(2, None, "all its items: 7 of them, 3456 bytes"),
        "else": Is(2, None, "all its items: DynamoDB does not say how many; "
                   "--yes")}),
    Row(["table", "delete", "mini"], "DescribeTable",
        "/Table/TableSizeBytes", {
        "7": Is(2, None, "all its items: 12 of them, 7 bytes"),
        "else": Is(2, None, "all its items: 12 of them, when")}),
    Row(["table", "capacity", "mini", "--read", "5", "--write", "6"],
        "DescribeTable", "/Table/ProvisionedThroughput", {
        "else": Is(0, None, "to 5 read and 6 write units: begun")}),
    Row(["table", "create", "mini", "--read", "5", "--write", "6"],
        "DescribeTable", "/Table/ProvisionedThroughput", {
        "else": Is(2, None, "its capacity is unknown")}),
    Row(["table", "create", "mini"], "DescribeTable", "/Table/KeySchema", {
        "else": Is(2, None, "exists already, but with the key unknown")}),
    Row(["table", "index", "mini", "add", "new", "-k", "c"],
        "DescribeTable", "/Table/ProvisionedThroughput", {
        "else": Is(2, None, "capacity of the table mini is unknown: give "
                   "--read and --write")}),
    Row(["table", "index", "mini", "add", "byb", "-k", "batch"],
        "DescribeTable", FIRST + "/KeySchema", {
        "else": Is(2, None, "exists already, but with the key unknown")}),
    Row(["table", "index", "mini", "add", "byb", "-k", "batch", "--wait"],
        "DescribeTable", FIRST + "/IndexStatus", {
        "null {} [] \"\" absent 7":
        Is(3, None, "does not say the status of its index byb")},
        times=None),
    Row(["table", "create", "mini", "-k", "publicId", "--wait"],
        "DescribeTable", STATUS, {
        "\"x\"": Is(1, None, "is x, and so will not be ready"),
        "else": NO_STATUS}, times=None),
    *(Row(args, call, "", {
        "absent": Is(3, None, "the answer is not JSON"),
        "else": Is(0, None, "begun")}, times=None, also="whole ")
      for args, call in (
          (["table", "create", "made", "--max-attempts", "1"], "CreateTable"),
          (["table", "delete", "mini", "--yes", "--max-attempts", "1"],
           "DeleteTable"),
          (["table", "capacity", "mini", "--on-demand", "--max-attempts",
            "1"], "UpdateTable"))),
]
CELLS = [pytest.param(row, kind, meaning, id=f"{row.name()} {kind}")
         for row in ROWS for kind, meaning in row.cells().items()]

# What no sentence has: a value that is none, or an empty name.
NEVER = re.compile(
    r'(?<!")\bnull\b'
    r"|(?<![\w-])-1\b|AddressSanitizer|runtime error|\(nil\)|\(null\)"
    r"|: :|: *$|, ,| ,|\bis *$|\(\)|, *$", re.M)


def prepare(cloudinary, mini):
    mini.backend = Paged()
    cloudinary.add(Image("a", "TEXT", tags=("t",)))
    cloudinary.add(Image("b", "TEXT", tags=("t",)))


def expect(done, meaning, out_may=False):
    said = f"{done.returncode}\n{done.stdout.decode()}\n{done.stderr}"
    assert done.returncode == meaning.status, said
    # the one line that is a heading
    lines = done.stderr.replace("ocrdyn: no AWS credentials:\n", "", 1)
    assert not NEVER.search(lines), said
    assert re.search(meaning.err, done.stderr), said
    if meaning.out is None:
        assert done.stdout == b"", said
    else:
        assert re.search(meaning.out, done.stdout.decode(), re.M), said
        assert out_may or not NEVER.search(done.stdout.decode()), said


@pytest.mark.parametrize("row, kind, meaning", CELLS)
def test_a_value_of_an_answer(cloudinary, mini, ocrdyn, row, kind, meaning):
    prepare(cloudinary, mini)
    server = mini if row.call[0].isupper() else cloudinary
    fault = server.faults.add(
        call=row.call, when="after", times=row.times, reply=row.reply,
        edit=changed(*row.base, (row.pointer, KINDS[kind])))
    done = ocrdyn(row.args, row.stdin)
    assert fault.hits, done.stderr
    expect(done, meaning, out_may="jsonl" in row.args)
    for call, n in meaning.calls.items():
        assert server.calls[call] == n


# ---------------------------------------------- values that are kept or saved

@pytest.mark.parametrize("kind, typed", [
    ("null", {"NULL": True}), ("{}", {"M": {}}), ("[]", {"L": []}),
    ('""', {"S": ""}), ("absent", None), ("true", {"BOOL": True}),
    ("7", {"N": "7"})])
def test_a_value_that_is_stored_keeps_its_kind(cloudinary, mini, ocrdyn, kind,
                                               typed):
    prepare(cloudinary, mini)
    cloudinary.faults.add(call="update", when="after",
                          edit=changed(("/etag", KINDS[kind])))
    done = ocrdyn(["-t", "mini", "-a", "e=/etag"], ["a"])
    assert done.returncode == 0, done.stderr
    assert mini.backend.tables["mini"]["a"].get("e") == typed


@pytest.mark.parametrize("kind, out", [
    ("null", "null\n"), ("{}", "{}\n"), ("[]", "[]\n"), ('""', "\n"),
    ("absent", None), ("true", "true\n"), ("7", "7\n")])
def test_a_value_of_a_saved_answer(ocrdyn, tmp_path, kind, out):
    saved = {"a": {"b": KINDS[kind]}} if kind != "absent" else {"a": {}}
    (tmp_path / "saved").write_text(json.dumps(saved))
    done = ocrdyn(["extract", "--pointer", "/a/b", "saved"])
    if out is None:
        assert (done.returncode, done.stdout) == (1, b"")
        assert done.stderr == "ocrdyn: saved: no value at /a/b\n"
    else:
        assert (done.returncode, done.stdout.decode()) == (0, out)


# A page without text, as Google's own client for Node writes it: all members
# are there, the unused ones as null or [].
NODE = {name: [] for name in (
    "faceAnnotations", "landmarkAnnotations", "logoAnnotations",
    "labelAnnotations", "textAnnotations", "localizedObjectAnnotations")}
NODE |= {name: None for name in (
    "safeSearchAnnotation", "imagePropertiesAnnotation", "error",
    "cropHintsAnnotation", "fullTextAnnotation", "webDetection",
    "productSearchResults", "context")}


@pytest.mark.parametrize("page, text", [
    (NODE, ""), ({**NODE, "error": {"code": 7, "message": ""}}, None),
    ({**NODE, "faceAnnotations": [{"angle": 0}]}, None),
    ({**NODE, "fullTextAnnotation": {"pages": [], "text": ""}}, ""),
    ({**NODE, "textAnnotations": [{"description": "T"}]}, "T\n"),
    ({**NODE, "fullTextAnnotation": {"text": "T"}}, "T\n"),
    ({**NODE, "textAnnotations": [{"description": "",
                                   "boundingPoly": None}],
      "fullTextAnnotation": {"text": "T"}}, "T\n")])
def test_a_page_that_has_all_members(ocrdyn, tmp_path, page, text):
    saved = {"info": {"ocr": {"adv_ocr": {"status": "complete",
                                          "data": [page]}}}}
    (tmp_path / "saved").write_text(json.dumps(saved))
    done = ocrdyn(["extract", "saved"])
    if text is None:
        assert done.returncode == 1 and "is not understood" in done.stderr
    else:
        assert (done.returncode, done.stdout.decode()) == (0, text)


# ------------------------------------------------------------- credentials

NO_KEYS = Is(2, None, "no AWS credentials")
KEYS_FOUND = Is(0, "^a\tcomplete")


def no(what):
    return Is(2, None, f"there is no {what}")


def empty(what):
    return Is(2, None, f"the {what} is empty")


def wrong(what):
    return Is(2, None, f"the {what} is not a string")


TIME = Is(2, None, r'their expiration "(x|null|{})?" is not a time')
NOT_A_SET = Is(2, None, "there is no access key id")
KEY_CELLS = {
    "AccessKeyId": {"null absent": no("access key id"),
                    "\"\"": empty("access key id"),
                    "{} [] true 7": wrong("access key id")},
    "SecretAccessKey": {"null absent": no("secret access key"),
                        "\"\"": empty("secret access key"),
                        "{} [] true 7": wrong("secret access key")},
    "Token": {"{} [] true 7": wrong("session token"),
              # without its token the key is one that nobody knows
              "null \"\" absent": Is(3, None, "UnrecognizedClient")},
    "Expiration": {"null absent": KEYS_FOUND,
                   "{} [] true 7": Is(2, None, "expiration is not a string"),
                   "\"\" \"x\"": TIME},
    "": {"absent": Is(2, None, "is not JSON"), "else": NOT_A_SET},
}
IMDS_ONLY = {
    "Code": {"null {} [] \"\" absent": KEYS_FOUND,
             "\"x\"": Is(2, None, "no keys of .*: x without a reason")},
    "Message": {"else": KEYS_FOUND},
}
NO_VERSION = Is(2, None, 'printed JSON without "Version": 1')
PROCESS_ONLY = {
    "Version": {"null absent": NO_VERSION,
                "else": Is(2, None, '"Version" other than the number 1')},
    "": {"absent": Is(2, None, "cat printed nothing"), "else": NO_VERSION},
}


def source_cells():
    for source, more in (("container", {}), ("instance", IMDS_ONLY),
                         ("process", PROCESS_ONLY)):
        for name, meaning in {**KEY_CELLS, **more}.items():
            row = Row([], source, name, meaning)
            for kind, is_ in row.cells().items():
                if source == "process" and name == "Token":
                    # any keys will do for this stand-in's table
                    is_ = is_ if is_.status == 2 else KEYS_FOUND
                yield pytest.param(source, name, kind, is_,
                                   id=f"{source} /{name} {kind}")


@pytest.mark.parametrize("source, name, kind, meaning", source_cells())
def test_a_value_of_an_answer_with_keys(world, tmp_path,  # noqa: F811
                                        source, name, kind, meaning):
    key = "SessionToken" if (source, name) == ("process", "Token") else name
    edit = changed((f"/{key}" if key else "", KINDS[kind]))
    world.mini.refused = Ignored()   # keys without their token
    if source == "container":
        world.ecs.faults.add(call="credentials", when="after", edit=edit,
                             times=None)
        env = world.use_container()
    elif source == "instance":
        folder = "/latest/meta-data/iam/security-credentials/"
        world.imds.faults.add(call=f"GET {folder}ocr-role", when="after",
                              edit=edit, times=None)
        env = world.use_instance()
    else:
        keys = {"Version": 1, "AccessKeyId": "AKIDSTANDIN",
                "SecretAccessKey": "wJalr/standin+SECRET"}
        body = edit(Response(200, json.dumps(keys).encode())).body
        (tmp_path / "answer").write_bytes(body)
        world.files(config="[default]\ncredential_process = cat "
                    f"{tmp_path}/answer\n")
        env = {}
    expect(world.run(env), meaning)


class Ignored(list):
    """A list that stays empty."""

    def append(self, value):
        pass


@pytest.mark.parametrize("words", ["null", "{}", "[]", "", "true"])
def test_a_role_name_of_instance_metadata(world, words):  # noqa: F811
    world.imds.faults.add(
        call="GET /latest/meta-data/iam/security-credentials/",
        when="after", reply=Response(200, words.encode()))
    done = world.run(world.use_instance())
    assert done.returncode == 2 and done.stdout == b""
    assert ("the instance's role has no name" if words == "" else
            f"status 404 for /latest/meta-data/iam/security-credentials/{words}"
            ) in done.stderr


XML = {"no element": "", "an empty one": "<{0}></{0}>", "a short one":
       "<{0}/>", "the word null": "<{0}>null</{0}>", "{}": "<{0}>{{}}</{0}>"}


@pytest.mark.parametrize("kind", XML)
@pytest.mark.parametrize("name", ["AccessKeyId", "SecretAccessKey",
                                  "SessionToken", "Expiration"])
def test_an_element_of_sts(world, name, kind):  # noqa: F811
    def edit(response):
        body = re.sub(f"<{name}>.*</{name}>", XML[kind].format(name),
                      response.body.decode())
        return Response(response.status, body.encode(), response.headers)

    world.sts.faults.add(call="AssumeRole", when="after", edit=edit)
    world.mini.refused = Ignored()
    world.files("[u]\naws_access_key_id = AKIDUSER\naws_secret_access_key = "
                "user/secret\n", "[default]\nsource_profile = u\nrole_arn = "
                "arn:aws:iam::123456789012:role/ocr\n")
    done = world.run()
    there = kind in ("the word null", "{}")
    what = {"AccessKeyId": "access key id",
            "SecretAccessKey": "secret access key"}.get(name)
    if name == "Expiration":
        expect(done, TIME if there or kind == "an empty one" else KEYS_FOUND)
    elif what and not there:
        expect(done, (empty if kind == "an empty one" else no)(what))
    else:                        # keys, but not the right ones
        expect(done, Is(3, None, "UnrecognizedClient|InvalidSignature"))


@pytest.mark.parametrize("kind", XML)
@pytest.mark.parametrize("name", ["Code", "Message"])
def test_an_element_of_an_error_of_sts(world, name, kind):  # noqa: F811
    body = ("<ErrorResponse><Error><Code>AccessDenied</Code><Message>why"
            "</Message></Error></ErrorResponse>")
    body = re.sub(f"<{name}>.*</{name}>", XML[kind].format(name), body)
    world.sts.faults.add(call="AssumeRole", reply=Response(403, body.encode()))
    world.files("[u]\naws_access_key_id = AKIDUSER\naws_secret_access_key = "
                "user/secret\n", "[default]\nsource_profile = u\nrole_arn = "
                "arn:aws:iam::123456789012:role/ocr\n")
    done = world.run()
    assert done.returncode == 2
    said = {"Code": "AccessDenied", "Message": "why"}
    said[name] = {"the word null": "null", "{}": "{}"}.get(kind, "")
    assert "STS refuses: status 403" + (said["Code"] and ", " + said["Code"]) \
        + (said["Message"] and ": " + said["Message"]) + "\n" in done.stderr


# ------------------------------------------------------ loops over the pages

class Endless(Paged):
    """Pages without an end: `places` gives where each one leads."""

    def __init__(self, places):
        super().__init__()
        self.places = places

    def _Scan(self, request):
        return {"Items": [{"publicId": {"S": "x"}}] * 20, "ScannedCount": 20,
                "LastEvaluatedKey": {"publicId": {"S": next(self.places)}}}

    _Query = _Scan

    def _ListTables(self, request):
        return {"TableNames": [f"table-{i}" for i in range(20)],
                "LastEvaluatedTableName": next(self.places)}


def walk(lead=10 ** 9, length=1):
    """Places: `lead` different ones, then a circle of `length`."""
    n = 0
    while True:
        at = n if n < lead else lead + (n - lead) % length
        yield f"place-{at}"
        n += 1


PAGES = {
    "list": ("list", ["list"]),
    "list --search": ("search", ["list", "--search", "type:upload"]),
    "scan": ("Scan", ["scan", *T]),
    "scan of one item a page": ("Scan", ["scan", *T, "-f", "jsonl"]),
    "query": ("Query", ["query", *T, "a"]),
    "table list": ("ListTables", ["table", "list"]),
}
LOOPS = pytest.mark.parametrize("call, args", PAGES.values(), ids=PAGES)


def endless(cloudinary, mini, call, places):
    """Makes the pages of that call endless; returns their server."""
    if call not in ("list", "search"):
        mini.backend = Endless(places)
        return mini

    def edit(response):
        page = {"resources": [{"public_id": "x"}] * 20,
                "next_cursor": next(places)}
        return Response(200, json.dumps(page).encode(), response.headers)

    cloudinary.quota.set(limit=10 ** 6)
    cloudinary.faults.add(call=call, times=None,
                          reply=Response(200), edit=edit)
    return cloudinary


@pytest.mark.parametrize("lead, length", [(0, 1), (0, 2), (1, 1), (5, 1),
                                          (3, 2), (2, 7), (0, 30)])
@LOOPS
def test_pages_that_go_in_a_circle_end(cloudinary, mini, ocrdyn, call, args,
                                       lead, length):
    server = endless(cloudinary, mini, call, walk(lead, length))
    done = ocrdyn(args)
    assert done.returncode == 3, done.stderr
    assert re.search("goe?s? in a circle", done.stderr)
    assert lead + length < server.calls[call] <= 4 * (lead + length) + 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@LOOPS
def test_endless_pages_end_on_a_signal(cloudinary, mini, ocrdyn, call, args,
                                       number):
    server = endless(cloudinary, mini, call, walk())
    process = ocrdyn.start(args, stdout=subprocess.DEVNULL,
                           stdin=subprocess.DEVNULL)
    wait_for(lambda: server.calls[call] >= 5)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == -number, said
    assert b"Sanitizer" not in said


@LOOPS
def test_endless_pages_end_where_nobody_reads_them(cloudinary, mini, ocrdyn,
                                                   call, args):
    server = endless(cloudinary, mini, call, walk())
    process = ocrdyn.start(args, stdin=subprocess.DEVNULL)
    wait_for(lambda: server.calls[call] >= 1)
    process.stdout.close()
    said = process.stderr.read().decode()
    assert process.wait(60) == 4, said
    assert f"cannot write standard output: {os.strerror(errno.EPIPE)}" in said


@LOOPS
def test_endless_pages_end_where_the_disk_is_full(cloudinary, mini, ocrdyn,
                                                  call, args):
    endless(cloudinary, mini, call, walk())
    with open("/dev/full", "wb") as full:
        process = ocrdyn.start(args, stdin=subprocess.DEVNULL, stdout=full)
    said = process.stderr.read().decode()
    assert process.wait(60) == 4, said
    assert f"cannot write standard output: {os.strerror(errno.ENOSPC)}" in said


@LOOPS
def test_endless_pages_end_at_the_limit_of_a_file(cloudinary, mini, ocrdyn,
                                                  tmp_path, call, args):
    endless(cloudinary, mini, call, walk())

    def small():
        resource.setrlimit(resource.RLIMIT_FSIZE, (10000, 10000))

    with open(tmp_path / "out", "wb") as out:
        process = ocrdyn.start(args, stdin=subprocess.DEVNULL, stdout=out,
                               preexec_fn=small)
    said = process.stderr.read().decode()
    assert process.wait(60) == 4, said


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it does not come to that"
        time.sleep(0.01)


# Batches of which something is always left.

class Left(Paged):
    """Of each batch some are left, as `which` says: of the numbers of the
    call and of an entry. All of them are done all the same."""

    def __init__(self, which):
        super().__init__()
        self.which, self.asked = which, 0

    def _left(self, batch):
        self.asked += 1
        return [entry for i, entry in enumerate(batch)
                if self.which(self.asked, i)]

    def _BatchGetItem(self, request):
        answer = super()._BatchGetItem(request)
        keys = self._left(request["RequestItems"]["mini"]["Keys"])
        if keys:
            answer["UnprocessedKeys"] = {"mini": {"Keys": keys}}
        return answer

    def _BatchWriteItem(self, request):
        answer = super()._BatchWriteItem(request)
        left = self._left(request["RequestItems"]["mini"])
        return {**answer, **({"UnprocessedItems": {"mini": left}} if left
                             else {})}


class Returning(Left):
    """What is left comes and goes: of the first two entries that there ever
    were, both and one by turns, whatever was asked for."""

    def __init__(self):
        super().__init__(None)
        self.first = None

    def _left(self, batch):
        self.asked += 1
        self.first = self.first or list(batch)
        return self.first[:2] if self.asked % 2 else self.first[1:2]


BATCHES = {
    "get": ("BatchGetItem", GET, b"a\nb\nc\n"),
    "delete": ("BatchWriteItem", ["delete", *T], b"a\nb\nc\n"),
    "delete, looking": ("BatchGetItem", ["delete", *T], b"a\nb\nc\n"),
    "put": ("BatchWriteItem", PUT, PUT_IN),
    "run --skip-stored": ("BatchGetItem", [*T, "--skip-stored"], b"a\nb\n"),
}
BATCH = pytest.mark.parametrize("call, args, stdin", BATCHES.values(),
                                ids=BATCHES)


def only(call, left):
    """A backend in which that call alone leaves something."""
    other = "BatchGetItem" if call == "BatchWriteItem" else "BatchWriteItem"
    setattr(left, "_" + other, getattr(Paged, "_" + other).__get__(left))
    return left


@pytest.mark.parametrize("which", [lambda n, i: True, lambda n, i: i == 0,
                                   lambda n, i: n % 2 == i], ids=[
    "all", "the first", "by turns"])
@BATCH
def test_what_is_left_of_a_batch_is_not_asked_for_for_ever(
        mini, cloudinary, ocrdyn, call, args, stdin, which):
    mini.backend = only(call, Left(which))
    for name in "ab":
        cloudinary.add(Image(name, "TEXT"))
    done = ocrdyn([*args, "--max-attempts", "3"], stdin)
    assert mini.calls[call] <= 12
    if done.returncode != 0:
        assert done.returncode == 3
        assert "leaves a part of a batch unprocessed" in done.stderr


@BATCH
def test_what_is_left_of_a_batch_never_grows(mini, cloudinary, ocrdyn, call,
                                             args, stdin):
    mini.backend = only(call, Returning())
    for name in "ab":
        cloudinary.add(Image(name, "TEXT"))
    done = ocrdyn([*args, "--max-attempts", "4"], stdin)
    assert mini.calls[call] <= 12
    assert done.returncode == 3
    assert "leaves a part of a batch unprocessed" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@BATCH
def test_a_wait_for_what_is_left_ends_on_a_signal(
        mini, cloudinary, ocrdyn, call, args, stdin, number):
    mini.backend = only(call, Left(lambda n, i: True))
    process = ocrdyn.start([*args, "--max-attempts", "1000"])
    process.stdin.write(stdin)
    process.stdin.close()
    wait_for(lambda: mini.calls[call] >= 2)
    before = mini.calls[call]
    process.send_signal(number)
    said = process.stderr.read()
    assert process.wait(60) == -number, said
    assert mini.calls[call] <= before + 1


# Waits for tables and indexes.

WAITS = {
    "create": (["create", "mini", "-k", "publicId"], "CREATING"),
    "capacity": (["capacity", "mini", "--on-demand"], "UPDATING"),
    "delete": (["delete", "mini", "--yes"], "DELETING"),
    "index add": (["index", "mini", "add", "new", "-k", "c"], "UPDATING"),
    "index drop": (["index", "mini", "drop", "byb"], "UPDATING"),
}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("args, status", WAITS.values(), ids=WAITS)
def test_a_wait_for_a_table_ends_on_a_signal(mini, ocrdyn, args, status,
                                             number):
    mini.backend = Paged()
    mini.faults.add(call="DescribeTable", when="after", times=None,
                    edit=changed(("/Table/TableStatus", status)))
    process = ocrdyn.start(["table", *args, "--wait"])
    wait_for(lambda: mini.calls["DescribeTable"] >= 3)
    process.send_signal(number)
    said = process.stderr.read()
    assert process.wait(60) == -number, said
