"""rows.c and records.c against Python's csv and json modules, and others.

Drives the filter BUILD/rows_filter (environment BUILD, build/units without
it).
Random cases come from a seed that is printed when one fails; PEERS_SEED and
PEERS_CASES repeat a run, or make it longer.
"""
import csv
import io
import json
import os
import random
import re
import select
import subprocess
import time

import pytest

from conftest import ROOT

FILTER = os.path.join(ROOT, os.environ.get("BUILD", "build/units"), "rows_filter")
SEED = int(os.environ.get("PEERS_SEED", random.SystemRandom().getrandbits(32)))
CASES = int(os.environ.get("PEERS_CASES", 4000))
ID_MAX = 4096

pytestmark = pytest.mark.skipif(not os.path.exists(FILTER),
                                reason="there is no " + FILTER)

STATUSES = [b"complete", b"empty", b"skipped", b"failed", b"unstored"]
PIECES = ["a", "Z", "0", " ", "  ", "\t", "\n", "\r", "\r\n", '"', '""', ",",
          "'", "\\", "\\N", "\\x41", "\\.", "\0", "\x01", "\x1b[2J", "\x7f",
          "\x80", "\x85", "\x9b", "\xa0", "é", "漢字", "😀", "\u202e",
          "\u2028", "\ufeff", "\ufffd", "\ufffe", "=1+1", "{}", "null", "-"]
