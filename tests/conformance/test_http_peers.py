"""Serves raw answers to curl and to `ocrdyn list`: both read the same body, or
refuse it, except for the deviations in a table below. Uses plain http on
loopback. The body of each answer lists one image with a name of its own."""

import contextlib
import json
import shutil
import socket
import subprocess
import threading

import pytest
from conftest import Binary

CURL = shutil.which("curl")
PAGE = b'{"resources":[{"public_id":"%s"}]}'


class Raw:
    """Answers each request with these bytes, then closes the connection."""

    def __init__(self, data):
        self.data = data
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                link, _ = self.server.accept()
                with link, contextlib.suppress(OSError):
                    head = b""
                    while b"\r\n\r\n" not in head:
                        head += link.recv(65536) or b"\r\n\r\n"
                    link.sendall(self.data)
                    link.shutdown(socket.SHUT_WR)
                    link.settimeout(60)
                    while link.recv(65536):
                        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.thread.join()


# The cases: NAME -> bytes. BODY stands for the page, SIZE for its length, LESS
# and MORE for a length that differs by one, HALF and REST for two chunks of it.

LEN = b"Content-Length: SIZE\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
OK = b"HTTP/1.1 200 OK\r\n"
LAST = b"0\r\n\r\n"


def status_lines():
    for line in [
            b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 200 OK\r\n",
            b"HTTP/1.1 200\r\n", b"HTTP/1.1 200 \r\n", b"HTTP/1.1 200\n",
            b"HTTP/1.1 200 OK\n", b"HTTP/1.1 200  OK\r\n",
            b"HTTP/1.1 200 Not OK, but 404\r\n", b"HTTP/1.1 200 \xc3\xa9\r\n",
            b"HTTP/1.1 200 \xe9\r\n", b"HTTP/1.1 200\tOK\r\n",
            b"HTTP/1.1\t200 OK\r\n", b"HTTP/1.1  200 OK\r\n",
            b"HTTP/1.1   200\r\n", b"HTTP/1.1 200OK\r\n",
            b"HTTP/1.1 200;OK\r\n", b"HTTP/1.1 2000 OK\r\n",
            b"HTTP/1.1 20 OK\r\n", b"HTTP/1.1 2 OK\r\n", b"HTTP/1.1 OK\r\n",
            b"HTTP/1.1\r\n", b"HTTP/1.1 \r\n", b"HTTP/1.1 +20 OK\r\n",
            b"HTTP/1.1 0200 OK\r\n", b"HTTP/1.1 099 OK\r\n",
            b"HTTP/1.1 000 OK\r\n", b"HTTP/1.2 200 OK\r\n",
            b"HTTP/1.10 200 OK\r\n", b"HTTP/2 200 OK\r\n",
            b"HTTP/2.0 200 OK\r\n", b"HTTP/0.9 200 OK\r\n",
            b"HTTP/1 200 OK\r\n", b"HTTP 200 OK\r\n", b"http/1.1 200 OK\r\n",
            b" HTTP/1.1 200 OK\r\n", b"\r\nHTTP/1.1 200 OK\r\n",
            b"\nHTTP/1.1 200 OK\r\n", b"200 OK\r\n", b"SSH-2.0-OpenSSH\r\n",
            b"HTTP/1.1 200 O\x1bK\r\n", b"HTTP/1.1 200 O\x00K\r\n",
            b"HTTP/1.1 200 O\rK\r\n", b"HTTP/1.1 200 OK\r\r\n", b"\x00", b""]:
        yield repr(line)[2:-1], line + LEN + b"\r\nBODY"
    # of an answer other than 200 only the status is compared
    for status in (201, 202, 206, 299, 300, 301, 400, 401, 403, 404, 409, 418,
                   420, 423, 429, 499, 500, 502, 503, 504, 599, 600, 999):
        yield f"status {status}", b"HTTP/1.1 %d X\r\n" % status + LEN + \
            b"\r\nBODY"


