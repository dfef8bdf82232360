/* SPDX-License-Identifier: ISC
 *
 * spool_drive DIR: a life of a spool, for test_spool_faults.py to run with
 * fault.c preloaded. Puts, takes out, counts attempts, goes past its bound,
 * is closed and opened. What it does not take is kept and put in again with the
 * next, until it is closed. In the end whatever was put has been taken out, or
 * is counted as lost; what was kept until then may have been there as well.
 * Nothing is taken out twice. Ends with 0, or says what is wrong.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shipperd/payload.h"
#include "shipperd/spool.h"

#define ROUNDS  40
#define SIZE    60000      /* bytes of a payload: 40 are past the bound */
#define BOUND   (1u << 20) /* bytes */
#define PATIENT 90         /* s: longer than any pause of the spool */

void fault_skip(long seconds) __attribute__((weak));
long fault_calls(void) __attribute__((weak));

static unsigned given, settled, seen_again, kept;
static struct payload *waiting[2 * ROUNDS]; /* not taken yet */
static unsigned n_waiting;
static bool is_settled[10 * ROUNDS];

static struct spool *
open_spool(const char *dir)
{
	static const struct spool_name name = { "https://a", "key" };
	struct spool *s = spool_new(dir, BOUND, 86400);

	spool_set_endpoints(s, &name, 1);
	return s;
}

static void
forget_waiting(void)
{
	while (n_waiting > 0)
		payload_unref(waiting[--n_waiting]);
}

static void
put(struct spool *s, unsigned number)
{
	struct payload *p = calloc(1, sizeof(*p));

	p->data = calloc(1, SIZE);
	p->data[0] = 3;
	p->data[2] = PAYLOAD_PROC;
	memcpy(p->data + PAYLOAD_HEADER, &number, sizeof(number));
	p->len = SIZE;
	p->type = PAYLOAD_PROC;
	p->owed = 1;
	p->snapshot = number;
	p->refs = 1;
	memset(p->request_id, 'a', PAYLOAD_REQUEST_ID - 1);
	given++;
	waiting[n_waiting++] = p;
	if (spool_put(s, waiting, n_waiting, number) == 0)
		forget_waiting();
}

/* Takes the oldest out; false when there is none now. */
static bool
deliver(struct spool *s)
{
	uint64_t row = spool_oldest(s, 0);
	struct payload *p = row != 0 ? spool_load(s, row) : NULL;
	unsigned number;

	if (p == NULL)
		return false;
	if (p->len != SIZE) {
		printf("a payload of %zu bytes, want %d\n", p->len, SIZE);
		exit(1);
	}
	memcpy(&number, p->data + PAYLOAD_HEADER, sizeof(number));
	payload_unref(p);
	spool_count_attempt(s, 0, row);
	if (is_settled[number])
		seen_again++;
	else
		settled++;
	is_settled[number] = true;
	spool_settle(s, 0, row);
	return true;
}

static unsigned
lost(const struct spool *s)
{
	uint64_t sum = 0;
	int i;

	for (i = 0; i < LOSSES; i++)
		sum += spool_losses(s, 0)->n[i];
	return (unsigned)sum;
}

int
main(int argc, char **argv)
{
	struct spool *s;
	unsigned i, gone, said;
	long calls = 0;

	(void)argc;
	s = open_spool(argv[1]);
	for (i = 1; i <= ROUNDS; i++) {
		put(s, i);
		if (i % 4 == 0)
			deliver(s);
		if ((i % 16 == 0 || n_waiting > 3) && fault_skip != NULL)
			fault_skip(PATIENT);
		spool_tick(s);
	}
	said = gone = lost(s);
	spool_said_losses(s); /* or the next one counts them again */
	kept = n_waiting;
	forget_waiting();
	spool_free(s);
	s = open_spool(argv[1]);
	if (fault_calls != NULL)
		calls = fault_calls(); /* from here on it has to get well */
	for (i = 0; i < 3; i++) {
		if (fault_skip != NULL)
			fault_skip(PATIENT);
		spool_tick(s);
		put(s, ROUNDS + 1 + i);
		while (deliver(s))
			;
	}
	gone += lost(s);
	printf("%ld calls, ", calls);
	printf("%u given, %u delivered, %u lost, %u kept, %u twice; %s\n",
	    given, settled, gone, kept, seen_again,
	    spool_trouble(s)[0] == '\0' ? "well" : spool_trouble(s));
	i = given <= settled + gone + kept && settled + gone <= given + said &&
	    seen_again == 0 && spool_trouble(s)[0] == '\0';
	spool_free(s);
	return i ? 0 : 1;
}
