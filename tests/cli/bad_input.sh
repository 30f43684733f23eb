#!/bin/sh
# Bad input on the command line: each ends in exit status 1 (2 for a wrong command line) with one sentence, and
# leaves nothing behind.  $1: tincture-cli
. "$(dirname "$0")/tap.sh"
cli=$1
export LC_ALL=C # for the system's part of the sentences
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# expect STATUS WORDS COMMAND...: the sentence on standard error holds WORDS (a pattern) and is one line. WORDS that the
# arguments hold, too, prove nothing: a sentence may repeat those.
expect() {
    status=$1
    words=$2
    shift 2
    n=$((n + 1))
    "$@" >"$dir/stdout" 2>"$dir/stderr" </dev/null
    got=$?
    lines=$(wc -l <"$dir/stderr")
    if [ "$got" != "$status" ] || ! grep -Eqi -- "$words" "$dir/stderr" || { [ "$status" = 1 ] && [ "$lines" != 1 ]; }; then
        echo "not ok $n - $*"
        echo "# status $got, expected $status and /$words/; it said:"
        sed 's/^/# /' "$dir/stderr"
        bad=1
    else
        echo "ok $n - $(cat "$dir/stderr" | head -1)"
    fi
}

starter=${TINCTURE_RESOURCES}/starter
photo=$dir/photo.png
"$cli" generate --prompt "a red banana" --steps 2 --out "$photo" || exit 1

# a photo is never written over, by whatever name it goes
ln "$photo" "$dir/same.png"
expect 2 'the photo itself' "$cli" edit --image "$photo" --source-prompt banana --prompt lemon --out "$dir/same.png"

# wrong command lines
expect 2 'no command' "$cli" nonsense
expect 2 '.-prompt is missing' "$cli" edit --image "$photo"
expect 2 'unknown option .-nonsense' "$cli" edit --nonsense
expect 2 "method: 'nosuch' is not one of svdiff, oft" "$cli" train --image "$photo" --prompt banana --method nosuch --out "$dir/a.safetensors"

expect 2 'a seed is not below 0' "$cli" generate --prompt banana --seed -2 --out "$dir/o.png"
expect 2 '.-negative is no text: an invalid byte sequence' "$cli" generate --prompt a --negative "$(printf 'a \377')" --out "$dir/o.png"
expect 2 '.-out needs the name .* empty' "$cli" generate --prompt banana --out ""
expect 2 '.-image needs the name .* empty' "$cli" edit --image "" --prompt banana --out "$dir/o.png"
expect 2 '.-adapter needs the name .* empty' "$cli" edit --image "$photo" --prompt banana --adapter "" --out "$dir/o.png"
expect 2 'an argument is empty' "$cli" info ""
expect 2 'unexpected argument: b$' "$cli" info a b
expect 2 'expected: adapter info FILE' "$cli" adapter info a b
expect 2 'expected: adapter info FILE' "$cli" adapter nonsense
expect 2 'no dialect named nosuch' "$cli" adapter convert a --to nosuch --out "$dir/a.safetensors"
expect 2 "no preset 'bogus', only .*style and none" "$cli" edit --image "$photo" --prompt banana --preset bogus --out "$dir/o.png"
for region in 1,2,3 x 1,2,3,4,5 ''; do
    expect 2 'region needs X,Y,W,H' "$cli" edit --image "$photo" --prompt banana --region "$region" --out "$dir/o.png"
done
for region in 1%,2%,3%,4 50%,0%,51%,10% 0%,0%,0%,10% auto%; do
    expect 2 'region needs X,Y,W,H' "$cli" edit --image "$photo" --prompt banana --region "$region" --out "$dir/o.png"
done
expect 2 'no photos are given' "$cli" batch --prompt banana --out "$dir/batch"
expect 2 'names a folder, and .*ends in .png' "$cli" batch "$photo" --prompt banana --out "$dir/o.png"
expect 2 'learn-set needs KEY=VALUE' "$cli" batch "$photo" --prompt banana --learn --learn-set steps --out "$dir/batch"
expect 2 'is of several pictures' "$cli" batch "$photo" --prompt banana --learn --learn-set objective=subject --out "$dir/batch"
expect 2 "format: 'bmp' is not one of auto, png" "$cli" batch "$photo" --prompt banana --format bmp --out "$dir/batch"
expect 2 'has no / in it' "$cli" batch "$photo" --prompt banana --suffix ../x --out "$dir/batch"
expect 1 'No such file' "$cli" batch --list "$dir/none.txt" --prompt banana --out "$dir/batch"
expect 1 'is no list of photos' "$cli" batch --list "$photo" --prompt banana --out "$dir/batch"

# what the other things given leave without an effect
expect 2 '.-control is given 2 times' "$cli" edit --image "$photo" --prompt banana --control a --control b --out "$dir/o.png"
expect 2 'are two hints' "$cli" edit --image "$photo" --prompt banana --control a --hint b --hint-from-photo --out "$dir/o.png"
expect 2 '.-noise has a size of its own' "$cli" generate --prompt banana --noise z --size 64 --out "$dir/o.png"
expect 2 'JPEG file has 8 bits a channel' "$cli" generate --prompt banana --bits 16 --out "$dir/o.jpg"
expect 2 'PNG file leaves nothing out' "$cli" generate --prompt banana --quality 50 --out "$dir/o.png"
expect 2 'adapter convert takes no .-json' "$cli" adapter convert a --json --out "$dir/a.safetensors"
expect 2 'adapter info takes no .-rank' "$cli" adapter info a --rank 4
expect 2 'adapter dialects takes no .-out' "$cli" adapter dialects --out "$dir/a.safetensors"
expect 2 'the dialect dense do not hold' "$cli" adapter convert a --to dense --rank 4 --out "$dir/a.safetensors"
expect 2 'needs .-image, .-source-prompt and .-prompt together' "$cli" demo --image "$photo" --out "$dir/demo"
expect 2 '.-model is told of where nothing else is' "$cli" info "$photo" --model starter
for objective in "--class dog --objective single_image" "--control canny --objective single_image" "--subject a:<a>:dog"; do
    expect 2 'learns none|are for a single one' "$cli" train $objective --image "$photo" --prompt banana --out "$dir/a.safetensors"
done
for subject in "" folder "folder:<a>" ::; do
    expect 2 '.-subject needs FOLDER:NAME:WORD' "$cli" train --subject "$subject" --out "$dir/a.safetensors"
done
expect 2 '.-subject says which photos' "$cli" train --subject 'a:<a>:dog' --region 0,0,9,9 --out "$dir/a.safetensors"
expect 2 '.-out and .-checkpoint would write the same' "$cli" train --image "$photo" --prompt a --checkpoint "$dir/./a.safetensors" --out "$dir/a.safetensors"
expect 2 'is the mask, and is not written over' "$cli" edit --image "$dir/none.png" --prompt a --mask "$photo" --out "$photo"

# names whose ending is that of something else
expect 2 'r.txt: an adapter is a file that ends in .safetensors, not .txt, or a folder' \
    "$cli" adapter convert "$starter/styles/line.safetensors" --to kohya --out "$dir/r.txt"
expect 2 'an adapter is a file that ends in .safetensors, not .bin' "$cli" train --image "$photo" --prompt a --out "$dir/r.bin"
expect 2 'pictures can be saved as PNG' "$cli" generate --prompt banana --out "$dir/o.safetensors"
expect 2 '.-out writes a safetensors file, and .*z.png ends in .png' "$cli" encode --image "$photo" --out "$dir/z.png"
expect 2 '.-out writes a safetensors file' "$cli" invert --image "$photo" --prompt a --out "$dir/z.npy"
expect 2 '.-out writes a safetensors file' "$cli" text --prompt a --out "$dir/z.json"
expect 2 '.-latents-out writes a safetensors file' "$cli" generate --prompt a --latents-out "$dir/z.jpg" --out "$dir/o.png"
expect 2 '.-out names a folder, and .*page.html ends in .html' "$cli" claims --out "$dir/page.html"
expect 2 '.-log writes no picture, and .*l.webp ends in .webp, as a WebP' \
    "$cli" train --image "$photo" --prompt a --log "$dir/l.webp" --out "$dir/a.safetensors"
for left in r.txt r.bin z.png page.html l.webp; do
    [ ! -e "$dir/$left" ]
    check $? "there is no $left"
done

# a part of nothing
expect 2 'mask says which part of a photo .* no --image' "$cli" sticker --prompt "a cat" --mask "$photo" --out "$dir/s.png"
expect 2 'region says which part of a photo .* no --image' "$cli" sticker --prompt "a cat" --region 1,2,30,40 --out "$dir/s.png"

# what is said twice where one counts
expect 2 '"down=1" and "down=0" are for the same layers' \
    "$cli" adapter combine "$starter/styles/line.safetensors:1,down=1,down=0" --out "$dir/a.safetensors"
expect 2 'line with the others changes nothing' "$cli" adapter combine "$starter/styles/line.safetensors:1" \
    "$starter/styles/line.safetensors:-1" --rank 4 --out "$dir/a.safetensors"
[ ! -e "$dir/a.safetensors" ]
check $? "and is not written"
expect 2 '.-weight is given twice for "banana"' "$cli" edit --image "$photo" --prompt 'a banana' --weight banana:1 --weight banana:2 --out "$dir/o.png"

# words that are none
expect 2 '"<rex>" is no class' "$cli" train --image "$photo" --class '<rex>' --out "$dir/a.safetensors"
expect 2 'dog" is more than one word' "$cli" train --image "$photo" --class banana --token 'rex dog' --out "$dir/a.safetensors"

