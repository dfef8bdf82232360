/* SPDX-License-Identifier: ISC
 *
 * Records as JSON: every field of the schema, null for what was not read,
 * and no byte that JSON or a terminal could stumble over.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddproc/json.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct strview args[] = {
	{ "a\x1b[2J\"\\\n", 8 },
	{ "bad\xff\x9b", 5 },
	{ "nul\0x", 5 },
	{ "rtl\xe2\x80\xae", 6 },
	{ "c1\xc2\x9b\x7f", 5 },
};

static const struct rec_process full = { .stat = { .pid = 12,
					     .state = STATE_SLEEPING,
					     .rss = UINT64_MAX,
					     .total_pct = 12.5f,
					     .open_fds = 3,
					     .read_rate = NAN },
	.args = { args, COUNT(args) },
	.exe = { "/bin/x", 6 },
	.on_disk = true,
	.uid = 1000,
	.ppid = -1 };
static const struct rec_process blind = { .stat = { .pid = 13,
					      .open_fds = -1,
					      .read_rate = -1,
					      .write_rate = -1,
					      .read_bytes_rate = -1,
					      .write_bytes_rate = -1 },
	.hidden = HIDDEN_CMDLINE | HIDDEN_EXE | HIDDEN_STATUS | HIDDEN_IO };

static int
differs(const json_t *object, const char *field, const char *want)
{
	char *got = json_dumps(json_object_get(object, field),
	    JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII |
		JSON_REAL_PRECISION(6));
	int failed = got == NULL || strcmp(got, want) != 0;

	if (failed)
		print_error("%s: got %s, want %s\n", field,
		    got != NULL ? got : "nothing", want);
	free(got);
	return failed;
}

static void
test_process(void **state)
{
	static const struct {
		const struct rec_process *rec;
		const char *field, *want;
	} rows[] = {
		{ &full, "pid", "12" },
		{ &full, "state", "3" },
		{ &full, "state_letter", "\"S\"" },
		{ &full, "rss", "9223372036854775807" },
		{ &full, "total_pct", "12.5" },
		{ &full, "open_fds", "3" },
		{ &full, "read_rate", "null" },
		{ &full, "write_rate", "0.0" },
		{ &full, "args",
		    "[\"a\\u001B[2J\\\"\\\\\\n\",\"bad\\uFFFD\\uFFFD\","
		    "\"nul\\uFFFDx\",\"rtl\\u202E\",\"c1\\u009B\x7f\"]" },
		{ &full, "exe", "\"/bin/x\"" },
		{ &full, "cwd", "null" },
		{ &full, "on_disk", "true" },
		{ &full, "ppid", "-1" },
		{ &full, "uid", "1000" },
		{ &full, "hidden_names", "[]" },
		{ &full, "tags", "[]" },
		{ &blind, "open_fds", "null" },
		{ &blind, "read_rate", "null" },
		{ &blind, "write_bytes_rate", "null" },
		{ &blind, "args", "null" },
		{ &blind, "exe", "null" },
		{ &blind, "on_disk", "null" },
		{ &blind, "uid", "null" },
		{ &blind, "swap", "null" },
		{ &blind, "ppid", "0" },
		{ &blind, "hidden_names",
		    "[\"cmdline\",\"exe\",\"io\",\"status\"]" },
	};
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		json_t *object = json_process(rows[i].rec);

		failed += differs(object, rows[i].field, rows[i].want);
		json_decref(object);
	}
	assert_int_equal(failed, 0);
}

static struct rec_address addresses[] = {
	{ .ip = { "10.0.0.1", 8 }, .port = 80, .protocol = ADDRESS_UDP },
};
static const struct rec_container box = { .stat = { .id = { "c0ffee", 6 },
					      .state = CONTAINER_PAUSED,
					      .health = HEALTH_UNHEALTHY,
					      .total_pct = 12.5f,
					      .mem_limit = 1 << 20 },
	.name = { "w\x1b[2Jeb", 7 },
	.host_network = true,
	.addresses = { addresses, 1 },
	.tags = { args, 1 } };
static const struct rec_container dark = {
	.stat = { .state = 99,
	    .health = 99,
	    .threads = 5,
	    .hidden = HIDDEN_CONTAINER_CPU | HIDDEN_CONTAINER_MEMORY |
		HIDDEN_CONTAINER_NETWORK | HIDDEN_CONTAINER_BLOCK_IO |
		1u << 31 }
};

static void
test_container(void **state)
{
	static const struct {
		const struct rec_container *rec;
		const char *field, *want;
	} rows[] = {
		{ &box, "id", "\"c0ffee\"" },
		{ &box, "state", "4" },
		{ &box, "state_name", "\"paused\"" },
		{ &box, "health_name", "\"unhealthy\"" },
		{ &box, "total_pct", "12.5" },
		{ &box, "cpu_limit", "0.0" },
		{ &box, "mem_limit", "1048576" },
		{ &box, "name", "\"w\\u001B[2Jeb\"" },
		{ &box, "host_network", "true" },
		{ &box, "addresses",
		    "[{\"ip\":\"10.0.0.1\",\"port\":80,\"protocol\":1}]" },
		{ &box, "tags", "[\"a\\u001B[2J\\\"\\\\\\n\"]" },
		{ &box, "hidden_names", "[]" },
		{ &dark, "state_name", "\"unknown\"" },
		{ &dark, "health_name", "\"unknown\"" },
		{ &dark, "total_pct", "null" },
		{ &dark, "cpu_limit", "null" },
		{ &dark, "mem_rss", "null" },
		{ &dark, "mem_limit", "null" },
		{ &dark, "net_sent", "null" },
		{ &dark, "net_received_bytes", "null" },
		{ &dark, "write_bytes_rate", "null" },
		{ &dark, "threads", "5" },
		{ &dark, "tags", "[]" },
		{ &dark, "hidden_names",
		    "[\"cpu\",\"memory\",\"io\",\"network\",\"other\"]" },
	};
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		json_t *object = json_container(rows[i].rec);

		failed += differs(object, rows[i].field, rows[i].want);
		json_decref(object);
	}
	assert_int_equal(failed, 0);
}

/* Returns how many fields of `type` are not there. */
static int
count_missing(const json_t *object, enum msg_type type)
{
	const struct schema_record *schema = schema_record(type);
	int missing = 0;

	for (uint32_t i = 0; i < schema->count; i++) {
		const char *name = schema->fields[i].name;

		if (strcmp(name, "stat") == 0 ||
		    json_object_get(object, name) != NULL)
			continue;
		print_error("no field %s\n", name);
		missing++;
	}
	return missing;
}

