/*
 * services.c: configures the clients of Cloudinary and DynamoDB from options
 * and environment.
 */
#include "cli/services.h"

#include "base/env.h"
#include "base/report.h"
#include "base/wait.h"
#include "net/proxy.h"

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

/*
 * Loads the trust anchors from the first of these that is set: --cacert; `own`,
 * a bundle for this service only; SSL_CERT_FILE and SSL_CERT_DIR; the system.
 */
static bool load_trust(struct anchors *trust, const char *cacert,
                       const char *own, char *error)
{
    const char *file = cacert != NULL ? cacert : own, *dir = NULL;

    anchors_init(trust);
    if (file == NULL) {
        file = env_get("SSL_CERT_FILE");
        dir = env_get("SSL_CERT_DIR");
    }
    if ((file != NULL && !anchors_file(trust, file, error, SERVICES_ERROR)) ||
        (dir != NULL && !anchors_dir(trust, dir, error, SERVICES_ERROR)))
        return false;
    if (file == NULL && dir == NULL)
        anchors_system(trust);
    return true;
}

/* Returns the value of a variable whose lower-case name takes precedence, as in
   curl, or NULL if neither is set. */
static const char *either_variable(const char *lower, const char *upper)
{
    const char *value = env_get(lower);

    return value != NULL ? value : env_get(upper);
}

/* Chooses the proxy for `url`. `own`: a proxy for this service, or NULL. */
static bool load_proxy(struct service *service, const struct url *url,
                       const char *own, char *error)
{
    struct proxy_variables variables = proxies;

    variables.own = own;
    service->http.proxy = &service->proxy;
    return proxy_choose(&service->proxy, url, &variables, error,
                        SERVICES_ERROR);
}

/* Sets the HTTP options of a service, and loads its trust anchors. `own` as in
   load_trust; `body_max` limits an answer. */
static bool set_service(struct service *service, const struct options *o,
                        const char *own, uint64_t body_max, char *error)
{
    proxies.https = either_variable("https_proxy", "HTTPS_PROXY");
    proxies.all = either_variable("all_proxy", "ALL_PROXY");
    proxies.no = either_variable("no_proxy", "NO_PROXY");
    service->http.proxies = &proxies;
    service->http.trust = &service->trust;
    service->http.agent = "ocrdyn/" OCRDYN_VERSION;
    service->http.connect = o->net.connect_timeout;
    service->http.wait = o->net.timeout;
    service->http.total = 10 * o->net.timeout;
    service->http.body_max = body_max;
    service->http.note = o->verbose ? report_line : NULL;
    return load_trust(&service->trust, o->net.cacert, own, error);
}

struct cloudinary *services_cloudinary(const struct options *o, char *error)
{
    struct account account;
    bool good = account_load(&account, error) &&
        set_service(&images, o, NULL, UINT64_C(1) << 30, error) &&
        load_proxy(&images, &account.url, account.proxy, error);

    if (good)
        cloudinary_init(&cloudinary, &account, &images.http);
    buf_wipe(&account, sizeof account);
    return good ? &cloudinary : NULL;
}

struct dynamodb *services_dynamodb(const struct options *o, char *error)
{
    const struct aws_options options = {o->aws.profile, o->aws.region,
        o->aws.endpoint_url, &tables.http, o->run.dry_run};

    if (!set_service(&tables, o, env_get("AWS_CA_BUNDLE"), 64 << 20, error) ||
        !aws_load(&aws, &options, error) ||
        !load_proxy(&tables, &aws.endpoint, NULL, error))
        return NULL;
    dynamodb_init(&db, &aws, &tables.http, o->net.max_attempts > 0
                  ? (unsigned)o->net.max_attempts : 10, &wait_stop);
    return &db;
}

struct dynamodb *services_dynamodb_or_say(const struct options *o)
{
    char error[SERVICES_ERROR];
    struct dynamodb *d = services_dynamodb(o, error);

    if (d == NULL)
        report_line(error);
    return d;
}

void services_close(void)
{
    if (cloudinary.http.options.trust != NULL)
        cloudinary_close(&cloudinary);
    if (db.aws != NULL)
        dynamodb_close(&db);
    aws_wipe(&aws);
    buf_wipe(&images.proxy, sizeof images.proxy);
    buf_wipe(&tables.proxy, sizeof tables.proxy);
}
