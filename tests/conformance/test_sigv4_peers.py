"""sigv4.c against AWS's test suite and botocore's signer, and the dates of
clock.c against Python's calendar.

The tests drive sigv4_filter in the folder that the environment variable BUILD
names (default build/units). Random cases come from a seed that a failure
prints; PEERS_SEED repeats a run, and PEERS_CASES makes it longer.
"""
import calendar
import datetime
import glob
import json
import os
import random
import string
import subprocess

import pytest

from conftest import ROOT

botocore_auth = pytest.importorskip("botocore.auth")
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

FILTER = os.path.join(ROOT, os.environ.get("BUILD", "build/units"),
                      "sigv4_filter")
DATA = os.path.join(ROOT, "..", "shared", "data", "sigv4")
SUITE = os.path.join(DATA, "aws4_testsuite")
SEED = int(os.environ.get("PEERS_SEED", random.SystemRandom().getrandbits(32)))
CASES = int(os.environ.get("PEERS_CASES", 4000))

pytestmark = pytest.mark.skipif(not os.path.exists(FILTER),
                                reason="there is no " + FILTER)

KEYS = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
DATE = "20150830T123600Z"


def word(value):
    raw = value.encode() if isinstance(value, str) else value
    return raw.hex() or "-"


def sign_line(r):
    words = [r["method"], r["path"], r["query"], r["date"], *r["keys"],
             r["region"], r["service"], r["payload"]]
    for name, value in r["headers"]:
        words += [name, value]
    return "sign " + " ".join(word(w) for w in words)


def filter_lines(lines):
    run = subprocess.run([FILTER], input="\n".join(lines) + "\n", text=True,
                         stdout=subprocess.PIPE, check=True)
    answers = run.stdout.splitlines()
    assert len(answers) == len(lines)
    return answers


def sign(requests):
    """The canonical request, string to sign and header of each request."""
    return [tuple("" if w == "-" else bytes.fromhex(w).decode()
                  for w in answer.split(" "))
            for answer in filter_lines([sign_line(r) for r in requests])]


# ---- AWS's test suite ----

def parse_request(raw):
    """Parses a request of the suite, whose target may contain spaces, and whose
    header lines may be folded."""
    head, _, body = raw.partition("\n\n")
    first, *lines = head.rstrip("\n").split("\n")
    method, rest = first.split(" ", 1)
    path, _, query = rest.rsplit(" ", 1)[0].partition("?")
    headers = []
    for line in lines:
        if line[0] in " \t":
            headers[-1] = (headers[-1][0], headers[-1][1] + "\r\n" + line)
        else:
            name, _, value = line.partition(":")
            headers.append((name, value))
    return dict(method=method, path=path, query=query, headers=headers,
                payload=body, date=DATE, keys=KEYS, region="us-east-1",
                service="service")


def suite():
    return sorted(glob.glob(SUITE + "/**/*.req", recursive=True))


def test_the_suite_is_complete():
    if not os.path.isdir(SUITE):
        pytest.skip("there is no " + SUITE)
    assert len(suite()) == 34


@pytest.mark.parametrize("path", suite(),
                         ids=map(os.path.basename, suite()))
def test_suite(path):
    def expected(suffix):
        with open(path[:-len("req")] + suffix, encoding="utf-8") as f:
            return f.read()

    request = parse_request(expected("req"))
    if "get-vanilla-with-session-token" in path:
        # The request has no token: the signer is expected to add it.
        token = expected("creq").split("x-amz-security-token:")[1]
        request["headers"].append(
            ("X-Amz-Security-Token", token.split("\n")[0]))
    assert sign([request]) == [
        (expected("creq"), expected("sts"), expected("authz"))]


def test_dynamodb_golden():
    try:
        with open(DATA + "/dynamodb-golden.json", encoding="utf-8") as f:
            cases = json.load(f)
    except FileNotFoundError:
        pytest.skip("there is no " + DATA)
    # The file does not name the call that was signed.
    targets = {"put-basic": "PutItem", "put-token": "PutItem",
               "local-port": "ListTables"}
    for case in cases:
        headers = [("Host", case["host"]), ("X-Amz-Date", case["x-amz-date"]),
                   ("Content-Type", "application/x-amz-json-1.0"),
                   ("X-Amz-Target",
                    "DynamoDB_20120810." + targets[case["name"]])]
        if case["token"]:
            headers.append(("X-Amz-Security-Token", case["token"]))
        request = dict(method="POST", path="/", query="", date=DATE,
                       keys=KEYS, region="us-east-1", service="dynamodb",
                       payload=case["body"], headers=headers)
        assert sign([request])[0][2] == case["authorization"], case["name"]


# ---- botocore ----

UNRESERVED = string.ascii_letters + string.digits + "-._~"
ODD = UNRESERVED + " !\"$'()*+,:;<=>@[]^`{|}%&/é…漢😀\x01\x7f"


def some(rng, alphabet, least, most):
    return "".join(rng.choices(alphabet, k=rng.randint(least, most)))


