"""TLS peers that misbehave: servers of GnuTLS and OpenSSL with obsolete
versions and algorithms, servers that choose what was not offered, and a man in
the middle at each step. The real binary refuses or survives them, and reports
why."""

import re
import shutil
import socket
import subprocess
import threading
import time

import pytest

from peers.middle import Ended, Middle
from test_run import ONCE, cases
from test_tls import free_ports

NO_HANDSHAKE = "no TLS handshake within 1 s"
NO_ANSWER = "no answer within 2 s"


def limits(says):
    """Options for one attempt. Only what must run into a time limit gets a
    short one, so that no other test depends on the speed of the machine."""
    return [*ONCE, "--connect-timeout", 1 if NO_HANDSHAKE in says else 60,
            "--timeout", 2 if NO_ANSWER in says else 60]


def at(port):
    return {"CLOUDINARY_URL": "cloudinary://123:secret@demo?upload_prefix="
                              f"https://localhost:{port}"}


def refused(done, says):
    assert "complete" not in done.stdout.decode()
    assert done.returncode in (1, 3)
    assert re.search(f"^ocrdyn: a: Cloudinary: {says}", done.stderr), \
        done.stderr


# GnuTLS still has algorithms that OpenSSL and nginx have dropped.

@pytest.fixture
def gnutls(tmp_path, certificate):
    """gnutls(priority) starts a server and returns its port."""
    program = shutil.which("gnutls-serv")
    if not program:
        pytest.skip("no gnutls-serv: run tests/setup.sh check")
    started = []

    def start(priority):
        port, = free_ports(1)
        process = subprocess.Popen(
            [program, "--priority", priority, "--port", str(port), "--http",
             "--x509certfile", certificate[0], "--x509keyfile",
             certificate[1]], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        started.append(process)
        while process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return port
            except OSError:
                time.sleep(0.01)
        pytest.skip(f"gnutls-serv does not know {priority}")

    yield start
    for process in started:
        with process:
            process.terminate()


ONE = "NONE:+SIGN-ALL:+COMP-NULL:+GROUP-ALL:+VERS-TLS1.2:+"
NOTHING_IN_COMMON = (r"TLS: the server refused \(alert 40, handshake_failure: "
                     "no version, cipher suite or signature algorithm in "
                     "common")


@pytest.mark.parametrize("suite", ["ECDHE-ECDSA:+AES-128-GCM:+AEAD",
                                   "ECDHE-ECDSA:+CHACHA20-POLY1305:+AEAD"])
def test_a_server_of_gnutls_is_accepted(gnutls, ocrdyn, suite):
    """Its answer is a page about itself."""
    refused(ocrdyn(ONCE, ["a"], at(gnutls(ONE + suite))),
            "the answer is not JSON")


@cases("priority", {
    "TLS 1.0": "NORMAL:-VERS-ALL:+VERS-TLS1.0",
    "TLS 1.1": "NORMAL:-VERS-ALL:+VERS-TLS1.1",
    "TLS 1.3": "NORMAL:-VERS-ALL:+VERS-TLS1.3",
    "RC4": ONE + "ECDHE-ECDSA:+ECDHE-RSA:+RSA:+ARCFOUR-128:+SHA1",
    "3DES": ONE + "ECDHE-ECDSA:+ECDHE-RSA:+RSA:+3DES-CBC:+SHA1",
    "no encryption": ONE + "ECDHE-ECDSA:+ECDHE-RSA:+RSA:+NULL:+SHA1",
    "CBC": ONE + "ECDHE-ECDSA:+ECDHE-RSA:+AES-128-CBC:+SHA1",
    "static RSA": ONE + "RSA:+AES-128-GCM:+AEAD",
    "DHE": ONE + "DHE-RSA:+AES-128-GCM:+AEAD",
    "anonymous": ONE + "ANON-ECDH:+AES-128-GCM:+AEAD",
})
def test_obsolete_versions_and_ciphers_are_refused(gnutls, ocrdyn, priority):
    refused(ocrdyn(ONCE, ["a"], at(gnutls(priority))), NOTHING_IN_COMMON)


# A server that ignores what was offered.

def record(kind, body, version=b"\3\3"):
    return bytes([kind]) + version + len(body).to_bytes(2, "big") + body


def server_hello(version=b"\3\3", suite=0xC02B, compression=0, session=b"",
                 extensions=b""):
    body = (version + bytes(32) + bytes([len(session)]) + session +
            suite.to_bytes(2, "big") + bytes([compression]))
    if extensions:
        body += len(extensions).to_bytes(2, "big") + extensions
    return record(22, b"\2" + len(body).to_bytes(3, "big") + body,
                  version if version < b"\3\3" else b"\3\3")


class Saying:
    """A server that waits for a ClientHello, sends these bytes, and waits."""

    def __init__(self, data):
        self._data = data
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self):
        try:
            while True:
                sock, _ = self._listener.accept()
                with sock:
                    sock.settimeout(60)
                    sock.recv(4096)
                    sock.sendall(self._data)
                    while sock.recv(4096):
                        pass
        except OSError:
            pass

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._listener.close()


