#!/bin/sh
# The library on the command line: lists and searches, deletes and takes back, tidies up, and takes documents out and in;
# a document of elsewhere is checked before anything of it is taken.  $1: tincture-cli, $2: fill-library
. "$(dirname "$0")/tap.sh"
cli=$(realpath "$1")
fill=$(realpath "$2")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
photo=$TINCTURE_RESOURCES/samples/apple.png
adapter=$(find "$TINCTURE_RESOURCES/starter" -name '*.safetensors' -size -40M | head -1)

library() { # library VERB WORDS...: in the folder $in
    verb=$1
    shift
    "$cli" library "$verb" "$@" --data-dir "$in" 2>said
}
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
refused() { # refused STATUS WORDS VERB...: one sentence that holds WORDS
    status=$1 words=$2
    shift 2
    library "$@" >out
    [ $? = "$status" ] && [ ! -s out ] && grep -q "$words" said && { [ "$status" = 2 ] || [ "$(wc -l <said)" = 1 ]; }
    check $? "$1: $(cat said)"
}

in=lib
refused 1 "there is no library in lib" list
[ ! -e lib ]
check $? "and none is made"
"$fill" lib 5 50 32 "$photo" "$adapter"
[ "$(library list | wc -l)" = 5 ] && [ "$(library list img_0003 | wc -l)" = 1 ] && [ "$(library list zebra | wc -l)" = 0 ] &&
    [ "$(library list --json violin | field documents | grep -c IMG_)" = 1 ]
check $? "documents are listed and found"
[ "$(library info --json | field results)" = 50 ] && library show 1 | grep -q "adapter *learned"
check $? "sizes, and what a document has"

library list >out && grep -q "^ *ID  CHANGED .*RESULTS .*NAME" said && ! grep -q CHANGED out
check $? "what the columns are stands above them, and not among what scripts read"
[ "$(library show 1 --json | field adapters | grep -c learned)" = 1 ] && [ "$(library trash --json)" = "$(printf '{\n  "trash" : []\n}')" ]
check $? "a document and the trash as JSON"

library delete 2 result:1 adapter:4 >out && grep -q "^2, result:1, adapter:4 went into the trash" out && [ "$(library list | wc -l)" = 4 ] && [ "$(library trash | wc -l)" = 3 ] &&
    [ "$(library info --json | field results)" = 39 ]
check $? "what is deleted is out of sight and in the trash"
library restore 2 result:1 adapter:4 >out && [ "$(cat out)" = "2, result:1, adapter:4 back in the library" ] && [ "$(library list | wc -l)" = 5 ] && [ "$(library trash | wc -l)" = 0 ] &&
    [ "$(library info --json | field results)" = 50 ]
check $? "and comes back"
refused 1 "has no document 99" delete 1 99
[ "$(library list | wc -l)" = 5 ]
check $? "where one cannot be deleted none is"
refused 2 "no number of a document" delete 1 result:x
refused 2 "no number of a document" delete "1; DROP TABLE documents"
refused 2 "library info takes no --yes" info --yes
refused 2 "not \"everything\"" clean everything
refused 2 "expected: library list" export 1

library export 3 --out three.tincture && [ -s three.tincture ]
check $? "a document is exported: $(ls -s three.tincture)"
library import three.tincture | grep -q "which was there: 0 results and 0 adapters added" && [ "$(library list | wc -l)" = 5 ]
check $? "imported where it is, nothing is doubled"
library delete result:21 >out && library import three.tincture | grep -q "which was there: 1 results" && library restore result:21 >out
check $? "what is missing comes back"
in=other
library import three.tincture three.tincture >out && [ "$(library list | wc -l)" = 1 ] && [ "$(library info --json | field results)" = 10 ] &&
    [ "$(library info --json | field adapters)" = 1 ] && library check
