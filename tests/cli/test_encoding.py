"""Answers with a Content-Encoding that was not asked for: for every service the
message says so, and no part of the body is used."""

import gzip
import json
from dataclasses import replace

import pytest
from peers.cloudinary import Image
from peers.faults import chunked, header, until_close
from peers.server import Response
from test_credentials import LOOP, USER, expect_failure, world

__all__ = ["world"]

SENTENCE = "the server answered with Content-Encoding {} although ocrdyn " \
    "asked for identity; a proxy may have added it"
ENCODINGS = ["gzip", "GZIP", "deflate", "br", "zstd", "x-unknown",
             "gzip, br", "identity, gzip", "gzip, identity", "identity2"]
SAME = ["identity", "Identity", "", " ", "identity, identity", ",identity"]


def coded(encoding):
    """Compresses the body with gzip and declares this encoding."""
    def edit(response):
        return header("Content-Encoding", encoding)(
            replace(response, body=gzip.compress(response.body)))
    return edit


@pytest.fixture
def images(cloudinary):
    for name in "abc":
        cloudinary.add(Image(name, text=f"text of {name}"))
    return cloudinary


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_listing_is_refused(images, ocrdyn, encoding):
    images.faults.add(times=None, when="after", edit=coded(encoding))
    done = ocrdyn(["list", "--max-attempts", 3])
    assert done.returncode == 3 and not done.stdout
    assert done.stderr.count(SENTENCE.format(encoding)) == 1, done.stderr
    assert "JSON" not in done.stderr and len(images.log) == 1


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_answer_to_a_paid_call_leaves_doubt(images, ocrdyn, encoding):
    images.faults.add(times=None, when="after", edit=coded(encoding))
    done = ocrdyn(["--max-attempts", 1], ["a", "b"])
    assert done.returncode == 3 and not done.stdout
    assert "Cloudinary: " + SENTENCE.format(encoding) in done.stderr
    assert sum(event.paid for event in images.log) == 1


def test_a_paid_result_is_found_by_a_look(images, ocrdyn):
    images.faults.add(call="update", when="after", edit=coded("gzip"))
    done = ocrdyn([], ["a"])
    assert done.returncode == 0, done.stderr
    assert done.rows[0][:3] == ["a", "complete", "text of a"]
    assert sum(event.paid for event in images.log) == 1


@pytest.mark.parametrize("encoding", SAME)
def test_identity_is_accepted(images, mini, ocrdyn, encoding):
    for service in images, mini:
        service.faults.add(times=None, when="after",
                           edit=header("Content-Encoding", encoding))
    done = ocrdyn(["-t", "mini"], ["a"])
    assert done.returncode == 0, done.stderr
    assert done.rows[0][:3] == ["a", "complete", "text of a"]


@pytest.mark.parametrize("frame", [chunked(), until_close, None],
                         ids=["chunked", "until close", "length"])
def test_the_answer_is_refused_with_any_framing(images, ocrdyn, frame):
    fields = {"frame": lambda r: frame(coded("gzip")(r)),
              "reply": Response(200, b"{}")} if frame else {
        "edit": coded("gzip")}
    images.faults.add(times=None, when="after", end="close", at="end",
                      **fields)
    done = ocrdyn(["list", "--max-attempts", 1])
    assert done.returncode == 3 and not done.stdout
    assert SENTENCE.format("gzip") in done.stderr


def test_an_encoded_empty_body_is_not_an_empty_text(images, ocrdyn):
    images.faults.add(times=None, reply=Response(
        200, b"", {"Content-Encoding": "gzip"}))
    done = ocrdyn([], ["a"])
    assert done.returncode == 3 and not done.stdout
    assert SENTENCE.format("gzip") in done.stderr


@pytest.mark.parametrize("status", [301, 400, 401, 404, 420, 500, 503])
def test_the_message_contains_the_status_of_an_error(images, ocrdyn, status):
    reply = coded("gzip")(Response(status, b'{"error":{"message":"no"}}'))
    images.faults.add(times=None, reply=reply)
    done = ocrdyn(["list", "--max-attempts", 2])
    assert done.returncode == 3 and not done.stdout
    assert done.stderr.count(SENTENCE.format("gzip") + f" (status {status})") \
        == 1
    assert len(images.log) == (2 if status >= 500 else 1)


def test_the_name_of_the_encoding_is_bounded_and_escaped(images, ocrdyn):
    images.faults.add(times=None, reply=Response(
        200, b"{}", {"Content-Encoding": "\x9b\xe9" + "x" * 20000}))
    done = ocrdyn(["list"])
    assert done.returncode == 3
    assert "[cut] although ocrdyn asked" in done.stderr
    assert len(done.stderr) < 1000 and "\x9b" not in done.stderr


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("command", ["get", "put", "scan", "show", "run"])
def test_an_answer_of_dynamodb_is_refused_once(images, mini, ocrdyn, encoding,
                                               command):
    mini.faults.add(times=None, when="after", edit=coded(encoding))
    arguments, stdin = {
        "get": (["get", "-t", "mini"], ["a"]),
        "put": (["put", "-t", "mini", "-f", "jsonl"],
                [json.dumps({"publicId": "a", "text": "b"})]),
        "scan": (["scan", "-t", "mini"], []),
        "show": (["table", "show", "mini"], []),
        "run": (["-t", "mini"], ["a", "b"])}[command]
    done = ocrdyn(arguments, stdin)
    assert done.returncode == 3, done.stderr
    said = done.stderr + done.stdout.decode()
    assert "DynamoDB: " + SENTENCE.format(encoding) in said
    assert len(mini.log) == 1, "the request is not repeated"


def test_check_reports_it_for_both_services(images, mini, ocrdyn):
    for service in images, mini:
        service.faults.add(times=None, when="after", edit=coded("gzip"))
    done = ocrdyn(["check", "-t", "mini"])
    said = done.stdout.decode()
    assert done.returncode != 0
    assert "Cloudinary: " + SENTENCE.format("gzip") in said
    assert "DynamoDB: " + SENTENCE.format("gzip") in said


@pytest.mark.parametrize("status", [200, 403])
@pytest.mark.parametrize("encoding", ["gzip", "BR", "a, b"])
@pytest.mark.parametrize("service", ["sts", "ecs", "imds"])
def test_an_answer_with_credentials_is_refused_once(world, cloudinary, service,
                                                    encoding, status):
    world.ocrdyn_cloudinary = cloudinary
    server = getattr(world, service)
    edit = {"edit": coded(encoding)} if status == 200 else {
        "reply": coded(encoding)(Response(status, b'{"message":"no"}'))}
    server.faults.add(times=None, when="after", **edit)
    env = {"ecs": world.use_container(), "imds": world.use_instance(),
           "sts": {}}[service]
    if service == "sts":
        world.files(f"[b]\n{USER}", "[default]\n" + LOOP)
    expect_failure(world, world.run(env), SENTENCE.format(encoding) + (
        "" if status == 200 else f" (status {status})"))
    assert len(server.log) == 1, "the request is not repeated"
