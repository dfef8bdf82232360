/* SPDX-License-Identifier: ISC
 *
 * Tags by the names that the live view has for them.
 */
#ifndef TESTS_UNIT_TAG_TEXT_H
#define TESTS_UNIT_TAG_TEXT_H

#include "taggerd/facts.h"

static inline const char *
tag_text(enum tag_name name)
{
	switch (name) {
#define TAG(name, live, agent) \
	case TAG_##name:       \
		return live;
#include "taggerd/tagnames.def"
#undef TAG
	case TAG_NAMES:
		break;
	}
	return "?";
}

#endif
