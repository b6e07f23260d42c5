"""DynamoDB for the tests: Local behind a front that is as strict as AWS.

Local is Amazon's own DynamoDB Local, a Java program, plain HTTP. It checks no
signature (A 8.1). Front terminates TLS before it, verifies the Signature
Version 4 of every request with botocore's signer, adds what Local lacks and
injects faults. Mini is a table in memory, for soaks in which Local is too
slow: it knows four operations and checks next to nothing.

Front's refusals follow A 3; a body above 16 MB is refused with 413 before it
is read (A 2). What is not confirmed of the real service, and so chosen here:
the texts of auth errors but the two about the date, and that content-type
must be among the signed headers (the SDKs sign it).
"""

import atexit
import calendar
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import string
import subprocess
import threading
import time
import zlib
from http.client import HTTPConnection, HTTPException
from socket import create_connection, create_server

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .faults import Faults
from .server import Dates, Response, Server

JSON = "application/x-amz-json-1.0"
TARGET = "DynamoDB_20120810."
SERVICE = "com.amazonaws.dynamodb.v20120810#"
CORAL = "com.amazon.coral.service#"
LOCAL = (pathlib.Path(__file__).resolve().parent.parent
         / ".cache/dynamodb-local-2.9.30")
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/ ,]+)/(\d{8})/([^/ ,]+)/([^/ ,]+)/"
    r"aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})")
SIGNED = ("content-type", "host", "x-amz-date", "x-amz-target")
REQUEST_ID = string.ascii_uppercase + string.digits


def error(name, message=None, status=400, namespace=SERVICE, **more):
    """An error's body has __type and message (A 3.1); `more` are further
    members."""
    body = {"__type": namespace + name, **more}
    if message is not None:
        body["message"] = message
    return Response(status, json.dumps(body).encode(), {})


THROTTLED = error("ProvisionedThroughputExceededException",
                  "The level of configured provisioned throughput for the "
                  "table was exceeded. Consider increasing your provisioning "
                  "level with the UpdateTable API.")
THROTTLING = error("ThrottlingException", "Rate exceeded", namespace=CORAL)
INTERNAL = error("InternalServerError", "Internal server error", 500)
UNAVAILABLE = error("ServiceUnavailableException",
                    "Service is unavailable", 503, CORAL)
EXPIRED_TOKEN = error("ExpiredTokenException", "The security token included "
                      "in the request is expired", namespace=CORAL)
ACCESS_DENIED = error("AccessDeniedException", "User is not authorized to "
                      "perform this operation", namespace=CORAL)
NO_TABLE = error("ResourceNotFoundException", "Requested resource not found")
TOO_LARGE = Response(413, b"", {"Connection": "close"})


