#!/bin/sh
# What the debug variables of README's table write.  $1: tincture-cli
. "$(dirname "$0")/tap.sh"
cli=$(realpath "$1")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

draw() { # draw OUT: two steps are enough to have run every program once; fp32 has the same kernels everywhere
    "$cli" generate --precision fp32 --prompt "a red apple" --steps 2 --out "$1"
}

# The array of a trace stays open, so that a crash leaves one, too.
cat >trace.py <<'PY'
import json, sys
events = json.loads(open(sys.argv[1]).read().rstrip().rstrip(",") + "]")
assert events and all(e["ph"] == "X" and e["dur"] >= 0 and e["name"] for e in events)
names = {e["name"] for e in events}
assert len(names) > 5, names
assert any(n.endswith("matmul." + sys.argv[2]) for n in names), names
PY
TINCTURE_TRACE=trace.json draw a.png && python3 trace.py trace.json host
check $? "TINCTURE_TRACE: events with names, kernels and times"
TINCTURE_VARIANT=shader TINCTURE_TRACE=shader.json draw b.png && python3 trace.py shader.json portable
check $? "TINCTURE_TRACE of the shaders"

# Every arrow of a drawing joins two boxes of it.
cat >dot.py <<'PY'
import re, sys
text = open(sys.argv[1]).read()
assert text.startswith("digraph {") and text.rstrip().endswith("}")
boxes = set(re.findall(r"^  (n\d+) \[", text, re.M))
arrows = re.findall(r"^  (n\d+) -> (n\d+);", text, re.M)
assert len(boxes) > 10 and len(arrows) > 10 and all(a in boxes and b in boxes for a, b in arrows)
PY
TINCTURE_DUMP_GRAPH=graph.dot draw c.png && python3 dot.py graph.dot && python3 dot.py graph-2.dot
check $? "TINCTURE_DUMP_GRAPH: a drawing a graph"
TINCTURE_DUMP_GRAPH=graph.txt draw d.png && grep -q "matmul[.]host" graph.txt
check $? "TINCTURE_DUMP_GRAPH: a text that names the kernels"
cmp a.png c.png && cmp a.png d.png
check $? "none of them changes the picture"
TINCTURE_DEBUG=graph draw e.png 2>&1 >/dev/null | grep -q "bytes\|MiB\|KiB"
check $? "TINCTURE_DEBUG=graph says what was planned"
echo "1..$n"
exit $bad
