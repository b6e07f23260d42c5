"""TLS with nginx and the stand-ins as servers: which servers the real binary
accepts, and what it reports about the others."""

import itertools
import pathlib
import shutil
import socket
import ssl
import subprocess
import time

import pytest

from conftest import ROOT, sources
from peers.ca import CA, Openssl
from peers.dynamodb import Front, Mini
from peers.middle import Middle
from test_run import ONCE, cases, jail, start_static

ANSWER = ('{"info":{"ocr":{"adv_ocr":{"status":"complete","data":[{'
          '"textAnnotations":[{"description":"%s"}]}]}}}}')
NOT_TRUSTED = "the certificate does not lead to a trusted root"
REFUSED = "alert 40, handshake_failure"
LARGE = "x" * 366000


# nginx.

TLS12 = "ssl_protocols TLSv1.2;"

# name: (certificate, additional configuration)
GOOD = {
    "RSA 2048": ("rsa", ""),
    "RSA 4096": ("rsa 4096", ""),
    "P-256": ("ec", ""),
    "P-384": ("p384", ""),
    "P-521": ("p521", ""),
    "signed with SHA-512": ("sha512", ""),
    "an intermediate authority": ("chain", ""),
    "the intermediate authority after another": ("reversed", ""),
    "1,000 names": ("1000 names", ""),
    **{suite: ("rsa" if "-RSA-" in suite else "ec",
               f"{TLS12} ssl_ciphers {suite};")
       for kind in ("RSA", "ECDSA")
       for suite in (f"ECDHE-{kind}-AES128-GCM-SHA256",
                     f"ECDHE-{kind}-AES256-GCM-SHA384",
                     f"ECDHE-{kind}-CHACHA20-POLY1305")},
    **{f"key exchange by {curve}": ("ec", f"{TLS12} ssl_ecdh_curve {curve};")
       for curve in ("prime256v1", "secp384r1", "secp521r1")},
    "TLS 1.2 and 1.3": ("ec", "ssl_protocols TLSv1.2 TLSv1.3;"),
    "a client certificate, if there is one": (
        "ec", "ssl_verify_client optional_no_ca;"),
    "small records": ("ec", "ssl_buffer_size 1k;"),
}

BAD = {
    "another authority": ("other", "", NOT_TRUSTED),
    "self-signed": ("self", "", "is a self-signed CA certificate"),
    "the intermediate authority is missing": ("cut chain", "", NOT_TRUSTED),
    "expired": ("expired", "", "server's certificate expired on 20"),
    "not yet valid": ("early", "", "certificate is not valid before 20"),
    "another name": ("name", "", "is not valid for the host"),
    "a name that only ends alike": ("longer name", "",
                                    "is not valid for the host"),
    "RSA 1024": ("rsa 1024", "", "has an RSA key of less than 2048 bits"),
    "signed with SHA-1": ("sha1", "", "is signed with SHA-1"),
    "signed by a server's certificate": ("leaf", "", "not a CA certificate"),
    "a common name alone": ("no names", "", "has no subjectAltName"),
    "a client's certificate": ("client", "", "is not for servers"),
    "a certificate of 70 KB": ("huge", "", "or more than 64 KB"),
    "an unknown critical extension": ("critical", "",
                                      "critical extension"),
    "TLS 1.3 only": ("ec", "ssl_protocols TLSv1.3;",
                     "does not speak TLS 1.2"),
    "TLS 1.1 only": ("rsa", "ssl_protocols TLSv1.1;", "the server refused"),
    "CBC only": ("rsa", f"{TLS12} ssl_ciphers ECDHE-RSA-AES128-SHA256;",
                 REFUSED),
    "key exchange by RSA": ("rsa", f"{TLS12} ssl_ciphers AES128-GCM-SHA256;",
                            REFUSED),
    "key exchange by DHE": (
        "rsa", f"{TLS12} ssl_ciphers DHE-RSA-AES128-GCM-SHA256;", REFUSED),
    "key exchange by X25519": ("ec", f"{TLS12} ssl_ecdh_curve X25519;",
                               REFUSED),
    "RSA-PSS only": (
        "rsa", f"{TLS12} ssl_conf_command SignatureAlgorithms "
        "RSA-PSS+SHA256;", REFUSED),
    "no TLS": (None, "", "or does not speak TLS"),
}

