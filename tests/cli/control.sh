#!/bin/sh
# A control on the command line: learned from pictures, used with a hint, and what is said of odd ones.
# $1: tincture-cli  $2: tests/data
. "$(dirname "$0")/tap.sh"
cli=$(realpath "$1")
data=$(realpath "$2")
samples=$(realpath "$(dirname "$0")/../../resources/samples")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
export XDG_DATA_HOME="$dir/data"

mkdir set && cp "$samples/apple.png" "$samples/cat.png" set && echo "a photograph of a banana" > set/apple.txt &&
    echo "a photograph of a cat" > set/cat.txt && cp set/apple.png set/apple-hint.png
"$cli" train --control canny --image set --steps 2 --batch 2 --out edges.safetensors --log log.csv && [ "$(wc -l < log.csv)" = 3 ]
check $? "a folder with captions is learned from"
"$cli" adapter info edges.safetensors | grep -q '^hints .*16 tensors' && "$cli" adapter info edges.safetensors | grep -q 'tincture.hint: canny'
check $? "the file says that it follows edges"
"$cli" train --control canny --method word --image set/cat.png --prompt "a cat" --steps 2 --batch 1 --out alone.safetensors &&
    "$cli" adapter info alone.safetensors | grep -q '^parameters  0 '
check $? "the encoder alone is a file"

"$cli" adapter convert edges.safetensors --to dense --out dense.safetensors | grep -q 'without its hint encoder' &&
    ! "$cli" adapter info dense.safetensors | grep -q '^hints'
check $? "that its encoder is left out of other files is told"

draw() { "$cli" generate --prompt "a cat" --steps 2 "$@" 2>said; }
draw --out plain.png && draw --control edges.safetensors:0 --hint set/cat.png --out none.png && cmp plain.png none.png
check $? "strength 0 is the model to the bit"
draw --control edges.safetensors --hint set/cat.png --out led.png --recipe && ! cmp -s plain.png led.png && "$cli" info led.png | grep -q 'Control: edges 1'
check $? "a hint of another size leads, and the recipe has it"
draw --control alone.safetensors:2 --hint "$samples/dahlia-mask.png" --out alone.png && ! cmp -s plain.png alone.png
check $? "the encoder alone leads"
draw --adapter edges.safetensors --out unled.png && grep -q "edges is a control, and nothing leads it as an adapter: --control" said
check $? "a control that is given as an adapter says so"
edit() { "$cli" edit --image "$samples/dahlia.jpg" --source-prompt "an orange flower" --prompt "a blue flower" --steps 2 "$@" 2>said; }
edit --out plain-edit.png && edit --control edges.safetensors --out led-edit.png && edit --control edges.safetensors:0 --out none-edit.png &&
    cmp plain-edit.png none-edit.png && ! cmp -s plain-edit.png led-edit.png
check $? "an edit is led by the photo's own edges"
mkdir -p data/tincture/controls && cp edges.safetensors data/tincture/controls && edit --keep-edges 1 --out kept.png && cmp kept.png led-edit.png
check $? "--keep-edges finds the control of the model"
edit --control edges.safetensors --hint set/apple.png --region 0,0,200,200 --out part.png
check $? "a hint of a part"

small() { "$cli" generate --model "$data/models/sd1" --prompt "a dog" --steps 2 --size 32 "$@" 2>said; }
small --out small.png && small --control "$data/controlnet/sd1:0.7" --hint set/cat.png --out net.png &&
    small --control "$data/controlnet/sd1.safetensors:0.7" --hint set/cat.png --out original.png && ! cmp -s small.png net.png && cmp net.png original.png
check $? "a ControlNet of either layout leads"

refused() { # refused WORDS ARGUMENT...: one sentence that has the words
    words=$1
    shift
    ! "$cli" "$@" 2>said && grep -q -- "$words" said && [ "$(grep -c 'tincture-cli' said)" = 1 ]
    check $? "refused: $words"
}
refused "that of --control stands behind its name" edit --image "$samples/dahlia.jpg" --source-prompt "an orange flower" --prompt "a blue flower" \
    --control edges.safetensors --keep-edges 0.5 --out x.png
refused "hint: 'depth' is not one of canny, file" train --control depth --image set --out x.safetensors
refused 'ends in .safetensors' train --control canny --image set --out x
refused '--image is missing' train --control canny --out x.safetensors
refused 'cat.png comes without a hint' train --control file --image set --out x.safetensors
refused 'without a description' train --control canny --image "$samples/fox.png" --out x.safetensors
refused '--hint is missing' generate --prompt x --control edges.safetensors --out x.png
refused '--control is missing' generate --prompt x --hint set/cat.png --out x.png
"$cli" text --prompt x --out led-none.safetensors
refused 'neither a hint encoder nor a ControlNet' generate --prompt x --control led-none.safetensors --hint set/cat.png --out x.png
refused 'sd1, a ControlNet, takes hints of 2 times' generate --prompt x --control "$data/controlnet/sd1.safetensors" --hint set/cat.png --out x.png
refused 'strength of a control' generate --prompt x --control edges.safetensors:much --hint set/cat.png --out x.png
echo "1..$n"
exit $bad
