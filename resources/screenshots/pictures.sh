#!/bin/sh
# Takes pictures of the running window.
#
#   resources/screenshots/pictures.sh [BUILD]              makes those of the manual, the README and the store anew
#   resources/screenshots/pictures.sh --all DIR [BUILD]    every page, to be looked at: in light and dark, narrow and wide, from
#                                                          right to left, in German, at twice the density; with contact sheets
#
# BUILD is the build folder, else ./build. Takes Xvfb, dbus, and Python with Pillow (PYTHON says which).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
resources=$(dirname "$here")
all=
[ "${1:-}" != --all ] || { mkdir -p "$2" && all=$(cd "$2" && pwd) && shift 2; }
build=$(cd "${1:-$resources/../build}" && pwd)
python=${PYTHON:-python3}
"$python" -c 'import PIL' || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TINCTURE_RESOURCES="$resources" GSETTINGS_SCHEMA_DIR="$build/resources" GSETTINGS_BACKEND=memory GSK_RENDERER=cairo

# The script on standard input; what moves stands still.
drive() {
    cat >"$work/script.drive"
    sh "$resources/../tests/ui/display.sh" sh -c 'mkdir -p "$XDG_CONFIG_HOME/gtk-4.0" &&
        printf "[Settings]\ngtk-enable-animations=false\n" >"$XDG_CONFIG_HOME/gtk-4.0/settings.ini" && exec "$@"' sh \
        "$build/tests/ui/drive/tincture-drive" --data-dir "$work/library" --drive "$work/script.drive"
}

# ---- the pages -----------------------------------------------------------------------------------
# Each says "shot NAME" where there is something to be seen, and leaves the window as it found it.

start() {
    cat <<END
wait device != none within 120
$(shot start)
END
}

# From nothing to an edit inside a mask, with all that is made on the way.
edit() {
    for photo in coffee.png raccoon.jpg pagoda.jpg cat.png; do
        cat <<END
open $resources/samples/$photo
wait title $photo within 60
wait idle within 120
END
    done
    cat <<END
open $resources/samples/dahlia.jpg
wait title dahlia.jpg within 60
wait idle within 300
$(shot editor-empty)
set source a photograph of a flower
wait idle within 120
action win.select::flower
wait coverage >= 1 within 300
wait idle within 300
wait overlay yes within 30
$(shot mask)
action win.show-mask
set learn.steps.text 12
action win.learn
wait adapters 1 within 600
wait idle within 300
$(shot learn)
set prompt a photograph of a blue flower
wait view result within 600
wait idle within 600
$(shot edit)
action win.vary
wait variations 4 within 600
wait idle within 300
$(shot variations)
click variations.close
action win.tool::hand
action win.compare
split 0.5
wait idle within 60
$(shot compare)
action win.compare
END
}

library() {
    cat <<END
action win.show-library
wait widget.catalogue.grid >= 1
$(shot library)
action win.leave-page
END
}

# Something runs, and something waits.
queue() {
    cat <<END
set learn.steps.text 2000
action win.learn
wait job learn within 60
wait loss-steps >= 2 within 120
batch $work/many $resources/samples/apple.png $resources/samples/cat.png
wait inside.show-queue yes within 10
$(shot learning)
action win.queue
wait rows.queue.jobs 2 within 20
$(shot queue)
action win.leave-page
action win.cancel
wait job batch within 120
action win.cancel
wait job none within 120
END
}

batch() {
    cat <<END
run rm -rf $work/many
batch $work/many $resources/samples/apple.png $resources/samples/samples.json
wait dialog AdwMessageDialog within 300
$(shot batch)
close-dialog
END
}

models() {
    cat <<END
action win.models
wait widget.model.0 visible within 60
set model.0 on
$(shot models)
action win.leave-page
END
}

subject() {
    cat <<END
action win.subject
drop $resources/claims/fox/1.png $resources/claims/fox/2.png $resources/claims/fox/3.png $resources/claims/fox/4.png
wait subject-photos 4 within 60
set subject.kind fox
wait idle within 60
$(shot subject)
action win.leave-page
END
}

style() {
    cat <<END
action win.style
$(shot style)
action win.leave-page
END
}

sticker() {
    cat <<END
action win.sticker
$(shot sticker-empty)
set sticker.prompt a red apple
set sticker.outline.text 12
click sticker.draw
wait widget.sticker.preview visible within 300
wait job none within 300
$(shot sticker)
action win.leave-page
END
}