PAIRS = TLS12 + " keepalive_requests 2; access_log {0}.log sessions; " \
    "ssl_session_tickets off; ssl_session_cache "
OTHER = {
    "a connection of two requests": ("ec", "keepalive_requests 2;"),
    "sessions": ("ec", (PAIRS + "shared:a:1m;").format("sessions")),
    "short": ("short", (PAIRS + "shared:b:1m;").format("short")),
    "no sessions": ("ec", (PAIRS + "off;").format("no_sessions")),
    "large": ("ec", 'error_page 405 =200 /large.json; '
                    'location = /large.json { root .; } '
                    'location /v1_1 { return 405; }'),
}

CONFIGURATION = """
daemon off; master_process off; pid nginx.pid;
error_log error.log info;
events {{ worker_connections 256; }}
http {{
    log_format secrets '$server_port $http_authorization';
    log_format sessions '$connection $ssl_session_reused';
    access_log access.log secrets;
    client_body_temp_path t; proxy_temp_path t; fastcgi_temp_path t;
    uwsgi_temp_path t; scgi_temp_path t;
    default_type application/json;
    ssl_ciphers ALL:@SECLEVEL=0;
    {servers}
}}
"""


class Nginx:
    """One nginx with a server for each entry of `sites`, on 127.0.0.1; `ports`
    has the port of each."""

    def __init__(self, folder, sites, certificates):
        self.folder = folder
        self.seen = {}           # connections that sessions() has given
        self.ports = dict(zip(sites, free_ports(len(sites))))
        servers = [self._server(self.ports[name], certificates.get(site[0]),
                                site[1]) for name, site in sites.items()]
        (folder / "nginx.conf").write_text(
            CONFIGURATION.format(servers="\n".join(servers)))
        (folder / "large.json").write_text(ANSWER % LARGE)

    @staticmethod
    def _server(port, certificate, more):
        answer = ANSWER % "request $connection_requests"
        place = "/" if "location /v1_1" not in more else "= /none"
        tls = (f"ssl_certificate {certificate[0]}; "
               f"ssl_certificate_key {certificate[1]};" if certificate else "")
        return (f"server {{ listen 127.0.0.1:{port}{' ssl' * bool(tls)}; "
                f"{tls} {more} location {place} {{ return 200 '{answer}'; }} "
                "}")

    def __enter__(self):
        path = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin")
        if not path:
            pytest.skip("no nginx: run tests/setup.sh check")
        self._process = subprocess.Popen(
            [path, "-p", self.folder, "-c", "nginx.conf"],
            stderr=subprocess.PIPE, text=True)
        for port in self.ports.values():
            while True:
                assert self._process.poll() is None, \
                    self._process.stderr.read()
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    time.sleep(0.01)
        return self

    def __exit__(self, *_):
        with self._process:
            self._process.terminate()

    def environment(self, name, host="localhost"):
        return {"CLOUDINARY_URL": "cloudinary://123:secret@demo?upload_prefix"
                                  f"=https://{host}:{self.ports[name]}"}

    @property
    def log(self):
        return (self.folder / "access.log").read_text()

    def sessions(self, name):
        """The connections of a site since the last call, in order: an "r" for
        each that resumed a session, a "." for each other. nginx may log a
        request after its client has ended: a connection counts once."""
        path = self.folder / f"{name.replace(' ', '_')}.log"
        found = dict(line.split() for line in path.read_text().splitlines())
        new = {c: how for c, how in found.items() if c not in self.seen}
        self.seen.update(found)
        path.write_text("")
        return "".join(new.values())


def free_ports(n):
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


@pytest.fixture(scope="module")
def other_ca(tmp_path_factory):
    return CA(tmp_path_factory.mktemp("other"))


