/* help: see help.h. */
#include "help.h"

#include <stdio.h>
#include <string.h>

enum {
    ABOUT = 23,                  /* the column of what an option is for, */
    HALF = 40                    /* and of the second one on a line */
};

/* What comes before the options, and what exit status 1 means; NULL where the
   text says that, as other statuses are other ones, too. */
static const struct { const char *text, *fails; } helps[OPTIONS_COMMANDS] = {
    [OPTIONS_RUN] = {
"ocrdyn -t ocr < ids > texts.tsv         OCR images, store texts, print rows\n"
"ocrdyn -t ocr -c at < ids >> texts.tsv  the same; goes on where it ended\n"
"ocrdyn -r 400/h -f text < ids           only the texts, 400 calls an hour\n"
"Reads public_ids from standard input; CLOUDINARY_URL and AWS_* say whose.\n"
"list, get, put, update, delete, query, scan, table, check, extract: CMD -h\n",
        "some failed"},
    [OPTIONS_LIST] = {
"ocrdyn list > ids                      public_ids of the account's images\n"
"ocrdyn list --prefix scans/ | ocrdyn -t ocr > texts.tsv\n"
"ocrdyn list --search 'type:upload AND public_id:scans/*' -f csv \\\n"
"    --columns public_id,bytes,/context/custom/alt\n"
"ocrdyn list -c list.at >> ids          goes on where it ended\n"
"\n"
"Without -f and --columns the ids are printed as they are.\n"
"\n", "some ids unfit"},
    [OPTIONS_EXTRACT] = {
"ocrdyn extract answer.json             print the text in a saved OCR answer\n"
"ocrdyn extract *.json > texts          the texts of many, one after another\n"
"curl ... | ocrdyn extract | less       of an answer on standard input\n"
"ocrdyn extract -p /secure_url *.json   another value of each, one a line\n"
"ocrdyn extract -0p /public_id *.json | xargs -0 ...\n"
"\n"
"Usage: ocrdyn extract [-0] [-p POINTER] [FILE...]\n"
"Each FILE (\"-\" or none: standard input) is one JSON document of any size,\n"
"as Cloudinary's Admin API answers. Its text is printed as it is, pages\n"
"joined by form feeds, with a newline after it if it does not end in one;\n"
"nothing, where the image has no text. With -p a string is printed as its\n"
"text, anything else as its JSON stands; \"\" is all. What is wrong with a\n"
"FILE is said on standard error, nothing of it printed, and the next follows.\n"
"Exit: 0 done, 1 some FILE failed, 2 misused, 4 output not written.\n"
"\n", NULL},
    [OPTIONS_GET] = {
"ocrdyn get -t ocr < ids                 rows of these ids, from the table\n"
"ocrdyn get -t ocr --columns publicId,width -f csv < ids    these attributes\n"
"printf '%s\\n' scans/7 | ocrdyn get -t ocr -f text         just the text\n"
"\n"
"Usage: ocrdyn get -t TABLE [options] < ids\n"
"A row for each id, in the order of the list: public_id, status (complete,\n"
"empty, absent, failed), text, detail. Reads are consistent, 100 at a time.\n"
"\n", "some absent or failed"},
    [OPTIONS_PUT] = {
"ocrdyn < ids > rows.tsv; ocrdyn put -t ocr < rows.tsv   store a run's rows\n"
"ocrdyn scan -t old -f jsonl | ocrdyn put -t new -f jsonl  copy a table\n"
"ocrdyn put -t ocr -f jsonl --if-absent < items.jsonl    only new items\n"
"\n"
"Usage: ocrdyn put -t TABLE [-f tsv|csv|jsonl] [options] < rows\n"
"Rows of a run become items of key and text; failed and skipped ones are\n"
"passed over. Other records become items as they are: CSV by its header, TSV\n"
"by --columns, JSON Lines with the types of JSON; of CSV and JSON --columns\n"
"takes only these fields. Of two with the same key the last one stays. Prints\n"
"a row for each: stored, skipped or failed.\n"
"\n", "some failed"},
    [OPTIONS_UPDATE] = {
"ocrdyn update -t ocr --set batch=7 < ids        set a string in these items\n"
"ocrdyn update -t ocr --set a=1 --remove b < ids and remove an attribute\n"
"\n"
"Usage: ocrdyn update -t TABLE --set NAME=VALUE... [options] < ids\n"
"Changes items that are there, one call each, with up to 16 of --set and of\n"
"--remove; prints a row for each id: updated, absent or failed.\n"
"\n", "some absent or failed"},
    [OPTIONS_DELETE] = {
"ocrdyn delete -t ocr < ids              remove these items\n"
"ocrdyn query -t ocr --index batch 7 --columns publicId -f tsv |\n"
"    ocrdyn delete -t ocr                remove those of an index's value\n"
"\n"
"Usage: ocrdyn delete -t TABLE [options] < ids\n"
"Prints a row for each id: deleted, absent or failed. To know which is which\n"
"it reads each item's key first: a read unit for 4 KB, besides the write.\n"
"\n", "some absent or failed"},
    [OPTIONS_QUERY] = {
"ocrdyn query -t ocr scans/7             the item of this key, or the items\n"
"ocrdyn query -t ocr --index by-batch 7 -f csv > batch7.csv\n"
"ocrdyn query -t log -f jsonl img1 --sort '>=2026-01' --sort '<=2026-06'\n"
"\n"
"Usage: ocrdyn query -t TABLE [options] VALUE...  (\"-\" or none: from stdin)\n"
"\n", "something is in no column"},
    [OPTIONS_SCAN] = {
"ocrdyn scan -t ocr -f csv > ocr.csv     every item: the export\n"
"ocrdyn scan -t ocr -f jsonl -c at >> ocr.jsonl  the same; goes on where it\n"
"ocrdyn scan -t ocr --contains invoice   only these              ended\n"
"\n"
"Usage: ocrdyn scan -t TABLE [options]    (--rate is of read units)\n"
"\n", "something is in no column"},
    [OPTIONS_TABLE] = {
"ocrdyn table create ocr --wait           a table for a run: key publicId\n"
"ocrdyn table show ocr                    status, keys, capacity, indexes\n"
"ocrdyn table list                        the names of all tables\n"
"ocrdyn table capacity ocr --read 5 --write 50 --wait\n"
"ocrdyn table index ocr add by-batch --key batch --wait\n"
"ocrdyn table index ocr drop by-batch\n"
"ocrdyn table delete ocr --yes\n"
"What is so already is a success. Changes take from seconds to hours.\n"
"Exit: 0 done, 1 failed, 2 misused (or it exists, but another), 3 stopped.\n",
        NULL},
    [OPTIONS_CHECK] = {
"ocrdyn check -t ocr                      would a run into this table work?\n"
"ocrdyn check -t ocr -k id && ocrdyn -t ocr -k id < ids > texts.tsv\n"
"ocrdyn check                             ... one that only prints rows?\n"
"ocrdyn check -t ocr | grep -v '^ok'      only what is wrong\n"
"\n"
"Asks what a run needs, changes nothing, and pays for nothing: credentials,\n"
"region, endpoint, connections and who signed their certificates, clocks, the\n"
"table and its key (with -t), the account, its hourly calls, its OCR units.\n"
"One line for each: \"ok\", \"FAIL\" with what to do, or \"note\".\n"
"Exit: 0 a run would work, 1 it would not, 2 misused, 4 output not written.\n"
"\n", NULL}
};

static void pad(int n)
{
    while (n-- > 0)
        putchar(' ');
}

/* The options, two on a line where they fit. */
static void print_options(enum options_command command)
{
    const struct options_row *r = NULL;
    int column = 0;              /* where the line has got to */

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
        printf("Exit: 0 done, 1 %s, 2 misused, 3 stopped, 4 not written."
               "\n", helps[command].fails);
}
