/* SPDX-License-Identifier: ISC
 *
 * The sensitive words: the built-in list and the user's own, which may hold
 * wildcards. A token is looked up by its first character, so one that can be
 * no word costs next to nothing; matching never backtracks further than to
 * the last wildcard.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "common/log.h"
#include "scrub_private.h"

#define NONE (-1)

struct word {
	char *text; /* owned, lower case */
	uint32_t len;
	bool wild;
	int next; /* of those with the same first character, or NONE */
};

struct scrub_words {
	struct word *v;
	int n;
	int first[256]; /* by first character, '*' for a leading wildcard */
};

static const char *const builtin[] = { "password", "passwd", "mysql_pwd",
	"access_token", "auth_token", "api_key", "apikey", "secret",
	"credentials", "stripetoken" };
#define BUILTINS (sizeof(builtin) / sizeof(builtin[0]))

/* ASCII only: what a locale thinks must not change what is hidden. */
static unsigned char
lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* Why `text` cannot be a word; NULL when it can. */
static const char *
word_fault(const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_*";

	if (text[0] == '\0')
		return "a word is empty";
	if (strlen(text) > LIMIT_SENSITIVE_WORD)
		return "the word is too long";
	if (text[strspn(text, allowed)] != '\0')
		return "a word is made of letters, digits, _ and *";
	if (strcmp(text, "*") == 0)
		return "a wildcard alone would hide everything";
	if (strstr(text, "**") != NULL)
		return "two wildcards in a row";
	return NULL;
}

/* Appends, so that the chain of a first character is in the list's order. */
static void
add_word(struct scrub_words *words, const char *text)
{
	struct word *word = &words->v[words->n];
	int *link;
	char *p;

	word->text = xstrdup(text);
	word->len = (uint32_t)strlen(text);
	word->wild = strchr(text, '*') != NULL;
	word->next = NONE;
	for (p = word->text; *p != '\0'; p++)
		*p = (char)lower(*p);

	link = &words->first[(unsigned char)word->text[0]];
	while (*link != NONE)
		link = &words->v[*link].next;
	*link = words->n++;
}

struct scrub_words *
scrub_words_new(const struct config_list *custom, char **error)
{
	uint32_t customs = custom == NULL ? 0 : custom->n, i;
	struct scrub_words *words = xcalloc(1, sizeof(*words));

	words->v = xcalloc(BUILTINS + customs, sizeof(*words->v));
	for (i = 0; i < 256; i++)
		words->first[i] = NONE;
	for (i = 0; i < BUILTINS; i++)
		add_word(words, builtin[i]);
	for (i = 0; i < customs; i++) {
		const char *fault = word_fault(custom->v[i]);

		if (fault != NULL) {
			if (asprintf(error, "\"%.64s\": %s", custom->v[i],
				fault) == -1)
				fatal("asprintf");
			scrub_words_free(words);
			return NULL;
		}
		add_word(words, custom->v[i]);
	}
	return words;
}

void
scrub_words_free(struct scrub_words *words)
{
	int i;

	if (words == NULL)
		return;
	for (i = 0; i < words->n; i++)
		free(words->v[i].text);
	free(words->v);
	free(words);
}

/*
 * A wildcard stands for no '$' or '/', except at the end of the word: so all
 * before the first of them is matched here, and what follows can only be
 * that last wildcard's.
 */
static bool
match_wild(const struct word *word, const char *token, uint32_t len)
{
	uint32_t plain = 0, t = 0, w = 0, star = word->len, star_t = 0;

	while (plain < len && token[plain] != '$' && token[plain] != '/')
		plain++;
	if (plain < len && word->text[word->len - 1] != '*')
		return false;

	while (t < plain) {
		if (w < word->len && word->text[w] == '*') {
			star = w++;
			star_t = t;
		} else if (w < word->len &&
		    (unsigned char)word->text[w] == lower(token[t])) {
			w++;
			t++;
		} else if (star < word->len) {
			w = star + 1;
			t = ++star_t;
		} else {
			return false;
		}
	}
	while (w < word->len && word->text[w] == '*')
		w++;
	return w == word->len;
}

static bool
match_plain(const struct word *word, const char *token, uint32_t len)
{
	uint32_t i;

	if (len != word->len)
		return false;
	for (i = 0; i < len; i++)
		if ((unsigned char)word->text[i] != lower(token[i]))
			return false;
	return true;
}

/* The first word of a chain that matches, or NONE. */
static int
find_in_chain(
    const struct scrub_words *words, int i, const char *token, uint32_t len)
{
	for (; i != NONE; i = words->v[i].next) {
		const struct word *word = &words->v[i];

		if (word->wild ? match_wild(word, token, len)
			       : match_plain(word, token, len))
			return i;
	}
	return NONE;
}

int
scrub_words_find(
    const struct scrub_words *words, const char *token, uint32_t len)
{
	uint32_t dashes = 0;
	int found = NONE, wild;

	/* A leading wildcard takes the dashes in, however many. */
	wild = find_in_chain(words, words->first['*'], token, len);

	while (dashes < len && dashes < 3 && token[dashes] == '-')
		dashes++;
	if (dashes < 3 && dashes < len)
		found = find_in_chain(words, words->first[lower(token[dashes])],
		    token + dashes, len - dashes);

	if (found == NONE || (wild != NONE && wild < found))
		return wild;
	return found;
}
