#!/bin/sh
# Many photos by one recipe: killed and gone on with, by two at once, with entries that are none.  $1: tincture-cli
. "$(dirname "$0")/tap.sh"
cli=$(realpath "$1")
command -v convert >/dev/null || {
    echo "1..0 # SKIP ImageMagick is not installed"
    exit 77
}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
mkdir photos photos/more
for i in 1 2 3 4 5; do
    convert "$TINCTURE_RESOURCES/samples/apple.png" -resize 96x96 -modulate 100,100,$((i * 30)) photos/$i.png
done
cp photos/2.png photos/more/1.png
find photos -name '*.png' | sort >list
all=6

begin() { # begin OUT OPTION...: in the place of the shell that calls it
    out=$1
    shift
    exec "$cli" batch --prompt "a green apple" --source-prompt "a red apple" --size 64 --steps 4 --out "$out" "$@"
}
batch() {
    (begin "$@")
}
made() { # how many pictures a folder has
    ls "$1" 2>/dev/null | grep -c 'png$'
}
same() { # same A B: the same pictures, to the byte
    [ "$(made "$1")" = "$(made "$2")" ] && for f in "$1"/*.png; do cmp -s "$f" "$2/${f##*/}" || return 1; done
}
tidy() { # nothing is left of work on the way
    [ "$(ls -A "$1" | grep -v 'png$' | tr '\n' ' ')" = ".tincture-batch contact-sheet.html " ] &&
        [ "$(ls -A "$1/.tincture-batch" | tr '\n' ' ')" = "batch.json lock " ]
}
# until_made N OUT OPTION...: begins, and goes on once N pictures are there; the process is $pid
until_made() {
    n_made=$1
    shift
    begin "$@" >>said 2>&1 &
    pid=$!
    until [ "$(made "$1")" -ge "$n_made" ] || ! kill -0 $pid 2>/dev/null; do sleep 0.01; done
}

batch whole --list list >said 2>&1 && [ "$(made whole)" = $all ] && [ "$(grep -c ': .*/whole/.*png, ' said)" = $all ]
check $? "all photos of a list: $(tail -1 said)"
[ -e whole/1.png ] && [ -e whole/1-2.png ] && ! cmp -s whole/1.png whole/1-2.png && tidy whole
check $? "two of one name are two files, and nothing else is left"
[ "$(grep -o '<figure>' whole/contact-sheet.html | wc -l)" = $all ] && [ "$(grep -o 'image/jpeg;base64' whole/contact-sheet.html | wc -l)" = $((2 * all)) ]
check $? "the contact sheet shows each before and after"

rm said
for k in 1 2 4; do
    until_made $k part --list list
    kill -KILL $pid && wait $pid 2>/dev/null
    [ "$(made part)" -lt $all ] || k=late
