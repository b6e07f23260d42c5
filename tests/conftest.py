"""Fixtures of the integration tests: the peers, and the real binary.

The binary is ./ocrdyn, or the path in the environment variable OCRDYN; where
that is another machine's, OCRDYN_UNDER is the emulator that runs it. It sees
only the environment that a test gives it.
"""

import os
import pathlib
import re
import signal
import subprocess
import sys
import uuid
from dataclasses import dataclass

import boto3
import pytest
from botocore.config import Config

# what tests of one folder share with those of another
for folder in ("cli", "long"):
    sys.path.append(str(pathlib.Path(__file__).resolve().parent / folder))

from peers.ca import CA
from peers.cloudinary import Cloudinary
from peers.dynamodb import Front, Local, Mini

TESTS = pathlib.Path(__file__).resolve().parent
ROOT = TESTS.parent


def sources():
    """The program's sources, for a build of its own."""
    return [path for path in [*ROOT.glob("*.c"), *ROOT.glob("*/*.c")]
            if path.parent.name not in ("build", "dist", "tests")
            and path.name != "mkanchors.c"] + [ROOT / "build/roots.c"]


def pytest_configure():
    # A shell without job control starts what is put in the background with
    # SIGINT ignored, and that is inherited: the binary would never see it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


# The peers.

@pytest.fixture(scope="session")
def ca(tmp_path_factory):
    return CA(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="session")
def certificate(ca):
    return ca.issue()


@pytest.fixture(scope="session")
def local():
    """DynamoDB Local, one for all tests."""
    server = Local()
    if not server.present:
        pytest.skip("no DynamoDB Local: run tests/setup.sh check")
    with server:
        yield server


@pytest.fixture
def cloudinary(certificate):
    """An account without images; add them, or open its world."""
    with Cloudinary(certificate) as server:
        yield server
    assert not server.errors, server.errors[0]
    assert not server.violations


@pytest.fixture
def dynamodb(certificate, local):
    """A Front of the test's own, so that its counts are the test's own. No
    signature may be refused, unless the test takes them off `refused`."""
    with Front(certificate, local) as server:
        yield server
    assert not server.errors, server.errors[0]
    assert not server.violations
    assert not server.refused


@pytest.fixture
def mini(certificate):
    """Like `dynamodb`, quicker: only the table "mini", only the operations
    of peers.dynamodb.Mini."""
    with Front(certificate, Mini("mini")) as server:
        yield server
    assert not server.errors, server.errors[0]
    assert not server.violations
    assert not server.refused


def boto(front, ca, secret=None):
    """boto3's client for a Front, without retries."""
    (key, (right, token)), = front.credentials.items()
    return boto3.client(
        "dynamodb", region_name=front.region, endpoint_url=front.url,
        aws_access_key_id=key, aws_secret_access_key=secret or right,
        aws_session_token=token, verify=str(ca.certificate),
        config=Config(retries={"max_attempts": 0}))


@pytest.fixture(scope="session")
def admin(certificate, ca, local):
    """A boto3 client that shares the tables, not the counts, of `dynamodb`."""
    with Front(certificate, local) as server:
        client = boto(server, ca)
        yield client
        client.close()


@pytest.fixture
def table(admin):
    """The name of an empty table with the partition key publicId."""
    name = f"ocr-{uuid.uuid4().hex[:12]}"
    admin.create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "publicId",
                               "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "publicId", "KeyType": "HASH"}])
    yield name
    admin.delete_table(TableName=name)


@pytest.fixture
def items(admin, table):
    """items() gives all items of `table`, by publicId, without their types:
    {"a": {"publicId": "a", "text": None}}."""
    def read():
        found = {}
        for page in admin.get_paginator("scan").paginate(
                TableName=table, ConsistentRead=True):
            for item in page["Items"]:
                item = {name: plain_value(value)
                        for name, value in item.items()}
                found[item["publicId"]] = item
        return found
    return read


