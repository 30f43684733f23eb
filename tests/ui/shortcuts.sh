#!/bin/sh
# shortcuts.sh APP_ACTIONS.C HELP-OVERLAY.UI: every key of the program's table is in its shortcuts window.
keys=$(sed -n 's/^ *{"[a-z]*\.[a-z:-]*", {"\([^"]*\)".*/\1/p' "$1")
[ -n "$keys" ] || exit 1
missing=0
for key in $keys; do
    if ! sed 's/&lt;/</g; s/&gt;/>/g' "$2" | grep -qE "accelerator\">([^<]* )?$key[ <]"; then
        echo "the shortcuts window lacks $key" >&2
        missing=1
    fi
done
exit $missing
