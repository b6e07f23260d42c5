"""ocrdyn table: against DynamoDB Local, dynalite for states that last, and
answers word for word as the facts have them (A 1.2, 2, 3) where neither has
what the service has."""

import json
import signal
import time
import uuid
from types import SimpleNamespace

import botocore.session
import pytest
from botocore.validate import ParamValidator
from conftest import boto
from peers.dynamodb import (ACCESS_DENIED, NO_TABLE, Dynalite, Front, Local, error)
from peers.server import Response


@pytest.fixture
def name(admin):
    """A name of no table; the table is deleted in the end, if there is one."""
    name = f"made-{uuid.uuid4().hex[:12]}"
    yield name
    if name in admin.list_tables()["TableNames"]:
        admin.delete_table(TableName=name)


@pytest.fixture(scope="module")
def dynalite():
    server = Dynalite()
    if not server.present:
        pytest.skip("no dynalite (tests/setup.sh check), or no node 20")
    with server:
        yield server


@pytest.fixture
def slow(certificate, ca, dynalite):
    """A Front over tables that take 1.5 s for each change, and the
    environment that leads there."""
    with Front(certificate, dynalite) as server:
        yield server
    assert not server.errors and not server.violations and not server.refused


@pytest.fixture
def env(slow):
    return slow.environment


def describe(admin, name):
    return admin.describe_table(TableName=name)["Table"]


