#!/bin/bash
# main_job.sh TINCTURE_DRIVE CHECK_EXPORT TINCTURE_CLI [FOLDER]: the whole job in the real window. Open a photo of more than twelve
# megapixels, describe it, learn it with SVDiff and with OFT, rewrite the description, move two sliders, undo,
# compare, export picture and adapter; then be killed with -9 in the middle of training, start again and find
# everything. Screenshots and exports are left in FOLDER (default: main-job in the current folder).
set -eu
tincture=$1
check_export=$2
cli=$3
folder=$(mkdir -p "${4:-main-job}" && cd "${4:-main-job}" && pwd)
photo="$TINCTURE_RESOURCES/samples/dandelion.jpg"
source='a photograph of a dandelion in a meadow'
prompt='a photograph of a yellow dandelion in a meadow'
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
rm -f "$folder"/*.png "$folder"/*.safetensors

fail() {
    echo "main job: $1" >&2
    exit 1
}

cat >"$data/first.drive" <<END
size 1400x900
wait device != none within 120
snapshot $folder/1-start.png
open $photo
wait photo 5312x2988 within 120
set source $source
assert source $source
set learn.method SVDiff
set learn.steps.text 60
assert learn.steps 60
action win.learn
wait job learn step 30 within 300
snapshot $folder/2-learn.png
wait adapters 1 within 300
wait idle within 120
assert adapter.0.method svdiff
assert adapter.0.total >= 1
set learn.method OFT
assert learn.method oft
set learn.steps.text 60
action win.learn
wait job learn step 30 within 300
wait adapters 2 within 300
wait idle within 120
assert adapter.1.method oft
set prompt $prompt
wait view preview within 120
snapshot $folder/3-preview.png
wait view result within 120
wait result.0.prompt $prompt
param inversion 0.8
param guidance 5
wait idle within 120
assert param.inversion 0.8
assert param.guidance 5
assert widget.edit.guidance 5
param structure 0.4
assert param.structure 0.4
action win.undo
wait param.structure 0
assert widget.edit.structure 0
assert can-redo yes
wait idle within 120
assert view result
action win.compare
assert compare yes
split 0.45
snapshot $folder/4-compare.png
action win.zoom-actual
wait closeup contains both within 120
snapshot $folder/4-actual-size.png
action win.zoom-fit
action app.style-variant::dark
snapshot $folder/5-dark.png
export $folder/edited.png
wait widget.job.far contains % within 20
wait idle within 120
export $folder/edited.jpg
wait idle within 120
export-adapter $folder/adapter.safetensors
wait idle within 120
set learn.steps.text 2000
action win.learn
wait job learn step 40 within 300
print loss-steps
wait end within 300
END

cat >"$data/second.drive" <<END
size 1400x900
wait photo 5312x2988 within 120
assert title dandelion.jpg
assert source $source
assert prompt $prompt
assert widget.prompt $prompt
assert param.inversion 0.8
assert param.guidance 5
assert param.structure 0
assert widget.edit.guidance 5
assert learn.method oft
assert learn.steps 2000
assert adapters 2
assert adapter.0.method svdiff
assert adapter.1.method oft
assert results >= 1
wait can-resume yes within 60
assert resume-step >= 1
snapshot $folder/6-found-again.png
action win.resume
wait job learn step +5 within 120
assert message none
action win.cancel
wait idle within 120
restore 0
wait view result within 120
open $folder/adapter.safetensors
wait adapters 3 within 120
wait adapter.2.applied >= 1 within 120
snapshot $folder/7-adapter-added.png
open $folder/edited.png
wait title edited.png within 120
assert photo 5312x2988
END

"$tincture" --data-dir "$data/library" --drive "$data/first.drive" >"$data/out" &
pid=$!
until grep -q loss-steps "$data/out"; do
    kill -0 $pid 2>/dev/null || fail "the first run ended before the training could be killed"
    sleep 0.2
done
touch "$data/mark"
until find "$data/library/runs" -name '*.safetensors' -newer "$data/mark" | grep -q .; do
    kill -0 $pid 2>/dev/null || fail "the first run ended before it had kept a step"
    sleep 0.2
done
kill -9 $pid
wait $pid 2>/dev/null || true

for file in edited.png edited.jpg adapter.safetensors; do
    [ -s "$folder/$file" ] || fail "$file was not exported"
done
"$check_export" "$photo" "$folder/edited.png" "$folder/edited.jpg"
"$tincture" --data-dir "$data/library" --drive "$data/second.drive" || fail "not everything was found again"
"$cli" library export 1 --data-dir "$data/library" --out "$data/all.tincture" || fail "its document was not exported"
"$cli" library import "$data/all.tincture" --data-dir "$data/elsewhere" | grep -q " results" || fail "its document was not imported"
results() { "$cli" library info --json --data-dir "$1" | grep -o '"results" *: *[0-9]*'; }
[ "$(results "$data/library")" = "$(results "$data/elsewhere")" ] || fail "not every result came along"
echo "main job: done, see $folder"
