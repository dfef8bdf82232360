/* SPDX-License-Identifier: ISC
 *
 * What is in the file is printed nowhere, and is no token unless it can
 * stand in a header.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/limits.h"
#include "common/log.h"
#include "token.h"

struct token {
	char *path;    /* owned */
	char *value;   /* owned; NULL: there is none */
	uint64_t read; /* ns of CLOCK_MONOTONIC; 0: never */
	char why[512];
};

struct token *
token_new(const char *path)
{
	struct token *token = xcalloc(1, sizeof(*token));

	token->path = xstrdup(path);
	return token;
}

static void
forget(struct token *token)
{
	if (token->value != NULL)
		explicit_bzero(token->value, strlen(token->value));
	free(token->value);
	token->value = NULL;
}

void
token_free(struct token *token)
{
	if (token == NULL)
		return;
	forget(token);
	free(token->path);
	free(token);
}

/* Returns the bytes of text without the space behind them, or 0 if they are
 * no token: then it is not for any server to see. */
static size_t
token_length(const char *text, size_t len)
{
	size_t i;

	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
		len--;
	for (i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return 0;
	return len;
}

/* A FIFO or a device in the file's place must not hold us up. */
static int
open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd == -1 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

static void
read_file(struct token *token)
{
	char text[LIMIT_TOKEN + 1];
	int fd = open_file(token->path);
	ssize_t n = fd != -1 ? read(fd, text, sizeof(text)) : -1;
	const char *reason = "no token";
	size_t len = 0;

	forget(token);
	if (n == -1)
		reason = strerror(errno);
	else if ((size_t)n == sizeof(text))
		reason = "too long for a token";
	else
		len = token_length(text, (size_t)n);
	if (len > 0) {
		token->value = xcalloc(len + 1, 1);
		memcpy(token->value, text, len);
	}
	snprintf(
	    token->why, sizeof(token->why), "%.256s: %s", token->path, reason);
	if (fd != -1)
		close(fd);
	explicit_bzero(text, sizeof(text));
}

const char *
token_get(struct token *token, uint64_t now, const char **why)
{
	if (token->read == 0 ||
	    now - token->read >= LIMIT_TOKEN_AGE * CLOCK_NS_PER_S) {
		read_file(token);
		token->read = now;
	}
	*why = token->why;
	return token->value;
}

bool
token_renew(struct token *token, uint64_t now)
{
	char *former = token->value;
	bool other;

	token->value = NULL;
	read_file(token);
	token->read = now;
	other = token->value != NULL &&
	    (former == NULL || strcmp(token->value, former) != 0);
	if (former != NULL)
		explicit_bzero(former, strlen(former));
	free(former);
	return other;
}
