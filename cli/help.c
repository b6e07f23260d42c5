/* help.c: the help text of each command, at most 24 lines of 80 columns. */
#include "cli/help.h"

#include <stdio.h>
#include <string.h>

enum {
    ABOUT = 23,                  /* where the purpose of an option begins */
    HALF = 40                    /* where the second option on a line begins */
};

/* For each command: the text before the options, and the meaning of exit status
   1. NULL: the text lists the exit statuses itself. */
static const struct {
    const char *text, *fails;
} helps[OPTIONS_COMMANDS] = {
    [OPTIONS_RUN] = {
"ocrdyn -t ocr < ids > texts.tsv         OCR images, store texts, print rows\n"
"ocrdyn -t ocr -c at < ids >> texts.tsv  the same, and continue a stopped run\n"
"ocrdyn -r 400/h -f text < ids           only the texts, 400 calls an hour\n"
"Reads public_ids from stdin. Credentials: CLOUDINARY_URL, AWS_*.\n"
"list, get, put, update, delete, query, scan, table, check, extract: CMD -h\n",
        "some failed"},
    [OPTIONS_LIST] = {
"ocrdyn list > ids                      public_ids of the account's images\n"
"ocrdyn list --prefix scans/ | ocrdyn -t ocr > texts.tsv\n"
"ocrdyn list --search 'type:upload AND public_id:scans/*' -f csv \\\n"
"    --columns public_id,bytes,/context/custom/alt\n"
"ocrdyn list -c list.at >> ids          the same, and continue a stopped list\n"
"\n"
"Without -f and --columns, ids are printed without escapes.\n"
"\n", "some ids not printed"},
    [OPTIONS_EXTRACT] = {
"ocrdyn extract answer.json             print the text in a saved OCR answer\n"
"ocrdyn extract *.json > texts          print the texts of many answers\n"
"curl ... | ocrdyn extract | less       read the answer from standard input\n"
"ocrdyn extract -p /secure_url *.json   print another value, one per line\n"
"ocrdyn extract -0p /public_id *.json | xargs -0 ...\n"
"\n"
"Usage: ocrdyn extract [-0] [-p POINTER] [FILE...]\n"
"Each FILE (\"-\" or none: standard input) is one JSON document of any size,\n"
"as Cloudinary's Admin API returns it. Its text is printed without escapes,\n"
"with form feeds between pages and a newline at the end; nothing is printed\n"
"for an image without text. With -p a string is printed as its text, any\n"
"other value as JSON; the pointer \"\" is the whole document. A FILE with an\n"
"error is not printed; a message describes the error, and the next follows.\n"
"Exit: 0 done, 1 some FILE failed, 2 usage, 4 output not written.\n"
"\n", NULL},
    [OPTIONS_GET] = {
"ocrdyn get -t ocr < ids                 rows of these ids, from the table\n"
"ocrdyn get -t ocr --columns publicId,width -f csv < ids    these attributes\n"
"printf '%s\\n' scans/7 | ocrdyn get -t ocr -f text         only the text\n"
"\n"
"Usage: ocrdyn get -t TABLE [options] < ids\n"
"Prints a row for each id, in the order of the list: public_id, status\n"
"(complete, empty, absent, failed), text, detail. Reads are consistent.\n"
"\n", "some absent or failed"},
    [OPTIONS_PUT] = {
"ocrdyn < ids > rows.tsv; ocrdyn put -t ocr < rows.tsv   store a run's rows\n"
"ocrdyn scan -t a -f dynamodb | ocrdyn put -t b -f dynamodb  copy a table\n"
"ocrdyn put -t ocr -f jsonl --if-absent < items.jsonl    only new items\n"
"\n"
"Usage: ocrdyn put -t TABLE [-f tsv|csv|jsonl|dynamodb] [options] < rows\n"
"Rows of a run become items with key and text; failed and skipped rows are\n"
"passed over. Other records become items: CSV by its header, TSV by\n"
"--columns, JSON Lines with the types of JSON, \"dynamodb\" with all types\n"
"(AWS exports). --columns selects fields. Of records with the same key, the\n"
"last one remains. Prints a row for each record: stored, skipped or failed.\n"
"\n", "some failed"},
    [OPTIONS_UPDATE] = {
"ocrdyn update -t ocr --set batch=7 < ids        set a string in these items\n"
"ocrdyn update -t ocr --set a=1 --remove b < ids and remove an attribute\n"
"\n"
"Usage: ocrdyn update -t TABLE --set NAME=VALUE... [options] < ids\n"
"Changes existing items, with one call each; --set and --remove can be given\n"
"16 times each. Prints a row for each id: updated, absent or failed.\n"
"\n", "some absent or failed"},
    [OPTIONS_DELETE] = {
"ocrdyn delete -t ocr < ids              delete these items\n"
"ocrdyn query -t ocr --index batch 7 --columns publicId -f tsv |\n"
"    ocrdyn delete -t ocr                delete the items of a batch\n"
"\n"
"Usage: ocrdyn delete -t TABLE [options] < ids\n"
"Prints a row for each id: deleted, absent or failed. To distinguish these it\n"
"first reads the key of each item: one read unit per 4 KB, besides the write.\n"
"\n", "some absent or failed"},
    [OPTIONS_QUERY] = {
"ocrdyn query -t ocr scans/7             the item or items with this key\n"
"ocrdyn query -t ocr --index by-batch 7 -f csv > batch7.csv\n"
"ocrdyn query -t log -f jsonl img1 --sort '>=2026-01' --sort '<=2026-06'\n"
"\n"
"Usage: ocrdyn query -t TABLE [options] VALUE...  (\"-\" or none: from stdin)\n"
"\n", "an attribute has no column"},
    [OPTIONS_SCAN] = {
"ocrdyn scan -t ocr -f csv > ocr.csv     export every item\n"
"ocrdyn scan -t ocr -f jsonl -c at >> ocr.jsonl  and continue a stopped scan\n"
"ocrdyn scan -t ocr --contains invoice   only items with this word\n"
"\n"
"Usage: ocrdyn scan -t TABLE [options]    (--rate limits read units)\n"
"To copy items, use -f dynamodb (all types) or -f jsonl, not csv or tsv.\n"
"\n", "an attribute has no column"},
    [OPTIONS_TABLE] = {
"ocrdyn table create ocr --wait           a table for a run: key publicId\n"
"ocrdyn table show ocr                    status, keys, capacity, indexes\n"
"ocrdyn table list                        the names of all tables\n"
"ocrdyn table capacity ocr --read 5 --write 50 --wait\n"
"ocrdyn table index ocr add by-batch --key batch --wait\n"
"ocrdyn table index ocr drop by-batch\n"
"ocrdyn table delete ocr --yes\n"
"Succeeds if nothing needs to change. Changes take from seconds to hours.\n"
"Exit: 0 done, 1 failed, 2 usage, or exists but differs, 3 stopped.\n",
        NULL},
    [OPTIONS_CHECK] = {
"ocrdyn check -t ocr                      would a run with this table work?\n"
"ocrdyn check -t ocr -k id && ocrdyn -t ocr -k id < ids > texts.tsv\n"
"ocrdyn check                             would a run without a table work?\n"
"ocrdyn check -t ocr | grep -v '^ok'      only the problems\n"
"\n"
"Tests what a run needs, changes nothing, and pays for nothing: credentials,\n"
"region, endpoint, connections, issuers of certificates, clocks, the table\n"
"and its key (with -t), the account, its hourly calls and its OCR units.\n"
"Prints one line per test: \"ok\", \"FAIL\" with what to do, or \"note\".\n"
"Exit: 0 a run would work, 1 it would not, 2 usage, 4 output not written.\n"
"\n", NULL}
};

