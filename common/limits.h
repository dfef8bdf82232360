/* SPDX-License-Identifier: ISC
 *
 * Every bound and time-out of the suite, with its unit and its reason. What
 * a user may change is in config_keys.def instead.
 */
#ifndef COMMON_LIMITS_H
#define COMMON_LIMITS_H

/* Who runs what (the trust table of ARCHITECTURE.md). */
#define USER_COLLECTORD "dd-collector"
#define USER_TAGGERD    "dd-tagger"
#define USER_SHIPPERD   "dd-shipper"
/* May open view.sock and read the configuration. */
#define GROUP_AGENT "dd-agent"

/* Where things are when nothing says otherwise. */
#define PATH_CONFIG "/etc/dd-agent/datadog.conf"
#define PATH_RUNDIR "/run/dd-agent"
/* taggerd listens on the first two, collectord and ddproc connect; shipperd
 * listens on the third, taggerd connects. */
#define SOCK_COLLECT "collect.sock"
#define SOCK_VIEW    "view.sock"
#define SOCK_SHIP    "ship.sock"

/*
 * Frames (PROTOCOL.md).
 */

/* bytes: one msgpack value */
#define LIMIT_FRAME (1u << 20)
/* nested arrays and maps; records use 4 */
#define LIMIT_FRAME_DEPTH 8
/* msgpack objects in one frame, 16 B each when unpacked: a host of LIMIT_CPUS
 * is 78,000 */
#define LIMIT_FRAME_NODES (96u << 10)
/* s: the window of schema.def's rates */
#define LIMIT_RATE_WINDOW 10
/* s between log lines about refused peers: a flood of them must not fill the
 * log */
#define LIMIT_REFUSAL_LOG 10
/* s a peer may take over one frame */
#define LIMIT_FRAME_TIMEOUT 30

/*
 * Links.
 */

/* bytes waiting for a slow reader; past it the oldest whole snapshot goes */
#define LIMIT_LINK_HIGHWATER (48u << 20)
/* whole snapshots waiting for a slow reader */
#define LIMIT_LINK_SNAPSHOTS 4
/* bytes of control messages waiting: one `files` answer and room */
#define LIMIT_LINK_CONTROL (2u << 20)
/* bytes taken from one peer per loop turn, so peers share */
#define LIMIT_LINK_READ (256u << 10)
/* view clients at once */
#define LIMIT_VIEWERS 32
/* ms: first wait before connecting again, and the longest, as a local connect
 * costs next to nothing */
#define LIMIT_RECONNECT_MIN 100
#define LIMIT_RECONNECT_MAX 1000
/* s: a peer that says nothing is closed */
#define LIMIT_HELLO_TIMEOUT 5

/*
 * Snapshots.
 */

/* records in one: four times the kernel's default pid_max */
#define LIMIT_SNAPSHOT_PROCESSES (1u << 17)
/* bytes, encoded; past it collectord drops processes and counts them */
#define LIMIT_SNAPSHOT_BYTES (40u << 20)
/* bytes; what taggerd adds stays within the difference */
#define LIMIT_SNAPSHOT_RECEIVE (64u << 20)

/*
 * What one process may take.
 */

/* bytes; the kernel gives 15, to its own threads up to 63 */
#define LIMIT_COMM 64
/* bytes: PATH_MAX */
#define LIMIT_PATH 4096
/* bytes of argv read; marked where cut */
#define LIMIT_CMDLINE (32u << 10)
/* bytes of one argument: all of a cut argv and the mark, of 3 bytes */
#define LIMIT_ARG (LIMIT_CMDLINE + 3)
/* arguments; a longer argv is joined from there on */
#define LIMIT_ARGS 4096
/* bytes of argv kept for all processes; past it each new one is cut at
 * LIMIT_CMDLINE_SHORT bytes */
#define LIMIT_CMDLINE_ALL   (16u << 20)
#define LIMIT_CMDLINE_SHORT 256
/* s: argv is read again after this, for programs that rewrite it */
#define LIMIT_CMDLINE_AGE 60
/* bytes of one of custom_sensitive_words: bounds the work per token */
#define LIMIT_SENSITIVE_WORD 256
/* ms of CPU for one process and the whole blacklist, or one container and
 * both lists: regexes run on hostile text */
