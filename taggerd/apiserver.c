/* SPDX-License-Identifier: ISC
 *
 * First a list of all services, then a watch from the version of that list
 * on; whatever breaks the watch's thread begins again with a list. What is
 * known stays until a whole list takes its place.
 */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "apiserver.h"
#include "apiserver_private.h"
#include "clustername.h"
#include "common/clock.h"
#include "common/limits.h"
#include "common/log.h"
#include "common/tls.h"
#include "fetch.h"
#include "kubeapi.h"
#include "retry.h"

/* ms between lists of the kubelet's for services that change and change */
#define QUIET_GAP (LIMIT_SOURCE_POLL * 1000)

static void ask_page(struct apiserver *a);
static void watch(struct apiserver *a);

static void
wait_longer(struct apiserver *a, enum apiserver_step step)
{
	a->step = step;
	a->backoff = retry_longer(a->backoff, LIMIT_SOURCE_BACKOFF_MAX);
	retry_wait(a->timer, a->backoff);
}

/* a->why says what went wrong. The next thing is a list. */
static void
fail(struct apiserver *a)
{
	if (a->failing_since == 0) {
		a->failing_since = clock_wall_ms();
		log_warnx("apiserver: %s", a->why);
	}
	wait_longer(a, APISERVER_WAITING);
	a->env.on_looked(a->env.arg);
}

static void
fail_with(struct apiserver *a, const char *why)
{
	snprintf(a->why, sizeof(a->why), "%s", why);
	fail(a);
}

/* All is well. */
static void
settle(struct apiserver *a)
{
	a->settled = true;
	a->backoff = 0;
	a->renewed = false;
	if (a->failing_since == 0)
		return;
	a->failing_since = 0;
	log_info("apiserver: it works again");
	a->env.on_looked(a->env.arg);
}

/* Returns whether the question is to be put again, with another token. */
static bool
renew(struct apiserver *a, const struct fetch_answer *answer)
{
	if (answer->status != 401 || a->renewed || !kubeapi_renew(a->api))
		return false;
	a->renewed = true;
	return true;
}

/* Asks; or fails when that cannot be. */
static void
ask(struct apiserver *a, struct fetch_request *request)
{
	request->timeout = LIMIT_SOURCE_TIMEOUT;
	request->max_body = LIMIT_SOURCE_BODY;
	request->arg = a;
	a->fetch = kubeapi_get(
	    a->api, a->env.fetcher, request, &a->tls, a->why, sizeof(a->why));
	if (a->fetch == NULL)
		fail(a);
}

/* The list is whole. */
static void
take_list(struct apiserver *a)
{
	bool first = !a->listed;
	bool news = first || !services_equal(a->services, a->coming);

	services_free(a->services);
	a->services = a->coming;
	a->coming = NULL;
	if (first)
		log_info("apiserver: %u services select pods",
		    services_count(a->services));
	a->listed = true;
	if (news)
		apiserver_rematch(a, first ? LIMIT_KUBELET_GAP : QUIET_GAP);
	watch(a);
	a->env.on_looked(a->env.arg);
}

static void
on_page(const struct fetch_answer *answer, void *arg)
{
	struct apiserver *a = arg;
	const char *why = answer->why;

	a->fetch = NULL;
	if (answer->status == 200 &&
	    services_parse(
		a->coming, answer->body, answer->len, &a->mark, &why) == 0) {
		if (a->mark.next[0] == '\0')
			take_list(a);
		else if (++a->pages == LIMIT_SERVICES_PAGES)
			fail_with(a, "a list of services without an end");
		else
			ask_page(a);
		return;
	}
	if (renew(a, answer)) {
		ask_page(a);
		return;
	}
	if (answer->status == 0 || answer->status == 200)
		snprintf(a->why, sizeof(a->why), "%s", why);
	else
		kubeapi_explain(a->api, answer->status, "list services", a->why,
		    sizeof(a->why));
	fail(a);
}

static void
ask_page(struct apiserver *a)
{
	char path[sizeof(a->mark.next) + 64];
	struct fetch_request request = { .path = path, .on_done = on_page };

	snprintf(path, sizeof(path), "/api/v1/services?limit=%d%s%s",
	    LIMIT_SERVICES_PAGE, a->mark.next[0] != '\0' ? "&continue=" : "",
	    a->mark.next);
	ask(a, &request);
}

static void
list(struct apiserver *a)
{
	a->step = APISERVER_LISTING;
	a->mark = (struct services_mark){ 0 };
	a->pages = 0;
	a->renewed = false;
	services_free(a->coming);
	a->coming = services_new();
	tls_free(a->tls);
	a->tls = NULL;
	ask_page(a);
}

/* The server has forgotten what happened since, which is normal. */
static void
list_again(struct apiserver *a)
{
	wait_longer(a, APISERVER_WAITING);
}

