"""What is stored is what was given: random items of all types and depths go
into a table and out of it again, and are compared, item by item, with what
boto3 reads from DynamoDB Local.

The generator is seeded: once with 1, and once with a seed of its own for each
run, which a failure prints; OCRDYN_SEED=N repeats it.
"""

import json
import os
import random
import uuid
from decimal import Decimal

import pytest

from peers.server import Response

SEEDS = ["fixed", "random"]

# A piece of each class of character that a format, a tokenizer or a terminal
# may take for something else.
PIECES = [
    "", "a", "B7", " ", "\t", "\n", "\r\n", "\x00", "\x01", "\x1b[31m", "\x1f",
    '"', "\\", "\\\\n", "\\u0041", "/", "'", ",", ";", ":", "{", "}", "[]",
    "\x7f", "\x80", "\x85", "\x9b2J", "\x9f", "\xa0", "\u00e9", "e\u0301",
    "\u0300", "\u200d", "\u2028", "\u2029", "\u202e", "\ufeff", "\ufffd",
    "\ufffe", "\uffff", "\ud7ff", "\ue000", "\U0001f600", "\U0001f468\u200d"
    "\U0001f4bb", "\U00010000", "\U0010ffff", "\u05e9\u05dc", "\\N", "null",
    "true", "1", "-0", "~0", "~1", "*", "#", "%00", "=1+1", "\u00df\u1e9e"]

NUMBERS = ["0", "-0", "0.0", "0e5", "0E-9", "1", "-1", "10", "1.50", "1e5",
           "1E+5", "1e-5", "-2.5E-100", "123456789012345678901234567890.12345",
           "12345678901234567890123456789012345678",
           "-0.12345678901234567890123456789012345678", "1e125", "9.99e125",
           "-9.9999999999999999999999999999999999999E+125", "1E-130",
           "-1e-130", "100000000000000000000000000000000000000000", "0.1",
           "1e0", "1e00", "1.000000000000000000000000000000000000000"]


class Maker:
    """Makes texts, names, values and items."""

    def __init__(self, seed):
        self.rnd = random.Random(seed)

    def text(self, most=6):
        rnd = self.rnd
        if rnd.random() < 0.02:
            return rnd.choice(PIECES) * rnd.randint(1, 3000)
        return "".join(rnd.choices(PIECES, k=rnd.randint(0, most)))

    def identity(self, i):
        """A key, different for each i."""
        return "".join(self.rnd.choices(PIECES, k=self.rnd.randint(0, 9))) \
            + str(i)

    def name(self, taken=()):
        """A name that is not empty, and not among those that are taken."""
        while True:
            name = self.text(3)
            if name and name not in taken:
                return name

    def number(self):
        rnd = self.rnd
        if rnd.random() < 0.5:
            return rnd.choice(NUMBERS)
        digits = str(rnd.randint(1, 10 ** rnd.randint(1, 38) - 1))
        cut = rnd.randint(1, len(digits))
        return rnd.choice(["", "-"]) + digits[:cut] + (
            "." + digits[cut:] if cut < len(digits) else "") + rnd.choice(
                ["", "", f"e{rnd.randint(-60, 60)}", f"E+{rnd.randint(0, 9)}"])

    def binary(self):
        return self.rnd.randbytes(self.rnd.choice([0, 1, 2, 3, 4, 50]))

    def some(self, make, key=lambda value: value, least=1):
        """A list of different things."""
        found = {}
        for _ in range(self.rnd.randint(least, 4)):
            value = make()
            found[key(value)] = value
        return list(found.values())

    def value(self, kinds, depth):
        """A value of one of these types, with containers at most so deep."""
        rnd = self.rnd
        kind = rnd.choice([k for k in kinds if depth > 0 or k not in "LM"])
        if kind == "S":
            return {"S": self.text()}
        if kind == "N":
            return {"N": self.number()}
        if kind == "B":
            return {"B": self.binary()}
        if kind == "BOOL":
            return {"BOOL": rnd.random() < 0.5}
        if kind == "NULL":
            return {"NULL": True}
        if kind == "SS":
            return {"SS": self.some(self.text)}
        if kind == "NS":
            return {"NS": self.some(self.number, Decimal)}
        if kind == "BS":
            return {"BS": self.some(self.binary)}
        if kind == "L":
            return {"L": [self.value(kinds, depth - 1)
                          for _ in range(rnd.randint(0, 4))]}
        return {"M": self.members(kinds, depth - 1, rnd.randint(0, 5))}

    def members(self, kinds, depth, n, taken=()):
        names = []
        for _ in range(n):
            names.append(self.name([*taken, *names]))
        return {name: self.value(kinds, depth) for name in names}

    def deep(self, kinds, levels):
        """Containers in containers, with something before and behind each."""
        value = self.value(kinds, 0)
        for _ in range(levels):
            before, behind = self.value(kinds, 0), self.value(kinds, 0)
            a, b, c = (self.name([]) + str(i) for i in range(3))
            value = self.rnd.choice([
                {"L": [before, value, behind]},
                {"M": {a: before, b: value, c: behind}}])
        return value

    def items(self, kinds, n=60, key="publicId"):
        made = {}
        for i in range(n):
            identity = self.identity(i)
            item = {key: {"S": identity},
                    **self.members(kinds, 3, self.rnd.randint(0, 6), [key])}
            if i % 4 == 0:
                item["deep"] = self.deep(kinds, 31)
            made[identity] = item
        return made