check $? "imported elsewhere, twice: $(tail -1 out)"
[ -e "lib/photos/$(ls other/photos)" ] && cmp -s lib/photos/"$(ls other/photos)" other/photos/*.png && cmp -s lib/adapters/2.safetensors other/adapters/*.safetensors
check $? "photo and adapter are the same to the byte"
python3 - <<'PY'
import json, sqlite3
a, b = (sqlite3.connect("file:%s/library.db?mode=ro" % d, uri=True) for d in ("lib", "other"))
sql = "SELECT r.created, r.prompt, r.starred, thumb, pixels, json_remove(recipe, '$.adapters') FROM results r " \
      "JOIN pictures ON result = r.id WHERE document = ? " \
      "GROUP BY r.created ORDER BY r.created"
assert a.execute(sql, (3,)).fetchall() == b.execute(sql, (1,)).fetchall()
adapter = b.execute("SELECT id FROM adapters").fetchone()[0]
for recipe, in b.execute("SELECT recipe FROM results"):
    assert [x["id"] for x in json.loads(recipe)["adapters"]] == [adapter], recipe
assert b.execute("SELECT origin FROM documents").fetchall() == [(None,)]
PY
check $? "results too; their recipes name the adapter as it is numbered there"

# files from elsewhere
in=victim
library import three.tincture >out
spoil() { # spoil NAME WORDS PYTHON: the file changed by a program that has it as db
    cp three.tincture "$1.tincture"
    python3 -c "
import sqlite3
db = sqlite3.connect('$1.tincture')
$3
db.commit()" || echo "# $1 was not spoilt"
    before=$(find victim -type f ! -name 'library.db*' | sort | xargs sha256sum)
    refused 1 "$2" import "$1.tincture"
    [ "$before" = "$(find victim -type f ! -name 'library.db*' | sort | xargs sha256sum)" ] && [ "$(library list | wc -l)" = 1 ] &&
        [ "$(library info --json | field results)" = 10 ]
    check $? "$1: nothing was taken"
}
echo "no database" >text.tincture
refused 1 "text.tincture" import text.tincture
cp lib/library.db plain.tincture
refused 1 "no document that this program has exported" import plain.tincture
spoil newer "newer version" "db.execute('PRAGMA user_version = 1000')"
spoil view "not those of a document" "db.executescript('ALTER TABLE documents RENAME TO d; CREATE VIEW documents AS SELECT * FROM d')"
spoil trigger "not those of a document" "db.execute('CREATE TRIGGER t AFTER INSERT ON results BEGIN SELECT 1; END')"
spoil virtual "not those of a document" "db.executescript('DROP TABLE models; CREATE VIRTUAL TABLE models USING fts5 (a)')"
spoil computed "not those of a document" "db.execute('ALTER TABLE documents ADD COLUMN x AS (hex(zeroblob(99999)))')"
spoil two "does not hold one document" "db.execute('INSERT INTO documents (name, photo, modified) VALUES (1, 2, 3)')"
spoil none "does not hold one document" "db.execute('DELETE FROM documents')"
spoil outside "not in it" "db.execute('UPDATE documents SET photo = \'../../../../etc/passwd\'')"
spoil adapter-path "not in it" "db.execute('UPDATE adapters SET path = \'/etc/passwd\'')"
spoil no-photo "victim\|picture\|image\|damaged\|recogn" "db.execute('UPDATE files SET bytes = x\'00ff00\' WHERE name LIKE \'photos%\'')"
spoil no-adapter "damaged" "db.execute('UPDATE files SET bytes = x\'00ff00\' WHERE name LIKE \'adapters%\'')"
spoil small-pixels "damaged" "db.execute('UPDATE pictures SET pixels = x\'00\'; '); db.execute('UPDATE results SET created = 5')"
spoil wide "damaged" "db.execute('UPDATE results SET width = 2000000000, height = 2000000000, created = 5')"
spoil strange-path "no such\|damaged\|not in it" "db.execute('UPDATE documents SET photo = x\'0a002f\'')"
in=bare
refused 1 "damaged" import no-adapter.tincture
[ -z "$(find bare/photos bare/adapters -type f)" ]
check $? "what was not taken leaves no files in the library"
cp three.tincture deep.tincture
python3 -c "
import sqlite3
db = sqlite3.connect('deep.tincture')
db.execute('UPDATE results SET recipe = ?', ('{\"adapters\":' + 200000 * '[',))
db.commit()"
library import deep.tincture >out && [ "$(library info --json | field results)" = 10 ]
check $? "a recipe that nests deep is none: $(cat said)"
in=victim
python3 -c "
data = bytearray(open('three.tincture', 'rb').read())
for i in range(8192, len(data), 5000): data[i] ^= 255
open('damaged.tincture', 'wb').write(data)"
refused 1 "damaged" import damaged.tincture
head -c 50000 three.tincture >cut.tincture
refused 1 "damaged\|no document" import cut.tincture
refused 1 "no file" import /dev/null
python3 -c "
import sqlite3
db = sqlite3.connect('lib/library.db')
db.execute('UPDATE adapters SET path = \'/etc/passwd\' WHERE document = 5')
db.commit()"
in=lib
library export 5 --out five.tincture >out && grep -q "left out: learned: its file is no safetensors file" said && ! grep -q root: five.tincture
check $? "no other file of the disk goes out: $(cat said)"

before=$(library info --json | field bytes)
photo_of() { python3 -c 'import sqlite3, sys; print(sqlite3.connect("lib/library.db").execute("SELECT photo FROM documents WHERE id = ?", sys.argv[1:]).fetchone()[0])' "$1"; }
first=$(photo_of 1)
library clean all >out && grep -q "46 without a star" out && [ "$(library info --json | field results)" = 51 ]
check $? "a dry run says what would go: $(head -1 out)"
library delete 1 >out && library clean all --yes >out && [ "$(library info --json | field results)" = 4 ] &&
    [ "$(library info --json | field bytes)" -lt "$((before - 40 * 36864))" ] && [ ! -e "lib/$first" ]
check $? "and then goes"
library check && touch -d yesterday lib/photos/stray.png && library check | grep -q "of nothing in the library: photos/stray.png"
check $? "the check is content, and names what belongs to nothing"
rm "lib/$(photo_of 2)"
library check >out
[ $? = 1 ] && grep -q "document 2, IMG_0001.png: its photo is missing" out && grep -q "1 faults" said
check $? "a photo that is missing is named"
echo "1..$n"
exit $bad
