#!/bin/sh
# tour.sh TINCTURE_DRIVE: a first start shows the tour, the next one does not; the menu shows it again.
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
"$1" --welcome --data-dir "$dir/library" --drive "$dir/first.drive"
"$1" --welcome --data-dir "$dir/library" --drive "$dir/next.drive"
