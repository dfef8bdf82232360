/* SPDX-License-Identifier: ISC
 *
 * Frames: the length word, the walk that refuses bombs, and records that
 * survive a round trip or are refused for the right reason.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/frame.h"
#include "common/limits.h"
#include "common/msgscan.h"
#include "common/schema.h"

#define BYTES(s) (s), sizeof(s) - 1

struct scan_case {
	const char *name;
	const char *bytes;
	size_t len;
	const char *want; /* NULL: accepted */
};

static const struct scan_case scan_cases[] = {
	{ "nil", BYTES("\xc0"), NULL },
	{ "one fixint", BYTES("\x07"), NULL },
	{ "negative fixint", BYTES("\xff"), NULL },
	{ "empty array", BYTES("\x90"), NULL },
	{ "a message", BYTES("\x92\x01\x81\x01\x05"), NULL },
	{ "fixstr",
	    BYTES("\xa3"
		  "abc"),
	    NULL },
	{ "str 8", BYTES("\xd9\x01x"), NULL },
	{ "str 16", BYTES("\xda\x00\x01x"), NULL },
	{ "str 32", BYTES("\xdb\x00\x00\x00\x01x"), NULL },
	{ "bin 8", BYTES("\xc4\x01x"), NULL },
	{ "float 32", BYTES("\xca\x00\x00\x00\x00"), NULL },
	{ "float 64", BYTES("\xcb\x00\x00\x00\x00\x00\x00\x00\x00"), NULL },
	{ "uint 64", BYTES("\xcf\x00\x00\x00\x00\x00\x00\x00\x00"), NULL },
	{ "int 8", BYTES("\xd0\x80"), NULL },
	{ "nothing", BYTES(""), "truncated or of an unknown type" },
	{ "array 32 bomb", BYTES("\xdd\xff\xff\xff\xff"),
	    "a length larger than the frame" },
	{ "map 32 bomb", BYTES("\xdf\xff\xff\xff\xff"),
	    "a length larger than the frame" },
	{ "map 32 bomb whose double wraps 32 bits",
	    BYTES("\xdf\x80\x00\x00\x00"), "a length larger than the frame" },
	{ "array 16 bomb", BYTES("\xdc\xff\xff"),
	    "a length larger than the frame" },
	{ "str 32 bomb", BYTES("\xdb\xff\xff\xff\xff"),
	    "a length larger than the frame" },
	{ "bin 32 bomb", BYTES("\xc6\xff\xff\xff\xff"),
	    "a length larger than the frame" },
	{ "cut in a head", BYTES("\xdb\x00\x00"),
	    "truncated or of an unknown type" },
	{ "cut in a body",
	    BYTES("\xa3"
		  "ab"),
	    "a length larger than the frame" },
	{ "array that ends early", BYTES("\x92\x01"),
	    "a length larger than the frame" },
	{ "nested array that ends early", BYTES("\x92\x92\x01\x01"),
	    "truncated or of an unknown type" },
	{ "bytes behind", BYTES("\xc0\xc0"), "bytes behind the value" },
	{ "fixext 1", BYTES("\xd4\x01x"), "truncated or of an unknown type" },
	{ "ext 8", BYTES("\xc7\x01\x01x"), "truncated or of an unknown type" },
	{ "never used", BYTES("\xc1"), "truncated or of an unknown type" },
	{ "as deep as may be", BYTES("\x91\x91\x91\x91\x91\x91\x91\x91\xc0"),
	    NULL },
	{ "one deeper", BYTES("\x91\x91\x91\x91\x91\x91\x91\x91\x91\xc0"),
	    "nested too deep" },
};

static void
expect_text(const char *name, const char *got, const char *want)
{
	if (got == NULL ? want != NULL : want == NULL || strcmp(got, want) != 0)
		fail_msg("%s: got \"%s\", want \"%s\"", name,
		    got == NULL ? "(accepted)" : got,
		    want == NULL ? "(accepted)" : want);
}

static void
test_msgscan(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(scan_cases) / sizeof(scan_cases[0]); i++)
		expect_text(scan_cases[i].name,
		    msgscan_check(scan_cases[i].bytes, scan_cases[i].len),
		    scan_cases[i].want);
}

