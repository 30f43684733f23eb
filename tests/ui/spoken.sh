#!/bin/sh
# spoken.sh TINCTURE_DRIVE HEAR SCRIPT FILE: the main job by the keyboard alone, and what a screen reader says of it, which is
# FILE then. Fails where the job cannot be done, where something that has the keyboard has neither name nor description, and where a step of
# the job is not heard.
set -u
"$2" "$4" &
listener=$!
sleep 1
"$1" --data-dir "$(mktemp -d)" --drive "$3"
job=$?
kill "$listener"
wait "$listener"
heard=$?
cat "$4"
for said in "What the photo shows" "What the picture shall show" "Steps" "typed: a photograph of a fox"; do
    grep -q "$said" "$4" || { echo "not heard: $said" >&2; heard=1; }
done
[ $job = 0 ] && [ $heard = 0 ]