def description(name="ocr", status="ACTIVE", **more):
    """DescribeTable's answer."""
    return Response(200, json.dumps({"Table": {
        "TableName": name, "TableStatus": status, "ItemCount": 12,
        "TableSizeBytes": 3456,
        "AttributeDefinitions": [{"AttributeName": "publicId",
                                  "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "publicId", "KeyType": "HASH"}],
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        "ProvisionedThroughput": {"ReadCapacityUnits": 0,
                                  "WriteCapacityUnits": 0},
        **more}}).encode(), {})


def index(name, status="ACTIVE", key="batch", **more):
    return {"IndexName": name, "IndexStatus": status,
            "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
            "ProvisionedThroughput": {"ReadCapacityUnits": 0,
                                      "WriteCapacityUnits": 0}, **more}


def calls(server):
    return [event.call for event in server.log]


def lines(done):
    return dict(line.split(": ", 1)
                for line in done.stdout.decode().splitlines())


# create

def test_create_makes_a_table_for_a_run(dynamodb, ocrdyn, admin, name):
    done = ocrdyn(["table", "create", name, "--wait"])
    assert done.returncode == 0
    assert done.stderr == f"ocrdyn: making the table {name}: done\n"
    table = describe(admin, name)
    assert table["KeySchema"] == [{"AttributeName": "publicId",
                                   "KeyType": "HASH"}]
    assert table["AttributeDefinitions"] == [{"AttributeName": "publicId",
                                              "AttributeType": "S"}]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"


def test_create_takes_keys_capacity_and_tags(dynamodb, ocrdyn, admin, name):
    done = ocrdyn(["table", "create", name, "-k", "näme", "--sort", "at",
                   "--read", "5", "--write", "7"])
    assert done.returncode == 0, done.stderr
    assert "begun (--wait waits until it is done)" in done.stderr
    table = describe(admin, name)
    assert [(key["AttributeName"], key["KeyType"])
            for key in table["KeySchema"]] == [("näme", "HASH"),
                                               ("at", "RANGE")]
    assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
    assert table["ProvisionedThroughput"]["WriteCapacityUnits"] == 7


def test_tags_are_sent_as_the_service_model_has_them(dynamodb, ocrdyn, local,
                                                     name):
    sent = {}

    def call(operation, body):
        sent[operation] = json.loads(body)
        return local.call(operation, body)

    dynamodb.backend = SimpleNamespace(call=call)
    done = ocrdyn(["table", "create", name, "--tag", "team=o \"c r",
                   "--tag", "x="])
    assert done.returncode == 0, done.stderr
    request = sent["CreateTable"]        # Local itself keeps no tags
    assert request["Tags"] == [{"Key": "team", "Value": "o \"c r"},
                               {"Key": "x", "Value": ""}]
    model = botocore.session.get_session().get_service_model("dynamodb")
    shape = model.operation_model("CreateTable").input_shape
    assert not ParamValidator().validate(request, shape).has_errors()


def test_create_what_is_there_already_is_a_success(dynamodb, ocrdyn, table):
    done = ocrdyn(["table", "create", table, "--on-demand"])
    assert done.returncode == 0
    assert (f"the table {table} exists already, with the key publicId\n"
            in done.stderr)
    assert calls(dynamodb) == ["DescribeTable"]


@pytest.mark.parametrize("more, says", [
    (["-k", "id"], "with the key publicId (S)"),
    (["--sort", "at"], "with the key publicId (S)"),
    (["--read", "1", "--write", "1"], "its capacity is on demand"),
])
def test_create_another_of_that_name_is_misuse(dynamodb, ocrdyn, table, more,
                                               says):
    done = ocrdyn(["table", "create", table, *more])
    assert done.returncode == 2 and says in done.stderr
    assert calls(dynamodb) == ["DescribeTable"]


def test_create_whose_answer_got_lost_is_a_success(dynamodb, ocrdyn, name):
    dynamodb.faults.add(call="CreateTable", when="after", end="rst")
    done = ocrdyn(["table", "create", name])
    assert done.returncode == 0, done.stderr
    assert dynamodb.calls["CreateTable"] == 2


def test_create_waits_until_the_table_is_active(ocrdyn, env, slow, name):
    done = ocrdyn(["table", "create", name, "--wait"], env=env)
    assert done.returncode == 0, done.stderr
    assert done.stderr.endswith(": done\n")
    assert calls(slow).count("DescribeTable") >= 3
    assert b"status: ACTIVE" in ocrdyn(["table", "show", name],
                                       env=env).stdout


def test_a_table_that_does_not_show_yet_is_waited_for(dynamodb, ocrdyn, name):
    dynamodb.faults.add(call="DescribeTable", nth=2, times=2, reply=NO_TABLE)
    done = ocrdyn(["table", "create", name, "--wait"])
    assert done.returncode == 0, done.stderr
    assert calls(dynamodb) == ["DescribeTable", "CreateTable",
                               "DescribeTable", "DescribeTable",
                               "DescribeTable"]


def test_a_table_that_never_shows_is_given_up_after_the_timeout(
        dynamodb, ocrdyn, name):
    dynamodb.faults.add(call="DescribeTable", times=None, reply=NO_TABLE)
    done = ocrdyn(["table", "create", name, "--wait", "--timeout", "2"])
    assert done.returncode == 1 and "Requested resource not found" in \
        done.stderr


@pytest.mark.parametrize("status", ["DELETING", "ARCHIVED",
                                    "INACCESSIBLE_ENCRYPTION_CREDENTIALS"])
def test_a_status_that_never_ends_is_not_waited_for(mini, ocrdyn, status):
    mini.faults.add(call="DescribeTable", times=1, reply=NO_TABLE)
    mini.faults.add(call="DescribeTable", times=None,
                    reply=description(status=status))
    mini.faults.add(call="CreateTable", reply=Response(200, b"{}"))
    done = ocrdyn(["table", "create", "ocr", "--wait"])
    assert done.returncode == 1
    assert f"the table ocr is {status}, and so will not be ready" in \
        done.stderr


def test_a_long_wait_is_announced_and_a_signal_ends_it(mini, ocrdyn):
    mini.faults.add(call="DescribeTable", times=None,
                    reply=description(status="CREATING"))
    process = ocrdyn.start(["table", "create", "ocr", "--wait", "--progress",
                            "always"])
    seen = b""
    deadline = time.monotonic() + 30
    while b"Ctrl-C ends the wait" not in seen:
        assert time.monotonic() < deadline
        seen += process.stderr.read1(4096)
    assert b"waiting for 1 s: the table ocr is CREATING" in seen
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=5)
    assert process.returncode == -signal.SIGINT
    assert len(calls(mini)) <= 10        # ever further apart


# show, list

def test_show_prints_names_and_values(dynamodb, ocrdyn, admin, name):
    admin.create_table(
        TableName=name, BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 3,
                               "WriteCapacityUnits": 4},
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": t}
                              for n, t in (("id", "S"), ("at", "N"),
                                           ("who", "B"))],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"},
                   {"AttributeName": "at", "KeyType": "RANGE"}],
        LocalSecondaryIndexes=[{
            "IndexName": "near", "Projection": {"ProjectionType": "ALL"},
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"},
                          {"AttributeName": "who", "KeyType": "RANGE"}]}],
        GlobalSecondaryIndexes=[{
            "IndexName": "far", "Projection": {"ProjectionType": "KEYS_ONLY"},
            "ProvisionedThroughput": {"ReadCapacityUnits": 1,
                                      "WriteCapacityUnits": 2},
            "KeySchema": [{"AttributeName": "who", "KeyType": "HASH"},
                          {"AttributeName": "at", "KeyType": "RANGE"}]}])
    admin.put_item(TableName=name, Item={"id": {"S": "a"}, "at": {"N": "1"}})
    done = ocrdyn(["table", "show", name])
    assert done.returncode == 0 and done.stderr == ""
    assert lines(done) == {
        "table": name, "status": "ACTIVE", "key": "id (S)",
        "sort key": "at (N)", "capacity": "3 read and 4 write units",
        "items": "1 (DynamoDB counts about every six hours)",
        "size": "7 bytes (likewise)",
        "local index near": "it is as ready as the table",
        "index far": "ACTIVE, key who (B), sort key at (N), projection "
                     "KEYS_ONLY, 1 read and 2 write units"}


