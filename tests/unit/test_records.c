/*
 * The unit test of records.c: each case is read whole, byte by byte and cut
 * at every place, and what rows.c writes is read back. It has read(2) and
 * write(2) of its own, which are memory.
 */
#include "rows/records.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/test.h"

enum { OUT = 1 << 22 };

/* ---- system calls ---- */

static struct {
    const unsigned char *bytes;
    size_t n, at;
    size_t most;                     /* bytes in one call */
    size_t cut;                      /* where one call ends, too */
    int error;                       /* of every other call, if not 0 */
    unsigned count;
} source;

static unsigned char written[OUT];
static size_t written_n;

ssize_t read(int fd, void *bytes, size_t n)
{
    size_t left = source.n - source.at;

    (void)fd;
    if (source.count++ % 2 == 0 && source.error != 0) {
        errno = source.error;
        return -1;
    }
    if (source.at < source.cut && left > source.cut - source.at)
        left = source.cut - source.at;
    n = n < left ? n : left;
    n = n < source.most ? n : source.most;
    if (n > 0)
        memcpy(bytes, source.bytes + source.at, n);
    source.at += n;
    return (ssize_t)n;
}

ssize_t write(int fd, const void *bytes, size_t n)
{
    (void)fd;
    if (n > OUT - written_n)
        return -1;
    memcpy(written + written_n, bytes, n);
    written_n += n;
    return (ssize_t)n;
}

/* ---- what was read, as text ---- */

static char transcript[2 * OUT];
static size_t transcript_n;

static void tell(const void *bytes, size_t n)
{
    if (n >= sizeof transcript - transcript_n)
        abort();
    memcpy(transcript + transcript_n, bytes, n);
    transcript_n += n;
    transcript[transcript_n] = '\0';
}

static void tell_text(const char *text)
{
    tell(text, strlen(text));
}

/* A field as name=text, name~ if it is absent, or name:JSON; a NUL as "0". */
static void tell_field(const struct record_field *f)
{
    size_t from = transcript_n;

    tell(f->name, f->name_len);
    tell_text(f->type == JSON_NULL ? "~" : f->type == JSON_STRING ? "=" : ":");
    if (f->type != JSON_NULL)
        tell(f->bytes, f->len);
    else if (f->bytes != NULL || f->len != 0)
        tell_text("an absent field has bytes");
    for (; from < transcript_n; from++) {
        if (transcript[from] == '\0')
            transcript[from] = '0';
    }
}

static struct records records;

/* Reads all of `source`: each record as {field;field}, a wrong one as its
   sentence between ! and !, the end as a full stop. */
static void tell_all(enum rows_format format, bool null,
                     const char *const *columns, size_t n)
{
    enum records_read answer;
    uint64_t number = 0;

    transcript_n = 0;
    records_init(&records, 0, format, null, columns, n);
    do {
        answer = records_next(&records);
        if (answer == RECORDS_ONE) {
            tell_text("{");
            for (size_t i = 0; i < records.n; i++) {
                tell_text(i > 0 ? ";" : "");
                tell_field(&records.fields[i]);
            }
            tell_text("}");
        } else if (answer == RECORDS_BAD || answer == RECORDS_BROKEN ||
                   answer == RECORDS_REFUSED) {
            tell_text("!");
            tell_text(records.error.text);
            tell_text("!");
        }
        if (answer <= RECORDS_BAD && records.number != ++number)
            tell_text("a wrong number");
    } while (answer <= RECORDS_MORE ||
             (answer == RECORDS_ERROR && errno == EINTR));
    if (records_next(&records) != answer)
        tell_text("the end does not stick");
    if (answer == RECORDS_END)
        tell_text(".");
    records_free(&records);
}

static void source_init(const void *bytes, size_t n)
{
    memset(&source, 0, sizeof source);
    source.bytes = bytes;
    source.n = n;
    source.most = SIZE_MAX;
}

/* In all ways: whole, cut at each place, byte by byte, and that with EAGAIN
   and EINTR in between. */
