/* SPDX-License-Identifier: ISC
 *
 * SOCKS5: what is said, byte for byte, and every answer whole, cut at every
 * place, and wrong in every way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/log.h"
#include "common/schema.h"
#include "shipperd/socks5.h"

#define N255                                                               \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"

/* Bytes as a string literal and how many. */
#define B(s) s, sizeof(s) - 1

static void
check_bytes(const char *name, struct buf *out, const char *want, size_t len)
{
	if (out->len != len || memcmp(out->data, want, len) != 0)
		fail_msg(
		    "%s: got %zu bytes, want %zu others", name, out->len, len);
	out->len = 0;
}

static void
test_says(void **state)
{
	struct buf out = { 0 };

	(void)state;
	socks5_write_greeting(&out, false);
	check_bytes("greeting", &out, B("\x05\x01\x00"));
	socks5_write_greeting(&out, true);
	check_bytes("greeting with login", &out, B("\x05\x02\x00\x02"));
	socks5_write_login(&out, "us:er", "\x01\xff p");
	check_bytes("login", &out, B("\x01\x05us:er\x04\x01\xff p"));
	socks5_write_login(&out, "u", "");
	check_bytes("no password", &out, B("\x01\x01u\x00"));
	socks5_write_login(&out, N255, N255);
	check_bytes("long login", &out, B("\x01\xff" N255 "\xff" N255));
	socks5_write_request(&out, "intake.example", 443);
	check_bytes(
	    "name", &out, B("\x05\x01\x00\x03\x0eintake.example\x01\xbb"));
	socks5_write_request(&out, N255, 65535);
	check_bytes(
	    "long name", &out, B("\x05\x01\x00\x03\xff" N255 "\xff\xff"));
	socks5_write_request(&out, "192.0.2.1", 80);
	check_bytes(
	    "IPv4", &out, B("\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x50"));
	socks5_write_request(&out, "fd00::1", 1);
	check_bytes("IPv6", &out,
	    B("\x05\x01\x00\x04\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	      "\x00\x00\x00\x00\x01\x00\x01"));
	buf_free(&out);
}

enum stage {
	METHOD,
	METHOD_LOGIN, /* we have offered user and password */
	LOGIN,
	REPLY,
};

static ssize_t
take(enum stage stage, const void *data, size_t len, bool *login,
    const char **why)
{
	switch (stage) {
	case METHOD:
	case METHOD_LOGIN:
		return socks5_take_method(
		    data, len, stage == METHOD_LOGIN, login, why);
	case LOGIN:
		return socks5_take_login(data, len, why);
	case REPLY:
		return socks5_take_reply(data, len, why);
	}
	return -1;
}

static const struct answer_case {
	const char *name;
	enum stage stage;
	const char *in;
	size_t len;
	ssize_t want;
	bool login;
	const char *why; /* of -1 */
} answers[] = {
	{ "no login", METHOD, B("\x05\x00"), 2, false, NULL },
	{ "login unasked", METHOD, B("\x05\x02"), -1, false,
	    "it wants an authentication that we did not offer" },
	{ "login", METHOD_LOGIN, B("\x05\x02"), 2, true, NULL },
	{ "no login needed", METHOD_LOGIN, B("\x05\x00"), 2, false, NULL },
	{ "refused", METHOD, B("\x05\xff"), -1, false,
	    "it wants a user and a password" },
	{ "refused with login", METHOD_LOGIN, B("\x05\xff"), -1, false,
	    "it takes no user and password" },
	{ "GSSAPI", METHOD_LOGIN, B("\x05\x01"), -1, false,
	    "it wants an authentication that we did not offer" },
	{ "SOCKS4", METHOD, B("\x04\x00"), -1, false,
	    "it does not speak SOCKS5" },
	{ "HTTP", METHOD, B("HTTP/1.1 400"), -1, false,
	    "it does not speak SOCKS5" },
	{ "bytes behind", METHOD, B("\x05\x00xyz"), 2, false, NULL },
	{ "login taken", LOGIN, B("\x01\x00"), 2, false, NULL },
	{ "login refused", LOGIN, B("\x01\x01"), -1, false,
	    "it refuses the user or the password" },
	{ "login, another version", LOGIN, B("\x05\x00"), -1, false,
	    "its answer to user and password is not SOCKS5" },
	{ "IPv4", REPLY, B("\x05\x00\x00\x01\x7f\x00\x00\x01\x01\xbb"), 10,
	    false, NULL },
	{ "IPv6", REPLY,
	    B("\x05\x00\x00\x04"
	      "0123456789abcdef"
	      "\x01\xbb"),
	    22, false, NULL },
	{ "name", REPLY, B("\x05\x00\x00\x03\x01h\x01\xbb"), 8, false, NULL },
	{ "empty name", REPLY, B("\x05\x00\x00\x03\x00\x01\xbb"), 7, false,
	    NULL },
	{ "long name", REPLY, B("\x05\x00\x00\x03\xff" N255 "\x01\xbb"), 262,
	    false, NULL },
	{ "reply and more", REPLY,
	    B("\x05\x00\x00\x01\x7f\x00\x00\x01\x01\xbbxyz"), 10, false, NULL },
	{ "unknown type", REPLY, B("\x05\x00\x00\x02\x00\x00"), -1, false,
	    "its answer has an unknown type of address" },
	{ "general failure", REPLY, B("\x05\x01"), -1, false,
	    "it cannot connect to the endpoint: general failure" },
	{ "forbidden", REPLY, B("\x05\x02\x00\x01"), -1, false,
	    "it forbids the connection to the endpoint" },
	{ "refused by the endpoint", REPLY, B("\x05\x05\x00\x01"), -1, false,
	    "it cannot connect to the endpoint: connection refused" },
	{ "type", REPLY, B("\x05\x08\x00\x01"), -1, false,
	    "it does not support this type of address" },
	{ "unknown code", REPLY, B("\x05\x09\x00\x01"), -1, false,
	    "it cannot connect to the endpoint, and does not say why" },
	{ "highest code", REPLY, B("\x05\xff\x00\x01"), -1, false,
	    "it cannot connect to the endpoint, and does not say why" },
	{ "reply, another version", REPLY, B("\x04\x00"), -1, false,
	    "its answer is not SOCKS5" },
};

/* An answer cut short is waited for, unless it is wrong already; the bytes
 * stand where a byte too far is one of nobody's. */
static void
check_cut(const struct answer_case *c, size_t len)
{
	const char *why = NULL;
	char *copy = xcalloc(1, len + 1);
	bool login = false;
	ssize_t got;

	memcpy(copy, c->in, len);
	copy = xrealloc(copy, len > 0 ? len : 1);
	got = take(c->stage, copy, len, &login, &why);
	free(copy);
	if (c->want == -1 ? got != 0 && got != -1
			  : got != (len < (size_t)c->want ? 0 : c->want))
		fail_msg("%s, %zu bytes: got %zd", c->name, len, got);
}

static void
test_hears(void **state)
{
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		const struct answer_case *c = &answers[i];
		const char *why = NULL;
		bool login = false;
		ssize_t got = take(c->stage, c->in, c->len, &login, &why);

		if (got != c->want || login != c->login)
			if (got != -1 || c->want != -1)
				fail_msg("%s: got %zd %d, want %zd %d", c->name,
				    got, login, c->want, c->login);
		if (c->why != NULL && (why == NULL || strcmp(why, c->why) != 0))
			fail_msg("%s: got \"%s\", want \"%s\"", c->name,
			    why != NULL ? why : "", c->why);
		for (len = 0; len < c->len; len++)
			check_cut(c, len);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_says),
		cmocka_unit_test(test_hears),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
