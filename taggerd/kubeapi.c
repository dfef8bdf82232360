/* SPDX-License-Identifier: ISC
 *
 * The token goes to a server only that the CA vouches for: there is no way
 * to turn that off.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/config.h"
#include "common/log.h"
#include "common/tls.h"
#include "fetch.h"
#include "kubeapi.h"
#include "kubelet.h"
#include "token.h"

struct kubeapi {
	const struct config *config; /* borrowed */
	struct token *token;
};

struct kubeapi *
kubeapi_new(const struct config *config)
{
	struct kubeapi *api;

	if (config->kubernetes_service_host == NULL ||
	    config->kubernetes_service_host[0] == '\0')
		return NULL;
	api = xcalloc(1, sizeof(*api));
	api->config = config;
	api->token = token_new(config->kubelet_auth_token_path != NULL
		? config->kubelet_auth_token_path
		: KUBELET_SECRETS "/token");
	return api;
}

void
kubeapi_free(struct kubeapi *api)
{
	if (api == NULL)
		return;
	token_free(api->token);
	free(api);
}

void
kubeapi_describe(const struct kubeapi *api, char *out, size_t size)
{
	const char *host = api->config->kubernetes_service_host;
	bool v6 = strchr(host, ':') != NULL;

	snprintf(out, size, "https://%s%s%s:%d", v6 ? "[" : "", host,
	    v6 ? "]" : "", api->config->kubernetes_service_port);
}

struct fetch *
kubeapi_get(struct kubeapi *api, struct fetcher *fetcher,
    struct fetch_request *request, struct tls **tls, char *why, size_t size)
{
	const char *ca = KUBELET_SECRETS "/ca.crt";
	const char *unused;

	/* The kubelet's may be another one. */
	if (access(ca, R_OK) == -1)
		ca = api->config->kubelet_client_ca;
	if (*tls == NULL)
		*tls = tls_new(ca, false, why, size);
	if (*tls == NULL)
		return NULL;
	request->host = api->config->kubernetes_service_host;
	request->port = api->config->kubernetes_service_port;
	request->tls = *tls;
	request->token = token_get(api->token, clock_mono_ns(), &unused);
	return fetch_start(fetcher, request);
}

bool
kubeapi_renew(struct kubeapi *api)
{
	return token_renew(api->token, clock_mono_ns());
}

void
kubeapi_explain(
    struct kubeapi *api, int status, const char *may, char *out, size_t size)
{
	const char *missing;

	if (status == 401 &&
	    token_get(api->token, clock_mono_ns(), &missing) == NULL)
		snprintf(
		    out, size, "status 401, it wants a token: %s", missing);
	else if (status == 401)
		snprintf(out, size, "status 401, it refuses our token");
	else if (status == 403)
		snprintf(out, size, "status 403, our account may not %s", may);
	else
		snprintf(out, size, "status %d", status);
}