def field_lines():
    for line in [
            b"A: b\r\n", b"A:b\r\n", b"A:\r\n", b"A: \r\n", b"A:\t b \t\r\n",
            b"A: b\n", b"A:\n", b"a: b\r\nA: c\r\n", b"A: b: c\r\n",
            b"A : b\r\n", b"A\t: b\r\n", b"A  \t : b\r\n", b" A: b\r\n",
            b"\tA: b\r\n", b": b\r\n", b" : b\r\n", b"A\r\n", b"A b\r\n",
            b"A b: c\r\n", b"A(b): c\r\n", b'"A": c\r\n', b"\xc3\x84: c\r\n",
            b"A: \xc3\xa9\r\n", b"A: \xff\r\n", b"A@[]: c\r\n",
            b"A: b\r\n c\r\n", b"A: b\r\n\tc\r\n", b"A: b\r\n c\r\n d\r\n",
            b"A: b\n c\n", b"A:\r\n b\r\n", b"A: b\r\n c: d\r\n",
            b"A: b\r\n  \r\n", b"A: b\r\n\t\r\n", b"A: b\r\n:\r\n",
            b"A b: c\r\n d\r\n", b"A: \x00\r\n", b"A: \x01\r\n",
            b"A: \x1b[2J\r\n", b"A: \x7f\r\n", b"A\x01: b\r\n",
            b"A: b\rc\r\n", b"A: b\r\r\n", b"A: b\x0bc\r\n",
            b"A: " + b"b" * 20000 + b"\r\n", b"A: b\r\n" * 100,
            b"Content-Encoding: identity\r\n", b"Content-Encoding:\r\n",
            b"Content-Encoding: Identity, identity\r\n",
            b"X-Content-Length: 1\r\n", b"Content-Length-X: 1\r\n",
            b"X: Content-Length: 1\r\n", b"X-Content-Length : 1\r\n",
            b"Content_Length: 1\r\n", b"Content Length: 1\r\n"]:
        name = repr(line[:30])[2:-1]
        yield f"{name} first", OK + line + LEN + b"\r\nBODY"
        yield f"{name} last", OK + LEN + line + b"\r\nBODY"


def framings():
    def head(*lines):
        return OK + b"".join(line + b"\r\n" for line in lines) + b"\r\n"
    chunks = b"HALFREST" + LAST
    for name, lines, body in [
            ("until close", [], b"BODY"),
            ("too short a length", [b"Content-Length: LESS"], b"BODY"),
            ("too long a length", [b"Content-Length: MORE"], b"BODY"),
            ("bytes after the body", [LEN[:-2]], b"BODYBODY"),
            ("two equal lengths", [LEN[:-2]] * 2, b"BODY"),
            ("two lengths, less", [LEN[:-2], b"Content-Length: LESS"],
             b"BODY"),
            ("two lengths, more", [LEN[:-2], b"Content-Length: MORE"],
             b"BODY"),
            ("length with a plus", [b"Content-Length: +SIZE"], b"BODY"),
            ("negative length", [b"Content-Length: -SIZE"], b"BODY"),
            ("length and words", [b"Content-Length: SIZE bytes"], b"BODY"),
            ("length with a blank", [b"Content-Length: SIZE SIZE"], b"BODY"),
            ("list of lengths", [b"Content-Length: SIZE, SIZE"], b"BODY"),
            ("list of other lengths", [b"Content-Length: SIZE, LESS"],
             b"BODY"),
            ("hexadecimal length", [b"Content-Length: 0xSIZE"], b"BODY"),
            ("length with zeros", [b"Content-Length: 00000SIZE"], b"BODY"),
            ("no length", [b"Content-Length:"], b"BODY"),
            ("a length without digits", [b"Content-Length: many"], b"BODY"),
            ("a huge length", [b"Content-Length: 99999999999999999999999"],
             b"BODY"),
            ("length in any case", [b"cOnTeNt-LeNgTh: SIZE"], b"BODY"),
            ("spaced length", [b"Content-Length : LESS"], b"BODY"),
            ("spaced right length", [b"Content-Length : SIZE"], b"BODY"),
            ("folded length", [b"Content-Length:", b" SIZE"], b"BODY"),
            ("length that goes on", [LEN[:-2], b" SIZE"], b"BODY"),
            ("length in a fold", [b"A: b", b" Content-Length: LESS"],
             b"BODY"),
            ("length first and blank", [b" Content-Length: LESS"], b"BODY"),
            ("chunked", [CHUNKED[:-2]], chunks),
            ("Chunked", [b"TRANSFER-ENCODING: CHUNKED"], chunks),
            ("chunked and a length", [CHUNKED[:-2], LEN[:-2]], chunks),
            ("a length and chunked", [LEN[:-2], CHUNKED[:-2]], chunks),
            ("chunked twice", [CHUNKED[:-2]] * 2, chunks),
            ("chunked, chunked", [b"Transfer-Encoding: chunked, chunked"],
             chunks),
            ("identity coding", [b"Transfer-Encoding: identity", LEN[:-2]],
             b"BODY"),
            ("identity, chunked", [b"Transfer-Encoding: identity, chunked"],
             chunks),
            ("unknown coding", [b"Transfer-Encoding: x", LEN[:-2]], b"BODY"),
            ("gzip, chunked", [b"Transfer-Encoding: gzip, chunked"], chunks),
            ("no coding", [b"Transfer-Encoding:", LEN[:-2]], b"BODY"),
            ("spaced coding", [b"Transfer-Encoding : chunked"], chunks),
            ("folded coding", [b"Transfer-Encoding:", b" chunked"], chunks),
            ("coding with a parameter", [b"Transfer-Encoding: chunked;a=b"],
             chunks),
            ("xchunked", [b"Transfer-Encoding: xchunked"], b"BODY"),
            ("no chunks", [CHUNKED[:-2]], b"BODY")]:
        yield name, head(*lines) + body
    yield "HTTP/1.0 until close", b"HTTP/1.0 200 OK\r\n\r\nBODY"
    yield "HTTP/1.0 chunked", b"HTTP/1.0 200 OK\r\n" + CHUNKED + b"\r\n" + \
        chunks
    yield "204 with a body", b"HTTP/1.1 204 No\r\n" + LEN + b"\r\nBODY"
    yield "304 with a body", b"HTTP/1.1 304 No\r\n" + LEN + b"\r\nBODY"
    yield "no end of the head", OK + LEN
    yield "half a head", OK + LEN[:9]
    yield "all LF", OK[:-2] + b"\n" + LEN[:-2] + b"\n\nBODY"
    yield "LF, then CRLF", OK + LEN[:-2] + b"\n\r\nBODY"
    yield "CRLF, then LF", OK + LEN + b"\nBODY"


