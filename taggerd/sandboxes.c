/* SPDX-License-Identifier: ISC
 *
 * Those that were missed, the oldest first, against the sets that one list
 * makes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/limits.h"
#include "common/log.h"
#include "idset.h"
#include "sandboxes.h"

struct sandbox {
	char id[LIMIT_CONTAINER_ID + 1];
	char pod[LIMIT_POD_UID + 1];
	uint64_t missed; /* ns of CLOCK_MONOTONIC */
	uint64_t seen;   /* the same: its pod was listed last */
	bool sure;       /* it is a sandbox */
};

struct sandboxes {
	struct sandbox *v; /* owned */
	unsigned n;
	unsigned room; /* in v */
	/* Of the list that is being taken. */
	struct idset containers;
	struct idset pods;
	struct idset settled;
};

struct sandboxes *
sandboxes_new(void)
{
	return xcalloc(1, sizeof(struct sandboxes));
}

static void
clear_list(struct sandboxes *sandboxes)
{
	idset_clear(&sandboxes->containers);
	idset_clear(&sandboxes->pods);
	idset_clear(&sandboxes->settled);
}

void
sandboxes_free(struct sandboxes *sandboxes)
{
	if (sandboxes == NULL)
		return;
	clear_list(sandboxes);
	free(sandboxes->v);
	free(sandboxes);
}

/* A pod's uid as the kubelet writes it: systemd's paths have '_' for '-'. */
static void
copy_uid(char out[LIMIT_POD_UID + 1], struct strview uid)
{
	uint32_t i;

	for (i = 0; i < uid.len; i++)
		out[i] = uid.s[i] == '_' ? '-' : uid.s[i];
	out[i] = '\0';
}

/* Room for one more, behind all others. */
static struct sandbox *
append(struct sandboxes *sandboxes)
{
	if (sandboxes->n == LIMIT_SANDBOXES) {
		sandboxes->n--;
		memmove(sandboxes->v, sandboxes->v + 1,
		    sandboxes->n * sizeof(*sandboxes->v));
	}
	if (sandboxes->n == sandboxes->room) {
		sandboxes->room = sandboxes->room > 0 ? 2 * sandboxes->room
						      : 16;
		sandboxes->v = xrealloc(
		    sandboxes->v, sandboxes->room * sizeof(*sandboxes->v));
	}
	return &sandboxes->v[sandboxes->n++];
}

void
sandboxes_miss(struct sandboxes *sandboxes, struct strview id,
    struct strview pod_uid, uint64_t now)
{
	struct sandbox *s;
	unsigned i;

	if (id.len == 0 || id.len > LIMIT_CONTAINER_ID || pod_uid.len == 0 ||
	    pod_uid.len > LIMIT_POD_UID)
		return;
	for (i = 0; i < sandboxes->n; i++)
		if (strview_equal(strview_of(sandboxes->v[i].id), id))
			return;
	s = append(sandboxes);
	*s = (struct sandbox){ .missed = now, .seen = now };
	memcpy(s->id, id.s, id.len);
	copy_uid(s->pod, pod_uid);
}

void
sandboxes_begin(struct sandboxes *sandboxes)
{
	clear_list(sandboxes);
}

void
sandboxes_take_container(struct sandboxes *sandboxes, struct strview id)
{
	if (id.len <= LIMIT_CONTAINER_ID)
		idset_add(&sandboxes->containers, id);
}

void
sandboxes_take_pod(
    struct sandboxes *sandboxes, struct strview uid, bool settled)
{
	if (uid.len > LIMIT_POD_UID)
		return;
	idset_add(&sandboxes->pods, uid);
	if (settled)
		idset_add(&sandboxes->settled, uid);
}

/* Those that the list has are none, and those whose pod is gone for good
 * are of no interest. */
static void
drop_others(struct sandboxes *sandboxes, uint64_t now)
{
	struct sandbox *s;
	unsigned i, n = 0;

	for (i = 0; i < sandboxes->n; i++) {
		s = &sandboxes->v[i];
		if (idset_has(&sandboxes->pods, strview_of(s->pod)))
			s->seen = now;
		if (!idset_has(&sandboxes->containers, strview_of(s->id)) &&
		    now - s->seen <= LIMIT_TAGS_KEPT * CLOCK_NS_PER_S)
			sandboxes->v[n++] = *s;
	}
	sandboxes->n = n;
}

static bool
is_alone(const struct sandboxes *sandboxes, const struct sandbox *one)
{
	const struct sandbox *s;
	unsigned i;

	for (i = 0; i < sandboxes->n; i++) {
		s = &sandboxes->v[i];
		if (s != one && strcmp(s->pod, one->pod) == 0)
			return false;
	}
	return true;
}

static bool
is_sure(
    const struct sandboxes *sandboxes, const struct sandbox *s, uint64_t now)
{
	if (!idset_has(&sandboxes->settled, strview_of(s->pod)))
		return false;
	return is_alone(sandboxes, s) ||
	    now - s->missed >= LIMIT_SANDBOX_AGE * CLOCK_NS_PER_S;
}

void
sandboxes_end(struct sandboxes *sandboxes, uint64_t now,
    void (*on_sandbox)(struct strview id, struct strview pod_uid, void *arg),
    void *arg)
{
	struct sandbox *s;
	unsigned i;

	drop_others(sandboxes, now);
	for (i = 0; i < sandboxes->n; i++) {
		s = &sandboxes->v[i];
		if (!s->sure)
			s->sure = is_sure(sandboxes, s, now);
		if (s->sure && idset_has(&sandboxes->pods, strview_of(s->pod)))
			on_sandbox(strview_of(s->id), strview_of(s->pod), arg);
	}
	clear_list(sandboxes);
}
