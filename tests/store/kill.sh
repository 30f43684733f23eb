#!/bin/sh
# Kills the program while it deletes, tidies up, exports and imports: the library stays whole, nothing that was not
# deleted is lost, and the next time does the rest.  $1: tincture-cli, $2: fill-library, $3: how many kills
. "$(dirname "$0")/../cli/tap.sh"
cli=$(realpath "$1")
fill=$(realpath "$2")
kills=${3:-6}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
photo=$TINCTURE_RESOURCES/samples/apple.png

whole() {
    python3 - "$1" <<'PY'
import os, sqlite3, sys
db = sqlite3.connect(sys.argv[1] + "/library.db")
assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
assert db.execute("PRAGMA foreign_key_check").fetchall() == []
assert db.execute("SELECT count(*) FROM results WHERE id NOT IN (SELECT result FROM pictures)").fetchone() == (0,)
for name, photo in db.execute("SELECT name, photo FROM documents WHERE deleted = 0"):
    assert os.path.exists(os.path.join(sys.argv[1], photo)), name
there = db.execute("SELECT count(*) FROM documents WHERE deleted = 0").fetchone()[0]
starred = db.execute("SELECT count(*) FROM results WHERE starred = 1").fetchone()[0]
assert there >= 9 and starred == 5, (there, starred)
PY
}

"$fill" full 12 120 128 "$photo" && "$cli" library export 2 --out two.tincture --data-dir full >said
check $? "a library of 12 documents"
killed=0 round=0
while [ "$killed" -lt "$kills" ] && [ "$round" -lt $((kills * 5)) ]; do
    if [ $((round % 4)) = 0 ]; then
        rm -rf lib && cp -a full lib
    fi
    round=$((round + 1))
    after=$(python3 -c "import random; print(round(random.uniform(0.005, 0.25), 3))")
    timeout -s KILL "$after" sh -c '
        cli=$1; shift
        exec 2>&1
        "$cli" library delete $1 $2 --data-dir lib
        "$cli" library clean all --yes --data-dir lib
        "$cli" library import two.tincture --data-dir lib
        "$cli" library export 2 --out again.tincture --data-dir lib' sh "$cli" $((round % 3 + 1)) result:$((round + 40)) >said 2>&1
    [ $? = 137 ] && killed=$((killed + 1))
    whole lib 2>fault || { check 1 "kill $killed after $after s: $(tail -1 fault)"; break; }
done
check $((killed < kills)) "$killed kills, and the library is whole each time"
rm -f again.tincture
"$cli" library clean all --yes --data-dir lib >said && "$cli" library check --data-dir lib >said && whole lib
check $? "what is left over is tidied up the next time: $(tail -1 said)"
echo "1..$n"
exit $bad
