/* SPDX-License-Identifier: ISC
 *
 * collectord: reads what runs on this host and hands it to taggerd. It has
 * two capabilities to read with and nothing to write, execute or connect
 * out with. Command lines leave it scrubbed.
 */
#include <sys/capability.h>

#include "common/daemon.h"
#include "collector.h"
#include "rules.h"

int
main(int argc, char **argv)
{
	/* io and environ of others need both, exe and cwd the first, the list
	 * of fd/ the second. */
	static const int caps[] = { CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH, -1 };
	static const struct daemon_spec spec = { .name = "collectord",
		.program = PROG_COLLECTORD,
		.user = USER_COLLECTORD,
		.check = rules_check };
	struct collector *collector;
	struct daemon daemon;
	int status;

	daemon_start(&daemon, &spec, argc, argv);
	daemon_detach(&daemon);
	priv_drop(&daemon.priv, caps); /* privileges are dropped here */
	collector = collector_new(&daemon);
	status = daemon_run(&daemon);
	collector_free(collector);
	daemon_free(&daemon);
	return status;
}