#define LIMIT_FILTER_CPU 20
/* KiB that PCRE2 may take to backtrack; it is kept */
#define LIMIT_FILTER_HEAP 1024
/* tags on one process or container */
#define LIMIT_TAGS 64
/* bytes of one tag */
#define LIMIT_TAG 200
/* open files in one answer, whatever max_proc_fds says */
#define LIMIT_FILES 1000
/* CPUs in the host record */
#define LIMIT_CPUS 4096
/* bytes of a file that describes the host: cpuinfo has up to 3 KiB per CPU */
#define LIMIT_HOST_FILE (16u << 20)
/* bytes of a string in the host record */
#define LIMIT_HOST_STRING 128

/*
 * Containers.
 */

/* containers in one snapshot; the kubelet's own bound is 110 pods a node */
#define LIMIT_CONTAINERS 16384
/* bytes: 64 hex digits, with room for other runtimes */
#define LIMIT_CONTAINER_ID 128
/* bytes: a UUID has 36 */
#define LIMIT_POD_UID 64
/* bytes */
#define LIMIT_CONTAINER_NAME 256
/* bytes: a registry, a path and a digest */
#define LIMIT_CONTAINER_IMAGE 512
/* addresses of one container */
#define LIMIT_ADDRESSES 32
/* bytes of an address as text: IPv6 has 45, with room for a zone */
#define LIMIT_ADDRESS 64
/* bytes of /proc/PID/cgroup: 14 v1 hierarchies, each with a path to
 * PATH_MAX */
#define LIMIT_CGROUP_TEXT (64u << 10)
/* bytes of a mountinfo: hosts of many containers have thousands of mounts */
#define LIMIT_MOUNTINFO (4u << 20)
/* bytes of one file of a cgroup: io.stat has a line for each device */
#define LIMIT_CGROUP_FILE (256u << 10)
/* directories looked at when a container's cgroup has to be searched */
#define LIMIT_CGROUP_WALK 65536

/*
 * Sources of tags.
 */

/* s that this host's own name waits for a better one: a source's time-out. In
 * a container its own name is none that anybody else knows */
#define LIMIT_HOSTNAME_WAIT 5
/* bytes of /proc/net/route that are looked at: 128 routes */
#define LIMIT_ROUTES (16u << 10)
/* bytes of our own /proc/self/cgroup that are looked at */
#define LIMIT_OWN_CGROUP 4096
/* s a container's tags outlive it: its last report still needs them */
#define LIMIT_TAGS_KEPT 300
/* s a finished pod's tags are kept */
#define LIMIT_POD_KEPT 900
/* ms a snapshot waits for the tags of containers never seen before */
#define LIMIT_TAG_WAIT 1000
/* s for an answer of a source, and for finding out whether it is there */
#define LIMIT_SOURCE_TIMEOUT 5
#define LIMIT_SOURCE_DETECT  1
/* s between two full listings while nothing is missing */
#define LIMIT_SOURCE_POLL 5
/* s between two of the kubelet's when the last ones brought nothing new: 300
 * pods are 60 ms of CPU */
#define LIMIT_KUBELET_QUIET 30
/* ms from one list of the kubelet to the next, however many containers are
 * missed: half of what a snapshot waits for it */
#define LIMIT_KUBELET_GAP 500
/* s after which a container that its settled pod does not list is no new one:
 * twice what the kubelet takes to say so */
#define LIMIT_SANDBOX_AGE 10
/* containers of pods that no list had, remembered: 110 pods a node have one
 * each */
#define LIMIT_SANDBOXES 4096
/* s: first wait after a failure, doubling, and the longest */
#define LIMIT_SOURCE_BACKOFF_MIN 1
#define LIMIT_SOURCE_BACKOFF_MAX 300
/* s between reads of a token's file: tokens rotate */
#define LIMIT_TOKEN_AGE 60
/* bytes of a token's file */
#define LIMIT_TOKEN (64u << 10)
/* bytes of one answer's body: 300 pods are some 5 MB */
#define LIMIT_SOURCE_BODY (32u << 20)
/* bytes of one answer's headers */
#define LIMIT_SOURCE_HEADER (64u << 10)
/* bytes of one item of a list (a pod, a container), or of one event */
#define LIMIT_JSON_ITEM (1536u << 10)
/* nested arrays and objects of one JSON text */
#define LIMIT_JSON_DEPTH 64
/* values in one JSON item: some 100 bytes each when parsed */
#define LIMIT_JSON_NODES (64u << 10)
/* containers of one kind in one pod; the rest is passed over */
#define LIMIT_POD_CONTAINERS 256
/* services of a cluster that are remembered */
#define LIMIT_SERVICES 65536
/* bytes of one: its name, its namespace and its selector, in which a label
 * has at most 317 */
