#!/bin/sh
# Brings POTFILES and every language of LINGUAS up to what the program says. New texts stand in the .po files with an
# empty msgstr then, and texts that are gone are gone there, too; nothing is guessed.
#
#   resources/po/update.sh              all of that
#   resources/po/update.sh --pot FILE   writes the texts in English alone, and changes nothing here
set -eu
cd "$(dirname "$0")/../.."
po=resources/po

marked_files() {
    {
        grep -rlE --include='*.[ch]' '\b(_|N_|C_|NC_|P_)\(' compute render ui || true
        grep -rl --include='*.ui' 'translatable="yes"' resources/ui
        ls resources/*.desktop resources/*.metainfo.xml
    } | LC_ALL=C sort
}

extract() { # extract LIST FILE
    xgettext --files-from="$1" --output="$2" --from-code=UTF-8 --add-comments=Translators: --add-location=file \
        --keyword=_ --keyword=N_ --keyword=C_:1c,2 --keyword=NC_:1c,2 --keyword=P_:1,2 \
        --flag=_:1:pass-c-format --flag=N_:1:pass-c-format --flag=C_:2:pass-c-format --flag=NC_:2:pass-c-format \
        --flag=P_:1:pass-c-format --flag=P_:2:pass-c-format --flag=g_set_error:4:c-format \
        --flag=g_strdup_printf:1:c-format --flag=g_string_append_printf:2:c-format --flag=g_prefix_error:2:c-format \
        --package-name=tincture --msgid-bugs-address=tincture@example.org
}

if [ "${1-}" = --pot ]; then
    list=$(mktemp)
    trap 'rm -f "$list"' EXIT
    marked_files >"$list"
    extract "$list" "$2"
    exit
fi
marked_files >$po/POTFILES.new
extract $po/POTFILES.new $po/tincture.pot
rm $po/POTFILES.new
sed -n 's/^#: //p' $po/tincture.pot | tr ' ' '\n' | LC_ALL=C sort -u >$po/POTFILES
for language in $(cat $po/LINGUAS); do
    msgmerge --quiet --no-fuzzy-matching --add-location=file --output-file=$po/$language.new $po/$language.po $po/tincture.pot
    msgattrib --no-obsolete --output-file=$po/$language.po $po/$language.new
    rm $po/$language.new
    echo "$language: $(msgfmt --statistics --output-file=/dev/null $po/$language.po 2>&1)"
done
rm $po/tincture.pot
