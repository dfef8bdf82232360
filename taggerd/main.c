/* SPDX-License-Identifier: ISC
 *
 * taggerd: takes snapshots from collectord, adds names and tags, hands them
 * to shipperd and to view clients. Runs as dd-tagger with no capability; it
 * never sees the API key, and reads of the host only the passwd file.
 */
#include "broker.h"
#include "common/daemon.h"
#include "common/limits.h"
#include "common/priv.h"
#include "tagger.h"

int
main(int argc, char **argv)
{
	static const int no_caps[] = { -1 };
	static const struct daemon_spec spec = { .name = "taggerd",
		.program = PROG_TAGGERD,
		.user = USER_TAGGERD,
		.check = tagger_check };
	struct tagger_sockets sockets;
	struct tagger *tagger;
	struct daemon d;
	int status;

	daemon_start(&d, &spec, argc, argv);
	daemon_detach(&d);
	tagger_bind(&sockets, &d);
	sockets.broker = broker_start(&d);

	/* Privileges are dropped here. */
	priv_drop(&d.priv, no_caps);

	tagger = tagger_new(&d, &sockets);
	status = daemon_run(&d);
	tagger_free(tagger);
	daemon_free(&d);
	return status;
}