workshop() {
    cat <<END
action win.workshop
wait widget.workshop.measure visible within 10
drop $resources/starter/styles/line.safetensors $resources/starter/styles/pixel.safetensors
wait widget.workshop.1 on within 60
click workshop.measure
wait widget.workshop.results visible within 300
$(shot workshop)
action win.leave-page
END
}

dialogs() {
    for each in app.preferences:preferences win.show-help-overlay:shortcuts win.about:about; do
        cat <<END
action ${each%:*}
wait dialog != none within 10
$(shot "${each#*:}")
close-dialog
wait dialog none within 10
END
    done
}

# ---- the manual, the README and the store --------------------------------------------------------

if [ -z "$all" ]; then
    shot() {
        echo "run sleep 0.3"
        echo "snapshot $work/$1.png"
    }
    { echo "size 1280x800" && start && edit && library; } | drive
    { echo "size 1280x800" && echo "wait device != none within 120" && subject && sticker && workshop; } | drive
    # A screen has few colours but for its photos: 128 of them, dithered, are a sixth of the bytes, and enough for the manual.
    "$python" - "$work" "$resources/help" "$here" <<'PY'
import pathlib
import sys

from PIL import Image

work, manual, screenshots = map(pathlib.Path, sys.argv[1:])
for name, as_name in {"mask": "where", "compare": "edit", "subject": "subject", "sticker": "sticker", "workshop": "workshop",
                      "library": "library"}.items():
    image = Image.open(work / f"{name}.png").convert("RGB").resize((1024, 640), Image.LANCZOS)
    image.quantize(palette=image.quantize(128), dither=Image.Dither.FLOYDSTEINBERG).save(manual / f"{as_name}.png", optimize=True)
    print(f"help/{as_name}.png")
for name, as_name in {"compare": "window", "subject": "subject", "sticker": "sticker", "library": "library"}.items():
    Image.open(work / f"{name}.png").convert("RGB").save(screenshots / f"{as_name}.png", optimize=True)
    print(f"screenshots/{as_name}.png")
PY
    exit
fi

# ---- all of them ---------------------------------------------------------------------------------

# What a run takes of each page: words of WIDTHxHEIGHT/SCHEME/DIRECTION, by which its file is called.
kinds=
shot() {
    for kind in $kinds; do
        size=${kind%%/*} direction=${kind##*/} scheme=${kind#*/}
        scheme=${scheme%/*}
        case $1 in
        preferences | shortcuts | about | batch) take=snapshot-dialog ;;
        *) take=snapshot ;;
        esac
        cat <<END
size $size
action app.style-variant::$scheme
direction $direction
run sleep 0.3
$take $all/$1-$run-$size-$scheme-$direction.png
END
    done
    echo "direction right"
}
# shot()'s directions are where text runs to, as the drive's.
run=english
kinds="1400x900/light/right 1400x900/dark/right 1400x900/light/left 1024x600/light/right 1024x600/dark/left"
{ start && edit && library && queue && batch && models && subject && style && sticker && workshop && dialogs; } | drive

# The same library in German, and with a screen of twice the density.
again() {
    echo "wait device != none within 120"
    echo "wait view result within 300"
    echo "wait idle within 300"
    shot edit
    library && queue && batch && models && subject && style && sticker && workshop && dialogs
}
run=german kinds="1400x900/light/right 1024x600/light/right"
export LANGUAGE=de LC_ALL="$(locale -a | grep -m 1 -e '^de_DE' -e '^C.utf8')"
again | drive
unset LANGUAGE LC_ALL
run=double kinds="1400x900/light/right"
export GDK_SCALE=2 TEST_SCREEN=2880x1880
again | drive

"$python" - "$all" <<'PY'
import pathlib
import sys

from PIL import Image, ImageDraw

folder = pathlib.Path(sys.argv[1])
paths = sorted(path for path in folder.glob("*.png") if not path.name.startswith("sheet-"))
for start in range(0, len(paths), 6):
    sheet = Image.new("RGB", (2100, 1000), "gray")
    for i, path in enumerate(paths[start:start + 6]):
        image = Image.open(path).convert("RGB")
        image.thumbnail((690, 470), Image.LANCZOS)
        x, y = i % 3 * 700 + 5, i // 3 * 500 + 5
        sheet.paste(image, (x, y + 20))
        ImageDraw.Draw(sheet).text((x, y), path.name, fill="white")
    sheet.save(folder / f"sheet-{start // 6:02}.png")
print(f"{len(paths)} pictures in {folder}")
PY
