#!/bin/sh
# SPDX-License-Identifier: ISC
#
# check.sh: runs what `make check` has built: unit tests, again with the
# address sanitizer, a replay of every fuzz target's seeds, the man pages,
# then the system tests. Ends with the totals of all of them.
set -u

passed=0
failed=0
skipped=0
logs=$(mktemp -d) || exit 1
log=$logs/log
trap 'rm -rf "$logs"' EXIT

say() {
	printf '== %s\n' "$1"
}

# Counts one check that is no program of its own kind.
count() {
	if [ "$1" -eq 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
}

# number WORDS: the number before WORDS in the log's lines, summed up.
number() {
	grep -oE "[0-9]+ $1" "$log" | awk '{n += $1} END {print n + 0}'
}

# programs PREFIX...: those that were built.
programs() {
	for program in "$@"; do
		case $program in *.d) continue ;; esac
		[ -x "$program" ] && echo "$program"
	done
}

# run_each COMMAND PROGRAM...: runs the command for each program, its $1, two
# at a time. Leaves NAME.log and, with the exit status, NAME.rc in $logs.
run_each() {
	command=$1
	shift
	rm -rf "$logs"/*
	printf '%s\n' "$@" | xargs -P 2 -I {} sh -c "
		out=$logs/\${1##*/}
		{ $command; } >\$out.log 2>&1
		echo \$? >\$out.rc" sh {}
}

run_unit() {
	run_each '"$1"' $(programs "$1"/unit/test_*)
	for rc in "$logs"/*.rc; do
		log=${rc%.rc}.log
		if [ "$(cat "$rc")" -ne 0 ]; then
			echo "FAILED: $1/unit/$(basename "${rc%.rc}")"
			grep -vE '^\[( RUN|       OK)' "$log"
			grep -q '^\[  FAILED  \] [0-9]' "$log" ||
			    failed=$((failed + 1))
		fi
		sed -i -n 's/^\[  \(PASSED\|FAILED\)  \] \([0-9]*\) test(s).*/\2 \1/p' \
		    "$log"
		passed=$((passed + $(number PASSED)))
		failed=$((failed + $(number FAILED)))
	done
	log=$logs/log
}

say "unit tests"
run_unit build
say "unit tests, address sanitizer"
run_unit build-asan

say "fuzz targets, over their seeds and for a moment"
run_each 'mkdir $out.corpus && "$1" -runs=20000 -max_total_time=3 -timeout=5 \
    -rss_limit_mb=512 -artifact_prefix=build-fuzz/ -print_final_stats=0 \
    $out.corpus tests/fuzz/seeds/${1##*/fuzz_}' $(programs build-fuzz/fuzz_*)
for rc in "$logs"/*.rc; do
	count "$(cat "$rc")"
	[ "$(cat "$rc")" -eq 0 ] || {
		echo "FAILED: build-fuzz/$(basename "${rc%.rc}")"
		tail -n 40 "${rc%.rc}.log"
	}
done

say "man pages and scripts"
for page in */*.[158]; do
	mandoc -Tlint -W warning "$page"
	count $?
done
for script in tests/*.sh etc/init.d/*; do
	sh -n "$script"
	count $?
done

# run_system ARGUMENTS: those tests that pytest takes by them.
run_system() {
	/usr/bin/python3 -m pytest -q -p no:cacheprovider "$@" tests/system \
	    >"$log" 2>&1
	rc=$?
	cat "$log"
	last=$(tail -n 1 "$log")
	echo "$last" >"$log"
	passed=$((passed + $(number passed)))
	n=$(($(number failed) + $(number errors?)))
	[ "$rc" -eq 0 ] || [ "$n" -gt 0 ] || n=1
	failed=$((failed + n))
	skipped=$((skipped + $(number skipped)))
}

say "system tests, several at once"
run_system -n 6 --dist loadscope -m "not quiet and not alone"
say "system tests that measure times, several at once"
run_system -n 4 --dist loadscope -m quiet
say "system tests that want the host for themselves"
run_system -m alone

printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