static void check_ways(const char *what, enum rows_format format, bool null,
                       const void *bytes, size_t n, const char *expected)
{
    size_t wrong = 0;

    for (size_t cut = 0; cut < n + 4; cut++) {
        source_init(bytes, n);
        source.cut = cut < n ? cut : 0;
        source.most = cut >= n + 1 ? 1 : SIZE_MAX;
        source.error = cut == n + 2 ? EAGAIN : cut == n + 3 ? EINTR : 0;
        tell_all(format, null, NULL, 0);
        wrong += strcmp(transcript, expected) != 0;
        if (cut == 0)
            CHECK(wrong == 0, "%s: %.300s is %.300s", what, expected,
                  transcript);
    }
    CHECK(wrong == 0, "%s: however it is cut", what);
}

/* ---- cases ---- */

struct text_case {
    enum rows_format format;
    bool null;
    const char *text, *expected;     /* NUL is written as "@" with null */
};

#define R1 "!record 1: "
#define HALF "it has half of a surrogate pair, such as \\ud800, which is not " \
    "a character!"
#define COLUMNS "!the names of columns: "

static const struct text_case tsv[] = {
    {ROWS_TSV, false, "", "."},
    {ROWS_TSV, false, "a\tb\tc\td\n",
        "{public_id=a;status=b;text=c;detail=d}."},
    {ROWS_TSV, false, "a\tb\tc\td", "{public_id=a;status=b;text=c;detail=d}."},
    {ROWS_TSV, false, "a\t\t\\N\t\r\n", "{public_id=a;status=;text~;detail=}."},
    {ROWS_TSV, false, "\\N\t\\N\t\\N\t\\N",
        "{public_id~;status~;text~;detail~}."},
    {ROWS_TSV, false, "a\\N\t\\Nb\t\\N\\N\t\\\\N\n",
        "{public_id=aN;status=Nb;text=NN;detail=\\N}."},
    {ROWS_TSV, false, "\\b\\f\t\\n\\r\t\\t\\v\t\\\\\\q\\.\n",
        "{public_id=\b\f;status=\n\r;text=\t\v;detail=\\q.}."},
    {ROWS_TSV, false, "\\x41\\x4a\\x4A\t\\x4\t\\x\\xg\t\\x417\n",
        "{public_id=AJJ;status=\004;text=xxg;detail=A7}."},
    {ROWS_TSV, false, "\\101\\1018\t\\0\t\\8\\18\t\\501\n",
        "{public_id=AA8;status=0;text=8\0018;detail=A}."},
    {ROWS_TSV, false, "a\\\nb\t\\\tc\t\\\rd\te\n",
        "{public_id=a\nb;status=\tc;text=\rd;detail=e}."},
    {ROWS_TSV, false, "\357\273\277a\tb\tc\t\377\n",
        "{public_id=a;status=b;text=c;detail=\377}."},
    {ROWS_TSV, false, "a\tb\tc\td\n\357\273\277a\tb\tc\td\n",
        "{public_id=a;status=b;text=c;detail=d}"
        "{public_id=\357\273\277a;status=b;text=c;detail=d}."},
    {ROWS_TSV, true, "\357\273\277a\tb\tc\td@",
        "{public_id=\357\273\277a;status=b;text=c;detail=d}."},
    {ROWS_TSV, false, "a\tb\nc\td\te\tf\n",
        R1 "the number of its fields is 2, not 4!"
        "{public_id=c;status=d;text=e;detail=f}."},
    {ROWS_TSV, false, "a\tb\tc\td\te\n\n\\.\n",
        R1 "the number of its fields is 5, not 4!"
        "!record 2: the number of its fields is 1, not 4!"
        "!record 3: the number of its fields is 1, not 4!."},
    {ROWS_TSV, false, "a\rb\tb\tc\td\nc\td\te\tf\n",
        R1 "it has a CR that is not escaped!"
        "{public_id=c;status=d;text=e;detail=f}."},
    {ROWS_TSV, false, "a\tb\tc\td\r", R1 "it has a CR that is not escaped!."},
    {ROWS_TSV, false, "a\tb\tc\td\\", R1 "it ends in a backslash!."},
    {ROWS_TSV, false, "a\tb\tc\t\\x",
        "{public_id=a;status=b;text=c;detail=x}."},
    {ROWS_TSV, false, "a\tb\tc\t\\7",
        "{public_id=a;status=b;text=c;detail=\007}."},
    {ROWS_TSV, true, "a\tb\t\td\\n\n\\N@c\td\te\tf@",
        "{public_id=a;status=b;text~;detail=d\\n\n\\N}"
        "{public_id=c;status=d;text=e;detail=f}."},
    {ROWS_TSV, true, "@a\t\t\t", R1 "the number of its fields is 1, not 4!"
        "{public_id=a;status~;text~;detail~}."},
};

