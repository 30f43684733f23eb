#!/bin/sh
# Every header compiles alone. $1: source root, $2: build root (generated headers); the rest: compiler and flags.
root=$1
build=$2
shift 2
cd "$root" || exit 2
# An empty file behind the header, and paths from the root on: so that ccache, where the compiler goes through it, knows a
# header that has not changed, in another build folder, too.
check='header=$1; shift
"$@" -include "$header" tests/lint/empty.c 2>&1 || { echo "$header"; exit 1; }'
# -I{} puts the header's name before the compiler; a failure of any of them is xargs's.
find compute render ui tests -name "*.h" | xargs -P "$(nproc)" -I{} sh -c "$check" sh {} \
    "$@" -std=gnu17 -fsyntax-only -Wall -Wextra -Wno-unused-parameter -Wno-unused-function -I. "-I$build/ui/core" ||
    exit 1
