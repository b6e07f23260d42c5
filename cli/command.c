/* command: see command.h. */
#include "cli/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "aws/process.h"
#include "net/proxy.h"
#include "base/sandbox.h"

/* ------------------------------------------------------------- signals */

volatile sig_atomic_t command_stop, command_asked;

/* The first that ends the command does after what is in hand; the second ends
   it at once. */
static void on_signal(int number)
{
    if (number == SIGUSR1) {
        command_asked = number;
        return;
    }
    if (command_stop != 0) {
        signal(number, SIG_DFL);
        raise(number);           /* comes when the handler returns */
    }
    command_stop = number;
}

void command_signals(void)
{
    static const unsigned char numbers[] = {SIGINT, SIGTERM, SIGUSR1};
    struct sigaction action, before;
    size_t i;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;       /* no SA_RESTART: waits end */
    sigfillset(&action.sa_mask);
    for (i = 0; i < sizeof numbers; i++) {
        /* what nohup or a shell's & has set to be ignored stays so */
        sigaction(numbers[i], NULL, &before);
        if (before.sa_handler != SIG_IGN || numbers[i] == SIGUSR1)
            sigaction(numbers[i], &action, NULL);
    }
    signal(SIGPIPE, SIG_IGN);    /* write(2) tells it, too */
    signal(SIGXFSZ, SIG_IGN);
}

static const struct report *watched;

static void show_asked(void)
{
    if (command_asked == 0)
        return;
    command_asked = 0;
    report_now(watched);
}

void command_watch(const struct report *report)
{
    watched = report;
    clock_interrupted = show_asked;
}

void command_complain(const unsigned char *id, size_t n, const char *reason)
{
    char safe[512];

    rows_visible(safe, sizeof safe, id, n);
    report_say("%s%s%s", safe, n > 0 ? ": " : "", reason);
}

/* ------------------------------------------------------------- sandbox */

static void confined(const struct options *o, const char *what,
                     const char *why)
{
    if (process_used)
        why = "credential_process may have to run again";
    if (why != NULL && o->verbose)
        report_say("%s not limited: %s", what, why);
}

static void confine_files(const struct options *o, int folder)
{
    confined(o, "the writing of files is", process_used ? NULL
             : sandbox_files(folder));
}

void command_confine(const struct options *o)
{
    confined(o, "system calls are", process_used ? NULL : sandbox_calls());
    if (o->checkpoint == NULL && o->failed == NULL)
        confine_files(o, -1);
}

void command_opened(const struct command *c)
{
    if (c->o->checkpoint != NULL || c->o->failed != NULL)
        confine_files(c->o, c->checkpoint.fd < 0 ? -1
                      : c->checkpoint.folder);
}

/* ------------------------------------------------------------ services */

struct service {
    struct http_options http;
    struct anchors trust;
    struct proxy proxy;
};

static struct service images, tables;
static struct proxy_variables proxies;
static struct cloudinary cloudinary;
static struct dynamodb db;
static struct aws aws;

/* The value of an environment variable, or NULL if that is empty. */
static const char *variable(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && *value != '\0' ? value : NULL;
}

/*
 * The trust anchors: of --cacert alone, or of the variables, or the system's.
 * `own` is a bundle for this service only, or NULL.
 */
static bool load_trust(struct anchors *trust, const char *cacert,
                       const char *own, char *error)
{
    const char *file = cacert != NULL ? cacert : own, *dir = NULL;

    anchors_init(trust);
    if (file == NULL) {
        file = variable("SSL_CERT_FILE");
        dir = variable("SSL_CERT_DIR");
    }
    if ((file != NULL && !anchors_file(trust, file, error, COMMAND_ERROR)) ||
        (dir != NULL && !anchors_dir(trust, dir, error, COMMAND_ERROR)))
        return false;
    if (file == NULL && dir == NULL)
        anchors_system(trust);
    return true;
}

/* The value of a variable that some write in small letters: those go first,
   as with curl. NULL where neither says anything. */
static const char *either(const char *small, const char *capital)
{
    const char *value = variable(small);

    return value != NULL ? value : getenv(capital);
}