def chunks():
    for name, body in [
            ("in two", b"HALFREST" + LAST),
            ("no last", b"HALFREST"), ("cut", b"HALF"),
            ("last without an end", b"HALFREST0\r\n"),
            ("last of zeros", b"HALFREST000\r\n\r\n"),
            ("bytes after the last", b"HALFREST0\r\n\r\nHTTP/1.1 200 OK"),
            ("trailer", b"HALFREST0\r\nA: b\r\n\r\n"),
            ("trailers", b"HALFREST0\r\nA: b\r\nC: d\r\n\r\n"),
            ("trailer with a length", b"HALFREST0\r\nContent-Length: 1\r\n"
             b"\r\n"),
            ("trailer with gzip", b"HALFREST0\r\nContent-Encoding: gzip\r\n"
             b"\r\n"),
            ("trailer without a colon", b"HALFREST0\r\nA\r\n\r\n"),
            ("trailer cut", b"HALFREST0\r\nA: b"),
            ("trailer in LF", b"HALFREST0\r\nA: b\n\n"),
            ("extension", b"HALF;a=bREST;c" + LAST),
            ("extension of the last", b"HALFREST0;a=\"b\"\r\n\r\n"),
            ("extension with CRLF in quotes", b"HALF;a=\"\r\nREST" + LAST),
            ("blank after the size", b"HALF REST" + LAST),
            ("LF after the size", b"LFHALFLFREST0\r\n\r\n"),
            ("LF after the chunk", b"HALFLESSREST0\r\n\r\n"),
            ("LF after the last", b"HALFREST0\n\n"),
            ("LF in an extension", b"HALF;a\n=bREST" + LAST),
            ("size with zeros", b"0000HALFREST" + LAST),
            ("size of 17 digits", b"0" * 15 + b"HALFREST" + LAST),
            ("size with 0x", b"0xHALFREST" + LAST),
            ("size with a plus", b"+HALFREST" + LAST),
            ("size with a minus", b"-HALFREST" + LAST),
            ("blank before the size", b" HALFREST" + LAST),
            ("no size", b"\r\nBODY"), ("words", b"xyz\r\nBODY"),
            ("huge", b"ffffffffffffffff\r\nBODY"),
            ("CR alone", b"HALF\r" + LAST)]:
        yield f"chunks: {name}", OK + CHUNKED + b"\r\n" + body