/* Every field is there, flat, whatever the schema grows. */
static void
test_complete(void **state)
{
	json_t *process = json_process(&full);
	json_t *container = json_container(&box);
	json_t *stat = json_container_stat(&box.stat);
	int failed = 0;

	(void)state;
	failed += count_missing(process, MSG_process);
	failed += count_missing(process, MSG_process_stat);
	failed += count_missing(container, MSG_container);
	failed += count_missing(container, MSG_container_stat);
	failed += count_missing(stat, MSG_container_stat);
	json_decref(process);
	json_decref(container);
	json_decref(stat);
	assert_int_equal(failed, 0);
}

static void
test_lists(void **state)
{
	struct rec_cpu cpus[] = { { .number = 0, .vendor = { "v", 1 } },
		{ .number = 1, .mhz = 2000 } };
	struct rec_host host = { .hostname = { "h", 1 }, .cpus = { cpus, 2 } };
	struct rec_snapshot_end end = { .skipped = { .kernel = 4 } };
	json_t *object = json_record(MSG_host, &host);
	json_t *cpu = json_array_get(json_object_get(object, "cpus"), 1);
	int failed = 0;

	(void)state;
	assert_int_equal(json_array_size(json_object_get(object, "cpus")), 2);
	failed += differs(cpu, "mhz", "2000");
	failed += differs(object, "hostname", "\"h\"");
	json_decref(object);
	object = json_record(MSG_snapshot_end, &end);
	failed += differs(json_object_get(object, "skipped"), "kernel", "4");
	json_decref(object);
	assert_int_equal(failed, 0);
}

/* All of it is printable ASCII: even a pipe may end at a terminal. */
static void
test_printable(void **state)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_non_null(out);
	json_put_line(out, json_process(&full));
	json_put_line(out, json_container(&box));
	fclose(out);
	assert_in_range(len, 100, 10000);
	for (size_t i = 0; i < len; i++)
		assert_in_range(text[i], ' ', '~');
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_process),
		cmocka_unit_test(test_container),
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_printable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
