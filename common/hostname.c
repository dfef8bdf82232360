/* SPDX-License-Identifier: ISC
 *
 * Finding the name of this host: an ordered table of sources. Whatever a
 * source says is checked here and nowhere else; nothing is forked and
 * nothing is cached.
 */
#include <ctype.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hostname.h"

bool
hostname_valid(const char *s)
{
	static const char *const local[] = { "localhost",
		"localhost.localdomain", "localhost6",
		"localhost6.localdomain6", "ip6-localhost" };
	size_t len = strlen(s), label = 0;

	if (len == 0 || len > HOSTNAME_MAX)
		return false;
	for (size_t i = 0; i < sizeof(local) / sizeof(*local); i++)
		if (strcasecmp(s, local[i]) == 0)
			return false;
	/* Labels of 1-63 letters, digits and inner dashes. */
	for (size_t i = 0; i <= len; i++) {
		if (s[i] == '.' || s[i] == '\0') {
			if (label == 0 || label > 63 || s[i - 1] == '-')
				return false;
			label = 0;
		} else {
			if (!isalnum((unsigned char)s[i]) &&
			    (s[i] != '-' || label == 0))
				return false;
			label++;
		}
	}
	return true;
}

/* A source copies what it knows into name. Returns 0, or -1 when it knows
 * nothing. */
static int
from_kernel(struct hostname *out)
{
	if (gethostname(out->name, sizeof(out->name)) == -1)
		return -1;
	out->name[sizeof(out->name) - 1] = '\0';
	return 0;
}

static int
from_dns(struct hostname *out)
{
	struct addrinfo hints = { .ai_flags = AI_CANONNAME,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	int n;

	if (from_kernel(out) == -1 ||
	    getaddrinfo(out->name, NULL, &hints, &found) != 0)
		return -1;
	n = found->ai_canonname == NULL
	    ? -1
	    : snprintf(out->name, sizeof(out->name), "%s", found->ai_canonname);
	freeaddrinfo(found);
	return n >= 0 && (size_t)n < sizeof(out->name) ? 0 : -1;
}

/* First that answers wins. */
static const struct {
	const char *name;
	int (*ask)(struct hostname *out);
} sources[] = {
	{ "FQDN", from_dns },
	{ "gethostname", from_kernel },
};

int
hostname_find_own(struct hostname *out)
{
	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++) {
		snprintf(
		    out->source, sizeof(out->source), "%s", sources[i].name);
		if (sources[i].ask(out) == 0 && hostname_valid(out->name))
			return 0;
	}
	*out = (struct hostname){ 0 };
	return -1;
}
