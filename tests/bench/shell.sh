#!/bin/sh
# shell.sh < public_ids: the usual loop with curl and jq, with a process and a
# connection for each curl.
set -eu
while IFS= read -r id; do
    escaped=$(jq -rn --arg id "$id" '$id | @uri')
    text=$(curl -sS --fail --cacert "$BENCH_CA" -u key:secret -d ocr=adv_ocr \
            "$BENCH_CLOUDINARY/v1_1/demo/resources/image/upload/$escaped" |
        jq -r '.info.ocr.adv_ocr | select(.status == "complete") |
            .data[0].textAnnotations[0].description')
    jq -n --arg id "$id" --arg text "$text" \
        '{TableName: "ocr", Item: {publicId: {S: $id}, text: {S: $text}}}' |
        curl -sS --fail --cacert "$BENCH_CA" \
            --aws-sigv4 "aws:amz:$AWS_REGION:dynamodb" \
            -u "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
            -H 'Content-Type: application/x-amz-json-1.0' \
            -H 'X-Amz-Target: DynamoDB_20120810.PutItem' \
            --data-binary @- "$BENCH_DYNAMODB/" >/dev/null
    jq -rn --arg id "$id" --arg text "$text" \
        '[$id, "complete", $text, ""] | @tsv'
done
