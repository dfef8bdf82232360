/* SPDX-License-Identifier: ISC
 *
 * What the tests of the spool share: a directory for each, a spool in it, and
 * something to put in.
 */
#ifndef TESTS_SPOOL_HELP_H
#define TESTS_SPOOL_HELP_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "shipperd/payload.h"
#include "shipperd/spool.h"

#define MIB (INT64_C(1) << 20)
#define DAY 86400

static const struct spool_name one[] = { { "https://a", "CANARYKEY1" },
	{ "https://b", "CANARYKEY2" } };

static char base[] = "/tmp/dd-spool-XXXXXX";
static char dir[64];
static unsigned tests_run;

/* A directory of its own for each test. */
static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "%s/%u", base, tests_run++);
	return 0;
}

static struct spool *
open_spool(int64_t max_bytes, int max_age, unsigned endpoints)
{
	struct spool *s = spool_new(dir, max_bytes, max_age);

	spool_set_endpoints(s, one, endpoints);
	return s;
}

static struct payload *
make_payload(size_t len)
{
	struct payload *p = calloc(1, sizeof(*p));

	p->data = calloc(1, len);
	p->data[0] = 3;
	p->data[2] = PAYLOAD_PROC;
	p->len = len;
	p->type = PAYLOAD_PROC;
	p->containers = 7;
	p->wall_ms = 1234567;
	p->refs = 1;
	memset(p->request_id, 'a', PAYLOAD_REQUEST_ID - 1);
	return p;
}

/* One payload of `len` bytes in a snapshot of its own. Returns spool_put()'s
 * result; *row is where it is. */
static inline int
put(struct spool *s, size_t len, uint32_t owed, uint64_t stamp, uint64_t *row)
{
	static uint64_t snapshots;
	struct payload *p = make_payload(len);
	int rv;

	p->owed = owed;
	p->snapshot = ++snapshots;
	rv = spool_put(s, &p, 1, stamp);
	if (row != NULL)
		*row = p->row;
	payload_unref(p);
	return rv;
}

static inline struct spool_stats
stats(const struct spool *s)
{
	struct spool_stats out;

	spool_get_stats(s, &out);
	return out;
}

static inline struct spool_debt
debt(struct spool *s, unsigned endpoint)
{
	struct spool_debt out;

	spool_get_debt(s, endpoint, &out);
	return out;
}

/* How many files have that in their name. */
static inline unsigned
count_files(const char *part)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	unsigned n = 0;

	while ((entry = readdir(d)) != NULL)
		n += strstr(entry->d_name, part) != NULL;
	closedir(d);
	return n;
}

/* Runs the tests in a directory that is gone afterwards. */
#define RUN_IN_BASE(tests)                                              \
	do {                                                            \
		char command_[64];                                      \
		int rv_;                                                \
                                                                        \
		if (mkdtemp(base) == NULL)                              \
			return 1;                                       \
		rv_ = cmocka_run_group_tests((tests), NULL, NULL);      \
		snprintf(command_, sizeof(command_), "rm -r %s", base); \
		return system(command_) != 0 || rv_ != 0;               \
	} while (0)

#endif
