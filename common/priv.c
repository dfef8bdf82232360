/* SPDX-License-Identifier: ISC
 *
 * The one place where privilege is given up. The order matters: what needs
 * a capability comes before that capability goes.
 */
#include <grp.h>
#include <linux/securebits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "limits.h"
#include "log.h"
#include "priv.h"

/* After this no set-user-ID root program and no change of user brings a
 * capability back; locked, so it stays that way. */
#define SECUREBITS                                                        \
	(SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |  \
	    SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | \
	    SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

static void
uid_of(const char *user, struct priv_user *out)
{
	const struct passwd *pw = getpwnam(user);

	out->user = user;
	out->uid = pw != NULL ? pw->pw_uid : (uid_t)-1;
}

void
priv_lookup(struct priv *priv, const char *user)
{
	const struct passwd *pw;
	const struct group *gr;

	uid_of(USER_COLLECTORD, &priv->daemons[0]);
	uid_of(USER_TAGGERD, &priv->daemons[1]);
	uid_of(USER_SHIPPERD, &priv->daemons[2]);
	priv->drop = geteuid() == 0;
	priv->uid = getuid();
	priv->gid = getgid();
	if (!priv->drop)
		return;
	if ((pw = getpwnam(user)) == NULL)
		fatalx("started as root, but there is no user %s to become: "
		       "`make users` creates it",
		    user);
	if ((gr = getgrnam(GROUP_AGENT)) == NULL)
		fatalx("started as root, but there is no group %s: "
		       "`make users` creates it",
		    GROUP_AGENT);
	if (pw->pw_uid == 0)
		fatalx("user %s has uid 0: that drops nothing", user);
	priv->uid = pw->pw_uid;
	priv->gid = gr->gr_gid;
}

/* Needs CAP_SETPCAP, which a limited host may not give. */
static void
empty_bounding_set(void)
{
	cap_value_t cap;

	for (cap = 0; cap_get_bound(cap) >= 0; cap++)
		if (cap_get_bound(cap) == 1 && cap_drop_bound(cap) == -1)
			fatal("dropping capability %d from the bounding set",
			    cap);
}

static void
set_caps(const int *keep)
{
	cap_t now = cap_get_proc(), want = cap_init();
	cap_flag_value_t have;
	cap_value_t cap;

	if (now == NULL || want == NULL)
		fatal("reading capabilities");
	for (; *keep != -1; keep++) {
		cap = *keep;
		if (cap_get_flag(now, cap, CAP_PERMITTED, &have) == -1 ||
		    have != CAP_SET)
			continue;
		if (cap_set_flag(want, CAP_PERMITTED, 1, &cap, CAP_SET) == -1 ||
		    cap_set_flag(want, CAP_EFFECTIVE, 1, &cap, CAP_SET) == -1)
			fatal("choosing capabilities");
	}
	if (cap_reset_ambient() == -1)
		fatal("emptying the ambient set");
	if (cap_set_proc(want) == -1)
		fatal("setting capabilities");
	cap_free(now);
	cap_free(want);
}

static void
change_user(const struct priv *priv)
{
	uid_t r, e, s;

	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1)
		fatal("keeping capabilities over the change of user");
	if (setgroups(0, NULL) == -1)
		fatal("dropping supplementary groups");
	if (setresgid(priv->gid, priv->gid, priv->gid) == -1)
		fatal("becoming gid %ld", (long)priv->gid);
	if (setresuid(priv->uid, priv->uid, priv->uid) == -1)
		fatal("becoming uid %ld", (long)priv->uid);
	if (getresuid(&r, &e, &s) == -1 || r != priv->uid || e != priv->uid ||
	    s != priv->uid)
		fatalx("still not uid %ld", (long)priv->uid);
	if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) == -1)
		fatal("PR_SET_KEEPCAPS");
}

void
priv_drop(const struct priv *priv, const int *caps)
{
	const struct rlimit none = { 0, 0 };

	if (priv->drop) {
		if (priv_has_cap(CAP_SETPCAP)) {
			empty_bounding_set();
			if (prctl(PR_SET_SECUREBITS, SECUREBITS, 0, 0, 0) == -1)
				fatal("setting securebits");
		} else
			log_info("no CAP_SETPCAP here: the bounding set stays "
				 "as it is, no_new_privs holds");
		change_user(priv);
	}
	set_caps(caps);
	if (priv->drop && setuid(0) == 0)
		fatalx("could become root again");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		fatal("setting no_new_privs");
	if (setrlimit(RLIMIT_CORE, &none) == -1)
		fatal("switching core dumps off");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		fatal("PR_SET_DUMPABLE");
}

void
priv_caps_text(char *out, size_t size)
{
	cap_t caps = cap_get_proc();
	char *text = caps == NULL ? NULL : cap_to_text(caps, NULL);

	snprintf(out, size, "%s", text == NULL ? "unknown" : text);
	if (strcmp(out, "=") == 0)
		out[0] = '\0';
	cap_free(text);
	cap_free(caps);
}

bool
priv_has_cap(int cap)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t have = CAP_CLEAR;

	if (caps != NULL)
		cap_get_flag(caps, cap, CAP_EFFECTIVE, &have);
	cap_free(caps);
	return have == CAP_SET;
}

bool
priv_peer_is(const struct priv *priv, const char *user, uid_t uid)
{
	size_t i;

	if (!priv->drop)
		return uid == priv->uid;
	for (i = 0; i < sizeof(priv->daemons) / sizeof(priv->daemons[0]); i++)
		if (strcmp(priv->daemons[i].user, user) == 0)
			return uid == priv->daemons[i].uid && uid != (uid_t)-1;
	return false;
}
