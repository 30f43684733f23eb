#!/bin/sh
# Pictures to learn from that are broken or cut short.  $1: tincture-cli
. "$(dirname "$0")/tap.sh"
cli=$(realpath "$1")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
export XDG_CACHE_HOME="$dir/cache"
photo=${TINCTURE_RESOURCES}/samples/apple.png
cut_short() { # cut_short FILE: the first two thirds of a picture
    head -c $(($(wc -c <"$photo") * 2 / 3)) "$photo" >"$1"
}
subject() { # subject PATH OPTION...
    of=$1
    shift
    "$cli" train --image "$of" --class apple --token "<pippin>" --method lora --prior-weight 0 --crops 2 --steps 1 --out s.safetensors "$@" 2>said
}
style() {
    "$cli" train --content content --style style --method lora --steps 1 --out t.safetensors "$@" 2>said
}
control() {
    "$cli" train --control canny --image style --prompt "an apple" --method lora --steps 1 --out c.safetensors "$@" 2>said
}

# What cannot be read at all ends the run, or is left out and named; one has to be left.
mkdir two && cp "$photo" two/b.png && printf rubbish >two/bad.png
! subject two && grep -q "bad.png" said && [ ! -e s.safetensors ]
check $? "a folder with a broken picture is refused"
subject two --skip-broken && grep -q "left out: bad.png" said && [ -e s.safetensors ]
check $? "--skip-broken leaves it out and names it"
! subject two/bad.png --skip-broken && grep -q "none of the pictures can be read that there are in two/bad.png" said
check $? "nothing left: $(tail -n 1 said)"

# What is cut short is read as far as it goes, which is said once whatever is learned; left out if that is asked for.
rm two/bad.png && cut_short two/cut.png && mkdir content style && cp "${TINCTURE_RESOURCES}/samples/cat.png" content/a.png && cp "$photo" style/b.png && cut_short style/cut.png &&
    for name in content/a style/b style/cut; do echo "an apple on a table" >$name.txt; done
told() {
    [ "$(grep -c "^cut.png: the file is damaged or cut short" said)" = 1 ]
}
left_out() {
    grep -q "^left out: cut.png: the file is damaged or cut short$" said
}
subject two && told && subject two --skip-broken && left_out
check $? "a subject: $(tail -n 1 said)"
style && told && style --skip-broken && left_out
check $? "a style: $(tail -n 1 said)"
"$cli" train --image style --method lora --steps 1 --out p.safetensors 2>said && told
check $? "photos with descriptions: $(tail -n 1 said)"
control && told && control --skip-broken && left_out
check $? "a control: $(tail -n 1 said)"

# A mask or hint of which a part is missing would say what is not so.
cp "$photo" two/cut.png && cut_short two/b-masklabel.png
! subject two && grep -q "b-masklabel.png: the file is damaged or cut short" said
check $? "a mask beside a photo: $(tail -n 1 said)"
rm style/cut.* && cut_short style/b-hint.png
! control --hint file && grep -q "b-hint.png: the file is damaged or cut short" said
check $? "a hint beside a picture: $(tail -n 1 said)"

# A picture of the class that is cut short is drawn again.
class() {
    "$cli" train --image "$photo" --class apple --token "<pippin>" --method lora --class-pictures 1 --crops 2 --steps 1 --out k.safetensors
}
class && drawn=$(ls cache/tincture/class/*/0.png) && cp "$drawn" whole.png && head -c $(($(wc -c <whole.png) * 2 / 3)) whole.png >"$drawn" &&
    class && cmp "$drawn" whole.png
check $? "a picture of the class that is cut short is drawn again"

# Nor is one drawn for a word that no description has.
echo "an apple" >two/b.txt && echo "an apple" >two/cut.txt && rm -f two/b-masklabel.png && rm -rf cache &&
    ! "$cli" train --image two --class apple --token "<pippin>" --method lora --class-pictures 1 --crops 2 --steps 1 --out w.safetensors 2>said &&
    grep -q "<pippin> is to be learned, and no description has it" said && [ ! -e cache/tincture/class ] && [ ! -e w.safetensors ]
check $? "a word in no description is told before: $(tail -n 1 said)"

echo "1..$n"
exit $bad
