#!/bin/sh
# What goes out of tincture-cli comes back in, with the same numbers.  $1: tincture-cli, $2: make_single_file.py
. "$(dirname "$0")/tap.sh"
cli=$(realpath "$1")
single_file=$(realpath "$2")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
photo=${TINCTURE_RESOURCES}/samples/apple.png

# near A B LIMIT [NAME]: two safetensors files with the same tensors, whose numbers differ by at most LIMIT on average;
# two pictures likewise, in levels of 255.
cat >near.py <<'PY'
import json, struct, subprocess, sys, zlib
def tensors(path):
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    head = json.loads(data[8:8 + n])
    head.pop("__metadata__", None)
    out = {}
    for name, t in head.items():
        a, b = t["data_offsets"]
        body = data[8 + n + a:8 + n + b]
        out[name] = struct.unpack("<%df" % (len(body) // 4), body)
    return out
def png(path):
    data, at, body = open(path, "rb").read(), 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        chunk = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            w, h, bits, color = struct.unpack(">IIBB", chunk[:10])
        if kind == b"IDAT":
            body += chunk
        at += size + 12
    px, raw, rows, last = {2: 3, 6: 4, 0: 1}[color] * bits // 8, zlib.decompress(body), [], None
    line = w * px
    last = bytearray(line)
    for y in range(h):
        f, row = raw[y * (line + 1)], bytearray(raw[y * (line + 1) + 1:(y + 1) * (line + 1)])
        for x in range(line):
            a = row[x - px] if x >= px else 0
            b, c = last[x], last[x - px] if x >= px else 0
            p = a + b - c
            paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            row[x] = (row[x] + (0, a, b, (a + b) // 2, paeth)[f]) & 255
        rows.append(row)
        last = row
    return {"picture": [v for row in rows for v in row]}
a, b, limit = sys.argv[1], sys.argv[2], float(sys.argv[3])
read = png if a.endswith(".png") else tensors
a, b = read(a), read(b)
if a.keys() != b.keys():
    sys.exit("# other tensors")
for k in a:
    if len(a[k]) != len(b[k]):
        sys.exit("# %s: %d and %d numbers" % (k, len(a[k]), len(b[k])))
    d = sum(abs(x - y) for x, y in zip(a[k], b[k])) / max(1, len(a[k]))
    if not d <= limit:
        sys.exit("# %s differs by %g" % (k, d))
PY
near() {
    python3 near.py "$1" "$2" "$3"
}

# encode, decode
"$cli" encode --image "$photo" --out z.safetensors && "$cli" decode --latents z.safetensors --out small.png
check $? "encode and decode"
"$cli" encode --image small.png --out z2.safetensors && near z.safetensors z2.safetensors 0.5
check $? "the decoded picture has nearly the same latent"

# train, straight and in two parts
train() {
    "$cli" train --image "$photo" --seed 3 "$@"
}
train --prompt "a red banana" --steps 12 --out straight.safetensors --json >train.json
check $? "train"
python3 -c 'import json; j = json.load(open("train.json")); assert j["steps"] == 12 and j["loss"] > 0 and j["parameters"] > 0'
check $? "train --json says steps, loss and parameters"
# Killed after the checkpoint of step 10, and gone on from it.
"$cli" train --image "$photo" --seed 3 --prompt "a red banana" --steps 4000 --checkpoint c.bin --out killed.safetensors --log log.csv &
pid=$!
for i in $(seq 600); do
    [ -s c.bin ] && break
    sleep 0.1
done
kill -9 $pid
wait $pid 2>/dev/null
[ -s c.bin ] && [ ! -e killed.safetensors ]
check $? "killed: a checkpoint and no half adapter"
cp c.bin kept.bin
train --prompt "a red banana" --steps 40 --resume kept.bin --out resumed.safetensors &&
    train --prompt "a red banana" --steps 40 --out whole.safetensors && near resumed.safetensors whole.safetensors 0
check $? "train --resume gives the same numbers bit for bit"

# predict
"$cli" predict --latents z.safetensors --prompt "a banana" --timestep 500 --out base.safetensors
check $? "predict"
"$cli" predict --latents z.safetensors --prompt "a banana" --timestep 500 --adapter straight.safetensors:0 --out zero.safetensors &&
    cmp base.safetensors zero.safetensors
check $? "an adapter at strength 0 is the base model"
"$cli" predict --latents z.safetensors --prompt "a banana" --timestep 500 --adapter straight.safetensors --out one.safetensors &&
    ! cmp -s base.safetensors one.safetensors
check $? "an adapter at strength 1 is not"
cp straight.safetensors odd:0
"$cli" predict --latents z.safetensors --prompt "a banana" --timestep 500 --adapter odd:0 --out odd.safetensors &&
    near one.safetensors odd.safetensors 0
check $? "an adapter is what its file holds, whatever its name"
for ending in bin ckpt pt pth; do
    cp z.safetensors z.$ending
    cp straight.safetensors straight.$ending
    "$cli" predict --latents z.$ending --prompt "a banana" --timestep 500 --adapter straight.$ending --out ending.$ending &&
        cmp one.safetensors ending.$ending && "$cli" info straight.$ending >facts && grep -q '^tensors ' facts
    check $? "also under a name that ends in .$ending"
done

# Ctrl+C: what was learned is kept and said, the log has whole lines
"$cli" train --image "$photo" --prompt x --steps 100000 --checkpoint int.ck --log int.csv --out int.safetensors 2>said &
pid=$!
until [ "$(wc -l <int.csv 2>/dev/null || echo 0)" -gt 12 ] || ! kill -0 $pid 2>/dev/null; do sleep 0.1; done
kill -INT $pid
wait $pid
[ $? = 130 ] && grep -q "int.safetensors holds what was learned in" said && [ -s int.safetensors ] && [ -s int.ck ] &&
    tail -c 1 int.csv | grep -q '^$'
check $? "Ctrl+C keeps what was learned"

# So does a terminal that goes away; and an adapter that was there is not given for the part.
cp straight.safetensors kept.safetensors
"$cli" train --image "$photo" --prompt x --steps 100000 --log hup.csv --out kept.safetensors 2>said &
pid=$!
until [ "$(wc -l <hup.csv 2>/dev/null || echo 0)" -gt 4 ] || ! kill -0 $pid 2>/dev/null; do sleep 0.1; done
kill -HUP $pid
wait $pid
grep -q "kept-stopped.safetensors holds what was learned in" said && cmp straight.safetensors kept.safetensors && [ -s kept-stopped.safetensors ]
check $? "a part lies beside what was there: $(cat said)"

# What cannot be saved in its place is not lost, and what never could be is said before the work.
mkdir gone
XDG_CACHE_HOME=$dir/rescue "$cli" train --image "$photo" --prompt x --steps 40 --log gone.csv --out gone/a.safetensors 2>said &
pid=$!
until [ -s gone.csv ] || ! kill -0 $pid 2>/dev/null; do sleep 0.1; done
rm -r gone
wait $pid
[ $? = 1 ] && grep -q "what was learned is in .*unsaved/a.safetensors, as gone/a.safetensors: nothing can be put" said &&
    [ "$(grep -vc "does not know" said)" = 1 ] && "$cli" info rescue/tincture/unsaved/a.safetensors >facts && grep -q '^tensors ' facts
check $? "what cannot be saved is kept elsewhere: $(cat said)"
long=$(printf %0250d 0).safetensors
! "$cli" train --image "$photo" --prompt x --steps 100000 --log long.csv --out "$long" 2>said && grep -q "File name too long" said && [ "$(cat long.csv 2>/dev/null | wc -l)" -le 1 ]
check $? "a name that is too long is found before: $(tail -c 60 said)"

# adapter layouts
"$cli" adapter convert straight.safetensors --out folder && "$cli" adapter convert folder --out back.safetensors &&
    near straight.safetensors back.safetensors 0
check $? "svdiff: file, folder, file"
train --prompt "a red banana" --method oft --steps 1 --out oft.safetensors &&
    "$cli" adapter convert oft.safetensors --out peft && [ -s peft/adapter_config.json ] &&
    "$cli" adapter convert peft --out oft2.safetensors && near oft.safetensors oft2.safetensors 0
check $? "oft: file, PEFT folder, file"
"$cli" generate --prompt "a banana" --steps 2 --out class.png && train --prompt "a red banana on grass" --class-image class.png --class-prompt "a banana" --objective subject \
    --prior-weight 0.5 --steps 2 --out prior.safetensors && "$cli" info prior.safetensors >facts && grep -q subject facts
check $? "a subject with pictures of its class"
! train --prompt "a red banana" --objective subject --steps 2 --out none.safetensors 2>said && grep -q -e "--class is missing" said &&
    [ ! -e none.safetensors ]
check $? "without its class a sentence says so"
word() {
    "$cli" train --image "${of:-$photo}" --class banana --token "<pippin>" --method lora --class-pictures 1 --crops 2 --steps 2 "$@"
}
export XDG_CACHE_HOME="$dir/cache" && word --out word.safetensors && ls cache/tincture/class/*/0.png >drawn && [ "$(wc -l <drawn)" = 1 ] &&
    touch -d @1 "$(cat drawn)" && word --seed 2 --out word2.safetensors && [ "$(stat -c %Y "$(cat drawn)")" = 1 ]
check $? "a subject under a word of its own; a picture of its class is drawn once"
"$cli" generate --embedding word-word.safetensors --prompt "a <pippin> banana" --steps 2 --out alone.png 2>said && [ ! -s said ]
check $? "the word is beside the adapter, as a textual inversion"
"$cli" adapter convert word.safetensors --to kohya --rank 4 --out kohya.safetensors >/dev/null 2>&1 && "$cli" generate --adapter kohya.safetensors --prompt "a <pippin> banana" --steps 2 --out kohya.png 2>said && [ ! -s said ]
check $? "a copy in another form has the word"
of=$photo word --method word --prior-weight 0 --out alone.safetensors && "$cli" generate --embedding alone.safetensors --prompt "a <pippin> banana" --steps 2 --out alone.png 2>said && [ ! -s said ]
check $? "a word alone is learned and read"
"$cli" generate --adapter word.safetensors --prompt "a <pippin> banana" --steps 2 --out with.png 2>said && [ ! -s said ] &&
    "$cli" generate --prompt "a <pippin> banana" --steps 2 --out without.png 2>said && grep -q pippin said
check $? "prompts may hold the word where the adapter is in use, and only there"
! "$cli" generate --adapter word.safetensors --adapter word2.safetensors --prompt "a <pippin>" --steps 2 --out two.png 2>said &&
    grep -q "both call what they learned <pippin>" said
check $? "two subjects of one name are refused"
"$cli" adapter convert word2.safetensors --rename "<pippin>=<russet>" --out russet.safetensors &&
    "$cli" generate --adapter word.safetensors --adapter russet.safetensors --prompt "a <pippin> next to a <russet>" --steps 2 --out two.png 2>said && [ ! -s said ] &&
    "$cli" adapter info russet.safetensors | grep -q "prompt: .*<russet> banana" && ! "$cli" adapter info russet.safetensors | grep -q pippin &&
    ! "$cli" adapter convert word.safetensors --rename "<rex>=<max>" --out none.safetensors 2>said && grep -q "has no word <rex>" said &&
    ! "$cli" adapter convert word.safetensors --rename "<pippin>=banana" --out none.safetensors 2>said && grep -q "is a word of this model already" said &&
    ! "$cli" adapter convert word.safetensors --rename "<pippin>" --out none.safetensors 2>said && grep -q "WORD=NAME" said && [ ! -e none.safetensors ]
check $? "a word is called otherwise"
mkdir one two && cp "$photo" one/a.png && cp "$photo" two/b.png && "$cli" train --subject "one:<pippin>:banana" --subject "two:<zap>:car" --method lora --class-pictures 1 \
    --crops 2 --pairs 2 --steps 2 --out both.safetensors 2>said && [ ! -s said ] && [ -s both-word-2.safetensors ] && "$cli" info both.safetensors | grep -q cut_mix_unmix &&
    "$cli" generate --adapter both.safetensors --prompt "a <pippin> banana next to a <zap> car" --steps 2 --out both.png 2>said && [ ! -s said ]
check $? "two subjects are learned together"
# a style of two sets, on top of another adapter; photos with a description each
mkdir content style && cp "$photo" content/a.png && cp "$photo" style/b.png && "$cli" generate --prompt "a banana" --steps 2 --out style/c.png &&
    for name in content/a style/b style/c; do echo "a sticker of a banana" >$name.txt; done
style() { # with rates that do not depend on how many steps are still to come, as the starter's own do
    "$cli" train --content content --style style --method lora --lr-schedule constant --seed 3 "$@"
}
style --split 500 --steps 4 --checkpoint st.ck --out tailored.safetensors && style --split 500 --steps 6 --resume st.ck --out further.safetensors &&
    style --split 500 --steps 6 --out whole-style.safetensors && near further.safetensors whole-style.safetensors 0 &&
    style --split 500 --steps 2 --adapter oft.safetensors:0.5 --out top.safetensors &&
    "$cli" adapter info top.safetensors | grep -q "tincture.on_top_of: oft:0.5" && ! style --split 400 --steps 6 --resume st.ck --out none.safetensors 2>said &&
    grep -q "split=500" said && "$cli" train --image style --method lora --steps 2 --out described.safetensors
check $? "a style is learned from two sets, continued to the bit, and on top of another adapter"
rm style/c.* && ! style --steps 2 --out none.safetensors 2>said && grep -q "content and style are the same pictures" said && rm style/b.txt &&
    ! style --steps 2 --out none.safetensors 2>said && grep -q "style/b.png comes without a description" said && rm style/b.png &&
    ! style --steps 2 --out none.safetensors 2>said && grep -q "there are no photos in style" said && [ ! -e none.safetensors ]
check $? "the same set twice, a picture without words and an empty set are refused: $(cat said)"
! "$cli" train --subject "one:<pippin>:banana" --subject "two:<pippin>:car" --steps 2 --out none.safetensors 2>said && grep -q "both be called <pippin>" said &&
    ! "$cli" train --subject "one:banana" --out none.safetensors 2>said && grep -q "FOLDER:NAME:WORD" said &&
    ! "$cli" train --subject "one:<pippin>:banana" --subject "two:<zap>:car" --method word --out none.safetensors 2>said && grep -q "learn each by itself" said
check $? "two subjects of one word, as words alone, or without a class, are refused"
cp "$photo" photo.png && of=photo.png && printf 'a <pippin> on grass\n' >photo.txt && word --token-lr 0.1 --prior-weight 0 --out txt.safetensors &&
    "$cli" info txt.safetensors | grep -q "a <pippin> on grass" && : >photo.txt &&
    ! word --prior-weight 0 --out none.safetensors 2>said && grep -q "photo.txt is empty" said && rm photo.txt
check $? "a description beside the photo is its description"
"$cli" adapter info peft --json | python3 -c 'import json, sys; j = json.load(sys.stdin); assert j["method"] == "oft" and j["applied"] == j["total"] > 0'
check $? "adapter info --json"

# invert, generate
"$cli" invert --image "$photo" --prompt "a red apple" --steps 30 --out top.safetensors &&
    "$cli" generate --noise top.safetensors --prompt "a red apple" --steps 30 --guidance 1 --out again.png \
        --latents-out z3.safetensors && near small.png again.png 16
check $? "invert and generate --noise draws the photo again"

# edit
"$cli" edit --image "$photo" --source-prompt "a red banana" --prompt "a green banana" --inversion 0 --out same.png &&
    near "$photo" same.png 0
check $? "edit --inversion 0 returns the photo's pixels"

# What the photo was, its export is: depth and colour space. The options say otherwise.
cat >photos.py <<'PY'
import struct, zlib
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
def photo(path, bits, said):
    top, form = (1 << bits) - 1, {8: ">3B", 16: ">3H"}[bits]
    rows = b"".join(b"\0" + b"".join(struct.pack(form, top * x // 63, top * (63 - y) // 63, top * (x + y) // 126 ^ 1)
                                     for x in range(64)) for y in range(64))
    open(path, "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 64, bits, 2, 0, 0, 0)) +
                           said + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
photo("deep.png", 16, b"")
photo("wide.png", 8, chunk(b"gAMA", struct.pack(">I", 45455)) +
      chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)))
PY
python3 photos.py
unedited() { # unedited PHOTO OUT [OPTION...]
    in=$1
    out=$2
    shift 2
    "$cli" edit --image "$in" --prompt x --inversion 0 --out "$out" "$@"
}
unedited deep.png deep-out.png && near deep.png deep-out.png 0
check $? "a photo of 16 bits comes back to the bit"
unedited wide.png wide-out.png && near wide.png wide-out.png 0 && grep -q iCCP wide-out.png
check $? "a photo in a wide colour space comes back to the bit, in that space"
unedited deep.png shallow.png --bits 8 && "$cli" info shallow.png --json | grep -q '"bits" : 8'
check $? "edit --bits 8"
unedited deep.png good.jpg --quality 95 && unedited deep.png small.jpg --quality 20 &&
    [ "$(wc -c <good.jpg)" -gt "$(wc -c <small.jpg)" ]
check $? "edit --quality"

# info
"$cli" generate --prompt "a red banana" --steps 1 --recipe --out recipe.png && "$cli" info recipe.png >facts &&
    grep -q '^recipe *a red banana$' facts && grep -q '^Steps: 1, ' facts
check $? "info of a picture says its recipe"
weighed() {
    "$cli" edit --image "$photo" --source-prompt "a red banana" --prompt "a green banana" --steps 4 --raw --recipe "$@"
}
weighed --out plain.png && weighed --weight green,:3 --out weighed.png && "$cli" info weighed.png >facts &&
    grep -q 'Word weights: green 3' facts && ! near plain.png weighed.png 0.2 2>difference &&
    grep -q 'picture differs' difference
check $? "a word's weight is in the recipe and in the picture"
"$cli" info starter --json | python3 -c 'import json, sys; j = json.load(sys.stdin); assert j["unet parameters"] > 0 and j["picture size"] > 0
assert j["sampler"] == "DDIM (--scheduler ddim)"'
check $? "info --json of a model"

# a model in one file
python3 "$single_file" "$TINCTURE_RESOURCES/starter" starter.safetensors && cp -r "$TINCTURE_RESOURCES/starter/tokenizer" . &&
    "$cli" generate --prompt "a red banana" --steps 2 --seed 3 --out a.png --latents-out folder.z &&
    "$cli" generate --model starter.safetensors --prompt "a red banana" --steps 2 --seed 3 --out b.png --latents-out file.z &&
    cmp folder.z file.z && cmp a.png b.png
check $? "generate --model FILE gives the folder's picture to the bit"
"$cli" info starter --json >folder.json && "$cli" info starter.safetensors --json | python3 -c 'import json, sys; j = json.load(sys.stdin)
assert "1.x" in j["layout"] and j["latent factor"] == json.load(open("folder.json"))["latent factor"]'
check $? "info --json of a model in one file"
"$cli" train --model starter.safetensors --image "$photo" --prompt x --steps 2 --size 32 --text-encoder --out own.safetensors &&
    "$cli" adapter info own.safetensors --model starter.safetensors >own 2>&1 && ! grep -q 'another model' own &&
    "$cli" adapter info own.safetensors 2>&1 | grep -q 'another model'
check $? "an adapter learned on a model in one file is that file's"
"$cli" train --image "$photo" --prompt x --subset nosuch --out no.safetensors 2>&1 | grep -q "one of all, "
check $? "an unknown subset names the legal ones"
echo "1..$n"
exit $bad
