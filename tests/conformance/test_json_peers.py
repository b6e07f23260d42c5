"""json.c against Python's json module and against jq.

The tests drive json_filter in the folder that the environment variable BUILD
names (default build/units). Random cases come from a seed that a failure
prints; PEERS_SEED repeats a run, and PEERS_CASES makes it longer.

Python's module is made as strict as RFC 8259: UTF-8 is decoded strictly
before, NaN and Infinity are refused, and numbers are kept as they are.
"""
import json
import os
import random
import re
import shutil
import subprocess

import pytest

from conftest import ROOT

FILTER = os.path.join(ROOT, os.environ.get("BUILD", "build/units"),
                      "json_filter")
SEED = int(os.environ.get("PEERS_SEED", random.SystemRandom().getrandbits(32)))
CASES = int(os.environ.get("PEERS_CASES", 6000))

pytestmark = pytest.mark.skipif(not os.path.exists(FILTER),
                                reason="there is no " + FILTER)

TYPE, TEXT, STRING, NUMBER, RAW, WALK = range(6)

NAMES = ["a", "b", "ab", "", "0", "1", "00", "-", "*", "a*", "a/b", "m~n",
         "~1", "é", "漢字", "😀", "a b", "\\", '"', "\0", "\n", "\ufffd"]
PIECES = NAMES + ["x" * 7, "y" * 8, "z" * 40, "\u0080", "\u07ff", "\u0800",
                  "\uffff", "\U00010000", "\U0010ffff", "\x7f", "\u2028",
                  "\ud800", "\udbff", "\udc00", "\udfff", "\ue000", "\ud7ff"]
NUMBERS = ["0", "-0", "7", "-12", "1234567890123456789012345678901234567890",
           "0.5", "-0.0", "10.25", "1e5", "1E+5", "2.5e-300", "1e99999"]
BLANKS = ["", "", "", "", " ", "\n", "\t", "\r\n", " " * 9, "\n" + " " * 17]
WRONG = [b"", b"0", b"1", b"-", b"+", b".", b"e", b"E5", b"{", b"}", b"[",
         b"]", b",", b":", b'"', b"\\", b"/", b"\\u", b"\\ud83d", b"\\ude00",
         b"\\x", b"null", b"true", b"NaN", b"-Infinity", b"\0", b"\x1f",
         b"\x0b", b"\x7f", b"\x80", b"\xbf", b"\xc0\x80", b"\xc3", b"\xe2\x82",
         b"\xed\xa0\x80", b"\xf0\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xff",
         b"\xef\xbb\xbf", b"\xc2\xa0", b"\xe2\x80\xa8", b"'", b"//", b"a", b" "]


class Number(str):
    """A number as it is written."""


class Pairs(list):
    """An object: its members in order, with duplicates."""


def strict(data):
    """Parses a document with Python's module; raises ValueError."""
    def refuse(constant):
        raise ValueError(constant)
    return json.loads(data.decode("utf-8", "strict"), parse_int=Number,
                      parse_float=Number, parse_constant=refuse,
                      object_pairs_hook=Pairs)


def decoded(text):
    """A string in UTF-8, with U+FFFD for each unpaired surrogate."""
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c
                   for c in text).encode()


# Documents.

def a_string(rng, pieces=PIECES):
    text = "".join(rng.choices(pieces, k=rng.choice([1, 1, 1, 2, 5])))
    out = []
    for c in text:
        short = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\n": "\\n",
                 "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f"}
        must = c in '"\\' or c < " " or "\ud800" <= c <= "\udfff"
        if c in short and rng.random() < 0.7:
            out.append(short[c])
        elif must or rng.random() < 0.15:
            units = c.encode("utf-16-be", "surrogatepass")
            for i in range(0, len(units), 2):
                digits = units[i:i + 2].hex()
                out.append("\\u" + rng.choice([digits, digits.upper()]))
        else:
            out.append(c)
    return '"' + "".join(out) + '"'


