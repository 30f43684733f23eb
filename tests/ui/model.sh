#!/bin/sh
# model.sh TINCTURE MODELS: another model is chosen in the window. The program starts again by itself, with that model
# and with what was being done; says where there is none; and goes back to the starter.
set -eu
tincture=$1
models=$2
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT

fail() {
    echo "model: $1" >&2
    exit 1
}

# choose FIRST PATH: runs the script FIRST, then chooses the model; the same process then runs without a script.
choose() {
    {
        cat "$1"
        echo "action app.use-model::$2"
        echo "sleep 60"
    } >"$data/choose.drive"
    "$tincture" --data-dir "$data/library" --drive "$data/choose.drive" &
    pid=$!
    tries=0
    while tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q -e --drive; do
        tries=$((tries + 1))
        [ $tries -lt 300 ] || fail "it did not start again"
        sleep 0.2
    done
    grep -q . "/proc/$pid/cmdline" || fail "it ended"
    sleep 2
    kill "$pid" 2>/dev/null || fail "it did not stay"
    wait "$pid" || true
}

check() { # runs the script on standard input
    cat >"$data/check.drive"
    "$tincture" --data-dir "$data/library" --drive "$data/check.drive" || fail "see above"
}

cat >"$data/first.drive" <<END
wait model contains tarter within 120
open $TINCTURE_RESOURCES/samples/cat.png
wait photo 451x300 within 60
set source a photograph of a cat
wait idle within 60
END
: >"$data/nothing.drive"

choose "$data/first.drive" "$models/sd1"
check <<END
wait model sd1 within 60
wait photo 451x300 within 60
assert source a photograph of a cat
set prompt a photograph of a dog
wait results 1 within 60
wait idle within 60
quit
END
choose "$data/nothing.drive" "$models/nowhere"
check <<END
wait message contains nowhere within 60
quit
END
choose "$data/nothing.drive" ""
check <<END
wait model contains tarter within 60
wait photo 451x300 within 60
assert source a photograph of a cat
wait results 1 within 60
quit
END
