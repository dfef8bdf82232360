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

/* Every field is there, flat, whatever the schema grows. */
static void
test_complete(void **state)
{
	static const enum msg_type types[] = { MSG_process, MSG_process_stat };
	json_t *object = json_process(&full);
	int failed = 0;

	(void)state;
	for (size_t t = 0; t < COUNT(types); t++) {
		const struct schema_record *schema = schema_record(types[t]);

		for (uint32_t i = 0; i < schema->count; i++) {
			const char *name = schema->fields[i].name;

			if (strcmp(name, "stat") == 0 ||
			    json_object_get(object, name) != NULL)
				continue;
			print_error("no field %s\n", name);
			failed++;
		}
	}
	json_decref(object);
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
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_printable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