def a_value(rng, depth):
    kind = rng.random()
    blank = lambda: rng.choice(BLANKS)
    if depth > 0 and kind < 0.3:
        inner = [blank() + a_value(rng, depth - 1) + blank()
                 for _ in range(rng.choice([0, 1, 2, 3, 12]))]
        return "[" + (",".join(inner) or blank()) + "]"
    if depth > 0 and kind < 0.65:
        inner = [blank() + a_string(rng, NAMES) + blank() + ":" + blank()
                 + a_value(rng, depth - 1) + blank()
                 for _ in range(rng.choice([0, 1, 2, 4, 8]))]
        return "{" + (",".join(inner) or blank()) + "}"
    if kind < 0.8:
        return a_string(rng)
    if kind < 0.9:
        return rng.choice(NUMBERS)
    return rng.choice(["true", "false", "null"])


def a_document(rng):
    text = a_value(rng, rng.choice([0, 1, 2, 3, 4]))
    if rng.random() < 0.02:
        depth = rng.randrange(200)
        text = "[" * depth + text + "]" * depth
    return (rng.choice(BLANKS) + text + rng.choice(BLANKS)).encode()


def mutated(rng, data):
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        i = rng.randrange(len(data) + 1)
        k = i + rng.choice([0, 1, 1, 2, 5])
        data = data[:i] + rng.choice(WRONG) + data[k:]
        if rng.random() < 0.2:
            data = data[:rng.randrange(len(data) + 1)]
    return data


# Pointers are lists of tokens; None is "*", and (prefix,) is "prefix*".

def a_path(rng, document):
    """A pointer that usually leads to a value, and whether it is wild."""
    path, wild = [], rng.random() < 0.4
    while rng.random() < 0.9 and len(path) < 16:
        if isinstance(document, Pairs) and document:
            token, document = rng.choice(document)
            token = decoded(token).decode()
            if wild and rng.random() < 0.2 and "*" not in token:
                token = (token[:rng.randrange(len(token) + 1)],)
        elif isinstance(document, list) and document:
            index = rng.randrange(len(document))
            token, document = str(index), document[index]
        else:
            break
        if wild and rng.random() < 0.3:
            token = None
        path.append(token)
    if rng.random() < 0.1:
        path.append(rng.choice(NAMES))
    # Pointers cannot contain NUL, and "*" only if they have no wildcards.
    if any("\0" in t for token in path for t in (token or "")):
        return [], False
    if any(isinstance(t, str) and "*" in t for t in path):
        wild = False
        path = ["*" if t is None else t[0] + "*" if isinstance(t, tuple) else t
                for t in path]
    return path[:16], wild


def pointer(path):
    def token(t):
        if t is None:
            return "*"
        if isinstance(t, tuple):
            return token(t[0]) + "*"
        return t.replace("~", "~0").replace("/", "~1")
    return "".join("/" + token(t) for t in path).encode()


def picked(value, path):
    """The values that a pick takes by the definition in json.h."""
    if not path:
        return [value]
    token, rest, found = path[0], path[1:], []
    if isinstance(value, Pairs):
        members = [(decoded(name).decode(), v) for name, v in value]
    elif isinstance(value, list):
        members = [(str(i), v) for i, v in enumerate(value)]
        if isinstance(token, tuple) and token[0]:
            return []
    else:
        return []
    for name, inner in members:
        if token is None or isinstance(token, tuple):
            if token is None or name.startswith(token[0]):
                found += picked(inner, rest)
        elif name == token:
            found = picked(inner, rest)
            if found:
                return found
    return found


def written(value, want):
    """A value as the filter writes it."""
    if isinstance(value, Pairs):
        inside = "".join("@" + decoded(name).hex() + "("
                         + written(v, WALK) + ")" for name, v in value)
        return "o" + (inside if want == WALK else "")
    if isinstance(value, list):
        inside = "".join("(" + written(v, WALK) + ")" for v in value)
        return "a" + (inside if want == WALK else "")
    letter, text = {True: ("t", b"true"), False: ("f", b"false"),
                    None: ("z", b"null")}.get(
        value if value is None or isinstance(value, bool) else "", (0, 0))
    if not letter:
        letter = "n" if isinstance(value, Number) else "s"
        text = decoded(value)
    told = want in (TEXT, WALK) or (want, letter) in ((STRING, "s"),
                                                      (NUMBER, "n"))
    return letter + (text.hex() if told else "")


# The filter.