static void
test_msgscan_counts_values(void **state)
{
	static char nils[5 + LIMIT_FRAME_NODES];

	(void)state;
	memset(nils, 0xc0, sizeof(nils));
	memcpy(nils, "\xdd\x00\x01\x7f\xff", 5); /* and the array itself */
	expect_text("as many values as may be",
	    msgscan_check(nils, sizeof(nils) - 1), NULL);
	memcpy(nils, "\xdd\x00\x01\x80\x00", 5);
	expect_text("one value more", msgscan_check(nils, sizeof(nils)),
	    "too many values");
}

static void
test_frame_peek(void **state)
{
	static const struct {
		const char *name, *bytes;
		size_t have;
		int want;
		size_t payload;
	} cases[] = {
		{ "nothing", "", 0, 0, 0 },
		{ "half a word", "\x01\x00", 2, 0, 0 },
		{ "a word and no payload", "\x01\x00\x00\x00", 4, 0, 0 },
		{ "whole", "\x01\x00\x00\x00\xc0", 5, 1, 1 },
		{ "whole and more", "\x01\x00\x00\x00\xc0\x01", 6, 1, 1 },
		{ "empty", "\x00\x00\x00\x00", 4, -1, 0 },
		{ "as long as may be", "\x00\x00\x10\x00", 4, 0, 0 },
		{ "one longer", "\x01\x00\x10\x00", 4, -1, 0 },
		{ "all ones", "\xff\xff\xff\xff", 4, -1, 0 },
	};
	size_t i, payload;
	int got;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		payload = 0;
		got = frame_peek((const unsigned char *)cases[i].bytes,
		    cases[i].have, &payload);
		if (got != cases[i].want)
			fail_msg("%s: got %d, want %d", cases[i].name, got,
			    cases[i].want);
		if (got == 1 && payload != cases[i].payload)
			fail_msg("%s: got %zu bytes, want %zu", cases[i].name,
			    payload, cases[i].payload);
	}
}

/* Encodes and decodes; *b holds the frame that *out borrows from. */
static int
round_trip(enum msg_type type, const void *record, struct buf *b,
    struct schema_arena *arena, union schema_any *out, const char **why)
{
	if (schema_encode(b, type, record) == -1)
		return -1;
	return schema_decode(
	    b->data + FRAME_WORD, b->len - FRAME_WORD, arena, out, why);
}

static void
test_process_survives(void **state)
{
	struct strview args[] = { SV("a b"), SV(""), SV("\xff\x00\x1b") };
	struct rec_process p = {
		.stat = { .pid = -1,
		    .start_ticks = UINT64_MAX,
		    .create_time = INT64_MIN,
		    .state = STATE_ZOMBIE,
		    .rss = 1,
		    .total_pct = 12.5f,
		    .open_fds = -1,
		    .read_rate = -1 },
		.args = { args, 3 },
		.comm = SV(") R 1"),
		.on_disk = true,
		.uid = UINT32_MAX,
	};
	struct schema_arena *arena = schema_arena_new();
	struct buf b = { 0 };
	union schema_any out;
	const char *why;

	(void)state;
	assert_int_equal(
	    round_trip(MSG_process, &p, &b, arena, &out, &why), MSG_process);
	assert_int_equal(out.process.stat.pid, -1);
	assert_true(out.process.stat.start_ticks == UINT64_MAX);
	assert_true(out.process.stat.create_time == INT64_MIN);
	assert_int_equal(out.process.stat.state, STATE_ZOMBIE);
	assert_true(out.process.stat.total_pct == 12.5f);
	assert_int_equal(out.process.stat.open_fds, -1);
	assert_true(out.process.stat.read_rate == -1);
	assert_int_equal(out.process.args.n, 3);
	assert_int_equal(out.process.args.v[1].len, 0);
	assert_memory_equal(out.process.args.v[2].s, "\xff\x00\x1b", 3);
	assert_int_equal(out.process.comm.len, 5);
	assert_true(out.process.on_disk);
	assert_int_equal(out.process.uid, UINT32_MAX);
	assert_int_equal(out.process.cwd.len, 0);
	buf_free(&b);
	schema_arena_free(arena);
}