def respell(rng, text, keep):
    """Percent-encodes a text in one of the possible ways. Characters in `keep`
    may stay as they are."""
    out = []
    for char in text:
        if char in keep and rng.random() < 0.7:
            out.append(char.encode())
        else:
            form = rng.choice(("%%%02x", "%%%02X"))
            out += [(form % byte).encode() for byte in char.encode()]
    return b"".join(out)


def random_query(rng):
    """Names and values, and a query that spells them."""
    pairs = [(some(rng, rng.choice((ODD, "aAbB-.", UNRESERVED)), 0, 4),
              some(rng, rng.choice((ODD, "aAbB-.", UNRESERVED)), 0, 6))
             for _ in range(rng.choice((0, 0, 1, 2, 3, 8, 20)))]
    pieces = []
    for name, value in pairs:
        plain = ODD.replace("&", "").replace("%", "")
        piece = respell(rng, name, plain.replace("=", ""))
        if value or not name or rng.random() < 0.5:
            piece += b"=" + respell(rng, value, plain)
        pieces += [piece] + [b""] * rng.choice((0, 0, 0, 1))
    return pairs, b"&".join(pieces)


def random_path(rng):
    alphabet = rng.choice((UNRESERVED, ODD.replace("/", ""), "a."))
    return "".join("/" + rng.choice(
        ("", ".", "..", "...", some(rng, alphabet, 1, 6),
         some(rng, alphabet, 1, 6))) for _ in range(rng.randint(0, 8)))


def random_value(rng):
    words = [some(rng, ODD.replace("\x01", "").replace("\x7f", ""), 0, 5)
             for _ in range(rng.randint(0, 5))]
    gaps = [rng.choice((" ", "  ", "\t", " \t ", "\r\n ", "\n\t"))
            for _ in words]
    return "".join(w + g for w, g in zip(words, gaps)) + \
        rng.choice(("x", "", " "))


def random_headers(rng, host, date):
    token = string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~"
    names = [some(rng, token, 1, 8) for _ in range(rng.randint(0, 6))]
    names += [rng.choice((n.upper(), n.lower(), n)) for n in names
              if rng.random() < 0.5]
    headers = [(n, random_value(rng)) for n in names
               if n.lower() not in ("host", "expect")]
    headers += [(rng.choice(("Host", "host")), host), ("X-Amz-Date", date)]
    rng.shuffle(headers)
    return headers


def random_request(rng):
    """A request for sigv4.c, and what botocore computes for it."""
    when = datetime.datetime(1970, 1, 1) + datetime.timedelta(
        seconds=rng.randrange(4 * 10 ** 9))
    date = when.strftime("%Y%m%dT%H%M%SZ")
    keys = (some(rng, string.ascii_uppercase + string.digits, 1, 40),
            some(rng, string.ascii_letters + "/+ é", 1, 100))
    pairs, query = random_query(rng)
    path = random_path(rng)
    headers = random_headers(rng, "host.example:8000", date)
    payload = rng.randbytes(rng.choice((0, 1, 63, 64, 65, 5000)))
    r = dict(method=some(rng, string.ascii_uppercase, 1, 7), path=path,
             query=query, headers=headers, payload=payload, date=date,
             keys=keys, region=some(rng, UNRESERVED, 1, 20),
             service=some(rng, UNRESERVED, 1, 12))
    request = AWSRequest(method=r["method"], data=payload, params=pairs,
                         url="http://host.example:8000" + path)
    for name, value in headers:
        request.headers[name] = value
    request.context["timestamp"] = date
    auth = botocore_auth.SigV4Auth(Credentials(*keys), r["service"],
                                   r["region"])
    canonical = auth.canonical_request(request)
    to_sign = auth.string_to_sign(request, canonical)
    auth._inject_signature_to_request(
        request, auth.signature(to_sign, request))
    return r, (canonical, to_sign, request.headers["Authorization"])


def test_signatures_are_those_of_botocore():
    rng = random.Random(SEED)
    cases = [random_request(rng) for _ in range(CASES)]
    answers = sign([r for r, _ in cases])
    for (r, theirs), ours in zip(cases, answers):
        assert ours == theirs, "PEERS_SEED=%d: %r" % (SEED, r)
    print("sigv4: %d random requests as botocore signs them, PEERS_SEED=%d"
          % (len(cases), SEED))


# ---- the calendar ----

def test_dates():
    last = 253402300799
    seconds = [0, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, last]
    for year in range(1970, 10000):
        for month in range(1, 13):
            start = calendar.timegm((year, month, 1, 0, 0, 0))
            seconds += [start, max(start - 1, 0)]
    rng = random.Random(SEED)
    seconds += [rng.randrange(last + 1) for _ in range(20000)]
    answers = filter_lines(["date %d" % s for s in seconds])
    epoch = datetime.datetime(1970, 1, 1)
    for s, answer in zip(seconds, answers):
        expected = epoch + datetime.timedelta(seconds=s)
        assert answer == expected.strftime("%Y%m%dT%H%M%SZ"), s


def test_dates_out_of_range():
    seconds = [-1, -2 ** 63, 253402300800, 2 ** 63 - 1]
    assert filter_lines(["date %d" % s for s in seconds]) == ["-"] * 4
