/* SPDX-License-Identifier: ISC
 *
 * Facts: what becomes of foreign text on its way in, and of images' names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/limits.h"
#include "taggerd/facts.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
test_clean(void **state)
{
	static const struct {
		struct strview in;
		uint32_t max;
		const char *want; /* NULL: nothing */
	} table[] = {
		{ SV("web"), 10, "web" },
		{ SV(""), 10, NULL },
		{ { NULL, 0 }, 10, NULL },
		{ SV("a\nb\x1b[2J\x7f"), 10, "a_b_[2J_" },
		{ SV("a\0b"), 10,
		    "a\xef\xbf\xbd"
		    "b" },
		{ SV("\xff\xfe"), 10, "\xef\xbf\xbd\xef\xbf\xbd" },
		{ SV("\xff\xfe"), 5, "\xef\xbf\xbd" },
		/* C1, and its neighbours that are none */
		{ SV("\xc2\x80x\xc2\x9f\xc2\xa0"), 10, "_x_\xc2\xa0" },
		{ SV("\xc2\x80\xc2\x80\xc2\x80\xc2\x80"), 3, "___" },
		/* a lone surrogate, three bytes each no character */
		{ SV("\xed\xa0\x80"), 30,
		    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		/* cut between characters only */
		{ SV("ab\xc3\xa4"), 3, "ab" },
		{ SV("ab\xc3\xa4"), 4, "ab\xc3\xa4" },
		{ SV("a\xf0\x9f\x90\xb3"), 4, "a" },
		{ SV("abcdef"), 3, "abc" },
	};
	size_t i, failed = 0;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		char *got = NULL;

		facts_set(&got, table[i].in, table[i].max);
		if ((got == NULL) != (table[i].want == NULL) ||
		    (got != NULL && strcmp(got, table[i].want) != 0)) {
			print_error("row %zu: got \"%s\", want \"%s\"\n", i,
			    got == NULL ? "(nothing)" : got,
			    table[i].want == NULL ? "(nothing)"
						  : table[i].want);
			failed++;
		}
		free(got);
	}
	assert_int_equal(failed, 0);
}

/* Anything of any length comes out bounded. */
static void
test_long_text(void **state)
{
	static char text[1 << 20];
	const struct strview all = { text, sizeof(text) };
	static const char *const fills[] = { "a", "\xff", "\x01", "\xc2\x85",
		"\xe2\x82\xac", "\xf0\x9f\x90\xb3" };
	size_t i, k, len;
	char *got = NULL;

	(void)state;
	for (i = 0; i < COUNT(fills); i++) {
		len = strlen(fills[i]);
		for (k = 0; k < sizeof(text); k++)
			text[k] = fills[i][k % len];
		facts_set(&got, all, LIMIT_CONTAINER_NAME);
		if (strlen(got) > LIMIT_CONTAINER_NAME ||
		    strlen(got) < LIMIT_CONTAINER_NAME - 3)
			fail_msg("fill %zu: got %zu bytes, want about %d", i,
			    strlen(got), LIMIT_CONTAINER_NAME);
	}
	free(got);
}

struct image_case {
	const char *image;
	const char *full; /* NULL: none of the four */
	const char *name; /* NULL: only the first */
	const char *last;
	const char *tag; /* NULL: none */
};

static const struct image_case images[] = {
	{ "nginx", "nginx", "nginx", "nginx", NULL },
	{ "nginx:1.25", "nginx:1.25", "nginx", "nginx", "1.25" },
	{ "quay.io:4443/coreos/etcd:v3", "quay.io:4443/coreos/etcd:v3",
	    "quay.io:4443/coreos/etcd", "etcd", "v3" },
	{ "localhost:5000/app", "localhost:5000/app", "localhost:5000/app",
	    "app", NULL },
	{ "redis@sha256:0123", "redis", "redis", "redis", NULL },
	{ "redis:7@sha256:0123", "redis:7", "redis", "redis", "7" },
	{ "sha256:0123456789", "sha256:0123456789", NULL, NULL, NULL },
	{ "", NULL, NULL, NULL, NULL },
	{ "@sha256:01", NULL, NULL, NULL, NULL },
	{ "odd/", "odd/", "odd/", NULL, NULL },
	{ "odd:", "odd:", "odd", "odd", NULL },
	{ ":", ":", NULL, NULL, NULL },
};