# numbers that no command takes
for number in 'inversion 3' 'inversion -0.5' 'inversion nan' 'structure -1' 'locality -1' 'guidance -1' 'eta -1' 'size -64' 'size 7' \
    'quality 0' 'quality 101' 'variations 0' 'variations 100' 'steps 0' 'guidance nan'; do
    expect 2 "edit: ${number% *}: ${number#* } is not a .*number from" \
        "$cli" edit --image "$photo" --prompt banana --${number% *} ${number#* } --out "$dir/o.png"
done
for bits in 0 7 12 16.5 x; do
    expect 2 "edit: bits: '$bits' is not one of photo, 8, 16" "$cli" edit --image "$photo" --prompt banana --bits $bits --out "$dir/o.png"
done
expect 2 "edit: size: 'x' is not a number" "$cli" edit --image "$photo" --prompt banana --size x --out "$dir/o.png"
for number in 'steps 0' 'steps -1' 'batch 0' 'lr -1'; do
    expect 2 "train: ${number% *}: ${number#* } is not a .*number from" \
        "$cli" train --image "$photo" --prompt banana --${number% *} ${number#* } --out "$dir/a.safetensors"
done
expect 2 'demo: learn-steps: 0 is not a .*number from' "$cli" demo --learn-steps 0 --out "$dir/demo"
expect 2 'predict: timestep: 1000 is not a .*number from' "$cli" predict --latents z --prompt banana -t 1000 --out "$dir/z.safetensors"
expect 2 'predict: timestep: 1000 is not' "$cli" predict --latents z --prompt banana --timestep 1000 --out "$dir/z.safetensors"

# a strength that is no number, an adapter that has nowhere to go: before any work
expect 2 'the strength of an adapter is a number' "$cli" edit --image "$photo" --prompt banana --adapter a:nan --out "$dir/o.png"
for strength in nan x 1000 '' 0x1; do
    expect 2 "a:$strength: no file has that name, and .* from -10 to 10" \
        "$cli" edit --image "$photo" --prompt banana --adapter "a:$strength" --out "$dir/o.png"
done
expect 1 'a:b/c.*(no such file|cannot be|not be)' "$cli" edit --image "$photo" --prompt banana --adapter "$dir/a:b/c" --out "$dir/o.png"
for weight in dog dog:x dog:11 dog:; do
    expect 2 "factor from -10 to 10, not \"$weight\"" \
        "$cli" edit --image "$photo" --source-prompt "a banana" --prompt "a banana" --weight $weight --out "$dir/o.png"
done
expect 2 "'cat' has a weight, but it is not in the sentence" \
    "$cli" edit --image "$photo" --source-prompt "a banana" --prompt "a banana" --weight cat:2 --out "$dir/o.png"
expect 2 'only in an edit of a photo that is described' \
    "$cli" edit --image "$photo" --prompt "a banana" --inverter ddim --weight banana:2 --out "$dir/o.png"
expect 2 '.-style is missing' "$cli" train --content "$dir" --out "$dir/a.safetensors"
expect 2 '.-content is missing' "$cli" train --style "$dir" --out "$dir/a.safetensors"
expect 2 '.-image, .*are not for a style' "$cli" train --style "$dir" --content "$dir" --image "$photo" --out "$dir/a.safetensors"
expect 2 'are for a style' "$cli" train --style "$dir" --content "$dir" --image "$photo" --prompt a --objective single_image --out "$dir/a.safetensors"
expect 2 'split: .* is not a .*number from' "$cli" train --style "$dir" --content "$dir" --split 1000 --out "$dir/a.safetensors"
expect 2 'is not for a subject' "$cli" train --class banana --image "$photo" --adapter a --out "$dir/a.safetensors"
expect 2 'prompt is empty: it says what' "$cli" train --image "$photo" --prompt " " --out "$dir/a.safetensors"
expect 2 'a.png: that ending is a PNG picture' "$cli" train --image "$photo" --prompt banana --out "$dir/a.png"
touch "$dir/a"
expect 1 '/a is a file; an adapter is' "$cli" train --image "$photo" --prompt banana --out "$dir/a"
expect 1 'nothing can be put into the folder' "$cli" train --image "$photo" --prompt banana --out "$dir/none/a.safetensors"

# a picture that cannot be written is refused before there is a model to work with
nowhere="$dir/nomodel"
expect 2 'o.xyz: pictures can be saved as' "$cli" generate --model "$nowhere" --prompt banana --out "$dir/o.xyz"
expect 2 'o: pictures can be saved as' "$cli" edit --model "$nowhere" --image "$photo" --prompt banana --out "$dir/o"
expect 2 'o.gif: pictures can be saved as' "$cli" decode --model "$nowhere" --latents z --out "$dir/o.gif"
expect 1 'o.png: nothing can be put into' "$cli" generate --model "$nowhere" --prompt banana --out "$dir/none/o.png"

# pictures
printf '' >"$dir/empty.png"
expect 1 'empty.png: the file is empty' "$cli" edit --image "$dir/empty.png" --prompt banana --out "$dir/o.png"
expect 1 'edit: none.png: no such file or directory$' "$cli" edit --image "$dir/none.png" --prompt banana --out "$dir/o.png"
head -c 100 "$photo" >"$dir/cut.png"
expect 1 'cut.png: .*cut short' "$cli" edit --image "$dir/cut.png" --prompt banana --out "$dir/o.png"
echo 'this is a letter' >"$dir/text.jpg"
expect 1 'text.jpg: .*not a picture' "$cli" edit --image "$dir/text.jpg" --prompt banana --out "$dir/o.png"
python3 - "$dir/huge.png" <<'PY'
import struct, sys, zlib
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
open(sys.argv[1], "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0))
                              + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b""))
PY
expect 1 'huge.png: .*the limit is' "$cli" edit --image "$dir/huge.png" --prompt banana --out "$dir/o.png"

# safetensors
head -c 1000 "$starter/unet/diffusion_pytorch_model.safetensors" >"$dir/cut.safetensors"
expect 1 'cut.safetensors .*cut short' "$cli" info "$dir/cut.safetensors"
echo 'text, and nothing else' >"$dir/text.safetensors"
expect 1 'text.safetensors is not a safetensors file' "$cli" info "$dir/text.safetensors"
head -c 16 /dev/zero >"$dir/sixteen.safetensors"
expect 1 'sixteen.safetensors is damaged' "$cli" info "$dir/sixteen.safetensors"
python3 - "$dir/hostile.safetensors" <<'PY'
import struct, sys
head = b'{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,16]}}'
open(sys.argv[1], "wb").write(struct.pack("<Q", len(head)) + head + b"\0" * 16)
PY
expect 1 'hostile.safetensors is damaged: .*larger than any file' "$cli" info "$dir/hostile.safetensors"
expect 1 'hostile.safetensors is damaged: .*larger than any file' "$cli" edit --image "$photo" --prompt banana --adapter "$dir/hostile.safetensors" --out "$dir/o.png"

# models
mkdir "$dir/photos"
cp "$photo" "$dir/photos"
expect 1 'photos is no model: ' "$cli" generate --model "$dir/photos" --prompt banana --out "$dir/o.png"
expect 1 'photos is no control: ' "$cli" generate --control "$dir/photos" --hint "$photo" --prompt banana --out "$dir/o.png"
expect 1 'nomodel: .*no such file' "$cli" info "$dir/nomodel/"
printf 'PK' >"$dir/model.ckpt"
expect 1 'model.ckpt is in a format that can carry programs' "$cli" text --model "$dir/model.ckpt" --prompt banana --out "$dir/o"
cp "$starter/unet/diffusion_pytorch_model.safetensors" "$dir/unet.safetensors"
expect 1 'unet.safetensors is one network of a model folder' "$cli" info --model "$dir/unet.safetensors"
mkdir "$dir/model"
cp -r "$starter"/model_index.json "$starter"/tokenizer "$starter"/text_encoder "$starter"/scheduler "$starter"/vae \
    "$starter"/unet "$dir/model"
python3 - "$dir/model/vae/diffusion_pytorch_model.safetensors" <<'PY'
import json, struct, sys
data = open(sys.argv[1], "rb").read()
n = struct.unpack("<Q", data[:8])[0]
head = json.loads(data[8:8 + n])
keys = sorted(k for k in head if k != "__metadata__")
out, body = {}, b""
for key in keys[3:]:
    a, b = head[key]["data_offsets"]
    out[key] = dict(head[key], data_offsets=[len(body), len(body) + b - a])
    body += data[8 + n + a:8 + n + b]
text = json.dumps(out).encode()
open(sys.argv[1], "wb").write(struct.pack("<Q", len(text)) + text + body)
PY
expect 1 'do not fit .*: vae: 3 missing' "$cli" generate --model "$dir/model" --prompt banana --out "$dir/o.png"

# the machine
expect 1 'no vulkan driver was found' env VK_DRIVER_FILES=/nonexistent VK_ICD_FILENAMES=/nonexistent "$cli" generate --prompt banana --out "$dir/o.png"
expect 1 'no device matches .nosuchdevice.; there is: 0 ' "$cli" generate --device nosuchdevice --prompt banana --out "$dir/o.png"
expect 2 'TINCTURE_PRECISION: There is no precision .half.' env TINCTURE_PRECISION=half "$cli" generate --prompt banana --out "$dir/o.png"
expect 2 'there is no precision .half.; there is auto, fp32 and bf16' "$cli" generate --precision half --prompt banana --out "$dir/o.png"
expect 2 "there is no precision ''; there is auto" "$cli" generate --precision "" --prompt banana --out "$dir/o.png"
expect 1 'no instructions for bf16' env TINCTURE_FAULT=no-bf16 "$cli" generate --precision bf16 --prompt banana --out "$dir/o.png"
expect 1 'no instructions for bf16' env TINCTURE_FAULT=no-bf16 TINCTURE_PRECISION=bf16 "$cli" generate --prompt banana --out "$dir/o.png"
expect 1 'bf16 is for products on the processor' env TINCTURE_FAULT=unmapped "$cli" generate --precision bf16 --prompt banana --out "$dir/o.png"
expect 2 'TINCTURE_MEMORY is .*ten.*, which is no whole number' env TINCTURE_MEMORY=ten "$cli" edit --image "$photo" --prompt banana --out "$dir/o.png"
expect 1 'loading .* needs .* of memory, and .* left of the limit of 16 mib' env TINCTURE_MEMORY=16 "$cli" edit --image "$photo" --prompt banana --out "$dir/o.png"
expect 1 'not enough memory: needs .* left of the limit of 96 mib that was set' env TINCTURE_MEMORY=96 "$cli" edit --image "$photo" --prompt banana --out "$dir/o.png"
expect 1 'not enough memory: needs .* free' env TINCTURE_FAULT=alloc:20 "$cli" generate --prompt banana --out "$dir/o.png"
mkdir "$dir/full"
if mount -t tmpfs -o size=4k tmpfs "$dir/full" 2>/dev/null; then
    trap 'umount "$dir/full"; rm -rf "$dir"' EXIT
    echo kept >"$dir/full/o.png"
    expect 1 'no space left' "$cli" generate --prompt banana --steps 1 --out "$dir/full/o.png"
    n=$((n + 1))
    if [ "$(ls "$dir/full"):$(cat "$dir/full/o.png")" = o.png:kept ]; then
        echo "ok $n - a full disk leaves the old file and nothing else"
    else
        echo "not ok $n - a full disk leaves the old file and nothing else"
        bad=1
    fi
else
    n=$((n + 1))
    echo "ok $n - full disk # SKIP no small file system can be mounted here"
fi
# An answer that cannot be written is no success.
full() {
    expect 1 'answer could not be written' sh -c '"$@" >/dev/full' sh "$@"
}
if [ -c /dev/full ]; then
    expect 1 '/dev/full could not be written: No space left' "$cli" train --image "$photo" --prompt a --steps 2 --log /dev/full --out "$dir/logged.safetensors"
    full "$cli" info "$starter"
    full "$cli" info "$starter" --json
    full "$cli" --help
    full "$cli" --version
    full "$cli" edit --help
    full "$cli" train --image "$photo" --prompt banana --steps 1 --out "$dir/full.safetensors" --json
fi

# Names and what files say of themselves do not steer the terminal.
python3 - "$dir/steers.safetensors" <<'PY'
import json, sys
header = json.dumps({"__metadata__": {"a\x1b[2J": "b\x1b]0;c\x07\x9b"},
                     "d\x1b[1m": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
open(sys.argv[1], "wb").write(len(header).to_bytes(8, "little") + header + bytes(4))
PY
touch "$dir/$(printf 'e\033[2Jf.png')"
n=$((n + 1))
"$cli" info "$dir/steers.safetensors" >"$dir/said" 2>&1
"$cli" info "$dir"/e*f.png >>"$dir/said" 2>&1
if grep -q 'b ]0;c' "$dir/said" && grep -q 'e \[2Jf.png' "$dir/said" && ! LC_ALL=C grep -q "$(printf '[\033\007]')" "$dir/said"; then
    echo "ok $n - nothing steers the terminal"
else
    echo "not ok $n - nothing steers the terminal"
    sed 's/^/# /' "$dir/said" | tr -d '\033\007'
    bad=1
fi
if [ -e "$dir/o.png" ]; then
    n=$((n + 1))
    echo "not ok $n - nothing is left behind"
    bad=1
fi
# the library
expect 2 "is missing" "$cli" library
expect 2 "expected: library list" "$cli" library empty --data-dir "$dir"
expect 2 "takes no --out" "$cli" library list --out "$dir/x" --data-dir "$dir"
expect 1 "there is no library" "$cli" library delete 1 --data-dir "$dir/none"
expect 1 "No such file" "$cli" library import "$dir/none.tincture" --data-dir "$dir/lib"
expect 1 "no document that" "$cli" library import "$starter/model_index.json" --data-dir "$dir/lib"

echo "1..$n"
exit $bad
