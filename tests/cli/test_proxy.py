"""Requests through a proxy: a real one (tinyproxy), and one that misbehaves.
tests/unit/test_proxy.c tests how the proxy is chosen."""

import contextlib
import shutil
import socket
import subprocess
import threading
import time

import pytest
from peers.cloudinary import Image

TINYPROXY = shutil.which("tinyproxy")
ENCODED = "p%25w%40:s3cret"


@pytest.fixture
def images(cloudinary):
    for name in "abc":
        cloudinary.add(Image(name, text=f"text of {name}"))
    return cloudinary


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Tinyproxy:
    def __init__(self, folder, *lines):
        self.port = free_port()
        self.log = folder / "tinyproxy.log"
        file = folder / "tinyproxy.conf"
        file.write_text("\n".join([
            f"Port {self.port}", "Listen 127.0.0.1", "Timeout 60",
            "Allow 127.0.0.1", f'LogFile "{self.log}"', "LogLevel Connect",
            "MaxClients 20", *lines, ""]))
        self.process = subprocess.Popen(
            [TINYPROXY, "-d", "-c", str(file)], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        for _ in range(3000):
            with contextlib.suppress(OSError), \
                    socket.create_connection(("127.0.0.1", self.port)):
                return
            time.sleep(0.02)
        raise TimeoutError("tinyproxy does not start")

    @property
    def connects(self):
        return self.log.read_text().count(" CONNECT ")

    def stop(self):
        self.process.terminate()
        self.process.wait()


@pytest.fixture
def tinyproxy(tmp_path):
    if not TINYPROXY:
        pytest.skip("no tinyproxy: run tests/setup.sh check")
    started = []

    def start(*lines):
        started.append(Tinyproxy(tmp_path, *lines))
        return started[-1]
    yield start
    for proxy in started:
        proxy.stop()


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY",
                                  "all_proxy"])
def test_both_services_go_through_the_proxy(images, mini, ocrdyn, tinyproxy,
                                            name):
    proxy = tinyproxy()
    done = ocrdyn(["-v", "-t", "mini"], ["a", "b", "c"],
                  {name: f"http://127.0.0.1:{proxy.port}"})
    assert done.returncode == 0, done.stderr
    assert [row[:3] for row in done.rows] == [
        [n, "complete", f"text of {n}"] for n in "abc"]
    assert proxy.connects == 2, "one connection for each host"
    assert done.stderr.count("through the proxy") == 2


@pytest.mark.parametrize("env", [
    {"CLOUDINARY_API_PROXY": "http://127.0.0.1:{}"},
    {"CLOUDINARY_URL": "{url}&api_proxy=http%3A%2F%2F127.0.0.1%3A{}"}],
    ids=["variable", "in the URL"])
def test_cloudinarys_own_proxy_is_for_cloudinary_only(images, mini, ocrdyn,
                                                 tinyproxy, env):
    proxy = tinyproxy()
    env = {name: value.format(proxy.port, url=images.environment.get(name))
           for name, value in env.items()}
    done = ocrdyn(["-t", "mini"], ["a"], {**env, "NO_PROXY": "*",
                                          "HTTPS_PROXY": "http://nowhere:1"})
    assert done.returncode == 0, done.stderr
    assert proxy.connects == 1


@pytest.mark.parametrize("small", [True, False])
def test_a_host_in_no_proxy_is_reached_directly(images, ocrdyn, tinyproxy,
                                                small):
    proxy = tinyproxy()
    done = ocrdyn([], ["a"], {
        "HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}",
        "no_proxy" if small else "NO_PROXY": f"x.test,localhost:{images.port}"})
    assert done.returncode == 0, done.stderr
    assert proxy.connects == 0


def test_user_and_password_of_the_url_are_sent(images, ocrdyn, tinyproxy):
    proxy = tinyproxy("BasicAuth user s3cret")
    url = f"http://us%65r:s3cret@127.0.0.1:{proxy.port}/"
    done = ocrdyn(["-v"], ["a"], {"HTTPS_PROXY": url})
    assert done.returncode == 0, done.stderr
    assert proxy.connects == 1 and "s3cret" not in done.stderr