@pytest.fixture(scope="module")
def nginx(tmp_path_factory, ca, other_ca):
    folder = tmp_path_factory.mktemp("nginx")
    openssl = Openssl(folder, ca)
    middle = openssl.make("middle", extensions=Openssl.AUTHORITY)
    leaf = openssl.make("leaf")
    certificates = {
        "rsa": ca.issue(key="rsa"),
        "ec": ca.issue(key="ec"),
        "rsa 4096": openssl.make("rsa4096", "rsa:4096"),
        "rsa 1024": openssl.make("rsa1024", "rsa:1024"),
        "p384": openssl.make("p384", "ec:P-384"),
        "p521": openssl.make("p521", "ec:P-521"),
        "sha512": openssl.make("sha512", digest="sha512"),
        "sha1": openssl.make("sha1", digest="sha1"),
        "chain": openssl.chain("chain", middle),
        "cut chain": openssl.chain("cut", middle, send=False),
        "reversed": openssl.chain("reversed", middle),
        "leaf": openssl.chain("byleaf", leaf),
        "no names": openssl.make(
            "nameless", subject="/CN=localhost",
            extensions="basicConstraints=critical,CA:false\n"),
        "client": openssl.make("client", extensions=Openssl.EXTENSIONS +
                               "extendedKeyUsage=clientAuth\n"),
        "1000 names": openssl.make(
            "many", extensions="subjectAltName=" + ",".join(
                f"DNS:host-{i}.example" for i in range(999)) +
            ",DNS:localhost\n"),
        "huge": openssl.make("huge", extensions="subjectAltName=@names\n"
                             "[names]\n" + "".join(
                                 f"URI.{i} = https://{'x' * 1000}/\n"
                                 for i in range(70))),
        "critical": openssl.make("critical", extensions=Openssl.EXTENSIONS +
                                 "1.2.3.4=critical,ASN1:NULL\n"),
        "self": openssl.self_signed(),
        "other": other_ca.issue(),
        "expired": ca.issue(start=-7200, end=-60),
        "early": ca.issue(start=3600),
        "short": ca.issue(end=2500),
        "name": ca.issue("api.cloudinary.com"),
        "longer name": ca.issue("evil-localhost", "localhost.evil.example"),
    }
    path, _ = certificates["reversed"]
    pem = path.read_text()
    path.write_text(pem[:pem.index(middle[0].read_text())] +
                    ca.certificate.read_text() + middle[0].read_text())
    with Nginx(folder, {**GOOD, **BAD, **OTHER}, certificates) as server:
        yield server


@pytest.mark.parametrize("name", GOOD)
def test_a_server_that_is_accepted(nginx, ocrdyn, name):
    done = ocrdyn([], ["a", "b"], nginx.environment(name))
    assert done.rows == [["a", "complete", "request 1", ""],
                         ["b", "complete", "request 2", ""]]
    assert done.returncode == 0


@pytest.mark.parametrize("name", BAD)
def test_a_server_that_is_refused_gets_no_secret(nginx, ocrdyn, name):
    done = ocrdyn(ONCE, ["a"], nginx.environment(name))
    assert "complete" not in done.stdout.decode()
    assert done.returncode in (1, 3)
    assert "Cloudinary: " in done.stderr and BAD[name][2] in done.stderr
    assert f"{nginx.ports[name]} Basic" not in nginx.log


def test_a_server_is_accepted_by_its_address(nginx, ocrdyn):
    done = ocrdyn([], ["a"], nginx.environment("P-256", "127.0.0.1"))
    assert done.rows == [["a", "complete", "request 1", ""]]


def test_an_address_that_is_not_in_the_certificate_is_refused(nginx, ocrdyn):
    done = ocrdyn(ONCE, ["a"], nginx.environment("P-384", "127.0.0.1"))
    assert "not valid for the host 127.0.0.1" in done.stderr
    assert done.returncode in (1, 3)


def test_a_connection_that_nginx_closes_is_reopened(nginx, ocrdyn):
    done = ocrdyn([], list("abcde"),
                  nginx.environment("a connection of two requests"))
    assert [row[2] for row in done.rows] == [
        f"request {n}" for n in (1, 2, 1, 2, 1)]


def test_a_large_answer_is_complete(nginx, ocrdyn):
    done = ocrdyn([], ["a"], nginx.environment("large"))
    assert done.rows == [["a", "complete", LARGE, ""]]


# Time.

