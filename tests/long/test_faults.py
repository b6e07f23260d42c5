"""The fault matrix: every fault at every call of the run loop.

Three images are read, "a", "b" and "c". The fault meets one call for "b", so
that what came before it and what comes after it shows. What must come of it
follows from two things only: what the fault does to a call (FAULTS, by
service), and which call it is (POINTS). Of each cell the rows, the exit
status, the calls of each kind, the OCR units of each image and the items of
the table are compared, all of them.

The cells spend their time waiting, and so they run side by side.
"""

import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Callable

import pytest

from conftest import Binary
from peers import cloudinary as cld, dynamodb as ddb, faults
from peers.server import Response

IDS = ["a", "b", "c"]
TEXTS = {name: f"text of {name}" for name in IDS}
SIDE_BY_SIDE = 24

# What a fault does to a call.
FINE = "fine"        # nothing
AGAIN = "again"      # it did not happen: it is made again
LOST = "lost"        # it may have happened: there is no whole answer
LATE = "late"        # the same, and it happens afterwards
BAD = "bad"          # it is refused because of this image or item
STOP = "stop"        # it is refused, and so will be the next one
DENIED = "denied"    # as STOP, but a description need not be allowed
ABSENT = "absent"    # as STOP: the table is not there


@dataclass(frozen=True, eq=False)
class Fault:
    name: str
    effect: str
    fields: Callable             # of peers.faults.Fault
    says: str = ""               # what a message about it has
    args: tuple = ()

    @property
    def counted(self):
        """Does the stand-in see the call?"""
        return self.fields()["when"] in ("before", "after")

    @property
    def done(self):
        """Does the call happen?"""
        return self.fields()["when"] == "after"


def fault(name, effect, says="", args=(), **fields):
    return Fault(name, effect, lambda: dict(fields), says, args)


# Faults of any service.

ENDS = {"close": "an end", "fin": "an end without close_notify",
        "rst": "a reset"}
MOMENTS = {"unread": "before it is read", "head": "after the head",
           "before": "before the work"}
PLACES = {"in the status line": ("head", 5), "in a header": ("head", 40),
          "before the body": ("body", 0), "in the body": ("body", 1),
          "before the last byte": ("body", -1)}


def body(change):
    return {"edit": lambda response: Response(
        response.status, change(response.body), response.headers)}


SPOILT = {
    "garbage": {"frame": faults.garbage()},
    "an empty body": body(lambda b: b""),
    "a body without its last byte": body(lambda b: b[:-1]),
    "a page": {"reply": Response(200, b"<html></html>",
                                 {"Content-Type": "text/html"})},
    "no length, and no close_notify": {
        "frame": faults.until_close, "at": "end", "end": "fin"},
    "no length, and a reset": {
        "frame": faults.until_close, "at": "end", "end": "rst"},
    "a length too large": {"frame": faults.lengths(100000), "at": "end",
                           "end": "close"},
    "two lengths": {"frame": faults.lengths(1, 2)},
    "no last chunk": {"frame": lambda r: faults.chunked()(r)[:-5],
                      "at": "end", "end": "close"},
    "interim answers without end": {"frame": faults.interim(*[100] * 50)},
    "another protocol": {"frame": faults.garbage(b"SSH-2.0-x\r\n"),
                         "at": "end", "end": "close"},
}


def transport():
    for end, word in ENDS.items():
        yield fault(f"{word} after the work", LOST, when="after", end=end)
        for place, at in PLACES.items():
            yield fault(f"{word} {place}", LOST, when="after", at=at, end=end)
        for when, moment in MOMENTS.items():
            yield fault(f"{word} {moment}", LOST, when=when, end=end)
        yield fault(f"{word} before the handshake", AGAIN, when="accept",
                    end=end)
    for name, fields in SPOILT.items():
        yield fault(name, LOST, when="after", **fields)
    yield fault("no length, and an orderly end", FINE, when="after",
                frame=faults.until_close, at="end", end="close")
    # not only once: what answers so when a session is to be resumed is asked
    # again, for a full handshake
    yield fault("garbage for handshakes", STOP, "does not speak TLS",
                when="accept", times=None, frame=faults.garbage(), at="end",
                end="close")
    yield fault("no handshake", AGAIN, args=("--connect-timeout", 1),
                when="accept", stall=3, end="rst")
    yield fault("nobody listens", AGAIN, args=("--max-attempts", 10),
                when="refuse")
    for name, effect, fields in (
            ("before the work, which is not done", LOST,
             {"when": "before", "end": "rst"}),
            ("before the work", LATE, {"when": "before"}),
            ("after the work", LOST, {"when": "after", "end": "rst"}),
            ("in the body", LOST, {"when": "after", "at": ("body", 1)})):
        yield fault(f"a stall {name}", effect, args=("--timeout", 1),
                    stall=3, **fields)


