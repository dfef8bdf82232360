/* SPDX-License-Identifier: ISC
 *
 * Facts and the gate that foreign text passes on its way into them: bounded
 * before it is copied, then made valid UTF-8 without control characters.
 */
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "common/log.h"
#include "common/utf8.h"
#include "facts.h"

/* Bytes of the longest UTF-8 character. */
#define UTF8_MOST 4

struct facts *
facts_new(void)
{
	return xcalloc(1, sizeof(struct facts));
}

void
facts_free(struct facts *facts)
{
	uint32_t i;

	if (facts == NULL)
		return;
	free(facts->type);
	free(facts->name);
	free(facts->image);
	free(facts->repo_digest);
	free(facts->pod_uid);
	free(facts->space);
	for (i = 0; i < facts->n_tags; i++)
		free(facts->tags[i].value);
	free(facts->tags);
	for (i = 0; i < facts->n_addresses; i++)
		free(facts->addresses[i].ip);
	free(facts->addresses);
	free(facts);
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
same_lists(const struct facts *a, const struct facts *b)
{
	uint32_t i;

	if (a->n_tags != b->n_tags || a->n_addresses != b->n_addresses)
		return false;
	for (i = 0; i < a->n_tags; i++)
		if (a->tags[i].name != b->tags[i].name ||
		    strcmp(a->tags[i].value, b->tags[i].value) != 0)
			return false;
	for (i = 0; i < a->n_addresses; i++)
		if (a->addresses[i].port != b->addresses[i].port ||
		    a->addresses[i].protocol != b->addresses[i].protocol ||
		    strcmp(a->addresses[i].ip, b->addresses[i].ip) != 0)
			return false;
	return true;
}

bool
facts_equal(const struct facts *a, const struct facts *b)
{
	return same_text(a->type, b->type) && same_text(a->name, b->name) &&
	    same_text(a->image, b->image) &&
	    same_text(a->repo_digest, b->repo_digest) &&
	    same_text(a->pod_uid, b->pod_uid) &&
	    same_text(a->space, b->space) && a->pause == b->pause &&
	    a->state == b->state && a->health == b->health &&
	    a->created == b->created && a->cpu_request == b->cpu_request &&
	    a->memory_request == b->memory_request && same_lists(a, b);
}

/* Makes '_' of each control character (C0, DEL, C1) of valid UTF-8, in
 * place. Returns the length, which is less when C1 was there. */
static size_t
drop_controls(char *text, size_t len)
{
	size_t in, out = 0;
	unsigned char c;

	for (in = 0; in < len; in++) {
		c = (unsigned char)text[in];
		if (c == 0xc2 && (unsigned char)text[in + 1] < 0xa0) {
			in++;
			c = '_';
		} else if (c < 0x20 || c == 0x7f)
			c = '_';
		text[out++] = (char)c;
	}
	text[out] = '\0';
	return out;
}

/* Returns an owned copy of at most `max` bytes, or NULL if it is empty. */
static char *
clean(struct strview value, uint32_t max)
{
	size_t len = value.len;
	char *text;

	if (len == 0)
		return NULL;
	/* No more than can count: two bytes make at least one. */
	if (len > 2 * (size_t)max + UTF8_MOST)
		len = 2 * (size_t)max + UTF8_MOST;
	text = xcalloc(3 * len + 1, 1);
	len = drop_controls(text, utf8_clean(text, value.s, len));
	len = utf8_cut(text, len, max);
	text = xrealloc(text, len + 1);
	text[len] = '\0';
	return text;
}

void
facts_set(char **member, struct strview value, uint32_t max)
{
	free(*member);
	*member = clean(value, max);
}

void
facts_add_tag(struct facts *facts, enum tag_name name, struct strview value)
{
	char *text;
	uint32_t i;

	if (facts->n_tags == LIMIT_TAGS)
		return;
	if ((text = clean(value, LIMIT_TAG)) == NULL)
		return;
	for (i = 0; i < facts->n_tags; i++)
		if (facts->tags[i].name == name &&
		    strcmp(facts->tags[i].value, text) == 0) {
			free(text);
			return;
		}
	facts->tags = xrealloc(
	    facts->tags, (facts->n_tags + 1) * sizeof(*facts->tags));
	facts->tags[facts->n_tags++] = (struct facts_tag){ name, text };
}

void
facts_set_image(struct facts *facts, struct strview image)
{
	static const char bare[] = "sha256:"; /* an id, not a name */
	const char *at, *slash, *colon;
	struct strview name, tag = { 0 };

	if (image.len > 0 && (at = memchr(image.s, '@', image.len)) != NULL)
		image.len = (uint32_t)(at - image.s);
	facts_set(&facts->image, image, LIMIT_CONTAINER_IMAGE);
	if (facts->image == NULL)
		return;
	name = strview_of(facts->image);
	facts_add_tag(facts, TAG_CONTAINER_IMAGE, name);
	if (strncmp(name.s, bare, sizeof(bare) - 1) == 0)
		return;
	slash = strrchr(name.s, '/');
	colon = strrchr(slash == NULL ? name.s : slash, ':');
	if (colon != NULL) {
		tag = strview_of(colon + 1);
		name.len = (uint32_t)(colon - name.s);
	}
	facts_add_tag(facts, TAG_IMAGE_NAME, name);
	if (slash != NULL) {
		name.len -= (uint32_t)(slash + 1 - name.s);
		name.s = slash + 1;
	}
	facts_add_tag(facts, TAG_SHORT_IMAGE, name);
	facts_add_tag(facts, TAG_IMAGE_TAG, tag);
}

void
facts_add_address(struct facts *facts, struct strview ip, int32_t port,
    enum address_protocol protocol)
{
	char *text;

	if (facts->n_addresses == LIMIT_ADDRESSES)
		return;
	if ((text = clean(ip, LIMIT_ADDRESS)) == NULL)
		return;
	facts->addresses = xrealloc(facts->addresses,
	    (facts->n_addresses + 1) * sizeof(*facts->addresses));
	facts->addresses[facts->n_addresses++] = (struct facts_address){ text,
		port, protocol };
}
