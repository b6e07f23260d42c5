"""What goes wrong, and when: the faults of both stand-ins.

A Fault is a rule. It picks calls (by kind, by key, the nth that matches, so
many times) and says at which moment of the exchange what happens. When it is
used up, service is normal again. Every field may be combined with every
other; the fields that are not given do nothing.

    faults.add(call="update", when="after", end="rst")
        the first OCR call is done (and paid), then the connection is reset
    faults.add(call="PutItem", times=3, reply=dynamodb.THROTTLED)
        the first three writes are throttled
    faults.add(call="update", when="after", at=("body", -1), end="fin")
        the last byte of the answer never comes, nor does a close_notify
    faults.add(call="get", when="after", frame=chunked(sizes=[1, 7]))
        the answer is chunked, oddly

The moments, `when`:
    accept  a connection was accepted, no byte of TLS is read yet; `call` is
            "connect"
    unread  a request's first bytes have come, none is read; nothing is known
            of the call, so `call` and `key` must be left alone
    head    the head is read, the body is not
    before  the request is read; the work is not done, nothing is paid
    after   the work is done, nothing is answered
    idle    the answer was sent, the next request has not come
"""

import copy
import json
import threading
import time
import zlib
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import Callable

from .server import Response, plain

MOMENTS = ("accept", "unread", "head", "before", "after", "idle")


@dataclass
class Fault:
    call: str = "*"                   # the kind of call, or any
    key: str | Callable | None = None  # its public_id or key; or a test of it
    nth: int = 1                      # from the nth call that matches on
    times: int | None = 1             # for so many of them; None: for ever
    when: str = "before"
    reply: Response | None = None     # sent instead of the real answer
    edit: Callable | None = None      # Response -> Response
    frame: Callable | None = None     # Response -> the bytes that are sent
    drip: tuple | None = None         # (n, seconds): n bytes at a time
    at: tuple | str = "start"         # of the answer, the place where `stall`
                                      # and `end` act: "start" (nothing is
                                      # sent), "end" (all is), ("head", n),
                                      # ("body", n); n < 0 counts from behind
    stall: float = 0                  # seconds
    refuse: float = 0                 # seconds without a listening socket
    end: str | None = None            # of the connection: "rst", "close" (as
                                      # TLS wants it), "fin" (no close_notify)
    unprocessed: int = 0              # of a batch, so many come back undone
                                      # (DynamoDB only)
    hook: Callable | None = None      # called without arguments, before
                                      # `stall` and `end`
    seen: int = 0                     # calls that matched
    hits: int = 0                     # calls that it was applied to

    def __post_init__(self):
        if self.when not in MOMENTS:
            raise ValueError(f"no such moment: {self.when}")
        if self.when == "accept" and self.call == "*":
            self.call = "connect"
        if self.when == "unread" and (self.call, self.key) != ("*", None):
            raise ValueError("an unread call is not known")

    @property
    def literal(self):
        """What is answered without any work, if anything is."""
        return self.reply or (Response(400) if self.frame else None)

    def matches(self, call, key):
        if self.call not in ("*", call):
            return False
        if callable(self.key):
            return self.key(key)
        return self.key in (None, key)

    def place(self, data):
        """Where in `data`, an answer's bytes, the fault acts."""
        if self.at == "start":
            return 0
        if self.at == "end":
            return len(data)
        part, n = self.at
        body = data.index(b"\r\n\r\n") + 4
        start, stop = (0, body) if part == "head" else (body, len(data))
        return max(start, stop + n) if n < 0 else min(stop, start + n)


class Faults:
    """The rules of one server, in the order in which they are asked."""

    def __init__(self):
        self._rules = []
        self._lock = threading.Lock()

    def add(self, **fields):
        """Adds the rule and returns it; its `hits` tell what became of it."""
        fault = Fault(**fields)
        with self._lock:
            self._rules.append(fault)
        return fault

    def clear(self):
        with self._lock:
            self._rules.clear()

    def pick(self, moments, call="*", key=None):
        """The first rule that wants this call at one of these moments."""
        if not self._rules:
            return None
        found = None
        with self._lock:
            for rule in self._rules:
                if rule.when not in moments or not rule.matches(call, key):
                    continue
                rule.seen += 1
                if (found is None and rule.seen >= rule.nth
                        and (rule.times is None or rule.hits < rule.times)):
                    rule.hits += 1
                    found = rule
        return found


