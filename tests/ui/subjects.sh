#!/bin/sh
# subjects.sh TINCTURE_DRIVE TINCTURE_CLI FOLDER: the whole way with subjects. One is learned from four pictures, then two
# together, stopped and gone on with after a start, and two by their masks; both are used in an edit of another photo, inside a mask
# and along its edges; and the workshop opens. Screenshots in two sizes of window go into FOLDER.
set -eu
tincture=$1 cli=$2 shots=$3
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
mkdir -p "$shots"

drive() { # the script on standard input
    cat >"$data/script.drive"
    "$tincture" --data-dir "$data/library" --drive "$data/script.drive"
}

for i in 1 2 3 4; do
    "$cli" generate --prompt "a photograph of a dog" --steps 8 --seed $i --out "$data/dog$i.png"
    "$cli" generate --prompt "a photograph of a car" --steps 8 --seed $i --out "$data/car$i.png"
done
"$cli" train --control canny --image "$data/dog1.png" --prompt "a dog" --steps 2 --batch 1 --out "$data/edges.safetensors"

drive <<END
size 1400x900
wait device != none within 120
action win.subject
wait widget.subject.word <rex> within 10
drop $data/dog1.png $data/dog2.png $data/dog3.png $data/dog4.png
wait subject-photos 4 within 60
set subject.kind dog
wait widget.subject.words contains In sentences it is called
snapshot $shots/photos.png
size 1024x600
wait inside.subject.add yes
snapshot $shots/photos-small.png
size 1400x900

# A frame and a word for the first one.
click Crop, mask and describe dog1.png
wait widget.subject-photo.hint contains Frame what counts within 60
wait idle within 60
action win.tool::frame
drag 0.05 0.05 0.95 0.95
wait region != none
action win.select::dog
wait mask-steps 1 within 300
wait coverage >= 1 within 60
snapshot $shots/photo.png
size 1024x600
wait inside.source yes
wait inside.where.place yes
snapshot $shots/photo-small.png
size 1400x900
action win.leave-page
wait widget.subject.another visible

# One alone.
set subject.steps.text 4
set subject.class_pictures.text 2
set subject.crops.text 2
click subject.learn
wait subject-steps >= 1 within 300
snapshot $shots/learning.png
wait message contains Learned the subject within 300
assert subject-samples 3
snapshot $shots/learned.png

# Two together. As segments each photo needs a mask, and only one has.
click subject.another
wait widget.subject2.word <mia>
drop $data/car1.png $data/car2.png
wait subject-photos 6 within 60
set subject2.kind car
set subject.steps.text 6
set subject.class_pictures.text 2
set subject.crops.text 2
set subject.pairs.text 2
set subject.mix segments
click subject.learn
wait message contains has none within 10
assert job none
snapshot $shots/two.png
size 1024x600
wait inside.subject2.kind yes
snapshot $shots/two-small.png
size 1400x900
set subject.mix halves
click subject.learn
wait subject-steps 0 within 10
wait subject-steps >= 2 within 300
action win.cancel
wait job none within 60
wait widget.subject.resume visible
wait widget.subject.resume-text contains <rex> dog, <mia> car
quit
END

drive <<END
size 1400x900
wait device != none within 120
action win.subject
wait subject-photos 6 within 60
assert widget.subject2.kind car
wait widget.subject.resume-text contains of 6 steps of <rex> dog, <mia> car within 60
click subject.resume
wait message contains “a photograph of a <rex> dog and a <mia> car” within 300
assert subject-samples 4
snapshot $shots/two-learned.png

# On another photo, inside a mask, along its edges.
action win.leave-page
open $TINCTURE_RESOURCES/samples/friends.png
wait photo != none within 60
wait idle within 120
drop $data/edges.safetensors
wait message contains edges is kept within 60
action win.subject
click Use <rex> dog, <mia> car on the open photo
wait adapters 1 within 60
assert adapter.0.name <rex> dog, <mia> car
assert adapter.0.enabled yes
wait idle within 120
set source a photograph of a dog
set edit.steps.text 4
action win.tool::rectangle
drag 0.1 0.1 0.6 0.9
wait mask-steps 1
set prompt a photograph of a <rex> dog
wait view result within 300
wait idle within 120
set edit.keep_edges.text 0.6
wait view result within 300
wait idle within 120
set control.name edges
wait widget.control.hint visible
wait idle within 120
tab control.name
snapshot $shots/edit.png
size 1024x600
back prompt
tab control.name
wait inside.control.name yes
tab win.choose-hint
wait inside.control.from-file yes
snapshot $shots/edit-small.png
size 1400x900
action win.workshop
wait inside.workshop.measure yes
wait idle within 60
snapshot $shots/workshop.png
action win.leave-page
wait widget.back hidden
quit
END
# Two as segments, each photo with a mask beside it.
python3 - "$data" <<'PY'
import struct, sys, zlib
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
for name in ("dog1", "dog2", "car1", "car2"):
    width, height = struct.unpack(">II", open(f"{sys.argv[1]}/{name}.png", "rb").read(24)[16:])
    rows = b"".join(b"\0" + bytes(255 * (width < 4 * x < 3 * width and height < 4 * y < 3 * height) for x in range(width))
                    for y in range(height))
    with open(f"{sys.argv[1]}/{name}-masklabel.png", "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) +
                chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
PY
cat >"$data/script.drive" <<END
size 1400x900
wait device != none within 120
action win.subject
wait widget.subject.word <rex> within 10
drop $data/dog1.png $data/dog2.png
wait subject-photos 2 within 60
set subject.kind dog
click subject.another
wait widget.subject2.word <mia>
drop $data/car1.png $data/car2.png
wait subject-photos 4 within 60
set subject2.kind car
set subject.steps.text 4
set subject.class_pictures.text 2
set subject.crops.text 2
set subject.pairs.text 2
set subject.mix segments
click subject.learn
wait subject-steps >= 1 within 300
wait message contains “a photograph of a <rex> dog and a <mia> car” within 300
assert subject-samples 4
snapshot $shots/segments.png
quit
END
"$tincture" --data-dir "$data/segments" --drive "$data/script.drive"
for shot in photos photo learning learned two two-learned segments edit workshop; do
    [ -s "$shots/$shot.png" ] || { echo "subjects: no $shot.png" >&2; exit 1; }
done
