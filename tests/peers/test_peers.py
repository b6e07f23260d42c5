"""The stand-ins, tested with other people's clients: what they show to
ocrdyn they must show to those."""

import base64
import json
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from http.client import HTTPSConnection
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from conftest import TESTS, boto
from peers import cloudinary as cld, dynamodb as ddb, faults
from peers.ocr import Canned, Failed, Tesseract

IMAGE = "/v1_1/demo/resources/image/upload/"


# Clients.

class Client:
    """http.client against Cloudinary."""

    def __init__(self, server, ca, user=None):
        user = user or f"{server.key}:{server.secret}"
        self.basic = "Basic " + base64.b64encode(user.encode()).decode()
        self.connection = HTTPSConnection(
            "localhost", server.port, timeout=10,
            context=ssl.create_default_context(cafile=ca.certificate))

    def call(self, method, target, body=None, headers=None,
             kind="application/x-www-form-urlencoded"):
        headers = {"Authorization": self.basic, **(headers or {})}
        if body is not None:
            headers["Content-Type"] = kind
        self.connection.request(method, target, body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.headers["Content-Type"].startswith("application/json"):
            content = json.loads(content)
        return answer, content

    def ocr(self, public_id, value="adv_ocr", safe="/"):
        return self.call("POST", IMAGE + quote(public_id, safe),
                         f"ocr={value}")


@pytest.fixture
def client(cloudinary, ca):
    client = Client(cloudinary, ca)
    yield client
    client.connection.close()


def raw(server, ca, data, timeout=5):
    """Sends bytes over TLS and reads to the end. Returns what came and how
    it ended: "close" (with close_notify), "fin", "rst" or "timeout"."""
    context = ssl.create_default_context(cafile=ca.certificate)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    # With BIOs the end of TLS and that of TCP are told apart for certain.
    coming, going = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(coming, going, server_hostname="localhost")
    got = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout) as tcp:

        def step(function, *arguments):
            while True:
                try:
                    result = function(*arguments)
                    tcp.sendall(going.read())
                    return result
                except ssl.SSLWantReadError:
                    tcp.sendall(going.read())
                    piece = tcp.recv(65536)
                    if not piece:
                        raise EOFError from None
                    coming.write(piece)

        step(tls.do_handshake)
        try:
            step(tls.write, data)
            while piece := step(tls.read, 65536):
                got += piece
            return got, "close"
        except EOFError:
            return got, "fin"
        except ConnectionResetError:
            return got, "rst"
        except TimeoutError:
            return got, "timeout"


def update(server, public_id="a", body=b"ocr=adv_ocr"):
    """The bytes of an OCR call, for raw()."""
    user = base64.b64encode(f"{server.key}:{server.secret}".encode())
    return (b"POST %s%s HTTP/1.1\r\nHost: localhost\r\n"
            b"Authorization: Basic %s\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: %d\r\n\r\n%s"
            % (IMAGE.encode(), public_id.encode(), user, len(body), body))


def get(server):
    return update(server).replace(b"POST", b"GET").split(b"Content-Type")[0] \
        + b"\r\n"


def message(content):
    return content["error"]["message"]


# The authority.

def test_openssl_verifies_only_what_the_authority_issued(ca, certificate):
    expired = ca.issue("localhost", start=-200, end=-100)
    rsa = ca.issue("a.example", key="rsa")

    def verdict(pair):
        return subprocess.run(
            ["openssl", "verify", "-CAfile", ca.certificate, pair[0]],
            capture_output=True, text=True).returncode
    assert [verdict(certificate), verdict(rsa)] == [0, 0]
    assert verdict(expired) != 0


def test_openssl_s_client_shakes_hands(cloudinary, ca):
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"localhost:{cloudinary.port}",
         "-CAfile", ca.certificate, "-verify_return_error", "-tls1_2",
         "-servername", "localhost", "-alpn", "http/1.1"],
        input="", capture_output=True, text=True)
    assert "Verify return code: 0" in done.stdout
    assert "ECDHE-ECDSA" in done.stdout
    assert "ALPN protocol: http/1.1" in done.stdout


def test_a_client_that_does_not_trust_is_noted(cloudinary):
    with pytest.raises(ssl.SSLCertVerificationError):
        context = ssl.create_default_context()
        with socket.create_connection(("localhost", cloudinary.port)) as tcp:
            context.wrap_socket(tcp, server_hostname="localhost")
    wait_for(lambda: cloudinary.tls_errors)
    assert cloudinary.handshakes == 0


def wait_for(condition):
    deadline = time.monotonic() + 5
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert condition()


# Cloudinary: its calls.

