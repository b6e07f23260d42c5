"""The demo: the whole job on one machine, with nothing at stake.

Real images, read by a real OCR engine behind a stand-in for Cloudinary; the
real ocrdyn; Amazon's DynamoDB Local behind a front that checks every
signature. All on loopback, over TLS with a throw-away authority. Ends with 0
only if what was expected is what happened.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import botocore.session
from PIL import Image as Picture, ImageDraw, ImageFont

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from peers.ca import CA  # noqa: E402
from peers.cloudinary import Cloudinary, Image  # noqa: E402
from peers.dynamodb import Front, Local  # noqa: E402
from peers.ocr import Tesseract  # noqa: E402

BINARY = pathlib.Path(os.environ.get("OCRDYN", ROOT / "ocrdyn")).resolve()
TABLE = "ocr"

# public_id: the text, its font and size, ink and paper
PICTURES = {
    "menus/anna": ("Trattoria da Anna\nPizza Caprese 9.80\nTiramisu 5.20",
                   "DejaVuSans", 36, "#402010", "#faf0dc"),
    "receipts/22 Nov #1": ("BOOKSHOP\nThe C Language 38.00\nTOTAL 38.00",
                           "DejaVuSansMono", 32, "#141414", "#ffffff"),
    "signs/stop": ("NO ENTRY", "DejaVuSans-Bold", 80, "#ffffff", "#b40000"),
    "cafés/rené": ("Café René", "DejaVuSerif", 48, "#141414", "#ffffff"),
    "sky": ("", "DejaVuSans", 36, "#000000", "#c8dcf0"),
}
MISSING = "scans/lost"
EXPECTED = {public_id: "complete" if picture[0] else "empty"
            for public_id, picture in PICTURES.items()} | {MISSING: "failed"}


def say(text=""):
    print(text, flush=True)


def render(folder):
    """Draws the pictures; returns the account's images."""
    images = []
    for n, (public_id, picture) in enumerate(PICTURES.items()):
        text, font, size, ink, paper = picture
        font = ImageFont.truetype(f"{font}.ttf", size)
        height = 60 + (size + 20) * (text.count("\n") + 1)
        image = Picture.new("RGB", (760, height), paper)
        ImageDraw.Draw(image).multiline_text((40, 30), text, ink, font,
                                             spacing=16)
        image.save(folder / f"{n}.png")
        images.append(Image(public_id, file=folder / f"{n}.png"))
        say(f"  {public_id:20} {text.replace(chr(10), ' / ') or '(no text)'}")
    return images


def dynamodb(front, ca):
    """botocore, a client that has nothing to do with ocrdyn."""
    return botocore.session.Session().create_client(
        "dynamodb", region_name=front.region, endpoint_url=front.url,
        aws_access_key_id=front.ACCESS_KEY,
        aws_secret_access_key=front.SECRET, verify=str(ca.certificate))


def run(folder, environment):
    """Runs ocrdyn as the shell would; returns its rows and exit status."""
    say()
    for name, value in environment.items():
        say(f"  $ export {name}='{value}'")
    say("  $ cat ids")
    ids = "".join(f"{public_id}\n" for public_id in EXPECTED)
    sys.stdout.write("".join(f"  {line}\n" for line in ids.splitlines()))
    say(f"  $ ./ocrdyn -t {TABLE} < ids")
    (folder / "ids").write_text(ids)
    lines = []
    with open(folder / "ids") as stdin, subprocess.Popen(
            [BINARY, "-t", TABLE], env=environment, cwd=folder, stdin=stdin,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True) as process:
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            say(f"  {lines[-1]}")
    say(f"  $ echo $?\n  {process.returncode}")
    rows = [line.split("\t") for line in lines if line.count("\t") == 3]
    return {row[0]: row for row in rows}, process.returncode


def check(wrong, fact, truth):
    say(f"  {'ok' if truth else 'NO'}  {fact}")
    if not truth:
        wrong.append(fact)


def judge(images, rows, status, items, cloudinary, front):
    """Compares what happened with what was expected."""
    say("\nWhat was expected, and whether it happened:")
    wrong = []
    texts = {image.public_id: Tesseract().text(image) for image in images}
    check(wrong, "each id has its row, with the right status",
          {key: row[1] for key, row in rows.items()} == EXPECTED)
    check(wrong, "each row has the text that the OCR engine found",
          all(rows.get(key, [None] * 3)[2] == (
              text.replace("\n", "\\n") or "\\N")
              for key, text in texts.items()))
    check(wrong, "each item in DynamoDB has it, too",
          items == {key: text or None for key, text in texts.items()})
    check(wrong, "the text is what was drawn, é and all",
          texts["cafés/rené"] == PICTURES["cafés/rené"][0])
    check(wrong, "exit status 1: some ids failed, each has its row",
          status == 1)
    check(wrong, f"OCR was paid for once for each image: "
          f"{sum(cloudinary.paid.values())} units for {len(images)} images",
          cloudinary.paid == {key: 1 for key in texts})
    check(wrong, f"one connection to Cloudinary for "
          f"{cloudinary.calls['update']} calls", cloudinary.connections == 1)
    check(wrong, f"every signature verified by botocore's signer: "
          f"{front.verified} good, {len(front.refused)} bad",
          front.verified >= len(images) and not front.refused)
    check(wrong, "no call that broke HTTP's rules",
          not cloudinary.violations + front.violations)
    return wrong


def demo(folder):
    ca = CA(folder)
    certificate = ca.issue()
    say("Five images are drawn, and one id has no image at all:")
    images = render(folder)
    say("Starting on loopback, over TLS: a stand-in for Cloudinary whose OCR "
        "is tesseract;\nDynamoDB Local, behind a front that checks every "
        "signature.")
    with Local() as local, Front(certificate, local) as admin, \
            Front(certificate, local) as front, \
            Cloudinary(certificate, Tesseract(), images) as cloudinary:
        client = dynamodb(admin, ca)
        client.create_table(
            TableName=TABLE, BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "publicId",
                                   "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "publicId", "KeyType": "HASH"}])
        say(f"The table \"{TABLE}\" is there, its key is publicId. "
            "Now, as you would type it:")
        rows, status = run(folder, {
            **cloudinary.environment, **front.environment,
            "SSL_CERT_FILE": str(ca.certificate)})
        say("\nWhat another client, botocore, then finds in DynamoDB:")
        items = {}
        for item in client.scan(TableName=TABLE)["Items"]:
            text = item["text"].get("S")
            items[item["publicId"]["S"]] = text
            say(f"  {item['publicId']['S']:20} {text!r}")
        client.close()
        return judge(images, rows, status, items, cloudinary, front)


def main():
    if not os.access(BINARY, os.X_OK):
        sys.exit("demo: no ./ocrdyn: type make first")
    if not Local().present:
        sys.exit("demo: no DynamoDB Local: run tests/setup.sh demo")
    with tempfile.TemporaryDirectory(prefix="ocrdyn-demo-") as folder:
        wrong = demo(pathlib.Path(folder))
    say(f"\n{len(wrong)} things went wrong." if wrong
        else "\nAll as expected; everything is stopped and gone.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
