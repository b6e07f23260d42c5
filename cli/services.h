/*
 * services: Cloudinary and DynamoDB, ready to be called, as the options and
 * the environment describe them.
 */
#ifndef SERVICES_H
#define SERVICES_H

#include "aws/chain.h"
#include "cli/options.h"
#include "cloudinary/cloudinary.h"
#include "dynamodb/dynamodb.h"

#ifndef OCRDYN_VERSION
#define OCRDYN_VERSION "unknown"
#endif

enum { SERVICES_ERROR = CHAIN_ERROR };   /* bytes of the reason below */

/*
 * Each returns the service, which is static: a command has one of each at
 * most. NULL if something is missing or wrong; then `error` (SERVICES_ERROR
 * bytes) has the reason, and no service was called.
 */
struct cloudinary *services_cloudinary(const struct options *o, char *error);
struct dynamodb *services_dynamodb(const struct options *o, char *error);

/* The same; prints the reason. */
struct dynamodb *services_dynamodb_or_say(const struct options *o);

/* Closes the connections and wipes the keys. */
void services_close(void);

#endif
