/*
 * ocrdyn: the command line. Options, their checks, help, signals; what the
 * commands do is elsewhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account.h"
#include "aws.h"
#include "clock.h"
#include "cloudinary.h"
#include "dynamodb.h"
#include "extract.h"
#include "json.h"
#include "report.h"
#include "run.h"

#ifndef OCRDYN_VERSION
#define OCRDYN_VERSION "unknown"
#endif

static const char help_run[] =
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
"ocrdyn extract -h: the texts of answers that were saved\n";

static const char help_extract[] =
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
" -h, --help\n";

/* Values of the options that have no letter. */
enum {
    O_TEXT = 256, O_TYPE, O_RESOURCE_TYPE, O_RESERVE, O_SKIP_STORED, O_REUSE,
    O_FAILED, O_LIMIT, O_MAX_ERRORS, O_SHARD, O_MAX_ATTEMPTS, O_PROGRESS,
    O_TIMEOUT, O_CONNECT_TIMEOUT, O_CACERT, O_REGION, O_PROFILE,
    O_ENDPOINT_URL
};

static const char letters_run[] = ":t:k:a:s:o:r:c:n0f:qvhV";

static const struct option options_run[] = {
    {"table", required_argument, NULL, 't'},
    {"key", required_argument, NULL, 'k'},
    {"text", required_argument, NULL, O_TEXT},
    {"attr", required_argument, NULL, 'a'},
    {"set", required_argument, NULL, 's'},
    {"ocr", required_argument, NULL, 'o'},
    {"type", required_argument, NULL, O_TYPE},
    {"resource-type", required_argument, NULL, O_RESOURCE_TYPE},
    {"rate", required_argument, NULL, 'r'},
    {"reserve", required_argument, NULL, O_RESERVE},
    {"skip-stored", no_argument, NULL, O_SKIP_STORED},
    {"reuse", no_argument, NULL, O_REUSE},
    {"checkpoint", required_argument, NULL, 'c'},
    {"failed", required_argument, NULL, O_FAILED},
    {"limit", required_argument, NULL, O_LIMIT},
    {"max-errors", required_argument, NULL, O_MAX_ERRORS},
    {"shard", required_argument, NULL, O_SHARD},
    {"max-attempts", required_argument, NULL, O_MAX_ATTEMPTS},
    {"dry-run", no_argument, NULL, 'n'},
    {"null", no_argument, NULL, '0'},
    {"format", required_argument, NULL, 'f'},
    {"quiet", no_argument, NULL, 'q'},
    {"verbose", no_argument, NULL, 'v'},
    {"progress", required_argument, NULL, O_PROGRESS},
    {"timeout", required_argument, NULL, O_TIMEOUT},
    {"connect-timeout", required_argument, NULL, O_CONNECT_TIMEOUT},
    {"cacert", required_argument, NULL, O_CACERT},
    {"region", required_argument, NULL, O_REGION},
    {"profile", required_argument, NULL, O_PROFILE},
    {"endpoint-url", required_argument, NULL, O_ENDPOINT_URL},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0}
};

static const char letters_extract[] = ":p:0h";

static const struct option options_extract[] = {
    {"pointer", required_argument, NULL, 'p'},
    {"null", no_argument, NULL, '0'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0}
};

struct settings {
    struct run_options run;
    struct extract_options extract;
    const char *cacert, *region, *profile, *endpoint_url;
    int64_t wait, connect;       /* ns */
    uint64_t max_attempts;       /* 0: each service's own default */
    bool reserve, help, version;
    enum report_progress progress;
    char **words;                /* what is no option */
    int n_words;
};

/* What a first word that is no option chooses. */
struct command {
    const char *name;
    const char *hint;            /* asks for its help */
    const char *help, *letters;  /* the latter begin with ":" */
    const struct option *options;
    /* takes an option's value; false, and said, if it is not right */
    bool (*take)(struct settings *s, int c, char *value);
    /* so for all that shows only when every option is known */
    bool (*check)(struct settings *s);
    int (*go)(struct settings *s);       /* returns the exit status */
};

static const struct command *command;    /* the one in hand */

/* ------------------------------------------------------ options, checked */

