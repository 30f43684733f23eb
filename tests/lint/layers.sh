#!/bin/sh
# The include direction: ui -> render -> compute, and inside compute each folder names only those before it. Calls of
# Vulkan, VkFFT, GTK and SQLite stay in their one place, and so does saving. Prints every line that breaks a rule.
cd "$1" || exit 2
bad=0

# deny FOLDERS PATTERN EXCEPTIONS: no line of a C file in FOLDERS may match PATTERN.
deny() {
    found=$(grep -rnE --include='*.[ch]' "$2" $1 | grep -vE "${3:-^\$}")
    if [ -n "$found" ]; then
        printf '%s\n' "$found"
        bad=1
    fi
}

deny 'compute render ui' '^#include "tests/'
deny compute '^#include "(render|ui)/'
deny render '^#include "ui/'
deny render '^#include "compute/(op|nn|graph|model|sched|adapter|train|edit|file)/'
deny 'ui/store' '^#include "(render|compute)/' '"compute/i18n.h"' # words are everybody's
deny 'ui/core ui/store ui/claims ui/cli' '^#include [<"](gtk|gdk|adwaita)'
deny 'ui/core ui/store' '^#include "ui/(claims|cli)/'
deny 'ui/claims' '^#include "ui/(cli|store)/'
deny 'compute' '^#include [<"](gtk|gdk|adwaita)'
deny 'render' '^#include [<"](gtk|gdk/|adwaita)' '^render/present/'
deny 'compute render ui' '^#include [<"]vulkan' '^compute/gpu/'
deny 'compute render ui' '^#include [<"]vkFFT' '^compute/gpu/fft'
deny 'compute render ui' '^#include [<"]sqlite3' '^ui/store/'
deny 'compute render ui' 'g_file_set_contents|g_mkstemp|mkstemp\(' '^compute/replace'

# Inside compute: the order of dependence.
order='gpu graph op nn file model sched adapter train edit'
later=$order
for folder in $order; do
    later=$(echo "$later" | sed "s/^$folder *//")
    [ -n "$later" ] && deny "compute/$folder" "^#include \"compute/($(echo "$later" | tr ' ' '|'))/" \
        '"compute/op/ops?.h'
done

[ $bad = 0 ] && echo "layers in order"
exit $bad
