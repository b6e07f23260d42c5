"""ocrdyn check: a line for everything that a run needs, and each of them
broken in turn."""

import re

import pytest
from peers.ca import CA, Openssl
from peers.cloudinary import Cloudinary
from peers.dynamodb import ACCESS_DENIED, EXPIRED_TOKEN
from peers.faults import header
from peers.server import Response
from test_run import cases

LINE = re.compile(r"(ok  |FAIL|note) ([a-z ]+): (.*)")


def parse(done):
    """The lines: {what: (verdict, detail)}, in order."""
    found = {}
    for line in done.stdout.decode().splitlines():
        verdict, what, detail = LINE.fullmatch(line).groups()
        found[what] = verdict.strip(), detail
    return found


def failures(done):
    return {what: detail for what, (verdict, detail) in parse(done).items()
            if verdict == "FAIL"}


def only_failure(done, what):
    """The one thing that failed was this; says how."""
    assert done.returncode == 1 and done.stderr == ""
    found = failures(done)
    assert list(found) == [what], done.stdout.decode()
    return found[what]


def test_all_is_well(cloudinary, dynamodb, ocrdyn, table):
    done = ocrdyn(["check", "-t", table])
    assert done.returncode == 0 and done.stderr == ""
    found = parse(done)
    assert {verdict for verdict, _ in found.values()} == {"ok"}
    assert list(found) == [
        "cloudinary connection", "cloudinary clock", "cloudinary account",
        "cloudinary quota", "ocr units", "credentials", "region", "endpoint",
        "dynamodb connection", "dynamodb clock", "table"]
    detail = {what: text for what, (_, text) in found.items()}
    assert detail["credentials"] == "environment"
    assert detail["region"] == dynamodb.region
    assert detail["endpoint"] == dynamodb.url
    signed = "its certificate is signed by ocrdyn tests, root"
    assert detail["dynamodb connection"].endswith(signed)
    assert detail["cloudinary connection"].endswith(signed)
    assert detail["table"] == f"{table} is ACTIVE, by publicId (S), on demand"
    assert detail["cloudinary quota"].startswith(
        "498 of 500 hourly calls are left until ")
    assert detail["ocr units"] == "0 of 1000000000 are used"


@cases("root, server, signer", {
    "a root with a name": ("/O=house/CN=the root", "/CN=x", "the root"),
    "an organization's": ("/C=US/O=the house", "/CN=x", "the house"),
    "one with neither": ("/C=US", "/CN=x", "a CA without a name"),
    "the server itself": (None, "/O=house/CN=alone", "alone"),
})
def test_who_signed_the_certificate(ca, tmp_path, ocrdyn, root, server,
                                    signer):
    openssl = Openssl(tmp_path, ca)
    by = root and openssl.make("root", by="self", subject=root,
                               extensions=Openssl.AUTHORITY)
    leaf = openssl.make("leaf", by=by or "self", subject=server)
    with Cloudinary(leaf) as images:
        done = ocrdyn(["check", "--cacert", (by or leaf)[0]],
                      env=images.environment)
    assert f"; its certificate is signed by {signer}\n" in \
        done.stdout.decode()


def test_nothing_is_paid_for_or_stored(cloudinary, dynamodb, ocrdyn, table,
                                       items):
    cloudinary.open_world = True
    ocrdyn(["check", "-t", table])
    assert dict(cloudinary.calls) == {"ping": 1, "usage": 1}
    assert dict(dynamodb.calls) == {"DescribeTable": 1}
    assert not cloudinary.paid and not items()


def test_without_a_table_dynamodb_is_not_needed(cloudinary, ocrdyn):
    done = ocrdyn(["check"])
    assert done.returncode == 0
    assert parse(done)["table"][0] == "note"


# DynamoDB

def test_a_wrong_secret(cloudinary, mini, ocrdyn):
    done = ocrdyn(["check", "-t", "mini"],
                  env={"AWS_SECRET_ACCESS_KEY": "wrong"})
    says = only_failure(done, "credentials")
    assert "InvalidSignatureException" in says
    assert "check AWS_SECRET_ACCESS_KEY" in says
    assert parse(done)["table"][0] == "note"
    mini.refused.clear()


def test_a_wrong_key(cloudinary, mini, ocrdyn):
    done = ocrdyn(["check", "-t", "mini"], env={"AWS_ACCESS_KEY_ID": "AKNO"})
    assert "check AWS_ACCESS_KEY_ID" in only_failure(done, "credentials")
    mini.refused.clear()


def test_a_wrong_region(cloudinary, mini, ocrdyn):
    done = ocrdyn(["check", "-t", "mini", "--region", "us-east-1"])
    assert "the region" in only_failure(done, "credentials")
    assert parse(done)["region"][1] == "us-east-1"
    mini.refused.clear()


