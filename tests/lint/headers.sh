#!/bin/sh
# Every header compiles alone. $1: source root, $2: build root (generated headers); the rest: compiler and flags.
root=$1
build=$2
shift 2
bad=0
cd "$root" || exit 2
for header in $(find compute render ui -name '*.h'); do
    if ! printf '#include "%s"\n' "$header" |
        "$@" -std=gnu17 -fsyntax-only -Wall -Wextra -Wno-unused-parameter -Wno-unused-function -I"$root" \
            -I"$build/ui/core" -x c - 2>"$build/header.log"; then
        echo "$header"
        cat "$build/header.log"
        bad=1
    fi
done
exit $bad