def test_show_has_room_for_25_indexes_and_counts_the_rest(mini, ocrdyn):
    many = [index(f"i{n:02}", key=f"k{n:02}") for n in range(31)]
    mini.faults.add(call="DescribeTable", times=None,
                    reply=description(GlobalSecondaryIndexes=many))
    shown = lines(ocrdyn(["table", "show", "ocr"]))
    assert [name for name in shown if name.startswith("index")] == [
        f"index i{n:02}" for n in range(25)]
    assert shown["more indexes"] == "6"
    done = ocrdyn(["table", "index", "ocr", "add", "i30", "--key", "k30"])
    assert done.returncode == 0
    assert "i30 of the table ocr exists already, with the key k30" in \
        done.stderr


def test_show_keeps_hostile_and_endless_texts_in_their_place(mini, ocrdyn):
    hostile = "x\x1b[31m\n" * 1000
    mini.faults.add(call="DescribeTable", times=None, reply=description(
        status=hostile, KeySchema=[{"AttributeName": hostile,
                                    "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": hostile,
                               "AttributeType": hostile}] * 200,
        GlobalSecondaryIndexes=[index(hostile, hostile, hostile)] * 40))
    done = ocrdyn(["table", "show", "ocr"])
    assert done.returncode == 0
    assert b"\x1b" not in done.stdout
    assert len(done.stdout.splitlines()) == 6 + 25 + 1


def test_show_of_no_table_fails(dynamodb, ocrdyn):
    done = ocrdyn(["table", "show", "nowhere"])
    assert done.returncode == 1 and done.stdout == b""
    assert "no such table in this region and account" in done.stderr


def test_refused_credentials_stop(dynamodb, ocrdyn):
    dynamodb.faults.add(reply=ACCESS_DENIED)
    done = ocrdyn(["table", "show", "nowhere"])
    assert done.returncode == 3 and "AccessDenied" in done.stderr