def refusals(effect, *answers):
    """Answers in place of the work: (name, Response[, what is said])."""
    for name, reply, *says in answers:
        yield fault(name, effect, *says, when="before", reply=reply)


# Cloudinary's answers.

def status(number, message=None, headers=None):
    if message is None:
        return (f"{number} as a page", cld.html(number, "It went wrong"),
                f"{number} and a page")
    said = f"{number} {message}"
    return said, cld.error(number, message, headers), said


def again(number):
    """The hourly limit, to be tried again so many seconds from now."""
    return lambda: {"when": "before", "reply": cld.hourly(
        500, time.time() + number)}


CLOUDINARY = [
    *transport(),
    *refusals(AGAIN, status(423, "Processing"), status(420),
              status(420, "Enhance your calm"), status(429),
              status(429, "Too Many Requests"),
              ("420 too many at once", cld.CONCURRENT, "Too many concurrent")),
    *refusals(LOST, status(500), status(500, "Internal error"), status(502),
              status(503), status(503, "Busy", {"Retry-After": "1"}),
              status(504), status(504, "Gateway time-out"), status(520)),
    *refusals(STOP, status(401), status(401, "api_secret mismatch"),
              status(401, "Unknown API key"), status(401, "Stale request"),
              status(403), status(403, "Request forbidden due to missing "
                                       'permissions (actions=["create"])'),
              status(404), status(301), status(307, "Temporary Redirect"),
              ("420 not subscribed", cld.UNSUBSCRIBED, "subscribe to the OCR"),
              ("420 units spent", cld.add_on_spent(50), "quota is used up"),
              ("429 units spent", Response(429, cld.add_on_spent(50).body),
               "quota is used up")),
    *refusals(BAD, status(400), status(400, "Illegal value x"),
              status(400, "Query Error (at position 1)"),
              ("400 without a reason", Response(400, b"{}"),
               "400 without a reason"),
              status(404, "Resource not found - b"), status(405, "No"),
              status(409, "already exists"), status(413)),
    # Waited for, unlike the others, as often as they come.
    fault("429 with Retry-After", AGAIN, when="before",
          reply=cld.too_many(retry_after=0)),
    Fault("420 the hour's calls are made", AGAIN, again(1)),
    Fault("420 the hour is over already", AGAIN, again(-60)),
]
WAITED = {f.name for f in CLOUDINARY[-3:]}


# DynamoDB's answers.

def named(*names, number=400, namespace=ddb.SERVICE):
    return [(f"{number} {name}", ddb.error(name, "As it says", number,
                                           namespace), name)
            for name in names]


DYNAMODB = [
    *transport(),
    fault("a wrong checksum", LOST, when="after", edit=faults.bad_crc),
    *refusals(AGAIN, *named("ProvisionedThroughputExceededException",
                            "RequestLimitExceeded", "LimitExceededException",
                            "TransactionInProgressException"),
              *named("ThrottlingException", "Throttling", "SlowDown",
                     "TooManyRequestsException", "BandwidthLimitExceeded",
                     "PriorRequestNotComplete", "RequestTimeoutException",
                     "ReplicatedWriteConflictException",
                     namespace=ddb.CORAL),
              *named("InternalServerError", "InternalFailure",
                     "UnheardOfException", number=500),
              *named("ServiceUnavailableException", number=503),
              *((f"{n} alone", Response(n), f"status {n}")
                for n in (429, 500, 502, 503, 504)),
              ("502 as a page", cld.html(502, "Bad Gateway"), "status 502")),
    *refusals(STOP, *named("UnrecognizedClientException",
                           "MissingAuthenticationToken",
                           "IncompleteSignatureException",
                           "InvalidSignatureException",
                           "SignatureDoesNotMatch", "ExpiredTokenException",
                           "UnknownOperationException",
                           "UnheardOfException", namespace=ddb.CORAL),
              ("400 as a page", cld.html(400, "Page Not Found"), "endpoint"),
              ("301", Response(301), "endpoint")),
    *refusals(DENIED, *named("AccessDeniedException", namespace=ddb.CORAL)),
    *refusals(ABSENT, *named("ResourceNotFoundException")),
    *refusals(BAD, *named("ValidationException", "ResourceInUseException",
                          "ConditionalCheckFailedException",
                          "ItemCollectionSizeLimitExceededException"),
              *named("SerializationException", namespace=ddb.CORAL),
              ("413", ddb.TOO_LARGE, "413"),
              ("413 as Local has it", Response(413, b'{"Message":""}'),
               "413")),
]