NOT_OFFERED = "TLS: the server chose a cipher suite that was not offered"


@cases("says, data", {
    "RC4": (NOT_OFFERED, server_hello(suite=0x0005)),
    "3DES": (NOT_OFFERED, server_hello(suite=0xC012)),
    "CBC": (NOT_OFFERED, server_hello(suite=0xC023)),
    "static RSA": (NOT_OFFERED, server_hello(suite=0x009C)),
    "no cipher": (NOT_OFFERED, server_hello(suite=0)),
    "a suite of TLS 1.3": (NOT_OFFERED, server_hello(suite=0x1301)),
    "SSL 3": ("TLS: the server speaks a TLS version other than 1.2",
              server_hello(version=b"\3\0")),
    "TLS 1.0": ("TLS: the server speaks a TLS version other than 1.2",
                server_hello(version=b"\3\1")),
    "TLS 1.1": ("TLS: the server speaks a TLS version other than 1.2",
                server_hello(version=b"\3\2")),
    "TLS 1.4": ("TLS: the server speaks a TLS version other than 1.2",
                server_hello(version=b"\3\5")),
    "compression": ("TLS: the server chose TLS compression",
                    server_hello(compression=1)),
    "a session ID that is too long": (
        "TLS: .*session ID is too long", server_hello(session=bytes(33))),
    "an extension that was not requested": (
        "TLS: the server sent a TLS extension that was not requested",
        server_hello(extensions=b"\x33\x33\0\0")),
    "a renegotiation in the first handshake": (
        "TLS: .*renegotiation_info extension is wrong",
        server_hello(extensions=b"\xff\1\0\2\1\1")),
    "no TLS": ("TLS: the server speaks a TLS version other than 1.2, or does "
               "not speak TLS", b"220 mail.example ESMTP ready\r\n"),
    "a record that is too large": (
        "TLS: a TLS record", record(22, bytes(18000))),
    "application data at once": ("TLS: a TLS .*", record(23, b"hello")),
    "an empty record, then nothing": (NO_HANDSHAKE, record(22, b"")),
    "an alert": (r"TLS: the server refused \(alert 112, unrecognized_name",
                 record(21, b"\2\x70")),
    "an unknown alert": (r"TLS: the server refused \(alert 200, unknown",
                         record(21, b"\2\xc8")),
    "half a hello": (NO_HANDSHAKE, server_hello()[:20]),
    "nothing": (NO_HANDSHAKE, b""),
})
def test_a_server_that_chooses_what_was_not_offered(ocrdyn, says, data):
    with Saying(data) as server:
        refused(ocrdyn(limits(says), ["a"], at(server.port)), says)


# OpenSSL's server asks for another handshake in the middle of an exchange.

def test_a_renegotiation_is_declined(certificate, ocrdyn):
    """s_server prints what it receives and each message of a handshake (-msg);
    a line "r" on its standard input makes it ask for a renegotiation."""
    port, = free_ports(1)
    server = subprocess.Popen(
        ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-tls1_2",
         "-cert", certificate[0], "-key", certificate[1], "-msg"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)

    def printed_until(*words):
        lines = []
        while not lines or not any(word in lines[-1] for word in words):
            lines.append(server.stdout.readline())
            assert lines[-1], "s_server has ended"
        return lines

    with server:
        printed_until(b"ACCEPT")
        process = ocrdyn.start(limits(""), at(port))
        process.stdin.write(b"a\n")
        process.stdin.close()
        printed_until(b"Authorization")
        time.sleep(0.3)
        server.stdin.write(b"r\n")
        server.stdin.flush()
        said = printed_until(b"no_renegotiation", b"ClientHello")
        server.kill()
        out = process.stdout.read()
        process.wait(60)
    assert any(b"HelloRequest" in line for line in said)
    assert b"no_renegotiation" in said[-1]
    assert out.startswith(b"a\tfailed")


# A man in the middle.

def alert(level, number):
    return record(21, bytes([level, number]))


