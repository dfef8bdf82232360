/* SPDX-License-Identifier: ISC
 *
 * The frame around a message: header, encoding, identity and count.
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

#include "shipperd/payload.h"

static const struct payload_case {
	const char *name;
	enum payload_encoding encoding;
	enum payload_type type;
	enum snapshot_kind kind;
	const char *header; /* its first four bytes; the others are 0 */
} cases[] = {
	{ "full, zstd", PAYLOAD_ZSTD, PAYLOAD_PROC, SNAPSHOT_FULL,
	    "\x03\x04\x0c\x00" },
	{ "full, protobuf", PAYLOAD_PROTOBUF, PAYLOAD_PROC, SNAPSHOT_FULL,
	    "\x03\x00\x0c\x00" },
	{ "real time, zstd", PAYLOAD_ZSTD, PAYLOAD_REALTIME, SNAPSHOT_REALTIME,
	    "\x03\x04\x1b\x00" },
	{ "real time, protobuf", PAYLOAD_PROTOBUF, PAYLOAD_REALTIME,
	    SNAPSHOT_REALTIME, "\x03\x00\x1b\x00" },
	{ "containers", PAYLOAD_ZSTD, PAYLOAD_CONTAINER, SNAPSHOT_FULL,
	    "\x03\x04\x27\x00" },
	{ "containers, real time", PAYLOAD_ZSTD, PAYLOAD_CONTAINER_REALTIME,
	    SNAPSHOT_REALTIME, "\x03\x04\x28\x00" },
};

/* The message in the payload; returns its length. */
static size_t
open_body(const struct payload *p, char *out, size_t size)
{
	size_t len = p->len - PAYLOAD_HEADER;

	if (p->data[1] == PAYLOAD_ZSTD)
		return ZSTD_decompress(
		    out, size, p->data + PAYLOAD_HEADER, len);
	assert_true(len <= size);
	memcpy(out, p->data + PAYLOAD_HEADER, len);
	return len;
}

static void
test_frame(void **state)
{
	static const char zeros[12];
	char message[5000], got[6000];
	size_t i, len;

	(void)state;
	memset(message, 'm', sizeof(message));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct payload_case *c = &cases[i];
		struct payloader *payloader = payloader_new(c->encoding);
		struct payload *p = payload_new(payloader, message,
		    sizeof(message), c->type, 7, 1234567890123);

		print_message("%s\n", c->name);
		assert_memory_equal(p->data, c->header, 4);
		assert_memory_equal(p->data + 4, zeros, 12);
		len = open_body(p, got, sizeof(got));
		assert_int_equal(len, sizeof(message));
		assert_memory_equal(got, message, len);
		assert_int_equal(p->containers, 7);
		assert_int_equal(p->type, c->type);
		assert_int_equal(p->kind, c->kind);
		assert_int_equal(p->wall_ms, 1234567890123);
		payload_unref(p);
		payloader_free(payloader);
	}
}

static void
test_types(void **state)
{
	(void)state;
	assert_int_equal(payload_type_of(SNAPSHOT_FULL, SCOPE_ALL), 12);
	assert_int_equal(payload_type_of(SNAPSHOT_REALTIME, SCOPE_ALL), 27);
	assert_int_equal(payload_type_of(SNAPSHOT_FULL, SCOPE_CONTAINERS), 39);
	assert_int_equal(
	    payload_type_of(SNAPSHOT_REALTIME, SCOPE_CONTAINERS), 40);
}

static void
test_empty(void **state)
{
	struct payloader *payloader = payloader_new(PAYLOAD_ZSTD);
	struct payload *p = payload_new(payloader, "", 0, PAYLOAD_PROC, 0, 0);
	char got[8];

	(void)state;
	assert_int_equal(open_body(p, got, sizeof(got)), 0);
	payload_unref(p);
	payloader_free(payloader);
}

/* A version 4 uuid of the right variant, and never the same twice. */
static void
test_request_id(void **state)
{
	struct payloader *payloader = payloader_new(PAYLOAD_PROTOBUF);
	char last[PAYLOAD_REQUEST_ID] = "";
	unsigned a, b, c, d;
	unsigned long long e;
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		struct payload *p = payload_new(
		    payloader, "x", 1, PAYLOAD_PROC, 0, 0);

		assert_int_equal(strlen(p->request_id), 36);
		assert_int_equal(sscanf(p->request_id, "%8x-%4x-%4x-%4x-%12llx",
				     &a, &b, &c, &d, &e),
		    5);
		assert_int_equal(c >> 12, 4);
		assert_int_equal(d >> 14, 2);
		assert_string_not_equal(p->request_id, last);
		memcpy(last, p->request_id, sizeof(last));
		payload_unref(p);
	}
	payloader_free(payloader);
}

/* Freed with the last reference; the sanitizers see it if not. */
static void
test_references(void **state)
{
	struct payloader *payloader = payloader_new(PAYLOAD_ZSTD);
	struct payload *p = payload_new(payloader, "x", 1, PAYLOAD_PROC, 0, 0);

	(void)state;
	assert_ptr_equal(payload_ref(p), p);
	payload_unref(p);
	assert_int_equal(p->refs, 1);
	payload_unref(p);
	payload_unref(NULL);
	payloader_free(payloader);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frame),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_request_id),
		cmocka_unit_test(test_references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
