/* SPDX-License-Identifier: ISC
 *
 * The procfs engine on containers: which one a process is in, and the
 * network counters of the namespace it is in. A namespace is known by the
 * text of its link, which is read and never followed; nothing of it is kept
 * open, as that would keep a container's network alive after its end.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/clock.h"
#include "parse_netdev.h"
#include "procfs_private.h"

/* A zombie's files say nothing of its container any more, with cgroup v1. */
void
procfs_read_container(struct reading *r)
{
	struct procfs *p = r->p;
	ssize_t n;

	if (r->slot->known && (r->slot->zombie || r->st.state == 'Z'))
		return;
	n = procfs_read_file(
	    p, &r->place, "cgroup", &p->cgroup, LIMIT_CGROUP_TEXT);
	if (n == -1 && (errno == ENOENT || errno == ESRCH))
		r->gone = true;
	/* For want of descriptors, that is: the next scan tries again. */
	r->slot->uncontained = n == -1 &&
	    procfs_outcome_of_errno() == READ_LIMIT;
	if (n == -1)
		return;
	parse_cgroup(p->cgroup.s, (size_t)n, &p->container);
	if (p->container.id.len == 0 && p->in_cgroup_namespace &&
	    p->engine.tree != NULL)
		procfs_find_hidden(r);
	r->out->container = &p->container;
}

static uint64_t
read_namespace(struct place *place)
{
	char text[64];
	ssize_t n;

	n = readlinkat(
	    place->dirfd, procfs_name(place, "ns/net"), text, sizeof(text));
	return n > 0 ? parse_net_namespace(text, (size_t)n) : 0;
}

/* The host's network is that of its first process. Where privilege hides
 * that, it is ours, if we are no container ourselves. 0: not known. */
static uint64_t
host_namespace(struct procfs *p)
{
	struct place place;
	uint64_t number;

	procfs_place_by_path(p, 1, &place);
	number = read_namespace(&place);
	if (number != 0 || p->in_cgroup_namespace)
		return number;
	procfs_place_by_path(p, getpid(), &place);
	return read_namespace(&place);
}

/* Fills the namespace in, unless it is known. */
static int
find_namespace(
    struct procfs *p, struct place *place, struct engine_network *network)
{
	uint64_t host;

	if (network->namespace != 0)
		return 0;
	host = host_namespace(p);
	network->namespace = read_namespace(place);
	network->host = network->namespace == host;
	return host == 0 || network->namespace == 0 ? -1 : 0;
}

static int
read_network(
    struct procfs *p, struct place *place, struct engine_network *network)
{
	struct parse_netdev net;
	ssize_t n;

	if (find_namespace(p, place, network) == -1)
		return -1;
	network->mono_ns = clock_mono_ns();
	if (network->host)
		return 0;
	n = procfs_read_file(p, place, "net/dev", &p->network, LIMIT_PROC_TEXT);
	if (n == -1 || parse_netdev(p->network.s, (size_t)n, &net) == -1)
		return -1;
	network->received_bytes = net.received_bytes;
	network->received_packets = net.received;
	network->sent_bytes = net.sent_bytes;
	network->sent_packets = net.sent;
	return 0;
}

static int
compare_slots(const void *key, const void *member)
{
	int32_t pid = *(const int32_t *)key;
	const struct slot *slot = member;

	return (pid > slot->pid) - (pid < slot->pid);
}

/* By path beside a kept stat, which vouches afterwards for whose files they
 * were; else through a descriptor of the process's directory. */
int
procfs_network(struct engine *engine, int32_t pid, uint64_t start_ticks,
    struct engine_network *network)
{
	struct procfs *p = (struct procfs *)engine;
	const struct slot *slot;
	struct place place;
	char byte;
	int rv = -1;

	slot = p->nslots == 0 ? NULL
			      : bsearch(&pid, p->slots, p->nslots,
				    sizeof(*p->slots), compare_slots);
	if (slot != NULL && slot->fd[KEPT_STAT] != -1 &&
	    slot->start_ticks == start_ticks) {
		procfs_place_by_path(p, pid, &place);
		if (read_network(p, &place, network) == 0 &&
		    pread(slot->fd[KEPT_STAT], &byte, 1, 0) == 1)
			rv = 0;
	} else if (procfs_place_open(p, pid, &place) == 0) {
		if (procfs_is_identity(p, &place, start_ticks))
			rv = read_network(p, &place, network);
		close(place.dirfd);
	}
	if (rv == -1)
		*network = (struct engine_network){ 0 };
	return rv;
}