class Local:
    """DynamoDB Local on a free port between start() and stop(); ends with
    this process in any case."""

    def __init__(self, folder=None, options=()):
        self.folder = pathlib.Path(folder or
                                   os.environ.get("DYNAMODB_LOCAL") or LOCAL)
        self.options = options
        self.port = None
        self._java = None
        self._idle = []
        self._lock = threading.Lock()

    @property
    def present(self):
        return (self.folder / "DynamoDBLocal.jar").exists()

    def start(self):
        with create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        # setpriv's --pdeathsig: even if this process is killed, it ends.
        self._java = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *self._command()],
            cwd=self.folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        atexit.register(self.stop)
        self._wait()
        return self

    def _command(self):
        return ["java", "-Xmx512m", "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Djava.library.path=DynamoDBLocal_lib", "-jar",
                "DynamoDBLocal.jar", "-inMemory", "-sharedDb",
                "-disableTelemetry", "-port", str(self.port), *self.options]

    def _wait(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self._java.poll() is not None:
                raise RuntimeError("DynamoDB Local ended at once: "
                                   f"status {self._java.returncode}")
            try:
                create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise RuntimeError("DynamoDB Local does not answer")

    def stop(self):
        atexit.unregister(self.stop)
        while self._idle:
            self._idle.pop().close()
        if self._java:
            self._java.terminate()
            try:
                self._java.wait(10)
            except subprocess.TimeoutExpired:
                self._java.kill()
                self._java.wait()
            self._java = None

    __enter__ = start

    def __exit__(self, *_):
        self.stop()

    def call(self, operation, body):
        """Forwards one call over a kept-alive connection."""
        headers = {
            "Content-Type": JSON, "X-Amz-Target": TARGET + operation,
            # Local only looks at the key's characters, dynalite for a date.
            "X-Amz-Date": "20200101T000000Z",
            "Authorization": "AWS4-HMAC-SHA256 Credential=local/20200101/"
                             "us-east-1/dynamodb/aws4_request, "
                             "SignedHeaders=host, Signature=0"}
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        for connection in (connection, None):
            connection = connection or HTTPConnection("127.0.0.1", self.port)
            try:
                connection.request("POST", "/", body, headers)
                answer = connection.getresponse()
                content = answer.read()
                break
            except (HTTPException, OSError):
                # The idle one had been closed; a fresh one must do.
                connection.close()
        else:
            return INTERNAL
        with self._lock:
            self._idle.append(connection)
        return self._mend(answer.status, content)

    @staticmethod
    def _mend(status, content):
        """Local says Message where the service says message (A 8.1)."""
        if status >= 400:
            try:
                fields = json.loads(content)
                fields["message"] = fields.pop("Message")
                content = json.dumps(fields).encode()
            except (ValueError, KeyError):
                pass
        return Response(status, content, {})


class Dynalite(Local):
    """dynalite on a free port: no signatures either, but tables and indexes
    that take their time (A 8.2): so many ms each."""

    ROOT = LOCAL.parent / "dynalite-4.0.0/node_modules/dynalite"

    def __init__(self, create=1500, update=1500, delete=1500):
        super().__init__(self.ROOT)
        self.times = create, update, delete

    @property
    def present(self):
        """Is it there, and a node that can run it (20 or newer)?"""
        if not (self.folder / "cli.js").exists() or not shutil.which("node"):
            return False
        version = subprocess.run(["node", "--version"], text=True,
                                 capture_output=True, check=True).stdout
        return int(version.strip().lstrip("v").split(".")[0]) >= 20

    def _command(self):
        create, update, delete = map(str, self.times)
        return ["node", "cli.js", "--host", "127.0.0.1",
                "--port", str(self.port), "--createTableMs", create,
                "--updateTableMs", update, "--deleteTableMs", delete]


class Mini:
    """Tables in memory whose only key is the string `key`. PutItem, GetItem,
    BatchGetItem and DescribeTable; no expression is looked at."""

    def __init__(self, *tables, key="publicId"):
        self.key = key
        self.tables = {table: {} for table in tables}

    def call(self, operation, body):
        request = json.loads(body)
        method = getattr(self, "_" + operation, None)
        if method is None:
            return error("UnknownOperationException", namespace=CORAL)
        try:
            answer = method(request)
        except KeyError:
            return NO_TABLE
        return Response(200, json.dumps(answer).encode(), {})

    def _PutItem(self, request):
        item = request["Item"]
        self.tables[request["TableName"]][item[self.key]["S"]] = item
        return {}

    def _GetItem(self, request):
        table = self.tables[request["TableName"]]
        item = table.get(request["Key"][self.key]["S"])
        return {"Item": item} if item else {}

    def _BatchGetItem(self, request):
        answers = {}
        for name, wanted in request["RequestItems"].items():
            table = self.tables[name]
            items = (table.get(key[self.key]["S"]) for key in wanted["Keys"])
            answers[name] = [item for item in items if item]
        return {"Responses": answers, "UnprocessedKeys": {}}

    def _DescribeTable(self, request):
        name = request["TableName"]
        count = len(self.tables[name])
        return {"Table": {
            "TableName": name, "TableStatus": "ACTIVE", "ItemCount": count,
            "AttributeDefinitions": [{"AttributeName": self.key,
                                      "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": self.key, "KeyType": "HASH"}],
            "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}}}


class Front(Server):
    """DynamoDB as a client sees it, over `backend` (Local or Mini).

    `credentials` maps access keys to (secret, token or None); a test may
    change it as it runs. `key` is the attribute whose value is an Event's key.
    `verified` counts good signatures, `refused` lists
    why the others were not: a test of a right client expects it to be
    empty."""

    ACCESS_KEY = "AKIDSTANDIN"
    SECRET = "wJalr/standin+SECRET"

    def __init__(self, certificate, backend, region="eu-central-1", port=0):
        super().__init__(certificate, Faults(), port)
        self.backend = backend
        self.region = region
        self.credentials = {self.ACCESS_KEY: (self.SECRET, None)}
        self.key = "publicId"
        self.verified = 0
        self.refused = []
        self.max_body = 16 << 20
        self._dates = Dates()
        self._request_id = random.Random(0)

    @property
    def environment(self):
        """What a client's environment needs to call here."""
        key, (secret, token) = next(iter(self.credentials.items()))
        names = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret,
                 "AWS_REGION": self.region,
                 "AWS_ENDPOINT_URL_DYNAMODB": self.url}
        if token:
            names["AWS_SESSION_TOKEN"] = token
        return names

    # One call.

    def name(self, request):
        """The operation, and the one item's key where there is one."""
        target = request.headers.get("x-amz-target", "")
        if not target.startswith(TARGET):
            return "healthy" if request.method == "GET" else "?", None
        try:
            fields = json.loads(request.body or b"{}")
            item = fields.get("Key") or fields.get("Item") or {}
            key = item.get(self.key, {}).get("S")
        except (ValueError, AttributeError):
            key = None
        return target[len(TARGET):], key

    def work(self, request, event, fault):
        if event.call == "healthy":
            body = f"healthy: dynamodb.{self.region}.amazonaws.com "
            return Response(200, body.encode(), {"Content-Type": "text/plain"})
        refusal = self._refusal(request)
        if refusal:
            return refusal
        self.verified += 1
        if request.headers["content-type"].partition(";")[0] != JSON:
            return self._refuse("UnknownOperationException",
                                "content type", status=404)
        if event.call == "?":
            return self._refuse("UnknownOperationException", "no operation")
        try:
            json.loads(request.body.decode())
        except ValueError:
            # Local's own answer would be a 500 (A 8.1).
            return error("SerializationException", namespace=CORAL)
        if fault and fault.unprocessed:
            return self._partly(event.call, request.body, fault.unprocessed)
        return self.backend.call(event.call, request.body)

    def dress(self, response, event):
        headers = {
            "Server": "Server", "Date": self._dates.at(self.now()),
            "Content-Type": JSON, "Connection": "keep-alive",
            "x-amzn-RequestId": "".join(
                self._request_id.choices(REQUEST_ID, k=52)),
            "x-amz-crc32": str(zlib.crc32(response.body))}
        headers.update(response.headers)
        return Response(response.status, response.body, headers)

    def _partly(self, operation, body, n):
        """A batch of which the last n come back as unprocessed (A 1.3)."""
        request = json.loads(body)
        batches = request["RequestItems"]
        of_keys = operation == "BatchGetItem"
        held = {}
        for table, batch in reversed(list(batches.items())):
            many = batch["Keys"] if of_keys else batch
            cut = max(0, len(many) - n)
            n -= len(many) - cut
            back, many[cut:] = many[cut:], []
            if back:
                held[table] = {**batch, "Keys": back} if of_keys else back
            if not many:
                del batches[table]
        answer = {"Responses": {}} if of_keys else {}
        if batches:
            response = self.backend.call(operation,
                                         json.dumps(request).encode())
            if response.status != 200:
                return response
            answer = json.loads(response.body)
        answer["UnprocessedKeys" if of_keys else "UnprocessedItems"] = held
        return Response(200, json.dumps(answer).encode(), {})

    # Authentication.

    def _refuse(self, name, message, status=400):
        self.refused.append(f"{name}: {message}")
        return error(name, message, status, CORAL)

    def _refusal(self, request):
        """Why this request is not let in, or None."""
        headers = request.headers
        if "authorization" not in headers:
            return self._refuse("MissingAuthenticationToken",
                                "Request is missing Authentication Token")
        match = AUTHORIZATION.fullmatch(headers["authorization"])
        if not match:
            return self._refuse("IncompleteSignatureException",
                                "Authorization header is not understood")
        key, day, region, service, names, signature = match.groups()
        secret, token = self.credentials.get(key, (None, None))
        if secret is None or headers.get("x-amz-security-token") != token:
            return self._refuse("UnrecognizedClientException", "The security "
                                "token included in the request is invalid.")
        names = names.split(";")
        wanted = [*SIGNED, *(["x-amz-security-token"] if token else [])]
        for name in {*wanted, *names}:
            if name not in names or name not in headers:
                return self._refuse("InvalidSignatureException",
                                    f"'{name}' must be a signed header")
        stamp = headers["x-amz-date"]
        problem = self._date_problem(stamp)
        if not problem and (day, region, service) != (
                stamp[:8], self.region, "dynamodb"):
            problem = "Credential should be scoped to a valid region/date."
        if not problem and not signed(request, names, stamp, signature,
                                      Credentials(key, secret, token),
                                      "dynamodb", self.region):
            problem = ("The request signature we calculated does not match "
                       "the signature you provided.")
        return problem and self._refuse("InvalidSignatureException", problem)

    def _date_problem(self, stamp):
        """Five minutes either way (A 3.3); the texts are the real ones."""
        try:
            then = calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))
        except ValueError:
            return f"Date must be in ISO-8601 'basic format'. Got '{stamp}'."
        now = int(self.now())
        if then < now - 300:
            return (f"Signature expired: {stamp} is now earlier than "
                    f"{iso(now - 300)} ({iso(now)} - 5 min.)")
        if then > now + 300:
            return (f"Signature not yet current: {stamp} is still later than "
                    f"{iso(now + 300)} ({iso(now)} + 5 min.)")
        return None


def signed(request, names, stamp, signature, credentials, service, region):
    """Does botocore come to the same signature, from what came in?"""
    if names != sorted(set(names)):
        return False
    headers = {name: request.headers[name] for name in names}
    digest = hashlib.sha256(request.body).hexdigest()
    if headers.get("x-amz-content-sha256", digest) != digest:
        return False
    copy = AWSRequest(request.method,
                      f"https://{request.headers['host']}{request.target}",
                      headers, request.body)
    copy.context["timestamp"] = stamp
    signer = SigV4Auth(credentials, service, region)
    expected = signer.signature(signer.string_to_sign(
        copy, signer.canonical_request(copy)), copy)
    return signature == expected


def iso(when):
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(when))