static void
test_list_survives(void **state)
{
	struct rec_file files[] = { { 0, FILE_KIND_PATH, SV("/a") },
		{ 7, FILE_KIND_SOCKET, SV("socket:[1]") } };
	struct rec_files in = { .pid = 5, .files = { files, 2 }, .more = 9 };
	struct schema_arena *arena = schema_arena_new();
	struct buf b = { 0 };
	union schema_any out;
	const char *why;

	(void)state;
	assert_int_equal(
	    round_trip(MSG_files, &in, &b, arena, &out, &why), MSG_files);
	assert_int_equal(out.files.files.n, 2);
	assert_int_equal(out.files.files.v[1].fd, 7);
	assert_memory_equal(out.files.files.v[1].target.s, "socket:[1]", 10);
	assert_int_equal(out.files.more, 9);
	buf_free(&b);
	schema_arena_free(arena);
}

/* The mark that an argv was cut stands behind all that was read of it. */
static void
test_a_cut_argument_keeps_its_mark(void **state)
{
	static char text[LIMIT_CMDLINE + 3];
	struct strview arg = { text, sizeof(text) };
	struct rec_process p = { .args = { &arg, 1 } };
	struct schema_arena *arena = schema_arena_new();
	struct buf b = { 0 };
	union schema_any out;
	const char *why;

	(void)state;
	memset(text, 'x', LIMIT_CMDLINE);
	memcpy(text + LIMIT_CMDLINE, "\xe2\x80\xa6", 3);
	assert_int_equal(
	    round_trip(MSG_process, &p, &b, arena, &out, &why), MSG_process);
	assert_int_equal(out.process.args.v[0].len, sizeof(text));
	assert_memory_equal(out.process.args.v[0].s, text, sizeof(text));
	buf_free(&b);
	schema_arena_free(arena);
}

/* A machine of as many CPUs as we take, each with all that it may say. */
static void
test_the_largest_host(void **state)
{
	static struct rec_cpu cpus[LIMIT_CPUS];
	struct rec_host host = { .cpus = { cpus, LIMIT_CPUS } };
	struct schema_arena *arena = schema_arena_new();
	struct buf b = { 0 };
	union schema_any out;
	const char *why = NULL;
	int i, got;

	(void)state;
	for (i = 0; i < LIMIT_CPUS; i++)
		cpus[i] = (struct rec_cpu){ i + 1, SV("GenuineIntel"), SV("6"),
			SV("143"), SV("63"), SV("4095"), 1, 3500, 107520 };
	got = round_trip(MSG_host, &host, &b, arena, &out, &why);
	if (got != MSG_host)
		fail_msg("got %d (%s), want %d", got,
		    why == NULL ? "not encoded" : why, MSG_host);
	assert_int_equal(out.host.cpus.n, LIMIT_CPUS);
	assert_int_equal(out.host.cpus.v[LIMIT_CPUS - 1].number, LIMIT_CPUS);
	buf_free(&b);
	schema_arena_free(arena);
}

static void
test_encode_cuts_to_the_schema(void **state)
{
	char longer[LIMIT_COMM + 50];
	struct rec_process p = { .comm = { longer, sizeof(longer) } };
	struct schema_arena *arena = schema_arena_new();
	struct buf b = { 0 };
	union schema_any out;
	const char *why;

	(void)state;
	memset(longer, 'x', sizeof(longer));
	assert_int_equal(
	    round_trip(MSG_process, &p, &b, arena, &out, &why), MSG_process);
	assert_int_equal(out.process.comm.len, LIMIT_COMM);
	buf_free(&b);
	schema_arena_free(arena);
}

static void
test_encode_refuses_what_is_too_large(void **state)
{
	static char big[LIMIT_CMDLINE];
	static struct strview args[64];
	struct rec_process p = { .args = { args, 64 } };
	struct buf b = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < 64; i++)
		args[i] = (struct strview){ big, sizeof(big) };
	buf_append(&b, "kept", 4);
	assert_int_equal(schema_encode(&b, MSG_process, &p), -1);
	assert_int_equal(b.len, 4);
	buf_free(&b);
}

