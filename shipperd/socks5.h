/* SPDX-License-Identifier: ISC
 *
 * The words of SOCKS5 (RFC 1928) with user and password (RFC 1929), as a
 * client says and hears them. Pure. Names are resolved by the proxy: they
 * are passed on, never looked up here.
 */
#ifndef SHIPPERD_SOCKS5_H
#define SHIPPERD_SOCKS5_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct buf;

/* What we can do: nothing, or also user and password. */
void socks5_write_greeting(struct buf *out, bool has_login);

/* Each of at most LIMIT_SOCKS_LOGIN bytes, of any value but 0. */
void socks5_write_login(
    struct buf *out, const char *user, const char *password);

/* host is a name of at most 255 bytes, or an address without brackets. */
void socks5_write_request(struct buf *out, const char *host, int port);

/*
 * What the proxy answers to each of them. These return how many bytes the
 * answer has, 0 when it is not whole yet, or -1 with *why, a constant.
 */

/* *login: the proxy wants user and password next. */
ssize_t socks5_take_method(const void *data, size_t len, bool has_login,
    bool *login, const char **why);
ssize_t socks5_take_login(const void *data, size_t len, const char **why);
ssize_t socks5_take_reply(const void *data, size_t len, const char **why);

#endif
