/* SPDX-License-Identifier: ISC
 *
 * How the pods of the kubelet's list reach the source that knows their
 * services, and how that one asks for another list. Each of the two fills
 * its half when it is made, and clears it when it is freed.
 */
#ifndef TAGGERD_PODFEED_H
#define TAGGERD_PODFEED_H

#include <stdbool.h>

struct pod;

struct podfeed {
	/* Called for each list: at its begin, for each pod, and at its end;
	 * NULL: nobody listens. A list that is not whole says nothing about
	 * the pods that it lacks. */
	void (*on_begin)(void *arg);
	void (*on_pod)(const struct pod *pod, void *arg);
	void (*on_end)(bool whole, void *arg);
	void *arg;

	/* The kubelet's source; NULL: there is none. list_again() has it list
	 * once more, as something else changed that its pods' tags depend on:
	 * `gap` ms after its last list at the earliest. */
	void (*list_again)(void *kubelet, unsigned gap);
	void *kubelet;
};

#endif