static void
on_line(const char *line, size_t len, void *arg)
{
	struct apiserver *a = arg;

	switch (services_take(a->services, line, len, &a->mark)) {
	case SERVICES_CHANGED:
		settle(a);
		apiserver_rematch(a, QUIET_GAP);
		return;
	case SERVICES_SAME:
		settle(a);
		return;
	case SERVICES_EXPIRED:
		fetch_cancel(a->fetch);
		a->fetch = NULL;
		list_again(a);
		return;
	case SERVICES_BAD:
		fetch_cancel(a->fetch);
		a->fetch = NULL;
		fail_with(a, "a line of the watch is no event");
		return;
	}
}

static void
on_watch_end(const struct fetch_answer *answer, void *arg)
{
	struct apiserver *a = arg;

	a->fetch = NULL;
	if (answer->status == 410)
		list_again(a);
	else if (answer->status == 200 || (answer->status == 0 && a->settled))
		wait_longer(a, APISERVER_RESTING);
	else if (renew(a, answer))
		watch(a);
	else if (answer->status == 0)
		fail_with(a, answer->why);
	else {
		kubeapi_explain(a->api, answer->status, "watch services",
		    a->why, sizeof(a->why));
		fail(a);
	}
}

static void
watch(struct apiserver *a)
{
	/* By then there are headers, or it has failed. */
	const struct timeval good = { LIMIT_SOURCE_TIMEOUT + 1, 0 };
	char path[sizeof(a->mark.version) + 128];
	struct fetch_request request = { .path = path,
		.idle = LIMIT_WATCH + LIMIT_SOURCE_TIMEOUT,
		.on_line = on_line,
		.on_done = on_watch_end };

	a->step = APISERVER_WATCHING;
	a->settled = false;
	snprintf(path, sizeof(path),
	    "/api/v1/services?watch=1&allowWatchBookmarks=true"
	    "&timeoutSeconds=%d&resourceVersion=%s",
	    LIMIT_WATCH, a->mark.version);
	if (event_add(a->timer, &good) == -1)
		fatalx("out of memory");
	ask(a, &request);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct apiserver *a = arg;

	(void)fd;
	(void)what;
	switch (a->step) {
	case APISERVER_WAITING:
		list(a);
		return;
	case APISERVER_RESTING:
		watch(a);
		return;
	case APISERVER_WATCHING:
		settle(a);
		return;
	case APISERVER_ABSENT:
	case APISERVER_LISTING:
		return;
	}
}

static void
on_cluster(void *arg)
{
	apiserver_rematch(arg, LIMIT_KUBELET_GAP);
}

static void
describe_ok(const struct apiserver *a, char *out, size_t size)
{
	uint32_t n = services_count(a->services);
	uint32_t refused = services_refused(a->services);
	const char *cluster = clustername_get(a->cluster);
	char left[48] = "", url[128];

	kubeapi_describe(a->api, url, sizeof(url));
	if (refused > 0)
		snprintf(left, sizeof(left), ", %u left out", refused);
	snprintf(out, size, "ok: %u service%s%s%s%s, by %s", n,
	    n == 1 ? "" : "s", left, cluster[0] != '\0' ? ", cluster " : "",
	    cluster, url);
}

static void
state(const void *self, char *out, size_t size)
{
	const struct apiserver *a = self;

	if (a->failing_since != 0)
		snprintf(out, size, "failing for %lld s: %s",
		    (long long)(clock_wall_ms() - a->failing_since) / 1000,
		    a->why);
	else if (a->listed)
		describe_ok(a, out, size);
	else
		snprintf(out, size, "%s",
		    a->step == APISERVER_ABSENT ? "absent" : "looking");
}

static void
apiserver_free(void *self)
{
	struct apiserver *a = self;

	apiserver_unlisten(a);
	fetch_cancel(a->fetch);
	clustername_free(a->cluster);
	event_free(a->timer);
	tls_free(a->tls);
	kubeapi_free(a->api);
	services_free(a->services);
	services_free(a->coming);
	free(a);
}

struct source
apiserver_source(const struct source_env *env)
{
	struct apiserver *a = xcalloc(1, sizeof(*a));

	a->env = *env;
	a->services = services_new();
	a->api = kubeapi_new(env->config);
	a->cluster = clustername_new(&a->env, a->api, on_cluster, a);
	a->timer = evtimer_new(env->base, on_timer, a);
	if (a->timer == NULL)
		fatalx("out of memory");
	apiserver_listen(a);
	if (a->api != NULL) {
		a->step = APISERVER_WAITING;
		event_active(a->timer, EV_TIMEOUT, 0);
	}
	return (struct source){ .name = "apiserver",
		.self = a,
		.state = state,
		.free = apiserver_free };
}
