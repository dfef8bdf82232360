/* SPDX-License-Identifier: ISC
 *
 * The host's own tags, from the configuration. They travel once, in the
 * `host` record, and those who show processes and containers add them; with
 * send_host_tags they stand on each of those as well.
 */
#ifndef TAGGERD_HOSTTAGS_H
#define TAGGERD_HOSTTAGS_H

#include <stdbool.h>

#include "source.h"

struct config_list;
struct hosttags;

struct hosttags *hosttags_new(void);
void hosttags_free(struct hosttags *hosttags);

/* Takes over the list: the first LIMIT_TAGS of it, each cut to LIMIT_TAG
 * bytes. on_records: put them on each process and container. */
void hosttags_set(
    struct hosttags *hosttags, const struct config_list *list, bool on_records);

/* All of them; borrowed until the next hosttags_set(). */
struct strviews hosttags_list(const struct hosttags *hosttags);

struct source hosttags_source(struct hosttags *hosttags);

#endif
