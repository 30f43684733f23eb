#!/bin/sh
# Stickers of tincture-cli, read back by ImageMagick.  $1: tincture-cli
. "$(dirname "$0")/tap.sh"
cli=$(realpath "$1")
command -v convert >/dev/null && convert -list format | grep -q WEBP || {
    echo "1..0 # SKIP ImageMagick, with WebP, is not installed"
    exit 77
}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
photo=${TINCTURE_RESOURCES}/samples/apple.png

fails() { # fails TEXT OPTION...: one sentence with that text, and no file is left
    text=$1
    shift
    ! "$cli" sticker "$@" --out none.webp >said 2>&1 && [ "$(wc -l <said)" = 1 ] && grep -q "$text" said && [ ! -e none.webp ]
    check $? "refused: $text"
}
# Alpha of a pixel, 0 to 255.
alpha() { # alpha FILE X Y
    convert "$1" -alpha extract -depth 8 -format "%[fx:round(255*p{$2,$3})]" info:
}
bytes() {
    wc -c <"$1"
}
size() {
    convert "$1" -format '%wx%h' info:
}

# Of a photo: a disc of 200 pixels across out of the 512 of the picture.
convert -size 512x512 xc:black -fill white -draw 'circle 250,260 250,360' -depth 8 -colorspace Gray disc.png
cut() { # cut OUT OPTION...
    out=$1
    shift
    "$cli" sticker --image "$photo" --mask disc.png --out "$out" "$@" >said
}
cut any.png --size 300 --outline 0
check $? "a sticker of a photo"
[ "$(size any.png)" = 300x300 ] && [ "$(alpha any.png 150 150)" = 255 ] && [ "$(alpha any.png 3 3)" = 0 ]
check $? "has the size, the thing and nothing beside it"
difference=$(convert any.png -background black -flatten \( "$photo" -crop 201x201+150+160 +repage -resize 300x300! \) \
    -gravity center -crop 150x150+0+0 +repage -compose difference -composite -format '%[fx:mean]' info:)
awk "BEGIN { exit !($difference < 0.02) }"
check $? "shows the photo's own pixels ($difference)"

cut whatsapp.webp --for whatsapp --outline 12 --outline-color red
[ "$(size whatsapp.webp)" = 512x512 ] && [ "$(bytes whatsapp.webp)" -le 100000 ]
check $? "for WhatsApp 512 x 512 and at most 100 kB"
[ "$(convert whatsapp.webp -crop 512x15+0+0 +repage -alpha extract -format '%[fx:maxima]' info:)" = 0 ]
check $? "with an empty margin"
[ "$(alpha whatsapp.webp 22 256)" = 255 ] &&
    [ "$(convert whatsapp.webp -format '%[fx:p{22,256}.r>0.7&&p{22,256}.g<0.3]' info:)" = 1 ]
check $? "the outline is red and opaque"
for format in png webp; do
    cut telegram.$format --for telegram --shadow 0.4
    [ "$(size telegram.$format | tr x '\n' | sort -n | tail -1)" = 512 ] && [ "$(bytes telegram.$format)" -le 512000 ]
    check $? "for Telegram one side is 512, as $format"
done
cut signal.webp --for signal
[ "$(size signal.webp)" = 512x512 ] && [ "$(bytes signal.webp)" -le 300000 ]
check $? "for Signal 512 x 512 and at most 300 kB"
convert telegram.png png.rgba && convert telegram.webp webp.rgba && cmp -s png.rgba webp.rgba
check $? "the two formats hold the same pixels"

# A picture that is transparent already needs no mask, and no model.
"$cli" sticker --image any.png --model nowhere --size 200 --out again.webp >said 2>&1 && [ "$(alpha again.webp 100 100)" = 255 ]
check $? "of a picture with transparency of its own"

# Of sentences: one file, and several with a sheet.
"$cli" sticker --prompt "a red apple" --steps 6 --out apple.png >said 2>&1
check $? "a sticker of a sentence"
share=$(convert apple.png -alpha extract -format '%[fx:mean]' info:)
awk "BEGIN { exit !($share > 0.2 && $share < 0.95) }"
check $? "has a thing and something beside it ($share)"
printf '# two\na green apple\n\nA Fox!\n' >list.txt
"$cli" sticker --prompt "a green apple" --prompts-from list.txt --steps 2 --for signal --sheet sheet.png --out many >said 2>&1
check $? "several sentences"
[ "$(ls many | tr '\n' ' ')" = "a-fox.webp a-green-apple-2.webp a-green-apple.webp " ] && [ "$(size sheet.png)" = 1096x1096 ]
check $? "a file each and a sheet"
printf '\357\273\277a red apple\r\na green apple\r\n' >marked.txt && "$cli" sticker --prompts-from marked.txt --steps 2 --out marked >said 2>&1 &&
    [ "$(ls marked | tr '\n' ' ')" = "a-green-apple.png a-red-apple.png " ] && ! "$cli" sticker --prompt " " --out none.png 2>said && grep -q "prompt is empty" said
check $? "sentences of a file that begins with a byte-order mark, and an empty one"
sum=$(cksum <many/a-fox.webp)
"$cli" sticker --prompts-from list.txt --steps 1 --for signal --out many >said 2>&1 && grep -q "many/a-fox-2.webp" said && [ "$(cksum <many/a-fox.webp)" = "$sum" ] &&
    [ "$(ls many | tr '\n' ' ')" = "a-fox-2.webp a-fox.webp a-green-apple-2.webp a-green-apple-3.webp a-green-apple.webp " ]
