/* SPDX-License-Identifier: ISC
 *
 * One question, GET /pods, to one place at a time. The first place that
 * lists is kept until it fails; a failure begins again with finding the
 * place. Nothing that was learnt is forgotten for that. The token goes over
 * TLS only.
 */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/config.h"
#include "common/limits.h"
#include "common/log.h"
#include "common/tls.h"
#include "fetch.h"
#include "kubelet.h"
#include "kubelet_private.h"
#include "podfeed.h"
#include "retry.h"
#include "sandboxes.h"
#include "tagstore.h"
#include "token.h"

static void on_answer(const struct fetch_answer *answer, void *arg);
static void fail(struct kubelet *k);

static void
end_look(struct kubelet *k)
{
	k->urgent = false;
	k->env.on_looked(k->env.arg);
}

/* Adds "host:port: reason" to the reasons. */
static void
note_why(struct kubelet *k, const char *why)
{
	const struct kubelet_place *place = &k->places.v[k->at];
	size_t len = strlen(k->why);

	snprintf(k->why + len, sizeof(k->why) - len, "%s%s:%d: %s",
	    len > 0 ? "; " : "", place->host, place->port, why);
}

/* Made anew each time that the place is looked for: its files may be others
 * by now. Returns 0, or -1 with what is wrong with them. */
static int
make_tls(struct kubelet *k, char *why, size_t size)
{
	const struct config *config = k->env.config;
	const char *ca = config->kubelet_client_ca;

	if (k->tls != NULL)
		return 0;
	if (ca == NULL && access(KUBELET_SECRETS "/ca.crt", R_OK) == 0)
		ca = KUBELET_SECRETS "/ca.crt";
	k->tls = tls_new(ca, k->unverified, why, size);
	if (k->tls == NULL)
		return -1;
	if (config->kubelet_client_crt == NULL ||
	    tls_set_certificate(k->tls, config->kubelet_client_crt,
		config->kubelet_client_key, why, size) == 0)
		return 0;
	tls_free(k->tls);
	k->tls = NULL;
	return -1;
}

/* Asks the place. Returns -1 when that cannot be. */
static int
ask(struct kubelet *k)
{
	const struct kubelet_place *place = &k->places.v[k->at];
	struct fetch_request request = { .host = place->host,
		.port = place->port,
		.path = "/pods",
		.timeout = k->found || k->places.expected ? LIMIT_SOURCE_TIMEOUT
							  : LIMIT_SOURCE_DETECT,
		.max_body = LIMIT_SOURCE_BODY,
		.on_done = on_answer,
		.arg = k };
	const char *unused;
	char why[256];

	if (place->tls) {
		if (make_tls(k, why, sizeof(why)) == -1) {
			note_why(k, why);
			return -1;
		}
		request.tls = k->tls;
		request.token = token_get(k->token, clock_mono_ns(), &unused);
	}
	k->fetch = fetch_start(k->env.fetcher, &request);
	return 0;
}

/* Asks the place, or the next one that can be asked. */
static void
ask_from(struct kubelet *k, unsigned at)
{
	for (k->at = at; k->at < k->places.n; k->at++)
		if (ask(k) == 0)
			return;
	k->at = 0;
	fail(k);
}

static void
find_places(struct kubelet *k)
{
	const char *docker = k->env.offers->v[OFFER_DOCKER].name;

	kubelet_places_clear(&k->places);
	kubelet_places_find(
	    &k->places, k->env.config, docker[0] != '\0' ? docker : NULL);
	tls_free(k->tls);
	k->tls = NULL;
	if (k->places.n == 0)
		snprintf(k->why, sizeof(k->why),
		    "nothing says where it is: set kubelet_host");
}

static void
look(struct kubelet *k)
{
	event_del(k->timer);
	k->looked = clock_mono_ns();
	k->renewed = k->again = false;
	k->why[0] = '\0';
	if (!k->found)
		find_places(k);
	ask_from(k, k->found ? k->at : 0);
}

