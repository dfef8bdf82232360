/* SPDX-License-Identifier: ISC
 *
 * The intake's answers: three headers, three encodings, and what is wrong
 * with the others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include <cmocka.h>

#include "agent.pb-c.h"
#include "common/limits.h"
#include "shipperd/reply.h"
#include "common/schema.h"

#define BYTES(s) (s), sizeof(s) - 1

/* {header {type 23}, status {activeClients 3, interval 5}} */
#define STATUS "\x0a\x02\x20\x17\x1a\x04\x08\x03\x10\x05"
/* {message "no"} */
#define REFUSAL "\x12\x02no"
#define V1(enc) "\x01" enc "\x17\x00"
#define V2(enc) "\x02" enc "\x17\x00\x00\x00\x00\x00"
#define V3(enc) \
	"\x03" enc "\x17\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
/* A zstd 0.5 frame of one raw block of 10 bytes, and the end block. */
#define OLD(data) "\x25\xb5\x2f\xfd\x00\x40\x00\x0a" data "\xc0\x00\x00"
/* A zstd 1 frame of one raw block of 10 bytes. */
#define NEW(data) "\x28\xb5\x2f\xfd\x20\x0a\x51\x00\x00" data
/* A zstd 1 frame that claims 4 GiB, of RLE blocks of 128 KiB. */
#define BOMB_HEAD  "\x28\xb5\x2f\xfd\xa0\xff\xff\xff\xff"
#define BOMB_BLOCK "\x02\x00\x10\x00"

static const struct reply_case {
	const char *name;
	const char *body;
	size_t len;
	int want;
	int32_t clients;
	int32_t interval;
	const char *text; /* the message, or why not */
} cases[] = {
	{ "version 1", BYTES(V1("\x00") STATUS), 0, 3, 5, "" },
	{ "version 2", BYTES(V2("\x00") STATUS), 0, 3, 5, "" },
	{ "version 3", BYTES(V3("\x00") STATUS), 0, 3, 5, "" },
	{ "zstd", BYTES(V3("\x04") NEW(STATUS)), 0, 3, 5, "" },
	{ "zstd behind version 1", BYTES(V1("\x04") NEW(STATUS)), 0, 3, 5, "" },
	{ "legacy zstd", BYTES(V3("\x02") OLD(STATUS)), 0, 3, 5, "" },
	{ "refused", BYTES(V3("\x00") REFUSAL), 0, -1, -1, "no" },
	{ "refused, with a status", BYTES(V3("\x00") STATUS REFUSAL), 0, 3, 5,
	    "no" },
	{ "no message at all", BYTES(V3("\x00")), 0, -1, -1, "" },
	{ "unknown fields", BYTES(V3("\x00") "\x7a\x01x" STATUS), 0, 3, 5, "" },
	{ "negative numbers",
	    BYTES(V3("\x00") "\x1a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff"
			     "\xff\x01"),
	    0, -1, 0, "" },
	{ "nothing", BYTES(""), -1, 0, 0,
	    "the answer has no header that we know" },
	{ "version 4", BYTES("\x04\x00\x17\x00" STATUS), -1, 0, 0,
	    "the answer has no header that we know" },
	{ "half a header", BYTES("\x03\x00\x17\x00\x00\x00\x00\x00"), -1, 0, 0,
	    "the answer has no header that we know" },
	{ "HTML", BYTES("<html></html>"), -1, 0, 0,
	    "the answer has no header that we know" },
	{ "another type", BYTES("\x01\x00\x0c\x00" STATUS), -1, 0, 0,
	    "the answer is of a type that we did not ask for" },
	{ "encoding 1", BYTES(V1("\x01") STATUS), -1, 0, 0,
	    "the answer has an encoding that we do not know" },
	{ "zstd that is none", BYTES(V1("\x04") STATUS), -1, 0, 0,
	    "the answer has an encoding that we do not know" },
	{ "old frame under the new number", BYTES(V1("\x04") OLD(STATUS)), -1,
	    0, 0, "the answer has an encoding that we do not know" },
	{ "new frame under the old number", BYTES(V1("\x02") NEW(STATUS)), -1,
	    0, 0, "the answer has an encoding that we do not know" },
	{ "zstd cut short", BYTES(V1("\x04") "\x28\xb5\x2f\xfd\x20\x0a\x51"),
	    -1, 0, 0, "the answer cannot be decompressed" },
	{ "no protobuf", BYTES(V1("\x00") "\xff\xff\xff"), -1, 0, 0,
	    "the answer is not a ResCollector message" },
	{ "a length past the end", BYTES(V1("\x00") "\x12\x7fno"), -1, 0, 0,
	    "the answer is not a ResCollector message" },
	{ "claims 4 GiB, holds 256 KiB",
	    BYTES(V1("\x04") BOMB_HEAD BOMB_BLOCK "a" BOMB_BLOCK "b\x03\x00\x10"
						  "c"),
	    -1, 0, 0, "the answer is too large when decompressed" },
};