check $? "what is in the folder stays as it is"
# meanwhile COMMAND...: runs it while the second of three is drawn; the run's status is in $status, its pid in $pid
meanwhile() {
    rm -rf some some.png
    "$cli" sticker --prompt "a red apple" --prompt "a fox" --prompt "a tree" --steps 20 --sheet some.png --out some >said 2>&1 &
    pid=$!
    until [ -e some/a-red-apple.png ] || ! kill -0 $pid 2>/dev/null; do sleep 0.02; done
    "$@"
    wait $pid
    status=$?
}
# One that does not come is named, and the others and the page are made; where none comes nothing is left.
meanwhile mkdir some/a-fox.png
[ $status = 1 ] && grep -q "^a fox: .*a-fox.png" said && grep -q "1 of 3 stickers was not made; the page shows the others" said
check $? "one of three fails: $(tail -1 said)"
[ "$(ls some | tr '\n' ' ')" = "a-fox.png a-red-apple.png a-tree.png " ] && [ "$(size some.png)" = 1096x560 ]
check $? "the others are there, and a page of them"
stop() {
    kill -INT $pid
}
meanwhile stop
[ $status = 130 ] && [ "$(ls some)" = a-red-apple.png ] && [ "$(size some.png)" = 560x560 ] && grep -q "some.png shows what was made" said
check $? "stopped, there is a page of those that were made: $(tail -1 said)"
"$cli" sticker --prompt "a red apple" --prompt "a fox" --steps 2 --outline 200 --size 128 --sheet left.png --out left >said 2>&1
[ $? = 1 ] && grep -q "2 of 2 stickers were not made, and there is no page" said && [ ! -e left ] && [ ! -e left.png ]
check $? "where none comes there is no folder: $(tail -1 said)"
"$cli" sticker --prompt "a red apple" --prompt "a fox" --sheet nowhere/left.png --out left >said 2>&1
[ $? = 1 ] && [ ! -e left ]
check $? "nor where the page has no place"
"$cli" sticker --prompt "a red apple" --prompt "a fox" --out left.png >said 2>&1
[ $? = 2 ] && grep -q "names a folder, and left.png ends in .png" said && [ ! -e left.png ]
check $? "several are a folder"
"$cli" sticker --prompt "a red apple" --steps 2 --recipe --out told.webp >said 2>&1 && "$cli" info told.webp | grep -q "Steps: 2"
check $? "the recipe is written"

long=$(printf 'a red apple on a table beside a green apple %.0s' 1 2 3 4 5 6 7 8 9 10)
"$cli" sticker --prompt "$long" --prompt "a pippinade" --steps 1 --out long >said 2>&1 && [ "$(grep -c "longer than the model reads" said)" = 1 ] && grep -q "pippinade" said
check $? "a sentence that is cut is told, and a word that is not known: $(head -1 said)"

# A style that comes with the model, which without strength is none.
"$cli" generate --prompt "a red apple on a blue background" --steps 4 --out plain.png &&
    for style in glossy line pixel; do
        "$cli" generate --prompt "a red apple on a blue background" --steps 4 --style $style --out $style.png &&
            ! cmp -s plain.png $style.png || exit 1
    done
check $? "the styles change what is drawn"
[ "$(convert line.png -gravity center -crop 37x37%+0+0 +repage -format '%[fx:mean.g>0.5]' info:)" = 1 ] &&
    [ "$(convert plain.png -gravity center -crop 37x37%+0+0 +repage -format '%[fx:mean.g<0.5]' info:)" = 1 ]
check $? "line makes a red apple white"
"$cli" generate --prompt "a red apple on a blue background" --steps 4 --style line:0 --out none.png && cmp -s plain.png none.png
check $? "a style of no strength is none"
! "$cli" generate --prompt "a red apple" --style baroque --out no.png 2>said && grep -q "it has glossy, line, pixel" said && [ ! -e no.png ]
check $? "those that there are are named"
rm -f none.png

fails "neither --image nor a --prompt"
printf '# nothing\n\n' >empty.txt
fails "empty.txt has no sentence" --prompts-from empty.txt
fails "not of both" --image "$photo" --prompt "a fox"
fails "nothing says what of the photo is the thing" --image "$photo"
fails "needs --image, and --source-prompt" --select apple
fails "leaves no room" --image "$photo" --mask disc.png --outline 200 --size 128
convert -size 512x512 xc:black empty.png
fails "covers nothing" --image "$photo" --mask empty.png
! "$cli" sticker --image "$photo" --mask disc.png --for whatsapp --out no.png >said 2>&1 && grep -q "only as: WebP$" said && [ ! -e no.png ]
check $? "WhatsApp takes no PNG"
! "$cli" sticker --image "$photo" --mask disc.png --out no.jpg >said 2>&1 && grep -q "no.jpg" said && [ ! -e no.jpg ]
check $? "JPEG has no transparency"
"$cli" sticker --image "$photo" --mask disc.png --for signal --size 100 --steps 3 --steps 3 --seed 2 --out idle.webp >said 2>&1 &&
    grep -q -- "--size has no effect with --for signal" said && [ "$(grep -c -- "--steps has no effect with --image" said)" = 1 ] && grep -q -- "--seed has no effect" said
check $? "a size beside a messenger's is said to be idle, and what is for drawing"
echo "1..$n"
exit $bad