JSON_KINDS = ["S", "N", "BOOL", "NULL", "L", "M"]
ALL_KINDS = [*JSON_KINDS, "B", "SS", "NS", "BS"]


@pytest.fixture(params=SEEDS)
def maker(request):
    seed = 1
    if request.param == "random":
        seed = int(os.environ.get("OCRDYN_SEED") or
                   random.SystemRandom().randrange(1 << 32))
    print(f"OCRDYN_SEED={seed}")
    return Maker(seed)


def as_json(value, rnd):
    """A typed value as JSON has it, by itself; numbers as they are written."""
    (kind, inner), = value.items()
    if kind == "S":
        return json.dumps(inner, ensure_ascii=rnd.random() < 0.5)
    if kind == "N":
        return inner
    if kind == "NULL":
        return "null"
    if kind == "L":
        return "[" + ",".join(as_json(item, rnd) for item in inner) + "]"
    if kind == "M":
        return object_json(inner, rnd)
    return json.dumps(inner)


def object_json(members, rnd):
    space = rnd.choice(["", "", " ", "\t"])
    return "{" + ("," + space).join(
        json.dumps(name, ensure_ascii=rnd.random() < 0.5) + space + ":" +
        space + as_json(value, rnd) for name, value in members.items()) + "}"


def canonical(value):
    """The same for values that DynamoDB holds equal."""
    (kind, inner), = value.items()
    if kind == "N":
        return kind, Decimal(inner)
    if kind == "NS":
        return kind, sorted(map(Decimal, inner))
    if kind in ("SS", "BS"):
        return kind, sorted(inner)
    if kind == "L":
        return kind, [canonical(item) for item in inner]
    if kind == "M":
        return kind, {name: canonical(item) for name, item in inner.items()}
    return kind, inner


def compare(found, wanted):
    """Item by item, attribute by attribute: a difference is told small."""
    assert sorted(found) == sorted(wanted)
    for identity, item in wanted.items():
        assert sorted(found[identity]) == sorted(item), repr(identity)
        for name, value in item.items():
            assert canonical(found[identity][name]) == canonical(value), \
                (identity, name)