static void pad(int n)
{
    while (n-- > 0)
        putchar(' ');
}

/* Prints the options, two on a line if both fit. */
static void print_options(enum options_command command)
{
    const struct options_row *r = NULL;
    int column = 0;              /* the width of the line so far */

    while ((r = options_next(command, r)) != NULL) {
        char names[64];
        int about = (int)strlen(r->about), n, at;

        n = snprintf(names, sizeof names, r->letter != '\0'
                     ? " -%c, --%s%s%s" : "   %c --%s%s%s", r->letter != '\0'
                     ? r->letter : ' ', r->name, r->value != NULL ? " " : "",
                     r->value != NULL ? r->value : "");
        at = about > 0 ? n + 2 : n;
        if (about > 0 && n < ABOUT &&
            (ABOUT + about < HALF || at + about > HALF))
            at = ABOUT;
        if (column >= HALF || (column > 0 && at + about > HALF)) {
            putchar('\n');
            column = 0;
        }
        pad(column > 0 ? HALF - column : 0);
        fputs(names, stdout);
        pad(at - n);
        fputs(r->about, stdout);
        column = column > 0 ? HALF : at + about;
    }
    putchar('\n');
}

void help_print(enum options_command command)
{
    fputs(helps[command].text, stdout);
    print_options(command);
    if (helps[command].fails != NULL)
        printf("Exit: 0 done, 1 %s, 2 usage, 3 stopped, "
               "4 not written.\n", helps[command].fails);
}