def cut(data):
    raise Ended(data[:len(data) // 2])


def close(_):
    raise Ended()


def late(data):
    time.sleep(0.3)
    return [data]


def changed(data):
    return [data[:-1] + bytes([data[-1] ^ 1])]


def byte_by_byte(data):
    return [data[i:i + 1] for i in range(len(data))]


CUT = "the connection was cut off"
OUT_OF_ORDER = "TLS: a TLS message arrived out of order"
DAMAGED = "TLS: a TLS record was corrupted or altered in transit"
LENGTH = "TLS: a TLS record or message has the wrong length"
TURNED_DOWN = r"TLS: the server refused \(alert "
SERVER = ["ServerHello", "Certificate", "ServerKeyExchange", "ServerHelloDone",
          "ChangeCipherSpec", "Finished", "answer"]
CLIENT = ["ClientHello", "ClientKeyExchange", "ChangeCipherSpec", "Finished"]

# How a change in each of the server's records shows.
CHANGED = {
    "ServerHello": ".*", "Certificate": "TLS: the certificate does not lead",
    "ServerKeyExchange": "TLS: the server's key exchange has an invalid "
                         "signature",
    "ServerHelloDone": "TLS: .*ServerHelloDone", "ChangeCipherSpec":
    "TLS: .*ChangeCipherSpec", "Finished": DAMAGED, "answer": DAMAGED,
}
FATAL = r"TLS: the server refused \(alert 40"


def through(cloudinary, ocrdyn, *plan, says=""):
    cloudinary.open_world = True
    with Middle(cloudinary.port, *plan) as middle:
        done = ocrdyn(limits(says), ["a"], {
            name: value.replace(f":{cloudinary.port}", f":{middle.port}")
            for name, value in cloudinary.environment.items()})
        assert middle.done > 0
        return done


def test_the_curves_that_are_offered(cloudinary, ocrdyn):
    """P-256, P-384 and P-521, in the extension supported_groups."""
    hello = []
    through(cloudinary, ocrdyn, "client", 0,
            lambda data: hello.append(data) or [data])
    assert b"\0\x0a\0\x08\0\x06\0\x17\0\x18\0\x19" in hello[0]


@pytest.mark.parametrize("step", SERVER)
@cases("deed, says", {
    "cut in the middle": (cut, lambda step: CUT),
    "closed before it": (close, lambda step: CUT),
    "changed": (changed, CHANGED.get),
    "replayed": (lambda data: [data, data], lambda step: {
        "ChangeCipherSpec": LENGTH, "Finished": DAMAGED,
        "answer": None}.get(step, OUT_OF_ORDER)),
    "left out": (lambda data: [], lambda step: {
        "ServerHelloDone": NO_HANDSHAKE, "Finished": NO_HANDSHAKE,
        "answer": NO_ANSWER}.get(step, OUT_OF_ORDER)),
    "an alert before it": (
        lambda data: [alert(2, 40), data],
        lambda step: LENGTH if step in SERVER[5:] else FATAL),
    "a warning before it": (
        lambda data: [alert(1, 90), data],
        lambda step: LENGTH if step in SERVER[5:] else None),
    "close_notify before it": (
        lambda data: [alert(1, 0), data],
        lambda step: LENGTH if step in SERVER[5:] else
        "the connection was closed"),
    "plain text in its place": (
        lambda data: [b"HTTP/1.1 400 Bad Request\r\n\r\n"],
        lambda step: "TLS: the server speaks a TLS version other than 1.2"),
    "longer than a record may be": (
        lambda data: [data[:3] + b"\xff\xff" + bytes(65535)],
        lambda step: "TLS: a TLS record"),
    "late": (late, lambda step: None),
    "byte by byte": (byte_by_byte, lambda step: None),
})
def test_a_record_of_the_server_is_altered(cloudinary, ocrdyn, step, deed,
                                           says):
    text = says(step)
    done = through(cloudinary, ocrdyn, "server", SERVER.index(step), deed,
                   says=text or "")
    if text is None:
        assert done.rows[0][:2] == ["a", "complete"]
    else:
        refused(done, text)


@pytest.mark.parametrize("step", CLIENT)
@cases("deed, says", {
    "cut in the middle": (cut, f"{CUT}|Broken pipe|Connection reset"),
    "changed": (changed, TURNED_DOWN),
    "replayed": (lambda data: [data, data], TURNED_DOWN),
    "left out": (lambda data: [], f"{NO_HANDSHAKE}|{TURNED_DOWN}"),
})
def test_a_record_of_the_client_is_altered(cloudinary, ocrdyn, step, deed,
                                           says):
    refused(through(cloudinary, ocrdyn, "client", CLIENT.index(step), deed,
                    says=says), says)


def test_a_server_that_is_slower_than_the_timeout(cloudinary, ocrdyn):
    def stall(data):
        time.sleep(1.5)
        return [data]
    refused(through(cloudinary, ocrdyn, "server", 1, stall,
                    says=NO_HANDSHAKE), NO_HANDSHAKE)