static bool wrong(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Says what is wrong with the command line. */
static bool wrong(const char *format, ...)
{
    char text[512], safe[512];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    rows_visible(safe, sizeof safe, (const unsigned char *)text, strlen(text));
    report_say("%s (%s shows how it goes)", safe, command->hint);
    return false;
}

static bool take_number(uint64_t *to, const char *name, const char *value,
                        uint64_t max)
{
    uint64_t n;
    char *end;

    errno = 0;
    n = strtoull(value, &end, 10);
    if (*value < '0' || *value > '9' || *end != '\0' || errno != 0 || n < 1 ||
        n > max)
        return wrong("%s: \"%s\" is not a number from 1 to %" PRIu64, name,
                     value, max);
    *to = n;
    return true;
}

static bool take_seconds(int64_t *to, const char *name, const char *value)
{
    uint64_t n = 0;

    if (!take_number(&n, name, value, 86400))
        return false;
    *to = (int64_t)n * CLOCK_SECOND;
    return true;
}

/* The digits that `value` begins with, up to 10^9, or 0; *rest is what
   follows them. */
static int64_t number_before(const char *value, const char **rest)
{
    int64_t n = 0;

    for (; *value >= '0' && *value <= '9'; value++)
        n = n < 1000000000 ? n * 10 + *value - '0' : n;
    *rest = value;
    return n <= 1000000000 ? n : 0;
}

/* N/s, N/m, N/h, N/d */
static bool take_rate(struct run_options *r, const char *value)
{
    static const char units[] = "smhd";
    static const int64_t seconds[] = {1, 60, 3600, 86400};
    const char *rest, *unit;

    r->rate = number_before(value, &rest);
    unit = rest[0] == '/' && rest[1] != '\0' ? strchr(units, rest[1]) : NULL;
    if (r->rate < 1 || unit == NULL || rest[2] != '\0')
        return wrong("--rate: \"%s\" is not like 400/h (s, m, h or d)",
                     value);
    r->window = seconds[unit - units] * CLOCK_SECOND;
    return true;
}

/* N or N% */
static bool take_reserve(struct settings *s, const char *value)
{
    const char *rest;

    s->run.reserve = number_before(value, &rest);
    s->run.percent = *rest == '%';
    s->reserve = true;
    if (rest == value || rest[s->run.percent] != '\0' ||
        (s->run.percent && s->run.reserve > 99))
        return wrong("--reserve: \"%s\" is neither a number of calls nor a "
                     "percentage up to 99%%", value);
    return true;
}

/* I/N */
static bool take_shard(struct run_options *r, const char *value)
{
    const char *rest, *end = "-";

    r->shard = number_before(value, &rest);
    r->shards = *rest == '/' ? number_before(rest + 1, &end) : 0;
    if (*end != '\0' || r->shard < 1 || r->shard > r->shards ||
        r->shards > 100000)
        return wrong("--shard: \"%s\" is not I/N, with I from 1 to N",
                     value);
    return true;
}

static bool take_progress(enum report_progress *to, const char *value)
{
    static const char *const names[] = {"auto", "always", "never"};
    int i;

    for (i = 0; i < 3; i++)
        if (strcmp(value, names[i]) == 0) {
            *to = (enum report_progress)i;
            return true;
        }
    return wrong("--progress: \"%s\" is not auto, always or never", value);
}

/* NAME=VALUE; cuts the option's argument in place, as argv allows. */
static bool take_attribute(struct run_attribute *list, unsigned *n,
                           const char *name, char *value)
{
    char *equal = strchr(value, '=');

    if (*n >= RUN_ATTRIBUTES_MAX)
        return wrong("%s: at most %d of them", name, RUN_ATTRIBUTES_MAX);
    if (equal == NULL || equal == value)
        return wrong("%s: \"%s\" is not NAME=...", name, value);
    *equal = '\0';
    list[*n].name = value;
    list[*n].value = equal + 1;
    (*n)++;
    return true;
}

static bool take_run(struct settings *s, int c, char *value)
{
    struct run_options *r = &s->run;

    switch (c) {
    case 't': r->table = value; return true;
    case 'k': r->key = value; return true;
    case O_TEXT: r->text = value; return true;
    case 'a': return take_attribute(r->attrs, &r->n_attrs, "--attr", value);
    case 's': return take_attribute(r->sets, &r->n_sets, "--set", value);
    case 'o': r->ocr = value; return true;
    case O_TYPE: r->type = value; return true;
    case O_RESOURCE_TYPE: r->resource_type = value; return true;
    case 'r': return take_rate(r, value);
    case O_RESERVE: return take_reserve(s, value);
    case O_SKIP_STORED: r->skip_stored = true; return true;
    case O_REUSE: r->reuse = true; return true;
    case 'c': r->checkpoint = value; return true;
    case O_FAILED: r->failed = value; return true;
    case O_MAX_ERRORS:
        return take_number(&r->max_errors, "--max-errors", value, INT64_MAX);
    case O_SHARD: return take_shard(r, value);
    case O_MAX_ATTEMPTS:
        return take_number(&s->max_attempts, "--max-attempts", value, 1000);
    case 'n': r->dry_run = true; return true;
    case O_PROGRESS: return take_progress(&s->progress, value);
    case '0': r->null = true; return true;
    case 'f':
        return rows_format_parse(&r->format, value) ||
            wrong("--format: \"%s\" is not tsv, jsonl, csv or text", value);
    case O_LIMIT: return take_number(&r->limit, "--limit", value, INT64_MAX);
    case 'q': r->quiet = true; return true;
    case 'v': r->verbose = true; return true;
    case O_TIMEOUT: return take_seconds(&s->wait, "--timeout", value);
    case O_CONNECT_TIMEOUT:
        return take_seconds(&s->connect, "--connect-timeout", value);
    case O_CACERT: s->cacert = value; return true;
    case O_REGION: s->region = value; return true;
    case O_PROFILE: s->profile = value; return true;
    case O_ENDPOINT_URL: s->endpoint_url = value; return true;
    case 'V': s->version = true; return true;
    default: return false;
    }
}

static bool take_extract(struct settings *s, int c, char *value)
{
    if (c == '0')
        s->extract.null = true;
    else
        s->extract.pointer = value;
    return true;
}

/* What getopt_long could not take: after ':' or '?', optopt tells which. */
static bool refuse_option(int c, const char *word)
{
    const struct option *o = command->options;

    while (o->name != NULL && o->val != optopt)
        o++;
    if (c == ':')
        return wrong("--%s wants a value", o->name);
    if (o->name != NULL)
        return wrong("--%s takes no value", o->name);
    if (optopt != 0)
        return wrong("there is no option -%c", optopt);
    return wrong("there is no option %s", word);
}

static bool parse(struct settings *s, int argc, char **argv)
{
    int c;

    opterr = 0;
    while ((c = getopt_long(argc, argv, command->letters, command->options,
                            NULL)) != -1) {
        if (c == ':' || c == '?')
            return refuse_option(c, argv[optind - 1]);
        if (c == 'h')
            s->help = true;
        else if (!command->take(s, c, optarg))
            return false;
    }
    s->words = argv + optind;
    s->n_words = argc - optind;
    return true;
}

static bool check_name(const char *option, const char *name, size_t max)
{
    if (*name == '\0' || strlen(name) > max ||
        !json_is_utf8((const unsigned char *)name, strlen(name)))
        return wrong("%s: an attribute's name has 1 to %zu bytes of UTF-8",
                     option, max);
    return true;
}

/* All attributes of an item have different names. */
static bool check_attributes(const struct run_options *r)
{
    const char *names[2 + 2 * RUN_ATTRIBUTES_MAX];
    unsigned n = 0, i, j;

    names[n++] = r->key;
    names[n++] = r->text;
    for (i = 0; i < r->n_attrs; i++)
        names[n++] = r->attrs[i].name;
    for (i = 0; i < r->n_sets; i++)
        names[n++] = r->sets[i].name;
    for (i = 0; i < n; i++) {
        if (!check_name(i == 0 ? "--key" : i == 1 ? "--text" : i < 2 +
                        r->n_attrs ? "--attr" : "--set", names[i], i == 0
                        ? DYNAMODB_KEY_NAME_MAX : DYNAMODB_NAME_MAX))
            return false;
        for (j = 0; j < i; j++)
            if (strcmp(names[i], names[j]) == 0)
                return wrong("the attribute \"%s\" is named twice", names[i]);
    }
    for (i = 0; i < r->n_attrs; i++)
        if (!json_pointer_valid(r->attrs[i].value, false))
            return wrong("--attr: \"%s\" is not a JSON Pointer, such as "
                         "/width", r->attrs[i].value);
    return true;
}

/* A word that stands in a path: Cloudinary's are like "upload". */
static bool check_word(const char *option, const char *word)
{
    size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_");

    if (n == 0 || n > 64 || word[n] != '\0')
        return wrong("%s: \"%s\" is not a word of a-z, 0-9 and _", option,
                     word);
    return true;
}

static bool check_options(const struct run_options *r)
{
    const char *p;

    if (r->table != NULL && !dynamodb_table_name(r->table))
        return wrong("--table: \"%s\" is not a table's name (3 to 255 of a-z "
                     "A-Z 0-9 _ . -)", r->table);
    if (r->table == NULL && r->skip_stored)
        return wrong("--skip-stored needs --table");
    if (r->table == NULL && r->n_attrs + r->n_sets > 0)
        return wrong("%s stores something, and so needs --table",
                     r->n_attrs > 0 ? "--attr" : "--set");
    if (r->rate > 0 && r->rate < r->shards)
        return wrong("--rate: fewer calls than the %lld shards that share "
                     "them; take a longer unit", (long long)r->shards);
    if (strncmp(r->ocr, "adv_ocr", 7) != 0 || strlen(r->ocr) > 128)
        return wrong("--ocr: \"%s\" does not begin with adv_ocr", r->ocr);
    for (p = r->ocr; *p != '\0'; p++)
        if (*p <= 0x20 || *p >= 0x7f)
            return wrong("--ocr: it has a character that cannot be in it");
    return check_attributes(r) && check_word("--type", r->type) &&
        check_word("--resource-type", r->resource_type);
}

/* What follows from other options. */
static void complete(struct settings *s)
{
    struct run_options *r = &s->run;

    /* a rate is a promise of its own: the rest is the caller's, too */
    if (!s->reserve) {
        r->reserve = r->rate > 0 ? 0 : 10;
        r->percent = true;
    }
    r->max_attempts = s->max_attempts > 0 ? (unsigned)s->max_attempts : 5;
    r->pending = s->wait;
    report_init(r->quiet ? REPORT_NEVER : s->progress);
}

static bool check_run(struct settings *s)
{
    char *const *word = s->words;
    struct stat st;

    /* standard input may be named, as it is read anyway */
    if (s->n_words > 0 && strcmp(*word, "-") == 0)
        word++;
    if (word < s->words + s->n_words)
        return wrong("\"%s\" is too much: ids come on standard input", *word);
    if (!check_options(&s->run))
        return false;
    if (fstat(STDIN_FILENO, &st) < 0) {
        report_say("standard input is closed");
        return false;
    }
    complete(s);
    return true;
}

static bool check_extract(struct settings *s)
{
    const char *pointer = s->extract.pointer;

    if (pointer != NULL && !json_pointer_valid(pointer, false))
        return wrong("--pointer: \"%s\" is not a JSON Pointer, such as "
                     "/width", pointer);
    return true;
}

/* -------------------------------------------------------------- signals */

static volatile sig_atomic_t stop, asked;

/* The first asks the run to end after the image in hand; the second ends it
   at once. */
static void on_signal(int number)
{
    if (stop != 0) {
        signal(number, SIG_DFL);
        raise(number);           /* comes when the handler returns */
    }
    stop = number;
}

static void on_ask(int number)
{
    asked = number;
}

static void catch_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    struct sigaction action, before;
    size_t i;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;       /* no SA_RESTART: waits end */
    sigfillset(&action.sa_mask);
    for (i = 0; i < 2; i++) {
        /* what nohup or a shell's & has set to be ignored stays so */
        sigaction(numbers[i], NULL, &before);
        if (before.sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
    }
    action.sa_handler = on_ask;
    sigaction(SIGUSR1, &action, NULL);
    signal(SIGPIPE, SIG_IGN);    /* write(2) tells it, too */
    signal(SIGXFSZ, SIG_IGN);
}

/* ----------------------------------------------------------------- main */

/*
 * The trust anchors: of --cacert alone, or of the variables, or the system's.
 * `own` is a bundle for this service only, or NULL.
 */
static bool load_trust(struct tls_trust *trust, const char *cacert,
                       const char *own)
{
    const char *file = getenv("SSL_CERT_FILE"), *dir = getenv("SSL_CERT_DIR");
    char error[512];
    bool good = true;

    tls_trust_init(trust);
    if (cacert == NULL && own != NULL && *own != '\0')
        cacert = own;
    if (cacert != NULL) {
        good = tls_trust_file(trust, cacert, error, sizeof error);
    } else {
        if (file != NULL && *file != '\0')
            good = tls_trust_file(trust, file, error, sizeof error);
        if (good && dir != NULL && *dir != '\0')
            good = tls_trust_dir(trust, dir, error, sizeof error);
        if (good && trust->n == 0)
            tls_trust_system(trust);
    }
    if (!good)
        report_say("%s", error);
    return good;
}

static void note(const char *line)
{
    report_say("%s", line);
}

struct service {
    struct http_options http;
    struct tls_trust trust;
};

static bool set_service(struct service *service, const struct settings *s,
                        const char *own, uint64_t body_max)
{
    static const char agent[] = "ocrdyn/" OCRDYN_VERSION;

    service->http.trust = &service->trust;
    service->http.agent = agent;
    service->http.connect = s->connect;
    service->http.wait = s->wait;
    service->http.total = 10 * s->wait;
    service->http.body_max = body_max;
    service->http.note = s->run.verbose ? note : NULL;
    return load_trust(&service->trust, s->cacert, own);
}

/* Everything that needs no call is checked here, then the run begins. */
static int command_run(struct settings *s)
{
    static struct cloudinary cloudinary;
    static struct dynamodb db;
    static struct aws aws;
    static struct service images, table;
    struct account account;
    const struct run job = {&s->run, &cloudinary,
        s->run.table != NULL ? &db : NULL, &stop, &asked};
    const struct aws_options options = {s->profile, s->region,
        s->endpoint_url, &table.http, s->run.dry_run};
    char error[CHAIN_ERROR];
    int status;

    if (!account_load(&account, error, sizeof error)) {
        report_say("%s", error);
        return RUN_MISUSED;
    }
    if (!set_service(&images, s, NULL, UINT64_C(1) << 30) ||
        (s->run.table != NULL &&
         !set_service(&table, s, getenv("AWS_CA_BUNDLE"), 64 << 20)))
        return RUN_MISUSED;
    if (s->run.table != NULL &&
        !aws_load(&aws, &options, error, sizeof error)) {
        report_say("%s", error);
        return RUN_MISUSED;
    }
    cloudinary_init(&cloudinary, &account, &images.http);
    buf_wipe(&account, sizeof account);
    if (s->run.table != NULL)
        dynamodb_init(&db, &aws, &table.http, s->max_attempts > 0
                      ? (unsigned)s->max_attempts : 10, &stop);
    if (isatty(STDIN_FILENO) && !s->run.quiet)
        report_say("reading public_ids from the terminal; Ctrl-D ends them");
    catch_signals();
    status = run(&job);
    cloudinary_close(&cloudinary);
    if (s->run.table != NULL)
        dynamodb_close(&db);
    aws_wipe(&aws);
    tls_trust_free(&images.trust);
    tls_trust_free(&table.trust);
    return status;
}

/* Prints to standard output, and knows whether it got there. */
static int print(const char *text)
{
    fputs(text, stdout);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    report_say("cannot write standard output: %s", strerror(errno));
    return RUN_UNWRITTEN;
}

static int command_extract(struct settings *s)
{
    if (s->n_words == 0 && isatty(STDIN_FILENO))
        report_say("reading an answer from the terminal; Ctrl-D ends it");
    return extract(&s->extract, s->words, s->n_words);
}

/* The first is the one that needs no word. */
static const struct command commands[] = {
    {"run", "ocrdyn -h", help_run, letters_run, options_run, take_run,
        check_run, command_run},
    {"extract", "ocrdyn extract -h", help_extract, letters_extract,
        options_extract, take_extract, check_extract, command_extract}
};

static bool find_command(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(name, commands[i].name) == 0) {
            command = &commands[i];
            return true;
        }
    return wrong("there is no command \"%s\"", name);
}

