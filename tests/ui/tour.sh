#!/bin/sh
# tour.sh TINCTURE_DRIVE: a first start shows the tour, the next one does not; the menu shows it again, and arrow keys turn
# its cards.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

cat >"$dir/first.drive" <<END
size 1024x600
wait dialog AdwWindow within 30
click tour.next
run sleep 1
click tour.next
run sleep 1
assert dialog AdwWindow
click tour.next
wait dialog none within 10
quit
END
cat >"$dir/next.drive" <<END
run sleep 2
assert dialog none
action win.tour
wait dialog AdwWindow within 10
click tour.skip
wait dialog none within 10
quit
END
cat >"$dir/arrows.drive" <<END
setting gtk-enable-animations false
action win.tour
wait dialog-focus GtkButton within 20
key Right Right Right
run sleep 1
key Left
run sleep 1
click _Next
run sleep 1
click _Begin
wait dialog none within 10
quit
END
"$1" --welcome --data-dir "$dir/library" --drive "$dir/first.drive"
"$1" --welcome --data-dir "$dir/library" --drive "$dir/next.drive"
if command -v xdotool >/dev/null; then
    "$1" --data-dir "$dir/library" --drive "$dir/arrows.drive"
fi
