#!/bin/sh
# model.sh TINCTURE_DRIVE MODELS: another model is chosen in the window. The program starts again by itself, with that
# model and with what was being done; stays with the one at hand where there is none; and goes back to the starter.
set -eu
tincture=$1
models=$2
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT

fail() {
    echo "model: $1" >&2
    exit 1
}

# choose FIRST PATH [ACTION]: runs the script FIRST, then chooses the model, or what ACTION chooses; the same process starts again and runs the script
# on standard input.
choose() {
    {
        cat "$1"
        echo "action app.${3:-use-model}::$2"
        echo "wait end"
    } >"$data/choose.drive"
    {
        echo "run touch $data/again"
        cat
    } >"$data/then.drive"
    TINCTURE_DRIVE_NEXT="$data/then.drive" "$tincture" --data-dir "$data/library" --drive "$data/choose.drive"
    rm "$data/again" || fail "it did not start again"
}

cat >"$data/first.drive" <<END
wait model contains tarter within 120
open $TINCTURE_RESOURCES/samples/cat.png
wait photo 451x300 within 60
set source a photograph of a cat
wait idle within 60
END
: >"$data/nothing.drive"

choose "$data/first.drive" "$models/sd1" <<END
wait model sd1 within 60
wait photo 451x300 within 60
assert source a photograph of a cat
set prompt a photograph of a dog
wait results 1 within 60
wait idle within 60
quit
END
# Another autoencoder for it: as a folder, and given back.
cat >"$data/sd1.drive" <<END
wait model sd1 within 60
END
choose "$data/sd1.drive" "$models/sd1/vae" use-vae <<END
wait model sd1 within 60
wait photo 451x300 within 60
action app.use-vae::$models/sd1/unet
wait message contains VAE within 60
assert model sd1
quit
END
choose "$data/sd1.drive" "" use-vae <<END
wait model sd1 within 60
quit
END
# One that is none: what there was stays, and nothing starts again.
cat >"$data/nowhere.drive" <<END
wait model sd1 within 60
action app.use-model::$models/nowhere
wait message contains nowhere within 60
assert model sd1
quit
END
"$tincture" --data-dir "$data/library" --drive "$data/nowhere.drive"
choose "$data/nothing.drive" "" <<END
wait model contains tarter within 60
wait photo 451x300 within 60
assert source a photograph of a cat
wait results 1 within 60
quit
END
