#!/bin/sh
# What is told of options: the defaults that count beside the others, and those without an effect.
# $1: tincture-cli
. "$(dirname "$0")/tap.sh"
cli=$(realpath "$1")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

has() { # has OPTION VALUE ARGUMENT...: the help says that the option is that where it is not given
    option=$1
    value=$2
    shift 2
    "$cli" train "$@" --help >help && grep -q -- "^ *--$option=.*($value\\(, also [a-z_, ]*\\)\\?)\$" help
    check $? "train $* --help: --$option is $value"
}
has rank '0; svdiff'
has method svdiff
has steps '200; svdiff'
has rank '32; lora' --objective subject
has targets 'blocks; lora' --objective subject
has method lora --class dog
has steps '400; lora' --class dog
has targets 'attention; lora' --method lora
has targets 'attention; coft' --method coft
has hint-low '50; control' --objective control
has batch 8 --control canny

# As a model's folder says it.
mkdir model && cp -r "$TINCTURE_RESOURCES"/starter/* model && echo '{"learn": {"svdiff": {"steps": 123}}}' >model/tincture.json
has steps '123; svdiff' --model model
for command in $("$cli" --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
    "$cli" $command -h | grep -q -- '--help'
    check $? "$command -h"
done

said() { # said WORDS ARGUMENT...
    words=$1
    shift
    "$cli" "$@" >/dev/null 2>said && grep -q -- "$words" said
    check $? "said: $words"
}
draw="generate --prompt apple --steps 1 --out apple.png"
said 'steps is given as 1 and as 2; the last counts' $draw --set steps=2
said 'seed is given as 5 and as 6; the last counts' $draw --seed 5 --seed 6
said 'size is given as 64 and as 128; the last counts' encode --image apple.png --size 64 --size 128 --out z.safetensors
"$cli" $draw --steps 1 --seed 5 --seed 5 2>said && ! grep -q 'the last counts' said
check $? "nothing is said of what is the same twice"
said 'guidance-rescale has no effect with --guidance 1$' $draw --guidance 1 --guidance-rescale 0.5
said 'negative has no effect with --guidance 1' $draw --guidance 1 --negative banana
"$cli" $draw --negative banana --guidance-rescale 0.5 2>said && ! grep -q 'no effect' said
check $? "nothing is said of what has one"
edit="edit --image apple.png --source-prompt apple --prompt banana --preset none --steps 1 --out banana.png"
said 'scheduler has no effect with --inverter ddpm$' $edit --inverter ddpm --scheduler euler --seed 2
! grep -q 'seed has no effect' said
check $? "a seed that counts is let be"
said 'seed has no effect with --inverter direct and --structure 0' $edit --inverter direct --seed 2
mkdir by-preset && cp -r model/* by-preset && echo '{"presets": {"colour": {"inverter": "ddpm"}}}' >by-preset/tincture.json
said 'eta has no effect with --inverter ddpm, which the preset chooses$' edit --model by-preset --image apple.png --source-prompt apple --prompt banana \
    --preset colour --steps 1 --eta 0.5 --eta 0.5 --out banana.png
[ "$(grep -c 'eta has no effect' said)" = 1 ]
check $? "once"
said 'scheduler has no effect on invert$' invert --image apple.png --prompt apple --steps 1 --scheduler lcm --out z.safetensors
"$cli" invert --help >help && grep -q -- '--inverter' help && ! grep -q -- '--scheduler\|--guidance' help
check $? "nor is it in the help of invert"
said 'steps has no effect on select$' select --image apple.png --source-prompt 'an apple' --select apple --steps 3 --out mask.png
said 'split has no effect with --mixed$' train --content apple.png --style "$TINCTURE_RESOURCES/samples/cat.png" --prompt apple --method lora --split 400 --mixed --steps 1 --out apple.safetensors
said 'class-pictures has no effect with --prior-weight 0' train --image apple.png --class apple --token '<rex>' --method lora --prior-weight 0 --class-pictures 9 \
    --steps 1 --out apple.safetensors
"$cli" generate --help >help && grep -q -- '--eta=.*ddim, also tcd)' help && ! "$cli" $draw --scheduler lcm --eta 0.5 2>said &&
    grep -q "'eta' is a setting of the scheduler ddim and tcd, not of lcm" said
check $? "of an option that several have all are named: $(tail -n 1 said)"
"$cli" edit --image apple.png --source-prompt apple --prompt banana --preset none --steps 1 --inverter ddpm --recipe --out told.png 2>said &&
    "$cli" info told.png >told && grep -q 'Inversion: Edit-friendly DDPM' told && ! grep -q 'Sampler' told
check $? "a recipe does not name what had no effect"
"$cli" train --image apple.png --prompt apple --steps 1 --checkpoint c.bin --out apple.safetensors 2>said
said 'c.bin was begun for 1 steps, and goes on to 2$' train --image apple.png --prompt apple --steps 2 --resume c.bin --out apple.safetensors
! "$cli" generate --model nowhere.safetensors --prompt apple --steps 60 --scheduler lcm --out no.png 2>said &&
    grep -q nowhere said && ! TINCTURE_TRACE=trace.json "$cli" generate --prompt apple --steps 60 --scheduler lcm --out no.png 2>said &&
    grep -q '60 steps are outside 1 to 50, which LCM can take' said && [ ! -e trace.json ]
check $? "too many steps are told before the model is loaded: $(tail -n 1 said)"
"$cli" $draw --precision fp32 --recipe && "$cli" info apple.png | grep -q 'Precision: fp32'
check $? "but what it was drawn in"
said 'blocks has no effect with --block-size 4' train --image apple.png --prompt apple --method oft --blocks 2 --block-size 4 --steps 1 --out apple.safetensors
said 'does not know .zeppelin' train --image apple.png --class zeppelin --token '<rex>' --method lora --class-pictures 1 --steps 1 --batch 1 --out zeppelin.safetensors
echo "1..$n"
exit $bad
