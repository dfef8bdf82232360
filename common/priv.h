/* SPDX-License-Identifier: ISC
 *
 * Giving up privilege, once, as the trust table says: user and groups,
 * capabilities, bounding set, securebits, no_new_privs, core dumps and
 * dumpable. A program that was started as root and cannot do every step
 * ends there.
 */
#ifndef COMMON_PRIV_H
#define COMMON_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* One of the three daemons' users; uid is (uid_t)-1 when there is none. */
struct priv_user {
	const char *user;
	uid_t uid;
};

/* Who a program becomes and may talk to. */
struct priv {
	struct priv_user daemons[3];
	bool drop; /* started as root: it will drop */
	uid_t uid; /* to become; the caller's own when !drop */
	gid_t gid;
};

/*
 * Looks up `user` and GROUP_AGENT. As root both must exist (fatal
 * otherwise, saying how to make them); else it fills in the caller's own.
 */
void priv_lookup(struct priv *priv, const char *user);

/*
 * Drops. `caps` is the set of capability numbers to keep, ended by -1, of
 * which those that the process has are kept. Reduces capabilities and hardens
 * (no_new_privs, core, dumpable) even when there is no user to change to.
 * Fatal on any failure.
 */
void priv_drop(const struct priv *priv, const int *caps);

/* Effective capabilities as cap_to_text(3) writes them, "" for none. */
void priv_caps_text(char *out, size_t size);
bool priv_has_cap(int cap);

/*
 * Whether a peer of uid may be the daemon that runs as `user`: that user
 * when we dropped privileges, else ourselves.
 */
bool priv_peer_is(const struct priv *priv, const char *user, uid_t uid);

#endif
