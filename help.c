/* help: see help.h. */
#include "help.h"

/* The last lines of the commands about items. */
#define HELP_NETWORK \
" -f, --format FORMAT  tsv, jsonl, csv, text -0, --null  ids, rows end in NUL\n" \
" -q, --quiet          -v, --verbose         --progress auto|always|never\n" \
"     --max-attempts N --timeout S           --connect-timeout S\n" \
"     --region R       --profile P           --endpoint-url URL\n" \
"     --cacert FILE    -h, --help\n"

const char *const help_texts[OPTIONS_COMMANDS] = {
    [OPTIONS_RUN] =
"ocrdyn -t ocr < ids > texts.tsv         OCR images, store texts, print rows\n"
"ocrdyn -t ocr -c at < ids >> texts.tsv  the same; goes on where it ended\n"
"ocrdyn -r 400/h -f text < ids           only the texts, 400 calls an hour\n"
"Reads public_ids from standard input; CLOUDINARY_URL and AWS_* say whose.\n"
"Exit: 0 done, 1 some failed, 2 misused, 3 stopped, 4 output not written.\n"
" -t, --table TABLE    store there       -s, --set NAME=VALUE   this, too\n"
" -k, --key NAME       \"publicId\"        -a, --attr NAME=POINTER  this JSON\n"
"     --text NAME      \"text\"                Pointer's value in the answer\n"
" -o, --ocr VALUE      adv_ocr, adv_ocr:document, adv_ocr:ja, ...\n"
"     --type TYPE      \"upload\"            --resource-type TYPE  \"image\"\n"
" -r, --rate N/s|m|h|d at most that          --reserve N|N%  to others: 10%\n"
"     --skip-stored    ask the table         --reuse   take earlier results\n"
" -c, --checkpoint F   remember, go on       --failed F   append failed ids\n"
"     --limit N        of ids                --max-errors N     of failures\n"
"     --shard I/N      Ith of N parts        --max-attempts N   5 or 10\n"
" -n, --dry-run        make no call: show them, and what they would take\n"
" -0, --null           ids and rows end in NUL\n"
" -f, --format FORMAT  tsv, jsonl, csv, text\n"
" -q, --quiet          -v, --verbose         --progress auto|always|never\n"
"     --timeout S      of silence: 60        --connect-timeout S   10\n"
"     --cacert FILE    trust only it         --region R  --endpoint-url URL\n"
" -h, --help           -V, --version         --profile P   man ocrdyn: more\n"
"ocrdyn extract -h: the texts of answers that were saved\n",
    [OPTIONS_EXTRACT] =
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
"nothing, where the image has no text. What is wrong with a FILE is said on\n"
"standard error, nothing of it is printed, and the next one follows.\n"
"Exit: 0 done, 1 some FILE failed, 2 misused, 4 output not written.\n"
"\n"
" -p, --pointer POINTER  the value at this JSON Pointer instead: a string's\n"
"                        text, anything else as its JSON stands; \"\" is all\n"
" -0, --null             after each a NUL instead of a newline\n"
" -h, --help\n",
    [OPTIONS_GET] =
"ocrdyn get -t ocr < ids                 rows of these ids, from the table\n"
"ocrdyn get -t ocr --columns publicId,width -f csv < ids    these attributes\n"
"printf '%s\\n' scans/7 | ocrdyn get -t ocr -f text         just the text\n"
"\n"
"Usage: ocrdyn get -t TABLE [options] < ids\n"
"A row for each id, in the order of the list: public_id, status (complete,\n"
"empty, absent, failed), text, detail. Reads are consistent, 100 at a time.\n"
"Exit: 0 done, 1 some absent or failed, 2 misused, 3 stopped, 4 not written.\n"
"\n"
" -t, --table TABLE    its key is a string   -k, --key NAME   \"publicId\"\n"
"     --text NAME      \"text\"\n"
"     --columns A,B    these attributes instead, in this order\n"
HELP_NETWORK,
    [OPTIONS_PUT] =
"ocrdyn < ids > rows.tsv; ocrdyn put -t ocr < rows.tsv   store a run's rows\n"
"ocrdyn scan -t old -f csv | ocrdyn put -t new -f csv    copy a table\n"
"ocrdyn put -t ocr -f jsonl --if-absent < items.jsonl    only new items\n"
"\n"
"Usage: ocrdyn put -t TABLE [-f tsv|csv|jsonl] [options] < rows\n"
"Rows of a run become items of key and text; failed and skipped ones are\n"
"passed over. Other records become items as they are: CSV by its header, TSV\n"
"by --columns, JSON Lines with the types of JSON. Of two with the same key the\n"
"last one stays. Prints a row for each: stored, skipped or failed.\n"
"Exit: 0 done, 1 some failed, 2 misused, 3 stopped, 4 not written.\n"
"\n"
" -t, --table TABLE    -k, --key NAME        --text NAME   \"text\"\n"
"     --columns A,B    TSV's columns; of other formats only these fields\n"
"     --if-absent      skip what is there already\n"
HELP_NETWORK,
    [OPTIONS_UPDATE] =
"ocrdyn update -t ocr --set batch=7 < ids        set a string in these items\n"
"ocrdyn update -t ocr --set a=1 --remove b < ids and remove an attribute\n"
"\n"
"Usage: ocrdyn update -t TABLE --set NAME=VALUE... [options] < ids\n"
"Changes items that are there, one call each; prints a row for each id:\n"
"updated, absent or failed. Exit: 0 done, 1 some absent or failed, 2 misused,\n"
"3 stopped, 4 output not written.\n"
"\n"
" -t, --table TABLE    its key is a string   -k, --key NAME   \"publicId\"\n"
" -s, --set NAME=VALUE  up to 16             --remove NAME    up to 16\n"
HELP_NETWORK,
    [OPTIONS_DELETE] =
"ocrdyn delete -t ocr < ids              remove these items\n"
"ocrdyn query -t ocr --index batch 7 --columns publicId -f tsv |\n"
"    ocrdyn delete -t ocr                remove those of an index's value\n"
"\n"
"Usage: ocrdyn delete -t TABLE [options] < ids\n"
"Prints a row for each id: deleted, absent or failed. To know which is which\n"
"it reads each item's key first: a read unit for 4 KB, besides the write.\n"
"Exit: 0 done, 1 some absent or failed, 2 misused, 3 stopped, 4 not written.\n"
"\n"
" -t, --table TABLE    its key is a string   -k, --key NAME   \"publicId\"\n"
HELP_NETWORK,
    [OPTIONS_QUERY] =
"ocrdyn query -t ocr scans/7             the item of this key, or the items\n"
"ocrdyn query -t ocr --index by-batch 7 -f csv > batch7.csv\n"
"ocrdyn query -t log -f jsonl img1 --sort '>=2026-01' --sort '<=2026-06'\n"
"\n"
"Usage: ocrdyn query -t TABLE [options] VALUE...  (\"-\" or none: from stdin)\n"
"Exit: 0 done, 1 something is in no column, 2 misused, 3 stopped, 4 unwritten.\n"
"\n"
" -t, --table TABLE    --index NAME          -k, --key NAME  checked, if given\n"
"     --sort COND      of the sort key: =V <V <=V >V >=V, or ^V: begins so\n"
"     --contains TEXT  in the text           --text NAME     \"text\"\n"
"     --where NAME=V   several: all of them  --limit N       items\n"
"     --columns A,B    else the keys, the text, and what the first items have\n"
HELP_NETWORK,
    [OPTIONS_SCAN] =
"ocrdyn scan -t ocr -f csv > ocr.csv     every item: the export\n"
"ocrdyn scan -t ocr -f jsonl -c at >> ocr.jsonl  the same; goes on where it\n"
"ocrdyn scan -t ocr --contains invoice   only these              ended\n"
"\n"
"Usage: ocrdyn scan -t TABLE [options]\n"
"Exit: 0 done, 1 something is in no column, 2 misused, 3 stopped, 4 unwritten.\n"
"\n"
" -t, --table TABLE    -k, --key NAME  checked, if given\n"
"     --contains TEXT  in the text           --text NAME     \"text\"\n"
"     --where NAME=V   several: all of them  --limit N       items\n"
"     --columns A,B    else the keys, the text, and what the first items have\n"
"     --segment I/N    Ith of N parts        -r, --rate N/s  read units\n"
" -c, --checkpoint F   remember, go on\n"
HELP_NETWORK,
};
