#!/bin/sh
# SPDX-License-Identifier: ISC
#
# run.sh BUILD: starts the three daemons from the build tree in a run
# directory of their own, with no configuration file and no account, and
# shows this host's processes until Ctrl-C. Root's daemons drop to their
# users; without root or sudo everything runs as the caller.
set -u

build=$1
if [ "$(id -u)" -ne 0 ] && command -v sudo >/dev/null 2>&1; then
	echo "starting through sudo: the daemons drop to users of their own"
	exec sudo "$0" "$build"
fi

# Not below the checkout: the daemons' users may not be able to enter it.
dir=$(mktemp -d /tmp/dd-process-agent.XXXXXX) || exit 1
chmod 755 "$dir"
printf '[process.config]\nspool_path: none\n' >"$dir/datadog.conf"

# No variable of the caller's may turn this into an agent with an account.
clean="env -i PATH=$PATH TERM=${TERM:-dumb} LANG=${LANG:-C.UTF-8} \
DD_PROCESS_AGENT_ENABLED=true"

pids=
stop() {
	trap '' INT TERM
	kill $pids 2>/dev/null
	wait
	rm -rf "$dir"
}
trap 'exit 0' INT TERM
trap stop EXIT

for name in shipperd taggerd collectord; do
	# A session of its own, so that Ctrl-C reaches the viewer alone.
	setsid $clean "$build/$name" -f -c "$dir/datadog.conf" -r "$dir" \
	    2>"$dir/$name.log" &
	pids="$pids $!"
done

$clean "$build/ddproc" -c "$dir/datadog.conf" -r "$dir" top
status=$?
[ "$status" -eq 0 ] || tail -n 5 "$dir"/*.log
exit "$status"
