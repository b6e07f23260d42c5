/*
 * endpoint.c: chooses the endpoint of an AWS service from the settings, or
 * builds its URL from the region.
 */
#include "aws/endpoint.h"
#include "base/env.h"

#include <stdio.h>
#include <string.h>

static const struct partition {
    char prefix[9];              /* of the names of its regions */
    char suffix[17], dual[25];   /* of host names; dual-stack: "api." + dual */
} partitions[] = {
    {"cn-", "amazonaws.com.cn", "amazonwebservices.com.cn"},
    {"eusc-", "amazonaws.eu", "amazonwebservices.eu"},
    {"us-iso-", "c2s.ic.gov", "aws.ic.gov"},
    {"us-isob-", "sc2s.sgov.gov", "aws.scloud"},
    {"eu-isoe-", "cloud.adc-e.uk", "cloud-aws.adc-e.uk"},
    {"us-isof-", "csp.hci.ic.gov", "aws.hci.ic.gov"},
    {"", "amazonaws.com", "aws"}     /* includes us-gov- */
};

bool endpoint_region(const char *region)
{
    size_t n = strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-");

    return region[n] == '\0' && n > 0 && n < ENDPOINT_REGION_MAX &&
        region[0] != '-' && region[n - 1] != '-';
}

bool endpoint_parse(struct url *url, struct profile_value text,
                    bool metadata, char why[WHY_MAX])
{
    char copy[512];

    if (!profile_copy(copy, sizeof copy, text))
        return why_not(why, "it is too long");
    return metadata ? url_parse_metadata(url, copy, why, WHY_MAX)
                    : url_parse(url, copy, why, WHY_MAX);
}

/* Returns the URL that is configured, or no value, and where it comes from.
   `shown` is its text for messages, or NULL if it is from a file: then it may
   be a misplaced secret. */
static struct profile_value configured(const struct profile *p,
                                       const char *service,
                                       const char *option, const char **where,
                                       const char **shown)
{
    static const char any[] = "AWS_ENDPOINT_URL";
    static const char property[] = "endpoint_url";
    struct profile_value value;
    char services[128];

    *shown = option;
    *where = "--endpoint-url";
    if (option != NULL && *option != '\0')
        return profile_string(option);
    *shown = NULL;
    if (profile_on(p, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"))
        return profile_string(NULL);
    *where = strcmp(service, "sts") == 0 ? "AWS_ENDPOINT_URL_STS"
                                         : "AWS_ENDPOINT_URL_DYNAMODB";
    *shown = env_get(*where);
    if (*shown == NULL)
        *shown = env_get(*where = any);
    if (*shown != NULL)
        return profile_string(*shown);
    *where = "a [services] section";
    if (profile_copy(services, sizeof services,
                     profile_get(p, p->name, "services"))) {
        value = profile_nested(&p->config, services, service, property);
        if (value.n > 0)
            return value;
    }
    *where = "the profile";
    value = profile_get(p, p->name, property);
    return value.n > 0 ? value : profile_string(NULL);
}

/* Builds the URL by the rule of the region's partition. */
static void rule(char *out, size_t size, const char *service,
                 const char *region, bool fips, bool dual)
{
    const struct partition *p = partitions;

    while (strncmp(region, p->prefix, strlen(p->prefix)) != 0)
        p++;
    /* the standard endpoints of GovCloud are the FIPS ones */
    if (strncmp(region, "us-gov-", 7) == 0 && !dual)
        fips = false;
    snprintf(out, size, "https://%s%s.%s.%s%s", service, fips ? "-fips" : "",
             region, dual ? "api." : "", dual ? p->dual : p->suffix);
}

bool endpoint_find(struct url *url, char region[ENDPOINT_REGION_MAX],
                   const struct profile *p, const char *service,
                   const char *option, char error[WHY_MAX])
{
    static const char fips_name[] = "AWS_USE_FIPS_ENDPOINT";
    static const char dual_name[] = "AWS_USE_DUALSTACK_ENDPOINT";
    bool fips = profile_on(p, fips_name);
    bool dual = profile_on(p, dual_name);
    bool local = strcmp(region, "local") == 0 && strcmp(service, "sts") != 0;
    char text[512], why[WHY_MAX];
    const char *where, *shown;
    struct profile_value value = configured(p, service, option, &where,
                                            &shown);

    if (value.text == NULL && local) {   /* it keeps tables by region */
        memcpy(region, "us-east-1", sizeof "us-east-1");
        value = profile_string(shown = "http://localhost:8000");
        where = "the region \"local\"";
    }
    if (value.text == NULL) {
        rule(text, sizeof text, service, region, fips, dual);
        value = profile_string(shown = text);
        where = "the region";
    } else if (fips || dual) {
        return why_not(error, "%s is set, but the endpoint comes from %s: only "
                       "one of them can be", fips ? fips_name : dual_name,
                       where);
    }
    if (endpoint_parse(url, value, false, why))
        return true;
    if (shown == NULL)
        return why_not(error, "the endpoint of %s: %s", where, why);
    return why_not(error, "the endpoint \"%.100s\" of %s: %s", shown, where,
                   why);
}
