/* SPDX-License-Identifier: ISC
 *
 * The container table as text: which columns fit, what stands in them, in
 * which order the rows come.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/utf8.h"
#include "ddproc/ctable.h"
#include "ddproc/model.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define NOW          INT64_C(1000000000000)

static int
differs(const char *what, const char *got, const char *want)
{
	if (strcmp(got, want) == 0)
		return 0;
	print_error("%s:\n got \"%s\"\nwant \"%s\"\n", what, got, want);
	return 1;
}

static void
test_titles(void **state)
{
	static const struct {
		size_t width;
		const char *want;
	} rows[] = {
		{ 200,
		    "ID           NAME                             IMAGE       "
		    "                             STATE      HEALTH      "
		    "CPU%/LIM     RSS/LIM  NET IN/OUT  READ/WRITE  AGE TAGS" },
		{ 156,
		    "ID           NAME             IMAGE        STATE      "
		    "HEALTH      CPU%/LIM     RSS/LIM  NET IN/OUT  READ/WRITE  "
		    "AGE TAGS" },
		{ 131,
		    "ID           NAME             IMAGE        STATE      "
		    "HEALTH      CPU%/LIM     RSS/LIM  NET IN/OUT  AGE TAGS" },
		{ 95,
		    "NAME             IMAGE        STATE      HEALTH      "
		    "CPU%/LIM     RSS/LIM  AGE TAGS" },
		{ 80,
		    "NAME              IMAGE        STATE      HEALTH      "
		    "CPU%/LIM     RSS/LIM  AGE " },
		{ 40, "NAME               CPU%/LIM     RSS/LIM " },
		{ 20, "NAME               CPU%/LIM " },
		{ 0, "NAME               CPU%/LIM " },
	};
	struct buf out = { 0 };
	struct ctable table;
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char what[32];

		out.len = 0;
		ctable_fit(&table, rows[i].width);
		ctable_title(&table, &out);
		buf_append(&out, "", 1);
		snprintf(what, sizeof(what), "width %zu", rows[i].width);
		failed += differs(what, out.data, rows[i].want);
	}
	buf_free(&out);
	assert_int_equal(failed, 0);
}

static struct strview two_tags[] = { SV("env:prod"), SV("a\x1b[2Jb") };
static struct strview said_tags[] = { SV("container_id:0123456789abcdef0123"),
	SV("container_name:web-1"), SV("namespace:web-1"),
	SV("docker_image:nginx:1.25"), SV("image_tag:1.25") };

static const struct {
	const char *what;
	struct rec_container rec;
	size_t width;
	const char *want;
} rows[] = {
	{ "all known",
	    { .stat = { .id = SV("0123456789abcdef0123"),
		  .state = CONTAINER_RUNNING,
		  .health = HEALTH_HEALTHY,
		  .total_pct = 12.34f,
		  .cpu_limit = 150,
		  .mem_rss = 10 << 20,
		  .mem_limit = 1 << 30,
		  .net_received_bytes = 2048,
		  .net_sent_bytes = 5,
		  .read_bytes_rate = 0,
		  .write_bytes_rate = 302 << 10,
		  .started = NOW / 1000 - 7200 },
		.name = SV("web-1"),
		.image = SV("nginx:1.25"),
		.tags = { two_tags, 2 } },
	    156,
	    "0123456789ab web-1            nginx:1.25   running    healthy   "
	    "  12.3/150    10M/1.0G      2.0K/5      0/302K   2h env:prod "
	    "a\\x1b[2Jb" },
	{ "tags that columns say are left out",
	    { .stat = { .id = SV("0123456789abcdef0123") },
		.name = SV("web-1"),
		.image = SV("nginx:1.25"),
		.tags = { said_tags, 5 } },
	    156,
	    "0123456789ab web-1            nginx:1.25   unknown    -         "
	    "     0.0/-         0/-         0/0         0/0    - namespace:web-1 "
	    "image_tag:1.25" },
	{ "of an image that does not fit, its last part",
	    { .stat = { .id = SV("0123") },
		.image = SV("registry.example.com/shop/render:2.4") },
	    156,
	    "0123         -                render:2.4   unknown    -         "
	    "     0.0/-         0/-         0/0         0/0    - -" },
	{ "an id stands for a name where it has no column",
	    { .stat = { .id = SV("0123456789abcdef0123") } }, 80,
	    "0123456789ab      -            unknown    -              0.0/-"
	    "         0/-    - " },
	{ "nothing known", { .stat = { .id = SV("0123") } }, 156,
	    "0123         -                -            unknown    -         "
	    "     0.0/-         0/-         0/0         0/0    - -" },
	{ "hidden is not zero",
	    { .stat = { .id = SV("0123"),
		  .cpu_limit = 100,
		  .hidden = HIDDEN_CONTAINER_CPU | HIDDEN_CONTAINER_MEMORY |
		      HIDDEN_CONTAINER_BLOCK_IO | HIDDEN_CONTAINER_NETWORK } },
	    156,
	    "0123         -                -            unknown    -         "
	    "         -           -           -           -    - -" },
	{ "the host's network", { .host_network = true }, 156,
	    "             -                -            unknown    -         "
	    "     0.0/-         0/-        host         0/0    - -" },
	{ "hostile and too wide",
	    { .stat = { .id = SV("\x1b]0;x\a"),
		  .state = 99,
		  .health = 99,
		  .total_pct = NAN,
		  .cpu_limit = 1e30f,
		  .mem_rss = UINT64_MAX,
		  .mem_limit = UINT64_MAX,
		  .net_received_bytes = -1,
		  .net_sent_bytes = 1e30f,
		  .started = INT64_MAX },
		.name = SV("a name that is far too long for it"),
		.image = SV("\x9b\xff\x1b[31m") },
	    156,
	    "\\x1b]0;x\\a   a name that is + \xef\xbf\xbd\xef\xbf\xbd"
	    "\\x1b[31m   "
	    "unknown    unknown   -/1000000+     16E/16E -/86736175+         "
	    "0/0    - -" },
};

static void
test_rows(void **state)
{
	struct buf out = { 0 };
	struct ctable table;
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		out.len = 0;
		ctable_fit(&table, rows[i].width);
		ctable_row(&table, &rows[i].rec, NOW, &out);
		buf_append(&out, "", 1);
		failed += differs(rows[i].what, out.data, rows[i].want);
	}
	buf_free(&out);
	assert_int_equal(failed, 0);
}

/* No row is wider than its terminal, from 40 columns up. */
static void
test_rows_fit(void **state)
{
	struct buf out = { 0 };
	struct ctable table;
	size_t bytes, columns;
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t width = 40; width < 250; width++) {
			out.len = 0;
			ctable_fit(&table, width);
			ctable_row(&table, &rows[i].rec, NOW, &out);
			columns = utf8_columns(out.data, out.len, 1000, &bytes);
			if (columns <= width && bytes == out.len)
				continue;
			print_error("%s at %zu: got %zu columns\n",
			    rows[i].what, width, columns);
			failed++;
		}
	}
	buf_free(&out);
	assert_int_equal(failed, 0);
}