def interims():
    final = OK + LEN + b"\r\nBODY"
    for name, before in [
            ("100", b"HTTP/1.1 100 Continue\r\n\r\n"),
            ("100 without a reason", b"HTTP/1.1 100\r\n\r\n"),
            ("100 in LF", b"HTTP/1.1 100 Continue\n\n"),
            ("102 and 103", b"HTTP/1.1 102 P\r\n\r\nHTTP/1.1 103 E\r\n"
             b"Link: a\r\n\r\n"),
            ("199", b"HTTP/1.1 199 X\r\n\r\n"),
            ("100 with a length", b"HTTP/1.1 100 C\r\nContent-Length: 5\r\n"
             b"\r\n"),
            ("103 with gzip", b"HTTP/1.1 103 C\r\nContent-Encoding: gzip\r\n"
             b"\r\n"),
            ("100 chunked", b"HTTP/1.1 100 C\r\n" + CHUNKED + b"\r\n"),
            ("eight", b"HTTP/1.1 100 C\r\n\r\n" * 8),
            ("nine", b"HTTP/1.1 100 C\r\n\r\n" * 9),
            ("101", b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n")]:
        yield f"interim: {name}", before + final
    yield "interim: 100 only", b"HTTP/1.1 100 Continue\r\n\r\n"


CASES = {name: data for make in (status_lines, field_lines, framings, chunks,
                                 interims) for name, data in make()}


def fill(data, number):
    """Returns the bytes of a case and the name of its image."""
    image = b"image-%d" % number
    body = PAGE % image
    half, rest = body[:9], body[9:]

    def chunk(name, piece, data):
        """Replaces NAME, or NAME and an extension, by a chunk."""
        while (at := data.find(name)) >= 0:
            end = at + len(name)
            stop = end
            if data[end:end + 1] in (b";", b" "):
                ends = [data.find(word, end) for word in (b"REST", b"0\r\n")]
                stop = min(found for found in ends if found >= 0)
            data = data[:at] + b"%x" % len(piece) + data[end:stop] + \
                b"\r\n" + piece + b"\r\n" + data[stop:]
        return data

    data = data.replace(b"LFHALF", b"%x\n%s\r\n" % (len(half), half))
    data = data.replace(b"LFREST", b"%x\n%s\r\n" % (len(rest), rest))
    data = data.replace(b"HALFLESS", b"%x\r\n%s\n" % (len(half), half))
    for name, value in ((b"SIZE", len(body)), (b"LESS", len(body) - 1),
                        (b"MORE", len(body) + 1)):
        data = data.replace(name, b"%d" % value)
    data = data.replace(b"BODY", body)
    return chunk(b"REST", rest, chunk(b"HALF", half, data)), image.decode()


def of_curl(port):
    """Returns (status, images) as curl reads them, or None if it refuses."""
    done = subprocess.run(
        [CURL, "-sS", "-q", "-m", "60", "-o", "-", "-w", "\n%{http_code}",
         "-H", "Accept-Encoding: identity",
         f"http://127.0.0.1:{port}/v1_1/demo/resources/image/upload"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120,
        env={"PATH": "/usr/bin:/bin"})
    if done.returncode != 0:
        return None
    body, status = done.stdout.rsplit(b"\n", 1)
    return result(int(status), body)


def result(status, body):
    if status != 200:
        return status, None
    try:
        return status, [row["public_id"] for row in
                        json.loads(body)["resources"]]
    except (ValueError, KeyError):
        return None              # a body that is truncated or not a listing


def of_ocrdyn(ocrdyn, port):
    done = ocrdyn(["list", "--max-attempts", 1], env={
        "CLOUDINARY_CLOUD_NAME": "demo", "CLOUDINARY_API_KEY": "1",
        "CLOUDINARY_API_SECRET": "s",
        "CLOUDINARY_UPLOAD_PREFIX": f"http://127.0.0.1:{port}"}, timeout=120)
    if done.returncode == 0:
        return 200, done.stdout.decode().splitlines()
    said = done.stderr.split("Cloudinary: ", 1)[1]
    assert done.returncode in (1, 3) and not done.stdout, done.stderr
    status = said.split(" ")[0]
    return (int(status), None) if status.isdigit() else None


STATUS = "RFC 9112 section 4 requires the space, and capitals"
VERSION = "another version was not asked for"
CONTROL = "control characters are not allowed, and may reach a terminal"
CR = "readers differ on whether a CR without LF ends a line"
BLANK = "some readers end the header at a blank line"
LENGTH = "another reader may see a body of another length"
CODING = "only chunked is supported, and no coding was asked for"
CRLF = "readers that look for CRLF see other chunks"

# What curl accepts and ocrdyn refuses, and why.
STRICTER = {
    **dict.fromkeys([r"HTTP/1.1 200OK\r\n", r"HTTP/1.1 200;OK\r\n",
                     r"http/1.1 200 OK\r\n"], STATUS),
    **dict.fromkeys([r"HTTP/2 200 OK\r\n", r"HTTP/2.0 200 OK\r\n",
                     "interim: 101"], VERSION),
    **dict.fromkeys(["status 600", "status 999"],
                    "the class of status does not exist (RFC 9110 section 15)"),
    "interim: nine": "at most eight interim answers are accepted",
    r"HTTP/1.1 200 O\x1bK\r\n": CONTROL,
    **{f"{line} {place}": why for place in ("first", "last")
       for line, why in [
           (r"A: \x01\r\n", CONTROL), (r"A: \x1b[2J\r\n", CONTROL),
           (r"A: \x7f\r\n", CONTROL), (r"A: b\x0bc\r\n", CONTROL),
           (r"A\x01: b\r\n", CONTROL), (r"A: b\r\r\n", CR),
           (r"A: b\rc\r\n", CR), (r"A: b\r\n  \r\n", BLANK),
           (r"A: b\r\n\t\r\n", BLANK)]},
    **dict.fromkeys([r"HTTP/1.1 200 OK\r\r\n", r"HTTP/1.1 200 O\rK\r\n"], CR),
    # these continue the Content-Length line before them
    **dict.fromkeys([r" : b\r\n last", r" A: b\r\n last", r"\tA: b\r\n last"],
                    LENGTH),
    **dict.fromkeys(["a huge length", "length and words", "length in a fold",
                     "length that goes on", "length with a blank",
                     "length with a plus", "list of other lengths",
                     "spaced length", "spaced right length"], LENGTH),
    **dict.fromkeys(["identity coding", "no coding"], CODING),
    **dict.fromkeys(["chunks: LF after the chunk",
                     "chunks: LF after the size"], CRLF),
}


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """NAME -> (curl's result, ocrdyn's result, the image)."""
    if not CURL:
        pytest.skip("no curl")
    folder = tmp_path_factory.mktemp("peers")
    ocrdyn = Binary(lambda: {"HOME": str(folder)}, folder)
    found = {}
    for number, (name, data) in enumerate(CASES.items()):
        data, image = fill(data, number)
        with Raw(data) as server:
            found[name] = (of_curl(server.port),
                           of_ocrdyn(ocrdyn, server.port), image)
    return found


def test_there_are_at_least_150_answers():
    assert len(CASES) >= 150


def test_ocrdyn_reads_what_curl_reads_or_refuses_it(compared):
    other = {name: pair[:2] for name, pair in compared.items()
             if None not in pair[:2] and pair[0] != pair[1]}
    assert not other


def test_ocrdyn_accepts_nothing_that_curl_refuses(compared):
    lenient = {name: mine for name, (curl, mine, _) in compared.items()
               if curl is None and mine is not None}
    assert not lenient


def test_ocrdyn_is_stricter_where_the_table_says_so(compared):
    strict = {name for name, (curl, mine, _) in compared.items()
              if curl is not None and mine is None}
    assert strict == set(STRICTER)


def test_an_accepted_answer_lists_its_image(compared):
    wrong = {name: mine for name, (_, mine, image) in compared.items()
             if mine is not None and mine[0] == 200 and mine[1] != [image]}
    assert not wrong
