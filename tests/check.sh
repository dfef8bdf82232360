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
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

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

run_unit() {
	for test in "$1"/unit/test_*; do
		[ -x "$test" ] || continue
		case $test in *.d) continue ;; esac
		if ! "$test" >"$log" 2>&1; then
			echo "FAILED: $test"
			grep -vE '^\[( RUN|       OK)' "$log"
			grep -q '^\[  FAILED  \] [0-9]' "$log" ||
			    failed=$((failed + 1))
		fi
		sed -i -n 's/^\[  \(PASSED\|FAILED\)  \] \([0-9]*\) test(s).*/\2 \1/p' \
		    "$log"
		passed=$((passed + $(number PASSED)))
		failed=$((failed + $(number FAILED)))
	done
}

say "unit tests"
run_unit build
say "unit tests, address sanitizer"
run_unit build-asan

say "fuzz targets, over their seeds and for a moment"
mkdir -p build-fuzz/corpus
for target in build-fuzz/fuzz_*; do
	case $target in *.d) continue ;; esac
	[ -x "$target" ] || continue
	seeds=tests/fuzz/seeds/${target#build-fuzz/fuzz_}
	"$target" -runs=20000 -max_total_time=3 -timeout=5 -rss_limit_mb=512 \
	    -artifact_prefix=build-fuzz/ -print_final_stats=0 \
	    "build-fuzz/corpus" "$seeds" >"$log" 2>&1
	rc=$?
	rm -rf build-fuzz/corpus
	mkdir -p build-fuzz/corpus
	count $rc
	[ $rc -eq 0 ] || { echo "FAILED: $target"; tail -n 40 "$log"; }
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
run_system -n 4 --dist loadscope -m "not alone"
say "system tests that want the host for themselves"
run_system -m alone

printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