/* The proxy for `url`; `own` is one that is set for this service alone. */
static bool load_proxy(struct service *service, const struct http_url *url,
                       const char *own, char *error)
{
    struct proxy_variables variables = proxies;

    variables.own = own;
    service->http.proxy = &service->proxy;
    return proxy_choose(&service->proxy, url, &variables, error,
                        COMMAND_ERROR);
}

static bool set_service(struct service *service, const struct options *o,
                        const char *own, uint64_t body_max, char *error)
{
    static const char agent[] = "ocrdyn/" OCRDYN_VERSION;

    proxies.https = either("https_proxy", "HTTPS_PROXY");
    proxies.all = either("all_proxy", "ALL_PROXY");
    proxies.no = either("no_proxy", "NO_PROXY");
    service->http.proxies = &proxies;
    service->http.trust = &service->trust;
    service->http.agent = agent;
    service->http.connect = o->connect;
    service->http.wait = o->wait;
    service->http.total = 10 * o->wait;
    service->http.body_max = body_max;
    service->http.note = o->verbose ? report_line : NULL;
    return load_trust(&service->trust, o->cacert, own, error);
}

struct cloudinary *command_try_cloudinary(const struct options *o,
                                          char *error)
{
    struct account account;
    bool good = account_load(&account, error) &&
        set_service(&images, o, NULL, UINT64_C(1) << 30, error);

    good = good && load_proxy(&images, &account.url, account.proxy, error);
    if (good)
        cloudinary_init(&cloudinary, &account, &images.http);
    buf_wipe(&account, sizeof account);
    return good ? &cloudinary : NULL;
}

struct dynamodb *command_try_dynamodb(const struct options *o, char *error)
{
    const struct aws_options options = {o->profile, o->region,
        o->endpoint_url, &tables.http, o->dry_run};

    if (!set_service(&tables, o, variable("AWS_CA_BUNDLE"), 64 << 20, error) ||
        !aws_load(&aws, &options, error) ||
        !load_proxy(&tables, &aws.endpoint, NULL, error))
        return NULL;
    dynamodb_init(&db, &aws, &tables.http, o->max_attempts > 0
                  ? (unsigned)o->max_attempts : 10, &command_stop);
    return &db;
}

struct dynamodb *command_dynamodb(const struct options *o)
{
    char error[COMMAND_ERROR];
    struct dynamodb *d = command_try_dynamodb(o, error);

    if (d == NULL)
        report_line(error);
    return d;
}

void command_close(void)
{
    if (cloudinary.http.options.trust != NULL)
        cloudinary_close(&cloudinary);
    if (db.aws != NULL)
        dynamodb_close(&db);
    aws_wipe(&aws);
    buf_wipe(&images.proxy, sizeof images.proxy);
    buf_wipe(&tables.proxy, sizeof tables.proxy);
}

int command_printed(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    report_say("cannot write %s: %s", "standard output", strerror(errno));
    return COMMAND_UNWRITTEN;
}

/* ---------------------------------------------- commands that print rows */

bool command_begin(struct command *c, const struct options *o,
                   unsigned services, const char *reads)
{
    char error[COMMAND_ERROR];

    c->o = o;
    c->checkpoint.fd = -1;
    c->report.start = clock_now(CLOCK_STEADY);
    c->report.list_size = -1;
    if (fstat(STDOUT_FILENO, &c->file) < 0 || !S_ISREG(c->file.st_mode))
        c->file.st_size = -1;
    rows_in_init(&c->in, STDIN_FILENO, o->null);
    rows_out_init(&c->out, STDOUT_FILENO, o->format, o->null);
    if (((services & COMMAND_IMAGES) != 0 &&
         (c->cloudinary = command_try_cloudinary(o, error)) == NULL) ||
        ((services & COMMAND_TABLE) != 0 &&
         (c->db = command_try_dynamodb(o, error)) == NULL)) {
        report_line(error);
        return false;
    }
    if (reads != NULL && isatty(STDIN_FILENO) && !o->quiet)
        report_say("reading %s from the terminal; Ctrl-D ends them", reads);
    command_signals();
    command_confine(o);
    command_watch(&c->report);
    return true;
}

bool command_goes_on(const struct command *c, uint64_t done)
{
    return c->exit == 0 && command_stop == 0 &&
        (c->o->limit == 0 || done < c->o->limit);
}