@pytest.mark.parametrize("missing, says", [
    ("AWS_REGION", "set AWS_REGION, or give --region"),
    ("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY_ID is not"),
])
def test_no_region_no_keys(cloudinary, mini, ocrdyn, missing, says):
    done = ocrdyn(["check", "-t", "mini"], env={missing: None})
    assert says in only_failure(done, "dynamodb")


def test_a_file_of_keys_is_named(cloudinary, mini, ocrdyn, tmp_path):
    (key, (secret, token)), = mini.credentials.items()
    mini.credentials[key] = secret, "tok"
    file = tmp_path / "keys"
    file.write_text(f"[bob]\naws_access_key_id = {key}\n"
                    f"aws_secret_access_key = {secret}\n"
                    "aws_session_token = tok\n")
    done = ocrdyn(["check", "-t", "mini", "--profile", "bob"],
                  env={"AWS_SHARED_CREDENTIALS_FILE": file})
    assert done.returncode == 0, done.stdout
    assert parse(done)["credentials"][1] == (
        f"profile bob in {file}; they are temporary, and do not say until "
        "when")


def test_an_expired_token(cloudinary, mini, ocrdyn):
    mini.faults.add(call="DescribeTable", times=None, reply=EXPIRED_TOKEN)
    says = only_failure(ocrdyn(["check", "-t", "mini"]), "credentials")
    assert "ExpiredTokenException" in says and "get new credentials" in says


def test_no_such_table(cloudinary, mini, ocrdyn):
    says = only_failure(ocrdyn(["check", "-t", "elsewhere"]), "table")
    assert "no such table in this region and account" in says


def test_a_wrong_key_name(cloudinary, mini, ocrdyn):
    says = only_failure(ocrdyn(["check", "-t", "mini", "-k", "id"]), "table")
    assert "is publicId, not id (--key names it)" in says


def test_a_table_that_may_not_be_looked_at_is_a_note(cloudinary, mini,
                                                     ocrdyn):
    mini.faults.add(call="DescribeTable", reply=ACCESS_DENIED)
    done = ocrdyn(["check", "-t", "mini"])
    assert done.returncode == 0
    assert parse(done)["table"][0] == "note"


def test_an_untrusted_ca(cloudinary, mini, ocrdyn, tmp_path):
    (tmp_path / "other").mkdir()
    other = CA(tmp_path / "other")
    done = ocrdyn(["check", "-t", "mini"],
                  env={"SSL_CERT_FILE": other.certificate})
    assert done.returncode == 1
    found = failures(done)
    assert list(found) == ["cloudinary connection", "dynamodb connection"]
    assert all("does not lead to a trusted root" in detail
               for detail in found.values())
    # one service's failure is not the other's
    done = ocrdyn(["check", "-t", "mini"],
                  env={"AWS_CA_BUNDLE": other.certificate})
    only_failure(done, "dynamodb connection")
    assert parse(done)["credentials"] == ("note", "environment; not tried")


def test_no_file_of_certificates(cloudinary, mini, ocrdyn):
    done = ocrdyn(["check", "-t", "mini", "--cacert", "nowhere.pem"])
    assert list(failures(done)) == ["cloudinary", "dynamodb"]
    assert done.stdout.count(b"nowhere.pem") == 2


def test_nobody_listens(cloudinary, mini, ocrdyn):
    done = ocrdyn(["check", "-t", "mini", "--endpoint-url",
                   "https://localhost:1"])
    assert "refused" in only_failure(done, "dynamodb connection")


def test_plain_http_is_named(cloudinary, local, ocrdyn, admin, table):
    done = ocrdyn(["check", "-t", table, "--region", "eu-central-1",
                   "--endpoint-url", f"http://localhost:{local.port}"],
                  env={"AWS_ACCESS_KEY_ID": "a",
                       "AWS_SECRET_ACCESS_KEY": "b"})
    assert done.returncode == 0, done.stdout
    assert parse(done)["dynamodb connection"][1].startswith("plain http")


@pytest.mark.parametrize("skew, says", [
    (600, "s behind the service's; set"), (-600, "s ahead of the service's"),
])
def test_a_skewed_clock(cloudinary, mini, ocrdyn, skew, says):
    cloudinary.skew = mini.skew = skew
    done = ocrdyn(["check", "-t", "mini"])
    assert done.returncode == 1
    found = failures(done)
    assert list(found) == ["cloudinary clock", "dynamodb clock"]
    assert all(says in detail and re.match("(599|600|601) s ", detail)
               for detail in found.values())
    mini.refused.clear()


def test_a_small_skew_is_told(cloudinary, mini, ocrdyn):
    mini.skew = 100
    done = ocrdyn(["check", "-t", "mini"])
    assert done.returncode == 0
    assert re.fullmatch("(99|100|101) s behind the service's",
                        parse(done)["dynamodb clock"][1])


def test_an_answer_without_a_date(cloudinary, mini, ocrdyn):
    mini.faults.add(call="DescribeTable", when="after",
                    edit=header("Date", None))
    done = ocrdyn(["check", "-t", "mini"])
    assert done.returncode == 0
    assert parse(done)["dynamodb clock"][0] == "note"


