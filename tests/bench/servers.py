"""The servers for run.py and scale.py: an nginx with TLS, canned answers and
connections that stay open, which counts connections and requests.

The Cloudinary answers have the structure of those in peers/cloudinary.py and
are the same for every id; the path begins with /SIZE. What a client sends is
not checked here; other tests do that.
"""

import email.utils
import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from peers.ca import CA  # noqa: E402
from peers.cloudinary import Image  # noqa: E402
from peers.ocr import Canned  # noqa: E402

SIZES = {"3 KB": 3000, "57 KB": 57000, "366 KB": 366000}

TABLE = json.dumps({"Table": {
    "TableName": "ocr", "TableStatus": "ACTIVE", "ItemCount": 0,
    "AttributeDefinitions": [{"AttributeName": "publicId",
                              "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "publicId", "KeyType": "HASH"}]}},
    separators=(",", ":"))

# nginx refuses a POST to a file; an error page makes it answer with the
# file.
CONFIGURATION = """
daemon off; master_process off; pid nginx.pid; error_log error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path t; proxy_temp_path t; fastcgi_temp_path t;
    uwsgi_temp_path t; scgi_temp_path t;
    default_type application/json;
    keepalive_requests 1000000000; keepalive_timeout 1h;
    client_body_buffer_size 512k; client_max_body_size 1m;
    open_file_cache max=16 inactive=1h;
    ssl_certificate {certificate}; ssl_certificate_key {key};
    ssl_protocols TLSv1.2 TLSv1.3;
    map $http_x_amz_target $dynamodb {{
        default '{{}}';
        DynamoDB_20120810.DescribeTable '{table}';
    }}
    map $http_x_amz_target $crc {{
        default {crc_empty};
        DynamoDB_20120810.DescribeTable {crc_table};
    }}
    server {{
        listen 127.0.0.1:{images} ssl;
        root .;
        add_header X-FeatureRateLimit-Limit 100000000;
        add_header X-FeatureRateLimit-Remaining 99999999;
        add_header X-FeatureRateLimit-Reset "{reset}";
        {locations}
    }}
    server {{
        listen 127.0.0.1:{dynamodb} ssl;
        default_type application/x-amz-json-1.0;
        add_header x-amz-crc32 $crc;
        location / {{ return 200 $dynamodb; }}
    }}
    server {{ listen 127.0.0.1:{status}; location / {{ stub_status; }} }}
}}
"""

LOCATION = """
location = /{0}.json {{ }}
location /{0}/ {{ error_page 405 =200 /{0}.json; return 405; }}
"""


def answer(size):
    """Returns a Cloudinary answer of about `size` bytes, and its text."""
    image = Image("scans/page-1")
    asset = json.dumps({
        "asset_id": "31d2c3d453ba7c6def4e43b11fcf3185",
        "public_id": image.public_id, "version": 1704120182, "width": 1280,
        "height": 720, "format": "png", "resource_type": "image",
        "created_at": "2024-01-01T14:43:02Z", "tags": [], "pages": 1,
        "bytes": 179956, "type": "upload", "placeholder": False,
        "url": "http://res.cloudinary.com/demo/image/upload/scans/page-1.png",
        "folder": "scans"}, separators=(",", ":"))
    engine = Canned(size - len(asset) - 70)
    data = engine.data(image, "adv_ocr")
    return (f'{asset[:-1]},"info":{{"ocr":{{"adv_ocr":{{"status":"complete",'
            f'"data":{data}}}}}}}}}', engine.text(image))


class Servers:
    """A context manager that runs nginx in `folder`. `texts` has the text of
    each size; environment(size) is a client's environment."""

    def __init__(self, folder, sizes=SIZES):
        self.folder = folder
        self.texts = {}
        self._looks = 0
        self._names = {size: size.partition(" ")[0] for size in sizes}
        self._ca = CA(folder)
        certificate, key = self._ca.issue()
        self._ports = free_ports(3)
        for size, n in sizes.items():
            body, self.texts[size] = answer(n)
            (folder / f"{self._names[size]}.json").write_text(body)
        images, dynamodb, status = self._ports
        (folder / "nginx.conf").write_text(CONFIGURATION.format(
            certificate=certificate, key=key, images=images,
            dynamodb=dynamodb, status=status, table=TABLE,
            crc_empty=zlib.crc32(b"{}"), crc_table=zlib.crc32(TABLE.encode()),
            reset=email.utils.formatdate(time.time() + 3600, usegmt=True),
            locations="".join(map(LOCATION.format, self._names.values()))))

    def __enter__(self):
        path = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin")
        self._process = subprocess.Popen(
            [path, "-p", self.folder, "-c", "nginx.conf"])
        while True:
            try:
                self.served()
                return self
            except OSError:
                if self._process.poll() is not None:
                    raise RuntimeError("nginx does not start") from None
                time.sleep(0.01)

    def __exit__(self, *_):
        with self._process:
            self._process.terminate()

    def environment(self, size):
        """The variables that ocrdyn and the SDKs read, and BENCH_* for the
        other clients."""
        images, dynamodb, _ = self._ports
        prefix = f"https://localhost:{images}/{self._names[size]}"
        endpoint, ca = f"https://localhost:{dynamodb}", self._ca.certificate
        return {
            "PATH": "/usr/bin:/bin", "HOME": str(self.folder),
            "CLOUDINARY_URL":
                f"cloudinary://key:secret@demo?upload_prefix={prefix}",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
            "SSL_CERT_FILE": str(ca), "NODE_EXTRA_CA_CERTS": str(ca),
            "BENCH_CLOUDINARY": prefix, "BENCH_DYNAMODB": endpoint,
            "BENCH_CA": str(ca)}

    def served(self):
        """Connections and requests so far, except those of this method."""
        with urllib.request.urlopen(
                f"http://127.0.0.1:{self._ports[2]}/", timeout=5) as response:
            numbers = response.read().decode().split("\n")[2].split()
        self._looks += 1
        return int(numbers[0]) - self._looks, int(numbers[2]) - self._looks


def free_ports(n):
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports
