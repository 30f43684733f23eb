#!/bin/sh
# What pictures are written as: sizes, sharpening, formats, colour spaces, on `export` and on what edits.  $1: tincture-cli
. "$(dirname "$0")/tap.sh"
cli=$(realpath "$1")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
samples=$TINCTURE_RESOURCES/samples
cd "$dir" || exit 1

field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
refused() { # refused STATUS SENTENCE WORDS...
    wanted=$1 sentence=$2
    shift 2
    "$cli" "$@" >out 2>said
    [ $? = "$wanted" ] && grep -q -- "$sentence" said
    check $? "$wanted: $sentence"
}

for format in png jpeg tiff webp; do
    "$cli" export --image "$samples/dahlia.jpg" --format $format --long-edge 200 --sharpen standard --out "o.$format" 2>said &&
        [ "$("$cli" info --json "o.$format" | field format)" = $format ] &&
        "$cli" info --json "o.$format" | grep -q '"\(width\|height\)" : 200' 
    check $? "$format of 200 pixels"
done

"$cli" export --image "$samples/cat.png" --percent 50 --bits 16 --out half.tif && [ "$("$cli" info --json half.tif | field bits)" = 16 ]
check $? "half the size, 16 bits"

"$cli" export --image "$samples/cat.png" --out same.png && "$cli" export --image "$samples/cat.png" --sharpen high --out sharp.png &&
    python3 - same.png sharp.png "$samples/cat.png" <<'PY'
import sys
try:
    from PIL import Image, ImageChops
except ImportError:
    sys.exit(0)
same, sharp, photo = (Image.open(p).convert("RGB") for p in sys.argv[1:])
assert ImageChops.difference(same, photo).getbbox() is None
assert ImageChops.difference(sharp, photo).getbbox() is not None
PY
check $? "as it is to the bit, or sharper"

# An edit of that size is the edit, written, in that size.
edit() { "$cli" edit --image "$samples/apple.png" --source-prompt "a red apple" --prompt "a green apple" --steps 2 --size 64 "$@" 2>said; }
edit --bits 16 --out whole.png && edit --long-edge 100 --sharpen low --out small.png &&
    "$cli" export --image whole.png --bits 8 --long-edge 100 --sharpen low --out other.png && python3 - small.png other.png <<'PY'
import sys
try:
    from PIL import Image, ImageChops
except ImportError:
    sys.exit(0)
a, b = (Image.open(p).convert("RGB") for p in sys.argv[1:])
assert a.size == b.size and max(a.size) == 100
assert max(high for low, high in ImageChops.difference(a, b).getextrema()) <= 1
PY
check $? "edit and export give the same pixels"

refused 2 "both say the size" export --image "$samples/cat.png" --percent 20 --long-edge 100 --out o.png
refused 2 "format: 'gif' is not one of" export --image "$samples/cat.png" --format gif --out o.png
refused 2 "format: 'gif' is not one of" batch "$samples/cat.png" --prompt a --format gif --out many
refused 2 "is no picture's ending, and --format asks for TIFF, which ends in .tif" export --image "$samples/cat.png" --format tiff --out o.xyz
refused 2 "asks for TIFF, and that ending is a PNG file's" export --image "$samples/cat.png" --format tiff --out o.png
refused 2 "has 8 bits a channel" export --image "$samples/cat.png" --bits 16 --out o.jpg
refused 2 "pictures can be saved as" export --image "$samples/cat.png" --out o.xyz
refused 2 "the photo itself" export --image o.png --out o.png
refused 1 "o" export --image "$samples/none.png" --out new.png
refused 2 "there is no --learn$" batch "$samples/cat.png" --prompt a --learn-steps 5 --out many
[ ! -e new.png ] && [ ! -e many ]
check $? "what is refused writes nothing"

"$cli" generate --prompt a --style line:0 --steps 1 --size 64 --out o.png >out 2>said
grep -q "at strength 0 it has no effect" said
check $? "a style at strength 0 says so"

[ "$("$cli" adapter dialects --json | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["dialects"]))')" = "$("$cli" adapter dialects | wc -l)" ]
check $? "dialects as JSON"
echo "1..$n"
exit $bad
