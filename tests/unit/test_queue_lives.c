/* SPDX-License-Identifier: ISC
 *
 * Lives of a queue with its spool, at random: snapshots come, endpoints take
 * them or do not, the database is removed, each life ends in order or as by a
 * kill. In the end every payload that was put in has come or is counted. LIVES
 * sets how many rows of lives there are.
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include "common/log.h"
#include "shipperd/queue.h"
#include "spool_help.h"

#define ENDPOINTS 2
#define LIVES     6 /* in a row */
#define STEPS     80
#define NAMES     4000
#define SECOND    UINT64_C(1000000000)

/* What outlives a life. */
struct ledger {
	unsigned name; /* of the next payload: its length */
	bool came[ENDPOINTS][NAMES];
	unsigned added[ENDPOINTS];
	unsigned twice;
	unsigned kills;
	uint64_t lost[ENDPOINTS];
};

static struct ledger *ledger;
static struct queue *queue;
static struct spool *spool;
static struct payload *sending[ENDPOINTS];
static uint64_t now;

static void
add(void)
{
	struct payload *payloads[3];
	uint32_t to = 1 + (uint32_t)rand() % 3, n = 1 + (uint32_t)rand() % 3, i;
	unsigned e;

	for (i = 0; i < n; i++) {
		payloads[i] = make_payload(ledger->name++);
		payloads[i]->kind = SNAPSHOT_FULL;
	}
	for (e = 0; e < ENDPOINTS; e++)
		ledger->added[e] += (to >> e & 1) * n;
	queue_put(queue, payloads, n, to, 0, ledger->name);
}

/* Begins to send, or hears of it. */
static void
go_on(unsigned e)
{
	struct payload *p = sending[e];
	unsigned wait_ms;

	if (p == NULL) {
		if ((p = queue_next(queue, e, now, &wait_ms)) != NULL)
			sending[e] = payload_ref(p);
		return;
	}
	sending[e] = NULL;
	if (rand() % 4 == 0) {
		queue_put_back(queue, e, p);
	} else {
		ledger->twice += ledger->came[e][p->len];
		ledger->came[e][p->len] = true;
		queue_settle(queue, e, p);
	}
	payload_unref(p);
}

static void
remove_database(void)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/spool.db", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/spool.db-wal", dir);
	unlink(path);
}

static void
step(bool removes)
{
	int chance = rand() % 20;

	if (chance < 5)
		add();
	else if (chance < 15)
		go_on((unsigned)chance % ENDPOINTS);
	else if (chance < 18)
		queue_tick(queue);
	else if (chance == 18)
		spool_set_endpoints(spool, one, ENDPOINTS);
	else if (removes && rand() % 8 == 0)
		remove_database();
	now += SECOND;
}

/* Runs until all that can come has come. */
static void
drain(void)
{
	unsigned i;

	for (i = 0; i < 2 * NAMES; i++) {
		go_on(i % ENDPOINTS);
		now += SECOND;
	}
}

static void
live(bool removes, bool last)
{
	struct queue_debt debt;
	unsigned i, e;
	bool killed = !last && rand() % 3 > 0;

	spool = open_spool(8 * MIB, DAY, ENDPOINTS);
	queue = queue_new(20, 64 * MIB);
	queue_set_spool(queue, spool);
	for (i = 0; i < STEPS && !last; i++)
		step(removes);
	if (last)
		drain();
	for (e = 0; e < ENDPOINTS; e++) {
		queue_get_debt(queue, e, &debt);
		for (i = 0; i < LOSSES; i++)
			ledger->lost[e] += debt.losses.n[i];
	}
	ledger->kills += killed;
	if (killed)
		_exit(0);
	queue_free(queue);
	spool_free(spool);
	_exit(0);
}

static unsigned
check(unsigned seed, bool removes)
{
	unsigned e, i, came, failed = 0;

	for (e = 0; e < ENDPOINTS; e++) {
		for (i = came = 0; i < NAMES; i++)
			came += ledger->came[e][i];
		if (came + ledger->lost[e] >= ledger->added[e] &&
		    (removes ||
			(ledger->lost[e] == 0 &&
			    ledger->twice <= ledger->kills)))
			continue;
		print_error("seed %u: endpoint %u: %u put in, %u came, %u "
			    "lost, %u twice in %u kills\n",
		    seed, e, ledger->added[e], came, (unsigned)ledger->lost[e],
		    ledger->twice, ledger->kills);
		failed++;
	}
	return failed;
}

static unsigned
live_often(unsigned seed, bool removes)
{
	unsigned i;
	int status;
	pid_t pid;

	memset(ledger, 0, sizeof(*ledger));
	ledger->name = 100;
	for (i = 0; i < LIVES; i++) {
		pid = fork();
		if (pid == 0) {
			srand(seed * LIVES + i);
			live(removes, i == LIVES - 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
		if (removes && i == 2)
			remove_database();
	}
	return check(seed, removes);
}

static void
run(void **state, bool removes)
{
	const char *text = getenv("LIVES");
	unsigned seed, rows = text != NULL ? (unsigned)atoi(text) : 20;
	unsigned failed = 0;

	for (seed = 0; seed < rows; seed++) {
		setup(state);
		failed += live_often(seed, removes);
	}
	assert_int_equal(failed, 0);
}

static void
test_lives(void **state)
{
	run(state, false);
}

static void
test_lives_with_losses(void **state)
{
	run(state, true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lives),
		cmocka_unit_test(test_lives_with_losses),
	};

	log_set_level(LOG_LEVEL_CRITICAL);
	ledger = mmap(NULL, sizeof(*ledger), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ledger == MAP_FAILED)
		return 1;
	RUN_IN_BASE(tests);
}