static const struct text_case csv[] = {
    {ROWS_CSV, false, "", COLUMNS "there is no header line!"},
    {ROWS_CSV, false, "\357\273\277", COLUMNS "there is no header line!"},
    {ROWS_CSV, false, "\r\n\n", COLUMNS "there is no header line!"},
    {ROWS_CSV, false, "a,b", "."},
    {ROWS_CSV, false, "a,b\r\n1,2\r\n", "{a=1;b=2}."},
    {ROWS_CSV, false, "a,b\n1,2\n3,4", "{a=1;b=2}{a=3;b=4}."},
    {ROWS_CSV, false, "\357\273\277a\n\357\273\277\n", "{a=\357\273\277}."},
    {ROWS_CSV, false, "\357\273\277\"a\"\n1\n", "{a=1}."},
    {ROWS_CSV, false, "\357\273a\n1\n", COLUMNS "name 1, \"\\xEF\\xBBa\", "
        "is not UTF-8!"},
    {ROWS_CSV, false, "a,n\351\n1,2\n", COLUMNS "name 2, \"n\\xE9\", is not "
        "UTF-8 (Windows-1252?)!"},
    {ROWS_CSV, false, "a\nn\351\n", "{a=n\351}."},
    {ROWS_CSV, false, "\n\r\na,b\r\n\r\n\n1,2\r\n\r\n", "{a=1;b=2}."},
    {ROWS_CSV, false, "a,b,c\n,\"\", \n", "{a~;b=;c= }."},
    {ROWS_CSV, false, "a,b\r\n\"\",\"\"\r\n,\r\n", "{a=;b=}{a~;b~}."},
    {ROWS_CSV, false, "a\n\"\"\n\n\"\"\r\n", "{a=}{a=}."},
    {ROWS_CSV, false, "a\n\"x\r\ny\n,\"\"z\"\"\"\n", "{a=x\r\ny\n,\"z\"}."},
    {ROWS_CSV, false, "\"a,\"\"\",b\n1,2", "{a,\"=1;b=2}."},
    {ROWS_CSV, false, "a\n\"x\"", "{a=x}."},
    {ROWS_CSV, false, "a,b\n1\n1,2,3\n4,5\n",
        R1 "the number of its fields is 1, not 2!"
        "!record 2: the number of its fields is 3, not 2!{a=4;b=5}."},
    {ROWS_CSV, false, "a,,b\n", COLUMNS "name 2 is empty!"},
    {ROWS_CSV, false, "\"\"\n", COLUMNS "name 1 is empty!"},
    {ROWS_CSV, false, "a,b,a\n", COLUMNS "names 1 and 3 are the same!"},
    {ROWS_CSV, false, "a,b\n1,2\"\n3,4\n", "!record 1: a field that does "
        "not begin with a quote contains one!"},
    {ROWS_CSV, false, "a,b\n1,\"2\" \n3,4\n", "!record 1: a quoted field "
        "continues after its closing quote!"},
    {ROWS_CSV, false, "a\"\n", COLUMNS "a field that does not begin with a "
        "quote contains one!"},
    {ROWS_CSV, false, "a,b\nx\ry,2\n3,4\n", R1 "it has a CR outside quotes "
        "that no LF follows!{a=3;b=4}."},
    {ROWS_CSV, false, "a\nx\r", R1 "it has a CR outside quotes that no LF "
        "follows!."},
    {ROWS_CSV, false, "a\n\"x\n", R1 "it ends between quotes!."},
    {ROWS_CSV, true, "a,b@1,\"\"@\"\n\",\"\"\"\"@,2",
        "{a=1;b=}{a=\n;b=\"}{a~;b=2}."},
    {ROWS_CSV, true, "a,b@1\n,2@1,\"2@1,2\"@1,\"2\"x@@3,4@",
        R1 "it has a line end outside quotes!"
        "!record 2: it ends between quotes!"
        "!record 3: a field that does not begin with a quote contains one!"
        "!record 4: a quoted field continues after its closing quote!"
        "{a=3;b=4}."},
    {ROWS_CSV, true, "a\"@", COLUMNS "a field that does not begin with a "
        "quote contains one!"},
};

