#!/bin/sh
# model.sh TINCTURE_DRIVE MODELS: another model is chosen in the window, which stays, with the photo and what was being done; so is
# another autoencoder; the one at hand stays where there is none; the next start begins with the last one; and back to the starter.
# The list of models says what lies in a folder, and what of it does not fit. What computes is chosen in the preferences.
set -eu
tincture=$1
models=$2
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
export XDG_CONFIG_HOME="$data/config"

cat >"$data/same.sh" <<END
[ -e $data/pid ] || echo \$PPID >$data/pid
[ \$(cat $data/pid) = \$PPID ]
END
mkdir "$data/folder"
ln -s "$models/sd1" "$data/folder/one"
mkdir "$data/folder/broken"
echo '{"_class_name": "StableDiffusionXLPipeline"}' >"$data/folder/broken/model_index.json"

cat >"$data/first.drive" <<END
wait model contains tarter within 120
run sh $data/same.sh
open $TINCTURE_RESOURCES/samples/cat.png
wait photo 451x300 within 60
set source a photograph of a cat
wait idle within 60
action app.use-model::$models/sd1
wait model sd1 within 60
wait photo 451x300 within 60
wait idle within 60
assert source a photograph of a cat
assert can-undo yes
set prompt a photograph of a dog
wait results 1 within 60
wait idle within 60

# While the photo is learned: that is kept, and can be gone on with.
set learn.steps.text 500
action win.learn
wait loss-steps >= 3 within 120
action app.use-model::
wait model contains tarter within 120
wait photo 451x300 within 60
wait idle within 60

# It is not offered under another model, whose own does not replace it, and waits there as well.
assert can-resume no
assert widget.learn.other-text contains A training with sd1 stopped after
snapshot $data/other.png
action win.learn
wait loss-steps >= 12 within 120
action win.cancel
wait can-resume yes within 60
wait idle within 60
assert results 1
action app.use-model::$models/sd1
wait model sd1 within 60
wait idle within 60
assert can-resume yes
assert inside.learn.other-text no
action win.learn
wait job learn step +3 within 120
action win.cancel
wait can-resume yes within 60
wait idle within 60

# Another autoencoder for it: as a folder, and given back.
action app.use-vae::$models/sd1/vae
wait job load within 20
wait model sd1 within 60
wait photo 451x300 within 60
wait idle within 60
action app.use-vae::$models/sd1/unet
wait message contains VAE within 60
assert model sd1
action app.use-vae::
wait idle within 60
assert model sd1

# One that is none: what there was stays.
action app.use-model::$models/nowhere
wait message contains nowhere within 60
assert model sd1
run sh $data/same.sh

# The list.
action win.models
wait widget.model.1 visible within 60
action win.add-model-folder::$data/folder
END
cat >>"$data/first.drive" <<END
wait widget.model.2 visible within 60
set model.0 on
set model.2 on
snapshot $data/models.png
click model.0.use
wait model contains tarter within 60
wait idle within 60
action app.use-model::$models/sd1
wait model sd1 within 60
wait idle within 60
quit
END
"$tincture" --data-dir "$data/library" --drive "$data/first.drive"

# The next start.
cat >"$data/second.drive" <<END
wait model sd1 within 60
wait photo 451x300 within 60
assert source a photograph of a cat
action app.preferences
wait dialog AdwPreferencesWindow within 10
set preferences.precision Exact (fp32)
wait job load within 20
wait idle within 60
assert model sd1

set preferences.preview-by-itself off
set preferences.learn-steps 70
click preferences.precision.reset
wait idle within 60
set prompt a photograph of a fox
wait idle within 20
assert results 1
action win.edit-now
wait results 2 within 60
open $TINCTURE_RESOURCES/samples/fox.png
wait title fox.png within 60
wait idle within 60
assert learn.steps 70
action app.use-model::
wait model contains tarter within 60
wait idle within 60
quit
END
"$tincture" --data-dir "$data/library" --drive "$data/second.drive"