WRONG = [b"\x80", b"\xff", b"\xc3", b"\xe6\xbc", b"\xf0\x9f\x98", b"\x9b",
         b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80"]


def some(rng, utf8):
    """A random text, as bytes; with `utf8` a valid one."""
    if rng.random() < 0.02:
        return rng.choice(PIECES).encode() * rng.randrange(20000)
    pieces = [p.encode() for p in rng.choices(PIECES, k=rng.randrange(8))]
    if not utf8:
        pieces += rng.choices(WRONG, k=rng.randrange(3))
        rng.shuffle(pieces)
    return b"".join(pieces)


def random_rows(utf8, n=CASES):
    rng = random.Random(SEED)
    return [(some(rng, utf8), rng.choice(STATUSES),
             None if rng.random() < 0.2 else some(rng, utf8),
             some(rng, utf8).replace(b"\0", b"")) for _ in range(n)]


def write(how, rows):
    lines = []
    for row in rows:
        words = ["N" if f is None else f.hex() or "-" for f in row]
        lines.append(" ".join(words) + "\n")
    run = subprocess.run([FILTER, how], input="".join(lines).encode(),
                         stdout=subprocess.PIPE, check=True)
    return run.stdout


def check(read, rows):
    for i, (ours, theirs) in enumerate(zip(rows, read)):
        assert ours == theirs, "PEERS_SEED=%d, row %d" % (SEED, i)
    assert len(rows) == len(read)


def no_nul(field):
    return None if field is None else field.replace(b"\0", b"\xef\xbf\xbd")


# ---- TSV ----

def unescape(field):
    """A field of COPY's text format (PostgreSQL's manual, COPY)."""
    if field == b"\\N":
        return None

    def meaning(match):
        what = match[1]
        if what[:1] == b"x" and len(what) > 1:
            return bytes([int(what[1:], 16)])
        return {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r",
                b"t": b"\t", b"v": b"\v"}.get(what, what)
    return re.sub(rb"\\(x[0-9A-Fa-f]{1,2}|.)", meaning, field, flags=re.S)


@pytest.mark.parametrize("utf8", [True, False])
def test_tsv(utf8):
    rows = random_rows(utf8)
    out = write("tsv", rows)
    assert out.endswith(b"\n")
    lines = out[:-1].split(b"\n")
    check([tuple(unescape(f) for f in line.split(b"\t")) for line in lines],
          rows)
    # Text to every tool, and nothing in it for a terminal to obey.
    for line in out.decode().split("\n"):
        assert not re.search("[\0-\x08\x0a-\x1f\x7f-\x9f]", line)


@pytest.mark.parametrize("utf8", [True, False])
def test_tsv0(utf8):
    rows = [tuple(no_nul(f or b"").replace(b"\t", b"") for f in row)
            for row in random_rows(utf8)]
    records = write("tsv0", rows).split(b"\0")
    assert records.pop() == b""
    check([tuple(r.split(b"\t")) for r in records], rows)


# ---- CSV ----

@pytest.mark.parametrize("how, end", [("csv", "\r\n"), ("csv0", "\0")])
@pytest.mark.parametrize("utf8", [True, False])
def test_csv(how, end, utf8):
    rows = random_rows(utf8)
    out = write(how, rows).decode("utf-8", "surrogateescape")
    if how == "csv0":
        rows = [tuple(no_nul(f) for f in row) for row in rows]
        records = out.split("\0")
        assert records.pop() == ""
    else:
        records = None
    source = io.StringIO(out, newline="") if records is None else records
    csv.field_size_limit(1 << 30)
    header, *read = csv.reader(source, strict=True)
    assert header == ["public_id", "status", "text", "detail"]
    assert out.startswith(",".join(header) + end)
    check([tuple(f.encode("utf-8", "surrogateescape") for f in row)
           for row in read],
          [tuple(f or b"" for f in row) for row in rows])


def test_csv_tells_no_text_from_an_empty_one():
    out = write("csv", [(b"a", b"failed", None, b""),
                        (b"b", b"complete", b"", b"")])
    assert out.split(b"\r\n")[1:3] == [b"a,failed,,", b'b,complete,"",']


def test_csv_is_plain_where_it_can_be():
    out = write("csv", [(b"a/b", b"complete", b"two words", b"it's; so")])
    assert out.split(b"\r\n")[1] == b"a/b,complete,two words,it's; so"


# ---- JSON Lines ----

@pytest.mark.parametrize("how, end", [("jsonl", b"\n"), ("jsonl0", b"\0")])
@pytest.mark.parametrize("utf8", [True, False])
def test_jsonl(how, end, utf8):
    rows = random_rows(utf8)
    lines = write(how, rows).split(end)
    assert lines.pop() == b""
    names = ["public_id", "status", "text", "detail"]
    read = [json.loads(line.decode()) for line in lines]
    assert all(list(r) == names for r in read)
    check([tuple(r.values()) for r in read],
          [tuple(None if f is None else f.decode("utf-8", "replace")
                 for f in row) for row in rows])


# ---- text ----

def test_text():
    rows = random_rows(False)
    assert write("text", rows) == b"".join(
        (row[2] or b"") + b"\n" for row in rows)


def test_text0():
    rows = random_rows(False)
    assert write("text0", rows) == b"".join(
        no_nul(row[2] or b"") + b"\0" for row in rows)


# ---- read back ----

COLUMNS = ["public_id", "status", "text", "detail"]


def read(how, raw, *columns):
    """What records.c makes of it: the fields of each record as {name: value},
    a value bytes, or None, or the JSON as a str; a wrong record is its
    sentence."""
    run = subprocess.run([FILTER, "read", how, *columns], input=raw,
                         stdout=subprocess.PIPE, check=False)
    lines = run.stdout.decode().split("\n")
    assert lines.pop() == ""
    records = []
    for line in lines:
        if line.startswith("!"):
            records.append(line[1:])
            continue
        fields = {}
        for field in line.split(" ") if line else []:
            name, kind, value = re.fullmatch("([^=:~]*)([=:~])(.*)",
                                             field).groups()
            value = bytes.fromhex(value)
            name = bytes.fromhex(name).decode("utf-8", "surrogateescape")
            fields[name] = \
                None if kind == "~" else \
                value if kind == "=" else value.decode()
        records.append(fields)
    return records


@pytest.mark.parametrize("how", ["tsv", "csv", "jsonl", "text0", "tsv0",
                                 "csv0", "jsonl0"])
@pytest.mark.parametrize("utf8", [True, False])
def test_what_is_written_is_read_back(how, utf8):
    rows = random_rows(utf8)
    if how == "tsv0":                # a tab would be another field
        rows = [tuple(f and f.replace(b"\t", b"") for f in row)
                for row in rows]
    expected = rows
    if how.startswith("jsonl"):
        expected = [tuple(f and f.decode("utf-8", "replace").encode()
                          for f in row) for row in rows]
    elif how.endswith("0"):
        expected = [tuple(map(no_nul, row)) for row in rows]
    if how == "tsv0":
        expected = [tuple(f or None for f in row) for row in expected]
    elif how.startswith("csv"):
        expected = [(*row[:3], row[3] or None) for row in expected]
    if how == "text0":
        expected = [{"text": row[2] or b""} for row in expected]
    else:
        expected = [dict(zip(COLUMNS, row)) for row in expected]
    check(read(how, write(how, rows)), expected)


def copy_text(rng):
    """A random file for COPY, each byte in one of the ways that COPY has."""
    letters = {8: b"b", 12: b"f", 10: b"n", 13: b"r", 9: b"t", 11: b"v"}
    raw, rows = [], []
    for _ in range(rng.randrange(1, 6)):
        row, fields = [], []
        for _ in range(3):
            value = None if rng.random() < 0.1 else bytes(rng.choices(
                range(256), k=rng.randrange(6)))
            written = [] if value is not None else [b"\\N"]
            for i, byte in enumerate(value or b""):
                ways = [b"\\x%02x" % byte, b"\\%03o" % byte]
                follows = chr(value[i + 1]) if i + 1 < len(value) else ""
                if byte not in b"\\\t\n\r":
                    ways += [bytes([byte])] * 3
                if byte not in b"01234567bfnrtvxN":
                    ways.append(b"\\" + bytes([byte]))
                if byte in letters:
                    ways.append(b"\\" + letters[byte])
                if byte < 16 and not re.match("[0-9A-Fa-f]", follows):
                    ways.append(b"\\x%X" % byte)
                if byte < 64 and not re.match("[0-7]", follows):
                    ways.append(b"\\%o" % byte)
                written.append(rng.choice(ways))
            row.append(value)
            fields.append(b"".join(written))
        rows.append(dict(zip("abc", row)))
        raw.append(b"\t".join(fields) + rng.choice([b"\n", b"\r\n"]))
    return b"".join(raw), rows


def test_copy_in_all_its_ways():
    rng = random.Random(SEED)
    raws, rows = zip(*(copy_text(rng) for _ in range(CASES // 4)))
    check(read("tsv", b"".join(raws), "a", "b", "c"), sum(rows, []))


def test_what_python_writes_as_csv():
    rng = random.Random(SEED)
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC):
        for end in ("\n", "\r\n"):
            names = ["id", "ä", 'a"b', "a,b", "line\nend"]
            rows = [[some(rng, True).decode() for _ in names]
                    for _ in range(CASES // 10)]
            if end == "\n":          # it would leave a CR without quotes
                rows = [[f.replace("\r", "") for f in row] for row in rows]
            out = io.StringIO(newline="")
            writer = csv.writer(out, quoting=quoting, lineterminator=end)
            writer.writerows([names, *rows])
            found = read("csv", out.getvalue().encode())
            plain = quoting == csv.QUOTE_MINIMAL
            check(found, [{n: f.encode() if f or not plain else None
                           for n, f in zip(names, row)} for row in rows])


def value(rng, depth=0):
    kind = rng.randrange(8 if depth < 3 else 6)
    if kind < 3:
        return some(rng, True).decode()
    if kind == 3:
        return rng.choice([0, -1, 10 ** 40, 1.5, -2.5e-300])
    if kind < 6:
        return rng.choice([True, False, None])
    if kind == 6:
        return [value(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {some(rng, True).decode() or "x": value(rng, depth + 1)
            for _ in range(rng.randrange(4))}


def test_what_python_writes_as_json_lines():
    rng = random.Random(SEED)
    items = [{some(rng, True).decode()[:50] or "x": value(rng)
              for _ in range(rng.randrange(6))} for _ in range(CASES // 4)]
    raw = "".join(json.dumps(item, ensure_ascii=rng.random() < 0.5) +
                  rng.choice(["\n", "\r\n", "\n\n"]) for item in items)
    found = read("jsonl", raw.encode())
    check([{name: json.loads(v) if isinstance(v, str) else
            v if v is None else v.decode() for name, v in record.items()}
           for record in found], items)


@pytest.mark.parametrize("how", ["tsv", "csv", "jsonl"])
def test_garbage_is_read_to_its_end(how):
    """And for JSON Lines Python's reader takes the same lines."""
    rng = random.Random(SEED)
    rows = random_rows(True)
    for i in range(8):
        raw = bytearray(write(how, rows[i::8]))
        for _ in range(rng.randrange(CASES // 8)):
            raw[rng.randrange(len(raw))] = rng.choice(b'\\\t\n\r",x{}\xff')
        found = read(how, bytes(raw))
        assert found, "PEERS_SEED=%d" % SEED
        if how != "jsonl":
            continue
        lines = [line for line in bytes(raw).split(b"\n") if line.strip()]
        assert len(found) == len(lines), "PEERS_SEED=%d" % SEED
        for line, record in zip(lines, found):
            try:
                pairs = json.loads(line.decode(),
                                   object_pairs_hook=lambda p: p)
                names = [name for name, _ in pairs]
                good = len(set(names)) == len(names) and "" not in names
            except (ValueError, TypeError):
                good = False
            assert good == isinstance(record, dict), \
                "PEERS_SEED=%d: %r" % (SEED, line)


# ---- for people ----

@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 8, 30, 100, 1 << 20])
def test_visible(size):
    rows = random_rows(False, 1000)
    lines = "".join((row[0].hex() or "-") + "\n" for row in rows)
    run = subprocess.run([FILTER, "visible", str(size)], input=lines.encode(),
                         stdout=subprocess.PIPE, check=True)
    read = run.stdout.split(b"\n")
    assert read.pop() == b"" and len(read) == len(rows)
    for row, seen in zip(rows, read):
        assert len(seen) < size
        text = seen.decode()
        assert not re.search("[\0-\x08\x0a-\x1f\x7f-\x9f]", text)
        whole = visible(row[0])
        if len(whole.encode()) < size:
            assert text == whole, "PEERS_SEED=%d" % SEED
        else:
            kept = text.rstrip(".")
            assert text.endswith("..."[:size - 1]), "PEERS_SEED=%d" % SEED
            assert whole.startswith(kept), "PEERS_SEED=%d" % SEED


def visible(raw):
    def shown(char):
        if "\udc80" <= char <= "\udcff":
            return "\\x%02X" % (ord(char) - 0xdc00)
        if char in "\n\r\0":
            return {"\n": "\\n", "\r": "\\r", "\0": "\\x00"}[char]
        if re.match("[\x01-\x08\x0b-\x1f\x7f-\x9f]", char):
            return "".join("\\x%02X" % b for b in char.encode())
        return char
    return "".join(map(shown, raw.decode("utf-8", "surrogateescape")))


# ---- ids ----

def ids_expected(raw, null):
    if null:
        records = raw.split(b"\0")
        if records[-1] == b"":
            records.pop()
    else:
        raw = raw[3:] if raw.startswith(b"\xef\xbb\xbf") else raw
        lines = raw.split(b"\n")
        records = [line[:-1] if line.endswith(b"\r") else line
                   for line in lines[:-1]] + [lines[-1]]
        records = [r for r in records if r != b""]
    return [("long " if len(r) > ID_MAX else "") + r[:ID_MAX].hex()
            for r in records]


@pytest.mark.parametrize("null", [False, True])
def test_ids(null):
    rng = random.Random(SEED)
    for _ in range(max(CASES // 40, 10)):
        records = []
        for _ in range(rng.randrange(60)):
            kind = rng.random()
            if kind < 0.1:
                records.append(b"x" * rng.randint(ID_MAX - 3, ID_MAX + 3))
            elif kind < 0.12:
                records.append(b"y" * rng.randrange(50000))
            else:
                records.append(some(rng, False)[:100])
            records.append(rng.choice((b"\n", b"\r\n", b"\0", b"")))
        raw = rng.choice((b"", b"\xef\xbb\xbf")) + b"".join(records)
        run = subprocess.run([FILTER, "ids0" if null else "ids"], input=raw,
                             stdout=subprocess.PIPE, check=True)
        assert run.stdout.decode().split("\n")[:-1] == \
            ids_expected(raw, null), "PEERS_SEED=%d" % SEED


def test_an_id_is_there_as_soon_as_its_line_is():
    """Byte by byte through a pipe that stays open."""
    with subprocess.Popen([FILTER, "ids"], bufsize=0, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as run:
        for _ in range(20):
            for byte in b"a/b\r\n":
                run.stdin.write(bytes([byte]))
                time.sleep(0.001)
            assert select.select([run.stdout], [], [], 10)[0], "it waits"
            assert run.stdout.readline() == b"612f62\n"
        run.stdin.close()
        assert run.stdout.read() == b"" and run.wait() == 0


# ---- failures ----

def test_a_full_device_is_told():
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full")
    with open("/dev/full", "wb") as full:
        run = subprocess.run([FILTER, "tsv"], input=b"61 62 63 -\n",
                             stdout=full)
    assert run.returncode == 1


def test_a_directory_is_no_list():
    fd = os.open("/", os.O_RDONLY)
    run = subprocess.run([FILTER, "ids"], stdin=fd, stdout=subprocess.PIPE)
    os.close(fd)
    assert run.returncode == 1 and run.stdout == b""
