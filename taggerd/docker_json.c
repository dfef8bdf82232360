/* SPDX-License-Identifier: ISC
 *
 * JSON of the Docker API to facts. A parser of foreign text, pure: members
 * of the wrong type are not there, ids have the one form that they have.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "docker_json.h"
#include "docker_text.h"
#include "json_list.h"

static void
copy(char *out, size_t size, struct strview text)
{
	snprintf(out, size, "%.*s", (int)text.len, text.len > 0 ? text.s : "");
}

/* "1.43". Returns false if it is no version. */
static bool
parse_api(struct strview text, struct docker_api *out)
{
	unsigned n[2] = { 0 }, part = 0;
	uint32_t i, digits = 0;

	for (i = 0; i < text.len; i++) {
		if (text.s[i] == '.' && part == 0 && digits > 0) {
			part++;
			digits = 0;
			continue;
		}
		if (text.s[i] < '0' || text.s[i] > '9' || ++digits > 3)
			return false;
		n[part] = n[part] * 10 + (unsigned)(text.s[i] - '0');
	}
	if (part != 1 || digits == 0 || n[0] == 0 || n[0] > 255 || n[1] > 255)
		return false;
	*out = (struct docker_api){ (uint8_t)n[0], (uint8_t)n[1] };
	return true;
}

static bool
is_older(struct docker_api a, struct docker_api b)
{
	return a.major != b.major ? a.major < b.major : a.minor < b.minor;
}

static bool
is_podman(const json_t *version)
{
	const json_t *components = json_get_array(version, "Components");
	size_t i;

	for (i = 0; i < json_array_size(components); i++)
		if (strview_equal(
			json_get_string(json_array_get(components, i), "Name"),
			SV("Podman Engine")))
			return true;
	return false;
}

static void
copy_printable(char *out, size_t size, struct strview text)
{
	size_t i;

	copy(out, size, text);
	for (i = 0; out[i] != '\0'; i++)
		if (!isgraph((unsigned char)out[i]))
			out[i] = '?';
}

/* The newest version that both know, or the server's oldest: it rarely
 * differs in what we read. */
int
docker_json_version(
    const char *text, size_t len, struct docker_version *out, const char **why)
{
	struct docker_api known = { DOCKER_API_MAJOR, DOCKER_API_MINOR };
	struct docker_api oldest;
	json_t *root = json_parse(text, len, why);
	int rv = -1;

	memset(out, 0, sizeof(*out));
	if (root == NULL)
		return -1;
	if (!parse_api(json_get_string(root, "ApiVersion"), &out->api))
		*why = "there is no ApiVersion in the answer";
	else
		rv = 0;
	if (is_older(known, out->api))
		out->api = known;
	if (parse_api(json_get_string(root, "MinAPIVersion"), &oldest) &&
	    is_older(out->api, oldest))
		out->api = oldest;
	out->podman = is_podman(root);
	copy_printable(
	    out->text, sizeof(out->text), json_get_string(root, "Version"));
	json_decref(root);
	return rv;
}

int
docker_json_info(const char *text, size_t len, char *name, size_t size)
{
	const char *why;
	json_t *root = json_parse(text, len, &why);
	struct strview v;

	name[0] = '\0';
	if (root == NULL)
		return -1;
	v = json_get_string(root, "Name");
	if (v.len < size)
		copy(name, size, v);
	json_decref(root);
	return 0;
}

int
docker_json_image(const char *text, size_t len, struct docker_image *out)
{
	const char *why;
	json_t *root = json_parse(text, len, &why);
	struct strview tag, digest;

	memset(out, 0, sizeof(*out));
	if (root == NULL)
		return -1;
	tag = docker_text_item(json_get_array(root, "RepoTags"), 0);
	digest = docker_text_item(json_get_array(root, "RepoDigests"), 0);
	if (tag.len == 0 || docker_text_starts(tag, SV("<none>")))
		tag = docker_text_cut(digest, '@');
	if (!docker_text_starts(tag, SV("<none>")))
		copy(out->name, sizeof(out->name), tag);
	tag = docker_text_cut(digest, '@');
	if (tag.len < digest.len)
		copy(out->digest, sizeof(out->digest),
		    (struct strview){
			digest.s + tag.len + 1, digest.len - tag.len - 1 });
	json_decref(root);
	return 0;
}

/* "health_status: healthy" counts as "health_status". */
static enum docker_event
kind_of(struct strview action)
{
	static const struct {
		const char *name;
		enum docker_event kind;
	} kinds[] = {
		{ "start", DOCKER_EVENT_CHANGED },
		{ "pause", DOCKER_EVENT_CHANGED },
		{ "unpause", DOCKER_EVENT_CHANGED },
		{ "rename", DOCKER_EVENT_CHANGED },
		{ "update", DOCKER_EVENT_CHANGED },
		{ "health_status", DOCKER_EVENT_CHANGED },
		{ "die", DOCKER_EVENT_ENDED },
		{ "died", DOCKER_EVENT_ENDED }, /* podman's */
		{ "destroy", DOCKER_EVENT_ENDED },
	};
	size_t i;

	action = docker_text_cut(action, ':');
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strview_equal(action, strview_of(kinds[i].name)))
			return kinds[i].kind;
	return DOCKER_EVENT_NONE;
}

enum docker_event
docker_json_event(const char *text, size_t len, char id[BROKER_ID + 1])
{
	enum docker_event kind = DOCKER_EVENT_NONE;
	const char *why;
	json_t *root = json_parse(text, len, &why);
	struct strview type;

	id[0] = '\0';
	if (root == NULL)
		return DOCKER_EVENT_NONE;
	type = json_get_string(root, "Type");
	if (strview_equal(type, SV("container")) &&
	    docker_text_id(
		id, json_get_string(json_get_object(root, "Actor"), "ID")))
		kind = kind_of(json_get_string(root, "Action"));
	json_decref(root);
	return kind;
}
