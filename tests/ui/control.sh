#!/bin/sh
# control.sh TINCTURE_DRIVE TINCTURE_CLI: a control that is dropped on the window brings Keep the Edges, whose value is
# kept with the photo; without its file the value can still be set back, and until then an edit says what is missing.
set -eu
tincture=$1 cli=$2
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT

drive() { # the script on standard input
    cat >"$data/script.drive"
    "$tincture" --data-dir "$data/library" --drive "$data/script.drive"
}

"$cli" train --control canny --image "$TINCTURE_RESOURCES/samples/apple.png" --prompt "a red apple" --steps 2 --batch 1 \
    --out "$data/edges.safetensors"
if [ ! -e "$TINCTURE_RESOURCES/starter/controls" ]; then
    absent="assert inside.edit.keep_edges no"
fi
drive <<END
size 1280x900
wait device != none within 120
open $TINCTURE_RESOURCES/samples/apple.png
wait photo 512x512 within 60
wait idle within 60
${absent:-}
drop $data/edges.safetensors
wait message contains edges is kept as a control of this model within 60
wait adapters 0
wait idle within 60
assert widget.edit.keep_edges 0
set source a red apple
set edit.steps.text 2
set prompt a green apple
wait view result within 120
export $data/free.png
wait message contains Exported free.png within 60
set edit.keep_edges.text 0.8
assert param.keep_edges 0.8
wait idle within 120
export $data/kept.png
wait message contains Exported kept.png within 60
action win.undo
assert param.keep_edges 0
action win.redo
assert widget.edit.keep_edges 0.8
wait idle within 120
snapshot ${TINCTURE_SNAPSHOT:-$data/control.png}
quit
END
cmp -s "$data/free.png" "$data/kept.png" && { echo "control: the edges changed nothing" >&2; exit 1; }
[ -s "$data/library/controls/edges.safetensors" ] || { echo "control: the file was not kept" >&2; exit 1; }

drive <<END
wait photo 512x512 within 60
wait idle within 120
assert widget.edit.keep_edges 0.8
quit
END

[ -z "${absent:-}" ] && exit 0
rm "$data/library/controls/edges.safetensors"
drive <<END
wait photo 512x512 within 60
wait idle within 120
assert widget.edit.keep_edges 0.8
set prompt a blue apple
wait message contains no control of edges within 60
set edit.keep_edges.text 0
wait view result within 120
quit
END