/* A look that begins `gap` ms after the last one at the earliest. */
static void
look_soon(struct kubelet *k, unsigned gap)
{
	uint64_t now = clock_mono_ns();
	uint64_t next = k->looked + gap * (CLOCK_NS_PER_S / 1000);
	struct timeval left = { 0 };

	if (next > now) {
		left.tv_sec = (time_t)((next - now) / CLOCK_NS_PER_S);
		left.tv_usec = (suseconds_t)((next - now) % CLOCK_NS_PER_S /
		    1000);
	}
	if (event_add(k->timer, &left) == -1)
		fatalx("out of memory");
}

/* Every place has been asked, or the one that we knew fails. */
static void
fail(struct kubelet *k)
{
	if (k->failing_since == 0 && (k->found || k->places.expected)) {
		k->failing_since = clock_wall_ms();
		log_warnx("kubelet: %s", k->why);
	}
	k->found = false;
	k->backoff = retry_longer(k->backoff, LIMIT_SOURCE_BACKOFF_MAX);
	retry_wait(k->timer, k->backoff);
	k->env.on_hostname(
	    OFFER_KUBELET, k->env.config->kubelet_nodename, k->env.arg);
	end_look(k);
}

static void
succeed(struct kubelet *k)
{
	const struct kubelet_place *place = &k->places.v[k->at];
	const char *node = k->list.node;

	if (!k->found || k->failing_since != 0)
		log_info("kubelet: %u pods, by http%s://%s:%d", k->list.pods,
		    place->tls ? "s" : "", place->host, place->port);
	k->found = true;
	k->failing_since = 0;
	k->backoff = 0;
	if (node[0] == '\0')
		node = k->env.config->kubelet_nodename;
	k->env.on_hostname(OFFER_KUBELET, node, k->env.arg);
	if (k->again) {
		look_soon(k, LIMIT_KUBELET_GAP);
		return;
	}
	if (k->list.news || k->interval == 0)
		k->interval = LIMIT_SOURCE_POLL;
	else if ((k->interval *= 2) > LIMIT_KUBELET_QUIET)
		k->interval = LIMIT_KUBELET_QUIET;
	retry_wait(k->timer, k->interval);
	end_look(k);
}

/* What an answer of that status means, in words. */
static void
explain(struct kubelet *k, int status, char *out, size_t size)
{
	const bool tls = k->places.v[k->at].tls;
	const char *missing = "";

	if (status == 401 && tls &&
	    token_get(k->token, clock_mono_ns(), &missing) == NULL)
		snprintf(
		    out, size, "status 401, it wants a token: %s", missing);
	else if (status == 401 && tls)
		snprintf(out, size, "status 401, it refuses our token");
	else if (status == 403)
		snprintf(out, size,
		    "status 403, our account may not get nodes/pods or "
		    "nodes/proxy");
	else
		snprintf(out, size, "status %d", status);
}

static void
on_answer(const struct fetch_answer *answer, void *arg)
{
	struct kubelet *k = arg;
	const char *why = answer->why;
	char text[384];

	k->fetch = NULL;
	if (answer->status == 200 &&
	    kubelet_take(k, answer->body, answer->len, &why) == 0) {
		succeed(k);
		return;
	}
	if (answer->status == 401 && k->places.v[k->at].tls && !k->renewed &&
	    token_renew(k->token, clock_mono_ns())) {
		k->renewed = true;
		ask_from(k, k->at);
		return;
	}
	if (answer->status != 0 && answer->status != 200) {
		explain(k, answer->status, text, sizeof(text));
		why = text;
	}
	note_why(k, why);
	if (k->found)
		fail(k);
	else
		ask_from(k, k->at + 1);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	look(arg);
}

static void
on_snapshot(void *self)
{
	struct kubelet *k = self;

	k->snapshot = clock_mono_ns();
}

