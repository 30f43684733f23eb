#!/bin/sh
# What is said to the model on the command line: prompts, seeds, tokens.  $1: tincture-cli
. "$(dirname "$0")/tap.sh"
cli=$(realpath "$1")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

# UTF-8 is text in every locale, also in one that is not installed
cafe=$(printf 'a caf\303\251 cat')
for locale in C C.UTF-8 xx_YY.UTF-8; do
    LC_ALL=$locale "$cli" text --prompt "$cafe" --out $locale.safetensors
    check $? "a prompt in UTF-8 in the locale $locale"
done
cmp C.safetensors C.UTF-8.safetensors && cmp C.safetensors xx_YY.UTF-8.safetensors
check $? "the same ids in each"
"$cli" text --prompt "a cafe cat" --out plain.safetensors && ! cmp -s C.safetensors plain.safetensors
check $? "other ids than without the accent"

# a seed of -1 is drawn, said, and gives the same picture again
"$cli" generate --prompt banana --steps 1 --seed -1 --out drawn.png 2>said &&
    seed=$(sed -n 's/^seed \([0-9]*\)$/\1/p' said) && [ -n "$seed" ] &&
    "$cli" generate --prompt banana --steps 1 --seed "$seed" --out again.png && cmp drawn.png again.png
check $? "seed -1 draws one and says which"
"$cli" generate --prompt banana --steps 1 --seed -1 --out other.png 2>/dev/null && ! cmp -s drawn.png other.png
check $? "and another the next time"

# several photos: the description beside each counts, --prompt is for the others
learn() { # learn NAME: two steps from both, and what they lost into NAME
    "$cli" train --image a.png --image b.png --prompt "a banana" --steps 2 --batch 4 --seed 1 --log log.csv --out learned.safetensors &&
        cut -d, -f1-3 log.csv >$1
}
cp "$TINCTURE_RESOURCES/samples/apple.png" a.png
cp "$TINCTURE_RESOURCES/samples/car.png" b.png
learn same && echo "a banana" >b.txt && learn beside && cmp -s same beside
check $? "what --prompt says may stand beside the photo"
echo "a car" >b.txt && learn own && ! cmp -s same own
check $? "and something else"

# a long sentence is cut, which is said, or read on; brackets are text, or weights
long=$(for i in $(seq 20); do printf 'a red banana on a table, '; done)
"$cli" generate --prompt "$long" --steps 1 --out cut.png 2>said && grep -q 'it reads up to "\.\.\..*--long-prompt' said
check $? "where the model's reading ends is said"
"$cli" generate --prompt "a zeppelin on the grass" --steps 1 --out z.png 2>said && grep -q 'does not know.*zeppelin' said && ! grep -q grass said
check $? "words that the model does not know are said"
"$cli" generate --prompt "$long" --steps 1 --long-prompt --out whole.png 2>said && ! grep -q 'reads up to' said && ! cmp -s cut.png whole.png
check $? "--long-prompt reads all of it"
"$cli" generate --prompt "a (red:1.5) banana" --steps 1 --out text.png &&
    "$cli" generate --prompt "a (red:1.5) banana" --steps 1 --emphasis --out weight.png && ! cmp -s text.png weight.png &&
    "$cli" generate --prompt "a red banana" --steps 1 --out plain.png &&
    "$cli" generate --prompt "a (red:1.0) banana" --steps 1 --emphasis --out one.png && cmp plain.png one.png
check $? "--emphasis weighs words"

# a learned token takes the place of its ids, whatever it is called
python3 - <<'PY'
import json, struct
data = open("plain.safetensors", "rb").read()
size = struct.unpack("<Q", data[:8])[0]
width = json.loads(data[8:8 + size])["states"]["shape"][2]
for name, columns in (("toy", width), ("other", width + 1)):
    head = json.dumps({"<toy>": {"dtype": "F32", "shape": [2, columns], "data_offsets": [0, 8 * columns]}}).encode()
    body = struct.pack("<%df" % (2 * columns), *(0.01 * i for i in range(2 * columns)))
    open(name + ".safetensors", "wb").write(struct.pack("<Q", len(head)) + head + body)
PY
"$cli" text --prompt "a <toy> cat" --out words.safetensors &&
    "$cli" text --prompt "a <toy> cat" --embedding toy.safetensors --out toy1.safetensors &&
    "$cli" text --prompt "a my toy cat" --embedding "toy.safetensors:my toy" --out toy2.safetensors &&
    cmp toy1.safetensors toy2.safetensors && ! cmp -s words.safetensors toy1.safetensors
check $? "an embedding is a token by its own name or by another"
"$cli" text --prompt "a cat" --embedding "toy.safetensors:cat" --out toy3.safetensors 2>said && grep -q '“cat” is a word of this model' said
check $? "in the place of a word that the model knows that is said: $(cat said)"
"$cli" generate --prompt "a (red:1.2) banana" --steps 1 --out weighed.png 2>said && grep -q '(red:1.2) is read as it stands; --emphasis' said &&
    ! grep -q '“1”' said && "$cli" generate --prompt "a (red:1.2) banana" --emphasis --steps 1 --out weighed.png 2>said && [ ! -s said ]
check $? "the weight of a word without --emphasis is told"
"$cli" text --prompt cat --embedding other.safetensors --out no.safetensors 2>&1 | grep -q 'not made for this model' && [ ! -e no.safetensors ]
check $? "one for another model is refused"
learn() { "$cli" train --image "$TINCTURE_RESOURCES/samples/cat.png" --seed 1 --steps 1 --prompt "a <toy> cat" "$@" 2>/dev/null; }
learn --out words-learned.safetensors && learn --embedding toy.safetensors --out token-learned.safetensors &&
    ! cmp -s words-learned.safetensors token-learned.safetensors
check $? "a photo is learned with it in its sentence"
"$cli" text --prompt cat --adapter toy.safetensors --out no.safetensors 2>&1 |
    grep -q 'toy.safetensors is a learned token (textual inversion) and no adapter' && [ ! -e no.safetensors ]
check $? "where an adapter is asked for it is told what it is"

"$cli" generate --prompt "a <toy> and a zeppelin" --embedding toy.safetensors --steps 1 --recipe --out toys.png 2>said &&
    grep -q 'does not know.*zeppelin' said && ! grep -q toy said && "$cli" info toys.png | grep -q 'Embeddings: <toy>'
check $? "a token is no unknown word, and the recipe names it"

# an autoencoder of its own: the model's, from elsewhere, gives the same latent
cp -r "$TINCTURE_RESOURCES/starter/vae" vae
"$cli" encode --image "$TINCTURE_RESOURCES/samples/apple.png" --out own.safetensors &&
    "$cli" encode --vae vae --image "$TINCTURE_RESOURCES/samples/apple.png" --out other.safetensors && cmp own.safetensors other.safetensors
check $? "--vae takes another autoencoder"
"$cli" info --vae vae | grep -q '^vae file *diffusion_pytorch_model.safetensors$'
check $? "info says which file is read"
"$cli" encode --vae toy.safetensors --image drawn.png --out no.safetensors 2>&1 | grep -q 'holds no autoencoder'
check $? "one that is none is refused"

echo "1..$n"
exit $bad