def test_list_follows_all_pages(mini, ocrdyn):
    pages = [[f"t{page}-{n}" for n in range(100)] for page in range(3)]
    for names in pages:
        page = {"TableNames": names}
        if names is not pages[-1]:
            page["LastEvaluatedTableName"] = names[-1]
        mini.faults.add(call="ListTables",
                        reply=Response(200, json.dumps(page).encode()))
    done = ocrdyn(["table", "list"])
    assert done.returncode == 0
    assert done.stdout.decode().split() == sum(pages, [])


def listed(mini, ocrdyn, page):
    mini.faults.add(call="ListTables",
                    reply=Response(200, json.dumps(page).encode()))
    return ocrdyn(["table", "list"])


def test_list_continues_after_a_name_of_255_bytes(mini, ocrdyn):
    mini.faults.add(call="ListTables", reply=Response(200, json.dumps({
        "TableNames": ["a"], "LastEvaluatedTableName": "n" * 255}).encode()))
    done = listed(mini, ocrdyn, {"TableNames": ["b"]})
    assert done.returncode == 0
    assert done.stdout.decode().split() == ["a", "b"]
    assert len(calls(mini)) == 2


@pytest.mark.parametrize("page", [
    {"TableNames": ["a"], "LastEvaluatedTableName": "n" * 256},
    {"TableNames": ["n" * 255] * 257}, {"TableNames": ["n" * 65536]},
], ids=["cursor-above-255-bytes", "page-above-64-kb", "name-above-64-kb"])
def test_list_stops_at_a_name_or_page_above_its_limit(mini, ocrdyn, page):
    done = listed(mini, ocrdyn, page)
    assert done.returncode == 3 and done.stdout == b""
    assert "larger than it may be" in done.stderr
    assert len(calls(mini)) == 1


def test_list_is_what_boto3_lists(dynamodb, ocrdyn, admin, table):
    assert ocrdyn(["table", "list"]).stdout.decode().split() == \
        admin.list_tables()["TableNames"]


def test_output_that_cannot_be_written_is_told(dynamodb, ocrdyn, table):
    with open("/dev/full", "wb") as full:
        process = ocrdyn.start(["table", "show", table], stdout=full)
        _, says = process.communicate(timeout=20)
    assert process.returncode == 4 and b"standard output" in says


# delete

def test_delete_without_yes_says_what_it_would_do(dynamodb, ocrdyn, admin,
                                                  table):
    admin.put_item(TableName=table, Item={"publicId": {"S": "a"}})
    done = ocrdyn(["table", "delete", table])
    assert done.returncode == 2
    assert f"would delete the table {table} for good" in done.stderr
    assert "1 of them" in done.stderr and "--yes" in done.stderr
    assert calls(dynamodb) == ["DescribeTable"]


def test_delete_deletes(dynamodb, ocrdyn, admin, name):
    ocrdyn(["table", "create", name])
    done = ocrdyn(["table", "delete", name, "--yes", "--wait"])
    assert done.returncode == 0, done.stderr
    assert name not in admin.list_tables()["TableNames"]


def test_delete_of_no_table_is_a_success(dynamodb, ocrdyn):
    done = ocrdyn(["table", "delete", "nowhere"])
    assert done.returncode == 0
    assert "the table nowhere does not exist" in done.stderr


def test_delete_waits_until_it_is_gone(ocrdyn, env, slow, name):
    ocrdyn(["table", "create", name, "--wait"], env=env)
    assert ocrdyn(["table", "delete", name, "--yes"], env=env).returncode == 0
    again = ocrdyn(["table", "delete", name, "--yes", "--wait"], env=env)
    assert again.returncode == 0
    assert f"the table {name} is being deleted already" in again.stderr
    assert ocrdyn(["table", "show", name], env=env).returncode == 1


def test_create_while_it_is_being_deleted_says_so(ocrdyn, env, name):
    ocrdyn(["table", "create", name, "--wait"], env=env)
    ocrdyn(["table", "delete", name, "--yes"], env=env)
    done = ocrdyn(["table", "create", name], env=env)
    assert done.returncode == 1 and "is just being deleted" in done.stderr