/* Who fails is asked again when a container is missed, too, but not each time,
 * and nobody waits for that. */
static bool
on_miss(void *self, struct strview id, struct strview pod_uid)
{
	struct kubelet *k = self;

	sandboxes_miss(k->sandboxes, id, pod_uid, clock_mono_ns());
	k->interval = 0;
	if (k->fetch != NULL) {
		/* A list from before the snapshot may not have it. */
		if (k->looked < k->snapshot)
			k->again = true;
	} else if (k->found)
		look_soon(k, LIMIT_KUBELET_GAP);
	else if (k->backoff > LIMIT_SOURCE_POLL)
		look_soon(k, LIMIT_SOURCE_POLL * 1000);
	if (k->found)
		k->urgent = true;
	return k->urgent;
}

static void
list_again(void *kubelet, unsigned gap)
{
	struct kubelet *k = kubelet;

	if (k->fetch != NULL)
		k->again = true;
	else if (k->found)
		look_soon(k, gap);
}

static bool
is_looking(const void *self)
{
	const struct kubelet *k = self;

	return k->urgent;
}

static void
describe_ok(const struct kubelet *k, char *out, size_t size)
{
	const struct kubelet_place *place = &k->places.v[k->at];
	char unreadable[48] = "";

	if (k->list.refused > 0)
		snprintf(unreadable, sizeof(unreadable), ", %u unreadable",
		    k->list.refused);
	snprintf(out, size,
	    "ok: %u pod%s, %u container%s%s, by http%s://%s:%d%s", k->list.pods,
	    k->list.pods == 1 ? "" : "s", k->list.containers,
	    k->list.containers == 1 ? "" : "s", unreadable,
	    place->tls ? "s" : "", place->host, place->port,
	    place->tls && k->unverified ? ", not verified" : "");
}

static void
state(const void *self, char *out, size_t size)
{
	const struct kubelet *k = self;

	if (k->failing_since != 0)
		snprintf(out, size, "failing for %lld s: %s",
		    (long long)(clock_wall_ms() - k->failing_since) / 1000,
		    k->why);
	else if (k->found)
		describe_ok(k, out, size);
	else
		snprintf(
		    out, size, "%s", k->places.expected ? "looking" : "absent");
}

static void
kubelet_free(void *self)
{
	struct kubelet *k = self;

	k->env.feed->list_again = NULL;
	k->env.feed->kubelet = NULL;
	fetch_cancel(k->fetch);
	event_free(k->timer);
	tls_free(k->tls);
	token_free(k->token);
	sandboxes_free(k->sandboxes);
	kubelet_places_clear(&k->places);
	free(k);
}

bool
kubelet_check(const struct config *config, FILE *out)
{
	return kubelet_places_check(config, out);
}

struct source
kubelet_source(const struct source_env *env)
{
	const struct config *config = env->config;
	struct kubelet *k = xcalloc(1, sizeof(*k));

	k->env = *env;
	k->token = token_new(config->kubelet_auth_token_path != NULL
		? config->kubelet_auth_token_path
		: KUBELET_SECRETS "/token");
	k->unverified = !config->kubelet_tls_verify;
	k->sandboxes = sandboxes_new();
	k->timer = evtimer_new(env->base, on_timer, k);
	if (k->timer == NULL)
		fatalx("out of memory");
	env->feed->list_again = list_again;
	env->feed->kubelet = k;
	find_places(k);
	k->urgent = k->places.expected;
	if (k->urgent && k->unverified)
		log_warnx("kubelet_tls_verify is off: whoever answers in the "
			  "kubelet's place gets our token");
	event_active(k->timer, EV_TIMEOUT, 0);
	return (struct source){ .name = "kubelet",
		.self = k,
		.on_snapshot = on_snapshot,
		.on_miss = on_miss,
		.is_looking = is_looking,
		.state = state,
		.free = kubelet_free };
}