# What must come of a run.

@dataclass
class Expected:
    calls: Counter = field(default_factory=Counter)
    paid: Counter = field(default_factory=Counter)
    rows: list = field(default_factory=list)
    items: set = field(default_factory=set)
    exit: int = 0
    asks: str = field(default="update", compare=False)   # for OCR, by it

    def row(self, name, status):
        has_text = status in ("complete", "unstored")
        self.rows.append([name, status, TEXTS[name] if has_text else None])
        if status in ("failed", "unstored"):
            self.exit = 1

    def paid_for(self, name):
        self.calls[self.asks] += 1
        self.paid[name] += 1

    def stored(self, name):
        self.calls["PutItem"] += 1
        self.items.add(name)
        self.row(name, "complete")

    def images(self, *names):
        """They are read, and nothing goes wrong."""
        for name in names:
            self.paid_for(name)
            self.stored(name)
        return self

    def stopped(self, status=3):
        self.exit = status
        return self


@dataclass(frozen=True, eq=False)
class Cell:
    point: "Point"
    fault: Fault
    times: int | None = 1        # in a row; None: for ever

    @property
    def attempts(self):
        return self.times + 1 if self.times else 3

    @property
    def seen(self):
        """Calls that the stand-in sees, where each is simply made again."""
        if self.fault.effect in (AGAIN, LOST, LATE):
            return self.fault.counted * (self.times or self.attempts) + \
                (self.times is not None)
        return 1 if self.fault.effect == FINE else self.fault.counted

    @property
    def refused(self):
        return self.fault.effect in (STOP, DENIED, ABSENT, BAD)

    @property
    def works(self):
        """Does the call work in the end?"""
        return not self.refused and self.times is not None

    def __str__(self):
        often = {1: "", None: ", for ever"}.get(
            self.times, f", {self.times} times")
        return f"{self.point.name}: {self.fault.name}{often}"


def update(cell, call="update"):
    e = Expected(Counter(DescribeTable=1), asks=call).images("a")
    f = cell.fault
    if f.effect in (LOST, LATE) and (f.done or f.effect == LATE):
        e.paid_for("b")
        e.calls["get"] += 1 if f.done else 3
        e.stored("b")
    else:
        lost = (cell.times or cell.attempts) if f.effect == LOST else 0
        e.calls["get"] += 3 * lost
        e.calls[call] += cell.seen - cell.works
        if f.effect == STOP:
            return e.stopped()
        e.images("b") if cell.works else e.row("b", "failed")
    return e.images("c")


def read_back(cell):
    e = Expected(Counter(DescribeTable=1)).images("a")
    e.paid_for("b")
    e.calls["get"] += cell.seen
    if cell.fault.effect == STOP:
        return e.stopped()
    e.stored("b") if cell.works else e.row("b", "failed")
    return e.images("c")


def reuse(cell):
    e = Expected(Counter(DescribeTable=1, get=1)).images("a")
    e.calls["get"] += cell.seen
    if cell.fault.effect == STOP:
        return e.stopped()
    e.stored("b") if cell.works else e.row("b", "failed")
    e.calls["get"] += 1
    return e.images("c")


def describe(cell):
    e = Expected(Counter(DescribeTable=cell.seen))
    if cell.fault.effect in (BAD, ABSENT):
        return e.stopped(2)
    if cell.works or cell.fault.effect == DENIED:
        return e.images(*IDS)
    return e.stopped()


def batch(cell):
    e = Expected(Counter(DescribeTable=1, BatchGetItem=cell.seen),
                 items={"a"})
    if not cell.works:
        return e.stopped()
    e.row("a", "skipped")
    return e.images("b", "c")


def after_kill(cell, items):
    """The calls and rows of the second run, after one that was killed."""
    e = Expected(Counter(DescribeTable=1, GetItem=cell.seen),
                 Counter(IDS[:2]), items=set(items))
    if not cell.works:
        return e.stopped()
    if "b" in items:
        e.row("b", "complete")
    else:
        e.calls["get"] += 1
        e.stored("b")
    return e.images("c")


