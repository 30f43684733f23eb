#!/bin/sh
# shortcuts.sh HELP-OVERLAY.UI SOURCE...: every key of the program's tables is in its shortcuts window.
overlay=$1
shift
keys=$(sed -n 's/^ *{"[a-z]*\.[a-z:()1-]*", {"\([^"]*\)".*/\1/p' "$@")
[ -n "$keys" ] || exit 1
missing=0
for key in $keys; do
    if ! sed 's/&lt;/</g; s/&gt;/>/g' "$overlay" | grep -qE "accelerator\">([^<]* )?$key[ <]"; then
        echo "the shortcuts window lacks $key" >&2
        missing=1
    fi
done
exit $missing
