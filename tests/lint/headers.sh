#!/bin/sh
# Every header compiles alone: the build shows it of one that its own C file includes before all else, this of the others.
# $1: source root, $2: build root (generated headers); the rest: compiler and flags.
root=$1
build=$2
shift 2
cd "$root" || exit 2
# An empty file behind the header, and paths from the root on: so that ccache, where the compiler goes through it, knows a
# header that has not changed, in another build folder, too.
check='header=$1; shift
"$@" -include "$header" tests/lint/empty.c 2>&1 || { echo "$header"; exit 1; }'
others() {
    find compute render ui tests -name "*.h" | while read -r header; do
        [ "$(grep -m1 '^#include' "${header%.h}.c" 2>/dev/null)" = "#include \"$header\"" ] || echo "$header"
    done
}
# -I{} puts the header's name before the compiler; a failure of any of them is xargs's.
others | xargs -P "$(nproc)" -I{} sh -c "$check" sh {} \
    "$@" -std=gnu17 -fsyntax-only -Wall -Wextra -Wno-unused-parameter -Wno-unused-function -I. "-I$build/ui/core" ||
    exit 1
