/* SPDX-License-Identifier: ISC
 *
 * Names of users, as a source of tags: the passwd file first, then NSS by
 * way of a resolver that answers later. Never blocks the loop on anything
 * but a read of that one file, and only when the file has changed.
 */
#ifndef TAGGERD_USERS_H
#define TAGGERD_USERS_H

#include <stdbool.h>
#include <stdint.h>

#include "source.h"

struct users;

/* Asks for the name of uid; the answer comes by users_answer(). Returns 0,
 * or -1 when no more questions are taken now. */
typedef int users_ask(void *arg, uint32_t uid);

/* `path` is the passwd file (copied). ask: NULL where NSS speaks for another
 * system than the file does; then the file is all there is. */
struct users *users_new(const char *path, users_ask *ask, void *arg);
void users_free(struct users *users);

/* Reads the file again if it is another one or was changed, and takes `now`
 * (ns of CLOCK_MONOTONIC) as the time until the next call. */
void users_refresh(struct users *users, uint64_t now);

/* NSS said: uid is `name`, or there is no such user (NULL). */
void users_answer(struct users *users, uint32_t uid, const char *name);

/* The name of uid, borrowed until the next call of users_refresh() or
 * users_answer(); of length 0 when unknown or not known yet. */
struct strview users_name(struct users *users, uint32_t uid);

struct source users_source(struct users *users);

#endif