#define LIMIT_SERVICE (8u << 10)
/* bytes of them all */
#define LIMIT_SERVICES_TEXT (16u << 20)
/* services that are asked for at once, and pages of a list: four times what
 * LIMIT_SERVICES takes */
#define LIMIT_SERVICES_PAGE  500
#define LIMIT_SERVICES_PAGES 512
/* s that a watch is asked to last */
#define LIMIT_WATCH 300
/* bytes of a cluster's name; the longest tag takes less */
#define LIMIT_CLUSTER_NAME 256

/* bytes: a larger piece of taggerd's or shipperd's memory goes back to the
 * system when it is freed; glibc's own default to begin with */
#define LIMIT_HEAP_PIECE (128 << 10)

/*
 * Docker, and its broker.
 */

/* connections to docker.sock at once; one is the event stream */
#define LIMIT_BROKER_CONNECTIONS 8
/* bytes of an answer in one packet */
#define LIMIT_BROKER_READ (16u << 10)
/* s until the keeper starts another broker */
#define LIMIT_BROKER_RESTART 1
/* questions waiting for a connection; past it the next list has to do */
#define LIMIT_DOCKER_QUEUE 4096
/* s between two lists while events tell what changes */
#define LIMIT_DOCKER_RELIST 60
/* s: the longest wait for a socket that is not there, or that nobody serves:
 * looking costs next to nothing */
#define LIMIT_DOCKER_ABSENT 10

/*
 * Descriptors: kept open on /proc/PID files so that a scan re-reads them.
 */

/* descriptors left for everything else */
#define LIMIT_FD_RESERVE 64
/* descriptors kept: each holds 4.3 KiB of kernel memory (measured), 84 MiB in
 * all */
#define LIMIT_FDS_KEPT 20000
/* descriptors kept on files of cgroups: six of each of 500 containers, and
 * their limits */
#define LIMIT_CGROUP_FDS 6000
/* open files of one process counted one by one, where the kernel does not
 * tell their number */
#define LIMIT_FDS_COUNTED 65536
/* bytes of one stat, status or io: status lists up to 65536 groups */
#define LIMIT_PROC_TEXT (1u << 20)

/*
 * Scans.
 */

/* ms between two reads of a process that make a rate: CPU time comes in
 * 10 ms ticks */
#define LIMIT_RATE_AGE_MIN 100
/* s from the scan that starts the rates to the first one that is sent */
#define LIMIT_PRIME 1

/*
 * Real time (bounded in collectord whatever upstream says).
 */

/* s between scans */
#define LIMIT_RT_INTERVAL_MIN 2
#define LIMIT_RT_INTERVAL_MAX 60
/* s: longest lease, and longest unbroken real time without a sign of a
 * person */
#define LIMIT_RT_TTL 1800
/* s: how often a wish is renewed */
#define LIMIT_RT_RENEW 10

/*
 * Daemons.
 */

/* s a switched-off agent stays up: supervisors need that */
#define LIMIT_DISABLED_STAY 5
/* s between status reports */
#define LIMIT_STATUS_INTERVAL 5
/* s to flush at SIGTERM */
#define LIMIT_SHUTDOWN 5

/*
 * User names.
 */

/* bytes of a passwd file */
#define LIMIT_PASSWD_FILE (8u << 20)
/* bytes */
#define LIMIT_USER_NAME 64
/* cached uids */
#define LIMIT_USERS 65536
/* s a found name is kept */
#define LIMIT_USER_TTL 600
/* s until a miss is looked up again */
#define LIMIT_USER_MISS_TTL 60
/* NSS lookups waiting */
#define LIMIT_USER_QUEUE 1024
/* bytes for one NSS answer: some directories send long ones */
#define LIMIT_NSS_BUFFER (1u << 20)

/*
 * Sending: what goes in a message to the intake, and when.
 */

