#!/bin/sh
# remote.sh TINCTURE SAMPLES: what a second start does while the program runs. A photo goes to a window that shows nothing
# yet, else to one of its own; one that is open comes to the front where it is; --new-window opens an empty one.
tincture=$1 samples=$2

count() { xdotool search --onlyvisible --name "$1" 2>/dev/null | wc -l; }
# until_is N NAME
until_is() {
    tries=0
    while [ "$(count "$2")" != "$1" ]; do
        tries=$((tries + 1))
        if [ $tries -gt 300 ]; then
            echo "not $1 windows called $2, but $(count "$2")" >&2
            kill "$first"
            exit 1
        fi
        sleep 0.2
    done
}
start() { "$tincture" "$@" || exit 1; }

"$tincture" &
first=$!
until_is 1 '^Tincture$'
start "$samples/apple.png"
until_is 1 '^apple.png'
until_is 0 '^Tincture$'
start "$samples/fox.png"
until_is 1 '^fox.png'
until_is 1 '^apple.png'
start "$samples/apple.png"
sleep 3 # for the window that it would need if it were not open
until_is 0 '^Tincture$'
until_is 1 '^apple.png'
until_is 1 '^fox.png'
start --new-window
until_is 1 '^Tincture$'
gapplication action org.tincture.Tincture quit || exit 1
wait "$first"