def plain_value(value):
    """A typed attribute value as Python has it; numbers stay strings."""
    (kind, inner), = value.items()
    if kind == "NULL":
        return None
    if kind == "L":
        return [plain_value(item) for item in inner]
    if kind == "M":
        return {name: plain_value(item) for name, item in inner.items()}
    return inner


# The binary.

@dataclass
class Result:
    returncode: int
    stdout: bytes
    stderr: str

    @property
    def rows(self):
        """The TSV rows, each a list of strings, or None for \\N."""
        lines = self.stdout.decode().split("\n")
        assert lines.pop() == "", "the last row is not whole"
        return [[unescape(column) for column in line.split("\t")]
                for line in lines]


ESCAPES = {"\\": "\\", "t": "\t", "n": "\n", "r": "\r"}


def unescape(column):
    """A column as PostgreSQL's COPY would read it."""
    if column == "\\N":
        return None
    return re.sub(r"\\(?:x([0-9A-Fa-f]{2})|(.))", lambda match:
                  chr(int(match[1], 16)) if match[1] else ESCAPES[match[2]],
                  column)


class Binary:
    """ocrdyn(args, stdin=..., env=...) runs it to its end; start() takes the
    same and returns the Popen object, with pipes, for tests of signals."""

    def __init__(self, environment, folder):
        self.path = str(pathlib.Path(os.environ.get(
            "OCRDYN", ROOT / "ocrdyn")).resolve())
        self.under = os.environ.get("OCRDYN_UNDER", "").split()
        self.environment = environment
        self.folder = folder
        self._started = []

    def _prepare(self, args, env):
        assert os.access(self.path, os.X_OK), f"{self.path}: build it first"
        merged = {**self.environment(), **(env or {})}
        return [*self.under, self.path, *map(str, args)], {
            name: str(value) for name, value in merged.items()
            if value is not None}

    def __call__(self, args=(), stdin=b"", env=None, timeout=60):
        """`stdin` is bytes, or a list of ids, or a file; a variable in `env`
        whose value is None is taken away."""
        command, env = self._prepare(args, env)
        if isinstance(stdin, (list, tuple)):
            stdin = "".join(f"{line}\n" for line in stdin).encode()
        source = {"input": stdin} if isinstance(stdin, bytes) else \
            {"stdin": stdin}
        done = subprocess.run(command, env=env, cwd=self.folder,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=timeout, **source)
        return Result(done.returncode, done.stdout,
                      done.stderr.decode(errors="backslashreplace"))

    def start(self, args=(), env=None, **options):
        command, env = self._prepare(args, env)
        pipes = {name: subprocess.PIPE
                 for name in ("stdin", "stdout", "stderr")}
        process = subprocess.Popen(command, env=env, cwd=self.folder,
                                   **{**pipes, **options})
        self._started.append(process)
        return process

    def stop(self):
        for process in self._started:
            with process:
                if process.poll() is None:
                    process.kill()


@pytest.fixture
def ocrdyn(request, ca, tmp_path):
    """The binary. Of the peers it is told those that the test asks for:
    cloudinary, and dynamodb or mini. It runs in tmp_path."""
    peers = [request.getfixturevalue(name)
             for name in ("cloudinary", "dynamodb", "mini")
             if name in request.fixturenames]

    def environment():
        merged = {"HOME": str(tmp_path), "SSL_CERT_FILE": str(ca.certificate),
                  # of the machine that the tests run on
                  "AWS_EC2_METADATA_DISABLED": "true"}
        for peer in peers:
            merged.update(peer.environment)
        return merged

    binary = Binary(environment, tmp_path)
    yield binary
    binary.stop()


# The last line.

@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_sessionfinish(session):
    yield
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter:
        def count(*kinds):
            return sum(len(reporter.stats.get(kind, [])) for kind in kinds)
        reporter.write_line(
            f"integration: {count('passed')} passed, "
            f"{count('failed', 'error')} failed, {count('skipped')} skipped")