# capacity

def test_capacity_changes_mode_and_numbers(dynamodb, ocrdyn, admin, table):
    done = ocrdyn(["table", "capacity", table, "--read", "2", "--write", "3",
                   "--wait"])
    assert done.returncode == 0, done.stderr
    assert "2 read and 3 write units: done" in done.stderr
    assert describe(admin, table)["ProvisionedThroughput"][
        "WriteCapacityUnits"] == 3
    again = ocrdyn(["table", "capacity", table, "--read", "2", "--write",
                    "3"])
    assert again.returncode == 0 and "already" in again.stderr
    assert dynamodb.calls["UpdateTable"] == 1
    done = ocrdyn(["table", "capacity", table, "--on-demand"])
    assert done.returncode == 0, done.stderr
    assert describe(admin, table)["BillingModeSummary"][
        "BillingMode"] == "PAY_PER_REQUEST"


def test_indexes_stop_being_on_demand_with_their_table(dynamodb, ocrdyn,
                                                       admin, table):
    ocrdyn(["table", "index", table, "add", "by-batch", "--key", "batch",
            "--wait"])
    done = ocrdyn(["table", "capacity", table, "--read", "2", "--write", "3",
                   "--wait"])
    assert done.returncode == 0, done.stderr
    throughput = describe(admin, table)["GlobalSecondaryIndexes"][0][
        "ProvisionedThroughput"]
    assert throughput["ReadCapacityUnits"] == 2
    assert throughput["WriteCapacityUnits"] == 3


def test_capacity_waits_for_what_is_under_way(ocrdyn, env, name):
    ocrdyn(["table", "create", name], env=env)
    change = ["table", "capacity", name, "--read", "2", "--write", "3"]
    done = ocrdyn(change, env=env)
    assert done.returncode == 1
    assert "cannot be changed now: the table" in done.stderr
    assert "CREATING (--wait waits for it)" in done.stderr
    done = ocrdyn([*change, "--wait"], env=env)
    assert done.returncode == 0, done.stderr
    shown = lines(ocrdyn(["table", "show", name], env=env))
    assert shown["capacity"] == "2 read and 3 write units"


# index

def test_an_index_is_added_and_dropped(dynamodb, ocrdyn, admin, table):
    add = ["table", "index", table, "add", "by-batch", "--key", "batch",
           "--wait"]
    done = ocrdyn(add)
    assert done.returncode == 0, done.stderr
    (made,) = describe(admin, table)["GlobalSecondaryIndexes"]
    assert made["IndexName"] == "by-batch"
    assert made["Projection"] == {"ProjectionType": "ALL"}
    assert made["KeySchema"] == [{"AttributeName": "batch",
                                  "KeyType": "HASH"}]
    assert "exists already, with the key batch\n" in ocrdyn(add).stderr
    other = ocrdyn([*add[:-2], "other"])
    assert other.returncode == 2
    assert "exists already, but with the key batch (S)" in other.stderr
    drop = ["table", "index", table, "drop", "by-batch", "--wait"]
    done = ocrdyn(drop)
    assert done.returncode == 0, done.stderr
    assert not describe(admin, table).get("GlobalSecondaryIndexes")
    done = ocrdyn(drop)
    assert done.returncode == 0
    assert f"by-batch of the table {table} does not exist" in done.stderr
    assert dynamodb.calls["UpdateTable"] == 2


@pytest.mark.parametrize("more, units", [
    ([], (3, 4)), (["--read", "1", "--write", "2"], (1, 2))])
def test_an_index_of_a_provisioned_table_has_capacity(dynamodb, ocrdyn, admin,
                                                      name, more, units):
    ocrdyn(["table", "create", name, "--read", "3", "--write", "4", "--wait"])
    done = ocrdyn(["table", "index", name, "add", "by-batch", "--key",
                   "batch", "--wait", *more])
    assert done.returncode == 0, done.stderr
    throughput = describe(admin, name)["GlobalSecondaryIndexes"][0][
        "ProvisionedThroughput"]
    assert (throughput["ReadCapacityUnits"],
            throughput["WriteCapacityUnits"]) == units


