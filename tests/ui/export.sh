#!/bin/sh
# export.sh TINCTURE_DRIVE CHECK_EXPORT: a photo of 16 bits with colours that sRGB cannot name, exported as it came, with
# the dialog's own choices.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# Display P3 and a gamma of 2.2, said without a profile. No channel is near black, where that power is too steep for
# floats to hold 16 bits.
python3 - "$dir/photo.png" <<'PY'
import struct, sys, zlib
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
rows = b"".join(b"\0" + b"".join(struct.pack(">3H", 9000 + 560 * x + y, 60000 - 500 * y, 9000 + 250 * (x + y))
                                 for x in range(96)) for y in range(96))
open(sys.argv[1], "wb").write(
    b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 96, 96, 16, 2, 0, 0, 0)) +
    chunk(b"gAMA", struct.pack(">I", 45455)) +
    chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)) +
    chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
PY

cat >"$dir/export.drive" <<END
open $dir/photo.png
wait photo 96x96 within 120
wait idle within 120
export $dir/copy.png
wait idle within 120
quit
END
"$1" --data-dir "$dir/library" --drive "$dir/export.drive"
"$2" "$dir/photo.png" "$dir/copy.png"
