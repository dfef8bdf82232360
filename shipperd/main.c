/* SPDX-License-Identifier: ISC
 *
 * shipperd: takes tagged snapshots from taggerd and delivers them to the
 * intake. Runs as dd-shipper with no capability. It alone holds the API
 * key, and never looks at another process.
 */
#include "common/daemon.h"
#include "common/limits.h"
#include "common/priv.h"
#include "shipper.h"
#include "trial.h"

int
main(int argc, char **argv)
{
	static const int no_caps[] = { -1 };
	static const struct daemon_spec spec = { .name = "shipperd",
		.program = PROG_SHIPPERD,
		.user = USER_SHIPPERD,
		.probe = trial_run };
	struct shipper *shipper;
	struct daemon d;
	int fd, status;

	daemon_start(&d, &spec, argc, argv);
	daemon_detach(&d);
	fd = shipper_bind(&d);
	shipper_make_spool(&d);

	/* Privileges are dropped here. */
	priv_drop(&d.priv, no_caps);

	shipper = shipper_new(&d, fd);
	status = daemon_run(&d);
	shipper_free(shipper);
	daemon_free(&d);
	return status;
}
