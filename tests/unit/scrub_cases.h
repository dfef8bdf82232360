/* SPDX-License-Identifier: ISC
 *
 * Command lines and what the scrubber must make of them, for test_scrub.c:
 * one row is argv in and argv out.
 */
#ifndef TESTS_SCRUB_CASES_H
#define TESTS_SCRUB_CASES_H

#define MAX_ARGS 12
#define MARK     "\xe2\x80\xa6"
#define HID      "********"

struct argv_case {
	const char *in[MAX_ARGS]; /* ended by NULL */
	const char *want[MAX_ARGS];
};

/* Cases whose result is what they were. */
#define SAME(...)                   \
	{                           \
		{ __VA_ARGS__ },    \
		{                   \
			__VA_ARGS__ \
		}                   \
	}

static const struct argv_case cases[] = {
	/* The value is the next argument. */
	{ { "agent", "-password", "1234" }, { "agent", "-password", HID } },
	{ { "agent", "--password", "1234" }, { "agent", "--password", HID } },
	{ { "agent", "password", "1234" }, { "agent", "password", HID } },
	{ { "agent", "--password", "a b c", "x" },
	    { "agent", "--password", HID, "x" } },
	{ { "agent", "--password", " 12", "x" },
	    { "agent", "--password", " " HID, "x" } },
	{ { "agent", "--password", "--verbose", "x" },
	    { "agent", "--password", HID, "x" } },
	{ { "agent", "--password", "", "1234", "x" },
	    { "agent", "--password", "", HID, "x" } },
	{ { "agent", "--password ", "1234", "x" },
	    { "agent", "--password ", HID, "x" } },
	{ { "mysql", "-u", "root", "-password", "p w", "db" },
	    { "mysql", "-u", "root", "-password", HID, "db" } },
	{ { "x", "--password", "a=b:c", "y" },
	    { "x", "--password", HID, "y" } },
	{ { "x", "--password", "/etc/pw", "y" },
	    { "x", "--password", HID, "y" } },

	/* The value is in the same argument. */
	{ { "agent", "--password=1234" }, { "agent", "--password=" HID } },
	{ { "agent", "--password:1234" }, { "agent", "--password:" HID } },
	{ { "agent", "password=1234" }, { "agent", "password=" HID } },
	{ { "java", "password:1234", "-password", "5678" },
	    { "java", "password:" HID, "-password", HID } },
	{ { "agent", "-password==admin", "x" },
	    { "agent", "-password=" HID, "x" } },
	{ { "agent", "-password=a:b=c", "x" },
	    { "agent", "-password=" HID, "x" } },
	{ { "agent", "--password=a b", "x" },
	    { "agent", "--password=" HID, "x" } },
	{ { "env", "PASSWORD=a b", "cmd" }, { "env", "PASSWORD=" HID, "cmd" } },
	{ { "agent", "--password=", "x" },
	    { "agent", "--password=" HID, "x" } },
	{ { "agent", "--password=" }, { "agent", "--password=" HID } },
	{ { "agent", "--password=\"a b\"", "x" },
	    { "agent", "--password=" HID, "x" } },
	{ { "agent", "-password  x", "y" },
	    { "agent", "-password  " HID, "y" } },
	{ { "agent", "-password x -host h", "y" },
	    { "agent", "-password " HID " -host h", "y" } },
	{ { "agent", "--password=\xff\xfe", "x" },
	    { "agent", "--password=" HID, "x" } },

	/* Word and value apart by more than one character. */
	{ { "x", "password:", "1234", "y" },
	    { "x", "password:" HID, HID, "y" } },
	{ { "x", "--password:", "1234", "y" },
	    { "x", "--password:" HID, HID, "y" } },
	{ { "x", "password", "=", "1234", "y" },
	    { "x", "password", HID, HID, "y" } },
	{ { "x", "password: 1234", "y" }, { "x", "password:" HID, "y" } },
	{ { "sh", "-c", "run password = 1234 y" },
	    { "sh", "-c", "run password " HID " y" } },
	{ { "sh", "-c", "run password: 1234 y" },
	    { "sh", "-c", "run password:" HID " y" } },
	{ { "sh", "-c", "run password= -x" },
	    { "sh", "-c", "run password=" HID " -x" } },

	/* A line within an argument. */
	{ { "sh", "-c", "mysql --password=pw -h host" },
	    { "sh", "-c", "mysql --password=" HID " -h host" } },
	{ { "sh", "-c", "mysql --password \"a b\" -h host" },
	    { "sh", "-c", "mysql --password " HID " -h host" } },
	{ { "sh", "-c", "mysql --password='a b' -h host" },
	    { "sh", "-c", "mysql --password=" HID " -h host" } },
	{ { "sh", "-c", "mysql --password=\"a \\\" b\" -h host" },
	    { "sh", "-c", "mysql --password=" HID " -h host" } },
	{ { "sh", "-c", "mysql --password=\"a b", "x" },
	    { "sh", "-c", "mysql --password=" HID, "x" } },
	{ { "sh", "-c", "a --password\t1\nb --secret\n2 c" },
	    { "sh", "-c", "a --password\t" HID "\nb --secret\n" HID " c" } },
	{ { "sh", "-c", "curl; mysql --password", "x y" },
	    { "sh", "-c", "curl; mysql --password", HID } },

	/* A line split at its spaces without regard to quotes. */
	{ { "x", "--password", "\"a", "b", "c\"", "y" },
	    { "x", "--password", HID, HID, HID, "y" } },
	{ { "x", "--password=\"a", "b\"", "y" },
	    { "x", "--password=" HID, HID, "y" } },
	{ { "x", "--password", "'a", "y" }, { "x", "--password", HID, "y" } },
	{ { "x", "--password", "\"a", "--secret", "\"b", "y" },
	    { "x", "--password", HID, "--secret", HID, "y" } },

	/* A line packed into one argument. */
	{ { "agent -password 1234 x" }, { "agent", "-password", HID, "x" } },
	{ { "agent -password      1234" }, { "agent", "-password", HID } },
	{ { "agent --password=1234 -h  h" },
	    { "agent", "--password=" HID, "-h", "h" } },
	{ { "agent --password \"a b\" x" },
	    { "agent", "--password", HID, "x" } },
	{ { "agent --password \"a b x" }, { "agent", "--password", HID } },
	{ { "agent --password > /password/secret" },
	    { "agent", "--password", HID, "/password/secret" } },
	{ { "agent --url=http://u:pw@h/ x" },
	    { "agent", "--url=http://u:" HID "@h/", "x" } },
	SAME("agent -x 1234  y"),
	SAME("agent --password"),
	SAME("sshd: user [priv]"),

	/* Several, and words inside values. */
	{ { "x", "-password", "1", "-secret=2", "--api_key", "3" },
	    { "x", "-password", HID, "-secret=" HID, "--api_key", HID } },
	{ { "x", "--password", "secret", "--host", "h" },
	    { "x", "--password", HID, "--host", "h" } },
	{ { "x", "secret", "password", "1234", "y" },
	    { "x", "secret", HID, HID, "y" } },
	{ { "x", "--password", "--secret", "1234", "y" },
	    { "x", "--password", HID, HID, "y" } },
	{ { "x", "--password", "--secret=1", "y" },
	    { "x", "--password", HID, "y" } },
	{ { "x", "--password", "password", "y" },
	    { "x", "--password", HID, "y" } },

	{ { "x", "--password", "credentials:", "1234", "y" },
	    { "x", "--password", HID, HID, "y" } },

	/* Every word, any case. */
	{ { "x", "--PASSWORD", "1" }, { "x", "--PASSWORD", HID } },
	{ { "x", "-PassWd=1" }, { "x", "-PassWd=" HID } },
	{ { "x", "mysql_pwd=1" }, { "x", "mysql_pwd=" HID } },
	{ { "x", "--access_token", "1" }, { "x", "--access_token", HID } },
	{ { "x", "--auth_token:1" }, { "x", "--auth_token:" HID } },
	{ { "x", "--api_key=1" }, { "x", "--api_key=" HID } },
	{ { "x", "--apikey=1" }, { "x", "--apikey=" HID } },
	{ { "x", "--secret=1" }, { "x", "--secret=" HID } },
	{ { "x", "--credentials=1" }, { "x", "--credentials=" HID } },
	{ { "x", "--stripetoken=1" }, { "x", "--stripetoken=" HID } },
	{ { "", "--secret=1" }, { "", "--secret=" HID } },
	{ { "/opt/My App/run", "--secret=1" },
	    { "/opt/My App/run", "--secret=" HID } },

	/* No match. */
	SAME("password", "1234"),
	SAME("password=1234", "x"),
	SAME("/usr/bin/passwd", "bob"),
	SAME("x", "--password-file", "/x"),
	SAME("x", "--passwords", "1234"),
	SAME("x", "--mypassword", "1234"),
	SAME("x", "---password", "1234"),
	SAME("x", "-Dpassword=1234"),
	SAME("x", "--password"),
	SAME("x", "--password", ""),
	SAME("x", "/password", "1234"),
	SAME("x", "", "a  b", " "),
	SAME("x", "pa", "ssword", "1234"),
	SAME("x", "\xff\xfe\x80"),
	SAME("x"),
	SAME(""),

	/* URLs. */
	{ { "x", "http://user:pw@host/p?q#f" },
	    { "x", "http://user:" HID "@host/p?q#f" } },
	{ { "x", "redis://:pw@host:6379/0" },
	    { "x", "redis://:" HID "@host:6379/0" } },
	{ { "x", "--db=postgres://u:p:w@h/db", "y" },
	    { "x", "--db=postgres://u:" HID "@h/db", "y" } },
	{ { "x", "http://u:p@w@h/" }, { "x", "http://u:" HID "@h/" } },
	{ { "x", "amqp://u:p/w?#@h" }, { "x", "amqp://u:" HID "@h" } },
	{ { "x", "http://u:1@a,http://u:2@b" },
	    { "x", "http://u:" HID "@a,http://u:" HID "@b" } },
	{ { "x", "http://a,http://u:2@b" },
	    { "x", "http://a,http://u:" HID "@b" } },
	{ { "x", "kafka://u:1@a,u:2@b/" }, { "x", "kafka://u:" HID "@b/" } },
	{ { "http://u:1@h", "y" }, { "http://u:" HID "@h", "y" } },
	{ { "sh", "-c", "curl 'http://u:pw@h/' -v" },
	    { "sh", "-c", "curl 'http://u:" HID "@h/' -v" } },
	{ { "x", "--password=http://u:1@h", "y" },
	    { "x", "--password=" HID, "y" } },
	SAME("x", "ssh://git@host:22/a"),
	SAME("x", "http://host:8080/@scope/a"),
	SAME("x", "http://[::1]:8080/a@b"),
	SAME("x", "http://host/a:b@c"),
	SAME("x", "http://user:@host"),
	SAME("x", "user:pw@host"),
	SAME("x", "://", "@", ":"),
};

