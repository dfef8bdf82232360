/* SPDX-License-Identifier: ISC
 *
 * The header fields of a response that matter to us; the others are only
 * checked for bytes that have no business in a header.
 */
#include <string.h>
#include <strings.h>
#include <time.h>

#include "http.h"
#include "http_header.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits only. Returns the number, or -1. */
static int64_t
parse_number(struct strview v)
{
	int64_t n = 0;
	uint32_t i;

	if (v.len == 0)
		return -1;
	for (i = 0; i < v.len; i++) {
		if (!is_digit(v.s[i]))
			return -1;
		n = n * 10 + (v.s[i] - '0');
		if (n > HTTP_LENGTH_MAX)
			return -1;
	}
	return n;
}

/* The three forms of RFC 9110. Returns s since the epoch, or -1. */
static int64_t
parse_date(struct strview v)
{
	static const char *const forms[] = {
		"%a, %d %b %Y %H:%M:%S GMT",
		"%A, %d-%b-%y %H:%M:%S GMT",
		"%a %b %d %H:%M:%S %Y",
	};
	char text[64];
	struct tm tm;
	const char *end;
	size_t i;

	if (v.len >= sizeof(text))
		return -1;
	memcpy(text, v.s, v.len);
	text[v.len] = '\0';
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		memset(&tm, 0, sizeof(tm));
		end = strptime(text, forms[i], &tm);
		if (end != NULL && *end == '\0')
			return timegm(&tm);
	}
	return -1;
}

static void
take_length(struct http_response *r, struct strview v)
{
	int64_t n = parse_number(v);

	if (n == -1)
		http_response_fail(r, "Content-Length is not a number");
	else if (r->length != -1)
		http_response_fail(r, "Content-Length twice");
	else
		r->length = n;
}

static bool
is(struct strview v, const char *word)
{
	return v.len == strlen(word) && strncasecmp(v.s, word, v.len) == 0;
}

static void
take_coding(struct http_response *r, struct strview v)
{
	if (r->chunked)
		http_response_fail(r, "Transfer-Encoding twice");
	else if (!is(v, "chunked"))
		http_response_fail(
		    r, "a Transfer-Encoding that we did not ask for");
	else
		r->chunked = true;
}

static struct strview
trim(struct strview v)
{
	while (v.len > 0 && (v.s[0] == ' ' || v.s[0] == '\t')) {
		v.s++;
		v.len--;
	}
	while (v.len > 0 && (v.s[v.len - 1] == ' ' || v.s[v.len - 1] == '\t'))
		v.len--;
	return v;
}

/* A comma list of options, of which only one matters. */
static void
take_connection(struct http_response *r, struct strview v)
{
	struct strview option;
	const char *comma;

	while (v.len > 0) {
		comma = memchr(v.s, ',', v.len);
		option = v;
		if (comma != NULL)
			option.len = (uint32_t)(comma - v.s);
		if (is(trim(option), "close"))
			r->close = true;
		v.s += option.len;
		v.len -= option.len;
		if (v.len > 0) {
			v.s++;
			v.len--;
		}
	}
}

/* One that cannot be read is as good as none. */
static void
take_retry_after(struct http_response *r, struct strview v)
{
	int64_t n = parse_number(v), date;

	if (n == -1 && (date = parse_date(v)) != -1)
		n = date > r->now ? date - r->now : 0;
	r->retry_after = n;
}

static const struct header {
	const char *name;
	void (*take)(struct http_response *r, struct strview value);
} headers[] = {
	{ "Content-Length", take_length },
	{ "Transfer-Encoding", take_coding },
	{ "Connection", take_connection },
	{ "Retry-After", take_retry_after },
};

static bool
is_token(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') ||
	    (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

static bool
is_field_value(struct strview v)
{
	uint32_t i;

	for (i = 0; i < v.len; i++)
		if (((unsigned char)v.s[i] < 0x20 && v.s[i] != '\t') ||
		    v.s[i] == 0x7f)
			return false;
	return true;
}

void
http_header_take(struct http_response *r, const char *s, size_t len)
{
	struct strview name = { s, 0 }, value;
	size_t i;

	if (s[0] == ' ' || s[0] == '\t') {
		http_response_fail(r, "a folded header line");
		return;
	}
	while (name.len < len && is_token(s[name.len]))
		name.len++;
	if (name.len == 0 || name.len == len || s[name.len] != ':') {
		http_response_fail(r, "a header line without a name");
		return;
	}
	value.s = s + name.len + 1;
	value.len = (uint32_t)(len - name.len - 1);
	if (!is_field_value(value)) {
		http_response_fail(r, "a control byte in a header");
		return;
	}
	if (r->head_only)
		return;
	for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		if (is(name, headers[i].name))
			headers[i].take(r, trim(value));
}
