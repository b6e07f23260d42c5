"""A stand-in for Cloudinary: the Admin API as far as ocrdyn uses it, and the
Upload API's explicit. `python3 -m peers.cloudinary` runs it by hand.

It follows C 1 to 6. What is not confirmed of the real service is an
attribute of the stand-in, whose default is what the facts hold likely:

    headers_on_420       X-FeatureRateLimit-* also on a refusal      True
    headers_on_upload    ... also on explicit's answers               False
    echo_value           info.ocr's key is the value asked for        True
    explicit_info        explicit's answer carries info.ocr           True
    charge_failed        OCR that fails is paid for                   True
    wrong_cloud          401, or 404 for an HTML page                 401
    fold_dots            a proxy folds "." and ".." in paths; "all"
                         folds %2e too, "" none                       "literal"

Search knows terms that are joined by AND, as `tags=a AND public_id:b/*`.

Not shown: uploads, updates of anything but `ocr`.
"""

import base64
import email
import hashlib
import json
import math
import random
import re
import string
import threading
import time
import zlib
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, unquote_to_bytes

from .faults import Faults
from .ocr import Canned, Failed
from .server import Dates, Response, Server, Violation

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"
ADD_ON = "OCR Text Detection and Extraction"
OCR_VALUE = re.compile(r"adv_ocr(:[A-Za-z0-9_-]+)*")
TARGET = re.compile(r"/v1_1/([^/?]+)/([^?]*)(?:\?(.*))?")
ASSET_ID = re.compile("[0-9a-f]{32}")
TERM = re.compile(r'([a-z_]+)[:=]("[^"]*"|[^\s"]+)')
PATH_BYTES = set(string.ascii_letters + string.digits + "-._~!$&'()*+,;=:@/%")


def error(status, message, headers=None):
    """An error as the service words it (C 6), its reason in X-Cld-Error."""
    body = json.dumps({"error": {"message": message}}, ensure_ascii=False,
                      separators=(",", ":")).encode()
    reason = message.encode("unicode_escape").decode()
    return Response(status, body, {"Content-Type": JSON,
                                   "X-Cld-Error": reason, **(headers or {})})


def html(status, title):
    """An error as a page, which occurs for 401, 404 and 500 (C 0.10)."""
    body = (f"<!DOCTYPE html>\n<html><head><title>{title}</title></head>\n"
            f"<body><h1>{title}</h1></body></html>\n").encode()
    return Response(status, body, {"Content-Type": HTML})


def hourly(limit, until):
    """The hourly limit is reached until that time (C 5)."""
    when = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(until))
    return error(420, f"Rate Limit Exceeded. Limit of {limit} api operations "
                      f"reached. Try again on {when}")


def add_on_spent(limit):
    """The month's OCR units are spent (C 2.4; its wording for OCR is taken
    from another add-on's)."""
    return error(420, f"Rate Limit Exceeded. Limit of {limit} {ADD_ON} "
                      "operations reached. Try again on the next monthly "
                      "billing usage date.")


def not_found(public_id):
    return error(404, f"Resource not found - {public_id}")


UNSUBSCRIBED = error(
    420, f"You don't have an active subscription for {ADD_ON}")
CONCURRENT = error(420, "Too many concurrent upload_api_explicit operations")
PROCESSING = error(423, "Processing")
FORBIDDEN = error(403, "Request forbidden due to missing permissions "
                       '(actions=["update"])')
MISMATCH = error(401, "api_secret mismatch")
UNKNOWN_KEY = error(401, "Unknown API key")
UNAVAILABLE = error(503, "Service Unavailable")