@pytest.mark.parametrize("user, said", [
    ("", "requires a user name and password (407 "),
    ("user:wr0ng@", "rejects this user name and password (40")])
def test_a_proxy_that_refuses_the_user_stops_the_run(images, ocrdyn,
                                                     tinyproxy, user, said):
    proxy = tinyproxy("BasicAuth user right")
    done = ocrdyn([], ["a", "b"], {
        "HTTPS_PROXY": f"http://{user}127.0.0.1:{proxy.port}"})
    assert done.returncode == 3 and done.stdout == b""
    assert f"the proxy 127.0.0.1 {said}" in done.stderr
    assert "): set HTTPS_PROXY=http://USER:PASS" in done.stderr
    assert "wr0ng" not in done.stderr
    assert not images.log


def test_a_proxy_that_refuses_the_host_stops_the_run(images, ocrdyn,
                                                     tinyproxy):
    proxy = tinyproxy("ConnectPort 1")
    done = ocrdyn([], ["a", "b"],
                  {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"})
    assert done.returncode == 3 and done.stdout == b""
    assert f"does not allow connections to localhost:{images.port} (403 " \
        "Access violation): ask its administrator, or add the host to " \
        "NO_PROXY" in done.stderr


def test_a_proxy_that_refuses_dynamodb_is_reported_for_it(images, mini, ocrdyn,
                                                          tinyproxy):
    proxy = tinyproxy("ConnectPort 1")
    done = ocrdyn(["-t", "mini"], ["a"], {
        "HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}",
        "NO_PROXY": f"localhost:{images.port}"})
    assert done.returncode == 3
    assert "DynamoDB: the proxy 127.0.0.1 does not allow" in done.stderr
    assert not images.log, "nothing was paid for"


# ---- a proxy that misbehaves

class Hostile:
    """Answers each CONNECT with these bytes, then closes the connection; with
    `stall`, only at the end of the test."""

    def __init__(self, *pieces, stall=False):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.pieces, self.seen = pieces, []
        self.closing = threading.Event()
        if not stall:
            self.closing.set()
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                link, _ = self.server.accept()
                with link, contextlib.suppress(OSError):
                    self.seen.append(link.recv(65536))
                    for piece in self.pieces:
                        link.sendall(piece)
                    self.closing.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closing.set()
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.thread.join()


OK = b"HTTP/1.1 200 Connection established\r\n"
ANSWERS = {
    "nothing": ([], "was closed"),
    "garbage": ([b"SSH-2.0-x\r\n\r\n"], "answer is not HTTP/1.1"),
    "half an answer": ([OK], "was closed"),
    "an endless head": ([OK] + [b"A: b\r\n" * 1000] * 100, "more than 128"),
    "an endless line": ([OK + b"A: "] + [b"x" * 1000] * 100, "32 KB"),
    "interim answers": ([b"HTTP/1.1 100 C\r\n\r\n"] * 50,
                        "more than 8 interim"),
    "another protocol": ([b"HTTP/1.1 101 S\r\n\r\n"], "did not ask for"),
    "502": ([b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 100000000\r\n\r\n",
             b"x" * 100000], "could not connect to localhost:{} (502 Bad "
            "Gateway)"),
    "504 as a page": ([b"HTTP/1.0 504 x\r\n\r\n<html>"], "(504 x)"),
    "503 without a reason": ([b"HTTP/1.1 503\r\n\r\n"], "(503)"),
    "a body with invalid framing": (
        [b"HTTP/1.1 502 Bad\r\nContent-Length: x\r\n"
         b"Transfer-Encoding: gzip\r\n\r\n"], "(502 Bad)"),
    "a body in gzip": ([b"HTTP/1.1 502 Bad\r\nContent-Encoding: gzip\r\n"
                        b"\r\n\x1f\x8b"], "(502 Bad)"),
    "a reason of 254 bytes": ([b"HTTP/1.1 502 " + b"r" * 254 + b"\r\n\r\n"],
                              "(502 " + "r" * 254 + ")"),
    "a reason of 30,000 bytes": ([b"HTTP/1.1 502 " + b"r" * 30000 + b"\r\n"
                                  b"\r\n"], "r" * 1020 + "[cut])"),
    "a reason cut in a character": ([b"HTTP/1.1 502 " + "\u20ac".encode() *
                                     9000 + b"\r\n\r\n"],
                                    "\u20ac" * 340 + "[cut])"),
}


@pytest.mark.parametrize("pieces, said", ANSWERS.values(), ids=ANSWERS)
def test_a_bad_answer_of_a_proxy_fails_the_image(images, ocrdyn, pieces, said):
    with Hostile(*pieces) as proxy:
        done = ocrdyn(["--max-attempts", 2], ["a"], {
            "HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"})
    assert done.returncode == 1
    (public_id, status, _, detail), = done.rows
    assert (public_id, status) == ("a", "failed")
    assert detail.startswith("Cloudinary: the proxy 127.0.0.1")
    assert said.format(images.port) in detail
    assert len(proxy.seen) == 2, "the request is repeated"
    assert not images.log


class Relay(Hostile):
    """Answers CONNECT with these pieces, then relays."""

    def __init__(self, target, *pieces):
        self.target = target
        super().__init__(*pieces)

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                link, _ = self.server.accept()
                threading.Thread(target=self._relay, args=(link,),
                                 daemon=True).start()

    def _relay(self, link):
        with link, contextlib.suppress(OSError):
            self.seen.append(link.recv(65536))
            for piece in self.pieces:
                link.sendall(piece)
                time.sleep(0.01)
            with socket.create_connection(("127.0.0.1", self.target)) as far:
                back = threading.Thread(target=self._copy, args=(far, link),
                                        daemon=True)
                back.start()
                self._copy(link, far)
                back.join()

    @staticmethod
    def _copy(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


# RFC 9110 section 9.3.6: any 2xx opens the tunnel, and has no body whatever
# its fields say.
TUNNELS = {
    "plain": OK,
    **{f"status {status}": b"HTTP/1.1 %d X\r\n" % status
       for status in (200, 201, 202, 204, 206, 226, 299)},
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\n",
    "no reason": b"HTTP/1.1 200\r\n",
    "LF": b"HTTP/1.1 200 OK\n",
    "a length": OK + b"Content-Length: 1000\r\n",
    "a length of 0": OK + b"Content-Length: 0\r\n",
    "a wrong length": OK + b"Content-Length: x\r\n",
    "two lengths": OK + b"Content-Length: 5\r\nContent-Length: 6\r\n",
    "chunked": OK + b"Transfer-Encoding: chunked\r\n",
    "both": OK + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    "an unknown coding": OK + b"Transfer-Encoding: gzip, chunked\r\n",
    "a spaced length": OK + b"Content-Length : 5\r\n",
    "a folded length": OK + b"Content-Length:\r\n 5\r\n",
    "a content coding": OK + b"Content-Encoding: gzip\r\n",
    "close": OK + b"Connection: close\r\n",
    "a folded field": OK + b"Via: a\r\n b\r\n",
    "100 before it": b"HTTP/1.1 100 C\r\nContent-Length: 3\r\n\r\n" + OK,
    "103 and 102 before it": b"HTTP/1.1 103 E\r\nLink: a\r\n\r\n"
    b"HTTP/1.1 102 P\r\n\r\n" + OK,
}


@pytest.mark.parametrize("cut", [False, True], ids=["whole", "in pieces"])
@pytest.mark.parametrize("head", TUNNELS.values(), ids=TUNNELS)
def test_every_2xx_opens_the_tunnel(images, ocrdyn, head, cut):
    data = head + b"\r\n"
    pieces = [data[i:i + 7] for i in range(0, len(data), 7)] if cut else [data]
    with Relay(images.port, *pieces) as proxy:
        done = ocrdyn(["--max-attempts", 1], ["a"], {
            "HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"})
    assert done.returncode == 0, done.stderr
    assert done.rows[0][:3] == ["a", "complete", "text of a"]


# A fatal TLS alert: access_denied.
ALERT = b"\x15\x03\x03\x00\x02\x02\x31"


@pytest.mark.parametrize("head", [b"", b"Content-Length: 7\r\n",
                                  b"Transfer-Encoding: chunked\r\n"])
def test_bytes_after_the_answer_belong_to_the_tunnel(images, ocrdyn, head):
    with Hostile(OK + head + b"\r\n" + ALERT, stall=True) as proxy:
        done = ocrdyn(["--max-attempts", 1], ["a"], {
            "HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"})
    assert "proxy" not in done.stderr + done.stdout.decode()
    assert "alert 49, access_denied" in done.stderr + done.stdout.decode()


def test_the_reason_of_a_proxy_cannot_control_a_terminal(images, ocrdyn):
    with Hostile(b"HTTP/1.1 403 No \xc2\x9b2J\xff\r\n\r\n") as proxy:
        done = ocrdyn(["-v", "--max-attempts", 1], ["a"], {
            "HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"})
    assert done.returncode == 3
    assert "\x9b" not in done.stderr and "(403 No " in done.stderr


def test_an_end_during_tls_is_not_blamed_on_the_proxy(images, ocrdyn):
    with Hostile(OK + b"\r\n") as proxy:
        done = ocrdyn(["--max-attempts", 1], ["a"], {
            "HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"})
    assert done.returncode == 1 and "proxy" not in done.rows[0][3]


def test_a_proxy_that_does_not_answer_times_out(images, ocrdyn):
    with Hostile(stall=True) as proxy:
        done = ocrdyn(["--max-attempts", 1, "--connect-timeout", 1], ["a"], {
            "HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"})
    assert done.returncode == 1
    assert "the proxy 127.0.0.1: no answer within 1 s" in done.rows[0][3]


def test_a_proxy_that_cannot_be_reached_is_named(images, ocrdyn):
    port = free_port()
    done = ocrdyn(["--max-attempts", 1], ["a"],
                  {"HTTPS_PROXY": f"http://127.0.0.1:{port}"})
    assert done.returncode == 1
    assert f"the proxy 127.0.0.1: cannot connect to 127.0.0.1 port {port}" \
        in done.rows[0][3]


def test_connect_has_target_host_agent_and_credentials(images, ocrdyn):
    with Hostile(b"HTTP/1.1 400 x\r\n\r\n") as proxy:
        done = ocrdyn([], ["a"], {
            "HTTPS_PROXY": f"http://u:{ENCODED}@127.0.0.1:{proxy.port}"})
    assert done.returncode == 3 and "s3cret" not in done.stderr
    head = proxy.seen[0].decode().split("\r\n")
    target = f"localhost:{images.port}"
    assert head[:2] == [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    assert head[2].startswith("User-Agent: ocrdyn/")
    assert head[3:] == ["Proxy-Authorization: Basic dTpwJXdAOnMzY3JldA==", "",
                        ""]


@pytest.mark.parametrize("url, said", [
    ("https://user:s3cret@127.0.0.1:1", "it must begin with http://"),
    ("socks5://user:s3cret@127.0.0.1:1", "it must begin with http://"),
    ("http://user:s3cret@127.0.0.1:99999", "port"),
    ("http://user:%00s3cret@127.0.0.1:1", "user or password")])
def test_an_invalid_url_is_reported_before_any_call(images, ocrdyn, url, said):
    done = ocrdyn([], ["a"], {"HTTPS_PROXY": url})
    assert done.returncode == 2 and done.stdout == b""
    assert said in done.stderr and "s3cret" not in done.stderr
    assert not images.log
