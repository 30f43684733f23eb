#!/bin/sh
# Where an edit is made: --region and --mask of tincture-cli, looked at with ImageMagick.  $1: tincture-cli
. "$(dirname "$0")/tap.sh"
cli=$(realpath "$1")
command -v convert >/dev/null || {
    echo "1..0 # SKIP ImageMagick is not installed"
    exit 77
}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
photo=${TINCTURE_RESOURCES}/samples/apple.png
said=$dir/said

edit() { # edit OUT OPTION...
    out=$1
    shift
    "$cli" edit --image "$photo" --source-prompt "a red banana" --prompt "a green banana" --steps 4 --out "$out" "$@"
}

# The largest difference between two pictures where the mask is 0, and where it is not, in 0..1.
outside() { # outside A B MASK
    convert "$1" "$2" -compose difference -composite \( "$3" -threshold 0 -negate \) -compose multiply -composite \
        -format '%[fx:maxima]' info:
}
inside() {
    convert "$1" "$2" -compose difference -composite \( "$3" -threshold 0 \) -compose multiply -composite \
        -format '%[fx:maxima]' info:
}
same() {
    [ "$(compare -metric AE "$1" "$2" null: 2>&1)" = 0 ]
}

# A soft mask, and the same outline in other kinds of files.
convert -size 512x512 xc:black -fill white -draw 'circle 250,260 250,380' -blur 0x6 -depth 8 -colorspace Gray soft.png
convert -size 512x512 xc:black -fill white +antialias -draw 'circle 250,260 250,380' -colorspace Gray hard.png
convert hard.png -type TrueColor PNG48:deep.png
convert hard.png -type TrueColor -define png:color-type=2 -define png:bit-depth=8 colour.png
convert hard.png -monochrome -define png:color-type=0 -define png:bit-depth=1 bits.png
convert -size 512x512 xc:white hard.png -alpha off -compose copy_opacity -composite -define png:color-type=6 alpha.png
convert hard.png -quality 100 hard.tif

edit soft-edit.png --mask soft.png
check $? "an edit with a mask"
[ "$(outside "$photo" soft-edit.png soft.png)" = 0 ]
check $? "outside the mask the photo's pixels"
[ "$(inside "$photo" soft-edit.png soft.png)" != 0 ]
check $? "inside the edit's"

edit hard-edit.png --mask hard.png
check $? "an edit with a hard mask"
for kind in deep.png colour.png bits.png alpha.png hard.tif; do
    edit other.png --mask $kind && same hard-edit.png other.png
    check $? "the same mask as $kind gives the same picture"
done

# A region: the model sees only that, and nothing outside it changes.
convert -size 512x512 xc:black -fill white +antialias -draw 'rectangle 100,120 339,319' -colorspace Gray region.png
edit region-edit.png --region 100,120,240,200
check $? "an edit of a region"
[ "$(outside "$photo" region-edit.png region.png)" = 0 ] && [ "$(inside "$photo" region-edit.png region.png)" != 0 ]
check $? "outside the region the photo's pixels, inside the edit's"
# Half a mask lets half of the edit show, wherever it is.
mean_change() {
    compare -metric MAE "$photo" "$1" null: 2>&1 | sed 's/.*(\(.*\)).*/\1/'
}
convert -size 512x512 xc:white white.png
convert -size 512x512 xc:'gray(50%)' half.png
edit white-edit.png --mask white.png && edit half-edit.png --mask half.png &&
    echo "$(mean_change white-edit.png) $(mean_change half-edit.png)" |
    awk '{ print "# mean change " $1 ", with half a mask " $2; exit !($1 > 0.005 && $2 > 0.4 * $1 && $2 < 0.6 * $1) }'
check $? "half a mask lets half of the edit show"

edit both.png --region 100,120,240,200 --mask soft.png &&
    convert soft.png region.png -compose darken -composite common.png
[ "$(outside "$photo" both.png common.png)" = 0 ] && [ "$(inside "$photo" both.png common.png)" != 0 ]
check $? "with a mask only what both have in common"
edit whole.png && edit all.png --region 0,0,512,512 && same whole.png all.png
check $? "the whole photo as a region is no region"
edit recipe.png --region 100,120,240,200 --mask soft.png --recipe &&
    convert recipe.png -format '%[parameters]' info: | grep -q 'Region: 240x200+100+120, Masked: [0-9.]* %'
check $? "the recipe says where"

# A region that is looked for: it is said, and gives the same picture when it is given.
edit auto.png --region auto >"$said" && region=$(sed -n 's/^region: //p' "$said") && edit given.png --region "$region" &&
    same auto.png given.png
check $? "a region that is looked for: $(cat "$said")"

# With a mask that is what it is about, whatever the words say: with room around, and at least what the model sees.
convert -size 512x512 xc:black -fill white +antialias -draw 'rectangle 250,200 409,279' -colorspace Gray thing.png
edit framed.png --region auto --mask thing.png >"$said" && grep -qx 'region: 218,156,224,168' "$said"
check $? "a region around the mask: $(cat "$said")"
size=$("$cli" info --model starter | sed -n 's/^picture size *//p')
convert -size 512x512 xc:black -fill white +antialias -draw 'rectangle 505,3 509,6' -colorspace Gray speck.png
edit framed.png --region auto --mask speck.png >"$said" &&
    grep -qx "region: $((512 - size)),0,$size,$size" "$said"
check $? "not smaller than what the model sees: $(cat "$said")"

# A word: what the photo shows beside it stays as it is.
edit word.png --select banana >"$said" && grep -qx 'selected: [1-9][0-9]* % of the photo' "$said"
check $? "an edit where the photo shows a word"