static const struct scan_case decode_cases[] = {
	{ "realtime", BYTES("\x92\x09\x83\x01\xc3\x02\x02\x03\x1e"), NULL },
	{ "an empty record", BYTES("\x92\x09\x80"), NULL },
	{ "an unknown field is skipped", BYTES("\x92\x09\x81\x7f\x91\xc0"),
	    NULL },
	{ "not an array", BYTES("\x80"), "not a frame" },
	{ "one element", BYTES("\x91\x09"), "not a frame" },
	{ "three elements", BYTES("\x93\x09\x80\x80"), "not a frame" },
	{ "the type is no number", BYTES("\x92\xa1x\x80"), "no such message" },
	{ "type 0", BYTES("\x92\x00\x80"), "no such message" },
	{ "a type of tomorrow", BYTES("\x92\x7f\x80"), "no such message" },
	{ "the record is no map", BYTES("\x92\x09\x90"),
	    "a field of a wrong type or size" },
	{ "a key that is no number", BYTES("\x92\x09\x81\xa1x\x01"),
	    "a field of a wrong type or size" },
	{ "the same field twice", BYTES("\x92\x09\x82\x02\x02\x02\x03"),
	    "a field of a wrong type or size" },
	{ "bool for a number", BYTES("\x92\x09\x81\x02\xc3"),
	    "a field of a wrong type or size" },
	{ "number for a bool", BYTES("\x92\x09\x81\x01\x01"),
	    "a field of a wrong type or size" },
	{ "negative for unsigned", BYTES("\x92\x09\x81\x02\xff"),
	    "a field of a wrong type or size" },
	{ "64 bits for 32",
	    BYTES("\x92\x09\x81\x02\xcf\x00\x00\x00\x01\x00\x00\x00\x00"),
	    "a field of a wrong type or size" },
	{ "string for a number", BYTES("\x92\x09\x81\x02\xa1x"),
	    "a field of a wrong type or size" },
	{ "nil for a number", BYTES("\x92\x09\x81\x02\xc0"),
	    "a field of a wrong type or size" },
	{ "a double for a float",
	    BYTES("\x92\x05\x81\x0d\xcb\x00\x00\x00\x00\x00\x00\x00\x00"),
	    "a field of a wrong type or size" },
	{ "map for an inner record, with a wrong field",
	    BYTES("\x92\x04\x81\x01\x81\x01\xa1x"),
	    "a field of a wrong type or size" },
	{ "a version longer than 32 bytes",
	    BYTES("\x92\x01\x81\x02\xd9\x21"
		  "012345678901234567890123456789012"),
	    "a field of a wrong type or size" },
	{ "a bomb", BYTES("\x92\x09\xdf\xff\xff\xff\xff"),
	    "a length larger than the frame" },
	{ "bytes behind", BYTES("\x92\x09\x80\x00"), "bytes behind the value" },
};

static void
test_decode(void **state)
{
	struct schema_arena *arena = schema_arena_new();
	union schema_any out;
	const char *why;
	size_t i;
	int got;

	(void)state;
	for (i = 0; i < sizeof(decode_cases) / sizeof(decode_cases[0]); i++) {
		got = schema_decode(decode_cases[i].bytes, decode_cases[i].len,
		    arena, &out, &why);
		expect_text(decode_cases[i].name, why, decode_cases[i].want);
		assert_true((got == -1) == (why != NULL));
	}
	schema_arena_free(arena);
}

static void
test_decode_refuses_above_the_messages_size(void **state)
{
	static char big[2048];
	struct schema_arena *arena = schema_arena_new();
	union schema_any out;
	const char *why;

	(void)state;
	/* realtime with an unknown field of a kilobyte */
	memcpy(big, "\x92\x09\x81\x7f\xda\x04\x00", 7);
	assert_int_equal(schema_decode(big, 7 + 1024, arena, &out, &why), -1);
	expect_text("too large", why, "larger than its message may be");
	schema_arena_free(arena);
}

static void
test_every_message_has_a_row(void **state)
{
	uint32_t type;

	(void)state;
	for (type = 1; type < MSG_COUNT; type++) {
		assert_non_null(schema_permit(type));
		assert_non_null(schema_record(type));
		assert_string_equal(
		    schema_permit(type)->name, schema_record(type)->name);
		assert_true(schema_permit(type)->bytes <= LIMIT_FRAME);
	}
	assert_null(schema_permit(0));
	assert_null(schema_permit(MSG_COUNT));
	assert_null(schema_record(MSG_COUNT));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_msgscan),
		cmocka_unit_test(test_msgscan_counts_values),
		cmocka_unit_test(test_frame_peek),
		cmocka_unit_test(test_process_survives),
		cmocka_unit_test(test_list_survives),
		cmocka_unit_test(test_a_cut_argument_keeps_its_mark),
		cmocka_unit_test(test_the_largest_host),
		cmocka_unit_test(test_encode_cuts_to_the_schema),
		cmocka_unit_test(test_encode_refuses_what_is_too_large),
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_decode_refuses_above_the_messages_size),
		cmocka_unit_test(test_every_message_has_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
