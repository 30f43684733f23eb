#!/bin/sh
# display.sh COMMAND...: runs a command on a display and a session bus of its own, with an empty home folder.
# TEST_SCREEN is its size. Exits 77 (skipped) where there is no Xvfb, or a program that TEST_NEEDS names.
for tool in xvfb-run dbus-run-session $TEST_NEEDS; do
    if ! command -v "$tool" >/dev/null; then
        echo "skipped: no $tool" >&2
        exit 77
    fi
done
home=$(mktemp -d) || exit 1
trap 'rm -rf "$home"' EXIT
export HOME="$home" XDG_DATA_HOME="$home/data" XDG_CONFIG_HOME="$home/config"
export XDG_RUNTIME_DIR="$home"
xvfb-run -a -s "-screen 0 ${TEST_SCREEN:-1600x1000}x24" dbus-run-session -- "$@"