/* What the answer says of clients; -1 without a status. */
static int32_t
clients_of(const struct reply *r)
{
	return r->has_status ? r->active_clients : -1;
}

static void
test_decode(void **state)
{
	int failed = 0;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct reply_case *c = &cases[i];
		const char *why = "";
		struct reply r;
		int got = reply_decode(c->body, c->len, &r, &why);
		const char *text = got == 0 ? r.message : why;
		bool same = got == c->want && strcmp(text, c->text) == 0;

		if (same && got == 0)
			same = clients_of(&r) == c->clients &&
			    (!r.has_status || r.interval == c->interval);
		if (same)
			continue;
		print_error("%s: got %d \"%s\" clients %d interval %d, want "
			    "%d \"%s\" %d %d\n",
		    c->name, got, text, clients_of(&r), r.interval, c->want,
		    c->text, c->clients, c->interval);
		failed++;
	}
	assert_int_equal(failed, 0);
}

/* The bound is on decoded bytes, with and without compression. */
static void
test_bound(void **state)
{
	static char message[LIMIT_REPLY_BODY + 1], packed[LIMIT_REPLY_BODY];
	static char body[LIMIT_REPLY_BODY + 64];
	size_t excess, n;
	struct reply r;
	const char *why;

	(void)state;
	for (excess = 0; excess < 2; excess++) {
		size_t len = LIMIT_REPLY_BODY + excess;
		size_t text = len - 4;

		memset(message, 'x', len);
		message[0] = 0x12;
		message[1] = (char)((text & 0x7f) | 0x80);
		message[2] = (char)(((text >> 7) & 0x7f) | 0x80);
		message[3] = (char)(text >> 14);
		memcpy(body, V1("\x00"), 4);
		memcpy(body + 4, message, len);
		assert_int_equal(reply_decode(body, len + 4, &r, &why),
		    excess == 0 ? 0 : -1);
		n = ZSTD_compress(packed, sizeof(packed), message, len, 1);
		memcpy(body, V1("\x04"), 4);
		memcpy(body + 4, packed, n);
		assert_int_equal(
		    reply_decode(body, n + 4, &r, &why), excess == 0 ? 0 : -1);
	}
}

/* The message of an answer, with the key "k3y" in it or not. */
static void
test_hide(void **state)
{
	static const struct {
		unsigned fill; /* bytes of 'x' before text */
		const char *text, *want;
	} rows[] = {
		{ 0, "", "" },
		{ 0, "no such thing", "no such thing" },
		{ 0, "k3y", "***" },
		{ 0, "bad k3y: k3yk3y!", "bad ***: ******!" },
		{ 0, "k3 k", "k3 k" },
		{ 253, "k3", "**" }, /* cut */
		{ 252, "k3y", "***" },
		{ 252, "k3", "k3" },
	};
	char want[sizeof(((struct reply *)NULL)->message)];
	struct reply r = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(r.message, 'x', sizeof(r.message));
		memset(want, 'x', sizeof(want));
		snprintf(r.message + rows[i].fill,
		    sizeof(r.message) - rows[i].fill, "%s", rows[i].text);
		snprintf(want + rows[i].fill, sizeof(want) - rows[i].fill, "%s",
		    rows[i].want);
		reply_hide(&r, "k3y");
		if (strcmp(r.message, want) != 0)
			fail_msg(
			    "%zu: got \"%s\", want \"%s\"", i, r.message, want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_hide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
