#!/bin/sh
# Makes the pictures of the manual anew, from the running window:
#
#   resources/help/pictures.sh [BUILD]    the build folder, else ./build
#
# Takes Xvfb, dbus, and Python with Pillow (PYTHON says which), which makes the files small.
set -eu
help=$(cd "$(dirname "$0")" && pwd)
resources=$(dirname "$help")
build=$(cd "${1:-$resources/../build}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TINCTURE_RESOURCES="$resources" GSETTINGS_SCHEMA_DIR="$build/resources" GSETTINGS_BACKEND=memory GSK_RENDERER=cairo

drive() { # the script on standard input
    cat >"$work/script.drive"
    sh "$resources/../tests/ui/display.sh" "$build/tests/ui/drive/tincture-drive" --data-dir "$work/library" \
        --drive "$work/script.drive"
}

drive <<END
size 1280x800
wait device != none within 120
open $resources/samples/dahlia.jpg
wait photo != none within 60
wait idle within 300
set source a photograph of a flower
wait idle within 120
action win.select::flower
wait coverage >= 1 within 300
wait idle within 300
wait overlay yes within 30
snapshot $work/where.png
action win.show-mask
set prompt a photograph of a blue flower
wait view result within 600
wait idle within 600
action win.compare
split 0.5
wait idle within 60
snapshot $work/edit.png
END
drive <<END
size 1280x800
wait device != none within 120
action win.subject
drop $resources/claims/fox/1.png $resources/claims/fox/2.png $resources/claims/fox/3.png $resources/claims/fox/4.png
wait subject-photos 4 within 60
set subject.kind fox
wait idle within 60
snapshot $work/subject.png
action win.leave-page
action win.sticker
set sticker.prompt a red apple
set sticker.outline.text 12
click sticker.draw
wait widget.sticker.preview visible within 300
wait job none within 300
snapshot $work/sticker.png
action win.leave-page
action win.workshop
wait widget.workshop.measure visible within 10
drop $resources/starter/styles/line.safetensors $resources/starter/styles/pixel.safetensors
wait widget.workshop.1 on within 60
click workshop.measure
wait widget.workshop.results visible within 300
snapshot $work/workshop.png
END

# A screen has few colours but for its photos: 128 of them, dithered, are a sixth of the bytes.
"${PYTHON:-python3}" - "$work" "$help" <<'PY'
import pathlib
import sys

from PIL import Image

for path in sorted(pathlib.Path(sys.argv[1]).glob("*.png")):
    image = Image.open(path).convert("RGB").resize((1024, 640), Image.LANCZOS)
    image.quantize(128).save(pathlib.Path(sys.argv[2]) / path.name, optimize=True)
    print(path.name)
PY
