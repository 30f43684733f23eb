#!/bin/sh
# A disk that becomes full while pictures of a class are drawn: one sentence, what was drawn is kept and is not drawn
# again, and what is learned then is what it would have been.  $1: tincture-cli
. "$(dirname "$0")/tap.sh"
cli=$(realpath "$1")
dir=$(mktemp -d)
trap 'umount "$dir/cache/tincture/class" 2>/dev/null; rm -rf "$dir"' EXIT
cd "$dir" || exit 1
mkdir -p cache/tincture/class
mount -t tmpfs -o size=44k tmpfs cache/tincture/class 2>/dev/null || {
    echo "1..0 # SKIP no small file system can be mounted here"
    exit 77
}
export XDG_CACHE_HOME="$dir/cache"
train() { # train OPTION...: what differs of two runs is in the options
    "$cli" train --image "$TINCTURE_RESOURCES/samples/apple.png" --class apple --token '<pippin>' --class-pictures 8 --crops 1 \
        --batch 1 --steps 2 --set keep=pictures --seed 3 "$@" >said 2>&1
}
sums() {
    (cd cache/tincture/class/* && for picture in *.png; do stat -c '%n %Y %s' "$picture"; sha256sum <"$picture"; done)
}

! train --out none.safetensors && [ ! -e none.safetensors ]
check $? "a full disk ends it, and no adapter is left"
count=$(find cache/tincture/class -name '*.png' | wc -l)
[ "$count" -gt 0 ] && [ "$count" -lt 8 ] && [ -z "$(find cache/tincture/class -name '.*')" ]
check $? "what was drawn is there, and no part of a file: $count"
[ "$(grep -c "holds $count of 8 pictures of the class" said)" = 1 ] && grep -q "No space left" said && [ "$(grep -c train said)" = 1 ]
check $? "one sentence says it: $(cat said)"

kept=$(sums)
mount -o remount,size=1m cache/tincture/class && train --out learned.safetensors
check $? "with room it goes on: $(cat said)"
[ "$(find cache/tincture/class -name '*.png' | wc -l)" = 8 ] && [ "$(sums | head -n $((2 * count)))" = "$kept" ]
check $? "those that were drawn stay as they are"
umount cache/tincture/class && train --out anew.safetensors
check $? "all are drawn anew elsewhere"
numbers() { # what follows the header, in which there is a date
    tail -c +$((9 + $(od -An -N8 -tu8 "$1"))) "$1"
}
numbers learned.safetensors >a && numbers anew.safetensors >b && [ -s a ] && cmp -s a b
check $? "and what is learned is the same"

# Where there is no room for a single one.
rm -r cache/tincture/class && mkdir cache/tincture/class && mount -t tmpfs -o size=4k tmpfs cache/tincture/class
! train --out none.safetensors && grep -q "the pictures of the class could not be put into .*No space left" said && [ ! -e none.safetensors ]
check $? "no room at all is said: $(cat said)"
echo "1..$n"
exit $bad
