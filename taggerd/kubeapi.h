/* SPDX-License-Identifier: ISC
 *
 * Where the API server is and how to ask it, from within a pod: what
 * Kubernetes puts into the environment, the token and the CA of the service
 * account.
 */
#ifndef TAGGERD_KUBEAPI_H
#define TAGGERD_KUBEAPI_H

#include <stdbool.h>
#include <stddef.h>

struct config;
struct fetch;
struct fetch_request;
struct fetcher;
struct kubeapi;
struct tls;

/* NULL: nothing says where it is. Borrows config. */
struct kubeapi *kubeapi_new(const struct config *config);
void kubeapi_free(struct kubeapi *api); /* NULL is fine */

/* "https://host:port", for people. */
void kubeapi_describe(const struct kubeapi *api, char *out, size_t size);

/* Starts the request; host, port, TLS and token are added to it. *tls is the
 * asker's, made when it is NULL, to be freed when nothing is asked: its files
 * are read again then. Returns NULL with *why when it cannot be made. */
struct fetch *kubeapi_get(struct kubeapi *api, struct fetcher *fetcher,
    struct fetch_request *request, struct tls **tls, char *why, size_t size);

/* After status 401: whether there is another token to ask with. */
bool kubeapi_renew(struct kubeapi *api);

/* What a status that is not 200 means, in words. `may` is what our account
 * needs: "list services". */
void kubeapi_explain(
    struct kubeapi *api, int status, const char *may, char *out, size_t size);

#endif
