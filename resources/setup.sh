# Sourced by ./run and ./check: brings a bare Debian 12 to the point where the program builds, and builds it.
# Says what it does on standard error; does nothing slow where nothing is missing.

root=$(cd "$(dirname "$0")" && pwd)
build=$root/build
backports_list=/etc/apt/sources.list.d/tincture-backports.list
lists_fetched= # apt's lists were renewed in this run
installed=     # packages were added in this run

build_packages="build-essential meson ninja-build pkg-config glslc glslang-dev libvulkan-dev libvkfft-dev
    libgtk-4-dev libadwaita-1-dev libglib2.0-dev libjson-glib-dev libpng-dev libjpeg62-turbo-dev liblcms2-dev
    libexif-dev libiptcdata0-dev libxml2-dev libtiff-dev libheif-dev libjxl-dev libwebp-dev libgdk-pixbuf-2.0-dev libsqlite3-dev
    libopenblas-pthread-dev liblapacke-dev mesa-vulkan-drivers adwaita-icon-theme fonts-cantarell librsvg2-common
    webp-pixbuf-loader desktop-file-utils gettext"
check_packages="vulkan-validationlayers xvfb xauth dbus appstream zlib1g-dev locales xdotool at-spi2-core
    clang-format-14 clang-14 man-db bsdextrautils"
fuzz_packages="libclang-rt-14-dev"

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
        return 1
    fi
}

fetch_lists() { # once a run, unless there is a new source
    [ -n "$lists_fetched" ] && return 0
    as_root apt-get update -qq -o APT::Update::Error-Mode=any && lists_fetched=yes
}

# Waits for another apt: a machine that has just been started renews itself.
apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o DPkg::Lock::Timeout=300 "$@" >&2
}

missing_packages() {
    # One call for all: dpkg-query prints a line for each package that it knows.
    have=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' $1 2>/dev/null | awk '$1 == "ii" { print $2 }')
    printf '%s\n' $1 | grep -vxF "$have"
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

archive_of() { # archive_of ORIGIN CODENAME: where apt takes a release from, in whatever format its sources are
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Origin: $1" "Codename: $2" 2>/dev/null |
        grep -m1 .
}

from_backports() {
    fetch_lists
    added=
    if [ -z "$(archive_of 'Debian Backports' bookworm-backports)" ]; then
        uri=$(archive_of Debian bookworm)
        [ -n "$uri" ] || return 1
        echo "deb $uri bookworm-backports main" | as_root tee "$backports_list" >/dev/null || return 1
        added=$backports_list lists_fetched=
        fetch_lists
    fi
    apt_install -t bookworm-backports "$@" && return 0
    [ -z "$added" ] || as_root rm -f "$added" # an archive without backports would stop every later update
    return 1
}

install_packages() {
    missing=$(echo $(missing_packages "$1"))
    [ -n "$missing" ] || return 0
    as_root true || fail "to install the packages that are missing takes root or sudo; they are: $missing"
    say "installing: $missing"
    if ! fetch_lists; then
        say "the package lists could not be renewed; trying with the old ones"
        # Fetched apart and unheard: without a network apt complains in thousands of lines.
        apt_install --download-only $missing 2>/dev/null ||
            fail "the packages could not be fetched from the archive, and nothing was installed"
    fi
    apt_install $missing || fail "these packages could not be installed: $missing"
    installed=yes
}

version_of() {
    dpkg-query -W -f '${Version}' "$1" 2>/dev/null
}

# After the rest: libraries of the newer release first would keep Debian's own development packages out.
renew_packages() {
    case $(version_of libvkfft-dev) in
    1.2.*)
        from_backports libvkfft-dev ||
            fail "libvkfft-dev 1.3 is needed, and could not be installed from bookworm-backports"
        ;;
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

compile() { # compile TARGET...: without one, everything
    if [ ! -f "$build/build.ninja" ]; then
        meson setup "$build" "$root" >&2 || fail "the build could not be set up"
        say "building; the first time takes some minutes"
    elif [ -n "$installed" ]; then # it may find now what it has done without
        meson setup --reconfigure "$build" "$root" >&2 || fail "the build could not be set up"
    fi
    if ! log=$(ninja -C "$build" "$@" 2>&1); then
        printf '%s\n' "$log" >&2
        fail "the program did not build"
    fi
}

# The program runs from the build folder: its schema is found here, its resources in the source folder.
export GSETTINGS_SCHEMA_DIR=$build/resources