CLOCK = """
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
static time_t steps;
int __real_clock_gettime(clockid_t, struct timespec *);
int __real_connect(int, const struct sockaddr *, socklen_t);
int __wrap_clock_gettime(clockid_t, struct timespec *);
int __wrap_connect(int, const struct sockaddr *, socklen_t);
int __wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
    int r = __real_clock_gettime(clock, t);
    if (clock == CLOCK_REALTIME)
        t->tv_sec = atoll(getenv("TEST_TIME"));
    t->tv_sec += steps;
    return r;
}
int __wrap_connect(int fd, const struct sockaddr *to, socklen_t n)
{
    const char *step = getenv("TEST_STEP");
    steps += step == NULL ? 0 : atol(step);
    return __real_connect(fd, to, n);
}
"""


@pytest.fixture(scope="module")
def displaced(tmp_path_factory):
    """The path of a build whose calendar clock is at TEST_TIME, and whose
    clocks advance by TEST_STEP seconds with each connect."""
    folder = tmp_path_factory.mktemp("displaced")
    (folder / "clock_test.c").write_text(CLOCK)
    done = subprocess.run(
        ["cc", "-std=c11", "-D_GNU_SOURCE", '-DOCRDYN_VERSION="test"',
         f"-I{ROOT}", "-Wl,--wrap=clock_gettime,--wrap=connect",
         "-o", folder / "ocrdyn",
         *sources(), folder / "clock_test.c", "-lbearssl"],
        capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"cannot build it: {done.stderr}")
    return str(folder / "ocrdyn")


@cases("when, says", {
    "1970": (7, "the system clock says 1970-01-01; certificates are not valid "
             "yet: set the clock"),
    "2015": (1420070400, "the system clock says 2015-01-01; certificates are "
             "not valid yet"),
    "2025": (1740787200, "the system clock says 2025-03-01; certificates are "
             "not valid yet"),
    "before the root expires": (time.time() + 6 * 86400,
                                   "the server's certificate expired on"),
})
def test_a_wrong_clock_is_reported(nginx, displaced, ocrdyn, when, says):
    ocrdyn.path, ocrdyn.under = displaced, []
    done = ocrdyn(ONCE, ["a"], {**nginx.environment("P-256"),
                                "TEST_TIME": int(when)})
    assert f"Cloudinary: TLS: {says}" in done.stderr
    assert done.returncode == 3


def test_an_expired_root_is_not_loaded(nginx, displaced, ocrdyn):
    ocrdyn.path, ocrdyn.under = displaced, []
    done = ocrdyn(ONCE, ["a"], {**nginx.environment("P-256"),
                                "TEST_TIME": int(time.time() + 30 * 86400)})
    assert done.returncode == 2
    assert "no usable certificate in " in done.stderr
    assert "the last one has expired" in done.stderr


# Sessions.

def in_pairs(nginx, ocrdyn, name, middle=None, args=ONCE, **env):
    """Runs over ten images, two per connection. Returns the result, and the
    connections as Nginx.sessions does."""
    nginx.sessions(name)
    port = middle.port if middle else nginx.ports[name]
    done = ocrdyn(args, list("0123456789"), {**env, "CLOUDINARY_URL":
                  "cloudinary://123:secret@demo?upload_prefix="
                  f"https://127.0.0.1:{port}"})
    return done, nginx.sessions(name)


def whole(done):
    return [row[1] for row in done.rows] == ["complete"] * 10


def test_a_session_is_resumed(nginx, ocrdyn):
    done, sessions = in_pairs(nginx, ocrdyn, "sessions")
    assert whole(done) and sessions == ".rrrr"


def test_a_session_is_resumed_by_its_own_process_only(nginx, ocrdyn):
    for _ in range(2):
        assert in_pairs(nginx, ocrdyn, "sessions")[1] == ".rrrr"


def test_a_server_without_sessions_gets_full_handshakes(nginx, ocrdyn):
    done, sessions = in_pairs(nginx, ocrdyn, "no sessions")
    assert whole(done) and sessions == "....."


def test_a_session_is_resumed_for_an_hour(nginx, displaced, ocrdyn):
    """1,000 s pass between connections."""
    ocrdyn.path, ocrdyn.under = displaced, []
    done, sessions = in_pairs(nginx, ocrdyn, "sessions", TEST_STEP=1000,
                              TEST_TIME=int(time.time()))
    assert whole(done) and sessions == ".rrr."


