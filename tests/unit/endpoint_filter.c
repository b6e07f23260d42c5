/*
 * endpoint_filter: prints the endpoint of the service and the region that are
 * its arguments, and the region that requests are signed for; or a sentence,
 * with status 1. The settings are of the environment and the files.
 */
#include "aws/endpoint.h"

#include <stdio.h>

/* No connection is made here. */
int main(int argc, char **argv)
{
    char error[WHY_MAX], signing[ENDPOINT_REGION_MAX];
    struct url url;
    struct profile p;
    bool good;

    if (argc != 3)
        return 2;
    snprintf(signing, sizeof signing, "%s", argv[2]);
    good = profile_load(&p, NULL, error) &&
        endpoint_find(&url, signing, &p, argv[1], NULL, error);
    if (good)
        printf("%s://%s%s %s\n", url.tls ? "https" : "http", url.authority,
               url.path, signing);
    else
        printf("%s\n", error);
    profile_free(&p);
    return good ? 0 : 1;
}
