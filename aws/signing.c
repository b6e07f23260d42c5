/*
 * signing.c: adds the date, the session token and the Authorization header to
 * a POST request.
 */
#include "aws/signing.h"

#include <string.h>

bool signing_sign(struct signing *s, const struct url *url,
                  struct http_request *rq)
{
    const struct sigv4_scope scope = {s->keys->access, s->keys->secret,
        s->region, s->service, s->key};
    struct sigv4_header headers[SIGNING_FIELDS] = {{"host", url->authority}};
    struct sigv4_request to_sign = {rq->method, rq->target, "", headers, 1,
        {rq->body, rq->body_len}};
    size_t n = rq->n_fields, i;

    if (n > SIGNING_OWN)
        return false;
    memcpy(s->fields, rq->fields, n * sizeof *s->fields);
    s->fields[n++] = (struct http_field){"x-amz-date", s->date};
    if (s->keys->token[0] != '\0')
        s->fields[n++] = (struct http_field){"x-amz-security-token",
                                             s->keys->token};
    for (i = 0; i < n; i++)      /* http.c adds Host itself */
        headers[to_sign.n_headers++] = (struct sigv4_header){
            s->fields[i].name, s->fields[i].value};
    s->fields[n++] = (struct http_field){"authorization", s->authorization};
    rq->fields = s->fields;
    rq->n_fields = n;
    return clock_date(s->date, clock_seconds() + s->offset) &&
        sigv4_authorization(&to_sign, &scope, s->date, s->authorization,
                            sizeof s->authorization) > 0;
}
