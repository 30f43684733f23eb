#!/bin/sh
# pages.sh TINCTURE_DRIVE TINCTURE DESKTOP: each action of the desktop file opens its page, at the start and later, and is
# handed to a program that runs already; a page that there is not is said.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

shown() { # shown PAGE: what the drive waits for
    case $1 in
    library) echo "wait widget.catalogue.use contains Library uses within 30" ;;
    batch) echo "wait dialog AdwWindow within 30" ;;
    sticker) echo "wait widget.sticker.draw visible within 30" ;;
    *) echo "the desktop file has an action $1, which this test does not know" >&2 && exit 1 ;;
    esac
}

pages=$(sed -n 's/^Exec=tincture --page //p' "$3")
# Another window is no page.
[ "$(sed -n 's/^Actions=new-window;//p' "$3" | tr ';' ' ')" = "$(echo "$pages" | tr '\n' ' ')" ]
for page in $pages; do
    { shown "$page" && echo quit; } >"$dir/begin.drive"
    "$1" --page "$page" --data-dir "$dir/$page" --drive "$dir/begin.drive"
done

echo "wait device != none within 120" >"$dir/later.drive"
for page in $pages; do
    {
        echo "action app.$page"
        shown "$page"
        [ "$page" != batch ] || printf 'close-dialog\nwait dialog none within 10\n'
        echo "action win.leave-page"
    } >>"$dir/later.drive"
done
echo quit >>"$dir/later.drive"
"$1" --data-dir "$dir/later" --drive "$dir/later.drive"

# A second start hands the page to the first, and ends.
"$2" &
gdbus wait --session org.tincture.Tincture --timeout 60
timeout 60 "$2" --page sticker
gdbus call --session --dest org.tincture.Tincture --object-path /org/tincture/Tincture \
    --method org.freedesktop.Application.ActivateAction quit '[]' '{}' >/dev/null
wait

if "$2" --page nowhere 2>"$dir/said"; then
    echo "a page that there is not was taken" >&2
    exit 1
fi
grep -q "no page 'nowhere'" "$dir/said"