@pytest.fixture
def tables(admin):
    """tables() makes an empty table and gives its name."""
    made = []

    def make():
        made.append(f"ocr-{uuid.uuid4().hex[:12]}")
        admin.create_table(
            TableName=made[-1], BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "publicId",
                                   "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "publicId", "KeyType": "HASH"}])
        return made[-1]
    yield make
    for name in made:
        admin.delete_table(TableName=name)


@pytest.fixture
def read(admin):
    """read(table) gives its typed items by publicId."""
    def scan(table):
        return {item["publicId"]["S"]: item
                for page in admin.get_paginator("scan").paginate(
                    TableName=table, ConsistentRead=True)
                for item in page["Items"]}
    return scan


@pytest.fixture
def fill(admin):
    """fill(table, items) stores them by boto3."""
    def store(table, items):
        items = list(items.values())
        for start in range(0, len(items), 25):
            left = {table: [{"PutRequest": {"Item": item}}
                            for item in items[start:start + 25]]}
            while left:
                left = admin.batch_write_item(
                    RequestItems=left)["UnprocessedItems"]
    return store


def without_nul(items):
    """JSON Lines' attributes have no NUL in their own names (nested ones
    may): ocrdyn says so of a record."""
    return {identity: {name.replace("\0", "NUL"): value
                       for name, value in item.items()}
            for identity, item in items.items()}


# In.

def test_put_stores_json_lines_as_they_are(dynamodb, tables, read, maker,
                                           ocrdyn):
    table = tables()
    items = without_nul(maker.items(JSON_KINDS))
    lines = "".join(object_json(item, maker.rnd) + "\n"
                    for item in items.values())
    done = ocrdyn(["put", "-t", table, "-f", "jsonl"], lines.encode())
    assert done.returncode == 0, done.stderr
    compare(read(table), items)


def test_a_run_stores_picked_values_as_they_are(cloudinary, dynamodb, tables,
                                                read, maker, ocrdyn):
    """Each value has a name of its own, and comes as a member of the answer,
    which is picked by a JSON Pointer."""
    from peers.cloudinary import Image
    table = tables()
    for i in range(12):
        cloudinary.add(Image(f"image{i}", text="text"))
        values = {f"v{k}": maker.value(JSON_KINDS, 4) for k in range(10)}
        values["object"] = {"M": maker.members(JSON_KINDS, 3, 5)}
        values["deep"] = maker.deep(JSON_KINDS, 31)
        new = object_json(values, maker.rnd)

        def edit(response, new=new):
            body = response.body.decode().rstrip()
            assert body.endswith("}")
            return Response(200, (body[:-1] + f', "new": {new}}}').encode(),
                            response.headers)
        cloudinary.faults.add(call="update", when="after", edit=edit)
        pointers = [word for name in values
                    for word in ("-a", f"{name}=/new/{name}")]
        done = ocrdyn(["-qt", table, *pointers], [f"image{i}"])
        assert done.returncode == 0, done.stderr
        wanted = {"publicId": {"S": f"image{i}"}, "text": {"S": "text"},
                  **values}
        compare({i: read(table)[f"image{i}"]}, {i: wanted})


# In, by boto3, out in a format that keeps types, and in again.

KINDS = {"jsonl": JSON_KINDS, "dynamodb": ALL_KINDS}


def ids_of(items):
    return "".join(identity + "\0" for identity in items).encode()


COPIES = {
    "scan": lambda ocrdyn, table, form, items: ocrdyn(
        ["scan", "-t", table, "-f", form]),
    "scan -0": lambda ocrdyn, table, form, items: ocrdyn(
        ["scan", "-0t", table, "-f", form]),
    "query": lambda ocrdyn, table, form, items: ocrdyn(
        ["query", "-0t", table, "-f", form], ids_of(items)),
    "get": lambda ocrdyn, table, form, items: ocrdyn(
        ["get", "-0t", table, "-f", form], ids_of(items)),
}


@pytest.mark.parametrize("copy, form", [
    (copy, form) for copy in COPIES for form in KINDS
    if (copy, form) != ("get", "jsonl")])
def test_a_copy_of_a_table_is_equal(dynamodb, tables, read, fill, maker,
                                    ocrdyn, copy, form):
    """(In JSON Lines get prints rows of a run: it is not among these.) An id
    in a list that NUL ends has no NUL."""
    here, there = tables(), tables()
    items = maker.items(KINDS[form], 30)
    items = {identity.replace("\0", "NUL"): {**item, "publicId": {
        "S": identity.replace("\0", "NUL")}}
        for identity, item in items.items()}
    if form == "jsonl":
        items = without_nul(items)
    fill(here, items)
    out = COPIES[copy](ocrdyn, here, form, items)
    assert out.returncode == 0, out.stderr
    null = ["-0"] if copy != "scan" else []
    done = ocrdyn(["put", *null, "-t", there, "-f", form], out.stdout)
    assert done.returncode == 0, done.stderr
    compare(read(there), items)
    compare(read(there), read(here))


@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_a_copy_of_strings_by_columns_is_equal(dynamodb, tables, read, fill,
                                               maker, ocrdyn, form):
    """What these formats keep: strings, in columns, of items that have all of
    them."""
    here, there = tables(), tables()
    names = ["publicId", "text", *maker.some(
        lambda: maker.name().replace("\0", "").replace(",", "") or "x")]
    names = list(dict.fromkeys(names))
    items = {}
    for i in range(40):
        identity = maker.identity(i)
        items[identity] = {name: {"S": maker.text()} for name in names}
        items[identity]["publicId"]["S"] = identity
    fill(here, items)
    columns = ["--columns=" + ",".join(names)] if form == "tsv" else []
    out = ocrdyn(["scan", "-t", here, "-f", form, *columns])
    assert out.returncode == 0, out.stderr
    done = ocrdyn(["put", "-t", there, "-f", form, *columns], out.stdout)
    assert done.returncode == 0, done.stderr
    compare(read(there), items)


@pytest.mark.parametrize("form", KINDS)
@pytest.mark.parametrize("command", ["scan", "query", "get"])
def test_columns_keep_types_and_what_is_absent_stays_absent(
        dynamodb, tables, read, fill, maker, ocrdyn, command, form):
    here, there = tables(), tables()
    names = ["publicId", "a", "b", "c"]
    items = {}
    for i in range(25):
        chosen = maker.rnd.sample(["a", "b", "c", "d"], maker.rnd.randint(0, 4))
        items[f"id{i}"] = {"publicId": {"S": f"id{i}"}, **{
            name: maker.rnd.choice([{"NULL": True}, {"S": ""}, {"L": []},
                                    {"M": {}}, maker.value(KINDS[form], 3)])
            for name in chosen}}
    fill(here, items)
    out = ocrdyn([command, "-t", here, "-f", form, "--columns",
                  ",".join(names)], b"" if command == "scan" else list(items))
    assert out.returncode == 0, out.stderr
    done = ocrdyn(["put", "-t", there, "-f", form], out.stdout)
    assert done.returncode == 0, done.stderr
    compare(read(there), {
        identity: {name: value for name, value in item.items()
                   if name in names} for identity, item in items.items()})


def test_put_takes_only_the_columns_and_the_keys(dynamodb, tables, read, maker,
                                                 ocrdyn):
    table = tables()
    item = {"publicId": {"S": "i"}, "a": {"SS": ["x", "y"]}, "b": {"N": "1"}}
    done = ocrdyn(["put", "-t", table, "-f", "dynamodb", "--columns", "a"],
                  json.dumps({"Item": item}).encode())
    assert done.returncode == 0, done.stderr
    compare(read(table), {"i": {"publicId": {"S": "i"}, "a": item["a"]}})


def test_an_item_of_thousands_of_attributes_is_copied(dynamodb, tables, read,
                                                      fill, ocrdyn):
    """Other formats end at 1024 fields."""
    here, there = tables(), tables()
    items = {"a": {"publicId": {"S": "a"},
                   **{f"n{i}": {"N": str(i)} for i in range(5000)}}}
    fill(here, items)
    out = ocrdyn(["scan", "-t", here, "-f", "dynamodb"])
    done = ocrdyn(["put", "-t", there, "-f", "dynamodb"], out.stdout)
    assert done.returncode == 0, done.stderr
    compare(read(there), items)


@pytest.mark.parametrize("form, lines", [
    ("jsonl", [{"publicId": "a", "x": None}, {"publicId": "b"}]),
    ("csv", ["publicId,x", "a,", "b,"]), ("tsv", ["a\t\\N", "b\t\\N"])])
@pytest.mark.parametrize("command", ["scan", "query", "get"])
def test_null_and_absent_are_different_where_the_format_can_say_so(
        dynamodb, tables, fill, ocrdyn, command, form, lines):
    table = tables()
    fill(table, {"a": {"publicId": {"S": "a"}, "x": {"NULL": True}},
                 "b": {"publicId": {"S": "b"}, "y": {"S": "no column"}}})
    done = ocrdyn([command, "-qt", table, "-f", form, "--columns",
                   "publicId,x"], b"" if command == "scan" else ["a", "b"])
    found = done.stdout.decode().splitlines()
    if form == "jsonl":
        found = [json.loads(line) for line in found]
    assert sorted(found, key=str) == sorted(lines, key=str)


def test_a_scan_of_typed_json_goes_on_where_it_ended(dynamodb, tables, read,
                                                     fill, ocrdyn, tmp_path):
    """Three pages: the second one fails, and the same command goes on."""
    here, there = tables(), tables()
    items = {f"id{i}": {"publicId": {"S": f"id{i}"}, "ns": {"NS": [str(i)]},
                        "t": {"S": "x" * 100000}} for i in range(25)}
    fill(here, items)
    rows = tmp_path / "rows"
    args = ["scan", "-t", here, "-f", "dynamodb", "-c", "at"]
    dynamodb.faults.add(call="Scan", nth=2, reply=Response(400, json.dumps(
        {"__type": "AccessDeniedException"}).encode(), {}))
    for status in (3, 0):
        with rows.open("ab") as file:
            process = ocrdyn.start(args, stdout=file)
            process.communicate(timeout=60)
        assert process.returncode == status
    lines = rows.read_bytes()
    assert len(lines.splitlines()) == len(items)
    assert ocrdyn(["put", "-t", there, "-f", "dynamodb"],
                  lines).returncode == 0
    compare(read(there), items)
