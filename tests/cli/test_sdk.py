"""The stand-in for Cloudinary against Cloudinary's own client (the SDK for
Node), and that client against ocrdyn: both reach the same images."""

import json
import os
import shutil
import subprocess

import pytest

from conftest import TESTS
from peers.cloudinary import Image

MODULES = next(TESTS.glob(".cache/cloudinary-*/node_modules"), None)
NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(
    not (NODE and MODULES),
    reason="no node, or no SDK of Cloudinary: run tests/setup.sh check")


@pytest.fixture
def sdk(cloudinary, ca):
    """sdk(call, ...) makes the calls, each [name, parameters...]; the list of
    what they gave."""
    def run(*calls, env=None):
        done = subprocess.run(
            [NODE, TESTS / "peers" / "sdk.js"], input=json.dumps(calls),
            capture_output=True, text=True, timeout=60,
            env={"PATH": os.environ["PATH"], "NODE_PATH": str(MODULES),
                 "NODE_EXTRA_CA_CERTS": str(ca.certificate),
                 **cloudinary.environment, **(env or {})})
        assert done.returncode == 0, done.stderr
        return [one.get("value", one.get("error"))
                for one in json.loads(done.stdout)]
    return run


def test_update_and_resource(cloudinary, sdk):
    cloudinary.add(Image("scans/a b", text="Hello"))
    updated, read = sdk(["api.update", "scans/a b", {"ocr": "adv_ocr"}],
                        ["api.resource", "scans/a b"])
    for answer in updated, read:
        result = answer["info"]["ocr"]["adv_ocr"]
        assert result["status"] == "complete"
        assert result["data"][0]["textAnnotations"][0]["description"] == \
            "Hello"
        assert answer["public_id"] == "scans/a b"
        assert answer["rate_limit_allowed"] == 500
    assert (updated["rate_limit_remaining"], read["rate_limit_remaining"]) \
        == (499, 498)
    assert cloudinary.paid == {"scans/a b": 1}


def test_explicit_is_signed(cloudinary, sdk):
    cloudinary.takes_chunks = True
    cloudinary.add(Image("scans/é&=", text="Hello"))
    answer, wrong = sdk(
        ["uploader.explicit", "scans/é&=", {"type": "upload",
                                            "ocr": "adv_ocr:document"}],
        ["uploader.explicit", "none", {"type": "upload", "ocr": "adv_ocr"}])
    assert answer["info"]["ocr"]["adv_ocr:document"]["status"] == "complete"
    assert wrong["message"] == "Resource not found - none"
    refused, = sdk(["uploader.explicit", "scans/é&=", {"type": "upload"}],
                   env={"CLOUDINARY_URL": cloudinary.environment[
                       "CLOUDINARY_URL"].replace(cloudinary.secret, "wrong")})
    assert "Invalid Signature" in refused["message"]


def test_resources(cloudinary, sdk):
    for i in range(7):
        cloudinary.add(Image(f"scans/{i}", tags=("odd",) if i % 2 else (),
                             created=1704120182 + i))
    first, tagged, folder, since = sdk(
        ["api.resources", {"type": "upload", "prefix": "scans/",
                           "max_results": 5}],
        ["api.resources_by_tag", "odd", {"tags": True}],
        ["api.resources_by_asset_folder", "scans", {"max_results": 500}],
        ["api.resources", {"type": "upload", "direction": "asc",
                           "start_at": "2024-01-01T14:43:06Z"}])
    assert [r["public_id"] for r in first["resources"]] == [
        f"scans/{i}" for i in range(5)]
    assert [r["tags"] for r in tagged["resources"]] == [["odd"]] * 3
    assert len(folder["resources"]) == 7
    assert [r["public_id"] for r in since["resources"]] == [
        "scans/4", "scans/5", "scans/6"]
    rest, = sdk(["api.resources", {"type": "upload", "prefix": "scans/",
                                   "max_results": 5,
                                   "next_cursor": first["next_cursor"]}])
    assert [r["public_id"] for r in rest["resources"]] == ["scans/5",
                                                           "scans/6"]
    assert "next_cursor" not in rest


def test_search(cloudinary, sdk):
    for i in range(7):
        cloudinary.add(Image(f"scans/{i}", tags=("odd",) if i % 2 else (),
                             created=1704120182 + i))
    found, wrong = sdk(
        ["search", {"expression": "public_id:scans/* AND tags=odd",
                    "max_results": 2, "with_field": ["tags"],
                    "sort_by": [["created_at", "asc"]]}],
        ["search", {"expression": "*x"}])
    assert found["total_count"] == 3
    assert [r["public_id"] for r in found["resources"]] == ["scans/1",
                                                            "scans/3"]
    assert found["resources"][0]["tags"] == ["odd"]
    assert wrong["message"].startswith("Query Error (at position 1)")
    assert wrong["http_code"] == 400


def test_usage_and_ping(cloudinary, sdk):
    usage, ping = sdk(["api.usage"], ["api.ping"])
    assert usage["adv_ocr"] == {"usage": 0, "limit": 10 ** 9}
    assert ping["status"] == "ok"


def test_refusals(cloudinary, sdk):
    cloudinary.add(Image("a"))
    missing, illegal = sdk(["api.resource", "none"],
                           ["api.update", "a", {"ocr": "illegal"}])
    assert (missing["http_code"], missing["message"]) == (
        404, "Resource not found - none")
    assert illegal["http_code"] == 400
    assert illegal["message"].startswith("Illegal value")


# The SDK escapes the slash, as ocrdyn does, and the first of several "'".
HOSTILE = [
    "a", "a b", " a", "a/b", "a/b/c d", "a%20b", "100%", "%", "%2F", "%2e%2e",
    "a?b#c", "a&b=c", "a+b", "a;b,c", "a:b", "a@b", "a'b'c", 'a"b', "a<b>c",
    "a\\b", "a|b", "a^b", "a`b", "{a}[b]", "~a", "a*b", "(a)!", "$a", "é",
    "日本語", "🙂", "a\tb", "a\nb", "a\rb", "a\x7fb", "a//b", "./a", "../a",
    "a/../b", "a/./b", "..a", "a..", "...", "x" * 255, "é" * 255,
]


def test_hostile_ids_reach_the_same_image(cloudinary, sdk, ocrdyn):
    for name in HOSTILE:
        cloudinary.add(Image(name, text=f"text of {name}"))
    answers = sdk(*(["api.update", name, {"ocr": "adv_ocr"}]
                    for name in HOSTILE))
    theirs = [event.key for event in cloudinary.log]
    assert [answer.get("public_id") for answer in answers] == HOSTILE
    cloudinary.log.clear()
    for args in [], ["--via", "explicit"]:
        done = ocrdyn([*args, "-0", "-f", "jsonl"],
                      "".join(f"{name}\0" for name in HOSTILE).encode())
        assert done.returncode == 0, done.stderr
        rows = [json.loads(row) for row in done.stdout.split(b"\0")[:-1]]
        assert [row["public_id"] for row in rows] == HOSTILE
        assert [event.key for event in cloudinary.log] == theirs == HOSTILE
        cloudinary.log.clear()
    assert set(cloudinary.paid.values()) == {3}


def test_an_id_of_dots_is_no_folder_for_either(cloudinary, sdk, ocrdyn):
    """".." cannot be an id, but may be in a list; the SDK's request for it
    goes astray, ours does not."""
    cloudinary.add(Image("..", text="dots"))
    assert ocrdyn([], [".."]).rows == [["..", "complete", "dots", ""]]
