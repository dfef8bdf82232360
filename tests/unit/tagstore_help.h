/* SPDX-License-Identifier: ISC
 *
 * Facts for a tagstore, and the tags that come of them.
 */
#ifndef TESTS_UNIT_TAGSTORE_HELP_H
#define TESTS_UNIT_TAGSTORE_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/config.h"
#include "common/limits.h"
#include "taggerd/exclusion.h"
#include "taggerd/facts.h"
#include "taggerd/tagstore.h"

static const struct strview id = SV("0123456789abcdef");
static const struct strview uid = SV("aa-bb-cc");

static inline struct facts *
in_pod(struct strview pod)
{
	struct facts *f = facts_new();

	facts_set(&f->pod_uid, pod, 64);
	return f;
}

static inline void
put(struct tagstore *store, enum tagstore_source source, struct facts *facts)
{
	tagstore_put(store, source, TAGSTORE_CONTAINER, id, facts);
}

static inline void
put_pod(struct tagstore *store, enum tagstore_source source, struct facts *f)
{
	tagstore_put(store, source, TAGSTORE_POD, uid, f);
}

#endif
