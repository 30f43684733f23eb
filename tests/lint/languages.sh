#!/bin/sh
# languages.sh SOURCE: what the program says can be extracted, POTFILES names every file that says something, every
# language of LINGUAS is well-formed and guesses nothing, and German says all of it.
set -u
. "$(dirname "$0")/../cli/tap.sh"
po=$1/resources/po
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for tool in xgettext msgmerge msgfmt msgattrib; do
    command -v $tool >/dev/null || {
        echo "1..0 # SKIP no $tool"
        exit 0
    }
done
count() { # count FILE: its texts, of which the first is the header; none where there is no file
    [ -s "$1" ] && echo $(($(grep -c '^msgid ' "$1") - 1)) || echo 0
}

sh "$po/update.sh" --pot "$dir/all.pot" 2>"$dir/said" && [ ! -s "$dir/said" ]
check $? "the words are extracted $(tr '\n' ' ' <"$dir/said")"
[ "$(count "$dir/all.pot")" -gt 1000 ]
check $? "all of them"
sed -n 's/^#: //p' "$dir/all.pot" | tr ' ' '\n' | LC_ALL=C sort -u >"$dir/files"
cmp -s "$dir/files" "$po/POTFILES"
check $? "POTFILES has their files; resources/po/update.sh makes it $(diff "$dir/files" "$po/POTFILES" | grep '^[<>]' | tr '\n' ' ')"

for language in $(cat "$po/LINGUAS"); do
    msgfmt --check --output-file=/dev/null "$po/$language.po" 2>"$dir/said"
    check $? "$language is well-formed, and its formats are those of the text $(tail -3 "$dir/said" | tr '\n' ' ')"
    [ -z "$(msgattrib --only-fuzzy --no-obsolete "$po/$language.po")" ]
    check $? "$language guesses nothing"
    msgmerge --quiet --no-fuzzy-matching --output-file="$dir/$language.po" "$po/$language.po" "$dir/all.pot"
    rm -f "$dir/left.po" # an empty one is not written
    msgattrib --untranslated --no-obsolete --output-file="$dir/left.po" "$dir/$language.po"
    left=$(count "$dir/left.po")
    echo "# $language: $left texts are not translated"
    if [ $language = de ]; then
        [ "$left" = 0 ]
        check $? "German is complete; resources/po/update.sh adds what is new $(sed -n 's/^msgid //p' "$dir/left.po" 2>/dev/null | head -5 | tr '\n' ' ')"
    fi
done
echo "1..$n"
exit $bad
