/* SPDX-License-Identifier: ISC
 *
 * A parser of foreign bytes: every answer has a length that its first bytes
 * tell, of at most 262.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#include "common/schema.h"
#include "socks5.h"

#define VERSION       5
#define LOGIN_VERSION 1 /* of RFC 1929's own messages */

enum {
	METHOD_NONE = 0,
	METHOD_LOGIN = 2,
	METHOD_REFUSED = 0xff,
};

enum {
	ATYP_V4 = 1,
	ATYP_NAME = 3,
	ATYP_V6 = 4,
};

#define COMMAND_CONNECT 1

static void
add_byte(struct buf *out, unsigned value)
{
	char byte = (char)(unsigned char)value;

	buf_append(out, &byte, 1);
}

/* A length, which fits into a byte, and as many bytes. */
static void
add_string(struct buf *out, const char *s)
{
	size_t len = strnlen(s, UINT8_MAX);

	add_byte(out, (unsigned)len);
	buf_append(out, s, len);
}

void
socks5_write_greeting(struct buf *out, bool has_login)
{
	add_byte(out, VERSION);
	add_byte(out, has_login ? 2 : 1);
	add_byte(out, METHOD_NONE);
	if (has_login)
		add_byte(out, METHOD_LOGIN);
}

void
socks5_write_login(struct buf *out, const char *user, const char *password)
{
	add_byte(out, LOGIN_VERSION);
	add_string(out, user);
	add_string(out, password);
}

void
socks5_write_request(struct buf *out, const char *host, int port)
{
	unsigned char address[sizeof(struct in6_addr)];

	add_byte(out, VERSION);
	add_byte(out, COMMAND_CONNECT);
	add_byte(out, 0);
	if (inet_pton(AF_INET, host, address) == 1) {
		add_byte(out, ATYP_V4);
		buf_append(out, address, sizeof(struct in_addr));
	} else if (inet_pton(AF_INET6, host, address) == 1) {
		add_byte(out, ATYP_V6);
		buf_append(out, address, sizeof(struct in6_addr));
	} else {
		add_byte(out, ATYP_NAME);
		add_string(out, host);
	}
	add_byte(out, (unsigned)port >> 8);
	add_byte(out, (unsigned)port & 0xff);
}

ssize_t
socks5_take_method(
    const void *data, size_t len, bool has_login, bool *login, const char **why)
{
	const uint8_t *p = data;

	if (len > 0 && p[0] != VERSION) {
		*why = "it does not speak SOCKS5";
		return -1;
	}
	if (len < 2)
		return 0;
	*login = p[1] == METHOD_LOGIN;
	if (p[1] == METHOD_NONE || (*login && has_login))
		return 2;
	if (p[1] == METHOD_REFUSED && !has_login)
		*why = "it wants a user and a password";
	else if (p[1] == METHOD_REFUSED)
		*why = "it takes no user and password";
	else
		*why = "it wants an authentication that we did not offer";
	return -1;
}

ssize_t
socks5_take_login(const void *data, size_t len, const char **why)
{
	const uint8_t *p = data;

	if (len > 0 && p[0] != LOGIN_VERSION) {
		*why = "its answer to user and password is not SOCKS5";
		return -1;
	}
	if (len < 2)
		return 0;
	if (p[1] == 0)
		return 2;
	*why = "it refuses the user or the password";
	return -1;
}

static const char *
explain(uint8_t code)
{
	static const char *const replies[] = {
		NULL,
		"it cannot connect to the endpoint: general failure",
		"it forbids the connection to the endpoint",
		"it cannot connect to the endpoint: network unreachable",
		"it cannot connect to the endpoint: host unreachable",
		"it cannot connect to the endpoint: connection refused",
		"it cannot connect to the endpoint: TTL expired",
		"it does not know how to connect",
		"it does not support this type of address",
	};

	if (code < sizeof(replies) / sizeof(replies[0]))
		return replies[code];
	return "it cannot connect to the endpoint, and does not say why";
}

/* Bytes of the reply whose address type and first byte are given. */
static size_t
reply_len(uint8_t type, uint8_t first)
{
	switch (type) {
	case ATYP_V4:
		return 4 + 4 + 2;
	case ATYP_NAME:
		return 4 + 1 + first + 2u;
	case ATYP_V6:
		return 4 + 16 + 2;
	}
	return 0;
}

ssize_t
socks5_take_reply(const void *data, size_t len, const char **why)
{
	const uint8_t *p = data;
	size_t whole;

	if (len > 0 && p[0] != VERSION) {
		*why = "its answer is not SOCKS5";
		return -1;
	}
	/* Some that refuse say no more than that. */
	if (len > 1 && p[1] != 0) {
		*why = explain(p[1]);
		return -1;
	}
	if (len < 5)
		return 0;
	whole = reply_len(p[3], p[4]);
	if (whole == 0) {
		*why = "its answer has an unknown type of address";
		return -1;
	}
	return len < whole ? 0 : (ssize_t)whole;
}
