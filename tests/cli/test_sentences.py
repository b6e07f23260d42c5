"""Error messages of services: up to 1 KB is shown, with a mark where it was
cut. Decisions depend on the error code, or on the whole message."""

import json
import time

import pytest
from peers import dynamodb as ddb
from peers.cloudinary import Image
from peers.server import Response
from test_credentials import LOOP, USER, expect_failure, world

__all__ = ["world"]

SIZES = [1, *range(254, 261), *range(1020, 1031), 4096, 100000]
TEXTS = {
    **{f"{n} bytes": "w" * (n - 1) + "." for n in SIZES},
    **{f"{n} and two bytes at the cut": "w" * n + "\u00e9" * 50
       for n in range(1015, 1025)},
    **{f"{n} and three bytes": "w" * n + "\u20ac" * 2000
       for n in range(1015, 1025)},
    **{f"{n} and four bytes": "w" * n + "\U0001f600" * 40
       for n in range(1015, 1025)},
    "words with a mark": "w" * 1000 + "[cut]",
}


def cut(text):
    data = text.encode()
    if len(data) <= 1024:
        return text
    return data[:1024].decode(errors="ignore") + "[cut]"


@pytest.fixture
def images(cloudinary):
    for name in "abc":
        cloudinary.add(Image(name, text=f"text of {name}"))
    return cloudinary


def said(status, message, **headers):
    return Response(status, json.dumps({"error": {"message": message}})
                    .encode(), headers)