def test_an_index_is_waited_for_until_it_is_filled(mini, ocrdyn):
    add = ["table", "index", "ocr", "add", "by-batch", "--key", "batch",
           "--wait"]
    answers = [description(), description(),     # as it was before
               description(status="UPDATING", GlobalSecondaryIndexes=[
                   index("by-batch", "CREATING", Backfilling=False)]),
               description(GlobalSecondaryIndexes=[
                   index("by-batch", "CREATING", Backfilling=True)]),
               description(GlobalSecondaryIndexes=[
                   index("by-batch", "ACTIVE", Backfilling=True)]),
               description(GlobalSecondaryIndexes=[index("by-batch")])]
    for answer in answers:
        mini.faults.add(call="DescribeTable", reply=answer)
    mini.faults.add(call="UpdateTable", reply=Response(200, b"{}"))
    done = ocrdyn([*add, "--progress", "always"])
    assert done.returncode == 0, done.stderr
    assert "its index by-batch is CREATING, being filled" in done.stderr
    assert calls(mini) == ["DescribeTable", "UpdateTable"] + \
        ["DescribeTable"] * 5


def test_an_index_that_is_gone_again_ends_the_wait(mini, ocrdyn):
    creating = description(GlobalSecondaryIndexes=[index("gsi", "CREATING")])
    for answer in (description(), creating, description(), description()):
        mini.faults.add(call="DescribeTable", reply=answer)
    mini.faults.add(call="UpdateTable", reply=Response(200, b"{}"))
    done = ocrdyn(["table", "index", "ocr", "add", "gsi", "--key", "batch",
                   "--wait"])
    assert done.returncode == 1
    assert "the index gsi of the table ocr is gone again" in done.stderr


def test_an_index_that_takes_local_its_time(certificate, ca, local, ocrdyn,
                                            name):
    # dynalite adds no indexes
    with Local(options=["-delayTransientStatuses"]) as slow, \
            Front(certificate, slow) as front:
        env = front.environment
        done = ocrdyn(["table", "create", name, "--wait"], env=env)
        assert done.returncode == 0, done.stderr
        add = ["table", "index", name, "add", "gsi", "--key", "batch"]
        assert ocrdyn(add, env=env).returncode == 0
        shown = lines(ocrdyn(["table", "show", name], env=env))
        assert shown["index gsi"].startswith("CREATING")
        done = ocrdyn([*add, "--wait"], env=env)
        assert done.returncode == 0, done.stderr
        client = boto(front, ca)
        (made,) = client.describe_table(TableName=name)["Table"][
            "GlobalSecondaryIndexes"]
        client.close()
        assert made["IndexStatus"] == "ACTIVE"
        assert not made.get("Backfilling")
        assert not front.refused


def test_a_second_index_at_once_is_not_asked_for(mini, ocrdyn):
    mini.faults.add(call="DescribeTable", reply=description(
        GlobalSecondaryIndexes=[index("by-batch", "DELETING")]))
    done = ocrdyn(["table", "index", "ocr", "add", "gsi", "--key", "x"])
    assert done.returncode == 1
    assert ("cannot be changed now: its index by-batch is DELETING (--wait "
            "waits for it)") in done.stderr
    assert calls(mini) == ["DescribeTable"]


def test_an_attribute_of_another_type_is_no_key(mini, ocrdyn):
    mini.faults.add(call="DescribeTable", reply=description(
        AttributeDefinitions=[{"AttributeName": "batch",
                               "AttributeType": "N"}]))
    done = ocrdyn(["table", "index", "ocr", "add", "gsi", "--key", "batch"])
    assert done.returncode == 2 and "with the type N" in done.stderr


