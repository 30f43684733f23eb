#!/bin/sh
# batch_kills.sh TINCTURE_DRIVE TINCTURE_CLI [PHOTOS]: many photos by the window, learned before, whose process is killed three
# times; each is exported once, while edits of the open photo go on. Says how long these took. The recipe is a file that the window writes, and the command line goes on by it.
set -eu
drive=$1 cli=$2 photos=${3:-4}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/photos"
for i in $(seq "$photos"); do
    cp "$TINCTURE_RESOURCES/samples/apple.png" "$dir/photos/apple-$i.png"
done
many=$dir/many

cat >"$dir/recipe.drive" <<END
wait device != none within 120
open $TINCTURE_RESOURCES/samples/apple.png
wait photo != none within 60
wait idle within 120
set source a photograph of a red apple
set edit.steps.text 2
set learn.steps.text 2
set prompt a photograph of a green apple
wait view result within 120
wait idle within 120
save-recipe $dir/plain.json
quit
END
"$drive" --data-dir "$dir/library" --drive "$dir/recipe.drive"
python3 - "$dir/plain.json" "$dir/green.recipe.json" <<'PY'
import json, sys
recipe = json.load(open(sys.argv[1]))
recipe["learns"] = True
recipe["export"].update(format="png", long_edge=128, sharpen="low")
json.dump(recipe, open(sys.argv[2], "w"))
PY

cat >"$dir/batch.drive" <<END
wait device != none within 120
wait idle within 120
batch-by $dir/green.recipe.json $many $dir/photos
wait job batch within 60
wait job none within 1800
quit
END
done_by_now() { find "$many" -maxdepth 1 -name '*.png' 2>/dev/null | wc -l; }
for kill in 1 2 3; do
    "$drive" --data-dir "$dir/library" --drive "$dir/batch.drive" >"$dir/said" 2>&1 &
    process=$!
    waited=0
    until [ "$(done_by_now)" -ge $((photos * kill / 4)) ]; do
        sleep 0.2
        waited=$((waited + 1))
        [ $waited -lt 6000 ] || { cat "$dir/said"; exit 1; }
    done
    kill -9 $process
    wait $process || true
    echo "killed with $(done_by_now) of $photos"
done
[ "$(done_by_now)" -lt "$photos" ]
find "$many" -maxdepth 1 -name '*.png' -exec sha256sum {} + | sort >"$dir/before"
find "$many" -maxdepth 1 -name '*.png' -printf '%f %T@\n' | sort >"$dir/times"

# Gone on with, the batch makes way for edits of the open photo.
{
    sed '/^wait job none/,$d' "$dir/batch.drive"
    for edit in 2 3 4; do
        printf 'run date +%%s.%%N\nset prompt a photograph of a blue apple number %s\n' $edit
        printf 'wait results %s within 120\nrun date +%%s.%%N\n' $edit
    done
    sed -n '/^wait job none/,$p' "$dir/batch.drive"
} >"$dir/edits.drive"
begun=$(date +%s)
"$drive" --data-dir "$dir/library" --drive "$dir/edits.drive" >"$dir/edits"
grep '^[0-9.]*$' "$dir/edits" | paste - - | awk '{ printf "an edit beside the batch: %.2f s\n", $2 - $1; n++ } END { exit n != 3 }'
echo "the rest after $(($(date +%s) - begun)) s"
[ "$(done_by_now)" = "$photos" ] && [ -s "$many/contact-sheet.html" ]
sha256sum --quiet -c "$dir/before"
find "$many" -maxdepth 1 -name '*.png' -printf '%f %T@\n' | sort | grep -cFxf "$dir/times" | grep -qx "$(wc -l <"$dir/times")"
[ "$(find "$many" -maxdepth 1 -type f | wc -l)" = $((photos + 1)) ] # and nothing half written

# The command line has the same recipe: it takes the folder as done, and draws the same pictures elsewhere.
"$cli" batch --recipe-from "$dir/green.recipe.json" --recipe-to "$dir/again.recipe.json" "$dir/photos" --out "$many" >"$dir/said"
grep -q "$photos of $photos photos are in the folder, $photos of them from before" "$dir/said"
"$cli" batch --recipe-from "$dir/again.recipe.json" "$dir/photos/apple-1.png" --out "$dir/other"
cmp "$many/apple-1.png" "$dir/other/apple-1.png"