def test_update_answers_with_the_text(cloudinary, client):
    cloudinary.add(cld.Image("a", "MARVEL STUDIOS\nè vero"))
    answer, asset = client.ocr("a")
    assert answer.status == 200 and asset["public_id"] == "a"
    result = asset["info"]["ocr"]["adv_ocr"]
    assert result["status"] == "complete"
    page, = result["data"]
    assert page["textAnnotations"][0] == {
        "locale": "en", "description": "MARVEL STUDIOS\nè vero",
        "boundingPoly": page["textAnnotations"][0]["boundingPoly"]}
    words = [word["description"] for word in page["textAnnotations"][1:]]
    assert words == ["MARVEL", "STUDIOS", "è", "vero"]
    full = page["fullTextAnnotation"]
    assert full["text"] == "MARVEL STUDIOS\nè vero"
    symbols = "".join(
        symbol["text"] for part in full["pages"] for block in part["blocks"]
        for paragraph in block["paragraphs"] for word in paragraph["words"]
        for symbol in word["symbols"])
    assert symbols == "MARVELSTUDIOSèvero"
    assert cloudinary.paid == {"a": 1}


def test_curl_is_served_too(cloudinary, ca):
    cloudinary.open_world = True
    done = subprocess.run(
        ["curl", "-sS", "--cacert", ca.certificate, "-u",
         f"{cloudinary.key}:{cloudinary.secret}", "-d", "ocr=adv_ocr",
         f"{cloudinary.url}{IMAGE}folder/x", "-w", "\n%{http_code}",
         f"{cloudinary.url}/v1_1/demo/ping", "-w", "%{http_code}"],
        capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert '"description":"folder/x"' in done.stdout
    # curl posts to both, and a ping is a GET.
    assert cloudinary.calls == {"update": 1, "?": 1}
    assert cloudinary.connections == 1


@pytest.mark.parametrize("public_id", [
    "a/b c", "100%", "a%20b", "a?b#c", "é", "a:b", "a+b&c=d", "'\"<>\\",
    "日本語/😀", "a//b", " x", "..", "x/..y/z"])
@pytest.mark.parametrize("safe", ["/", ""])
def test_any_public_id_reaches_its_image(cloudinary, client, public_id, safe):
    cloudinary.add(cld.Image(public_id, "found"))
    encoded = quote(public_id, safe).replace("..", "%2E%2E")
    answer, _ = client.call("POST", IMAGE + encoded, "ocr=adv_ocr")
    assert (answer.status, cloudinary.paid) == (200, {public_id: 1})


def test_literal_dot_segments_are_folded_as_a_proxy_would(cloudinary, client):
    cloudinary.add("x")
    cloudinary.add("a/../x")
    client.call("POST", IMAGE + "a/../x", "ocr=adv_ocr")
    client.call("POST", IMAGE + "a%2F..%2Fx", "ocr=adv_ocr")
    client.call("POST", IMAGE + "a/%2E%2E/x", "ocr=adv_ocr")
    assert cloudinary.paid == {"x": 1, "a/../x": 2}
    cloudinary.fold_dots = "all"
    client.call("POST", IMAGE + "a/%2e%2E/x", "ocr=adv_ocr")
    assert cloudinary.paid == {"x": 2, "a/../x": 2}


def test_json_bodies_and_bearer_tokens_do_too(cloudinary, client):
    cloudinary.add(cld.Image("a", "x"))
    cloudinary.token = "t0ken"
    answer, asset = client.call(
        "POST", IMAGE + "a", '{"ocr":"adv_ocr:document"}',
        {"Authorization": "Bearer t0ken"}, "application/json")
    assert answer.status == 200
    assert list(asset["info"]["ocr"]) == ["adv_ocr:document"]
    assert '"confidence": 0.98' in json.dumps(asset["info"])
    cloudinary.echo_value = False
    assert list(client.ocr("a", "adv_ocr:ja")[1]["info"]["ocr"]) == ["adv_ocr"]


def test_results_are_read_back_without_paying(cloudinary, client):
    cloudinary.add("a")
    assert "info" not in client.call("GET", IMAGE + "a")[1]
    client.ocr("a")
    _, asset = client.call("GET", IMAGE + "a")
    assert asset["info"]["ocr"]["adv_ocr"]["status"] == "complete"
    assert cloudinary.paid == {"a": 1}
    assert cloudinary.calls == {"get": 2, "update": 1}


@pytest.mark.parametrize("text, data", [
    ("", [{}]), ([], []), (["", "x"], 2), (Failed("no"), "no")])
def test_odd_results(cloudinary, client, text, data):
    cloudinary.add(cld.Image("a", text))
    result = client.ocr("a")[1]["info"]["ocr"]["adv_ocr"]
    found = len(result["data"]) if data == 2 else result["data"]
    assert found == data
    assert result["status"] == ("failed" if data == "no" else "complete")


def test_pending_for_so_many_reads(cloudinary, client):
    cloudinary.add(cld.Image("a", pending=2))

    def status(answer):
        return answer[1]["info"]["ocr"]["adv_ocr"]["status"]
    assert status(client.ocr("a")) == "pending"
    reads = [status(client.call("GET", IMAGE + "a")) for _ in range(4)]
    assert reads == ["pending", "pending", "complete", "complete"]


def test_explicit_is_not_rate_limited(cloudinary, client):
    cloudinary.add("a b")
    cloudinary.quota.set(remaining=0)
    answer, asset = client.call("POST", "/v1_1/demo/image/explicit",
                                "public_id=a+b&type=upload&ocr=adv_ocr")
    assert answer.status == 200 and "ocr" in asset["info"]
    assert answer.headers["X-FeatureRateLimit-Limit"] is None
    cloudinary.explicit_info = False
    assert "info" not in client.call(
        "POST", "/v1_1/demo/image/explicit",
        "public_id=a+b&type=upload&ocr=adv_ocr")[1]
    assert cloudinary.log[-1].key == "a b"


def test_list_pages_through_the_account(cloudinary, client):
    for n in range(25):
        cloudinary.add(f"{'ab'[n % 2]}/{n}")
    cloudinary.add(cld.Image("p", type="private"))
    found, cursor = [], ""
    while cursor is not None:
        _, page = client.call("GET", IMAGE.rstrip("/") + "?prefix=a%2F"
                              f"&max_results=5&next_cursor={cursor}")
        assert all("info" not in asset for asset in page["resources"])
        found += [asset["public_id"] for asset in page["resources"]]
        cursor = page.get("next_cursor")
    assert found == [f"a/{n}" for n in range(0, 25, 2)]
    _, page = client.call("GET", "/v1_1/demo/resources/image?max_results=500")
    assert len(page["resources"]) == 26
    for query in "max_results=0", "max_results=501", "prefix=a":
        answer, _ = client.call("GET", f"/v1_1/demo/resources/image?{query}")
        assert answer.status == 400


def test_ping_and_usage(cloudinary, client):
    cloudinary.add("a")
    cloudinary.ocr_limit = 50
    client.ocr("a")
    assert client.call("GET", "/v1_1/demo/ping")[1] == {"status": "ok"}
    usage = client.call("GET", "/v1_1/demo/usage")[1]["adv_ocr"]
    assert usage == {"usage": 1, "limit": 50}


# Cloudinary: its refusals.

@pytest.mark.parametrize("user, text", [
    ("123456789012345:wrong", "api_secret mismatch"),
    ("1:s3cr3t_-Abc", "Unknown API key")])
def test_wrong_credentials(cloudinary, ca, user, text):
    client = Client(cloudinary, ca, user)
    answer, content = client.ocr("a")
    assert (answer.status, message(content)) == (401, text)
    assert answer.headers["X-Cld-Error"] == text
    client.connection.close()


def test_other_refusals(cloudinary, client):
    cloudinary.add("a")

    def refusal(answer):
        return answer[0].status, message(answer[1])
    assert refusal(client.ocr("né")) == (404, "Resource not found - né")
    status, text = refusal(client.ocr("a", "magic"))
    assert (status, text[:13]) == (400, "Illegal value")
    cloudinary.ocr_limit = 0
    status, text = refusal(client.ocr("a"))
    assert status == 420 and "operations reached" in text and "billing" in text
    cloudinary.subscribed = False
    status, text = refusal(client.ocr("a"))
    assert status == 420 and "active subscription" in text
    cloudinary.forbidden = True
    assert refusal(client.ocr("a"))[0] == 403
    assert client.call("GET", "/v1_1/demo/ping")[0].status == 200
    cloudinary.wrong_cloud = 404
    answer, page = client.call("GET", "/v1_1/other/ping")
    assert answer.status == 404 and page.startswith(b"<!DOCTYPE html>")
    assert not cloudinary.paid


@pytest.mark.parametrize("reply, status", [
    (cld.html(401, "Unauthorized"), 401), (cld.FORBIDDEN, 403),
    (cld.PROCESSING, 423), (cld.CONCURRENT, 420), (cld.too_many(7), 429),
    (cld.hourly(500, 1728050400), 420), (cld.add_on_spent(50), 420),
    (cld.UNAVAILABLE, 503), (cld.html(500, "Oops"), 500)])
def test_any_refusal_can_be_had_once(cloudinary, client, reply, status):
    cloudinary.open_world = True
    cloudinary.faults.add(call="update", reply=reply)
    assert [client.ocr("a")[0].status for _ in range(2)] == [status, 200]
    assert cloudinary.paid == {"a": 1}


def test_the_hourly_window(cloudinary, client):
    cloudinary.add("a")
    cloudinary.quota.set(limit=5, reset_in=1, window=60)
    cloudinary.others_per_call = 1

    def left():
        answer, _ = client.ocr("a")
        return answer.status, answer.headers["X-FeatureRateLimit-Remaining"]
    assert [left() for _ in range(4)] == [
        (200, "3"), (200, "1"), (200, "0"), (420, "0")]
    answer, content = client.ocr("a")
    assert message(content).startswith(
        "Rate Limit Exceeded. Limit of 5 api operations reached. Try again on")
    reset = answer.headers["X-FeatureRateLimit-Reset"]
    assert reset.endswith("GMT")
    wait_for(lambda: time.time() > cloudinary.quota.reset)
    assert left() == (200, "3")
    assert cloudinary.paid == {"a": 4}


@pytest.mark.parametrize("bad", [
    b"GET /v1_1/demo/ping HTTP/1.1\r\n\r\n",                  # no Host
    b"GET  /v1_1/demo/ping HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /v1_1/demo/ping HTTP/1.1\r\nHost : a\r\n\r\n",
    b"GET /v1_1/demo/ping HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    b"GET /v1_1/demo/ping HTTP/1.1\nHost: a\n\n\r\n\r\n",
    b"GET " + IMAGE.encode() + b"a%2 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET " + IMAGE.encode() + b"%FF HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET " + IMAGE.encode() + b"a\"b HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST " + IMAGE.encode() + b"a HTTP/1.1\r\nHost: a\r\n\r\n"])
def test_what_no_client_may_send_is_noted(cloudinary, ca, bad):
    answer, end = raw(cloudinary, ca, bad)
    assert answer.startswith(b"HTTP/1.1 4") and end == "close"
    assert len(cloudinary.violations) == 1
    cloudinary.violations.clear()


# Cloudinary: the JSON's form, and its engines.

def test_form_of_the_json(cloudinary, client):
    cloudinary.add(cld.Image("a", "é"))

    def answer():
        client.connection.request("POST", IMAGE + "a", "ocr=adv_ocr", {
            "Authorization": client.basic,
            "Content-Type": "application/x-www-form-urlencoded"})
        return client.connection.getresponse().read()
    usual = answer()
    cloudinary.order = 3
    shuffled = answer()
    cloudinary.order, cloudinary.indent = None, 2
    spread = answer()
    cloudinary.indent, cloudinary.ascii = None, True
    cloudinary.engine = Canned(ascii=True)
    escaped = answer()
    assert json.loads(usual) == json.loads(shuffled) == json.loads(spread) \
        == json.loads(escaped)
    assert "é".encode() in usual and b"\\u00e9" in escaped
    assert len(usual) == len(shuffled) and usual != shuffled
    assert spread.count(b"\n") > 50


@pytest.mark.parametrize("size", [3000, 57000, 366000])
def test_canned_answers_have_the_size_that_was_asked_for(size):
    engine = Canned(size)
    image = cld.Image("scans/7")
    data = engine.data(image, "adv_ocr")
    assert 0.9 * size - 200 < len(data) <= size + 50
    text = json.loads(data)[0]["textAnnotations"][0]["description"]
    assert text == engine.text(image) and text.startswith("scans/7\n")


@pytest.mark.skipif(not shutil.which("tesseract"), reason="no tesseract")
def test_tesseract_reads_a_real_image(tmp_path):
    from PIL import Image, ImageDraw, ImageFont
    font = ImageFont.truetype("DejaVuSans.ttf", 40)
    for name, text in ("text", "Total 18.50"), ("empty", ""):
        picture = Image.new("L", (500, 100), 255)
        ImageDraw.Draw(picture).text((20, 20), text, 0, font)
        picture.save(tmp_path / f"{name}.png")
    (tmp_path / "broken.png").write_bytes(b"no image")
    engine = Tesseract()

    def data(name):
        image = cld.Image(name, file=tmp_path / f"{name}.png")
        return json.loads(engine.data(image, "adv_ocr"))
    page, = data("text")
    assert page["textAnnotations"][0]["description"] == "Total 18.50"
    box = page["textAnnotations"][1]["boundingPoly"]["vertices"]
    assert 15 < box[0]["x"] < 35 and 100 < box[1]["x"] < 150
    assert page["fullTextAnnotation"]["pages"][0]["width"] == 500
    assert data("empty") == [{}]
    with pytest.raises(Failed):
        data("broken")


# DynamoDB.

@pytest.fixture
def dynamo(dynamodb, ca):
    client = boto(dynamodb, ca)
    yield client
    client.close()


def refused(dynamodb, name, call, *arguments, **fields):
    """The call is refused for its signature, and that is noted."""
    with pytest.raises(ClientError) as caught:
        call(*arguments, **fields)
    assert caught.value.response["Error"]["Code"] == name
    assert [reason.split(":")[0] for reason in dynamodb.refused] == [name]
    dynamodb.refused.clear()
    return caught.value.response


def test_boto3_is_let_in(dynamodb, dynamo, table):
    item = {"publicId": {"S": "é/1"}, "text": {"S": "x\0\n😀"}}
    dynamo.put_item(TableName=table, Item=item)
    assert dynamo.get_item(TableName=table, Key={
        "publicId": {"S": "é/1"}})["Item"] == item
    found = dynamo.query(
        TableName=table, KeyConditionExpression="#k = :v",
        ExpressionAttributeNames={"#k": "publicId"},
        ExpressionAttributeValues={":v": {"S": "é/1"}})
    assert found["Items"] == [item]
    assert dynamodb.verified == 3 and dynamodb.connections == 1
    assert [(event.call, event.key) for event in dynamodb.log] == [
        ("PutItem", "é/1"), ("GetItem", "é/1"), ("Query", None)]


def test_wrong_keys_are_not(dynamodb, dynamo, ca):
    wrong = boto(dynamodb, ca, secret="wrong")
    refused(dynamodb, "InvalidSignatureException", wrong.list_tables)
    wrong.close()
    dynamodb.credentials = {"AKIDOTHER": ("x", None)}
    refused(dynamodb, "UnrecognizedClientException", dynamo.list_tables)


def test_session_tokens_must_be_right_and_signed(dynamodb, ca):
    dynamodb.credentials = {"AKIDTEMP": ("secret", "token/+=")}
    right = boto(dynamodb, ca)
    right.list_tables()
    dynamodb.credentials = {"AKIDTEMP": ("secret", "other")}
    refused(dynamodb, "UnrecognizedClientException", right.list_tables)
    right.close()


def test_a_skewed_clock_is_noticed_before_the_signature(dynamodb, dynamo):
    dynamodb.skew = 301
    answer = refused(dynamodb, "InvalidSignatureException",
                     dynamo.list_tables)
    assert answer["Error"]["Message"].startswith("Signature expired: ")
    dynamodb.skew = -302
    answer = refused(dynamodb, "InvalidSignatureException",
                     dynamo.list_tables)
    assert answer["Error"]["Message"].startswith("Signature not yet current")


def tamper(client, change):
    """Lets `change` loose on each request after botocore has signed it."""
    client.meta.events.register(
        "before-send.dynamodb", lambda request, **_: change(request))


@pytest.mark.parametrize("change", [
    lambda request: setattr(request, "body", request.body + b" "),
    lambda request: request.headers.__setitem__(
        "X-Amz-Target", "DynamoDB_20120810.DescribeLimits"),
    lambda request: request.headers.__setitem__(
        "Content-Type", "application/x-amz-json-1.1"),
    lambda request: setattr(request, "url", request.url + "?a=b")])
def test_a_tampered_request_is_refused(dynamodb, dynamo, change):
    def change_all(request):
        change(request)
        request.headers["Content-Length"] = str(len(request.body))
    tamper(dynamo, change_all)
    refused(dynamodb, "InvalidSignatureException", dynamo.list_tables)


def test_an_unsigned_request_is_refused(dynamodb, dynamo):
    def change(request):
        del request.headers["Authorization"]
    tamper(dynamo, change)
    refused(dynamodb, "MissingAuthenticationToken", dynamo.list_tables)


@pytest.mark.parametrize("name", ddb.SIGNED)
def test_these_headers_must_be_signed(dynamodb, dynamo, name):
    def change(request):
        signed = request.headers["Authorization"]
        if isinstance(signed, bytes):
            signed = signed.decode()
        head, _, rest = signed.partition("SignedHeaders=")
        names, _, rest = rest.partition(",")
        names = ";".join(n for n in names.split(";") if n != name)
        request.headers["Authorization"] = \
            f"{head}SignedHeaders={names},{rest}"
    tamper(dynamo, change)
    refused(dynamodb, "InvalidSignatureException", dynamo.list_tables)


def test_errors_look_as_the_real_ones(dynamodb, dynamo):
    seen = []
    dynamo.meta.events.register(
        "response-received.dynamodb",
        lambda response_dict, **_: seen.append(response_dict))
    with pytest.raises(ClientError):
        dynamo.describe_table(TableName="nowhere")
    fields = json.loads(seen[0]["body"])
    assert "message" in fields and "Message" not in fields
    headers = seen[0]["headers"]
    assert {"date", "x-amzn-requestid", "x-amz-crc32", "server"} <= {
        name.lower() for name in headers}


def test_invalid_json_is_a_serialization_exception(dynamodb, dynamo):
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    request = AWSRequest("POST", dynamodb.url + "/", data=b"{", headers={
        "Host": f"localhost:{dynamodb.port}", "Content-Type": ddb.JSON,
        "X-Amz-Target": "DynamoDB_20120810.ListTables"})
    SigV4Auth(Credentials(dynamodb.ACCESS_KEY, dynamodb.SECRET), "dynamodb",
              dynamodb.region).add_auth(request)
    connection = HTTPSConnection("localhost", dynamodb.port,
                                 context=ssl._create_unverified_context())
    connection.request("POST", "/", b"{", dict(request.headers))
    answer = connection.getresponse()
    assert answer.status == 400
    assert b"SerializationException" in answer.read()
    connection.close()


def test_health_needs_no_signature(dynamodb, ca):
    answer, _ = raw(dynamodb, ca, b"GET / HTTP/1.1\r\nHost: localhost\r\n"
                    b"Connection: close\r\n\r\n")
    assert b"healthy: dynamodb.eu-central-1.amazonaws.com" in answer


def test_more_than_16_mb_is_refused_unread(dynamodb, dynamo):
    with pytest.raises((ClientError, ConnectionClosedError)):
        dynamo.put_item(TableName="any", Item={
            "publicId": {"S": "x" * (16 << 20)}})
    assert dynamodb.violations == [f"a body of {n} bytes" for n in [
        len('{"TableName": "any", "Item": {"publicId": {"S": ""}}}')
        + (16 << 20)]]
    dynamodb.violations.clear()


def test_throttles_expired_tokens_and_bad_sums(dynamodb, dynamo):
    for reply in ddb.THROTTLED, ddb.EXPIRED_TOKEN, ddb.INTERNAL:
        dynamodb.faults.add(call="ListTables", reply=reply)
        with pytest.raises(ClientError):
            dynamo.list_tables()
    dynamo.list_tables()
    assert [event.status for event in dynamodb.log] == [400, 400, 500, 200]
    # botocore itself checks the sum.
    dynamodb.faults.add(call="ListTables", when="after", edit=faults.bad_crc)
    with pytest.raises(Exception, match="(?i)checksum|crc"):
        dynamo.list_tables()
    dynamodb.faults.add(when="after", edit=faults.skewed(-900))
    seen = dynamo.list_tables()["ResponseMetadata"]["HTTPHeaders"]["date"]
    from email.utils import parsedate_to_datetime
    behind = time.time() - parsedate_to_datetime(seen).timestamp()
    assert 898 < behind < 903


def test_batches_come_back_partly_undone(dynamodb, dynamo, table):
    puts = [{"PutRequest": {"Item": {"publicId": {"S": str(n)}}}}
            for n in range(5)]
    dynamodb.faults.add(call="BatchWriteItem", unprocessed=2)
    answer = dynamo.batch_write_item(RequestItems={table: puts})
    assert answer["UnprocessedItems"] == {table: puts[3:]}
    keys = [{"publicId": {"S": str(n)}} for n in range(5)]
    dynamodb.faults.add(call="BatchGetItem", unprocessed=1)
    answer = dynamo.batch_get_item(RequestItems={table: {"Keys": keys}})
    found = sorted(item["publicId"]["S"] for item in
                   answer["Responses"][table])
    assert found == ["0", "1", "2"]
    assert answer["UnprocessedKeys"] == {table: {"Keys": keys[4:]}}
    dynamodb.faults.add(call="BatchGetItem", unprocessed=9)
    answer = dynamo.batch_get_item(RequestItems={table: {"Keys": keys}})
    assert answer["Responses"] == {}
    assert answer["UnprocessedKeys"] == {table: {"Keys": keys}}


def test_the_mini_table(mini, ca):
    client = boto(mini, ca)
    item = {"publicId": {"S": "a"}, "text": {"NULL": True}}
    client.put_item(TableName="mini", Item=item)
    assert client.get_item(TableName="mini", Key={
        "publicId": {"S": "a"}})["Item"] == item
    assert "Item" not in client.get_item(TableName="mini", Key={
        "publicId": {"S": "b"}})
    assert client.batch_get_item(RequestItems={"mini": {"Keys": [
        {"publicId": {"S": "a"}}, {"publicId": {"S": "b"}}]}})[
            "Responses"] == {"mini": [item]}
    assert client.describe_table(TableName="mini")["Table"][
        "TableStatus"] == "ACTIVE"
    with pytest.raises(ClientError, match="ResourceNotFound"):
        client.describe_table(TableName="other")
    assert mini.verified == 6
    client.close()


# Faults, as a raw client sees them.

def body_of(answer):
    return answer.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("fields, size, end, paid", [
    # Ends without a byte of an answer.
    (dict(when="head", end="rst"), 0, "rst", 0),
    (dict(when="before", end="rst"), 0, "rst", 0),
    (dict(when="before", end="fin"), 0, "fin", 0),
    (dict(when="before", end="close"), 0, "close", 0),
    (dict(when="after", end="rst"), 0, "rst", 1),
    (dict(when="after", end="fin"), 0, "fin", 1),
    (dict(when="after", end="close"), 0, "close", 1),
    # Cut answers; the size is what comes of them.
    (dict(when="after", at=("head", 10), end="fin"), 10, "fin", 1),
    (dict(when="after", at=("head", 10), end="rst"), 10, "rst", 1),
    (dict(when="after", at=("body", 9), end="close"), "head+9", "close", 1),
    (dict(when="after", at=("body", -1), end="fin"), "body-1", "fin", 1),
    (dict(when="after", at=("body", 0), end="rst"), "head+0", "rst", 1),
    # Whole answers, then the connection's end.
    (dict(when="after", at="end", end="fin"), "body+0", "fin", 1),
    (dict(when="idle", end="rst"), "body+0", "rst", 1),
    (dict(when="idle", end="close"), "body+0", "close", 1),
    (dict(when="idle", end="fin", stall=0.2), "body+0", "fin", 1)])
def test_ends(cloudinary, ca, fields, size, end, paid):
    cloudinary.add("a")
    rule = cloudinary.faults.add(call="update", **fields)
    answer, seen = raw(cloudinary, ca, update(cloudinary))
    assert (len(answer), seen) == (in_bytes(size, answer), end)
    assert cloudinary.paid == ({"a": 1} if paid else {})
    event, = cloudinary.log
    assert (event.fault, event.paid, rule.hits) == (rule, paid, 1)


def in_bytes(size, answer):
    """What "head+9" or "body-1" is for this answer."""
    if isinstance(size, int):
        return size
    head = answer.index(b"\r\n\r\n") + 4
    length = int(answer.split(b"Content-Length: ")[1].split(b"\r")[0])
    part, n = size[:-2], int(size[-2:])
    return {"head": head, "body": head + length}[part] + n


def test_a_fault_waits_for_its_turn(cloudinary, client):
    cloudinary.open_world = True
    cloudinary.faults.add(call="update", nth=2, times=2,
                          reply=cld.UNAVAILABLE)
    cloudinary.faults.add(call="get", key="c", times=None,
                          reply=cld.PROCESSING)
    cloudinary.faults.add(key=lambda key: key == "d", reply=cld.FORBIDDEN)
    seen = [client.ocr("a")[0].status for _ in range(4)]
    seen += [client.call("GET", IMAGE + key)[0].status for key in "bccdd"]
    assert seen == [200, 503, 503, 200, 200, 423, 423, 403, 200]


def test_before_tls(cloudinary, ca):
    cloudinary.faults.add(when="accept", end="rst")
    cloudinary.faults.add(when="accept", frame=faults.garbage(b"SSH-2.0\r\n"))
    cloudinary.faults.add(when="accept", end="close")
    for _ in range(3):
        with pytest.raises((OSError, EOFError)):
            raw(cloudinary, ca, get(cloudinary))
    assert raw(cloudinary, ca, get(cloudinary), 0.3)[0]
    assert [event.call for event in cloudinary.log] == ["connect"] * 3 + [
        "get"]
    assert (cloudinary.connections, cloudinary.handshakes) == (4, 1)


def test_a_handshake_that_stalls(cloudinary, ca):
    cloudinary.faults.add(when="accept", stall=30)
    with pytest.raises(TimeoutError):
        raw(cloudinary, ca, get(cloudinary), 0.3)


def test_reset_with_the_request_unread(cloudinary, ca):
    cloudinary.open_world = True
    cloudinary.faults.add(when="unread", end="rst")
    assert raw(cloudinary, ca, update(cloudinary)) == (b"", "rst")
    assert not cloudinary.calls


def test_refused_for_a_while(cloudinary, ca):
    cloudinary.add("a")
    cloudinary.faults.add(when="before", refuse=0.5, end="rst")
    start = time.monotonic()
    raw(cloudinary, ca, update(cloudinary))
    refused = 0
    while True:
        try:
            answer, _ = raw(cloudinary, ca, update(cloudinary), 0.2)
            break
        except ConnectionRefusedError:
            refused += 1
            time.sleep(0.02)
    assert refused and time.monotonic() - start > 0.4
    assert answer.startswith(b"HTTP/1.1 200") and cloudinary.paid == {"a": 1}


@pytest.mark.parametrize("fields", [
    dict(when="before", stall=0.5), dict(when="after", stall=0.5),
    dict(when="after", stall=0.5, at=("body", 3)),
    dict(when="after", drip=(400, 0.1))])
def test_stalls_and_drips_only_take_time(cloudinary, client, fields):
    cloudinary.add("a")
    usual = client.ocr("a")[1]
    cloudinary.faults.add(**fields)
    start = time.monotonic()
    assert client.ocr("a")[1] == usual
    assert 0.2 < time.monotonic() - start < 2
    assert cloudinary.paid == {"a": 2}


@pytest.mark.parametrize("frame", [
    faults.plain, faults.chunked(), faults.chunked([1]),
    faults.chunked([10 ** 6]),
    faults.chunked([7], ';x="y"', {"X-Trailer": "z"}),
    faults.until_close, faults.interim(100, 103),
    faults.interim(103, frame=faults.chunked([5]))])
def test_frames_that_say_the_same(cloudinary, ca, frame):
    cloudinary.add("a")
    cloudinary.faults.add(when="after", frame=frame)
    command = ["curl", "-sS", "--cacert", ca.certificate, "-u",
               f"{cloudinary.key}:{cloudinary.secret}", "-d", "ocr=adv_ocr",
               cloudinary.url + IMAGE + "a"]
    first, second = (subprocess.run(command, capture_output=True)
                     for _ in range(2))
    assert (first.returncode, first.stderr) == (0, b"")
    assert first.stdout == second.stdout != b""


@pytest.mark.parametrize("frame, said", [
    (faults.garbage(b"\0\1\2\r\n\r\n"), b"\0\1\2\r\n\r\n"),
    (faults.lengths("10", "20"),
     b"\r\nContent-Length: 10\r\nContent-Length: 20\r\n\r\n{"),
    (faults.lengths("ten"), b"\r\nContent-Length: ten\r\n\r\n{"),
    (faults.lengths(), b"\r\nX-Request-Id: ")])
def test_frames_that_are_wrong(cloudinary, ca, frame, said):
    cloudinary.add("a")
    cloudinary.faults.add(when="after", frame=frame, at="end", end="close")
    answer, end = raw(cloudinary, ca, update(cloudinary))
    assert said in answer and end == "close"
    assert answer.count(b"Content-Length") == said.count(b"Content-Length")


def test_a_literal_answer_before_the_body_is_read(cloudinary, ca):
    cloudinary.add("a")
    cloudinary.faults.add(when="head", reply=cld.error(413, "Too large"))
    request = update(cloudinary).split(b"ocr=adv_ocr")[0]
    answer, end = raw(cloudinary, ca, request)
    assert answer.startswith(b"HTTP/1.1 413") and end == "close"


def test_a_paid_answer_that_is_replaced(cloudinary, client):
    cloudinary.add("a")
    cloudinary.faults.add(when="after", reply=cld.UNAVAILABLE)
    assert client.ocr("a")[0].status == 503
    assert cloudinary.paid == {"a": 1}


def test_a_half_sent_request_is_not_paid(cloudinary, ca):
    cloudinary.add("a")
    raw(cloudinary, ca, update(cloudinary)[:-1], 0.3)
    raw(cloudinary, ca, update(cloudinary)[:40], 0.3)
    assert not cloudinary.paid


# Starting and stopping.

def test_stop_leaves_nothing(certificate, ca):
    before = set(threading.enumerate())
    with cld.Cloudinary(certificate) as server:
        server.faults.add(when="before", stall=60)
        stalled = threading.Thread(target=raw, args=(
            server, ca, update(server)), daemon=True)
        stalled.start()
        idle = socket.create_connection(("127.0.0.1", server.port))
        wait_for(lambda: server.log)
    stalled.join(5)
    assert set(threading.enumerate()) == before
    assert idle.recv(1) == b""
    idle.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port))