static const struct text_case jsonl[] = {
    {ROWS_JSONL, false, "", "."},
    {ROWS_JSONL, false, "\357\273\277\n \r\n{}\n\n", "{}."},
    {ROWS_JSONL, false, "{\"a\":\"x\",\"b\":null,\"c\":-1.50e3,\"d\":true,"
        "\"e\":false,\"\\u0066\":\"\\n\\u00e9\\u0000\"}",
        "{a=x;b~;c:-1.50e3;d:true;e:false;f=\n\303\2510}."},
    {ROWS_JSONL, false, " { \"a\" : [1, \"x\\n\", {\"a\": null}] , \"b\":{}, "
        "\"c\": {\"a\": {\"a\": 1}, \"b\": [[]]}, \"d\": \"\" } \r\n",
        "{a:[1, \"x\\n\", {\"a\": null}];b:{};c:{\"a\": {\"a\": 1}, "
        "\"b\": [[]]};d=}."},
    {ROWS_JSONL, false, "[{}]\n\"a\"\n1\n{\"a\":1}\n",
        R1 "it is not a JSON object!!record 2: it is not a JSON object!"
        "!record 3: it is not a JSON object!{a:1}."},
    {ROWS_JSONL, false, "{\"a\":1,\"b\":2,\"a\":3}\n{\"\":1}\n",
        R1 "names 1 and 3 are the same!!record 2: name 1 is empty!."},
    {ROWS_JSONL, false, "{\"a\":\n1}\n{\"a\":1} {}\n{\"a\":\"\377\"}\n{",
        R1 "not JSON at byte 5 of it: the document ends too early!"
        "!record 2: it is not a JSON object!"
        "!record 3: not JSON at byte 8 of it: something follows the document!"
        "!record 4: the value of \"a\" is not UTF-8 (Windows-1252?)!"
        "!record 5: not JSON at byte 1 of it: the document ends too early!."},
    {ROWS_JSONL, false, "{\"a\":\"\\ud83d\\ude00\"}\n{\"a\":\"\\ud800x\"}\n"
     "{\"a\":[\"\\udc00\"]}\n{\"\\ud800\":1}\n{\"a\":\"\\ud800\\ud800\"}\n"
     "{\"a\":1}", "{a=\360\237\230\200}!record 2: " HALF "!record 3: " HALF
     "!record 4: " HALF "!record 5: " HALF "{a:1}."},
    {ROWS_JSONL, true, "{\"a\":\n1}@\n@{\"b\":2}", "{a:1}{b:2}."},
};

static const struct text_case raw[] = {
    {ROWS_TEXT, true, "", "."},
    {ROWS_TEXT, true, "a\n\t\\N\"@@\357\273\277",
        "{text=a\n\t\\N\"}{text=}{text=\357\273\277}."},
    {ROWS_TEXT, false, "a\r\n\nb", "{text=a\r}{text=}{text=b}."},
};

static void check_cases(const struct text_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char bytes[512];
        size_t len = strlen(cases[i].text);

        memcpy(bytes, cases[i].text, len + 1);
        for (size_t k = 0; cases[i].null && k < len; k++) {
            if (bytes[k] == '@')
                bytes[k] = '\0';
        }
        check_ways(cases[i].text, cases[i].format, cases[i].null, bytes, len,
                   cases[i].expected);
    }
}

static unsigned char big[RECORDS_MAX + 64];

