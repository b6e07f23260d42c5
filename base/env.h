/*
 * env: the environment.
 */
#ifndef ENV_H
#define ENV_H

/* Returns the value of an environment variable, or NULL if it is unset or
   empty. */
const char *env_get(const char *name);

#endif
