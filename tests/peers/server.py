"""An HTTP/1.1 server over TLS that reads strictly and can misbehave.

Each connection has a thread, as a test has few of them. The reader is its own
because the faults (faults.py) need the socket: half an answer, a reset, an
end without close_notify. It takes only what RFC 9112 lets a client send:
anything else is answered with 400 and noted in `violations`, which a test
expects to be empty.

A service is a subclass with three methods: name(request) says what kind of
call that is and whom it is for, work(request, event, fault) does it, and
dress(response, event) adds the headers that every answer carries.
"""

import re
import select
import socket
import ssl
import struct
import threading
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from email.utils import formatdate
from http.client import responses

MAX_HEAD = 32 * 1024

TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
REQUEST_LINE = re.compile(rf"({TOKEN}) (/[!-~]*) HTTP/1\.1")
HEADER_LINE = re.compile(rf"({TOKEN}):[ \t]*([ -~\t\x80-\xff]*?)[ \t]*")
ONCE = {"host", "content-length", "content-type", "authorization",
        "transfer-encoding", "x-amz-date", "x-amz-target",
        "x-amz-security-token"}


@dataclass
class Request:
    method: str
    target: str
    headers: dict            # by lower-case name
    body: bytes = b""


@dataclass
class Response:
    status: int
    body: bytes = b""
    headers: dict = field(default_factory=dict)


@dataclass(slots=True)
class Event:
    """One call (or, with call == "connect", one connection)."""
    time: float              # when its head was read
    connection: int          # which connection, from 1
    call: str
    key: str | None = None
    fault: object = None     # the rule that was applied, if any
    paid: int = 0            # OCR units
    status: int = 0          # what was answered; 0: nothing


def plain(response):
    """An answer's bytes as they usually are."""
    phrase = responses.get(response.status, "")
    lines = [f"HTTP/1.1 {response.status} {phrase}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    lines.append(f"Content-Length: {len(response.body)}\r\n\r\n")
    return "\r\n".join(lines).encode("latin-1") + response.body


class Ended(Exception):
    """The connection is over; there is nothing more to do on it."""


class Violation(Exception):
    """The client sent what no client may send."""

    def __init__(self, reason, status=400):
        super().__init__(reason)
        self.status = status


class Link:
    """One connection, with what was received but not yet used of it."""

    def __init__(self, sock, number):
        self.sock = sock
        self.number = number
        self.buffer = b""

    def _more(self):
        data = self.sock.recv(65536)
        self.buffer += data
        return bool(data)

    def wait(self):
        """Waits, without reading, for a request's first bytes."""
        if not self.buffer and not self._pending():
            select.select([self.sock], [], [])

    def _pending(self):
        return isinstance(self.sock, ssl.SSLSocket) and self.sock.pending()

    def head(self):
        """The next head, without its last CRLF CRLF."""
        while (end := self.buffer.find(b"\r\n\r\n")) < 0:
            if len(self.buffer) > MAX_HEAD:
                raise Violation("the head is too long", 431)
            if not self._more():
                if self.buffer:
                    raise Ended("in a head")
                raise Ended
        head, self.buffer = self.buffer[:end], self.buffer[end + 4:]
        return head

    def body(self, length):
        while len(self.buffer) < length:
            if not self._more():
                raise Ended("in a body")
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return body

    def chunks(self):
        """A chunked body, without extensions and trailers."""
        body = b""
        while True:
            while b"\r\n" not in self.buffer:
                if not self._more():
                    raise Ended("in a body")
            line, self.buffer = self.buffer.split(b"\r\n", 1)
            piece = self.body(int(line, 16) + 2)
            if piece[-2:] != b"\r\n":
                raise Violation("a chunk does not end")
            if piece == b"\r\n":
                return body
            body += piece[:-2]

    def end(self, how):
        """Ends the connection: "rst"; "close", with a close_notify before
        TCP's FIN; or "fin", without."""
        try:
            if how == "rst":
                # A reset may overtake what was sent; let that be read first.
                time.sleep(0.05)
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                     struct.pack("ii", 1, 0))
            else:
                self.sock.settimeout(1)
                if how == "close" and isinstance(self.sock, ssl.SSLSocket):
                    self._close_notify()
                socket.socket.shutdown(self.sock, socket.SHUT_WR)
                # What is left unread at close would make it a reset.
                while socket.socket.recv(self.sock, 65536):
                    pass
        except (OSError, ValueError):
            pass
        finally:
            self.sock.close()
        raise Ended

    def _close_notify(self):
        # unwrap() also waits for the peer's, which need not come.
        try:
            self.sock = self.sock.unwrap()
        except OSError:
            pass


