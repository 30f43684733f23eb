#!/bin/sh
# comma.sh COMMAND...: runs a command in a language that writes 0,5. Where the system has none it is built in a
# temporary folder; exits 77 (skipped) where that cannot be done.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
export LC_ALL=de_DE.UTF-8
unset LANGUAGE
if [ "$(locale decimal_point 2>/dev/null)" != , ]; then
    localedef -i de_DE -f UTF-8 "$dir/$LC_ALL" 2>/dev/null
    export LOCPATH="$dir"
fi
if [ "$(locale decimal_point 2>/dev/null)" != , ]; then
    echo "skipped: no $LC_ALL, and localedef cannot build it (its sources are in the package locales)" >&2
    exit 77
fi
"$@"