def run(cases):
    """Runs cases of (piece, [(want, wild, pointer), ...], data). Returns for
    each one (error, offset, [[value, ...], ...]) with the values of each
    pick."""
    parts = []
    for piece, picks, data in cases:
        parts.append(b"read %d %d %d\n" % (piece, len(picks), len(data)))
        parts += [b"%d %d %d\n%s" % (want, wild, len(p), p)
                  for want, wild, p in picks]
        parts.append(data)
    request = b"".join(parts)
    done = subprocess.run([FILTER], input=request, stdout=subprocess.PIPE,
                          check=True)
    lines = iter(done.stdout.decode().split("\n"))
    answers = []
    for _, picks, _ in cases:
        error, offset = map(int, next(lines).split())
        answers.append((error, offset, [next(lines).split() for _ in picks]))
    return answers


def a_case(rng):
    data = a_document(rng)
    document = strict(data)
    paths = [a_path(rng, document) for _ in range(rng.randrange(6))]
    wants = [rng.randrange(6) for _ in paths]
    return data, paths, wants


def tokens_joined(text):
    """Joins the pieces of each name: @ab@cd( becomes @abcd(."""
    out, inside = [], False
    for c in text:
        if c == "@" and inside:
            continue
        inside = c == "@" or (inside and c not in "()")
        out.append(c)
    return "".join(out)


def test_valid_documents_and_their_values():
    rng = random.Random(SEED)
    cases = [a_case(rng) for _ in range(CASES)]
    answers = run([(rng.choice([1, 2, 3, 7, 16, 100000]),
                    [(want, wild, pointer(path))
                     for want, (path, wild) in zip(wants, paths)], data)
                   for data, paths, wants in cases])
    values = 0
    for (data, paths, wants), (error, offset, told) in zip(cases, answers):
        where = f"PEERS_SEED={SEED}: {data!r} {paths!r}"
        assert (error, offset) == (0, len(data)), where
        document = strict(data)
        for (path, _), want, got in zip(paths, wants, told):
            expected = picked(document, path)
            values += len(expected)
            if want == RAW:
                raws = [bytes.fromhex(value[1:]) for value in got]
                assert all(raw in data and raw.strip() == raw
                           for raw in raws), where
                assert [strict(raw) for raw in raws] == expected, where
                got = [v[0] for v in got]
                expected = [written(v, TYPE)[0] for v in expected]
            else:
                got = [tokens_joined(value) for value in got]
                expected = [written(value, want) for value in expected]
            assert got == expected, where
    assert values > CASES


def accepts(data):
    try:
        strict(data)
    except ValueError:
        return False
    return True


def test_mutated_documents_are_refused_as_by_python():
    rng = random.Random(SEED + 1)
    cases = [mutated(rng, a_document(rng)) for _ in range(3 * CASES)]
    answers = run([(rng.choice([1, 2, 3, 7, 16, 100000]),
                    [(WALK, False, b"")] if rng.random() < 0.3 else [], data)
                   for data in cases])
    refused = 0
    for data, (error, offset, _) in zip(cases, answers):
        where = f"PEERS_SEED={SEED}: {data!r}: error {error} at {offset}"
        assert (error == 0) == accepts(data), where
        assert offset <= len(data), where
        refused += error != 0
    assert CASES / 2 < refused < 3 * CASES - CASES / 50


