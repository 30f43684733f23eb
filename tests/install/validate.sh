#!/bin/sh
# validate.sh TOOL ARGUMENT...: the tool finds no fault and has nothing to say; skipped where it is not installed.
command -v "$1" >/dev/null || {
    echo "skipped: no $1" >&2
    exit 77
}
said=$("$@" 2>&1) || {
    echo "$said" >&2
    exit 1
}
case $said in
*hint:* | *warning:*)
    echo "$said" >&2
    exit 1
    ;;
esac