def test_a_session_ends_with_the_certificate(nginx, displaced, ocrdyn):
    """The certificate is valid for 2,500 s from now."""
    ocrdyn.path, ocrdyn.under = displaced, []
    done, sessions = in_pairs(nginx, ocrdyn, "short", TEST_STEP=1000,
                              TEST_TIME=int(time.time()))
    assert sessions == ".r"
    assert "the server's certificate expired on" in done.stderr
    assert [row[1] for row in done.rows[:4]] == ["complete"] * 4


def offers(found):
    """A deed that notes whether a ClientHello offers a session."""
    def deed(record):
        found.append(record[43] > 0)
        return [record]
    return deed


def once(n, change):
    """A deed that changes the nth record it gets."""
    given = itertools.count()
    return lambda record: [change(record) if next(given) == n else record]


def flip(i):
    return lambda record: record[:i] + bytes([record[i] ^ 1]) + record[i + 1:]


def test_a_session_that_ended_with_an_alert_is_not_offered(nginx, ocrdyn):
    """The first answer on the first connection is altered in transit."""
    found = []
    with Middle(nginx.ports["sessions"], "server", 6,
                once(0, flip(-1))) as inner, \
            Middle(inner.port, "client", 0, offers(found)) as outer:
        done, sessions = in_pairs(nginx, ocrdyn, "sessions", outer, args=[])
    assert inner.done and found[:3] == [False, False, True]
    assert done.returncode == 0 and sessions[:3] == "..r"


@cases("byte", {"its ID": 44, "its version": 10, "its cipher suite": 77})
def test_a_session_that_is_resumed_wrongly_is_forgotten(nginx, ocrdyn, byte):
    """The ServerHello of the second connection is altered in transit."""
    found = []
    with Middle(nginx.ports["sessions"], "server", 0,
                once(1, flip(byte))) as inner, \
            Middle(inner.port, "client", 0, offers(found)) as outer:
        done, sessions = in_pairs(nginx, ocrdyn, "sessions", outer, args=[])
    assert whole(done) and done.returncode == 0
    assert found == [False, True, False, True, True, True]
    assert sessions == "..rrr"


# Trust anchors.

@pytest.fixture
def bundles(tmp_path, ca, other_ca):
    """Bundles in the working directory of the binary, for relative paths."""
    good, bad = ca.certificate.read_text(), other_ca.certificate.read_text()
    (tmp_path / "good.pem").write_text(good)
    (tmp_path / "bad.pem").write_text(bad)
    (tmp_path / "both.pem").write_text(bad + good)
    for name, text in ("good", good), ("bad", bad):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.0").write_text(text)
    (tmp_path / "good/README").write_text("not a certificate\n")
    (tmp_path / "good/sub").mkdir()


def variables(file=None, folder=None, aws=None):
    return {"SSL_CERT_FILE": file, "SSL_CERT_DIR": folder,
            "AWS_CA_BUNDLE": aws}


@cases("args, env, works", {
    "the file": ([], variables("good.pem"), True),
    "another file": ([], variables("bad.pem"), False),
    "the folder": ([], variables(None, "good"), True),
    "another folder": ([], variables(None, "bad"), False),
    "the folder beside another file": ([], variables("bad.pem", "good"), True),
    "the file beside another folder": ([], variables("good.pem", "bad"), True),
    "the same certificate in both": ([], variables("good.pem", "good"), True),
    "the option": (["--cacert", "good.pem"], variables(), True),
    "the option beats the file": (["--cacert", "bad.pem"],
                                  variables("good.pem", "good"), False),
    "the option beats a wrong file": (["--cacert", "good.pem"],
                                      variables("bad.pem"), True),
    "the option beats an absent file": (["--cacert", "good.pem"],
                                        variables("absent.pem"), True),
    "not the one for AWS": ([], variables("bad.pem", aws="good.pem"), False),
    "the system's": ([], variables("", ""), False),
})
def test_the_anchors_for_cloudinary(cloudinary, bundles, ocrdyn, args, env,
                                    works):
    cloudinary.open_world = True
    done = ocrdyn([*args, *ONCE], ["a"], env)
    assert (done.returncode == 0) == works
    assert (NOT_TRUSTED in done.stderr) == (not works)
    assert cloudinary.handshakes == works


