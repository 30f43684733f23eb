#!/bin/sh
# What is written has a point in its numbers, whatever the person's language has. Run by ../ui/comma.sh.
# $1: tincture-cli
. "$(dirname "$0")/tap.sh"
cli=$(realpath "$1")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
photo=${TINCTURE_RESOURCES}/samples/apple.png

TINCTURE_TRACE=trace.json "$cli" train --image "$photo" --prompt "a red apple" --steps 2 --lr 0.01 --log log.csv --out a.safetensors
check $? "train"
python3 - <<'PY'
rows = [line.split(",") for line in open("log.csv").read().split()]
assert len(rows) == 3 and all(len(row) == 4 for row in rows), rows
assert all(float(row[1]) > 0 for row in rows[1:])
PY
check $? "the log has four columns"
python3 - <<'PY'
import json
events = json.loads(open("trace.json").read().rstrip().rstrip(",") + "]")
assert any(event["dur"] % 1 for event in events)
PY
check $? "the trace is JSON"
"$cli" generate --prompt x --steps 1 --guidance 2.5 --adapter a.safetensors:0.5 --recipe --out o.png && "$cli" info o.png >facts
grep -q 'CFG scale: 2\.5,' facts && grep -q 'Adapter: [^,]* 0\.5,' facts
check $? "the recipe"
"$cli" adapter info a.safetensors | grep -q 'norm  *[0-9]*\.[0-9]'
check $? "adapter info"
echo "1..$n"
exit $bad