def test_the_offset_is_the_first_wrong_byte():
    """The bytes before it can be completed to a document, by one of a few
    hundred endings. With the wrong byte, no ending completes them."""
    endings = [a + b for a in (b"", b"0", b'"', b'0"', b'00"', b'000"',
                               b'0000"', b'n"', b"\x80", b'\x80"',
                               b'\x80\x80"', b'\x80\x80\x80"', b'\xa0\x80"',
                               b'\x90\x80\x80"', b"e", b"ue", b"rue", b"lse",
                               b"alse", b"se", b"ll", b"ull", b"l")
               for b in (b"", b":0", b'"":0', b'0')]
    rng = random.Random(SEED + 2)
    cases = [mutated(rng, a_document(rng)) for _ in range(CASES // 4)]
    for data, (error, offset, _) in zip(cases, run([(9, [], d)
                                                    for d in cases])):
        if error == 0 or offset == len(data):
            continue
        where = f"PEERS_SEED={SEED}: {data!r}: error {error} at {offset}"
        closers = closing(data[:offset])
        good = [e for e in endings
                if any(accepts(data[:offset] + e + c) for c in closers)]
        assert good, where
        head = data[:offset + 1]
        assert not any(accepts(head + e + c) for e in endings
                       for c in closing(head)), where


def closing(head):
    """The brackets that close what is open at the end of `head`."""
    stack, inside, skip = [], False, False
    for c in head.decode("latin-1"):
        if skip:
            skip = False
        elif inside:
            inside, skip = c != '"', c == "\\"
        elif c == '"':
            inside = True
        elif c in "[{":
            stack.append("]" if c == "[" else "}")
        elif c in "]}" and stack:
            stack.pop()
    return ["".join(reversed(stack)).encode()]


@pytest.mark.skipif(not shutil.which("jq"), reason="there is no jq")
def test_jq_finds_the_same_texts():
    rng = random.Random(SEED + 3)
    plain = [p for p in PIECES if not any("\ud800" <= c <= "\udfff"
                                          for c in p) and p != "\0"]

    def build(depth):
        kind = rng.random()
        if depth > 0 and kind < 0.4:
            return [build(depth - 1) for _ in range(rng.randrange(5))]
        if depth > 0 and kind < 0.8:
            return {rng.choice(plain): build(depth - 1)
                    for _ in range(rng.randrange(6))}
        if kind < 0.95:
            return "".join(rng.choices(plain, k=rng.randrange(5)))
        return rng.choice([None, True, False])

    def walk(value, path=()):
        if isinstance(value, str):
            yield path
        items = value.items() if isinstance(value, dict) else \
            enumerate(value) if isinstance(value, list) else ()
        for token, inner in items:
            yield from walk(inner, path + (token,))

    cases = []
    for _ in range(CASES // 4):
        document = build(4)
        paths = list(walk(document))
        if paths:
            cases.append((document, rng.choice(paths)))
    lines = [json.dumps({"d": d, "p": p}, ensure_ascii=rng.random() < 0.5)
             for d, p in cases]
    theirs = subprocess.run(
        ["jq", "-c", ".p as $p | .d | getpath($p)"], text=True, check=True,
        input="\n".join(lines), stdout=subprocess.PIPE).stdout.split("\n")[:-1]
    ours = run([(5, [(TEXT, False, b"/d" + pointer(map(str, p)))],
                 line.encode()) for line, (_, p) in zip(lines, cases)])
    assert len(theirs) == len(cases) > CASES // 20
    for line, theirs_one, (error, _, told) in zip(lines, theirs, ours):
        where = f"PEERS_SEED={SEED}: {line}"
        assert error == 0, where
        assert told == [["s" + json.loads(theirs_one).encode().hex()]], where


# Where jq 1.6 differs from RFC 8259. It accepts the numbers of strtod (01, 1.,
# .5, +1, Infinity) and nan; JQ_NUMBER finds words outside strings that begin
# like these. It accepts NUL, vertical tab and form feed between values, NUL
# and U+001F in a string, a byte order mark, and an empty document. It refuses
# unpaired surrogates and more than 256 levels. The documents are strings in
# its input here, and therefore must be UTF-8.
JQ_WORDS = re.compile(r'"(?:[^"\\]|\\.)*"?|[^][{}:,"\s]+', re.DOTALL)
JQ_NUMBER = re.compile(r"[-+.0-9]|nan|inf", re.IGNORECASE)
JSON_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?", re.ASCII)


def jq_is_strict(data):
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return not (
        re.search("[\0\x0b\x0c\x1f]|^\ufeff|^[ \t\r\n]*$", text)
        or re.search(r"\\u[dD][89a-fA-F]", text)
        or text.count("[") + text.count("{") > 256
        or any(JQ_NUMBER.match(word) and not JSON_NUMBER.fullmatch(word)
               for word in JQ_WORDS.findall(text) if word[0] != '"'))


@pytest.mark.skipif(not shutil.which("jq"), reason="there is no jq")
def test_jq_refuses_the_same_documents():
    rng = random.Random(SEED + 4)
    documents = [mutated(rng, a_document(rng)) if rng.random() < 0.8
                 else a_document(rng) for _ in range(CASES)]
    documents = [data for data in documents if jq_is_strict(data)]
    theirs = subprocess.run(
        ["jq", "-c", ".[] | try (fromjson | true) catch false"], check=True,
        input=json.dumps([data.decode() for data in documents]).encode(),
        stdout=subprocess.PIPE).stdout.split()
    ours = run([(rng.choice([1, 2, 3, 7, 16, 100000]), [], data)
                for data in documents])
    assert len(theirs) == len(ours) > CASES // 5
    for data, word, (error, offset, _) in zip(documents, theirs, ours):
        where = f"PEERS_SEED={SEED}: {data!r}: error {error} at {offset}"
        assert (error == 0) == (word == b"true"), where
    assert len(theirs) // 10 < theirs.count(b"true") < len(theirs) * 9 // 10


# The writer.

def writing(rng, depth):
    """A value as operations of the filter, and as JSON from Python's module.
    Its strings are bytes that need not be UTF-8."""
    kind = rng.random()
    if depth > 0 and kind < 0.3:
        inner = [writing(rng, depth - 1) for _ in range(rng.choice([0, 1, 3]))]
        return ([("[", b"")] + sum((ops for ops, _ in inner), [])
                + [("]", b"")], "[" + ",".join(t for _, t in inner) + "]")
    if depth > 0 and kind < 0.6:
        operations, members = [("{", b"")], []
        for _ in range(rng.choice([0, 1, 2, 5])):
            name, (inner, text) = some_bytes(rng), writing(rng, depth - 1)
            operations += [("n", name)] + inner
            members.append(dumped(name) + ":" + text)
        return operations + [("}", b"")], "{" + ",".join(members) + "}"
    if kind < 0.8:
        string = some_bytes(rng)
        return [("s", string)], dumped(string)
    if kind < 0.9:
        number = rng.choice([0, 1, -1, 2 ** 63 - 1, -2 ** 63,
                             rng.randrange(-2 ** 63, 2 ** 63)])
        return [("i", b"%d" % number)], json.dumps(number)
    if kind < 0.95:
        value = rng.random() < 0.5
        return [("b", b"1" if value else b"")], json.dumps(value)
    raw = rng.choice(["null", "-1.5e300", '{"a": [1, 2]}', '"\\u0041"', "[]"])
    return [("r", raw.encode())], raw


def some_bytes(rng):
    if rng.random() < 0.2:
        return rng.randbytes(rng.randrange(9))
    pieces = rng.choices(PIECES + ["\u0085", "\u009f", "\xa0", "[", "{", ":"],
                         k=rng.randrange(4))
    return "".join(pieces).encode("utf-8", "surrogatepass")


def dumped(string):
    """What json_quote writes. Python replaces maximal subparts in the same
    way, but does not escape U+007F to U+009F."""
    text = json.dumps(string.decode("utf-8", "replace"), ensure_ascii=False)
    return re.sub("[\x7f-\x9f]", lambda c: f"\\u{ord(c[0]):04x}", text)


def test_written_documents_are_what_python_writes():
    rng = random.Random(SEED + 5)
    cases = [writing(rng, rng.randrange(5)) for _ in range(CASES)]
    request = b"".join(
        b"write %d\n" % len(operations)
        + b"".join(b"%s %d\n%s" % (letter.encode(), len(argument), argument)
                   for letter, argument in operations)
        for operations, _ in cases)
    done = subprocess.run([FILTER], input=request, stdout=subprocess.PIPE,
                          check=True)
    answers = done.stdout.decode().split("\n")[:-1]
    assert len(answers) == len(cases)
    for (operations, expected), answer in zip(cases, answers):
        where = f"PEERS_SEED={SEED}: {operations!r}"
        replaced, text = answer.split(" ", 1)
        assert text == expected, where
        strings = [argument for letter, argument in operations
                   if letter == "s"]
        inserted = sum(string.decode("utf-8", "replace").count("\ufffd")
                       - string.count(b"\xef\xbf\xbd")
                       for string in strings)
        assert int(replaced) == inserted, where
        strict(text.encode())