done
[ "$k" != late ]
check $? "killed three times on the way"
stat -c '%n %i %y' part/*.png >before
batch part --list list >>said 2>&1
check $? "it goes on: $(tail -1 said)"
stat -c '%n %i %y' part/*.png | grep -qFf before - && [ "$(stat -c '%n %i %y' part/*.png | grep -cFf before -)" = "$(wc -l <before)" ] &&
    [ -z "$(grep -o '/part/.*png, ' said | sort | uniq -d)" ]
check $? "what was there is not made again"
same whole part && tidy part
check $? "and comes to the same bytes as without a stop"
stat -c '%i' part/contact-sheet.html >before && batch part --list list >said 2>&1 && grep -q "$all of $all photos are in the folder, $all of them from before" said &&
    [ "$(stat -c '%i' part/contact-sheet.html)" = "$(cat before)" ]
check $? "once more there is nothing to do"

until_made 1 int --list list
kill -INT $pid
wait $pid
[ $? = 130 ] && grep -q "of $all photos are done, and the same command does the rest" said && ! grep -q 'png, .*int/contact' said
check $? "Ctrl+C stops it: $(tail -1 said)"

# Two processes, one list, one folder.
begin two --list list >first 2>&1 &
pid=$!
batch two --list list >second 2>&1
status=$?
wait $pid && [ $status = 0 ] && [ "$(cat first second | grep -c '/two/.*png, ')" = $all ] && [ -z "$(cat first second | grep -o '/two/.*png, ' | sort | uniq -d)" ]
check $? "two at once make each photo once: $(grep -c 'png, ' first) and $(grep -c 'png, ' second)"
grep -q '/two/' first && grep -q '/two/' second && same whole two && tidy two && [ "$(grep -o '<figure>' two/contact-sheet.html | wc -l)" = $all ]
check $? "both do some, and it is the same"

# Another recipe is not mixed in.
cksum part/*.png >before
! batch part --list list --steps 3 >said 2>&1 && grep -q 'has 6 photos of another recipe (there "Steps: 4", now "Steps: 3")' said && cksum part/*.png | cmp -s - before
check $? "another recipe is refused: $(tail -1 said)"
rm part/*.png && batch part photos/1.png --steps 3 >said 2>&1 && [ "$(made part)" = 1 ] && ! cmp -s part/1.png whole/1.png
check $? "and taken once the pictures are gone"

# Entries that are none, each with its sentence; the rest is done.
mkdir empty
echo "this is a letter" >letter.png
head -c 60 photos/1.png >cut.png
printf '# photos\r\nphotos/3.png\r\nphotos/./3.png\r\nempty\nnone.png\nletter.png\n\ncut.png\nphotos/4.png\n' >mixed
batch bad --list mixed >said 2>&1
[ $? = 1 ] && [ "$(ls bad | tr '\n' ' ')" = "3.png 4.png contact-sheet.html " ]
check $? "bad entries do not hold up the others: $(tail -1 said)"
grep -q '^3.png: it is there twice' said && grep -q 'there are no photos in empty' said && grep -q '^none.png: ' said && grep -q '^letter.png: ' said &&
    grep -q '^cut.png: ' said && grep -q '4 entries were not done' said && grep -q 'letter.png' bad/contact-sheet.html
check $? "and each has its sentence"
mkdir bad/5.png
batch bad photos/5.png >said 2>&1 && [ -f bad/5-2.png ]
check $? "a name that something else has is not taken"

# In the photos' own folder: neither a photo nor what was made of one is taken for the other.
mkdir own && cp photos/1.png photos/2.png own && cksum own/1.png own/2.png >before
batch own own >said 2>&1 && batch own own >said 2>&1 && [ "$(ls own | tr '\n' ' ')" = "1-2.png 1.png 2-2.png 2.png contact-sheet.html " ] &&
    cksum own/1.png own/2.png | cmp -s - before && cmp -s own/1-2.png whole/1.png
check $? "a folder that is its own output: $(tail -1 said)"
batch named photos/1.png --suffix -green --format jpeg --quality 80 --recipe >said 2>&1 && "$cli" info named/1-green.jpg | grep -q "Steps: 4"
check $? "names, format and recipe"
"$cli" batch --recipe-from named/1-green.jpg --size 64 --out from photos/1.png >said 2>&1 && cmp -s from/1.png whole/1.png &&
    "$cli" edit --recipe-from named/1-green.jpg --prompt "a blue apple" --recipe --image photos/1.png --size 64 --out blue.png &&
    "$cli" info blue.png | grep -q "a blue apple" && "$cli" info blue.png | grep -q "Steps: 4"
check $? "a recipe out of a picture makes the same, and what is given counts more"
# A recipe of a batch says nothing that is not known or not possible.
"$cli" batch --prompt "a green apple" --source-prompt "a red apple" --size 64 --steps 2 --recipe-to told.json --out told.d photos/1.png >said 2>&1
recipe() { # recipe FROM TO SENTENCE
    sed "s|$1|$2|" told.json >odd.json
    ! "$cli" batch --recipe-from odd.json --out odd.d photos/1.png >said 2>&1 && grep -q "odd.json: .*$3" said && [ ! -e odd.d ]
    check $? "refused: $(tail -1 said)"
}
recipe '"steps" : 2,' '"steps" : -4,' '-4'
recipe '"steps" : 2,' '"steps" : "few",' 'few'
recipe '"steps" : 2,' '"stepps" : 2,' 'stepps'
recipe '"inverter" : "[a-z_]*"' '"inverter" : "bogus"' 'bogus'
head -c 200 told.json >odd.json
! "$cli" batch --recipe-from odd.json --out odd.d photos/1.png >said 2>&1 && grep -q "odd.json is no recipe of a batch" said
check $? "a recipe that is cut is named: $(tail -1 said)"
! "$cli" edit --recipe-from photos/1.png --image photos/1.png --out none.png 2>said && grep -q "photos/1.png carries no recipe" said
check $? "of a picture without one: $(cat said)"

echo '{"prompt": "a cat"}' >other.json
! "$cli" edit --recipe-from other.json --image photos/1.png --out none.png 2>said && grep -q "other.json is no recipe of a batch" said
check $? "of a text that is none: $(cat said)"
mkfifo pipe
! timeout 60 "$cli" edit --recipe-from pipe --image photos/1.png --out none.png 2>said && grep -q "neither a picture nor a text" said &&
    ! (begin piped --list pipe) 2>said && grep -q "pipe is no list" said
check $? "nobody waits for a pipe: $(cat said)"

# As long a name as there may be; and a journal that is spoilt.
long=$(printf '%0251d' 0)
cp photos/1.png "$long.png"
batch long "$long.png" >said 2>&1 && cmp -s "long/$long.png" whole/1.png
check $? "a name of 255 bytes: $(tail -1 said | cut -c1-80)"
echo '{broken' >long/.tincture-batch/batch.json
! batch long "$long.png" >said 2>&1 && grep -q "remove it, or name another folder" said
check $? "a spoilt journal: $(cut -c1-80 said)"

# Each photo learned before; killed while it learns, it goes on with what is learned.
learned() {
    begin "$1" photos/1.png photos/2.png --learn --learn-steps 30 --learn-set keep_best=off
}
(learned taught) >said 2>&1 && ! cmp -s taught/1.png whole/1.png
check $? "each is learned: $(tail -1 said)"
learned again >said 2>&1 &
pid=$!
until [ -e again/.tincture-batch/1.png.learned ] || ! kill -0 $pid 2>/dev/null; do sleep 0.01; done
kill -KILL $pid
wait $pid 2>/dev/null
[ ! -e again/1.png ] && (learned again) >said 2>&1 && same taught again && tidy again
check $? "and a training that was killed is gone on with, to the same bytes"
printf 'a red apple\n' >photos/1.txt
"$cli" batch --prompt "a green apple" --size 64 --steps 2 --learn --learn-steps 2 --out told photos/1.png photos/2.png >said 2>&1
[ $? = 1 ] && [ -e told/1.png ] && grep -q '^2.png: nothing says what it shows' said
check $? "learned by the description beside it: $(grep 2.png said)"

# Where it is made, said for any photo.
"$cli" batch --prompt "a green apple" --source-prompt "a red apple" --size 64 --steps 2 --region 10%,10%,80%,80% --select apple --recipe --out where photos/1.png >said 2>&1 &&
    "$cli" info where/1.png | grep -q 'Region: 76x76+10+10.*Masked:'
check $? "a frame in percent and a word"
echo "1..$n"
exit $bad
