#!/bin/sh
# The page of claims: a quick one is made, goes on where it stopped, and mends what is damaged.
# $1: tincture-cli  $2: read_page.py
. "$(dirname "$0")/../cli/tap.sh"
cli=$(realpath "$1")
page=$(realpath "$2")
shipped=$(realpath "$(dirname "$0")/../../resources/claims")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

claims() { "$cli" claims --quick --out out "$@" 2>said; }

# Stopped in the middle: as soon as something was learned.
"$cli" claims --quick --out out 2>said &
pid=$!
for i in $(seq 600); do
    ls out/runs/*.safetensors >/dev/null 2>&1 && break
    sleep 0.2
done
kill -INT $pid
wait $pid
[ $? = 130 ] && [ "$(wc -l < said)" -le 1 ]
check $? "it can be stopped"
ls out/runs/*.safetensors > before && [ -s before ] && xargs stat -c %Y:%n < before > times

claims > answer && [ "$(cat answer)" = out/index.html ] && python3 "$page" out/index.html correlation interpolation energy
check $? "the page has a row for each claim, with numbers and words"
xargs stat -c %Y:%n < before | cmp -s - times
check $? "what had been learned before is not learned again"
grep -q '^| energy | OFT keeps' out/table.md
check $? "the table of statements lies beside it"

cp out/index.html whole.html && stat -c %y out/results/*.json > times && claims > answer && stat -c %y out/results/*.json | cmp -s - times &&
    cmp -s whole.html out/index.html
check $? "nothing is done twice"

echo '{"of": "' > out/results/energy-1.json && for f in out/runs/*.safetensors; do echo damaged > "$f"; done
rm out/index.html && claims > answer && python3 "$page" out/index.html correlation interpolation energy
check $? "a damaged file is made anew"

mkdir mine && for i in 1 2 3; do cp "$shipped/car/$i.png" mine; done
claims --only interpolation --photos mine:car > answer && python3 "$page" out/index.html interpolation
check $? "with photos of one's own"

refused() { # refused WORDS ARGUMENT...: one sentence that has the words
    words=$1
    shift
    ! "$cli" claims "$@" 2>said && grep -q -- "$words" said && [ "$(grep -c 'tincture-cli' said)" = 1 ]
    check $? "refused: $words"
}
refused 'there is no claim "nonsense"; there are subsets' --out other --only nonsense
refused '--photos needs FOLDER:WORD' --out other --photos mine
rm mine/1.png
refused 'there are 2 photos in mine' --out other --photos mine:car
refused 'cannot make the folder' --out /dev/null/x --quick
[ ! -e other ]
check $? "and nothing is left of it"

echo "1..$n"
exit $bad
