/* command: see command.h. */
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "process.h"
#include "proxy.h"
#include "sandbox.h"

/* ------------------------------------------------------------- signals */

volatile sig_atomic_t command_stop, command_asked;

/* The first asks the command to end after what is in hand; the second ends it
   at once. */
static void on_signal(int number)
{
    if (command_stop != 0) {
        signal(number, SIG_DFL);
        raise(number);           /* comes when the handler returns */
    }
    command_stop = number;
}

static void on_ask(int number)
{
    command_asked = number;
}

void command_signals(void)
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

static const struct report *watched;

void command_progress(void)
{
    if (command_asked == 0)
        return;
    command_asked = 0;
    report_now(watched);
}

void command_watch(const struct report *report)
{
    watched = report;
    clock_interrupted = command_progress;
}

void command_complain(const unsigned char *id, size_t n, const char *reason)
{
    char safe[512];

    rows_visible(safe, sizeof safe, id, n);
    report_say("%s: %s", safe, reason);
}

/* ------------------------------------------------------------- sandbox */

static const char used[] = "credential_process may have to run again";

void command_confine(const struct options *o)
{
    const char *why = process_used ? used : sandbox_calls();

    if (why != NULL && o->verbose)
        report_say("system calls are not limited: %s", why);
}

void command_confine_files(const struct options *o, int folder)
{
    const char *why = process_used ? used : sandbox_files(folder);

    if (why != NULL && o->verbose)
        report_say("the writing of files is not limited: %s", why);
}

/* ------------------------------------------------------------ services */

struct service {
    struct http_options http;
    struct tls_trust trust;
    struct proxy proxy;
};

static struct service images, tables;
static struct proxy_variables proxies;
static struct cloudinary cloudinary;
static struct dynamodb db;
static struct aws aws;

/*
 * The trust anchors: of --cacert alone, or of the variables, or the system's.
 * `own` is a bundle for this service only, or NULL.
 */
static bool load_trust(struct tls_trust *trust, const char *cacert,
                       const char *own, char *error)
{
    const char *file = getenv("SSL_CERT_FILE"), *dir = getenv("SSL_CERT_DIR");
    bool good = true;

    tls_trust_init(trust);
    if (cacert == NULL && own != NULL && *own != '\0')
        cacert = own;
    if (cacert != NULL) {
        good = tls_trust_file(trust, cacert, error, COMMAND_ERROR);
    } else {
        if (file != NULL && *file != '\0')
            good = tls_trust_file(trust, file, error, COMMAND_ERROR);
        if (good && dir != NULL && *dir != '\0')
            good = tls_trust_dir(trust, dir, error, COMMAND_ERROR);
        if (good && trust->n == 0)
            tls_trust_system(trust);
    }
    return good;
}

/* The value of a variable that some write in small letters: those go first,
   as with curl. NULL where neither says anything. */
static const char *either(const char *small, const char *capital)
{
    const char *value = getenv(small);

    return value != NULL && *value != '\0' ? value : getenv(capital);
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

static void note(const char *line)
{
    report_say("%s", line);
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
    service->http.note = o->verbose ? note : NULL;
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

    if (!set_service(&tables, o, getenv("AWS_CA_BUNDLE"), 64 << 20, error) ||
        !aws_load(&aws, &options, error) ||
        !load_proxy(&tables, &aws.endpoint, NULL, error))
        return NULL;
    dynamodb_init(&db, &aws, &tables.http, o->max_attempts > 0
                  ? (unsigned)o->max_attempts : 10, &command_stop);
    return &db;
}

struct cloudinary *command_cloudinary(const struct options *o)
{
    char error[COMMAND_ERROR];
    struct cloudinary *c = command_try_cloudinary(o, error);

    if (c == NULL)
        report_say("%s", error);
    return c;
}

struct dynamodb *command_dynamodb(const struct options *o)
{
    char error[COMMAND_ERROR];
    struct dynamodb *d = command_try_dynamodb(o, error);

    if (d == NULL)
        report_say("%s", error);
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
    tls_trust_free(&images.trust);
    tls_trust_free(&tables.trust);
}

int command_printed(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    report_say("cannot write standard output: %s", strerror(errno));
    return COMMAND_UNWRITTEN;
}
