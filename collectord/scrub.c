/* SPDX-License-Identifier: ISC
 *
 * Where the secrets of a command line are. One pass from left to right over
 * the arguments joined by spaces, looking at each token once: is it a
 * sensitive word, and does it hold a URL with a secret. What is found is a
 * list of masks; scrub_line.c takes them out. It runs on hostile text that
 * may be 32 KiB long, and nothing in it looks at a byte more than a few
 * times.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "scrub_private.h"

struct scrub {
	struct scrub_words *words; /* owned; NULL: do not scrub */
	bool strip;
};

/* The masks found so far: sorted and apart. */
struct masks {
	struct span *v; /* owned */
	uint32_t n;
	uint32_t size;
};

/* One pass. */
struct scan {
	const struct scrub_words *words;
	const struct line *line;
	bool cut;
	uint32_t arg; /* the one that holds the token in hand */
	struct masks masks;
	uint32_t covered; /* end of the last value */
	int covered_by;   /* its word's place in the list */
	/* No later argument ends in this quote: a search that failed once is
	 * not made again, or time would grow as the square of the length. */
	bool no_single;
	bool no_double;
};

/* A token: text between spaces, so within one argument. */
struct token {
	uint32_t start;
	uint32_t word_end; /* first '=' or ':', else end */
	uint32_t end;
	bool has_at;
};

struct scrub *
scrub_new(const struct config_list *custom_words, bool scrub, bool strip,
    char **error)
{
	struct scrub_words *words = scrub_words_new(custom_words, error);
	struct scrub *s;

	if (words == NULL)
		return NULL;
	if (!scrub) {
		scrub_words_free(words);
		words = NULL;
	}
	s = xcalloc(1, sizeof(*s));
	s->words = words;
	s->strip = strip;
	return s;
}

void
scrub_free(struct scrub *scrub)
{
	if (scrub == NULL)
		return;
	scrub_words_free(scrub->words);
	free(scrub);
}

static void
add_mask(struct scan *s, uint32_t start, uint32_t end)
{
	struct masks *m = &s->masks;

	if (m->n > 0 && start <= m->v[m->n - 1].end) {
		if (end > m->v[m->n - 1].end)
			m->v[m->n - 1].end = end;
		return;
	}
	if (m->n == m->size) {
		m->size = m->size == 0 ? 8 : m->size * 2;
		m->v = xrealloc(m->v, m->size * sizeof(*m->v));
	}
	m->v[m->n++] = (struct span){ start, end };
}

static uint32_t
skip_spaces(const struct line *line, uint32_t pos)
{
	while (pos < line->len && is_space(line->text[pos]))
		pos++;
	return pos;
}

/* The argument that holds the byte at pos, at or behind `arg`. */
static uint32_t
arg_at(const struct line *line, uint32_t pos, uint32_t arg)
{
	while (line->args[arg].end <= pos)
		arg++;
	return arg;
}

/* The end of the first later argument that ends in `quote`, or 0: a program
 * may split a line at its spaces without regard to quotes. */
static uint32_t
find_closing_arg(struct scan *s, uint32_t arg, char quote)
{
	bool *none = quote == '"' ? &s->no_double : &s->no_single;
	const struct line *line = s->line;

	for (arg++; !*none && arg < line->n; arg++) {
		const struct span *a = &line->args[arg];

		if (a->end > a->start && line->text[a->end - 1] == quote)
			return a->end;
	}
	*none = true;
	return 0;
}

/*
 * The end of the value that starts at pos in `arg`: the rest of the argument
 * when `whole`, else what its quotes hold, else up to the next space. A
 * quote that nothing closes takes the rest of the argument.
 */
static uint32_t
find_value_end(struct scan *s, uint32_t pos, uint32_t arg, bool whole)
{
	const char *text = s->line->text;
	uint32_t end = s->line->args[arg].end, closing;
	char quote;

	if (pos < end && (text[pos] == '"' || text[pos] == '\'')) {
		quote = text[pos++];
		while (pos < end && text[pos] != quote)
			pos += quote == '"' && text[pos] == '\\' ? 2 : 1;
		if (pos >= end) {
			closing = find_closing_arg(s, arg, quote);
			return closing > 0 ? closing : end;
		}
	}
	if (whole)
		return end;
	while (pos < end && !is_space(text[pos]))
		pos++;
	return pos;
}

/* Whether there is nothing in it but more of what parts word and value, as
 * in "password = x" and "password: x". */
static bool
is_delimiter(const struct line *line, uint32_t start, uint32_t end)
{
	for (; start < end; start++) {
		char c = line->text[start];

		if (c != '=' && c != ':' && !is_space(c))
			return false;
	}
	return true;
}

/*
 * The end of the value of `token`, which is a word, with its start in
 * *start. Returns 0 when there is none that is not hidden already.
 */
static uint32_t
find_value(struct scan *s, const struct token *token, uint32_t *start)
{
	const struct line *line = s->line;
	const char *text = line->text;
	uint32_t arg = s->arg, end, next, next_arg;
	bool whole, option = text[token->start] == '-';

	if (token->word_end < token->end) {
		/* An argument that starts with the word is one setting. */
		*start = token->word_end + 1;
		whole = arg > 0 && token->start == line->args[arg].start;
	} else {
		*start = skip_spaces(line, token->end);
		if (*start == line->len)
			return 0;
		next_arg = arg_at(line, *start, arg);
		whole = next_arg != arg;
		arg = next_arg;
	}
	/* Inside another's value: nothing more to hide, nor to search for. */
	if (*start < s->covered)
		return 0;
	end = find_value_end(s, *start, arg, whole);

	/* "--password= x" gives an empty one; x is another argument. */
	if (!is_delimiter(line, *start, end) ||
	    (option && *start == end && text[token->word_end] == '='))
		return end;
	next = skip_spaces(line, end);
	if (next == line->len || text[next] == '-')
		return end;
	next_arg = arg_at(line, next, arg);
	return find_value_end(s, next, next_arg, next_arg != arg);
}

