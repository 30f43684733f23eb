#!/bin/sh
# install.sh MESON BUILD SOURCE: what `meson install` lays down is whole, says nothing of the machine that built it, and
# runs from wherever it lies, without a variable of the environment.
set -u
. "$(dirname "$0")/../cli/tap.sh"
meson=$1 build=$2 source=$3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

DESTDIR=$dir "$meson" install -C "$build" --no-rebuild --strip --quiet >"$dir/log" 2>&1
check $? "it is installed into another root"
prefix=$(dirname "$(dirname "$(find "$dir" -path '*/bin/tincture-cli')")")
cd "$prefix" || exit 1

missing=
for page in $(cd "$source/resources/help" && find . -type f); do
    cmp -s "$source/resources/help/$page" "share/tincture/help/$page" || missing="$missing $page"
done
while read -r pattern; do
    [ -n "$(find . -path "./$pattern" -size +0 2>/dev/null)" ] || missing="$missing $pattern"
done <<'LIST'
bin/tincture
bin/tincture-cli
share/applications/org.tincture.Tincture.desktop
share/dbus-1/services/org.tincture.Tincture.service
share/glib-2.0/schemas/org.tincture.Tincture.gschema.xml
share/metainfo/org.tincture.Tincture.metainfo.xml
share/icons/hicolor/scalable/apps/org.tincture.Tincture.svg
share/icons/hicolor/symbolic/apps/org.tincture.Tincture-symbolic.svg
share/man/man1/tincture.1
share/man/man1/tincture-cli.1
share/bash-completion/completions/tincture
share/bash-completion/completions/tincture-cli
share/zsh/site-functions/_tincture-cli
share/fish/vendor_completions.d/tincture-cli.fish
share/locale/de/LC_MESSAGES/tincture.mo
share/tincture/starter/LICENSE
share/tincture/starter/words.json
share/tincture/starter/unet/*.safetensors
share/tincture/starter/styles/line.safetensors
share/tincture/samples/samples.json
share/tincture/samples/dahlia.jpg
share/tincture/claims/fox/subject.png
share/tincture/help/style.css
LIST
[ -z "$missing" ]
check $? "everything is there${missing:+, but$missing}"
extra=$(find . -name '*.py' -o -name '__pycache__' -o -name recipe)
[ -z "$extra" ]
check $? "nothing that only making it takes is there $(echo $extra)"

grep -rlF -e "$source/" -e "$build" -e "$dir" . >"$dir/told"
[ ! -s "$dir/told" ]
check $? "no file names the folders it was built in: $(tr '\n' ' ' <"$dir/told")"

alone="env -i PATH=/usr/bin:/bin HOME=$dir/home XDG_CACHE_HOME=$dir/cache LC_ALL=C.UTF-8"
$alone bin/tincture-cli info >"$dir/info" 2>&1 && grep -q 'unet parameters' "$dir/info"
check $? "the installed command line finds the model"
mv share/tincture/starter/unet "$dir"
$alone bin/tincture-cli info >"$dir/info" 2>&1
[ $? = 1 ] && grep -qF "$prefix/share/tincture/starter" "$dir/info"
check $? "the one that lies beside it"
$alone bin/tincture --version >/dev/null
check $? "the installed window's program starts"
$alone LANGUAGE=de bin/tincture --help | grep -q 'Die Version ausgeben'
check $? "it speaks German where it lies"
mkdir "$dir/moved" && cp -r bin share "$dir/moved" && $alone LANGUAGE=de "$dir/moved/bin/tincture" --help | grep -q 'Die Version ausgeben'
check $? "and where it is moved to"
$alone LANGUAGE=de bin/tincture-cli edit --sampler >/dev/null 2>"$dir/said"
LC_ALL=C grep -q 'Unknown option' "$dir/said"
check $? "the command line speaks English"

echo "1..$n"
exit $bad
