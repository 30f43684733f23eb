#!/bin/sh
# reference.sh FOLDER CLI PROGRAM: the manual pages have every command and option that the programs' own --help lists, and
# are set without a warning.
set -u
. "$(dirname "$0")/../cli/tap.sh"
folder=$1 cli=$2 program=$3
command -v man >/dev/null || {
    echo "1..0 # SKIP there is no man here"
    exit 77
}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export LC_ALL=C.UTF-8 LANGUAGE=C MANROFFSEQ= MANWIDTH=100

page() { # page NAME: as it is read, into $dir/NAME
    man --warnings -E UTF-8 -l -Tutf8 -Z "$folder/$1.1" 2>"$dir/warnings" >/dev/null
    [ ! -s "$dir/warnings" ]
    check $? "$1.1 is set without a warning: $(head -3 "$dir/warnings" | tr '\n' ' ')"
    man -l "$folder/$1.1" 2>/dev/null | col -bx >"$dir/$1"
}

options_of() { # options_of COMMAND...: the long options that its --help lists
    "$@" --help | sed -n 's/^  \(-., \)\?--\([a-z0-9-]*\).*/\2/p' | grep -v '^help-'
}

page tincture
page tincture-cli
missing=
for option in $(options_of "$program"); do
    grep -q -- "^ *\(-., \)\?--$option\( \|\$\)" "$dir/tincture" || missing="$missing --$option"
done
[ -z "$missing" ]
check $? "tincture.1 has every option${missing:+, but$missing}"

"$cli" --help | sed -n 's/^  \([a-z]*\) .*/\1/p' >"$dir/commands"
[ "$(wc -l <"$dir/commands")" -gt 10 ]
check $? "the command line lists its commands"
missing=
while read -r command; do
    awk -v name="$command" '/^   ?[a-z]+$/ { on = $1 == name } /^[A-Z]/ { on = 0 } on' "$dir/tincture-cli" >"$dir/section"
    [ -s "$dir/section" ] || missing="$missing $command"
    for option in $(options_of "$cli" "$command"); do
        grep -q -- "^ *\(-., \)\?--$option\( \|\$\)" "$dir/section" || missing="$missing $command:--$option"
    done
done <"$dir/commands"
[ -z "$missing" ]
check $? "tincture-cli.1 has every option of every command${missing:+, but$missing}"

echo "1..$n"
exit $bad
