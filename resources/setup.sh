# Sourced by ./run and ./check: brings a bare Debian 12 to the point where the program builds, and builds it.
# Says what it does on standard error; does nothing slow where nothing is missing.

root=$(cd "$(dirname "$0")" && pwd)
build=$root/build

build_packages="build-essential meson ninja-build pkg-config glslc glslang-dev libvulkan-dev libvkfft-dev
    libgtk-4-dev libadwaita-1-dev libglib2.0-dev libjson-glib-dev libpng-dev libjpeg62-turbo-dev liblcms2-dev
    libexif-dev libgdk-pixbuf-2.0-dev libsqlite3-dev libopenblas-pthread-dev liblapacke-dev
    mesa-vulkan-drivers adwaita-icon-theme fonts-cantarell librsvg2-common desktop-file-utils"
check_packages="vulkan-validationlayers xvfb xauth dbus appstream zlib1g-dev locales"

say() {
    echo "tincture: $*" >&2
}

fail() {
    say "$*"
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        say "neither root nor sudo is at hand"
        return 1
    fi
}

missing_packages() {
    # One call for all: dpkg-query prints a line for each package that it knows.
    dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' $1 2>/dev/null | awk '$1 == "ii" { print $2 }' |
        sort >"$2.have"
    printf '%s\n' $1 | sort | comm -23 - "$2.have"
    rm -f "$2.have"
}

# Two things come from bookworm-backports: VkFFT, whose older release does not compile as C, and, on a machine
# without a graphics card, Mesa, whose older release runs Vulkan in software about ten times slower. The archive is
# the one that the machine already uses.
has_gpu() { # a render node that the stock drivers make a Vulkan device of: a virtual machine's is none
    for node in /sys/class/drm/renderD*; do
        case $(basename "$(readlink -f "$node/device/driver")") in
        i915 | xe | amdgpu | nvidia | msm | v3d) return 0 ;;
        esac
    done
    return 1
}

backports_known() {
    grep -rqs '^[^#]*bookworm-backports' /etc/apt/sources.list /etc/apt/sources.list.d
}

backports_source() {
    {
        sed -n 's/^URIs: *\([^ ]*\).*/\1/p' /etc/apt/sources.list.d/*.sources
        sed -n 's/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\) bookworm .*/\2/p' /etc/apt/sources.list \
            /etc/apt/sources.list.d/*.list
    } 2>/dev/null | grep -v security | grep -m1 debian
}

from_backports() {
    if ! backports_known; then
        uri=$(backports_source)
        [ -n "$uri" ] || return 1
        echo "deb $uri bookworm-backports main" |
            as_root tee /etc/apt/sources.list.d/bookworm-backports.list >/dev/null || return 1
    fi
    # Also where the archive was known: its list may never have been fetched.
    as_root apt-get update -qq || return 1
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -t bookworm-backports "$@" >&2
}

install_packages() {
    list=$1
    missing=$(missing_packages "$list" "$(mktemp -u)" | tr '\n' ' ')
    case $missing in *[a-z]*) ;; *) return 0 ;; esac
    say "installing: $missing"
    as_root apt-get update -qq || say "the package lists could not be renewed; trying with the old ones"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2 ||
        fail "these packages could not be installed: $missing"
}

version_of() {
    dpkg-query -W -f '${Version}' "$1" 2>/dev/null
}

# After the rest: libraries of the newer release first would keep Debian's own development packages out.
renew_packages() {
    case $(version_of libvkfft-dev) in
    1.2.*) from_backports libvkfft-dev || fail "libvkfft-dev 1.3 from bookworm-backports is needed" ;;
    esac
    has_gpu && return 0
    case $(version_of mesa-vulkan-drivers) in
    22.*)
        [ -f "$build/keeps-old-driver" ] && return 0 # asked once, not at every start
        from_backports mesa-vulkan-drivers && return 0
        mkdir -p "$build" && : >"$build/keeps-old-driver"
        say "the software Vulkan driver is an old one; the program will be slow"
        ;;
    esac
}

compile() {
    if [ ! -f "$build/build.ninja" ]; then
        meson setup "$build" "$root" >&2 || fail "the build could not be set up"
    fi
    if ! log=$(ninja -C "$build" 2>&1); then
        printf '%s\n' "$log" >&2
        fail "the program did not build"
    fi
}

# The program runs from the build folder: its schema is found here, its resources in the source folder.
export GSETTINGS_SCHEMA_DIR=$build/resources