# What was selected, as a picture: as an edit takes it, and as --mask takes it back.
"$cli" select --image "$photo" --source-prompt "a red banana" --select banana --out selected.png >"$said" 2>&1 &&
    [ "$(identify -format '%wx%h %[colorspace]' selected.png)" = "512x512 sRGB" ] &&
    edit masked.png --mask selected.png >/dev/null 2>&1 && same masked.png word.png
check $? "a selection is a mask: $(tail -1 "$said")"
"$cli" select --image "$photo" --source-prompt "a red banana" --out none.png 2>"$said"
[ $? = 2 ] && grep -q -e "--select is missing" "$said"
check $? "no word to select: $(cat "$said")"
! "$cli" select --image "$photo" --source-prompt "a red banana" --select lemon --out none.png 2>"$said" &&
    grep -q lemon "$said" && [ ! -e none.png ]
check $? "a word that is not in the sentence: $(cat "$said")"
convert "$photo" word.png -compose difference -composite difference.png
[ "$(convert difference.png -format '%[fx:maxima]' info:)" != 0 ] &&
    [ "$(convert difference.png -crop 16x16+0+0 -format '%[fx:maxima]' info:)" = 0 ]
check $? "it changes, and the photo's corner does not"

# A mask that ends where the thing does: its colour changes up to there, and no rim of the old one is left.
convert "$photo" -color-matrix '1 -1 0 1 -1 0 1 -1 0' -threshold 30% -morphology Close Disk:3 -colorspace Gray tight.png
convert tight.png \( +clone -morphology Erode Disk:20 \) -compose difference -composite rim.png
edit tight-edit.png --steps 20 --mask tight.png &&
    [ "$(convert tight-edit.png rim.png -compose multiply -composite -format '%[fx:mean.g > 2 * mean.r]' info:)" = 1 ]
check $? "a tight mask leaves no rim of the old colour"

# A rough outline goes to the thing's own edge, and no further than it may: what it covers of the ground stays.
convert tight.png -morphology Dilate Disk:6 rough.png
convert rough.png \( tight.png -morphology Dilate Disk:3 -negate \) -compose multiply -composite spill.png
convert rough.png -morphology Dilate Disk:20 -negate far.png
ground() { convert "$photo" "$1" -compose difference -composite spill.png -compose multiply -composite -format '%[fx:mean]' info:; }
edit spilt.png --steps 20 --mask rough.png && edit kept.png --steps 20 --mask rough.png --mask-reach 12 &&
    echo "$(ground spilt.png) $(ground kept.png)" | awk '{ print "# of the ground changes " $1 ", with its reach " $2; exit !($2 < 0.5 * $1) }'
check $? "a mask's border goes to the photo's edge"
[ "$(convert "$photo" kept.png -compose difference -composite far.png -compose multiply -composite -format '%[fx:maxima]' info:)" = 0 ]
check $? "and not beyond its reach"

# Variations
edit v.png --seed 3 --variations 2 >"$said" && [ ! -e v.png ] && [ "$(cat "$said")" = "v-1.png: seed 3
v-2.png: seed 4" ]
check $? "two variations, with their seeds"
edit w.png --seed 4 --variations 1 >"$said" && same v-2.png w-1.png && ! same v-1.png v-2.png
check $? "each is the picture of its seed"

# Learning the region: what is learned is another thing than the whole, and a checkpoint tells them apart.
learn() {
    "$cli" train --image "$photo" --prompt "a red banana" --seed 1 "$@"
}
learn --steps 12 --region 100,120,240,200 --checkpoint c.safetensors --out part.safetensors
check $? "a region is learned"
learn --steps 14 --region 100,120,240,200 --resume c.safetensors --out more.safetensors
check $? "and gone on with"
! learn --steps 14 --region 100,120,240,216 --resume c.safetensors --out other.safetensors 2>"$said" &&
    grep -q 'the pictures or captions are others' "$said" && [ ! -e other.safetensors ]
check $? "but not with another region"
edit learned.png --region 100,120,240,200 --adapter part.safetensors && ! same learned.png region-edit.png
check $? "an edit of the region with what was learned"

# What cannot be: one sentence, and no file.
refuse() { # refuse WORDS OPTION...
    words=$1
    shift
    ! edit none.png "$@" 2>"$said" && grep -q -- "$words" "$said" && [ "$(wc -l <"$said")" = 1 ] && [ ! -e none.png ]
    check $? "$(cat "$said")"
}
convert soft.png -crop 500x512+0+0 +repage small.png
convert -size 512x512 xc:black -colorspace Gray black.png
refuse 'small.png has 500 x 512 pixels and the photo 512 x 512' --mask small.png
refuse 'black.png is a mask that covers nothing of the photo' --mask black.png
refuse 'the mask covers nothing of the region' --mask hard.png --region 0,0,64,64
echo 'this is a letter' >letter.png
refuse 'letter.png: .*not a picture' --mask letter.png
refuse 'there is no --mask' --mask-reach 5
refuse 'mask-reach: 0 is not' --mask hard.png --mask-reach 0
refuse 'lemon' --select lemon
refuse 'has no area' --region 10,10,0,50
refuse 'is not inside the photo of 512 x 512' --region 400,10,113,50
refuse 'is too small: it needs 16' --region 400,10,15,50
refuse 'needs X,Y,W,H' --region 400,10,15
refuse 'needs X,Y,W,H' --region -5,10,100,100
refuse 'needs X,Y,W,H' --region 1,2,30,40x
refuse 'variations: 100 is not' --variations 100
! learn --image "$photo" --region 0,0,64,64 --steps 1 --out none.safetensors 2>"$said" &&
    grep -q 'a part of one photo, and there are 2' "$said" && [ ! -e none.safetensors ]
check $? "$(cat "$said")"
echo "1..$n"
exit $bad
