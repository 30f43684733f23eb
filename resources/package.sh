#!/bin/sh
# Makes the Debian packages of the source as it is here, without what git does not know.
#
#   resources/package.sh DIR    writes tincture_*.deb and tincture-data_*.deb to DIR
#
# Takes what resources/debian/control builds with, VkFFT from bookworm-backports among it (./run installs that), and
# debhelper. lintian looks at the packages where it is installed.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)

fail() {
    echo "package.sh: $*" >&2
    exit 1
}

[ $# -eq 1 ] || fail "the folder to write to is missing: resources/package.sh DIR"
mkdir -p "$1" && out=$(cd "$1" && pwd) || fail "the folder $1 cannot be made"
version=$(sed -n "s/^ *version: '\(.*\)',/\1/p" "$root/meson.build")
grep -q "^tincture ($version) " "$root/resources/debian/changelog" ||
    fail "resources/debian/changelog does not begin with the version of meson.build, $version"

# Nothing that git ignores gets in; the packages are written beside the source.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
source=$work/tincture-$version
mkdir "$source" || fail "there is no room for the source in $work"
(cd "$root" && git ls-files -z --cached --others --exclude-standard | tar -c --null -T - ) | tar -x -C "$source" ||
    fail "the source could not be copied"
mv "$source/resources/debian" "$source/debian"
(cd "$source" && dpkg-buildpackage -us -uc -b) || fail "the packages could not be built"

if command -v lintian >/dev/null; then
    (cd "$work" && lintian --allow-root --no-cfg --tag-display-limit 0 --fail-on error,warning ./*.changes) ||
        fail "lintian finds faults"
fi
cp "$work"/*.deb "$work"/*.buildinfo "$work"/*.changes "$out" || fail "the packages could not be written to $out"
(cd "$out" && ls -- *.deb)
