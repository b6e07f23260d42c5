"""Other ways to ask for OCR: explicit of the Upload API, and by asset_id. And
results that are on their way, however they were asked for."""

import time

import pytest
from peers import cloudinary as cld
from peers.cloudinary import Image
from peers.server import Response

MINI = ["-t", "mini"]
IDS = ["a", "b", "c"]
EXPLICIT = ["--via", "explicit"]
LOST = {"when": "after", "end": "rst"}


@pytest.fixture
def account(cloudinary):
    for name in IDS:
        cloudinary.add(Image(name, f"text of {name}"))
    return cloudinary


def statuses(done):
    return [row[1] for row in done.rows]


# explicit

def test_explicit_reads_images(account, mini, ocrdyn):
    done = ocrdyn([*MINI, *EXPLICIT], IDS)
    assert done.returncode == 0, done.stderr
    assert [row[:3] for row in done.rows] == [
        [name, "complete", f"text of {name}"] for name in IDS]
    assert account.calls == {"explicit": 3}
    assert account.paid == {name: 1 for name in IDS}


def test_explicit_takes_a_token(account, ocrdyn):
    account.token = "tok"
    url = f"cloudinary://demo?oauth_token=tok&upload_prefix={account.url}"
    done = ocrdyn(EXPLICIT, ["a"], {"CLOUDINARY_URL": url})
    assert statuses(done) == ["complete"]


def test_explicit_names_type_and_resource_type(account, ocrdyn):
    account.add(Image("é&=+ %/?", "odd", type="private",
                      resource_type="video"))
    done = ocrdyn([*EXPLICIT, "--type", "private", "--resource-type", "video",
                   "-o", "adv_ocr:document"], ["é&=+ %/?"])
    assert statuses(done) == ["complete"], done.stderr


@pytest.mark.parametrize("headers", [True, False])
def test_explicit_has_no_hourly_limit(account, ocrdyn, headers):
    """The account's quota is spent; its headers come, or do not."""
    account.headers_on_upload = headers
    account.quota.set(limit=500, remaining=0)
    begun = time.monotonic()
    done = ocrdyn(EXPLICIT, IDS)
    assert statuses(done) == ["complete"] * 3
    assert time.monotonic() - begun < 5


def test_explicit_keeps_a_rate(account, ocrdyn):
    begun = time.monotonic()
    assert ocrdyn([*EXPLICIT, "-r", "2/s"], IDS).returncode == 0
    assert time.monotonic() - begun > 1


def test_too_many_at_once_is_tried_again(account, ocrdyn):
    account.faults.add(call="explicit", times=3, reply=cld.CONCURRENT)
    done = ocrdyn(EXPLICIT, IDS)
    assert statuses(done) == ["complete"] * 3 and "3 retries" in done.stderr
    account.faults.add(call="explicit", times=None, reply=cld.CONCURRENT)
    done = ocrdyn([*EXPLICIT, "--max-attempts", 2], ["a"])
    assert statuses(done) == ["failed"]
    assert done.rows[0][3].endswith("operations (others call in the name of "
                                    "this account at the same time)")


def test_an_answer_without_the_result_is_read_back_which_is_said_once(
        account, mini, ocrdyn):
    account.explicit_info = False
    done = ocrdyn([*MINI, *EXPLICIT], IDS)
    assert done.returncode == 0, done.stderr
    assert [row[:3] for row in done.rows] == [
        [name, "complete", f"text of {name}"] for name in IDS]
    assert account.calls == {"explicit": 3, "get": 3}
    assert account.paid == {name: 1 for name in IDS}
    assert done.stderr.count("explicit's answers have no OCR result: each "
                             "image is read once more") == 1


def test_a_result_that_nobody_shows_stops_the_run(account, ocrdyn):
    account.explicit_info = False
    account.faults.add(call="get", times=None, reply=Response(
        200, b'{"public_id":"a"}'))
    done = ocrdyn(EXPLICIT, IDS)
    assert done.returncode == 3 and done.stdout == b""
    assert "neither the answer nor the image has the result (--via update " \
        "has it in its answer)" in done.stderr
    assert account.calls["explicit"] == 1, "it is not paid for again"