enum rows_read command_next(struct command *c, const unsigned char **id,
                            size_t *n)
{
    enum rows_read r = ids_next(&c->in, &command_stop, id, n);

    if (r != ROWS_ERROR)
        return r;
    command_unread(c);
    return ROWS_END;
}

void command_count(struct command *c, enum report_status status,
                   const unsigned char *id, size_t n, const char *detail)
{
    c->report.count[status]++;
    if (status == REPORT_ABSENT)
        detail = "the table has no such item";
    if (*detail != '\0' && status != REPORT_SKIPPED)
        command_complain(id, n, detail);
}

void command_row(struct command *c, enum report_status status,
                 struct row *row)
{
    command_count(c, status, row->id, row->id_len, row->detail);
    row->status = report_names[status];
    rows_write(&c->out, row);
    command_flush(c);
}

void command_advance(struct command *c)
{
    if (c->db != NULL) {
        c->report.retries += c->db->retries;
        c->db->retries = 0;
    }
    report_progress(&c->report);
    show_asked();
}

void command_flush(struct command *c)
{
    if (!rows_flush(&c->out) && c->exit != COMMAND_UNWRITTEN)
        command_unwritten(c, "standard output", c->out.error);
}

void command_unread(struct command *c)
{
    report_say("cannot read standard input: %s", strerror(errno));
    c->exit = COMMAND_STOPPED;
}

void command_unwritten(struct command *c, const char *what, int error)
{
    report_say("cannot write %s: %s", what, strerror(error));
    c->exit = COMMAND_UNWRITTEN;
}

void command_failed(struct command *c, enum outcome outcome)
{
    if (outcome == OUTCOME_DONE)
        return;
    if (command_stop == 0)
        report_line(c->db->error);
    if (c->exit == 0)
        c->exit = outcome == OUTCOME_BAD ? COMMAND_MISUSED : COMMAND_STOPPED;
}

void command_keys(struct command *c, struct keys *keys)
{
    const struct options *o = c->o;
    enum outcome outcome = keys_read(c->db, o->table, o->index, o->key, keys);
    const char *hash = o->index != NULL ? keys->index_hash.name
                                        : keys->hash.name;

    if (outcome == OUTCOME_DONE && o->key_given && strcmp(o->key, hash) != 0)
        outcome = dynamodb_fail(c->db, OUTCOME_BAD, "the partition key of "
                                "%s is %s, not %s (--key names it)",
                                o->index != NULL ? o->index : o->table, hash,
                                o->key);
    command_failed(c, outcome);
}

bool command_resume(struct command *c, struct buf *job)
{
    if (job->failed || !checkpoint_open(&c->checkpoint, c->o->checkpoint,
                                        job->data, job->len)) {
        report_line(job->failed ? "memory is out" : c->checkpoint.error);
        c->exit = COMMAND_MISUSED;
    }
    buf_free(job);
    return c->exit == 0;
}

bool command_sync(struct command *c)
{
    if (c->file.st_size < 0 || rows_sync(STDOUT_FILENO))
        return true;
    command_unwritten(c, "the rows to the disk", errno);
    return false;
}

void command_saved(struct command *c, bool saved)
{
    if (saved)
        return;
    report_line(c->checkpoint.error);
    c->exit = COMMAND_UNWRITTEN;
}

bool command_headed(const struct command *c)
{
    return c->checkpoint.fd >= 0 &&
        (c->checkpoint.records > 0 || *c->checkpoint.place != '\0' ||
         c->file.st_size > 0);
}

int command_end(struct command *c, bool clean)
{
    const uint64_t *counts = c->report.count;

    if (c->checkpoint.fd >= 0)
        command_saved(c, checkpoint_close(&c->checkpoint, clean &&
                                          c->exit != COMMAND_UNWRITTEN));
    if (!c->o->quiet && !c->o->dry_run && c->exit != COMMAND_MISUSED)
        report_summary(&c->report);
    if (c->exit != 0)
        return c->exit;
    return counts[REPORT_FAILED] + counts[REPORT_UNSTORED] +
        counts[REPORT_ABSENT] > 0 ? COMMAND_FAILED : 0;
}
