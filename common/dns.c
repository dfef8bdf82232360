/* SPDX-License-Identifier: ISC
 *
 * libevent's resolver, with what it leaves to its users: configuration that
 * may be missing, and callbacks that come after a cancel.
 */
#include <event2/dns.h>
#include <event2/util.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "common/log.h"
#include "dns.h"

#define RESOLV_CONF "/etc/resolv.conf"

struct dns {
	struct evdns_base *base;
};

struct lookup {
	struct evdns_getaddrinfo_request *request; /* NULL in its start */
	dns_done *done;                            /* NULL: cancelled */
	void *arg;
	bool finished;
};

/* Without a name server libevent asks 127.0.0.1, as libc does. */
static void
load_files(struct dns *dns)
{
	if (evdns_base_resolv_conf_parse(
		dns->base, DNS_OPTIONS_ALL, RESOLV_CONF) != 0)
		log_info(RESOLV_CONF " names no server: only addresses and "
				     "the names of /etc/hosts can be used");
}

/* libevent's own words, which it would write to stderr. */
static void
on_dns_log(int is_warning, const char *text)
{
	(void)is_warning;
	log_debug("%s", text);
}

struct dns *
dns_new(struct event_base *base)
{
	struct dns *dns = xcalloc(1, sizeof(*dns));

	dns->base = evdns_base_new(base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (dns->base == NULL)
		fatalx("out of memory");
	evdns_set_log_fn(on_dns_log);
	load_files(dns);
	return dns;
}

void
dns_free(struct dns *dns)
{
	if (dns == NULL)
		return;
	evdns_base_free(dns->base, 1);
	free(dns);
}

void
dns_reload(struct dns *dns)
{
	evdns_base_clear_nameservers_and_suspend(dns->base);
	evdns_base_search_clear(dns->base);
	evdns_base_clear_host_addresses(dns->base);
	load_files(dns);
	evdns_base_resume(dns->base);
}

/* For those that a person meets; libevent's words for them are those of
 * another system. */
static const char *
explain(int error)
{
	if (error == EVUTIL_EAI_NONAME || error == EVUTIL_EAI_NODATA)
		return "there is no such name";
	if (error == EVUTIL_EAI_AGAIN)
		return "no name server answers it";
	/* without addresses, or what a name server says of its own trouble */
	if (error == EVUTIL_EAI_FAIL)
		return "no name server has an address for it";
	return evutil_gai_strerror(error);
}

static void
on_found(int error, struct evutil_addrinfo *found, void *arg)
{
	struct lookup *lookup = arg;

	lookup->finished = true;
	if (lookup->done == NULL) {
		if (found != NULL)
			evutil_freeaddrinfo(found);
	} else
		lookup->done(
		    found, found != NULL ? NULL : explain(error), lookup->arg);
	if (lookup->request != NULL)
		free(lookup);
}

/* Literals first: they need no resolver, and libevent's refuses those of a
 * family that no interface has. "localhost" is one of them, as the key may go
 * there in the clear: no name server is asked where it is (RFC 6761). Returns
 * NULL if host is another name. */
static struct addrinfo *
parse_literal(const char *host, const char *service, int socktype)
{
	struct evutil_addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = socktype,
		.ai_flags = EVUTIL_AI_NUMERICHOST | EVUTIL_AI_NUMERICSERV };
	struct evutil_addrinfo *found;

	if (strcasecmp(host, "localhost") == 0)
		host = NULL;
	if (evutil_getaddrinfo(host, service, &hints, &found) != 0)
		return NULL;
	return found;
}

struct lookup *
dns_lookup(struct dns *dns, const char *host, int port, int socktype,
    dns_done *done, void *arg)
{
	struct evutil_addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = socktype };
	struct addrinfo *literal;
	struct lookup *lookup;
	char service[8];

	snprintf(service, sizeof(service), "%d", port);
	literal = parse_literal(host, service, socktype);
	if (literal != NULL) {
		done(literal, NULL, arg);
		return NULL;
	}
	lookup = xcalloc(1, sizeof(*lookup));
	lookup->done = done;
	lookup->arg = arg;
	lookup->request = evdns_getaddrinfo(
	    dns->base, host, service, &hints, on_found, lookup);
	if (lookup->finished) {
		free(lookup);
		return NULL;
	}
	return lookup;
}

void
lookup_cancel(struct lookup *lookup)
{
	if (lookup == NULL)
		return;
	lookup->done = NULL;
	evdns_getaddrinfo_cancel(lookup->request);
}