static void set_defaults(struct settings *s)
{
    s->run.key = "publicId";
    s->run.text = "text";
    s->run.ocr = "adv_ocr";
    s->run.type = "upload";
    s->run.resource_type = "image";
    s->run.table = getenv("OCRDYN_TABLE");
    if (s->run.table != NULL && *s->run.table == '\0')
        s->run.table = NULL;
    s->wait = 60 * CLOCK_SECOND;
    s->connect = 10 * CLOCK_SECOND;
}

int main(int argc, char **argv)
{
    static struct settings s;
    struct stat st;
    int status;

    set_defaults(&s);
    report_init(REPORT_NEVER);
    command = &commands[0];
    if (argc > 1 && argv[1][0] != '-') {
        if (!find_command(argv[1]))
            return RUN_MISUSED;
        argv++;
        argc--;
    }
    if (!parse(&s, argc, argv))
        return RUN_MISUSED;
    if (s.help)
        return print(command->help);
    if (s.version)
        return print("ocrdyn " OCRDYN_VERSION "\n");
    if (!command->check(&s))
        return RUN_MISUSED;
    if (fstat(STDOUT_FILENO, &st) < 0) {
        report_say("standard output is closed");
        return RUN_UNWRITTEN;
    }
    /* else what is opened first would get its number, and what is said */
    if (fstat(STDERR_FILENO, &st) < 0 && open("/dev/null", O_WRONLY) < 0)
        return RUN_MISUSED;
    status = command->go(&s);
    if (stop != 0) {
        signal(stop, SIG_DFL);
        raise(stop);
    }
    return status;
}