def test_a_failure_that_passes_is_none(cloudinary, mini, ocrdyn):
    unavailable = Response(503, b"", {})
    mini.faults.add(call="DescribeTable", times=2, reply=unavailable)
    cloudinary.faults.add(call="ping", times=2, reply=unavailable)
    assert ocrdyn(["check", "-t", "mini"]).returncode == 0
    mini.faults.add(call="DescribeTable", times=3, reply=unavailable)
    assert "given up after 3 tries" in only_failure(
        ocrdyn(["check", "-t", "mini"]), "table")


# Cloudinary

def test_no_account(mini, ocrdyn):
    says = only_failure(ocrdyn(["check", "-t", "mini"]), "cloudinary")
    assert "CLOUDINARY_URL" in says


@pytest.mark.parametrize("name", ["secret", "cloud"])
def test_a_wrong_account(cloudinary, mini, ocrdyn, name):
    right = cloudinary.environment
    setattr(cloudinary, name, "other")
    done = ocrdyn(["check", "-t", "mini"], env=right)
    says = only_failure(done, "cloudinary account")
    assert "401" in says and "CLOUDINARY_URL" in says
    assert cloudinary.calls["usage"] == 0


def test_a_role_that_may_not(cloudinary, ocrdyn):
    cloudinary.forbidden = True
    says = only_failure(ocrdyn(["check"]), "ocr units")
    assert "the API key's role does not allow it" in says


def test_hourly_calls_are_spent(cloudinary, ocrdyn):
    cloudinary.quota.set(remaining=0)
    done = ocrdyn(["check"])
    assert done.returncode == 1
    found = failures(done)
    assert "0 of 500 hourly calls are left until" in found["cloudinary quota"]
    assert "a run would wait" in found["cloudinary quota"]
    assert "api operations reached" in found["ocr units"]


def test_units_are_spent(cloudinary, ocrdyn):
    cloudinary.ocr_limit = cloudinary.ocr_used = 50
    says = only_failure(ocrdyn(["check"]), "ocr units")
    assert says.startswith("50 of 50 are used; ")


def test_units_of_none(cloudinary, ocrdyn):
    cloudinary.ocr_limit = 0
    assert "enable the OCR add-on" in only_failure(ocrdyn(["check"]),
                                                   "ocr units")


@pytest.mark.parametrize("body, said", [
    (b'{"plan":"Free"}', "is it enabled"),
    (b'{"adv_ocr":{"usage":"many","limit":-1}}', "does not say how many"),
    (b'{"adv_ocr":{"usage":1,"limit":1' + b"0" * 100 + b"}}",
     "does not say how many")])
def test_an_add_on_of_which_usage_does_not_tell_is_a_note(cloudinary, ocrdyn,
                                                          body, said):
    cloudinary.faults.add(call="usage", reply=Response(200, body))
    done = ocrdyn(["check"])
    assert done.returncode == 0
    verdict, says = parse(done)["ocr units"]
    assert verdict == "note" and said in says


def test_answers_without_quota_headers_are_a_note(cloudinary, ocrdyn):
    cloudinary.faults.add(call="usage", when="after",
                          edit=header("X-FeatureRateLimit-Limit", None))
    done = ocrdyn(["check"])
    assert done.returncode == 0
    assert parse(done)["cloudinary quota"][0] == "note"


def test_a_hostile_answer_stays_on_its_line(cloudinary, ocrdyn):
    body = b'{"error":{"message":"' + b"\\u001b[31m\\n" * 5000 + b'"}}'
    cloudinary.faults.add(call="ping", reply=Response(401, body))
    done = ocrdyn(["check"])
    assert b"\x1b" not in done.stdout
    only_failure(done, "cloudinary account")


# the command line

@pytest.mark.parametrize("args, says", [
    (["ids"], "unexpected argument"), (["-t", "x"], "is not 3 to 255 characters"),
    (["-k", ""], "--key needs 1 to 255 bytes"), (["-n"], "no option -n")])
def test_misuse_calls_nobody(cloudinary, mini, ocrdyn, args, says):
    done = ocrdyn(["check", *args])
    assert done.returncode == 2 and says in done.stderr
    assert done.stdout == b""
    assert cloudinary.connections == mini.connections == 0


def test_output_that_cannot_be_written_is_told(cloudinary, ocrdyn):
    with open("/dev/full", "wb") as full:
        process = ocrdyn.start(["check"], stdout=full)
        _, says = process.communicate(timeout=20)
    assert process.returncode == 4 and b"standard output" in says


def test_help_of_check_is_24_lines_of_80(ocrdyn):
    shown = ocrdyn(["check", "-h"]).stdout.decode().splitlines()
    assert len(shown) <= 24 and max(map(len, shown)) <= 80
    assert shown[0].startswith("ocrdyn check")