class Server:
    """Listens on a free port of 127.0.0.1 between start() and stop(), or as
    a context manager; stop() leaves no thread and no socket. `certificate` is
    what CA.issue returns; without one the server speaks plain HTTP."""

    service = "?"

    def __init__(self, certificate, faults, port=0):
        self.faults = faults
        self.log = []                # Events, in order
        self.keep_log = True         # False for soaks
        self.calls = Counter()       # by kind
        self.connections = 0         # accepted
        self.handshakes = 0          # finished
        self.tls_errors = []         # handshakes that failed, and why
        self.violations = []
        self.errors = []             # tracebacks of the stand-in itself
        self.skew = 0                # seconds that its clock is ahead
        self.max_body = 64 << 20
        self.takes_chunks = False    # bodies without a length; not ours
        self.port = port
        self._context = self._tls(certificate) if certificate else None
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._links = {}
        self._threads = []
        self._pause = 0

    @staticmethod
    def _tls(certificate):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        context.set_alpn_protocols(["http/1.1"])
        return context

    @property
    def url(self):
        scheme = "https" if self._context else "http"
        return f"{scheme}://localhost:{self.port}"

    def now(self):
        return time.time() + self.skew

    def name(self, request):
        raise NotImplementedError

    def work(self, request, event, fault):
        raise NotImplementedError

    def dress(self, response, event):
        return response

    # Listening.

    def start(self):
        self._listen()
        self._spawn(self._accept)
        return self

    def stop(self):
        self._stopping.set()
        self._interrupt(self._listener)
        # The oldest, which accepts, comes first: then there are no more.
        while self._threads:
            thread = self._threads[0]
            # Again and again, as a connection may just be in the making.
            while thread.is_alive():
                with self._lock:
                    links = list(self._links.values())
                for link in links:
                    self._interrupt(link.sock)
                thread.join(0.1)
            self._threads.remove(thread)

    __enter__ = start

    def __exit__(self, *_):
        self.stop()

    def drain(self, seconds=30):
        """Waits until no connection is left, and so no call under way."""
        deadline = time.monotonic() + seconds
        while self._links:
            if time.monotonic() > deadline:
                raise TimeoutError("a connection stays open")
            time.sleep(0.001)

    def _listen(self):
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]

    def _spawn(self, target, *arguments):
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        with self._lock:
            self._threads = [t for t in self._threads if t.is_alive()]
            self._threads.append(thread)
            thread.start()

    @staticmethod
    def _interrupt(sock):
        # SSLSocket has a shutdown of its own, which is not for other threads.
        try:
            socket.socket.shutdown(sock, socket.SHUT_RDWR)
        except OSError:
            pass

    def _accept(self):
        while not self._stopping.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                self._listener.close()
                self._stopping.wait(self._pause)
                if not self._stopping.is_set():
                    self._listen()
                continue
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            link = Link(sock, self.connections)
            with self._lock:
                self._links[link.number] = link
            self._spawn(self._serve, link)
        self._listener.close()

    # One connection.

    def _serve(self, link):
        try:
            fault = self.faults.pick(["accept"], "connect")
            if fault:
                self._note(Event(time.time(), link.number, "connect",
                                 fault=fault))
                if fault.literal:
                    self._send(link, fault, fault.literal)
                else:
                    self._act(link, fault)
            self._handshake(link)
            while not self._stopping.is_set():
                self._exchange(link)
        except (Ended, OSError):
            pass
        except Exception:  # a fault of the stand-in, to be seen
            self.errors.append(traceback.format_exc())
        finally:
            with self._lock:
                del self._links[link.number]
            link.sock.close()

    def _handshake(self, link):
        if not self._context:
            return
        try:
            link.sock = self._context.wrap_socket(
                link.sock, server_side=True, do_handshake_on_connect=False)
            link.sock.do_handshake()
        except OSError as error:
            self.tls_errors.append(str(error))
            raise Ended from None
        self.handshakes += 1

    def _exchange(self, link):
        link.wait()
        self._act(link, self.faults.pick(["unread"]))
        event = Event(0, link.number, "?")
        try:
            request = self._read_head(link)
            event.time = time.time()
            event.call, event.key = self.name(request)
            self._note(event)
            fault = self._fault(event, "head")
            if fault and not fault.literal:
                self._act(link, fault)
                fault = None
            if fault is None:
                self._read_body(link, request)
                event.call, event.key = self.name(request)
                fault = self._fault(event, "before", "after", "idle")
        except Violation as violation:
            self.violations.append(str(violation))
            self._refuse_request(link, violation)
        self.calls[event.call] += 1
        self._answer(link, request, event, fault)

    def _fault(self, event, *moments):
        fault = self.faults.pick(moments, event.call, event.key)
        event.fault = event.fault or fault
        return fault

    def _answer(self, link, request, event, fault):
        moment = fault.when if fault else None
        if moment in ("head", "before") and fault.literal:
            response = fault.literal
        else:
            if moment == "before":
                self._act(link, fault)
            response = self.work(request, event, fault)
            if moment == "after" and fault.reply:
                response = fault.reply
            elif moment == "before":
                fault = None
        response = self.dress(response, event)
        if fault and moment != "idle":
            data = self._send(link, fault, response, event)
        else:
            data = plain(response)
            event.status = response.status
            link.sock.sendall(data)
        if moment == "idle":
            self._act(link, fault)
        if (moment == "head" or self._closes(data)
                or request.headers.get("connection", "").lower() == "close"):
            link.end("close")

    @staticmethod
    def _closes(data):
        head = data[:data.find(b"\r\n\r\n")].lower()
        return b"\r\nconnection: close" in head

    def _note(self, event):
        if self.keep_log:
            self.log.append(event)

    def _send(self, link, fault, response, event=None):
        """Sends the answer as the fault wants it; returns its bytes."""
        if fault.edit:
            response = fault.edit(response)
        data = (fault.frame or plain)(response)
        place = fault.place(data)
        if event and place:
            event.status = response.status
        self._drip(link, data[:place], fault.drip)
        self._act(link, fault)
        if event:
            event.status = response.status
        self._drip(link, data[place:], fault.drip)
        return data

    def _drip(self, link, data, drip):
        step, pause = drip or (max(len(data), 1), 0)
        for i in range(0, len(data), step):
            if i and pause and self._stopping.wait(pause):
                raise Ended
            link.sock.sendall(data[i:i + step])

    def _act(self, link, fault):
        """What a fault does besides the answer's bytes."""
        if fault is None:
            return
        if fault.hook:
            fault.hook()
        if fault.stall and self._stopping.wait(fault.stall):
            raise Ended
        if fault.refuse:
            self._pause = fault.refuse
            self._interrupt(self._listener)
        if fault.end:
            link.end(fault.end)

    # Requests.

    def _read_head(self, link):
        lines = link.head().decode("latin-1").split("\r\n")
        match = REQUEST_LINE.fullmatch(lines[0])
        if not match:
            raise Violation(f"request line {lines[0]!r}")
        headers = {}
        for line in lines[1:]:
            header = HEADER_LINE.fullmatch(line)
            if not header:
                raise Violation(f"header line {line!r}")
            name = header[1].lower()
            if name in headers:
                if name in ONCE:
                    raise Violation(f"two headers {name}")
                headers[name] += "," + header[2]
            else:
                headers[name] = header[2]
        if not headers.get("host"):
            raise Violation("no Host")
        return Request(match[1], match[2], headers)

    def _read_body(self, link, request):
        headers = request.headers
        if "transfer-encoding" in headers:
            if not self.takes_chunks:
                raise Violation("a body without a length", 411)
            request.body = link.chunks()
            return
        length = headers.get("content-length", "0")
        if not re.fullmatch("[0-9]{1,12}", length):
            raise Violation(f"Content-Length {length!r}")
        if request.method == "POST" and "content-length" not in headers:
            raise Violation("a POST without Content-Length", 411)
        if int(length) > self.max_body:
            raise Violation(f"a body of {length} bytes", 413)
        if headers.get("expect", "").lower() == "100-continue":
            link.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.body = link.body(int(length))

    def _refuse_request(self, link, violation):
        body = f"{violation}\n".encode()
        link.sock.sendall(plain(Response(
            violation.status, body, {"Connection": "close"})))
        link.end("close")


class Dates:
    """HTTP dates, each made once a second at most."""

    def __init__(self):
        self._second, self._text = None, ""

    def at(self, when):
        if int(when) != self._second:
            self._second = int(when)
            self._text = formatdate(int(when), usegmt=True)
        return self._text