def put(cell):
    e = Expected(Counter(DescribeTable=1)).images("a")
    e.paid_for("b")
    e.calls["PutItem"] += cell.seen - cell.works
    if cell.works:
        e.stored("b")
    else:
        e.row("b", "unstored")
        if cell.fault.effect != BAD:
            return e.stopped()
    return e.images("c")


# The calls of the loop.

LOSES_B = {"call": "update", "key": "b", "when": "after", "end": "rst"}


@dataclass(frozen=True, eq=False)
class Point:
    name: str
    expected: Callable
    faults: list
    call: str
    key: str | None = None
    nth: int = 1                 # of the calls of its kind
    request: int = 1             # of all that the server gets
    before: dict | None = None   # the call before it on the same connection
    before_ends: bool = False    # that ends the connection in any case
    args: tuple = ()
    prepare: Callable = lambda world: None


def b_has_a_result(world):
    world.images.image("b").results["adv_ocr"] = 0


def a_is_stored(world):
    world.table.backend.tables["mini"]["a"] = {"publicId": {"S": "a"}}


def killed_at_put(when):
    def prepare(world):
        started = Future()
        world.table.faults.add(call="PutItem", key="b", when=when, end="rst",
                               hook=lambda: started.result().kill())
        process = world.binary.start(world.args)
        started.set_result(process)
        process.communicate("".join(f"{n}\n" for n in IDS).encode(), 60)
        assert process.returncode == -9
        world.images.calls.clear()
        world.table.calls.clear()
    return prepare


AFTER_KILL = {"call": "GetItem", "request": 2, "args": ("-c", "at"),
              "before": {"call": "DescribeTable"}}

POINTS = [
    Point("OCR", update, CLOUDINARY, "update", "b", nth=2, request=2,
          before={"call": "update", "key": "a"}),
    Point("OCR by explicit", lambda cell: update(cell, "explicit"), CLOUDINARY,
          "explicit", "b", nth=2, request=2, args=("--via", "explicit"),
          before={"call": "explicit", "key": "a"}),
    Point("the look for a lost answer", read_back, CLOUDINARY, "get", "b",
          request=3, before=LOSES_B, before_ends=True),
    Point("--reuse", reuse, CLOUDINARY, "get", "b", nth=2, request=3,
          before={"call": "update", "key": "a"}, args=("--reuse",),
          prepare=b_has_a_result),
    Point("DescribeTable", describe, DYNAMODB, "DescribeTable"),
    Point("--skip-stored", batch, DYNAMODB, "BatchGetItem", request=2,
          before={"call": "DescribeTable"}, args=("--skip-stored",),
          prepare=a_is_stored),
    Point("GetItem, where it is stored", lambda cell: after_kill(cell, "ab"),
          DYNAMODB, prepare=killed_at_put("after"), **AFTER_KILL),
    Point("GetItem, where it is not", lambda cell: after_kill(cell, "a"),
          DYNAMODB, prepare=killed_at_put("before"), **AFTER_KILL),
    Point("PutItem", put, DYNAMODB, "PutItem", "b", nth=2, request=3,
          before={"call": "PutItem", "key": "a"}),
]


def cells():
    for point in POINTS:
        for f in point.faults:
            if f.fields()["when"] == "refuse" and not point.before:
                continue
            yield Cell(point, f)
            if not f.fields().get("reply"):
                continue
            if f.effect == AGAIN:
                yield Cell(point, f, 3)
            if f.effect == AGAIN and f.name not in WAITED or \
                    f.effect == LOST and f.name.startswith("500"):
                yield Cell(point, f, None)


CELLS = list(cells())


# Running them.

CLOSES = {"when": "after", "edit": faults.header("Connection", "close")}


def rules(cell):
    """The faults as the stand-in wants them."""
    point, fields = cell.point, cell.fault.fields()
    when, before = fields["when"], point.before
    last = before and {**CLOSES, **before}
    if when == "refuse":
        return [{**last, "refuse": 0.1}]
    if when == "accept":
        return [last, {**fields, "nth": 2}] if last else [fields]
    lost = [before] if point.before_ends else []
    if when == "unread":
        return [*lost, {**fields, "nth": point.request}]
    which = {"nth": point.nth} if when == "head" else {"key": point.key}
    return [*lost, {"call": point.call, "times": cell.times, **which,
                    **fields}]