/* Each differs from the others in every key. */
static const struct rec_container sorted[] = {
	{ .stat = { .id = SV("1"),
	      .total_pct = 1,
	      .mem_rss = 3,
	      .net_sent_bytes = 5,
	      .read_bytes_rate = NAN,
	      .started = 30 },
	    .name = SV("c"),
	    .image = SV("b") },
	{ .stat = { .id = SV("2"),
	      .total_pct = 99,
	      .mem_rss = 2,
	      .net_received_bytes = 4,
	      .read_bytes_rate = 1,
	      .started = 0,
	      .hidden = HIDDEN_CONTAINER_CPU },
	    .name = SV("a"),
	    .image = SV("bb") },
	{ .stat = { .id = SV("3"),
	      .total_pct = 2,
	      .mem_rss = 4,
	      .net_received_bytes = 3,
	      .net_sent_bytes = 3,
	      .write_bytes_rate = 2,
	      .started = 20 },
	    .name = SV("b"),
	    .image = SV("a") },
};

static void
test_sort(void **state)
{
	static const struct {
		const char *key;
		bool reverse;
		const char *want; /* the ids */
	} orders[] = {
		{ "cpu", false, "312" },
		{ "cpu", true, "213" },
		{ "rss", false, "312" },
		{ "name", false, "231" },
		{ "id", true, "321" },
		{ "image", false, "312" },
		{ "net", false, "312" },
		{ "io", false, "321" },
		{ "age", false, "312" },
	};
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(orders); i++) {
		const struct rec_container *v[] = { &sorted[1], &sorted[2],
			&sorted[0] };
		struct model_containers view = { v, COUNT(v), COUNT(v) };
		char got[4] = "";
		int key = ctable_sort_key(orders[i].key);

		assert_in_range(key, 0, CSORT_COUNT - 1);
		assert_string_equal(
		    ctable_sort_name((enum csort_key)key), orders[i].key);
		ctable_sort(&view, (enum csort_key)key, orders[i].reverse);
		for (size_t k = 0; k < 3; k++)
			got[k] = v[k]->stat.id.s[0];
		failed += differs(orders[i].key, got, orders[i].want);
	}
	assert_int_equal(ctable_sort_key("pid"), -1);
	assert_int_equal(failed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_titles),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_rows_fit),
		cmocka_unit_test(test_sort),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
