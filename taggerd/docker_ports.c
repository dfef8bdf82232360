/* SPDX-License-Identifier: ISC
 *
 * Addresses of a container. Lists and inspected containers say the same in
 * two ways; here both give the same addresses in the same order, so that
 * what is learnt twice does not look like news.
 */
#include <stdlib.h>
#include <string.h>

#include "docker_json.h"
#include "facts.h"
#include "json_list.h"

/* Ports and networks of one container that are looked at: the product of
 * the two is bounded by LIMIT_ADDRESSES when they become addresses. */
#define MOST 256

struct address {
	struct strview ip; /* borrowed from the JSON; empty: the
			      container's own */
	int32_t port;
	enum address_protocol protocol;
};

struct addresses {
	struct address v[MOST];
	size_t n;
};

static int
compare(const void *a, const void *b)
{
	const struct address *x = a, *y = b;
	int order = strview_compare(x->ip, y->ip);

	if (order != 0)
		return order;
	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	return (x->protocol > y->protocol) - (x->protocol < y->protocol);
}

static void
add(struct addresses *to, struct strview ip, int64_t port,
    enum address_protocol protocol)
{
	if (to->n == MOST || port <= 0 || port > 65535)
		return;
	to->v[to->n++] = (struct address){ ip, (int32_t)port, protocol };
}

/* Returns false for protocols that have no place in an address (sctp). */
static bool
protocol_of(struct strview text, enum address_protocol *out)
{
	if (strview_equal(text, SV("tcp")))
		*out = ADDRESS_TCP;
	else if (strview_equal(text, SV("udp")))
		*out = ADDRESS_UDP;
	else
		return false;
	return true;
}

/* [{"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}] */
static void
take_list(
    const json_t *ports, struct addresses *published, struct addresses *exposed)
{
	enum address_protocol protocol;
	const json_t *port;
	struct strview ip;
	size_t i;

	json_array_foreach((json_t *)ports, i, port) {
		if (!protocol_of(json_get_string(port, "Type"), &protocol))
			continue;
		ip = json_get_string(port, "IP");
		if (ip.len > 0)
			add(published, ip, json_get_integer(port, "PublicPort"),
			    protocol);
		add(exposed, (struct strview){ 0 },
		    json_get_integer(port, "PrivatePort"), protocol);
	}
}

/* The number that the text is, or begins with up to '/'; else 0. */
static int64_t
port_of(const char *text, const char **end)
{
	int64_t n = 0;

	while (*text >= '0' && *text <= '9' && n <= 65535)
		n = n * 10 + (*text++ - '0');
	*end = text;
	return n;
}

/* {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}], "81/udp": null} */
static void
take_object(
    json_t *ports, struct addresses *published, struct addresses *exposed)
{
	enum address_protocol protocol;
	const char *key, *end;
	const json_t *host;
	json_t *hosts;
	struct strview ip, text;
	int64_t port;
	size_t i;

	json_object_foreach(ports, key, hosts) {
		port = port_of(key, &end);
		if (*end != '/' || !protocol_of(strview_of(end + 1), &protocol))
			continue;
		add(exposed, (struct strview){ 0 }, port, protocol);
		json_array_foreach(hosts, i, host) {
			ip = json_get_string(host, "HostIp");
			text = json_get_string(host, "HostPort");
			if (ip.len > 0 && text.len > 0)
				add(published, ip, port_of(text.s, &end),
				    protocol);
		}
	}
}

/* Each of the container's own addresses with each port that it exposes. */
static void
add_exposed(struct addresses *to, const struct addresses *exposed,
    const json_t *networks)
{
	const char *key;
	json_t *network;
	struct strview ip;
	size_t i;

	json_object_foreach((json_t *)networks, key, network) {
		ip = json_get_string(network, "IPAddress");
		for (i = 0; ip.len > 0 && i < exposed->n; i++)
			add(to, ip, exposed->v[i].port, exposed->v[i].protocol);
	}
}

void
docker_ports_add(
    struct facts *facts, const json_t *ports, const json_t *networks)
{
	struct addresses all = { 0 }, exposed = { 0 };
	size_t i;

	if (json_is_array(ports))
		take_list(ports, &all, &exposed);
	else if (json_is_object(ports))
		take_object((json_t *)ports, &all, &exposed);
	add_exposed(&all, &exposed, networks);
	qsort(all.v, all.n, sizeof(all.v[0]), compare);
	for (i = 0; i < all.n; i++)
		if (i == 0 || compare(&all.v[i - 1], &all.v[i]) != 0)
			facts_add_address(facts, all.v[i].ip, all.v[i].port,
			    all.v[i].protocol);
}
