/* endpoint: see endpoint.h. */
#include "endpoint.h"

#include <stdio.h>
#include <string.h>

static const struct partition {
    const char *prefix;          /* of its regions' names */
    const char *suffix, *dual;   /* of its hosts' */
} partitions[] = {
    {"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
    {"eusc-", "amazonaws.eu", "api.amazonwebservices.eu"},
    {"us-iso-", "c2s.ic.gov", "api.aws.ic.gov"},
    {"us-isob-", "sc2s.sgov.gov", "api.aws.scloud"},
    {"eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
    {"us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
    {"", "amazonaws.com", "api.aws"}     /* and us-gov- */
};

bool endpoint_region(const char *region)
{
    size_t n = strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-");

    return region[n] == '\0' && n > 0 && n < ENDPOINT_REGION_MAX &&
        region[0] != '-' && region[n - 1] != '-';
}

/* The URL that somebody has set, and where; NULL if nobody has. What is in a
   file is not to be shown: it may be a secret in the wrong place. */
static struct profile_value configured(const struct profile *p,
                                       const char *service,
                                       const char *option, const char **where,
                                       bool *in_file)
{
    const bool sts = strcmp(service, "sts") == 0;
    const char *variable = sts ? "AWS_ENDPOINT_URL_STS"
                               : "AWS_ENDPOINT_URL_DYNAMODB";
    const struct buf *config = &p->config.text;
    struct profile_value value = {NULL, 0};
    char services[128];

    *where = "--endpoint-url";
    if (option != NULL && *option != '\0')
        return (struct profile_value){option, strlen(option)};
    if (profile_true(profile_setting(p, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                                     "ignore_configured_endpoint_urls")))
        return value;
    *where = variable;
    if (profile_variable(variable) == NULL)
        *where = variable = "AWS_ENDPOINT_URL";
    option = profile_variable(variable);
    if (option != NULL)
        return (struct profile_value){option, strlen(option)};
    *in_file = true;
    *where = "a [services] section";
    if (profile_copy(services, sizeof services,
                     profile_get(p, p->name, "services")))
        value = profile_nested(profile_find((char *)config->data, config->len,
                                            PROFILE_SERVICES, services,
                                            service), "endpoint_url");
    if (value.text == NULL) {
        *where = "the profile";
        value = profile_get(p, p->name, "endpoint_url");
    }
    return value;
}

/* The rule of the region. */
static void rule(char *out, size_t size, const char *service,
                 const char *region, bool fips, bool dual)
{
    const struct partition *p = partitions;

    while (strncmp(region, p->prefix, strlen(p->prefix)) != 0)
        p++;
    /* there, the usual ones are the FIPS ones */
    if (strncmp(region, "us-gov-", 7) == 0 && !dual)
        fips = false;
    snprintf(out, size, "https://%s%s.%s.%s", service, fips ? "-fips" : "",
             region, dual ? p->dual : p->suffix);
}

bool endpoint_find(struct http_url *url, char signing[ENDPOINT_REGION_MAX],
                   const struct profile *p, const char *service,
                   const char *region, const char *option, char *error,
                   size_t size)
{
    bool fips = profile_true(profile_setting(p, "AWS_USE_FIPS_ENDPOINT",
                                             "use_fips_endpoint"));
    bool dual = profile_true(profile_setting(p, "AWS_USE_DUALSTACK_ENDPOINT",
                                             "use_dualstack_endpoint"));
    bool local = strcmp(region, "local") == 0 &&
        strcmp(service, "dynamodb") == 0;
    const char *where;
    struct profile_value value;
    char text[512] = "http://localhost:8000", why[128] = "it is too long";
    bool good = true, in_file = false;

    value = configured(p, service, option, &where, &in_file);
    snprintf(signing, ENDPOINT_REGION_MAX, "%s", region);
    if ((fips || dual) && (value.text != NULL || local)) {
        snprintf(error, size, "%s is set, but the endpoint comes from %s: "
                 "only one of them can be", fips ? "AWS_USE_FIPS_ENDPOINT"
                 : "AWS_USE_DUALSTACK_ENDPOINT", value.text != NULL ? where
                 : "the region \"local\"");
        return false;
    }
    if (value.text != NULL) {
        good = profile_copy(text, sizeof text, value);
    } else {
        where = "the region";
        if (local)               /* DynamoDB Local keeps tables by region */
            snprintf(signing, ENDPOINT_REGION_MAX, "us-east-1");
        else
            rule(text, sizeof text, service, region, fips, dual);
    }
    if (good && http_url_parse(url, text, why, sizeof why))
        return true;
    if (in_file)
        snprintf(error, size, "the endpoint of %s: %s", where, why);
    else
        snprintf(error, size, "the endpoint \"%.100s\" of %s: %s", text,
                 where, why);
    return false;
}
