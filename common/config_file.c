/* SPDX-License-Identifier: ISC
 *
 * Reading datadog.conf. inih gives a line 200 bytes and takes what is left
 * for a line of its own, so it never sees a real one: each line goes to it
 * as a short stand-in with the same section or key, and the value is taken
 * from the file. Every byte is hostile text until config_value.c had it.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_private.h"
#include "limits.h"

/* Longer than any section or key that means something, so that a cut one
 * still means nothing; short enough for inih. */
#define NAME_SHOWN 64

struct reader {
	struct config_loader *l;
	const char *file; /* borrowed: the name that messages show */
	char *next, *end; /* into the text of the file, which ends in NUL */
	char *value;      /* of the line that inih has now */
	unsigned line;
};

static void
reader_origin(const struct reader *r, char *origin, size_t size)
{
	snprintf(origin, size, "%s:%u", r->file, r->line);
}

static void
reader_error(struct reader *r, const char *what)
{
	char origin[300];

	reader_origin(r, origin, sizeof(origin));
	config_error(r->l, origin, "%s", what);
}

/* Takes white space off both ends, in place. */
static char *
trim(char *s)
{
	size_t len;

	while (isspace((unsigned char)*s))
		s++;
	len = strlen(s);
	while (len > 0 && isspace((unsigned char)s[len - 1]))
		len--;
	s[len] = '\0';
	return s;
}

/* Where a comment begins: at a ';' behind white space, or at the end. */
static char *
find_comment(char *s)
{
	for (char *p = s; *p != '\0'; p++)
		if (*p == ';' && (p == s || isspace((unsigned char)p[-1])))
			return p;
	return s + strlen(s);
}

/* The value in what stands behind ':' or '='. One that is quoted in full
 * loses its quotes and may hold " ;". */
static char *
value_extract(char *s)
{
	char *close, *rest;

	s = trim(s);
	if (*s == '"' || *s == '\'') {
		close = strchr(s + 1, *s);
		rest = close != NULL ? close + 1 : s;
		while (close != NULL && isspace((unsigned char)*rest))
			rest++;
		if (close != NULL &&
		    (*rest == '\0' || (*rest == ';' && rest > close + 1))) {
			*close = '\0';
			return s + 1;
		}
	}
	*find_comment(s) = '\0';
	return trim(s);
}

/* Cuts the next line out of the file; NULL at its end. */
static char *
reader_line(struct reader *r)
{
	char *line = r->next, *nl;
	size_t len;

	if (line == r->end)
		return NULL;
	nl = memchr(line, '\n', (size_t)(r->end - line));
	r->next = nl != NULL ? nl + 1 : r->end;
	if (nl == NULL)
		nl = r->end;
	*nl = '\0';
	r->line++;
	len = (size_t)(nl - line);
	if (len > 0 && line[len - 1] == '\r')
		line[--len] = '\0';
	if (len > LIMIT_CONFIG_LINE) {
		reader_error(r, "the line is longer than 16384 bytes");
		return nl;
	}
	if (strlen(line) != len) {
		reader_error(r, "there is a NUL byte in the line");
		return nl;
	}
	return trim(line);
}

/* inih's fgets: a stand-in for the next line of the file. */
static char *
reader_next(char *out, int size, void *arg)
{
	struct reader *r = arg;
	char *line = reader_line(r), *end;

	if (line == NULL)
		return NULL;
	r->value = NULL;
	snprintf(out, (size_t)size, "\n");
	if (*line == '\0' || *line == '#' || *line == ';')
		return out;
	end = strpbrk(line, *line == '[' ? "]" : ":=");
	if (end == NULL || end == line || end == line + (*line == '[') ||
	    find_comment(line) < end) {
		reader_error(r, "this is no [section], key: value or comment");
		return out;
	}
	r->value = end + 1;
	*end = '\0';
	if (*line == '[')
		snprintf(
		    out, (size_t)size, "[%.*s]\n", NAME_SHOWN, trim(line + 1));
	else
		snprintf(out, (size_t)size, "%.*s=\n", NAME_SHOWN, trim(line));
	return out;
}

static void
warn_unknown(struct reader *r, const char *origin, const char *name)
{
	const char *guess = config_key_guess(name);

	if (guess != NULL)
		config_warn(r->l, origin,
		    "%s: there is no such key; did you"
		    " mean %s?",
		    name, guess);
	else if (config_key_find(CONFIG_SECTION_MAIN, name) != -1)
		config_warn(
		    r->l, origin, "%s: this key belongs in [Main]", name);
	else
		config_warn(r->l, origin, "%s: there is no such key", name);
}

/* inih's callback: name is the stand-in's, the value is still in the file.
 * Sections of other programs are theirs. */
static int
reader_on_key(
    void *arg, const char *section, const char *name, const char *unused)
{
	struct reader *r = arg;
	enum config_section in = CONFIG_SECTION_PROCESS;
	enum config_rank rank = CONFIG_RANK_FILE;
	char origin[300];
	int key;

	(void)unused;
	reader_origin(r, origin, sizeof(origin));
	if (*section == '\0') {
		config_error(r->l, origin,
		    "%s: a key before the first"
		    " [section]",
		    name);
		return 1;
	}
	if (strcasecmp(section, "Main") == 0)
		in = CONFIG_SECTION_MAIN;
	else if (strcasecmp(section, "process") == 0)
		rank = CONFIG_RANK_FALLBACK;
	else if (strcasecmp(section, "process.config") != 0)
		return 1;
	key = config_key_find(in, name);
	if (key != -1)
		config_raw_set(r->l, (enum config_key)key, rank, origin,
		    value_extract(r->value));
	else if (in == CONFIG_SECTION_PROCESS && rank == CONFIG_RANK_FILE)
		warn_unknown(r, origin, name);
	return 1;
}

/* The bytes of the file and a NUL, owned; NULL when there is no file, or it
 * cannot be had, which is reported. */
static char *
file_slurp(struct config_loader *l, const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;
	char *text = NULL;
	ssize_t n;

	if (fd == -1) {
		if (errno != ENOENT)
			config_error(
			    l, path, "cannot be read: %s", strerror(errno));
		return NULL;
	}
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		config_error(l, path, "is a directory, not a file");
		goto out;
	}
	text = xcalloc(1, LIMIT_CONFIG_FILE + 1);
	*len = 0;
	do {
		n = read(fd, text + *len, LIMIT_CONFIG_FILE + 1 - *len);
		if (n > 0)
			*len += (size_t)n;
	} while (n > 0 || (n == -1 && errno == EINTR));
	if (n == 0 && *len <= LIMIT_CONFIG_FILE)
		goto out;
	config_error(
	    l, path, "%s", n == -1 ? strerror(errno) : "is larger than 1 MiB");
	explicit_bzero(text, *len);
	free(text);
	text = NULL;
out:
	close(fd);
	return text;
}

void
config_file_read(struct config_loader *l, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct reader r = { .l = l, .file = slash != NULL ? slash + 1 : path };
	size_t len = 0;
	char *text = file_slurp(l, path, &len);
	int bad;

	if (text == NULL)
		return;
	r.next = text;
	r.end = text + len;
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		r.next += 3;
	bad = ini_parse_stream(reader_next, &r, reader_on_key, &r);
	if (bad != 0)
		config_error(l, path, "inih stopped at line %d", bad);
	/* The secrets of other programs were in there. */
	explicit_bzero(text, len);
	free(text);
}