static const char *
tag_of(const struct facts *facts, enum tag_name name)
{
	uint32_t i;

	for (i = 0; i < facts->n_tags; i++)
		if (facts->tags[i].name == name)
			return facts->tags[i].value;
	return NULL;
}

static int
differs(const char *image, const char *what, const char *got, const char *want)
{
	if (got == NULL || want == NULL ? got == want : !strcmp(got, want))
		return 0;
	print_error("%s: %s: got %s, want %s\n", image, what,
	    got == NULL ? "(none)" : got, want == NULL ? "(none)" : want);
	return 1;
}

static void
test_images(void **state)
{
	int failed = 0;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(images); i++) {
		const struct image_case *c = &images[i];
		struct facts *f = facts_new();

		facts_set_image(f, strview_of(c->image));
		failed += differs(c->image, "image", f->image, c->full);
		failed += differs(c->image, "container_image",
		    tag_of(f, TAG_CONTAINER_IMAGE), c->full);
		failed += differs(
		    c->image, "image_name", tag_of(f, TAG_IMAGE_NAME), c->name);
		failed += differs(c->image, "short_image",
		    tag_of(f, TAG_SHORT_IMAGE), c->last);
		failed += differs(
		    c->image, "image_tag", tag_of(f, TAG_IMAGE_TAG), c->tag);
		facts_free(f);
	}
	assert_int_equal(failed, 0);
}

static void
test_bounds(void **state)
{
	struct facts *f = facts_new();
	char text[16];
	int i;

	(void)state;
	facts_add_tag(f, TAG_SERVICE, SV("a"));
	facts_add_tag(f, TAG_SERVICE, SV("a"));
	facts_add_tag(f, TAG_SERVICE, SV(""));
	facts_add_tag(f, TAG_POD, SV("a"));
	assert_int_equal(f->n_tags, 2);
	for (i = 0; i < 2 * LIMIT_TAGS; i++) {
		snprintf(text, sizeof(text), "s%d", i);
		facts_add_tag(f, TAG_SERVICE, strview_of(text));
		facts_add_address(f, strview_of(text), i, ADDRESS_UDP);
	}
	assert_int_equal(f->n_tags, LIMIT_TAGS);
	assert_int_equal(f->n_addresses, LIMIT_ADDRESSES);
	facts_free(f);
	facts_free(NULL);
}

/* One thing of each kind is different. */
static void
change(struct facts *f, int what)
{
	switch (what) {
	case 0:
		facts_set(&f->type, SV("podman"), 32);
		break;
	case 1:
		facts_set(&f->name, SV("b"), 32);
		break;
	case 2:
		f->pause = true;
		break;
	case 3:
		f->state = CONTAINER_EXITED;
		break;
	case 4:
		f->health = HEALTH_HEALTHY;
		break;
	case 5:
		f->created = 1;
		break;
	case 6:
		f->cpu_request = 50;
		break;
	case 7:
		f->memory_request = 1;
		break;
	case 8:
		facts_add_tag(f, TAG_POD, SV("p"));
		break;
	case 9:
		facts_add_address(f, SV("::1"), 80, ADDRESS_TCP);
		break;
	case 10:
		f->addresses[0].port = 81;
		break;
	case 11:
		facts_set(&f->pod_uid, SV("u"), 32);
		break;
	case 12:
		facts_set(&f->space, SV("s"), 32);
		break;
	case 13:
		facts_set(&f->repo_digest, SV("sha256:1"), 32);
		break;
	case 14:
		f->tags[0].name = TAG_SHORT_IMAGE;
		break;
	case 15:
		facts_set(&f->image, SV("i"), 32);
		break;
	}
}

static struct facts *
sample(void)
{
	struct facts *f = facts_new();

	facts_set(&f->name, SV("a"), 32);
	facts_set_image(f, SV("nginx:1"));
	facts_add_address(f, SV("10.0.0.1"), 80, ADDRESS_TCP);
	return f;
}

static void
test_equal(void **state)
{
	struct facts *a = sample(), *b = sample();
	int what;

	(void)state;
	assert_true(facts_equal(a, b));
	facts_free(b);
	for (what = 0; what < 16; what++) {
		b = sample();
		change(b, what);
		if (facts_equal(a, b) || facts_equal(b, a))
			fail_msg("change %d: got equal, want different", what);
		facts_free(b);
	}
	facts_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_images),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
