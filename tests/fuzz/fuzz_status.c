/* SPDX-License-Identifier: ISC
 *
 * parse_status() over any bytes: what is not present is 0, and a result
 * without a Uid line is none.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "collectord/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct parse_status st;
	int rc = parse_status((const char *)data, size, &st);

	if ((rc == 0) != ((st.present & STATUS_UID) != 0))
		abort();
	if (!(st.present & STATUS_VMRSS) && st.vmrss != 0)
		abort();
	if (!(st.present & STATUS_NSPID) && st.nspid != 0)
		abort();
	if (st.threads < 0 || st.nspid < 0)
		abort();
	return 0;
}
