/* SPDX-License-Identifier: ISC
 *
 * The suite's Unix sockets: made with their final owner and mode while the
 * program still may, in a run directory that no one else can write.
 */
#ifndef COMMON_UNIXSOCK_H
#define COMMON_UNIXSOCK_H

#include <sys/types.h>

struct sockaddr_un;

/* Fills in the address of `path`. Returns 0, or -1 with ENAMETOOLONG. */
int unixsock_address(struct sockaddr_un *sun, const char *path);

/*
 * Makes `dir` (0755) if it is not there, and checks that it is a directory
 * of root or of the caller that no other user may write. Returns 0, or -1
 * with errno set (EPERM: somebody else could put a socket there).
 */
int unixsock_prepare_dir(const char *dir);

/*
 * Binds a non-blocking, close-on-exec stream socket at dir/name, mode 0660,
 * owned by uid:gid ((uid_t)-1 leaves the caller's). A stale socket is
 * replaced; one that a live daemon serves is EADDRINUSE. Does not listen.
 * Returns the descriptor, or -1 with errno set.
 */
int unixsock_bind(const char *dir, const char *name, uid_t uid, gid_t gid);

/* The uid of the process at the other end (SO_PEERCRED). Returns 0, or -1
 * with errno set. */
int unixsock_peer_uid(int fd, uid_t *uid);

#endif
