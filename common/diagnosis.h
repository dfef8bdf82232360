/* SPDX-License-Identifier: ISC
 *
 * How far an endpoint's last try came, for a person: what `shipperd -t` and
 * `ddproc diagnose` print.
 */
#ifndef COMMON_DIAGNOSIS_H
#define COMMON_DIAGNOSIS_H

#include <stdio.h>

#include "schema.h"

/* A line for the URL, one for each step, and what to look at for the one
 * that failed. Bytes of the record that are not printable are escaped. */
void diagnosis_write(FILE *out, const struct rec_endpoint *endpoint);

#endif