static void test_columns(void)
{
    static const char *const some[] = {"id", "n"}, *const twice[] = {"a", "a"},
        *const empty[] = {""};
    static const char one[] = "x\\t\t\\N\n", broken[] = COLUMNS;

    source_init(one, sizeof one - 1);
    tell_all(ROWS_TSV, false, some, 2);
    CHECK(strcmp(transcript, "{id=x\t;n~}.") == 0, "columns of the caller's: "
          "%s", transcript);
    tell_all(ROWS_TSV, false, twice, 2);
    CHECK(records.broken && strncmp(records.error.text, broken,
                                    strlen(broken) - 2) != 0,
          "columns of one name are refused: %s", records.error.text);
    tell_all(ROWS_TSV, false, empty, 1);
    CHECK(records.broken, "a column without a name is refused");
    for (size_t more = 0; more < 2; more++) {
        const char *const long_name[] = {(char *)big};

        memset(big, 'x', RECORDS_MAX + more);
        big[RECORDS_MAX + more] = '\0';
        tell_all(ROWS_TSV, false, long_name, 1);
        CHECK(records.broken == (more == 1), "a name of %d + %zu bytes",
              RECORDS_MAX, more);
    }
}

/* ---- bounds ---- */

/* A record of n bytes, line end and all, in this format. */
static void make_record(enum rows_format format, size_t n)
{
    static const char *const before[] = {
        [ROWS_TSV] = "", [ROWS_CSV] = "\"", [ROWS_JSONL] = "{\"a\":\"",
        [ROWS_TEXT] = ""
    };
    static const char *const after[] = {
        [ROWS_TSV] = "\n", [ROWS_CSV] = "\"\r\n", [ROWS_JSONL] = "\"}\n",
        [ROWS_TEXT] = "\n"
    };

    memset(big, 'x', n);
    memcpy(big, before[format], strlen(before[format]));
    memcpy(big + n - strlen(after[format]), after[format],
           strlen(after[format]) + 1);
}

/* The longest record, and one byte more, and that the next one is read. */
static void test_longest(enum rows_format format)
{
    static const char *const column[] = {"a"};
    static const char too_long[] = R1 "it is longer than 6291456 bytes!";
    static unsigned char all[sizeof big + 32];

    for (size_t more = 0; more < 2; more++) {
        const char *header = format == ROWS_CSV ? "a\n" : "";
        const char *next = format == ROWS_JSONL ? "{\"a\":\"y\"}" : "y";
        const char *name = format == ROWS_TEXT ? "text" : "a";
        size_t n = strlen(header);
        char last[32];

        make_record(format, RECORDS_MAX + more);
        memcpy(all, header, n);
        memcpy(all + n, big, RECORDS_MAX + more);
        n += RECORDS_MAX + more;
        memcpy(all + n, next, strlen(next));
        source_init(all, n + strlen(next));
        tell_all(format, false, column, 1);
        snprintf(last, sizeof last, "{%s=y}.", name);
        CHECK((transcript_n > RECORDS_MAX / 2) == (more == 0) &&
              (strncmp(transcript, too_long, strlen(too_long)) == 0) ==
              (more == 1) &&
              strcmp(transcript + transcript_n - strlen(last), last) == 0,
              "a record of %d + %zu bytes in format %d: %.99s", RECORDS_MAX,
              more, format, transcript);
    }
}

/* As many fields as there may be, and one more. */
static void test_fields(enum rows_format format)
{
    for (size_t more = 0; more < 2; more++) {
        char *at = (char *)big;
        enum records_read answer;

        for (int i = 0; i < RECORDS_FIELDS + (int)more; i++)
            at += sprintf(at, format == ROWS_CSV ? "%sn%d" : "%s\"n%d\":1",
                          i > 0 ? "," : format == ROWS_CSV ? "" : "{", i);
        at += sprintf(at, format == ROWS_CSV ? "\n" : "}\n");
        if (format == ROWS_CSV) {
            memset(at, ',', RECORDS_FIELDS - 1);
            at += RECORDS_FIELDS - 1;
            *at++ = '\n';
        }
        source_init(big, (size_t)(at - (char *)big));
        records_init(&records, 0, format, false, NULL, 0);
        do
            answer = records_next(&records);
        while (answer == RECORDS_MORE);
        CHECK((answer == RECORDS_ONE && records.n == RECORDS_FIELDS) ==
              (more == 0) &&
              (strstr(records.error.text, "more than 1024") != NULL) ==
              (more == 1), "a record of %d + %zu fields: %s", RECORDS_FIELDS,
              more, records.error.text);
        records_free(&records);
    }
}

