"""sdk.py < public_ids: the usual Python script, with boto3 for DynamoDB and
requests for Cloudinary. Cloudinary's SDK, which is not in Debian, makes the
same POST with urllib3. Connections stay open."""

import os
import sys
from urllib.parse import quote

import boto3
import requests

ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def main():
    images = requests.Session()
    images.auth = ("key", "secret")
    images.verify = os.environ["BENCH_CA"]
    base = os.environ["BENCH_CLOUDINARY"]
    table = boto3.client("dynamodb", verify=os.environ["BENCH_CA"],
                         endpoint_url=os.environ["BENCH_DYNAMODB"])
    for line in sys.stdin:
        public_id = line.rstrip("\n")
        answer = images.post(
            f"{base}/v1_1/demo/resources/image/upload/{quote(public_id, '')}",
            data={"ocr": "adv_ocr"}, timeout=60)
        answer.raise_for_status()
        ocr = answer.json()["info"]["ocr"]["adv_ocr"]
        if ocr["status"] != "complete":
            raise RuntimeError(public_id)
        text = ocr["data"][0]["textAnnotations"][0]["description"]
        table.put_item(TableName="ocr", Item={"publicId": {"S": public_id},
                                              "text": {"S": text}})
        print(public_id, "complete", text.translate(ESCAPES), "", sep="\t",
              flush=True)


main()
