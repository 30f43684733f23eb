#!/bin/sh
# help.sh TINCTURE_DRIVE: help opens the page of the manual for where one is, in the program that shows such
# pages.
set -eu
tincture=$1
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT

cat >"$data/show" <<END
#!/bin/sh
echo "\$1" >>"$data/shown"
END
cat >"$data/expect" <<END
#!/bin/sh
for i in \$(seq 600); do
    tail -n 1 "$data/shown" 2>/dev/null | grep -q "/help/\$1.html\\\$" && exit 0
    sleep 0.1
done
echo "not \$1 but: \$(cat "$data/shown")" >&2
exit 1
END
chmod +x "$data/show" "$data/expect"

drive() { # the script on standard input
    cat >"$data/script.drive"
    "$tincture" --data-dir "$data/library" --drive "$data/script.drive"
}

# A folder of applications of its own: what else is installed here shows nothing.
export XDG_DATA_HOME="$data/share" XDG_CONFIG_HOME="$data/config"
mkdir -p "$XDG_DATA_HOME/applications" "$XDG_CONFIG_HOME"
cat >"$XDG_DATA_HOME/applications/show.desktop" <<END
[Desktop Entry]
Type=Application
Name=Show
Exec=$data/show %u
MimeType=text/html;
END
printf '[Default Applications]\ntext/html=show.desktop\n' >"$XDG_CONFIG_HOME/mimeapps.list"
drive <<END
size 1280x800
wait device != none within 120
action win.help::contents
run $data/expect index
key F1
run $data/expect first-edit
action win.subject
action win.help::here
run $data/expect subjects
action win.leave-page
open $TINCTURE_RESOURCES/samples/cat.png
wait photo != none within 60
wait idle within 120
action win.go-to::edit
action win.help::here
run $data/expect presets
action win.go-to::describe
action win.help::here
run $data/expect first-edit
action win.batch
wait dialog-focus != none within 20
key F1
run $data/expect batch
close-dialog
wait dialog none within 10
set source a photograph of a cat
set edit.steps.text 2
set prompt a photograph of a red cat
wait view result within 120
wait idle within 120
action win.export
wait dialog-focus != none within 20
key F1
run $data/expect export
close-dialog
wait dialog none within 10
action app.preferences
wait dialog-focus != none within 20
key F1
run $data/expect preferences
END

# In another language its own page, where there is one.
export LC_ALL=C.UTF-8
LANGUAGE=de drive <<END
wait device != none within 120
action win.help::library
run $data/expect de/library
action win.help::models
run $data/expect de/models
END
LANGUAGE=fr drive <<END
wait device != none within 120
action win.help::models
run $data/expect models
END
