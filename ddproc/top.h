/* SPDX-License-Identifier: ISC
 *
 * What `ddproc top` was asked to show, for its two faces: plain.c's table
 * every two seconds and the screen.
 */
#ifndef DDPROC_TOP_H
#define DDPROC_TOP_H

#include "ddproc.h"
#include "table.h"

struct top {
	const struct ddproc *ctx; /* borrowed */
	enum sort_key sort;
	long count; /* refreshes, then it ends; 0: until told to */
};

/* The screen; returns the exit code, or -1 when this terminal cannot show
 * one. */
int screen_run(const struct top *top);

#endif