def too_many(retry_after=None):
    """A plain 429; that Retry-After is ever sent is not confirmed."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return error(429, "Too Many Requests", headers)


@dataclass(slots=True)
class Image:
    """An image of the account. What `text` and `file` mean is the engine's
    affair (ocr.py)."""
    public_id: str = ""
    text: object = None
    file: object = None
    pending: int = 0         # reads before an OCR result is "complete"; for
                             # this add-on not confirmed (C 2.2)
    resource_type: str = "image"
    type: str = "upload"
    tags: tuple = ()
    context: dict = field(default_factory=dict)
    created: int = 1704120182            # Unix seconds
    results: dict = field(default_factory=dict)  # by value: reads to go
    paid: int = 0            # OCR units

    @property
    def asset_id(self):
        return hashlib.md5(repr((self.resource_type, self.type,
                                 self.public_id)).encode()).hexdigest()

    @property
    def folder(self):
        return self.public_id.rpartition("/")[0]


class Quota:
    """The hourly limit (C 5): a fixed window that starts on the full hour,
    unless a test says otherwise. spend() is also for the account's other
    users."""

    def __init__(self, clock, limit=500):
        self._clock = clock
        self._lock = threading.Lock()
        self.window = 3600
        self.limit = self.remaining = limit
        self.reset = (clock() // 3600 + 1) * 3600

    def set(self, limit=None, remaining=None, reset_in=None, window=None):
        """Changes what is given; `reset_in` in seconds, rounded up to what
        the header can say."""
        with self._lock:
            if limit is not None:
                self.limit = self.remaining = limit
            if remaining is not None:
                self.remaining = remaining
            if reset_in is not None:
                self.reset = math.ceil(self._clock() + reset_in)
            if window is not None:
                self.window = window

    def spend(self, n=1):
        """Counts n calls; False if there are none left."""
        with self._lock:
            now = self._clock()
            while now >= self.reset:
                self.reset += self.window
                self.remaining = self.limit
            if self.remaining <= 0:
                return False
            self.remaining = max(0, self.remaining - n)
            return True


class Cloudinary(Server):
    """The account `cloud`. `images` maps (resource_type, type, public_id) to
    Image; in an `open_world` every public_id exists. `engine` does the OCR.

    The JSON's form: `order` is a seed that shuffles members, `ascii` escapes
    what is not ASCII (give Canned the same), `indent` spreads it."""

    # Calls that count against the hourly limit.
    ADMIN = {"update", "get", "list", "search", "usage", "ping"}

    def __init__(self, certificate, engine=None, images=(), open_world=False,
                 cloud="demo", key="123456789012345", secret="s3cr3t_-Abc",
                 port=0):
        super().__init__(certificate, Faults(), port)
        self.engine = engine or Canned()
        self.open_world = open_world
        self.images = OrderedDict()
        for image in images:
            self.add(image)
        self.cloud, self.key, self.secret = cloud, key, secret
        self.token = None            # of OAuth; None: Bearer is refused
        self.forbidden = False       # the key's role may do nothing (403)
        self.subscribed = True       # to the add-on
        self.ocr_limit = 10 ** 9     # its monthly units
        self.ocr_used = 0            # of them
        self.others_per_call = 0     # calls by others for each of ours
        self.order = None
        self.ascii = False
        self.indent = None
        self.headers_on_420 = True
        self.headers_on_upload = False
        self.echo_value = True
        self.explicit_info = True
        self.charge_failed = True
        self.wrong_cloud = 401
        self.fold_dots = "literal"
        self.cursors = "c"           # what they begin with
        self.quota = Quota(self.now)
        self._dates, self._reset_dates = Dates(), Dates()
        self._state = threading.Lock()
        self._request_id = random.Random(0)

    # What tests ask and set.

    @property
    def environment(self):
        """CLOUDINARY_URL for this account at this stand-in (C 7)."""
        return {"CLOUDINARY_URL":
                f"cloudinary://{self.key}:{self.secret}@{self.cloud}"
                f"?upload_prefix={self.url}"}

    def add(self, image):
        if isinstance(image, str):
            image = Image(image)
        place = image.resource_type, image.type, image.public_id
        self.images[place] = image
        return image

    def image(self, public_id, resource_type="image", type="upload"):
        """The image, or None; made on first use in an open world."""
        place = resource_type, type, public_id
        with self._state:
            image = self.images.get(place)
            if image is None and self.open_world:
                image = Image(public_id, resource_type=resource_type,
                              type=type)
                self.images[place] = image
            return image

    def by_asset_id(self, asset_id):
        return next((image for image in list(self.images.values())
                     if image.asset_id == asset_id), None)

    @property
    def paid(self):
        """OCR units by public_id."""
        units = Counter()
        for image in list(self.images.values()):
            if image.paid:
                units[image.public_id] += image.paid
        return units

    # One call.

    def name(self, request):
        match = TARGET.fullmatch(request.target)
        if not match:
            return "?", None
        parts = self._fold(match[2].split("/"))
        if request.method == "POST" and parts[1:] == ["explicit"]:
            fields = self._fields(request) if request.body else {}
            return "explicit", fields.get("public_id")
        if parts in (["ping"], ["usage"]) and request.method == "GET":
            return parts[0], None
        if parts[0] != "resources":
            return "?", None
        if parts[1:] == ["search"]:
            return "search" if request.method == "POST" else "?", None
        if ASSET_ID.fullmatch(parts[-1]) and len(parts) == 2:
            image = self.by_asset_id(parts[1])
            call = {"GET": "get", "PUT": "update"}.get(request.method, "?")
            return call, image.public_id if image else parts[1]
        public_id = self._decode("/".join(parts[3:]))
        if not public_id or parts[2] == "tags":
            return "list" if request.method == "GET" else "?", None
        call = {"GET": "get", "POST": "update"}.get(request.method, "?")
        return call, public_id

    def work(self, request, event, fault):
        match = TARGET.fullmatch(request.target)
        refusal = self._refusal(request, event, match and match[1])
        if refusal:
            return refusal
        parts = self._fold(match[2].split("/"))
        if event.call == "ping":
            return self._json({"status": "ok"})
        if event.call == "usage":
            add_on = {"adv_ocr": {"usage": self.ocr_used,
                                  "limit": self.ocr_limit}}
            return self._json({"plan": "Free",
                               **(add_on if self.subscribed else {})})
        if event.call == "list":
            return self._list(parts[1:], match[3] or "")
        if event.call == "search":
            return self._search(self._fields(request))
        if event.call == "explicit":
            return self._explicit(request, event, parts[0])
        image = self.by_asset_id(parts[1]) if len(parts) == 2 else \
            self.image(event.key, parts[1], parts[2])
        if image is None:
            return not_found(event.key)
        if event.call == "get":
            return self._asset(image, image.results, reading=True)
        return self._update(request, event, image)

    def dress(self, response, event):
        headers = {"Date": self._dates.at(self.now()),
                   "Content-Type": JSON,
                   "Connection": "keep-alive",
                   "X-Request-Id": "%032x" %
                                   self._request_id.getrandbits(128)}
        if self._shows_quota(response.status, event.call):
            headers["X-FeatureRateLimit-Limit"] = self.quota.limit
            headers["X-FeatureRateLimit-Remaining"] = self.quota.remaining
            headers["X-FeatureRateLimit-Reset"] = \
                self._reset_dates.at(self.quota.reset)
        headers.update(response.headers)
        return Response(response.status, response.body, headers)

    def _shows_quota(self, status, call):
        if call == "explicit":
            return self.headers_on_upload
        if status in (420, 429):
            return self.headers_on_420
        return call in self.ADMIN and status not in (401, 403, 500, 503)

    # Before any work.

    def _refusal(self, request, event, cloud):
        if event.call == "?":
            return html(404, "The page you were looking for doesn't exist")
        if cloud != self.cloud:
            return (error(401, "cloud_name mismatch")
                    if self.wrong_cloud == 401 else html(404, "Not Found"))
        if event.call == "explicit" and "authorization" not in \
                request.headers:
            refusal = self._signed(self._fields(request))
        else:
            refusal = self._authorize(request.headers.get("authorization",
                                                          ""))
        if refusal:
            return refusal
        if self.forbidden and event.call != "ping":
            return FORBIDDEN
        if event.call in self.ADMIN:
            if not self.quota.spend(1 + self.others_per_call):
                return hourly(self.quota.limit, self.quota.reset)
        return None

    def _authorize(self, authorization):
        scheme, _, value = authorization.partition(" ")
        if scheme == "Bearer":
            return None if value == self.token else \
                error(401, "Invalid credentials")
        if scheme != "Basic":
            return error(401, "Invalid credentials")
        try:
            key, _, secret = base64.b64decode(
                value, validate=True).decode().partition(":")
        except ValueError:
            return error(401, "Invalid credentials")
        if key != self.key:
            return UNKNOWN_KEY
        return None if secret == self.secret else MISMATCH

    def _signed(self, fields):
        """The other way to authorize an upload: a signature over what is
        sent, with the secret behind it (C 4)."""
        if fields.get("api_key") != self.key:
            return UNKNOWN_KEY
        signed = "&".join(
            f"{name}={value.replace('&', '%26')}" for name, value
            in sorted(fields.items()) if value and name not in
            ("file", "cloud_name", "resource_type", "api_key", "signature"))
        if hashlib.sha1((signed + self.secret).encode()).hexdigest() != \
                fields.get("signature"):
            return error(401, f"Invalid Signature {fields.get('signature')}. "
                              f"String to sign - '{signed}'.")
        if abs(self.now() - int(fields.get("timestamp") or 0)) > 3600:
            return error(401, "Stale request")
        return None

    def _fold(self, parts):
        """Path segments, still encoded; dot segments go as RFC 3986, 5.2.4,
        has proxies do it."""
        folded = []
        for part in parts:
            dots = part
            if self.fold_dots == "all":
                dots = re.sub("%2e", ".", part, flags=re.I)
            if self.fold_dots and dots == "..":
                del folded[-1:]
            elif not self.fold_dots or dots != ".":
                folded.append(part)
        # "resources%2Fsearch" is what the SDK for Node asks for
        return re.split("/|%2F", "/".join(folded), flags=re.I)

    @staticmethod
    def _decode(text):
        """Percent-decodes a path, once (C 1.5)."""
        if "%" not in text and set(text) <= PATH_BYTES:
            return text
        if not set(text) <= PATH_BYTES:
            raise Violation(f"path {text!r}")
        if re.search("%(?![0-9A-Fa-f]{2})", text):
            raise Violation(f"path {text!r}")
        try:
            return unquote_to_bytes(text).decode()
        except UnicodeDecodeError:
            raise Violation(f"path {text!r} is not UTF-8") from None

    @staticmethod
    def _fields(request):
        """The body's parameters: a form or JSON (C 1.3)."""
        kind = request.headers.get("content-type", "").partition(";")[0]
        try:
            if kind == "application/x-www-form-urlencoded":
                return dict(parse_qsl(
                    request.body.decode("ascii"), keep_blank_values=True,
                    strict_parsing=bool(request.body), errors="strict"))
            if kind == "application/json":
                fields = json.loads(request.body)
                if isinstance(fields, dict):
                    return fields
            if kind == "multipart/form-data":
                whole = email.message_from_bytes(
                    b"Content-Type: " + request.headers["content-type"]
                    .encode() + b"\r\n\r\n" + request.body)
                return {part.get_param("name", header="content-disposition"):
                        part.get_payload(decode=True).decode()
                        for part in whole.get_payload()}
        except ValueError:
            pass
        raise Violation(f"a body that is not {kind or 'of any type'}")

    # The calls.

    def _update(self, request, event, image):
        fields = self._fields(request)
        if "ocr" not in fields:
            return self._asset(image, image.results)
        return self._ocr(image, fields["ocr"], event)

    def _explicit(self, request, event, resource_type):
        fields = self._fields(request)
        for name in "public_id", "type":
            if not fields.get(name):
                return error(400, f"Missing required parameter - {name}")
        image = self.image(event.key, resource_type, fields["type"])
        if image is None:
            return not_found(event.key)
        if "ocr" not in fields:
            return self._asset(image, {})
        answer = self._ocr(image, fields["ocr"], event)
        if answer.status == 200 and not self.explicit_info:
            return self._asset(image, {})
        return answer

    def _ocr(self, image, value, event):
        if not isinstance(value, str) or not OCR_VALUE.fullmatch(value):
            return error(400, f"Illegal value {value} for parameter ocr")
        if not self.subscribed:
            return UNSUBSCRIBED
        if self.ocr_used >= self.ocr_limit:
            return add_on_spent(self.ocr_limit)
        try:
            self.engine.data(image, value)
            charged = True
        except Failed:
            charged = self.charge_failed
        with self._state:
            if charged:
                self.ocr_used += 1
                image.paid += 1
                event.paid += 1
            image.results[value] = image.pending
        return self._asset(image, {value: image.pending})

    def _asset(self, image, results, reading=False):
        """The asset with its OCR results; each read brings a pending result
        nearer to its end."""
        parts = []
        for value, pending in results.items():
            if reading and pending:
                image.results[value] = pending - 1
            name = json.dumps(value if self.echo_value else "adv_ocr")
            parts.append(f"{name}:{self._result(image, value, pending)}")
        asset = self._describe(image)
        text = self._dump(asset)
        if parts:
            text = (text[:-1] + ',"info":{"ocr":{' + ",".join(parts) + "}}}")
        if self.order is not None or self.indent:
            text = self._dump(self._shuffle(json.loads(text)), self.indent)
        return Response(200, text.encode(), {})

    def _result(self, image, value, pending):
        if pending:
            return '{"status":"pending"}'
        try:
            data = self.engine.data(image, value)
            return f'{{"status":"complete","data":{data}}}'
        except Failed as reason:
            return self._dump({"status": "failed", "data": str(reason)})

    def _describe(self, image):
        """The asset's own members (C 2.1)."""
        public_id = image.public_id
        digest = image.asset_id
        path = (f"//res.cloudinary.com/{self.cloud}/{image.resource_type}/"
                f"{image.type}/v1704120182/{digest}.png")
        return {"asset_id": digest, "public_id": public_id,
                "version": 1704120182, "version_id": digest[::-1],
                "signature": digest + "00000000", "width": 1280,
                "height": 720, "format": "png",
                "resource_type": image.resource_type,
                "created_at": time.strftime("%Y-%m-%dT%H:%M:%SZ",
                                            time.gmtime(image.created)),
                "tags": list(image.tags), "pages": 1,
                "bytes": 179956, "type": image.type, "etag": digest,
                "placeholder": False, "url": f"http:{path}",
                "secure_url": f"https:{path}",
                "folder": image.folder, "asset_folder": image.folder}

    def _list(self, parts, query):
        """One page of the account's images (C 3.1)."""
        try:
            options = dict(parse_qsl(query, keep_blank_values=True,
                                     strict_parsing=bool(query),
                                     errors="strict"))
            since = self._time(options.get("start_at"))
        except ValueError:
            return error(400, "Invalid value for parameter")
        resource_type, kind, tag = parts[0], None, None
        if parts[0] == "by_asset_folder":
            resource_type = None
        elif len(parts) > 2 and parts[1] == "tags":
            tag = self._decode("/".join(parts[2:]))
        elif len(parts) > 1 and parts[1]:
            kind = parts[1]
        if "prefix" in options and not kind:
            return error(400, "Missing required parameter - type")
        folder = options.get("asset_folder")
        with self._state:
            found = [image for image in self.images.values()
                     if resource_type in (None, image.resource_type)
                     and kind in (None, image.type)
                     and (tag is None or tag in image.tags)
                     and (folder is None or folder == image.folder)
                     and since <= image.created
                     and image.public_id.startswith(options.get("prefix",
                                                                ""))]
        if options.get("direction", "asc") == "desc":
            found.reverse()
        shown = [name for name in ("tags", "context")
                 if options.get(name) == "true"]
        return self._page(found, options, shown)

    @staticmethod
    def _time(text):
        return 0 if text is None else datetime.fromisoformat(
            text.replace("Z", "+00:00")).timestamp()

    def _search(self, options):
        """One page of what an expression finds (C 3.2)."""
        expression = options.get("expression", "")
        found = list(self.images.values())
        for term in filter(None, expression.split(" AND ")):
            match = TERM.fullmatch(term.strip())
            if not match or match[2].startswith("*"):
                return error(400, f"Query Error (at position 1) {term}")
            name, value = match[1], match[2].strip('"')
            found = [image for image in found
                     if self._finds(image, name, value)]
        found.sort(key=lambda image: image.created, reverse=True)
        for order in reversed(options.get("sort_by", [])):
            (name, way), = order.items()
            found.sort(key=lambda image: self._describe(image)[name],
                       reverse=way == "desc")
        answer = self._page(found, options, options.get("with_field", []))
        if answer.status == 200:
            page = {"total_count": len(found), "time": 42,
                    **json.loads(answer.body)}
            return self._json(page)
        return answer

    def _finds(self, image, name, value):
        had = image.tags if name == "tags" else (
            image.folder if name == "asset_folder" else
            self._describe(image).get(name),)
        return any(one == value or (value.endswith("*") and
                                    str(one).startswith(value[:-1]))
                   for one in had)

    def _page(self, found, options, shown):
        """A page; its cursor is good for the same question only, and only
        as long as `cursors` is not changed."""
        question = repr(sorted((name, value) for name, value in options.items()
                               if name not in ("next_cursor", "max_results")))
        mark = f"{self.cursors}{zlib.crc32(question.encode()):08x}"
        try:
            most = int(options.get("max_results", "10"))
            cursor = options.get("next_cursor") or mark + "0"
            if not cursor.startswith(mark):
                raise ValueError(cursor)
            start = int(cursor[len(mark):], 16)
        except ValueError:
            return error(400, "Invalid value for parameter next_cursor")
        if not 1 <= most <= 500:
            return error(400, "max_results should be between 1 and 500")
        resources = []
        for image in found[start:start + most]:
            resource = self._describe(image)
            if "tags" not in shown:
                del resource["tags"]
            if "context" in shown and image.context:
                resource["context"] = {"custom": image.context}
            resources.append(resource)
        page = {"resources": resources}
        if start + most < len(found):
            page["next_cursor"] = f"{mark}{start + most:056x}"
        return self._json(page)

    # JSON.

    def _json(self, value):
        return Response(200, self._dump(self._shuffle(value)).encode(), {})

    def _dump(self, value, indent=None):
        return json.dumps(value, ensure_ascii=self.ascii, indent=indent,
                          separators=None if indent else (",", ":"))

    def _shuffle(self, value):
        if self.order is None:
            return value
        return _shuffled(value, random.Random(self.order))


def _shuffled(value, rng):
    if isinstance(value, list):
        return [_shuffled(item, rng) for item in value]
    if isinstance(value, dict):
        items = [(name, _shuffled(item, rng)) for name, item in value.items()]
        rng.shuffle(items)
        return dict(items)
    return value


def main():
    import argparse
    import pathlib
    import signal
    import tempfile
    from .ca import CA
    from .ocr import Tesseract

    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("images", nargs="*", type=pathlib.Path,
                        help="files for tesseract; their names without "
                        "extension are the public_ids; without any, every "
                        "public_id exists and has a canned text")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    ends = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    with tempfile.TemporaryDirectory() as folder:
        ca = CA(pathlib.Path(folder))
        engine = Tesseract() if options.images else Canned()
        images = [Image(file.stem, file=file) for file in options.images]
        with Cloudinary(ca.issue(), engine, images,
                        open_world=not images, port=options.port) as server:
            for name, value in {**server.environment, "SSL_CERT_FILE":
                                ca.certificate}.items():
                print(f"export {name}='{value}'", flush=True)
            signal.sigwait(ends)


if __name__ == "__main__":
    main()
