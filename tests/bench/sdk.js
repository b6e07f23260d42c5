// node sdk.js < public_ids: the usual Node script with the two SDKs, which
// NODE_PATH locates. NODE_EXTRA_CA_CERTS names the CA. Connections stay open
// (by default since Node 19).
"use strict";

const readline = require("node:readline");
const cloudinary = require("cloudinary").v2;
const { DynamoDBClient, PutItemCommand } = require("@aws-sdk/client-dynamodb");

const escapes = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

async function main() {
  cloudinary.config({ cloud_name: "demo", api_key: "key",
    api_secret: "secret", upload_prefix: process.env.BENCH_CLOUDINARY });
  const table = new DynamoDBClient({ endpoint: process.env.BENCH_DYNAMODB });
  for await (const id of readline.createInterface({ input: process.stdin })) {
    const answer = await cloudinary.api.update(id, { ocr: "adv_ocr" });
    const ocr = answer.info.ocr.adv_ocr;
    if (ocr.status !== "complete") throw new Error(id);
    const text = ocr.data[0].textAnnotations[0].description;
    await table.send(new PutItemCommand({ TableName: "ocr",
      Item: { publicId: { S: id }, text: { S: text } } }));
    const safe = text.replace(/[\\\t\n\r]/g, (c) => escapes[c]);
    process.stdout.write(`${id}\tcomplete\t${safe}\t\n`);
  }
  process.exit(0);   // without waiting for idle connections
}

main().catch((error) => { console.error(error); process.exit(1); });
