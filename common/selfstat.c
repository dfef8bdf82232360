/* SPDX-License-Identifier: ISC
 *
 * Capabilities, user and memory of this process.
 */
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "priv.h"
#include "selfstat.h"

void
selfstat_identity(struct selfstat *s)
{
	const struct passwd *pw = getpwuid(geteuid());

	priv_caps_text(s->caps, sizeof(s->caps));
	if (pw != NULL)
		snprintf(s->user, sizeof(s->user), "%s", pw->pw_name);
	else
		snprintf(s->user, sizeof(s->user), "%ld", (long)geteuid());
}

void
selfstat_memory(struct selfstat *s)
{
	FILE *f = fopen("/proc/self/smaps_rollup", "re");
	unsigned long long kb;
	char line[256];

	s->rss = s->pss = 0;
	if (f == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "Rss: %llu kB", &kb) == 1)
			s->rss = kb * 1024;
		else if (sscanf(line, "Pss: %llu kB", &kb) == 1)
			s->pss = kb * 1024;
	}
	fclose(f);
}