static const struct argv_case custom_cases[] = {
	{ { "x", "--consul_token", "1" }, { "x", "--consul_token", HID } },
	{ { "x", "--CONSUL_token=1" }, { "x", "--CONSUL_token=" HID } },
	{ { "x", "--consulx=1" }, { "x", "--consulx=" HID } },
	{ { "x", "--consul=1" }, { "x", "--consul=" HID } },
	{ { "x", "--consul/$a/b=1" }, { "x", "--consul/$a/b=" HID } },
	{ { "x", "--my_pin", "1" }, { "x", "--my_pin", HID } },
	{ { "x", "---my_pin", "1" }, { "x", "---my_pin", HID } },
	{ { "x", "_pin:1" }, { "x", "_pin:" HID } },
	{ { "x", "--a1b2c=1" }, { "x", "--a1b2c=" HID } },
	{ { "x", "--abbabc=1" }, { "x", "--abbabc=" HID } },
	{ { "x", "--dd_x_key=1" }, { "x", "--dd_x_key=" HID } },
	{ { "x", "--password=1" }, { "x", "--password=" HID } },
	SAME("x", "--my/pin_pin", "1"),
	SAME("x", "--my$_pin", "1"),
	SAME("x", "--a/b/c=1"),
	SAME("x", "--acb=1"),
	SAME("x", "--dd_key_x=1"),
	SAME("x", "--consu=1"),
};

#endif
