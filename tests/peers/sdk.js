// Cloudinary's own client, for the tests: a list of calls as JSON on standard
// input, [["api.update", "id", {"ocr": "adv_ocr"}], ...], and of each what it
// gave, {"value": ...} or {"error": ...}, as a list on standard output. The
// account is that of CLOUDINARY_URL.
const { v2: cloudinary } = require("cloudinary");
const fs = require("fs");

function search(options) {
  const query = cloudinary.search.expression(options.expression);
  for (const name of ["max_results", "next_cursor"]) {
    if (options[name] !== undefined) query[name](options[name]);
  }
  for (const name of options.with_field || []) query.with_field(name);
  for (const [name, way] of options.sort_by || []) query.sort_by(name, way);
  return query.execute();
}

function call([name, ...parameters]) {
  if (name === "search") return search(...parameters);
  const [part, method] = name.split(".");
  return cloudinary[part][method](...parameters);
}

async function main() {
  const results = [];
  for (const one of JSON.parse(fs.readFileSync(0, "utf8"))) {
    try {
      results.push({ value: await call(one) });
    } catch (error) {
      results.push({ error: error.error || error });
    }
  }
  process.stdout.write(JSON.stringify(results));
}

main();