def test_a_result_that_is_missing_once_is_that_images_failure(account, ocrdyn):
    account.explicit_info = False
    account.faults.add(call="get", key="b", times=None, reply=Response(
        200, b'{"public_id":"b"}'))
    done = ocrdyn(EXPLICIT, IDS)
    assert statuses(done) == ["complete", "failed", "complete"]
    assert account.paid == {name: 1 for name in IDS}


def test_a_lost_answer_of_explicit_is_looked_for(account, mini, ocrdyn):
    account.faults.add(call="explicit", key="b", **LOST)
    done = ocrdyn([*MINI, *EXPLICIT], IDS)
    assert statuses(done) == ["complete"] * 3
    assert account.calls == {"explicit": 3, "get": 1}
    assert account.paid == {name: 1 for name in IDS}


def test_reuse_before_explicit(account, ocrdyn):
    account.image("b").results["adv_ocr"] = 0
    done = ocrdyn([*EXPLICIT, "--reuse"], IDS)
    assert statuses(done) == ["complete"] * 3
    assert account.paid == {"a": 1, "c": 1}
    assert "2 OCR calls, 1 result reused, 3 others" in done.stderr


def test_killed_in_explicit(account, ocrdyn):
    process = None
    account.faults.add(call="explicit", key="b", when="after", end="rst",
                       hook=lambda: process.kill())
    process = ocrdyn.start([*EXPLICIT, "-c", "at"])
    process.communicate(b"a\nb\nc\n", 30)
    assert process.returncode == -9
    account.drain()
    # the other way may go on with the same list
    done = ocrdyn(["-c", "at"], IDS)
    assert [row[:2] for row in done.rows] == [["b", "complete"],
                                              ["c", "complete"]]
    assert account.paid == {name: 1 for name in IDS}


def test_a_dry_run_shows_the_other_requests(account, ocrdyn):
    asset_id = account.image("a").asset_id
    done = ocrdyn([*EXPLICIT, "-n"], ["a b/c"])
    assert done.stdout.decode() == (
        f"POST {account.url}/v1_1/demo/image/explicit "
        "public_id=a%20b%2Fc&type=upload&ocr=adv_ocr\n")
    assert "1 OCR unit, 0 Admin API calls" in done.stderr
    done = ocrdyn(["--by", "asset_id", "-n"], [asset_id])
    assert done.stdout.decode() == (
        f"PUT {account.url}/v1_1/demo/resources/{asset_id} "
        '{"ocr":"adv_ocr"}\n')
    assert not account.connections


# by asset_id

def test_images_by_asset_id(account, mini, ocrdyn):
    names = [account.image(name).asset_id for name in IDS]
    done = ocrdyn([*MINI, "--by", "asset_id", "-k", "publicId", "-a",
                   "id=/public_id", "-o", "adv_ocr:document"], names)
    assert done.returncode == 0, done.stderr
    assert [row[:3] for row in done.rows] == [
        [asset_id, "complete", f"text of {name}"]
        for asset_id, name in zip(names, IDS)]
    items = mini.backend.tables["mini"]
    assert [items[asset_id]["id"] for asset_id in names] == [
        {"S": name} for name in IDS]
    assert account.calls == {"update": 3}


@pytest.mark.parametrize("name", ["a", "g" * 32, "a" * 31, "a" * 33,
                                  "../" + "a" * 29])
def test_what_is_no_asset_id_fails_without_a_call(account, ocrdyn, name):
    done = ocrdyn(["--by", "asset_id"], [name])
    assert done.returncode == 1
    assert done.rows == [[name, "failed", None,
                          "an asset_id has 32 hexadecimal digits (--by)"]]
    assert not account.connections


def test_by_asset_id_a_lost_answer_is_looked_for(account, ocrdyn):
    names = [account.image(name).asset_id for name in IDS]
    account.faults.add(call="update", key="b", **LOST)
    account.image("c").results["adv_ocr"] = 0
    done = ocrdyn(["--by", "asset_id", "--reuse"], names)
    assert statuses(done) == ["complete"] * 3
    assert account.paid == {"a": 1, "b": 1}


def test_an_asset_id_that_is_none_of_the_account(account, ocrdyn):
    done = ocrdyn(["--by", "asset_id"], ["0" * 32])
    assert done.rows[0][1] == "failed"
    assert "404 Resource not found - 000" in done.rows[0][3]


