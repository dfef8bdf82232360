/* SPDX-License-Identifier: ISC
 *
 * The daemon behind main(): takes snapshots from taggerd, turns them into
 * payloads, and sees them delivered to every endpoint.
 */
#ifndef SHIPPERD_SHIPPER_H
#define SHIPPERD_SHIPPER_H

struct daemon;
struct shipper;

/* Binds ship.sock, while the program still may. Returns the socket; fatal
 * on failure. */
int shipper_bind(const struct daemon *d);

/* Makes the spool's directory where there is none, while the program still
 * may. What fails is told in the log: the spool will try by itself. */
void shipper_make_spool(const struct daemon *d);

/* Serves the bound socket, which it takes over, and sends. Sets on_reload
 * and on_stop of d, which it borrows. Fatal on failure. */
struct shipper *shipper_new(struct daemon *d, int fd);
void shipper_free(struct shipper *s);

#endif
