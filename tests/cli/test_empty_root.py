"""An empty root: nothing there but the binary and what a test puts there, no
/etc, no /dev, no /proc, and no HOME."""

import os
import shutil
import subprocess
from urllib.parse import urlsplit

import pytest

from conftest import Result
from peers.cloudinary import Cloudinary
from peers.dynamodb import Front, Mini

NAMES = "images.test", "tables.test"


@pytest.fixture
def services(ca):
    """The stand-ins, with a certificate for two names and for 127.0.0.1."""
    certificate = ca.issue(*NAMES)
    with Cloudinary(certificate) as images:
        with Front(certificate, Mini("mini")) as tables:
            yield images, tables
        assert not tables.errors and not tables.refused
    assert not images.errors and not images.violations


@pytest.fixture
def root(ocrdyn, tmp_path):
    """A root with the binary in it; root(args, stdin, env) runs it there, or
    another program."""
    if ocrdyn.under:
        pytest.skip("an emulator would be in it, too")
    root = tmp_path / "root"
    root.mkdir()
    shutil.copy(ocrdyn.path, root / "ocrdyn")
    if b"ld-linux" in (root / "ocrdyn").read_bytes():
        pytest.skip("not a static binary")
    become = [] if os.getuid() == 0 else ["unshare", "-r"]

    def run(args, stdin=b"", env=None, program="/ocrdyn"):
        done = subprocess.run(
            [*become, shutil.which("chroot") or "/usr/sbin/chroot", root,
             program, *args], input=stdin, env=env or {}, timeout=60,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return Result(done.returncode, done.stdout, done.stderr.decode())
    run.folder = root
    return run


def environment(services, *hosts):
    """The services' variables, with these hosts instead of their own."""
    merged = {}
    for service, host in zip(services, hosts):
        own = urlsplit(service.url).hostname
        for name, value in service.environment.items():
            merged[name] = value.replace(own, host)
    return merged


def put_hosts(root):
    (root.folder / "etc").mkdir()
    (root.folder / "etc/hosts").write_text(f"127.0.0.1 {' '.join(NAMES)}\n")


def check_job(services, done):
    images, tables = services
    assert done.stderr.count("\n") == 1 and done.returncode == 0, done.stderr
    assert [row[:2] for row in done.rows] == [["a", "complete"],
                                              ["b", "complete"]]
    assert len(tables.backend.tables["mini"]) == 2
    assert images.calls["update"] == 2


@pytest.mark.parametrize("hosts", [NAMES, ("127.0.0.1", "127.0.0.1")],
                         ids=["by /etc/hosts", "by address"])
def test_the_whole_job(root, services, ca, hosts):
    images, _ = services
    images.add("a")
    images.add("b")
    shutil.copy(ca.certificate, root.folder / "ca.pem")
    if hosts == NAMES:
        put_hosts(root)
    check_job(services, root(["-t", "mini", "--cacert", "/ca.pem"],
                             b"a\nb\n", environment(services, *hosts)))


def test_the_authority_may_come_by_a_variable(root, services, ca):
    images, _ = services
    images.add("a")
    images.add("b")
    shutil.copy(ca.certificate, root.folder / "ca.pem")
    put_hosts(root)
    check_job(services, root(
        ["-t", "mini"], b"a\nb\n",
        {**environment(services, *NAMES), "SSL_CERT_FILE": "/ca.pem"}))


def test_its_own_roots_do_not_know_a_stranger(root, services):
    """They are there without a file, and no call is made."""
    images, _ = services
    put_hosts(root)
    done = root(["--max-attempts", "1"], b"a\n",
                environment(services, *NAMES))
    assert done.returncode in (1, 3) and "certificate" in done.stderr
    assert not images.calls


def test_a_name_that_nobody_knows_is_told(root, services, ca):
    """Without /etc, musl asks a name server on 127.0.0.1, where there is
    none, or one that does not know a .test."""
    shutil.copy(ca.certificate, root.folder / "ca.pem")
    done = root(["--cacert", "/ca.pem", "--max-attempts", "1",
                 "--connect-timeout", "1"], b"a\n",
                environment(services, *NAMES))
    assert done.returncode in (1, 3) and "images.test" in done.stderr


def test_what_makes_no_call_needs_nothing(root):
    assert root(["-V"]).returncode == 0
    assert root(["-h"]).stdout.startswith(b"ocrdyn -t ocr")
    (root.folder / "answer.json").write_text(
        '{"info":{"ocr":{"adv_ocr":{"status":"complete","data":'
        '[{"textAnnotations":[{"description":"a text"}]}]}}}}')
    assert root(["extract", "/answer.json"]).stdout == b"a text\n"