def test_an_update_that_does_not_know_ocr_says_what_to_do(account, ocrdyn):
    account.faults.add(call="update", reply=cld.error(
        400, "Invalid parameter: ocr"))
    done = ocrdyn(["--by", "asset_id"], [account.image("a").asset_id])
    assert done.rows[0][3] == (
        "Cloudinary: 400 Invalid parameter: ocr (update by asset_id may not "
        "take ocr: list with public_ids instead)")


def test_a_list_by_asset_id_is_another_job(account, ocrdyn):
    ocrdyn(["-c", "at"], ["a" * 32])
    done = ocrdyn(["-c", "at", "--by", "asset_id"], ["a" * 32])
    assert done.returncode == 2 and "is of another job" in done.stderr


@pytest.mark.parametrize("args, said", [
    ([*EXPLICIT, "--by", "asset_id"], "needs public_ids, not asset_ids"),
    (["--via", "upload"], "is not update|explicit"),
    (["--by", "name"], "is not public_id|asset_id")])
def test_misuse(account, ocrdyn, args, said):
    done = ocrdyn(args, ["a"])
    assert done.returncode == 2 and said in done.stderr
    assert not account.connections


def test_listed_asset_ids_are_read(account, ocrdyn):
    listed = ocrdyn(["list", "--columns", "asset_id", "-f", "text"])
    done = ocrdyn(["--by", "asset_id"], listed.stdout)
    assert statuses(done) == ["complete"] * 3


# Results that are on their way.

WAYS = pytest.mark.parametrize("way", [[], EXPLICIT], ids=["update",
                                                           "explicit"])


@WAYS
def test_a_pending_result_is_polled_later_and_later(account, ocrdyn, way):
    account.image("b").pending = 2
    done = ocrdyn(way, IDS)
    assert statuses(done) == ["complete"] * 3
    assert account.paid == {name: 1 for name in IDS}
    times = [event.time for event in account.log if event.key == "b"]
    gaps = [b - a for a, b in zip(times, times[1:])]
    assert len(gaps) == 3 and gaps[0] < gaps[1] < gaps[2]


@WAYS
def test_it_is_polled_until_the_timeout_and_no_longer(account, ocrdyn, way):
    account.image("b").pending = 1000
    begun = time.monotonic()
    done = ocrdyn([*way, "--timeout", 3], IDS)
    assert time.monotonic() - begun < 6
    assert statuses(done) == ["complete", "failed", "complete"]
    assert done.rows[1][3] == ("Cloudinary: OCR is not finished: its status "
                               "is pending (--reuse takes it once it is)")
    assert account.paid == {name: 1 for name in IDS}
    account.image("b").results["adv_ocr"] = 0
    assert statuses(ocrdyn([*way, "--reuse"], ["b"])) == ["complete"]
    assert account.paid == {name: 1 for name in IDS}


@WAYS
@pytest.mark.parametrize("seen", [0, 1])
def test_a_pending_result_that_vanishes_is_not_asked_for_again(account, ocrdyn,
                                                               way, seen):
    account.image("b").pending = 2
    account.faults.add(call="get", key="b", nth=1 + seen, times=None,
                       reply=Response(200, b'{"public_id":"b"}'))
    done = ocrdyn(way, IDS)
    assert statuses(done) == ["complete", "failed", "complete"]
    assert "was on its way is not there" in done.rows[1][3]
    assert account.paid == {name: 1 for name in IDS}


@pytest.mark.parametrize("args", [["--reuse"], ["-c", "at"]])
def test_a_result_found_on_its_way_is_not_asked_for_again(account, ocrdyn,
                                                          args):
    """By --reuse, and after an unclean end."""
    if args == ["-c", "at"]:
        process = None
        account.faults.add(call="update", key="a", when="after", end="rst",
                           hook=lambda: process.kill())
        process = ocrdyn.start(args)
        process.communicate(b"a\n", 30)
        account.drain()
    account.image("a").results["adv_ocr"] = 1000
    paid = account.paid
    done = ocrdyn([*args, "--timeout", 1], ["a"])
    assert statuses(done) == ["failed"]
    assert "status is pending" in done.rows[0][3]
    assert account.paid == paid