/* protobuf bytes of one message */
#define LIMIT_CHUNK_BYTES (1u << 20)
/* of them for host name and system info: 4,096 CPUs take some 300 KiB */
#define LIMIT_HEAD_BYTES (512u << 10)
/* decoded bytes of an intake's answer */
#define LIMIT_REPLY_BODY (64u << 10)
/* bytes of all header lines of an answer */
#define LIMIT_HTTP_HEADER (16u << 10)
/* s each */
#define LIMIT_CONNECT_TIMEOUT 10
#define LIMIT_TLS_TIMEOUT     5
/* s for each answer of a proxy: it has to look up and connect, too */
#define LIMIT_PROXY_TIMEOUT 15
/* s to hand over one request: 1 MiB at 18 KB/s */
#define LIMIT_REQUEST_TIMEOUT 60
/* s from there to the whole answer */
#define LIMIT_REPLY_TIMEOUT 20
/* bytes of a proxy's user, and of its password, with SOCKS5 (RFC 1929) */
#define LIMIT_SOCKS_LOGIN 255
/* s an idle connection is kept */
#define LIMIT_KEEPALIVE_IDLE 60
/* s: first retry, and the longest wait, also the most that Retry-After may
 * ask */
#define LIMIT_BACKOFF_MIN 1
#define LIMIT_BACKOFF_MAX 300
/* s between tries after 401 or 403 */
#define LIMIT_AUTH_PAUSE 300
/* s between log lines about the same trouble of an endpoint */
#define LIMIT_COMPLAINT 60
/* encoded payloads in memory, all endpoints together */
#define LIMIT_QUEUE_BYTES (64u << 20)
/* KiB of the spool's pages in memory */
#define LIMIT_SPOOL_CACHE 512
/* bytes of the spool's log, after which it goes into the database */
#define LIMIT_SPOOL_JOURNAL (2u << 20)
/* bytes left free on the spool's file system: what is taken out of the spool
 * needs some, too */
#define LIMIT_SPOOL_RESERVE (128 << 10)
/* bytes of disk that a payload may take beyond its own: half a page, and its
 * lines in three tables */
#define LIMIT_SPOOL_OVERHEAD 4096
/* settled payloads that could not be taken out of the spool yet */
#define LIMIT_SPOOL_PENDING 4096
/* snapshots, or debts of former endpoints, dropped in one transaction */
#define LIMIT_SPOOL_BATCH 256
/* s until a spool that failed is tried again */
#define LIMIT_SPOOL_RETRY 5
/* ms that a snapshot may take on its way to the disk, and s that the spool is
 * left alone when it takes longer: nothing is sent meanwhile */
#define LIMIT_SPOOL_SLOW  2000
#define LIMIT_SPOOL_PAUSE 60
/* damaged databases that are kept */
#define LIMIT_SPOOL_ASIDE 3
/* pages that the spool's file is made smaller by in a second */
#define LIMIT_SPOOL_SHRINK 256
/* s between dogstatsd gauges */
#define LIMIT_GAUGE_INTERVAL 15
/* pairs of address and key: each has a connection of its own */
#define LIMIT_ENDPOINTS 16

/*
 * View clients, in taggerd.
 */

/* ms between what changed is sent on; 10 s of that stays below schema.def's
 * rates */
#define LIMIT_PUSH_GAP 250
/* questions of one viewer that wait for their answer */
#define LIMIT_INSPECTS 16
/* s for that answer */
#define LIMIT_INSPECT_WAIT 10

/*
 * The viewer.
 */

/* ms until a command says that taggerd is not there */
#define LIMIT_VIEW_CONNECT 1000
/* s a command waits for its snapshot: more than the default interval */
#define LIMIT_VIEW_WAIT 15
/* columns of one row; what is wider stays empty */
#define LIMIT_VIEW_COLUMNS 512
/* columns of a row that goes to no terminal */
#define LIMIT_VIEW_PLAIN 200
/* processes listed for one container */
#define LIMIT_VIEW_PROCESSES 100
/* bytes of search words */
#define LIMIT_MATCH 256

/*
 * Log lines.
 */

/* bytes of a message before it is made printable */
#define LIMIT_LOG_TEXT 2048
/* bytes: PIPE_BUF, so that a line to a pipe is whole or not there */
#define LIMIT_LOG_LINE 4096

/*
 * Configuration.
 */

/* bytes of one line */
#define LIMIT_CONFIG_LINE (16u << 10)
/* bytes of the file */
#define LIMIT_CONFIG_FILE (1u << 20)

#endif
