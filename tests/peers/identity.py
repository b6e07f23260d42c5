"""Where AWS credentials come from: STS, an EC2 instance's metadata, and the
endpoint of a container. Each issues keys that `grants`, the credentials of a
stand-in for DynamoDB, then knows, and only these. `known` is shared by all:
whom STS knows.

What they answer follows A 5; what they are told wrongly they note in
`refused`, which a test expects to be empty. Faults make them misbehave.
"""

import json
from datetime import datetime, timezone
from urllib.parse import parse_qsl

from botocore.credentials import Credentials

from .dynamodb import AUTHORIZATION, iso, signed
from .faults import Faults
from .server import Dates, Response, Server

NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"


class Issuer(Server):
    """Issues a new set of keys at each call: valid for `lifetime` seconds,
    None: without saying so."""

    prefix = "ASIA"

    def __init__(self, grants, known):
        super().__init__(None, Faults())
        self.grants, self.known = grants, known
        self.lifetime = 3600
        self.issued = []             # (key, secret, token)
        self.refused = []
        self._dates = Dates()

    def issue(self):
        n = len(self.issued) + 1
        # as long as real ones are, and with base64's characters
        keys = (f"{self.prefix}{n}", f"secret/{self.prefix}+{n}",
                f"{self.prefix}/{n}+" + "tok/en+" * 100 + "==")
        self.issued.append(keys)
        self.grants.clear()
        self.grants[keys[0]] = self.known[keys[0]] = keys[1:]
        return keys

    def expiration(self):
        then = datetime.fromtimestamp(self.now() + self.lifetime, timezone.utc)
        return then.strftime("%Y-%m-%dT%H:%M:%SZ")

    def answer(self, token="Token", **more):
        """As JSON; `token` is what the session token is called."""
        key, secret, session = self.issue()
        fields = {**more, "AccessKeyId": key, "SecretAccessKey": secret,
                  token: session}
        if self.lifetime is not None:
            fields["Expiration"] = self.expiration()
        return Response(200, json.dumps(fields).encode(),
                        {"Content-Type": "application/json"})

    def refuse(self, status, why):
        self.refused.append(why)
        return Response(status, json.dumps({"message": why}).encode())

    def dress(self, response, event):
        return Response(response.status, response.body, {
            "Date": self._dates.at(self.now()), **response.headers})


