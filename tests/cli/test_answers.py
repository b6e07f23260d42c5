"""Every answer of Cloudinary that is known, with its literal body: what comes
of it, and the sentence that says so. The numbers are those of the facts about
Cloudinary that the tests' peers cite, too (C 2, 5, 6)."""

import json
import time
from dataclasses import dataclass

import pytest
from peers import cloudinary as cld
from peers.cloudinary import Image
from peers.server import Response

IDS = ["a", "b", "c"]


@pytest.fixture
def account(cloudinary):
    for name in IDS:
        cloudinary.add(Image(name, f"text of {name}"))
    return cloudinary


def page(status, title="We're sorry, but something went wrong (500)"):
    return Response(status, b"<!DOCTYPE html>\n<html>\n<head>\n  <title>"
                    + title.encode() + b"</title>\n</head>\n<body>\n</body>\n"
                    b"</html>\n", {"Content-Type": "text/html"})


def said(status, message, **headers):
    return Response(status, json.dumps({"error": {"message": message}})
                    .encode(), headers)


# C 2: answers with a result. {} is the value asked for.

COMPLETE = {
    "the documentation's": (
        b'{"public_id":"docs/restaurant_menu","version":1750668169,"info":{'
        b'"ocr":{"adv_ocr":{"status":"complete","data":[{"textAnnotations":[{'
        b'"locale":"it","description":"MENU 1\\nINSALATA VERDE\\n18.50"}]}]}}'
        b"}}", "MENU 1\nINSALATA VERDE\n18.50"),
    "a whole one": (
        b'{"asset_id":"31d2c3d453ba7c6def4e43b11fcf3185","public_id":"picstone'
        b'/x","version":1704120182,"width":1280,"height":720,"format":"webp",'
        b'"resource_type":"image","created_at":"2024-01-01T14:43:02Z","tags":['
        b'"entertainment"],"pages":1,"bytes":179956,"type":"upload","etag":"d"'
        b',"placeholder":false,"url":"http://res","folder":"picstone","info":{'
        b'"ocr":{"adv_ocr":{"status":"complete","data":[{"textAnnotations":[{'
        b'"locale":"en","description":"MARVEL STUDIOS","boundingPoly":{'
        b'"vertices":[{"x":279,"y":517},{"x":1017},{"y":636},{}]}},{'
        b'"description":"MARVEL"},{"description":"STUDIOS"}],'
        b'"fullTextAnnotation":{"pages":[{"property":{"detectedLanguages":[{'
        b'"languageCode":"en","confidence":1}]},"width":1280,"height":720,'
        b'"blocks":[]}],"text":"MARVEL STUDIOS"}}]}}}}', "MARVEL STUDIOS"),
    "no text, as the SDK for .NET has it": (
        b'{"info":{"ocr":{"adv_ocr":{"status":"complete","data":[{}]}}}}',
        None),
    "no text, an empty list": (
        b'{"info":{"ocr":{"adv_ocr":{"status":"complete","data":[]}}}}', None),
    "only the full text": (
        b'{"info":{"ocr":{"adv_ocr":{"status":"complete","data":[{'
        b'"fullTextAnnotation":{"text":"A\\n"}}]}}}}', "A\n"),
    "two pages": (
        b'{"info":{"ocr":{"adv_ocr":{"status":"complete","data":[{'
        b'"textAnnotations":[{"description":"A"}]},{"textAnnotations":[{'
        b'"description":"B"}]}]}}}}', "A\fB"),
}


@pytest.mark.parametrize("body, text", COMPLETE.values(), ids=COMPLETE)
def test_a_result(account, ocrdyn, body, text):
    account.faults.add(call="update", when="after", reply=Response(200, body))
    done = ocrdyn(["-f", "jsonl"], ["a"])
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)
    assert (row["status"], row["text"]) == (
        "empty" if text is None else "complete", text)


@dataclass
class Case:
    """What comes of an answer to the call for the image "b"."""
    reply: Response
    sentence: str                # after "Cloudinary: "
    ends: str = "failed"         # failed: its row; stops: the run
    tries: int = 1


FAILED = b'{"asset_id":"8abd06560fc75b3bbe80299b988035b0","public_id":' \
    b'"ocr_failed_test_id","format":"jpg","info":{"ocr":{"adv_ocr":{"status"' \
    b':"failed","data":"Failed to process request"}}}}'
ENABLE = " (subscribe to the OCR add-on in the Cloudinary console; it has a " \
    "free plan)"
CHECK = " (check the cloud name, key and secret in CLOUDINARY_URL)"
ROLE = " (the API key's role does not allow it: see the Cloudinary console)"
LATER = " (trouble at Cloudinary's end: later it may work)"
SPENT = " (the OCR add-on's quota is used up)"
BILLING = "operations reached. Try again on the next monthly billing usage " \
    "date."