@cases("args, env, works", {
    "its own bundle": ([], variables("good.pem", aws="bad.pem"), True),
    "its own bundle is another": ([], variables("both.pem", aws="good.pem"),
                                  False),
    "the file for both": ([], variables("both.pem"), True),
    "the folder and the file": ([], variables("good.pem", "bad"), True),
    "the file for the other only": ([], variables("good.pem"), False),
    "its own bundle is empty": ([], variables("both.pem", aws=""), True),
    "the option for both": (["--cacert", "both.pem"], variables(), True),
    "the option beats its own": (["--cacert", "both.pem"],
                                 variables(aws="good.pem"), True),
    "the option beats its own, too": (["--cacert", "good.pem"],
                                      variables(aws="bad.pem"), False),
})
def test_the_anchors_for_dynamodb(cloudinary, bundles, other_ca, ocrdyn, args,
                                  env, works):
    """Its CA is in bad.pem here; that of Cloudinary is in good.pem."""
    cloudinary.open_world = True
    with Front(other_ca.issue(), Mini("mini")) as front:
        done = ocrdyn(["-t", "mini", *args, *ONCE], ["a"],
                      {**front.environment, **env})
        assert front.handshakes == cloudinary.handshakes == works
    assert done.returncode == (0 if works else 3)
    assert ("DynamoDB: TLS: " + NOT_TRUSTED in done.stderr) == (not works)


def lines(pem):
    return pem.splitlines(keepends=True)


def damaged(pem, i):
    """The certificate with one byte changed, and 4 KB appended."""
    der = bytearray(ssl.PEM_cert_to_DER_cert(pem.decode()))
    der[i % len(der)] ^= 0x5a
    return ssl.DER_cert_to_PEM_cert(bytes(der) + bytes(4096)).encode()


@cases("change", {
    "as it is": lambda pem: pem,
    "CRLF": lambda pem: pem.replace(b"\n", b"\r\n"),
    "CR": lambda pem: pem.replace(b"\n", b"\r"),
    "byte order mark": lambda pem: b"\xef\xbb\xbf" + pem,
    "no final newline": lambda pem: pem.rstrip(),
    "all of these": lambda pem: b"\xef\xbb\xbf" + pem.rstrip().replace(
        b"\n", b"\r\n"),
    "text around": lambda pem: b"# root\n\nhello\n" + pem + b"\nthe end",
    "its other name": lambda pem: pem.replace(b"CERTIFICATE",
                                              b"X509 CERTIFICATE"),
    "twice": lambda pem: pem + pem,
    "a broken one before it": lambda pem: b"".join(
        lines(pem)[:3] + lines(pem)[-1:]) + pem,
    "a broken one after it": lambda pem: pem + b"".join(
        lines(pem)[:3] + lines(pem)[-1:]),
    "one without END after it": lambda pem: pem + b"".join(lines(pem)[:3]),
    "a key before it": lambda pem: b"-----BEGIN PRIVATE KEY-----\nAAAA\n"
                                b"-----END PRIVATE KEY-----\n" + pem,
    "after 100 KB of text": lambda pem: b"hello, world\n" * 8000 + pem,
    "after 400 damaged ones": lambda pem: b"".join(
        damaged(pem, i) for i in range(400)) + pem,
    "after those of the system": lambda pem: pathlib.Path(
        "/etc/ssl/certs/ca-certificates.crt").read_bytes() + pem,
})
def test_bundles_that_work(cloudinary, ca, tmp_path, ocrdyn, change):
    cloudinary.open_world = True
    (tmp_path / "bundle").write_bytes(change(ca.certificate.read_bytes()))
    done = ocrdyn(["--cacert", "bundle"], ["a"])
    assert done.returncode == 0, done.stderr