class Sts(Issuer):
    """Whoever is known may assume any role. `asked` has the parameters of each
    call that was answered."""

    prefix = "ASIASTS"

    def __init__(self, grants, known):
        super().__init__(grants, known)
        self.region = "eu-central-1"
        self.identities = {"eyJ.web.identity"}
        self.asked = []

    def name(self, request):
        form = dict(parse_qsl(request.body.decode()))
        return form.get("Action", "?"), form.get("RoleArn")

    def work(self, request, event, fault):
        form = dict(parse_qsl(request.body.decode(), strict_parsing=True))
        problem = self._problem(request, form)
        if problem:
            self.refused.append(problem[1])
            return self.error(*problem)
        self.asked.append(form)
        key, secret, token = self.issue()
        action = form["Action"]
        body = (f'<{action}Response xmlns="{NAMESPACE}">\n  <{action}Result>\n'
                f"    <AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId>"
                f"<Arn>{form['RoleArn']}</Arn></AssumedRoleUser>\n"
                f"    <Credentials>\n      <AccessKeyId>{key}</AccessKeyId>\n"
                f"      <SecretAccessKey>{secret}</SecretAccessKey>\n"
                f"      <SessionToken>{token}</SessionToken>\n"
                f"      <Expiration>{self.expiration()}</Expiration>\n"
                f"    </Credentials>\n  </{action}Result>\n"
                f"</{action}Response>\n")
        return Response(200, body.encode(), {"Content-Type": "text/xml"})

    @staticmethod
    def error(code, message, status=403):
        body = (f'<ErrorResponse xmlns="{NAMESPACE}"><Error><Type>Sender'
                f"</Type><Code>{code}</Code><Message>{message}</Message>"
                "</Error><RequestId>r</RequestId></ErrorResponse>")
        return Response(status, body.encode(), {"Content-Type": "text/xml"})

    def _problem(self, request, form):
        if form.get("Version") != "2011-06-15" or "RoleArn" not in form or \
                not 2 <= len(form.get("RoleSessionName", "")) <= 64:
            return "ValidationError", "a parameter is wrong", 400
        if form["Action"] == "AssumeRoleWithWebIdentity":
            if "authorization" in request.headers:
                return "ValidationError", "it is signed", 400
            if form.get("WebIdentityToken") not in self.identities:
                return "InvalidIdentityToken", "not a token of ours", 400
            return None
        if form["Action"] != "AssumeRole":
            return "InvalidAction", "no such action", 400
        return self._unsigned(request)

    def _unsigned(self, request):
        headers = request.headers
        match = AUTHORIZATION.fullmatch(headers.get("authorization", ""))
        if not match:
            return "MissingAuthenticationToken", "it is not signed"
        key, day, region, service, names, signature = match.groups()
        secret, token = self.known.get(key, (None, None))
        if secret is None or headers.get("x-amz-security-token") != token:
            return "InvalidClientTokenId", "The security token is invalid."
        stamp = headers["x-amz-date"]
        if not iso(self.now() - 300) <= stamp <= iso(self.now() + 300):
            return "SignatureDoesNotMatch", f"Signature expired: {stamp}"
        wanted = {"host", "x-amz-date",
                  *(["x-amz-security-token"] if token else [])}
        names = names.split(";")
        if ((region, service) != (self.region, "sts") or
                not wanted <= set(names) or
                not signed(request, names, stamp, signature,
                           Credentials(key, secret, token), "sts", region)):
            return "SignatureDoesNotMatch", "The signature does not match."
        return None


class Metadata(Issuer):
    """An EC2 instance's metadata. `role` None: it has none."""

    prefix = "ASIAEC2"
    token = "AQAEmetadata-token=="

    def __init__(self, grants, known):
        super().__init__(grants, known)
        self.role = "ocr-role"
        self.region = "eu-central-1"
        self.v1 = False              # are calls without token answered?

    def name(self, request):
        return f"{request.method} {request.target}", None

    def work(self, request, event, fault):
        headers = request.headers
        folder = "/latest/meta-data/iam/security-credentials/"
        if request.method == "PUT":
            if headers.get("x-aws-ec2-metadata-token-ttl-seconds") != "21600":
                return self.refuse(400, "no ttl")
            return Response(200, self.token.encode())
        given = headers.get("x-aws-ec2-metadata-token")
        if given != self.token and not (self.v1 and given is None):
            return self.refuse(401, "no token")
        if request.target == "/latest/meta-data/placement/region":
            return Response(200, self.region.encode())
        if request.target == folder and self.role:
            return Response(200, self.role.encode())
        if request.target == folder + str(self.role):
            return self.answer(Code="Success", Type="AWS-HMAC",
                               LastUpdated="2026-01-01T00:00:00Z")
        return Response(404, b"<html>Not Found</html>")


class Container(Issuer):
    """The endpoint of ECS and of EKS Pod Identity. `authorization` is the
    header that it wants, or None."""

    prefix = "ASIAECS"
    path = "/v2/credentials/7a5e?x=%20y"

    def __init__(self, grants, known):
        super().__init__(grants, known)
        self.authorization = None

    def name(self, request):
        return "credentials", None

    def work(self, request, event, fault):
        if request.target != self.path:
            return self.refuse(404, "no such path")
        if request.headers.get("authorization") != self.authorization:
            return self.refuse(401, "not authorized")
        return self.answer(RoleArn="arn:aws:iam::1:role/x")
