#!/bin/sh
# messages.sh TINCTURE_DRIVE: the buttons of messages are pressed in a real window. Undo takes back the removal it is
# about, Open Anyway opens what the program ended over, New Library sets a damaged library aside and starts again. A
# learned token that is dropped is named, also where no photo is open, and listed at the next start. A library that
# cannot be written to is copied, which can be seen and stopped.
set -eu
tincture=$1
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
library=$data/library

drive() { # the script on standard input
    cat >"$data/script.drive"
    "$tincture" --data-dir "$library" --drive "$data/script.drive"
}

python3 - "$data/toy.safetensors" <<'PY'
import json, struct, sys
head = json.dumps({"<b>": {"dtype": "F32", "shape": [192], "data_offsets": [0, 768]}}).encode()
open(sys.argv[1], "wb").write(struct.pack("<Q", len(head)) + head + struct.pack("<192f", *([0.1] * 192)))
PY
drive <<END
wait device != none within 120
drop $data/toy.safetensors
wait message contains Learned token <b>: write it in a sentence within 60
quit
END
drive <<END
wait device != none within 120
open $TINCTURE_RESOURCES/samples/apple.png
wait photo 512x512 within 60
assert widget.adapters.tokens visible
set source a red apple
set learn.steps.text 4
action win.learn
wait adapters 1 within 120
wait idle within 60
action win.remove-adapter(int64 1)
wait adapters 0
set source a green apple
click Undo
wait adapters 1
assert source a green apple
wait idle within 60
quit
END

printf "document apple.png" >"$data/library/opening"
drive <<END
wait message contains while apple.png was being opened within 120
assert photo none
assert toast yes
click Open Anyway
wait photo 512x512 within 120
assert source a green apple
wait toast no within 10
quit
END

# Where nothing can be written the library is copied, which a person sees and may stop.
cp -r "$data/library" "$data/kept"
rm -r "$data/kept/controls" 2>/dev/null || true
rm -r "$data/kept/embeddings"
touch "$data/kept/embeddings"
head -c 400000000 /dev/zero >"$data/kept/runs/much"
for i in 1 2 3 4 5 6 7; do ln "$data/kept/runs/much" "$data/kept/runs/much$i"; done
library=$data/kept
drive <<END
wait job library within 60
assert widget.opening contains Copying the library
action win.cancel
wait message contains shown as an empty one: the copying was stopped within 60
open $TINCTURE_RESOURCES/samples/apple.png
wait photo 512x512 within 120
assert source none
wait idle within 60
assert toast-text contains shown as an empty one
drop $data/none.png
wait message contains none.png could not be opened within 60
wait toast-text contains none.png could not be opened within 10
wait idle within 60
drop $data/no.txt
wait message contains no.txt could not be opened within 60
wait toast-text contains no.txt could not be opened within 10
key Escape
wait toast-text contains shown as an empty one within 10
key Escape
wait toast no within 10
quit
END
rm "$library/runs/"much*
drive <<END
wait message contains Nothing that you do now will be kept within 60
wait photo 512x512 within 120
assert source a green apple
wait idle within 60
assert toast-text contains Nothing that you do now will be kept
quit
END
library=$data/library

# Two that come together can both be read, and the one that lasts stays.
printf "document apple.png" >"$library/opening"
cp "$library/library.db" "$library/embeddings/no-token.safetensors"
drive <<END
wait message contains A learned token is left out within 120
wait toast-text contains A learned token is left out within 10
key Escape
wait toast-text contains while apple.png was being opened within 10
click Open Anyway
wait photo 512x512 within 120
wait toast no within 10
quit
END
rm "$library/embeddings/no-token.safetensors"

head -c 20000 /dev/zero | tr '\0' x >"$data/library/library.db"
rm -f "$data/library/library.db-wal" "$data/library/library.db-shm"
cat >"$data/again.drive" <<END
run touch $data/again
wait device != none within 120
open $TINCTURE_RESOURCES/samples/apple.png
wait photo 512x512 within 60
assert adapters 0
quit
END
export TINCTURE_DRIVE_NEXT="$data/again.drive"
drive <<END
wait message contains damaged within 60
click New Library
wait end within 60
END
[ -e "$data/again" ] || { echo "messages: it did not start again" >&2; exit 1; }
[ -s "$data/library/library-aside-1.db" ] || { echo "messages: the damaged library is gone" >&2; exit 1; }