@dataclass
class World:
    images: cld.Cloudinary
    table: ddb.Front
    binary: Binary
    args: list


def run(cell, certificate, ca, folder):
    """Runs a cell. What came of it, as `expected` has it, and the Result."""
    point = cell.point
    with cld.Cloudinary(certificate) as images, \
            ddb.Front(certificate, ddb.Mini("mini")) as table:
        for name, text in TEXTS.items():
            images.add(cld.Image(name, text))
        binary = Binary(lambda: {
            "HOME": str(folder), "SSL_CERT_FILE": str(ca.certificate),
            **images.environment, **table.environment}, folder)
        args = ["-t", "mini", "--max-attempts", cell.attempts, *point.args,
                *cell.fault.args]
        point.prepare(World(images, table, binary, args))
        server = images if point.faults is CLOUDINARY else table
        server.faults.clear()
        for rule in rules(cell):
            server.faults.add(**rule)
        result = binary(args, IDS)
    assert not images.errors + table.errors + table.refused
    assert not images.violations + table.violations
    return Expected(images.calls + table.calls, images.paid,
                    [row[:3] for row in result.rows],
                    set(table.backend.tables["mini"]),
                    result.returncode), result


@pytest.fixture(scope="module")
def outcomes(request, certificate, ca, tmp_path_factory):
    """Starts all cells that were selected; their futures."""
    wanted = [item.callspec.params["cell"] for item in request.session.items
              if getattr(item, "callspec", None)
              and "cell" in item.callspec.params]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        yield {cell: pool.submit(run, cell, certificate, ca,
                                 tmp_path_factory.mktemp("cell"))
               for cell in wanted}


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_the_matrix(outcomes, cell):
    outcome, result = outcomes[cell].result()
    expected = cell.point.expected(cell)
    assert outcome == expected, result.stderr
    if not cell.works and cell.fault.effect != DENIED:
        assert cell.fault.says in result.stderr
        assert cell.fault.says in result.stdout.decode() or \
            result.returncode != 1


# What the matrix has no place for.

MINI = ["-t", "mini"]


@pytest.fixture
def account(cloudinary):
    """The account with the three images."""
    for name, text in TEXTS.items():
        cloudinary.add(cld.Image(name, text))
    return cloudinary


def statuses(result):
    return [row[1] for row in result.rows]


@pytest.mark.parametrize("held, times", [(1, 1), (2, 1), (3, 1), (1, 3)])
def test_unprocessed_keys_are_asked_for_again(account, mini, ocrdyn, held,
                                              times):
    mini.backend.tables["mini"]["a"] = {"publicId": {"S": "a"}}
    mini.backend.tables["mini"]["c"] = {"publicId": {"S": "c"}}
    mini.faults.add(call="BatchGetItem", times=times, unprocessed=held)
    done = ocrdyn([*MINI, "--skip-stored"], IDS)
    assert statuses(done) == ["skipped", "complete", "skipped"]
    assert mini.calls["BatchGetItem"] == 1 + times
    assert account.paid == {"b": 1}


def test_keys_that_stay_unprocessed_stop_the_run(account, mini, ocrdyn):
    mini.faults.add(call="BatchGetItem", times=None, unprocessed=1)
    done = ocrdyn([*MINI, "--skip-stored", "--max-attempts", 3], IDS)
    assert done.returncode == 3 and done.stdout == b""
    assert "unprocessed" in done.stderr
    assert mini.calls["BatchGetItem"] == 3
    assert not account.calls


# From which call on the service's clock is another. A clock that is wrong
# from the start is noticed at the first call, and then once is enough.
@pytest.mark.parametrize("skew", [600, -600, 86400])
@pytest.mark.parametrize("last_right", [None, "DescribeTable", "PutItem"])
def test_a_skewed_clock_is_allowed_for(account, mini, ocrdyn, skew,
                                       last_right):
    def turn(response):
        mini.skew = skew
        return response
    if last_right:
        mini.faults.add(call=last_right, when="after", edit=turn)
    else:
        mini.skew = skew
    done = ocrdyn(MINI, IDS)
    assert statuses(done) == ["complete"] * 3, done.stderr
    assert done.returncode == 0
    assert mini.calls == {"DescribeTable": 1 + (last_right is None),
                          "PutItem": 3 + (last_right is not None)}
    refusal, = mini.refused
    assert "Signature" in refusal
    mini.refused.clear()
    assert account.paid == {name: 1 for name in IDS}