@cases("change", {
    "empty": lambda pem: b"",
    "text": lambda pem: b"hello\n",
    "a key": lambda pem: pem.replace(b"CERTIFICATE", b"PRIVATE KEY"),
    "DER": lambda pem: bytes(range(256)),
    "OpenSSL's own kind": lambda pem: pem.replace(b"CERTIFICATE",
                                                  b"TRUSTED CERTIFICATE"),
    "cut": lambda pem: pem[:len(pem) // 2],
    "of 17 KB": lambda pem: ssl.DER_cert_to_PEM_cert(bytes(17000)).encode(),
    "a line missing": lambda pem: b"".join(lines(pem)[:2] + lines(pem)[3:]),
    "not base 64": lambda pem: pem.replace(b"M", b"!"),
    "indented": lambda pem: b"".join(b"  " + line for line in lines(pem)),
})
@pytest.mark.parametrize("how", ["--cacert", "SSL_CERT_FILE", "SSL_CERT_DIR",
                                 "AWS_CA_BUNDLE"])
def test_bundles_without_a_certificate_are_refused(cloudinary, mini, ca,
                                                   tmp_path, ocrdyn, change,
                                                   how):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/bundle").write_bytes(
        change(ca.certificate.read_bytes()))
    path = "folder" if how == "SSL_CERT_DIR" else "folder/bundle"
    args, env = ([how, path], {}) if how == "--cacert" else ([], {how: path})
    if how == "SSL_CERT_DIR":
        env["SSL_CERT_FILE"] = None
    done = ocrdyn(["-t", "mini", *args], ["a"], env)
    assert done.returncode == 2
    assert "no usable certificate in " in done.stderr and path in done.stderr
    assert cloudinary.connections == mini.connections == 0


def test_a_bundle_of_16_mb_is_refused(cloudinary, tmp_path, ocrdyn):
    (tmp_path / "bundle").write_bytes(b"x\n" * (9 << 20))
    done = ocrdyn(["--cacert", "bundle"], ["a"])
    assert done.returncode == 2
    assert "File too large" in done.stderr


# Without the files of a system.

SYSTEM = ["/etc/ssl/certs/ca-certificates.crt",
          "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
          "/etc/ssl/cert.pem"]


@pytest.fixture
def empty_root(cloudinary, ocrdyn):
    """empty_root() runs the binary in a root directory that has only itself
    and /etc/hosts."""
    cloudinary.open_world = True
    options = jail(ocrdyn, "127.0.0.1 localhost\n")

    def run():
        process = start_static(ocrdyn, list(ONCE), variables(), **options)
        out, err = process.communicate(b"a\n", timeout=60)
        return process.returncode, out, err.decode()
    run.folder = ocrdyn.folder / "jail"
    return run


def test_without_a_bundle_the_built_in_one_is_used(cloudinary, empty_root):
    """No real root signs certificates for localhost, so that the stand-in is
    not trusted. Without any root the error would be another one."""
    status, out, err = empty_root()
    assert status in (1, 3)
    assert NOT_TRUSTED in err
    assert cloudinary.handshakes == 0


@pytest.mark.parametrize("place", SYSTEM)
def test_the_systems_bundle_is_found(ca, empty_root, place):
    path = empty_root.folder / place[1:]
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(ca.certificate, path)
    assert empty_root()[0] == 0


def test_an_empty_bundle_of_the_system_is_skipped(ca, empty_root):
    for place in SYSTEM:
        path = empty_root.folder / place[1:]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    shutil.copy(ca.certificate, path)
    assert empty_root()[0] == 0


def elements(der):
    """The whole elements that an element of a certificate contains."""
    def head(at):
        more = der[at + 1] & 0x7f if der[at + 1] > 0x7f else 0
        length = int.from_bytes(der[at + 2:at + 2 + more], "big") if more \
            else der[at + 1]
        return at + 2 + more, length

    at, _ = head(0)
    while at < len(der):
        start, length = head(at)
        yield der[at:start + length]
        at = start + length


@pytest.mark.parametrize("name", [
    "Amazon Root CA 1", "Amazon Root CA 4", "ISRG Root X1",
    "Starfield Services Root Certificate Authority - G2",
    "DigiCert Global Root G2"])
def test_well_known_roots_are_built_in(ocrdyn, name):
    """The binary contains the name and the key of the root, as the system's
    bundle has them. test_anchors compares all members of all roots."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(SYSTEM[0])
    (root, der), = ((root, der) for root, der in
                    zip(context.get_ca_certs(), context.get_ca_certs(True))
                    if (("commonName", name),) in root["subject"])
    *_, subject, key, _ = elements(next(elements(der)))
    rsa = key.endswith(b"\x02\x03\x01\x00\x01")
    number = key[-261 if len(key) < 512 else -517:-5] if rsa else key[-97:]
    binary = pathlib.Path(ocrdyn.path).read_bytes()
    assert binary.count(number) == 1
    assert subject in binary