CASES = {
    # C 2
    "OCR failed inside a 200": Case(
        Response(200, FAILED), "OCR failed: Failed to process request"),
    "an error inside a 200": Case(
        said(200, "Resource is invalid"),
        "200 with an error: Resource is invalid"),
    "a 200 without a result": Case(
        Response(200, b'{"public_id":"b"}'),
        "the answer has no OCR result (info.ocr)"),
    "not subscribed": Case(
        said(420, "You don't have an active subscription for OCR Text "
             "Detection and Extraction"),
        "420 You don't have an active subscription for OCR Text Detection and "
        "Extraction" + ENABLE, "stops"),
    "another add-on's words for it": Case(
        said(420, "You don't have an active subscription for Rekognition AI "
             "Moderation"),
        "420 You don't have an active subscription for Rekognition AI "
        "Moderation" + ENABLE, "stops"),
    "the month's units are spent": Case(
        said(420, "Rate Limit Exceeded. Limit of 50 OCR Text Detection and "
             "Extraction " + BILLING),
        "420 Rate Limit Exceeded. Limit of 50 OCR Text Detection and "
        "Extraction " + BILLING + SPENT, "stops"),
    "another add-on's month": Case(
        said(420, "Rate Limit Exceeded. Limit of 50 Rekognition AI Moderation "
             + BILLING),
        "420 Rate Limit Exceeded. Limit of 50 Rekognition AI Moderation "
        + BILLING + SPENT, "stops"),
    "the same by 429": Case(
        said(429, "Rate Limit Exceeded. Limit of 50 Rekognition AI Moderation "
             + BILLING),
        "429 Rate Limit Exceeded. Limit of 50 Rekognition AI Moderation "
        + BILLING + SPENT, "stops"),
    # C 5
    "too many at once": Case(
        said(420, "Too many concurrent upload_api_explicit operations"),
        "420 Too many concurrent upload_api_explicit operations (others call "
        "in the name of this account at the same time)", tries=2),
    "420 with other words": Case(
        said(420, "Enhance your calm"), "420 Enhance your calm", tries=2),
    "429 with other words": Case(
        said(429, "Too Many Requests"), "429 Too Many Requests", tries=2),
    "429 as a page": Case(
        page(429), "429 and a page instead of an answer", tries=2),
    # C 6
    "400 illegal": Case(
        said(400, "Illegal value illegal for parameter ocr"),
        "400 Illegal value illegal for parameter ocr"),
    "400 missing": Case(
        said(400, "Missing required parameter - public_id"),
        "400 Missing required parameter - public_id"),
    "400 query": Case(
        said(400, "Query Error (at position 12) unexpected token"),
        "400 Query Error (at position 12) unexpected token"),
    "400 metadata": Case(
        said(400, 'Metadata External IDs do not exist: ["x"]'),
        '400 Metadata External IDs do not exist: ["x"]'),
    "401 mismatch": Case(
        said(401, "api_secret mismatch"), "401 api_secret mismatch" + CHECK,
        "stops"),
    "401 credentials": Case(
        said(401, "Invalid credentials"), "401 Invalid credentials" + CHECK,
        "stops"),
    "401 key": Case(
        said(401, "Invalid api_key"), "401 Invalid api_key" + CHECK, "stops"),
    "401 unknown key": Case(
        said(401, "Unknown API key"), "401 Unknown API key" + CHECK, "stops"),
    "401 signature": Case(
        said(401, "Invalid Signature 3a. String to sign - 'a=b'"),
        "401 Invalid Signature 3a. String to sign - 'a=b'" + CHECK, "stops"),
    "401 stale": Case(
        said(401, "Stale request - reported time is 2024-01-01 00:00:00"),
        "401 Stale request - reported time is 2024-01-01 00:00:00" + CHECK,
        "stops"),
    "401 cloud": Case(
        said(401, "cloud_name mismatch"), "401 cloud_name mismatch" + CHECK,
        "stops"),
    "401 as a page": Case(
        page(401, "Unauthorized"), "401 and a page instead of an answer"
        + CHECK, "stops"),
    "403": Case(
        said(403, 'Request forbidden due to missing permissions '
             '(actions=["create"])'),
        '403 Request forbidden due to missing permissions (actions=["create"])'
        + ROLE, "stops"),
    "403 as a page": Case(
        page(403, "Forbidden"), "403 and a page instead of an answer" + ROLE,
        "stops"),
    "404": Case(said(404, "Resource not found - b"),
                "404 Resource not found - b"),
    "404 as a page": Case(
        page(404, "The page you were looking for doesn't exist (404)"),
        "404 and a page instead of an answer (check the cloud name and "
        "upload_prefix)", "stops"),
    "409": Case(said(409, "b already exists"), "409 b already exists"),
    "423": Case(said(423, "Processing"),
                "423 Processing (it is still being processed)", tries=2),
    **{f"{n} as a page": Case(
        page(n), f"{n} and a page instead of an answer" + LATER, tries=2)
       for n in (500, 502, 503, 504)},
    **{f"{n}": Case(said(n, "Internal error"), f"{n} Internal error" + LATER,
                    tries=2) for n in (500, 503)},
    "a reason in X-Cld-Error alone": Case(
        Response(400, b"", {"X-Cld-Error": "Invalid image file"}),
        "400 Invalid image file"),
    "no reason at all": Case(Response(400, b"{}"), "400 without a reason"),
    "a redirect": Case(
        Response(301, b"", {"Location": "https://example.test/"}),
        "301 without a reason (a redirect, which is not followed: check "
        "upload_prefix)", "stops"),
    "a 200 as a page": Case(
        page(200), "the answer is not JSON at byte 0: an unexpected byte",
        tries=2),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_answer_says_what_happened_and_what_to_do(account, ocrdyn, case):
    account.faults.add(call="update", key="b", times=None, reply=case.reply)
    done = ocrdyn(["--max-attempts", 2, "-f", "jsonl"], IDS)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    sentence = "Cloudinary: " + case.sentence
    assert f"ocrdyn: b: {sentence}\n" in done.stderr
    if case.ends == "stops":
        assert done.returncode == 3
        assert [row["public_id"] for row in rows] == ["a"]
    else:
        assert done.returncode == 1
        assert [row["status"] for row in rows] == ["complete", "failed",
                                                   "complete"]
        assert rows[1]["detail"] == sentence
    assert [event.key for event in account.log if event.call == "update"
            ].count("b") == case.tries


HOURLY = "Rate Limit Exceeded. Limit of 500 api operations reached. Try " \
    "again on {} UTC"


def moment(when, form="%Y-%m-%d %H:%M:%S"):
    return time.strftime(form, time.gmtime(when))


@pytest.mark.parametrize("status", [420, 429])
@pytest.mark.parametrize("limit", [
    lambda status, at: said(status, HOURLY.format(moment(at))),
    lambda status, at: said(status, "Slow down", **{
        "X-FeatureRateLimit-Limit": "500",
        "X-FeatureRateLimit-Remaining": "0",
        "X-FeatureRateLimit-Reset": moment(at, "%a, %d %b %Y %H:%M:%S GMT"),
        "Retry-After": "1"}),
    lambda status, at: said(status, "Slow down", **{"retry-after": "3"}),
    lambda status, at: said(status, "Slow down", **{
        "Retry-After": moment(at, "%a, %d %b %Y %H:%M:%S GMT")})],
    ids=["by its words", "by its headers", "by Retry-After", "by a date"])
def test_a_limit_is_waited_out(account, ocrdyn, status, limit):
    at = int(time.time()) + 3
    account.headers_on_420 = False
    account.faults.add(call="update", key="b", reply=limit(status, at))
    done = ocrdyn(["--max-attempts", 1], IDS)
    assert done.returncode == 0, done.stderr
    _, second = (event.time for event in account.log if event.key == "b")
    assert at <= second < at + 10


def test_a_limit_without_quota_headers_is_waited_out_by_its_words(account,
                                                                  ocrdyn):
    account.faults.add(call="update", key="b", reply=said(
        420, HOURLY.format("2024-10-04 14:00:00")))
    done = ocrdyn(["--max-attempts", 1], IDS)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("key", ["adv_ocr:document", "adv_ocr:ja"])
def test_the_result_stands_under_what_was_asked_for(account, ocrdyn, key):
    done = ocrdyn(["-o", key], ["a"])
    assert done.rows == [["a", "complete", "text of a", ""]]
    assert key in account.image("a").results


def test_pending_is_not_paid_for_again(account, ocrdyn):
    account.faults.add(call="update", when="after", reply=Response(
        200, b'{"info":{"ocr":{"adv_ocr":{"status":"pending"}}}}'))
    done = ocrdyn([], ["a"])
    assert done.rows == [["a", "complete", "text of a", ""]]
    assert account.paid == {"a": 1}


# C 7: whose account. A dry run shows it.

FORMS = {
    "plain": ({"CLOUDINARY_URL": "cloudinary://1:s3cret@demo"},
              "https://api.cloudinary.com/v1_1/demo"),
    "the scheme in capitals": ({"CLOUDINARY_URL": "CLOUDINARY://1:s3@demo"},
                               "https://api.cloudinary.com/v1_1/demo"),
    "a cloud in capitals": ({"CLOUDINARY_URL": "cloudinary://1:s3cret@DeMo"},
                            "https://api.cloudinary.com/v1_1/DeMo"),
    "a distribution": (
        {"CLOUDINARY_URL": "cloudinary://1:s3cret@demo/res.example.test"},
        "https://api.cloudinary.com/v1_1/demo"),
    "Europe, encoded": (
        {"CLOUDINARY_URL": "cloudinary://1:s3cret@demo?upload_prefix="
         "https%3A%2F%2Fapi-eu.cloudinary.com"},
        "https://api-eu.cloudinary.com/v1_1/demo"),
    "Asia, as it is": (
        {"CLOUDINARY_URL": "cloudinary://1:s3cret@demo/x?secure=true&upload_"
         "prefix=https://api-ap.cloudinary.com&timeout=60&a[b]=c"},
        "https://api-ap.cloudinary.com/v1_1/demo"),
    "a prefix with a path": (
        {"CLOUDINARY_URL": "cloudinary://1:s3cret@demo?upload_prefix="
         "https://proxy.example.test:8443/cld/"},
        "https://proxy.example.test:8443/cld/v1_1/demo"),
    "a token alone": (
        {"CLOUDINARY_URL": "cloudinary://test123?oauth_token=MTQ0"},
        "https://api.cloudinary.com/v1_1/test123"),
    "an @ in the secret": ({"CLOUDINARY_URL": "cloudinary://1:s3@cret@demo"},
                           "https://api.cloudinary.com/v1_1/demo"),
    "the query goes before": (
        {"CLOUDINARY_URL": "cloudinary://a:b@c?cloud_name=demo&api_key=1"
         "&api_secret=s3cret"}, "https://api.cloudinary.com/v1_1/demo"),
    "all in the query": (
        {"CLOUDINARY_URL": "cloudinary://?cloud_name=demo&api_key=1"
         "&api_secret=s3cret"}, "https://api.cloudinary.com/v1_1/demo"),
    "separate": (
        {"CLOUDINARY_CLOUD_NAME": "demo", "CLOUDINARY_API_KEY": "1",
         "CLOUDINARY_API_SECRET": "s3cret", "CLOUDINARY_URL": "nonsense"},
        "https://api.cloudinary.com/v1_1/demo"),
    "separate, with a token": (
        {"CLOUDINARY_CLOUD_NAME": "demo", "CLOUDINARY_OAUTH_TOKEN": "MTQ0",
         "CLOUDINARY_UPLOAD_PREFIX": "https://api-eu.cloudinary.com"},
        "https://api-eu.cloudinary.com/v1_1/demo"),
}


@pytest.mark.parametrize("env, url", FORMS.values(), ids=FORMS)
def test_forms_of_the_account(ocrdyn, env, url):
    done = ocrdyn(["-n"], ["a"], env)
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode() == \
        f"POST {url}/resources/image/upload/a ocr=adv_ocr\n"
    assert "s3" not in done.stderr


WRONG = {
    "account://": ({"CLOUDINARY_URL": "account://1:s3cret@demo"},
                   "must begin with cloudinary://"),
    "a key with a blank in the query": (
        {"CLOUDINARY_URL": "cloudinary://1:x@demo?api_secret=s3%20cret"},
        "Cloudinary's api_secret has a character"),
    "a token that is too long": (
        {"CLOUDINARY_URL": "cloudinary://demo?oauth_token=" + "s3" * 2000},
        "is too long"),
    "a prefix that is none": (
        {"CLOUDINARY_URL": "cloudinary://1:s3cret@demo?upload_prefix=eu"},
        "Cloudinary's upload_prefix: it must begin with https://"),
    "a proxy with TLS": (
        {"CLOUDINARY_URL": "cloudinary://1:s3cret@demo?api_proxy="
         "https://u:s3cret@p.test"}, "it must begin with http://"),
    "a proxy's variable": (
        {"CLOUDINARY_URL": "cloudinary://1:s3cret@demo",
         "CLOUDINARY_API_PROXY": "socks5://u:s3cret@p.test"},
        "it must begin with http://"),
}


@pytest.mark.parametrize("env, sentence", WRONG.values(), ids=WRONG)
def test_wrong_forms_say_what_is_wrong(ocrdyn, env, sentence):
    done = ocrdyn(["-n"], ["a"], env)
    assert done.returncode == 2 and done.stdout == b""
    assert sentence in done.stderr and "s3" not in done.stderr