static void test_failures(void)
{
    source_init("a", 1);
    source.error = EIO;
    records_init(&records, 0, ROWS_TSV, false, NULL, 0);
    CHECK(records_next(&records) == RECORDS_ERROR && errno == EIO,
          "what cannot be read is an error");
    records_free(&records);

    source_init("a", 1);
    records_init(&records, 0, ROWS_TEXT, false, NULL, 0);
    records.values.failed = records.values.starved = true;
    while (records_next(&records) == RECORDS_MORE)
        ;
    CHECK(strcmp(records.error.text, "record 1: out of memory") == 0,
          "a record that finds no memory is told: %s", records.error.text);
    records_free(&records);
}

/* ---- what rows.c writes ---- */

static const char hostile[] =
    "\0\t\n\r\\N\\\\x41\"\"\",\r\n \357\273\277\303\251\302\233\033[2J\177'=;"
    "\360\237\230\200\xed\xa0\x80\xff\xc3";

/* Writes a row of pieces of `hostile` and reads it back. */
static void check_round(enum rows_format format, bool null, size_t from,
                        size_t n)
{
    static const char s[] = "\\N,\"";
    static struct rows_out out;
    const unsigned char *bytes = (const unsigned char *)hostile + from;
    const struct row row = {bytes, n, s, n == 0 ? NULL : bytes, n, "d"};
    enum records_read answer;
    size_t text = format == ROWS_TEXT ? 0 : 2;

    written_n = 0;
    rows_out_init(&out, 0, format, null);
    rows_header(&out);
    rows_write(&out, &row);
    source_init(written, written_n);
    records_init(&records, 0, format, null, NULL, 0);
    while ((answer = records_next(&records)) == RECORDS_MORE)
        ;
    CHECK(answer == RECORDS_ONE, "format %d, %zu bytes from %zu: a record: %s",
          format, n, from, records.error.text);
    if (answer == RECORDS_ONE) {
        const struct record_field *f = records.fields;

        CHECK(f[text].len == n && (n == 0 || memcmp(f[text].bytes, bytes,
                                                    n) == 0) &&
              (text == 0 || (f[0].len == n &&
                             memcmp(f[1].bytes, s, strlen(s)) == 0)),
              "format %d, %zu bytes from %zu: as they were", format, n, from);
    }
    records_free(&records);
}

static void test_rounds(void)
{
    const size_t all = sizeof hostile - 1, utf8 = all - 5;

    for (size_t from = 0; from < all; from++) {
        for (size_t n = 0; n <= all - from; n++) {
            check_round(ROWS_TSV, false, from, n);
            check_round(ROWS_CSV, false, from, n);
            if (from + n <= utf8 &&
                text_is_utf8((const unsigned char *)hostile + from, n))
                check_round(ROWS_JSONL, n % 2 == 1, from, n);
            if (memchr(hostile + from, '\0', n) == NULL) {
                check_round(ROWS_CSV, true, from, n);
                check_round(ROWS_TEXT, true, from, n);
                if (memchr(hostile + from, '\t', n) == NULL)
                    check_round(ROWS_TSV, true, from, n);
            }
        }
    }
}

int main(void)
{
    check_cases(tsv, sizeof tsv / sizeof *tsv);
    check_cases(csv, sizeof csv / sizeof *csv);
    check_cases(jsonl, sizeof jsonl / sizeof *jsonl);
    check_cases(raw, sizeof raw / sizeof *raw);
    test_columns();
    test_longest(ROWS_TSV);
    test_longest(ROWS_CSV);
    test_longest(ROWS_JSONL);
    test_longest(ROWS_TEXT);
    test_fields(ROWS_CSV);
    test_fields(ROWS_JSONL);
    test_failures();
    test_rounds();
    return test_done("test_records");
}