def test_local_ends_with_its_starter(local):
    """Even when that is killed, which no atexit sees."""
    code = ("import time; from peers.dynamodb import Local; "
            "server = Local().start(); "
            "print(server._java.pid, server.port, flush=True); "
            "time.sleep(60)")
    with subprocess.Popen([sys.executable, "-c", code],
                          cwd=TESTS,
                          stdout=subprocess.PIPE, text=True) as starter:
        pid, port = starter.stdout.readline().split()
        socket.create_connection(("127.0.0.1", int(port))).close()
        starter.kill()
    wait_for(lambda: not pathlib.Path(f"/proc/{pid}/stat").exists()
             or " Z " in pathlib.Path(f"/proc/{pid}/stat").read_text())


def test_by_hand(tmp_path):
    """`python3 -m peers.cloudinary` says what to set, and serves."""
    with subprocess.Popen([sys.executable, "-m", "peers.cloudinary"],
                          cwd=TESTS,
                          stdout=subprocess.PIPE, text=True) as server:
        lines = [server.stdout.readline() for _ in range(2)]
        url = lines[0].split("upload_prefix=")[1].strip("'\n")
        bundle = lines[1].split("=")[1].strip("'\n")
        done = subprocess.run(
            ["curl", "-sS", "--cacert", bundle, "-u",
             "123456789012345:s3cr3t_-Abc", f"{url}/v1_1/demo/ping"],
            capture_output=True, text=True)
        server.terminate()
        assert server.wait(10) == 0
    assert done.stdout == '{"status":"ok"}'
