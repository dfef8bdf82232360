/* SPDX-License-Identifier: ISC
 *
 * What taggerd's own code costs, apart from its sockets: `tags relay COUNT`
 * takes snapshots of that many tagged containers through the relay and
 * prints microseconds of CPU per container; `tags pods FILE` parses a
 * kubelet's answer and prints milliseconds of CPU and the most memory, in
 * MiB, that it took, the text itself included.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/frame.h"
#include "taggerd/facts.h"
#include "taggerd/pods.h"
#include "taggerd/relay.h"
#include "taggerd/tagstore.h"

#define ROUNDS 200
#define ID_LEN 64

static double
cpu_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static struct strview
make_id(char *out, unsigned number)
{
	snprintf(out, ID_LEN + 1, "%064x", number);
	return (struct strview){ out, ID_LEN };
}

/* What the kubelet and the API server say of one of them. */
static void
know(struct tagstore *store, unsigned number)
{
	char id[ID_LEN + 1], uid[ID_LEN + 1];
	struct facts *facts = facts_new();

	snprintf(uid, sizeof(uid), "b66c40af-997d-11e8-96a3-%012x", number);
	facts_set(&facts->name, SV("web"), LIMIT_CONTAINER_NAME);
	facts_set(&facts->pod_uid, strview_of(uid), LIMIT_CONTAINER_ID);
	facts_set_image(facts, SV("registry.example:5000/shop/web:v1.2.3"));
	facts_add_tag(facts, TAG_CONTAINER_NAME, SV("web"));
	facts->state = CONTAINER_RUNNING;
	facts_add_address(facts, SV("10.1.2.3"), 8080, ADDRESS_TCP);
	tagstore_put(store, TAGSTORE_KUBELET, TAGSTORE_CONTAINER,
	    make_id(id, number), facts);

	facts = facts_new();
	facts_set(&facts->space, SV("shop"), LIMIT_CONTAINER_NAME);
	facts_add_tag(facts, TAG_POD, SV("web-764867b745-2bt2x"));
	facts_add_tag(facts, TAG_POD_IP, SV("10.1.2.3"));
	facts_add_tag(facts, TAG_NAMESPACE, SV("shop"));
	facts_add_tag(facts, TAG_REPLICA_SET, SV("web-764867b745"));
	facts_add_tag(facts, TAG_DEPLOYMENT, SV("web"));
	tagstore_put(
	    store, TAGSTORE_KUBELET, TAGSTORE_POD, strview_of(uid), facts);

	facts = facts_new();
	facts_add_tag(facts, TAG_SERVICE, SV("web"));
	facts_add_tag(facts, TAG_SERVICE, SV("web-internal"));
	facts_add_tag(facts, TAG_CLUSTER_NAME, SV("production"));
	tagstore_put(
	    store, TAGSTORE_APISERVER, TAGSTORE_POD, strview_of(uid), facts);
}

static void
encode_container(struct buf *out, unsigned number)
{
	char id[ID_LEN + 1];
	const struct rec_container container = {
		.stat = { .id = make_id(id, number),
		    .state = CONTAINER_RUNNING,
		    .total_pct = 12.5f,
		    .user_pct = 10,
		    .system_pct = 2.5f,
		    .mem_rss = 123456789,
		    .mem_usage = 234567890,
		    .mem_limit = 536870912,
		    .read_bytes_rate = 1234,
		    .net_received = 100,
		    .net_received_bytes = 12345,
		    .started = 1551434400,
		    .threads = 12 },
		.type = SV("docker"),
		.processes = 10,
	};

	if (schema_encode(out, MSG_container, &container) == -1)
		errx(1, "a container that is too large");
}

/* One snapshot, from frames to the batch that goes on. */
static void
take_snapshot(struct relay *relay, const struct buf *frames, unsigned count,
    struct schema_arena *arena)
{
	const struct rec_snapshot_begin begin = { .kind = SNAPSHOT_FULL,
		.containers = count };
	const struct rec_snapshot_end end = { .kind = SNAPSHOT_FULL };
	const char *why = relay_begin(relay, &begin);
	size_t at, payload;
	struct batch *batch = NULL;

