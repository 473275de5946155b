#!/usr/bin/env bash
# Runs the Go benchmarks of two revisions and compares them with benchstat: bench/compare.sh BASE PACKAGE...
#
# The test binaries of both are built first; then each package's benchmarks run once here, once there, BENCHCOUNT times over. Whatever
# else the machine does, and its changing clock, meets both alike: two long runs one after the other would not say which was slower.
set -euo pipefail
cd "$(dirname "$0")/.."
base=$1
shift
here=$PWD
out=$here/.tools/compare
GO=${GO:-go} BENCHCOUNT=${BENCHCOUNT:-8} BENCHTIME=${BENCHTIME:-1s} BENCH=${BENCH:-.}
rm -rf "$out" && mkdir -p "$out/bin"
git worktree prune
git worktree add -q --detach "$out/base" "$base"
trap 'git -C "$here" worktree remove --force "$out/base"' EXIT

# build SIDE: a test binary of each package of that revision that has benchmarks, named by its folder.
build() {
  local package dir
  for package in "${@:2}"; do
    for dir in $($GO list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.Dir}}{{end}}' "$package" 2>/dev/null); do
      if grep -qsE '^func Benchmark' "$dir"/*_test.go; then
        dir=${dir#"$PWD"/}
        mkdir -p "$out/bin/$1/$dir"
        $GO test -c -o "$out/bin/$1/$dir/bench.test" "./$dir"
      fi
    done
  done
}
build head "$@"
(cd "$out/base" && build base "$@")

# run SIDE ROOT DIR: one round, in the package's own folder, as go test would run it.
run() {
  [ -x "$out/bin/$1/$3/bench.test" ] || return 0
  echo "pkg: $3" >> "$out/$1.txt"
  (cd "$2/$3" && "$out/bin/$1/$3/bench.test" -test.run '^$' -test.bench "$BENCH" -test.benchmem -test.benchtime "$BENCHTIME" -test.timeout 0) |
    grep -E '^(Benchmark|goos|goarch|cpu|---)' >> "$out/$1.txt" || echo "no results of $1 in $3" >&2
}
: > "$out/base.txt"
: > "$out/head.txt"
dirs=$(cd "$out/bin" && find . -name bench.test | sed -E 's#^\./(head|base)/##; s#/bench.test$##' | sort -u)
[ -n "$dirs" ] || { echo "no benchmarks in $*" >&2; exit 1; }
for round in $(seq "$BENCHCOUNT"); do
  echo "round $round of $BENCHCOUNT" >&2
  for dir in $dirs; do
    run base "$out/base" "$dir"
    run head "$here" "$dir"
  done
done
"${BENCHSTAT:-benchstat}" base="$out/base.txt" head="$out/head.txt"
