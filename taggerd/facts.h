/* SPDX-License-Identifier: ISC
 *
 * What one source says of one container (or of one pod): tags, and the
 * members of the `container` record that only it knows. A source fills one
 * and hands it to the tagstore, which owns it from then on. Whatever a
 * server sent enters here through facts_ functions, which bound and clean
 * it: no control byte, no invalid UTF-8, no tag longer than LIMIT_TAG.
 */
#ifndef TAGGERD_FACTS_H
#define TAGGERD_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/schema.h"

/* The rows of tagnames.def. */
enum tag_name {
#define TAG(name, live, agent) TAG_##name,
#include "tagnames.def"
#undef TAG
	TAG_NAMES
};

struct facts_tag {
	enum tag_name name;
	char *value; /* owned, never empty */
};

struct facts_address {
	char *ip; /* owned */
	int32_t port;
	enum address_protocol protocol;
};

/* Strings are owned, NULL when unknown; numbers are 0 then. Set strings with
 * facts_set() and facts_set_image(), lists with facts_add_. */
struct facts {
	char *type;        /* "docker", "containerd": the runtime */
	char *name;        /* of the container */
	char *image;       /* as it was asked for, with its tag */
	char *repo_digest; /* "sha256:..." */
	char *pod_uid;     /* a container's pod: its facts count as well */
	char *space;       /* Kubernetes namespace, for exclusion */
	bool pause;        /* holds a pod's namespaces and does nothing */
	enum container_state state;
	enum container_health health;
	int64_t created;         /* s since the epoch */
	float cpu_request;       /* % of one core */
	uint64_t memory_request; /* bytes */
	struct facts_tag *tags;
	uint32_t n_tags;
	struct facts_address *addresses;
	uint32_t n_addresses;
};

struct facts *facts_new(void);
void facts_free(struct facts *facts); /* NULL is fine */

/* Whether both say the same, in the same order. */
bool facts_equal(const struct facts *a, const struct facts *b);

/* Sets a string member to a cleaned copy of at most `max` bytes; an empty
 * one is NULL. */
void facts_set(char **member, struct strview value, uint32_t max);

/* Adds a tag unless the value is empty, the tag is there already, or there
 * are LIMIT_TAGS. */
void facts_add_tag(
    struct facts *facts, enum tag_name name, struct strview value);

/* Sets image and adds the four tags of it: with "@sha..." cut off, the tag
 * is what follows a ':' after the last '/'. */
void facts_set_image(struct facts *facts, struct strview image);

/* Adds an address unless there are LIMIT_ADDRESSES. */
void facts_add_address(struct facts *facts, struct strview ip, int32_t port,
    enum address_protocol protocol);

#endif