def test_a_clock_that_jumps_for_ever_is_no_endless_loop(account, mini,
                                                        ocrdyn):
    def turn(response):          # which has the Date from before
        mini.skew = 1200 - mini.skew
        return response
    mini.faults.add(when="after", times=None, edit=turn)
    done = ocrdyn(MINI, IDS)
    assert done.returncode == 3
    assert statuses(done) == ["unstored"]
    assert mini.calls["PutItem"] == 2
    mini.refused.clear()


@pytest.mark.parametrize("edit", [
    faults.header("Date", None), faults.header("Date", "yesterday"),
    faults.header("Age", "900")], ids=["none", "garbage", "from a cache"])
def test_without_a_date_to_go_by_a_refused_signature_stops(account, mini,
                                                           ocrdyn, edit):
    mini.skew = 600
    mini.faults.add(when="after", times=None, edit=edit)
    done = ocrdyn(MINI, IDS)
    assert done.returncode == 3 and done.stdout == b""
    assert "InvalidSignatureException" in done.stderr
    assert mini.calls == {"DescribeTable": 1}
    mini.refused.clear()
    assert not account.calls


LOST_ANSWER = {"call": "update", "key": "b", "when": "after", "end": "rst"}


@pytest.mark.parametrize("result, detail", [
    (b'{"status":"failed","data":"Too dark"}', "OCR failed: Too dark"),
    (b'{"status":"complete","data":[{"new":1}]}', "is not understood")])
def test_a_lost_answer_that_was_no_text_is_not_paid_for_again(
        account, mini, ocrdyn, result, detail):
    account.faults.add(**LOST_ANSWER)
    account.faults.add(call="get", when="after", reply=Response(
        200, b'{"info":{"ocr":{"adv_ocr":%s}}}' % result))
    done = ocrdyn(MINI, IDS)
    assert statuses(done) == ["complete", "failed", "complete"]
    assert detail in done.rows[1][3]
    assert account.calls == {"update": 3, "get": 1}
    assert account.paid == {name: 1 for name in IDS}


def test_a_result_under_way_is_waited_for(account, mini, ocrdyn):
    account.image("b").pending = 2
    done = ocrdyn(MINI, IDS)
    assert statuses(done) == ["complete"] * 3
    assert account.calls == {"update": 3, "get": 3}
    assert account.paid == {name: 1 for name in IDS}


def test_a_result_under_way_for_too_long_is_a_failure(account, mini, ocrdyn):
    account.image("b").pending = 1000
    done = ocrdyn([*MINI, "--timeout", 1], IDS)
    assert statuses(done) == ["complete", "failed", "complete"]
    assert "status is pending" in done.rows[1][3]
    assert account.paid == {name: 1 for name in IDS}


@pytest.mark.parametrize("pending", [0, 1])
def test_reuse_takes_what_is_there_and_waits_for_what_is_coming(
        account, mini, ocrdyn, pending):
    account.image("b").results["adv_ocr"] = pending
    done = ocrdyn([*MINI, "--reuse"], IDS)
    assert statuses(done) == ["complete"] * 3
    assert account.paid == {"a": 1, "c": 1}
    assert account.calls == {"update": 2, "get": 3 + pending}


@pytest.mark.parametrize("value", ["adv_ocr:document", "adv_ocr:ja"])
def test_reuse_does_not_take_a_result_of_another_value(account, ocrdyn,
                                                       value):
    account.image("b").results[value] = 0
    ocrdyn(["--reuse"], IDS)
    assert account.paid == {name: 1 for name in IDS}


def test_reuse_asks_anew_where_ocr_failed_before(account, ocrdyn):
    account.faults.add(call="get", key="b", when="after", reply=Response(
        200, b'{"info":{"ocr":{"adv_ocr":{"status":"failed"}}}}'))
    done = ocrdyn(["--reuse"], IDS)
    assert statuses(done) == ["complete"] * 3
    assert account.paid == {name: 1 for name in IDS}


def test_an_image_that_is_gone_when_its_answer_is_looked_for(account, mini,
                                                             ocrdyn):
    account.faults.add(**LOST_ANSWER)
    account.faults.add(call="get", reply=cld.not_found("b"))
    done = ocrdyn(MINI, IDS)
    assert statuses(done) == ["complete", "failed", "complete"]
    assert done.rows[1][3] == "Cloudinary: 404 Resource not found - b"
    assert account.paid == {name: 1 for name in IDS}