def test_an_index_of_an_on_demand_table_takes_no_capacity(dynamodb, ocrdyn,
                                                          table):
    done = ocrdyn(["table", "index", table, "add", "gsi", "--key", "batch",
                   "--read", "1", "--write", "1"])
    assert done.returncode == 2 and "is on demand" in done.stderr


# errors, as the service words them

@pytest.mark.parametrize("name, message, status, says", [
    ("ResourceInUseException", "Attempt to change a resource which is still "
     "in use: Table is being updated: ocr", 1, "ocrdyn table show tells"),
    ("LimitExceededException", "Subscriber limit exceeded: Only 1 online "
     "index can be created or deleted simultaneously per table", 3,
     "too much is being made or changed at once"),
    ("ValidationException", "No provisioned throughput specified for the "
     "global secondary index", 1, "No provisioned throughput"),
    ("AccessDeniedException", "User is not authorized", 3,
     "the credentials do not allow this"),
])
def test_what_dynamodb_refuses_is_said(mini, ocrdyn, name, message, status,
                                       says):
    mini.faults.add(call="DescribeTable", reply=description())
    mini.faults.add(call="UpdateTable", times=None,
                    reply=error(name, message))
    done = ocrdyn(["table", "index", "ocr", "add", "gsi", "--key", "batch",
                   "--max-attempts", "2"])
    assert done.returncode == status
    assert message in done.stderr and says in done.stderr


# the command line

@pytest.mark.parametrize("args, says", [
    ([], "that is none of: create TABLE"),
    (["create"], "that is none of"),
    (["create", "a-b", "c-d"], "that is none of"),
    (["index", "ocr", "mend", "gsi"], "that is none of"),
    (["drop", "ocr"], "that is none of"),
    (["create", "x"], "is not the name of a table"),
    (["index", "ocr", "add", "a b", "-k", "x"], "not the name of an index"),
    (["index", "ocr", "drop", "arn:aws:x"], "not the name of an index"),
    (["show", "ocr", "--yes"], "--yes is not for table show"),
    (["delete", "ocr", "--read", "1", "--write", "1"], "--read is not for"),
    (["index", "ocr", "drop", "gsi", "-k", "x"],
     "--key is not for table index TABLE drop"),
    (["index", "ocr", "add", "gsi"], "--key names it"),
    (["capacity", "ocr"], "which capacity?"),
    (["capacity", "ocr", "--read", "1"], "must be given together"),
    (["capacity", "ocr", "--read", "1", "--write", "2147483648"],
     "from 1 to 2147483647"),
    (["capacity", "ocr", "--read", "1", "--write", "1", "--on-demand"],
     "--on-demand excludes"),
    (["capacity", "ocr", "--read", "0", "--write", "1"], "not a number"),
    (["create", "ocr", "--tag", "x"], "is not NAME="),
    (["create", "ocr", "-k", "x", "--sort", "x"], "are the same"),
    (["create", "ocr", "-k", ""], "--key needs 1 to 255 bytes"),
    (["create", "ocr", "-f", "tsv"], "there is no option -f"),
])
def test_misuse_calls_nobody(mini, ocrdyn, args, says):
    done = ocrdyn(["table", *args])
    assert done.returncode == 2 and says in done.stderr
    assert done.stderr.endswith("(try: ocrdyn table -h)\n")
    assert mini.connections == 0


def test_quiet_says_only_what_fails(dynamodb, ocrdyn, name):
    assert ocrdyn(["table", "create", name, "-q", "--wait"]).stderr == ""
    assert ocrdyn(["table", "create", name, "-q"]).stderr == ""
    assert ocrdyn(["table", "delete", name, "-q"]).stderr != ""


def test_help_of_table_is_24_lines_of_80(ocrdyn):
    shown = ocrdyn(["table", "-h"]).stdout.decode().splitlines()
    assert len(shown) <= 24 and max(map(len, shown)) <= 80
    assert shown[0].startswith("ocrdyn table create")