/*
 * Words are applied one after the other, each to what the former left: a
 * word inside another's value counts when it comes first in the list. One
 * that is no likely value, "--secret" or "secret:", counts always.
 */
static void
scan_word(struct scan *s, const struct token *token)
{
	const char *word = s->line->text + token->start;
	int found = scrub_words_find(
	    s->words, word, token->word_end - token->start);
	uint32_t start, end;

	if (found == -1)
		return;
	if (token->start < s->covered && *word != '-' &&
	    token->word_end == token->end && found >= s->covered_by)
		return;
	end = find_value(s, token, &start);
	if (end == 0)
		return;
	add_mask(s, start, end);
	s->covered = end;
	s->covered_by = found;
}

/* Whether it can be a port: digits or nothing. */
static bool
is_port(const char *s, const char *end)
{
	while (s < end && *s >= '0' && *s <= '9')
		s++;
	return s == end;
}

/*
 * Masks the secret of the URL whose authority starts at p, in a token that
 * ends at `end` with its last '@' at `at` (NULL: none). A secret may hold '/',
 * '?' and '#' as they are, so when the authority has a ':' but no '@' and
 * what follows the ':' is no port, the secret goes on to that last '@'.
 * `open`: the token was cut, so an '@' may have followed. Returns where to
 * go on, never before p.
 */
static const char *
scan_authority(
    struct scan *s, const char *p, const char *end, const char *at, bool open)
{
	const char *text = s->line->text, *stop = p, *next, *colon, *user_end;

	while (stop < end && *stop != '/' && *stop != '?' && *stop != '#')
		stop++;
	/* "http://a,http://b": this is where the next one starts. */
	next = stop > p && stop[-1] == ':' ? stop - 1 : stop;
	colon = memchr(p, ':', (size_t)(stop - p));
	user_end = memrchr(p, '@', (size_t)(stop - p));
	if (colon != NULL && open && stop == end &&
	    (user_end == NULL || user_end > colon))
		user_end = end;
	else if (colon != NULL && user_end == NULL && *p != '[' &&
	    !is_port(colon + 1, stop))
		user_end = open ? end : at;
	if (colon == NULL || user_end == NULL || user_end <= colon + 1)
		return next;
	add_mask(s, (uint32_t)(colon + 1 - text), (uint32_t)(user_end - text));
	return user_end > next ? user_end : next;
}

static void
scan_urls(struct scan *s, const struct token *token)
{
	const char *p = s->line->text + token->start;
	const char *end = s->line->text + token->end;
	const char *at = memrchr(p, '@', (size_t)(end - p));
	bool open = s->cut && token->end == s->line->len;

	while ((p = memmem(p, (size_t)(end - p), "://", 3)) != NULL) {
		p += 3;
		if (!open && (at == NULL || at < p))
			return;
		p = scan_authority(s, p, end, at, open);
	}
}

static struct token
read_token(const struct line *line, uint32_t pos)
{
	struct token token = { .start = pos, .word_end = UINT32_MAX };

	for (; pos < line->len && !is_space(line->text[pos]); pos++) {
		char c = line->text[pos];

		if ((c == '=' || c == ':') && token.word_end == UINT32_MAX)
			token.word_end = pos;
		token.has_at |= c == '@';
	}
	token.end = pos;
	if (token.word_end == UINT32_MAX)
		token.word_end = pos;
	return token;
}

/* The first token is the program's name: no word, but maybe a URL. */
static void
scan_line(struct scan *s)
{
	struct token token = read_token(s->line, 0);
	bool first = true;

	while (token.start < s->line->len) {
		if (!first) {
			s->arg = arg_at(s->line, token.start, s->arg);
			scan_word(s, &token);
		}
		if (token.end > s->covered &&
		    (token.has_at || (s->cut && token.end == s->line->len)))
			scan_urls(s, &token);
		token = read_token(s->line, skip_spaces(s->line, token.end));
		first = false;
	}
}

/* Strip mode: the first argument up to its first space. */
static void
strip_args(struct strview *in, uint32_t *n, bool *cut)
{
	const char *space = in->len > 0 ? memchr(in->s, ' ', in->len) : NULL;

	*cut = *cut && *n == 1 && space == NULL;
	if (space != NULL)
		in->len = (uint32_t)(space - in->s);
	*n = 1;
}

void
scrub_args(const struct scrub *scrub, const struct strview *in, uint32_t n,
    bool cut, uint32_t max, struct scrubbed *out)
{
	struct strview program;
	struct line line, masked;
	struct scan scan = { 0 };

	if (scrub->strip && n > 0) {
		program = in[0];
		strip_args(&program, &n, &cut);
		in = &program;
	}
	line_join(&line, in, n);
	scan.words = scrub->words;
	scan.line = &line;
	scan.cut = cut;
	if (scrub->words != NULL && line.n > 0)
		scan_line(&scan);

	if (scan.masks.n > 0) {
		line_mask(&masked, &line, scan.masks.v, scan.masks.n);
		line_free(&line);
		line = masked;
		if (line.n == 1)
			line_split(&line);
	}
	line_pack(&line, cut, max, out);
	line_free(&line);
	free(scan.masks.v);
}