# Edits: Response -> Response.

def header(name, value):
    """Sets a header, or takes it away (None)."""
    def edit(response):
        headers = {n: v for n, v in response.headers.items()
                   if n.lower() != name.lower()}
        if value is not None:
            headers[name] = value
        return replace(response, headers=headers)
    return edit


def skewed(seconds):
    """The Date of a server whose clock is wrong."""
    def edit(response):
        date = formatdate(time.time() + seconds, usegmt=True)
        return header("Date", date)(response)
    return edit


def bad_crc(response):
    """A checksum that does not fit the body (A 3.5)."""
    return header("x-amz-crc32", "1")(response)


class Gone:
    """The value of what is to be deleted."""

    def __deepcopy__(self, memo):
        return self


GONE = Gone()


def changed(*changes):
    """Changes values inside an answer's JSON: each change is a JSON Pointer
    and the value that is then there, GONE for none. All but the pointer's
    last member or element must be there; "-" stands for a new element. A
    checksum is made anew."""
    def edit(response):
        document = json.loads(response.body)
        for pointer, value in changes:
            document = change(document, pointer, copy.deepcopy(value))
        body = b"" if document is GONE else \
            json.dumps(document, ensure_ascii=False).encode()
        edited = replace(response, body=body)
        if "x-amz-crc32" in edited.headers:
            return header("x-amz-crc32", str(zlib.crc32(body)))(edited)
        return edited
    return edit


def change(document, pointer, value):
    """The document with another value at the pointer (RFC 6901)."""
    if pointer == "":
        return value
    *path, last = (part.replace("~1", "/").replace("~0", "~")
                   for part in pointer[1:].split("/"))
    parent = document
    for part in path:
        parent = parent[int(part) if isinstance(parent, list) else part]
    if isinstance(parent, list):
        last = len(parent) if last == "-" else int(last)
        parent[last:last + 1] = [] if value is GONE else [value]
    elif value is GONE:
        parent.pop(last, None)
    else:
        parent[last] = value
    return document


# Frames: Response -> bytes.

def garbage(data=b"\x00\xffgarbage\r\n\r\n"):
    return lambda response: data


def chunked(sizes=(1, 2, 3, 1000), extension="", trailers=None):
    """Chunks of these sizes, over and over; the extension stands behind each
    size as given (";a=b"), trailers are a dict."""
    def frame(response):
        edited = header("Transfer-Encoding", "chunked")(response)
        out, body, i = [head(edited)], response.body, 0
        while body:
            size = sizes[i % len(sizes)]
            piece, body, i = body[:size], body[size:], i + 1
            out.append(b"%x%s\r\n%s\r\n" % (len(piece), extension.encode(),
                                            piece))
        out.append(b"0%s\r\n" % extension.encode())
        out += [f"{n}: {v}\r\n".encode() for n, v in (trailers or {}).items()]
        return b"".join(out) + b"\r\n"
    return frame


def until_close(response):
    """Neither length nor chunks: the body lasts until the connection ends.
    It ends with a close_notify, or as the fault's `end` (at="end") says."""
    edited = header("Connection", "close")(response)
    return head(edited) + response.body


def interim(*statuses, frame=plain):
    """Interim answers (100, 103, ...) before the real one."""
    lines = [f"HTTP/1.1 {status} Interim\r\nX-Interim: yes\r\n\r\n".encode()
             for status in statuses]
    return lambda response: b"".join(lines) + frame(response)


def lengths(*values):
    """Content-Length as given: wrong, not a number, or more than one."""
    def frame(response):
        lines = "".join(f"Content-Length: {value}\r\n" for value in values)
        return head(response)[:-2] + lines.encode() + b"\r\n" + \
            response.body
    return frame


def head(response):
    """The answer's head, without Content-Length."""
    data = plain(replace(response, body=b""))
    return data.replace(b"Content-Length: 0\r\n", b"")
