#!/bin/sh
# control.sh TINCTURE_DRIVE TINCTURE_CLI MODELS: a control that is dropped on the window brings Keep the Edges, whose value is
# kept with the photo; without its file the value can still be set back, and until then an edit says what is missing. It can
# be chosen by itself, too, with a strength and a hint; one of another model is refused in a sentence.
set -eu
tincture=$1 cli=$2 models=$3
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT

drive() { # the script on standard input
    cat >"$data/script.drive"
    "$tincture" --data-dir "$data/library" --drive "$data/script.drive"
}

"$cli" train --control canny --image "$TINCTURE_RESOURCES/samples/apple.png" --prompt "a red apple" --steps 2 --batch 1 \
    --out "$data/edges.safetensors"
"$cli" train --model "$models/sd1" --control canny --image "$TINCTURE_RESOURCES/samples/apple.png" --prompt "a dog" --steps 1 --batch 1 \
    --out "$data/other.safetensors"
if [ ! -e "$TINCTURE_RESOURCES/starter/controls" ]; then
    absent="assert inside.edit.keep_edges no"
fi
drive <<END
size 1280x900
wait device != none within 120
open $TINCTURE_RESOURCES/samples/apple.png
wait photo 512x512 within 60
wait idle within 60
${absent:-}
drop $data/edges.safetensors
wait message contains edges is kept as a control of this model within 60
wait adapters 0
wait idle within 60
assert widget.edit.keep_edges 0
set source a red apple
set edit.steps.text 2
set prompt a green apple
wait view result within 120
export $data/free.png
wait message contains Exported free.png within 60
set edit.keep_edges.text 0.8
assert param.keep_edges 0.8
wait idle within 120
export $data/kept.png
wait message contains Exported kept.png within 60
action win.undo
assert param.keep_edges 0
action win.redo
assert widget.edit.keep_edges 0.8
wait idle within 120
snapshot ${TINCTURE_SNAPSHOT:-$data/control.png}

set control.name edges
wait inside.edit.keep_edges no
wait widget.control.hint visible
set control.strength.text 0.7
assert widget.control.strength 0.7
wait view result within 120
wait idle within 120
export $data/chosen.png
wait message contains Exported chosen.png within 60
hint $TINCTURE_RESOURCES/samples/cat.png
wait widget.control.from-photo visible
wait idle within 120
export $data/file.png
wait message contains Exported file.png within 60
snapshot ${TINCTURE_SNAPSHOT:-$data/hint.png}
action win.undo
wait widget.control.from-photo hidden
action win.redo
wait widget.control.from-photo visible
hint $TINCTURE_RESOURCES/samples/README.md
wait message contains README.md cannot be used within 60
click control.from-photo
wait widget.control.from-photo hidden
wait view result within 120
drop $data/other.safetensors
wait message contains could not be used within 60
quit
END

# A ControlNet is taken as a folder of diffusers and as a file of the original layout; what is none of it is named.
python3 - "$data/vae.safetensors" encoder.conv_in.weight "$data/x4.safetensors" conv_first.weight \
    "$data/xl.safetensors" lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_down.weight <<'PY'
import json, struct, sys
for path, name in zip(sys.argv[1::2], sys.argv[2::2]):
    head = json.dumps({name: {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    open(path, "wb").write(struct.pack("<Q", len(head)) + head + bytes(4))
PY
mkdir "$data/encoder"
printf '{"architectures": ["CLIPTextModel"]}' >"$data/encoder/config.json"
printf 'GGUF\003\000\000\000' >"$data/model.gguf"
cp "$models/../controlnet/sd1.safetensors" "$data/original.safetensors"
cat >"$data/script.drive" <<END
wait device != none within 120
drop $models/../controlnet/sd1
wait message contains sd1 is kept as a control of this model within 60
drop $data/original.safetensors
wait message contains original is kept as a control of this model within 60
drop $data/vae.safetensors
wait message contains is an autoencoder (VAE) alone and no adapter; Choose VAE in the menu within 60
drop $data/x4.safetensors
wait message contains is an upscaler and no adapter within 60
drop $data/xl.safetensors
wait message contains is an adapter for Stable Diffusion XL within 60
drop $data/encoder
wait message contains is a text encoder alone and no adapter within 60
drop $models/sd1
wait message contains is a whole model and no adapter; Choose Model in the menu within 60
drop $data/model.gguf
wait message contains it is a model in GGUF form within 60
quit
END
"$tincture" --data-dir "$data/nets" --model "$models/sd1" --drive "$data/script.drive"
[ -s "$data/nets/controls/sd1.safetensors" ] || { echo "control: the folder was not kept" >&2; exit 1; }

cmp -s "$data/kept.png" "$data/chosen.png" && { echo "control: the strength changed nothing" >&2; exit 1; }
cmp -s "$data/chosen.png" "$data/file.png" && { echo "control: the hint changed nothing" >&2; exit 1; }
cmp -s "$data/free.png" "$data/kept.png" && { echo "control: the edges changed nothing" >&2; exit 1; }
[ -s "$data/library/controls/edges.safetensors" ] || { echo "control: the file was not kept" >&2; exit 1; }

drive <<END
wait photo 512x512 within 60
wait idle within 120
wait widget.control.name edges within 60
assert widget.control.strength 0.7
set control.name None
wait widget.edit.keep_edges 0.8
quit
END

[ -z "${absent:-}" ] && exit 0
rm "$data/library/controls/edges.safetensors"
drive <<END
wait photo 512x512 within 60
wait idle within 120
assert widget.edit.keep_edges 0.8
set prompt a blue apple
wait message contains no control of edges within 60
set edit.keep_edges.text 0
wait view result within 120
quit
END