	for (at = 0; why == NULL && at < frames->len;) {
		const char *frame = frames->data + at;
		struct strview whole = { frame, 0 };
		union schema_any rec;

		frame_peek(
		    (const unsigned char *)frame, frames->len - at, &payload);
		whole.len = (uint32_t)(FRAME_WORD + payload);
		if (schema_decode(
			frame + FRAME_WORD, payload, arena, &rec, &why) == -1)
			break;
		why = relay_container(relay, &rec.container, &whole);
		at += whole.len;
	}
	if (why == NULL)
		why = relay_end(relay, &end, &batch);
	if (why != NULL)
		errx(1, "the relay refuses: %s", why);
	batch_unref(batch);
}

static void
bench_relay(unsigned count)
{
	static const struct source none[] = { { 0 } };
	struct relay relay = { .sources = none, .store = tagstore_new() };
	struct schema_arena *arena = schema_arena_new();
	struct buf frames = { 0 };
	double start;
	unsigned i;

	tagstore_configure(relay.store, CONFIG_TAGNAMES_LIVE, NULL);
	for (i = 0; i < count; i++) {
		know(relay.store, i);
		encode_container(&frames, i);
	}
	take_snapshot(&relay, &frames, count, arena); /* merges the tags */
	start = cpu_us();
	for (i = 0; i < ROUNDS; i++)
		take_snapshot(&relay, &frames, count, arena);
	printf("%.3f\n", (cpu_us() - start) / ROUNDS / count);
	relay_clear(&relay);
	tagstore_free(relay.store);
	schema_arena_free(arena);
	buf_free(&frames);
}

static void
on_container(struct strview id, struct facts *facts, void *arg)
{
	tagstore_put(arg, TAGSTORE_KUBELET, TAGSTORE_CONTAINER, id, facts);
}

static void
on_pod(const struct pod *pod, struct facts *facts, void *arg)
{
	tagstore_put(arg, TAGSTORE_KUBELET, TAGSTORE_POD, pod->uid, facts);
}

/* The most memory so far. ru_maxrss would be the parent's from before
 * exec. */
static double
peak_mib(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	unsigned long kib = 0;
	char line[128];

	if (status == NULL)
		err(1, "/proc/self/status");
	while (fgets(line, sizeof(line), status) != NULL)
		if (sscanf(line, "VmHWM: %lu", &kib) == 1)
			break;
	fclose(status);
	return (double)kib / 1024;
}

static char *
read_all(const char *path, size_t *len)
{
	FILE *in = fopen(path, "rb");
	char *text;
	long size;

	if (in == NULL || fseek(in, 0, SEEK_END) == -1 ||
	    (size = ftell(in)) == -1)
		err(1, "%s", path);
	rewind(in);
	text = malloc((size_t)size + 1);
	if (text == NULL || fread(text, 1, (size_t)size, in) != (size_t)size)
		err(1, "%s", path);
	fclose(in);
	*len = (size_t)size;
	return text;
}

static void
bench_pods(const char *path)
{
	struct tagstore *store = tagstore_new();
	const struct pods_calls calls = {
		.on_container = on_container, .on_pod = on_pod, .arg = store
	};
	const char *why = NULL;
	uint32_t refused = 0;
	size_t len;
	double memory = peak_mib(), start;
	char *text = read_all(path, &len);

	start = cpu_us();
	if (pods_parse(text, len, &calls, &refused, &why) == -1)
		errx(1, "%s: %s", path, why);
	printf("%.1f %.1f\n", (cpu_us() - start) / 1e3, peak_mib() - memory);
	if (refused > 0)
		errx(1, "%s: %u pods refused", path, refused);
	tagstore_free(store);
	free(text);
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "relay") == 0)
		bench_relay((unsigned)atoi(argv[2]));
	else if (argc == 3 && strcmp(argv[1], "pods") == 0)
		bench_pods(argv[2]);
	else
		errx(2, "usage: tags relay COUNT | pods FILE");
	return 0;
}