@pytest.mark.parametrize("ascii", [True, False], ids=["escaped", "plain"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_message_of_cloudinary_is_shown(images, ocrdyn, text, ascii):
    body = json.dumps({"error": {"message": text}}, ensure_ascii=ascii)
    images.faults.add(reply=Response(400, body.encode()))
    done = ocrdyn([], ["a"])
    assert done.rows[0][1] == "failed"
    assert done.rows[0][3] == f"Cloudinary: 400 {cut(text)}"


@pytest.mark.parametrize("member", ["message", "Message"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_message_of_dynamodb_is_shown(mini, ocrdyn, text, member):
    body = {"__type": "com.amazon.coral.service#AccessDeniedException",
            member: text}
    mini.faults.add(times=None, reply=Response(400,
                                               json.dumps(body).encode()))
    done = ocrdyn(["get", "-t", "mini"], ["a"])
    assert done.returncode == 3
    assert f"DynamoDB: AccessDeniedException: {cut(text)} (the credentials " \
        "do not allow this)\n" in done.stderr


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_message_in_a_header_is_shown(images, ocrdyn, text):
    text = text[:30000]
    images.faults.add(reply=Response(
        400, b"no", {"X-Cld-Error": text.encode().decode("latin-1")}))
    done = ocrdyn([], ["a"])
    assert done.rows[0][3] == f"Cloudinary: 400 {cut(text)}"


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_message_of_a_failed_result_is_shown(images, ocrdyn, text):
    images.faults.add(when="after", reply=Response(200, json.dumps(
        {"info": {"ocr": {"adv_ocr": {"status": "failed", "data": text}}}})
        .encode()))
    done = ocrdyn([], ["a"])
    assert done.rows[0][3] == f"Cloudinary: OCR failed: {cut(text)}"


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_message_in_a_listing_is_shown(images, ocrdyn, text):
    images.faults.add(reply=said(200, text))
    done = ocrdyn(["list"])
    assert done.returncode == 3
    assert f"Cloudinary: 200 with an error: {cut(text)}\n" in done.stderr


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_message_of_sts_is_shown(world, cloudinary, text):
    world.ocrdyn_cloudinary = cloudinary
    world.files(f"[b]\n{USER}", "[default]\n" + LOOP)
    world.sts.faults.add(reply=world.sts.error("AccessDenied", text))
    expect_failure(world, world.run(), "STS refuses: status 403, "
                   f"AccessDenied: {cut(text)}")


@pytest.mark.parametrize("text", [TEXTS["260 bytes"], TEXTS["1025 bytes"],
                                  TEXTS["100000 bytes"]],
                         ids=["260 bytes", "1025 bytes", "100000 bytes"])
@pytest.mark.parametrize("service", ["ecs", "imds"])
def test_a_message_of_the_metadata_service_is_shown(world, cloudinary, text,
                                                    service):
    world.ocrdyn_cloudinary = cloudinary
    server = getattr(world, service)
    if service == "ecs":
        server.faults.add(reply=Response(
            400, json.dumps({"code": "x", "message": text}).encode()))
        expect_failure(world, world.run(world.use_container()),
                       f"status 400, {cut(text)}")
    else:
        server.faults.add(
            call="GET /latest/meta-data/iam/security-credentials/ocr-role",
            reply=Response(200, json.dumps(
                {"Code": "Failed", "Message": text}).encode()))
        expect_failure(world, world.run(world.use_instance()),
                       f"ocr-role: Failed {cut(text)}")


def test_failed_renewal_of_credentials_is_reported_with_both_reasons(
        world, cloudinary):
    world.files(f"[b]\n{USER}", "[default]\n" + LOOP)
    world.mini.faults.add(nth=2, reply=ddb.error(
        "ExpiredTokenException", "e" * 1024))
    world.sts.faults.add(nth=2, times=None,
                         reply=world.sts.error("AccessDenied", "s" * 1024))
    done = world.run()
    assert done.returncode == 3
    assert "e" * 1024 + " (the session token has expired: get new " \
        "credentials) (no new credentials: " in done.stderr
    assert "STS refuses: status 403, AccessDenied: " + "s" * 1024 in \
        done.stderr


HOSTILE = "\x1b[2J\x00\x07\u009b2J\u202e\r\n\t\\end"


def test_control_characters_are_escaped(images, mini, ocrdyn):
    images.faults.add(reply=said(400, HOSTILE))
    done = ocrdyn([], ["a"])
    detail = done.rows[0][3]
    assert detail.endswith("\\end") and "\\x1B[2J" in detail
    assert not set(detail) & set("\x1b\x00\x07\u009b\r\n")
    mini.faults.add(times=None, reply=ddb.error("AccessDeniedException",
                                                HOSTILE))
    done = ocrdyn(["get", "-t", "mini"], ["a"])
    assert "\\end (the credentials" in done.stderr
    assert not set(done.stderr) & set("\x1b\x00\x07\u009b\r")


@pytest.mark.parametrize("character", ["\x1b", "\u009b", "\x00", "\u202e"])
def test_a_message_of_escapes_only_is_bounded_and_marked(images, mini,
                                                         ocrdyn, character):
    images.faults.add(reply=said(400, character * 100000))
    done = ocrdyn([], ["a"])
    assert done.rows[0][3].endswith("[cut]")
    assert len(done.rows[0][3]) < 1600
    mini.faults.add(times=None, reply=ddb.error("AccessDeniedException",
                                                character * 100000))
    done = ocrdyn(["get", "-t", "mini"], ["a"])
    assert "[cut] (the credentials do not allow this)" in done.stderr


# ---- decisions

REASON = "User: arn:aws:sts::123456789012:assumed-role/" + "r" * 200 + \
    "/s is not authorized to perform: dynamodb:PutItem on resource: " \
    "arn:aws:dynamodb:eu-central-1:123456789012:table/" + "t" * 200 + \
    " with an explicit deny in a service control policy"


def test_the_reason_of_a_denial_is_shown(images, mini, ocrdyn):
    mini.faults.add(times=None, reply=ddb.error("AccessDeniedException",
                                                REASON))
    done = ocrdyn(["-t", "mini"], ["a"])
    assert done.returncode == 3
    assert "explicit deny in a service control policy (the credentials" in \
        done.stderr


def test_the_time_of_the_next_decrease_is_shown(mini, ocrdyn):
    words = "Subscriber limit exceeded: " + "Provisioned throughput " * 12 + \
        "Next decrease can be made at Friday, November 28, 2026 4:00:00 PM UTC"
    mini.faults.add(times=None, reply=ddb.error("LimitExceededException",
                                                words))
    done = ocrdyn(["get", "-t", "mini", "--max-attempts", 1], ["a"])
    assert "Next decrease can be made at Friday, November 28, 2026 4:00:00 " \
        "PM UTC" in done.stderr + done.stdout.decode()


@pytest.mark.parametrize("code, words, tries", [
    ("ValidationException", "ThrottlingException ExpiredTokenException", 1),
    ("ThrottlingException", "ValidationException AccessDenied", 2),
    ("ConditionalCheckFailedException", "backfilling", 1),
    ("UnrecognizedClientException", "ThrottlingException: Throttled", 1)])
def test_the_code_decides_not_the_message(mini, ocrdyn, code, words, tries):
    mini.faults.add(times=None, reply=ddb.error(code, words))
    done = ocrdyn(["get", "-t", "mini", "--max-attempts", 2], ["a"])
    said = done.stderr + done.stdout.decode()
    assert f"DynamoDB: {code}: {words}" in said
    assert len(mini.log) == tries
    assert "--wait" not in said


@pytest.mark.parametrize("before", [0, 250, 1010, 1024, 100000])
def test_a_backfilling_index_is_recognized_anywhere_in_the_message(
        mini, ocrdyn, before):
    mini.faults.add(call="Scan", reply=ddb.error(
        "ValidationException", "x" * before + " Cannot read from backfilling "
        "global secondary index"))
    done = ocrdyn(["scan", "-t", "mini"])
    assert "(wait until it is ready: ocrdyn table index" in done.stderr


LONG = [0, 230, 255, 1000, 1024, 100000]


@pytest.mark.parametrize("before", LONG)
@pytest.mark.parametrize("words, advice", [
    ("You don't have an active subscription for OCR", "(subscribe to the OCR"),
    ("You Don't Have An ACTIVE Subscription for OCR", "(subscribe to the OCR"),
    ("Limit of 50 OCR operations reached. Try again on the next date.",
     "quota is used up)")])
def test_420_depends_on_the_whole_message(images, ocrdyn, words, advice,
                                              before):
    images.faults.add(times=None, reply=said(420, "\u20ac" * (before // 3) +
                                             " " * (before % 3) + words))
    done = ocrdyn([], ["a", "b"])
    assert done.returncode == 3 and not done.stdout
    assert advice in done.stderr and len(images.log) == 1


@pytest.mark.parametrize("before", LONG)
@pytest.mark.parametrize("by", ["message", "header"])
def test_the_time_of_a_limit_is_found_anywhere_in_the_message(images, ocrdyn,
                                                            before, by):
    before = min(before, 30000) if by == "header" else before
    then = time.strftime("%Y-%m-%d %H:%M:%S UTC",
                         time.gmtime(time.time() + 3600))
    words = "x" * before + "Rate Limit Exceeded. Limit of 500 api " \
        f"operations reached. Try again on {then}. " + "y" * before
    reply = said(420, words) if by == "message" else Response(
        420, b"", {"X-Cld-Error": words[:32000]})
    images.faults.add(times=None, reply=reply)
    process = ocrdyn.start([])
    process.stdin.write(b"a\n")
    process.stdin.close()
    line = process.stderr.readline().decode()
    process.terminate()
    assert f"waiting until {then[11:13]}:" in line or then[:10] in line, line


def test_a_code_after_a_long_prefix_is_recognized(mini, ocrdyn):
    mini.faults.add(times=None, reply=Response(400, json.dumps({
        "__type": "n" * 300 + "#ResourceNotFoundException:http://x",
        "message": "no"}).encode()))
    done = ocrdyn(["get", "-t", "mini"], ["a"])
    assert "DynamoDB: ResourceNotFoundException: no (no such table" in \
        done.stderr


def test_an_error_without_a_code_keeps_its_message(mini, ocrdyn):
    mini.faults.add(times=None, reply=Response(
        403, b'{"message":"blocked by the firewall"}'))
    done = ocrdyn(["get", "-t", "mini"], ["a"])
    assert "DynamoDB: status 403 without an error's name: blocked by the " \
        "firewall (check the endpoint" in done.stderr
