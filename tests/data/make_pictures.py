#!/usr/bin/env python3
"""Makes those of tests/data/pictures that are named here, with the reference encoders.

Run by hand when a kind is added; building and testing never need it:

    python3 tests/data/make_pictures.py   (needs pillow, pillow-heif)

turned.heic, turned.avif: stored 32 x 24 with the left half red and the right half blue, to be turned clockwise, so that
a viewer shows 24 x 32 with red above. The container says so by the property `irot`; the EXIF block of the HEIC file says
it too, as cameras write it. Both blocks hold Make, Copyright and DateTimeOriginal, and both files an XMP title.
"""
from pathlib import Path

import pillow_heif
from PIL import Image

FOLDER = Path(__file__).parent / "pictures"
XMP = (b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
       b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title><rdf:Alt>'
       b'<rdf:li xml:lang="x-default">Meadow</rdf:li></rdf:Alt></dc:title></rdf:Description></rdf:RDF></x:xmpmeta>')
MAKE, ORIENTATION, COPYRIGHT, EXIF, TAKEN = 0x10F, 0x112, 0x8298, 0x8769, 0x9003


def main():
    pillow_heif.register_heif_opener()
    picture = Image.new("RGB", (32, 24), (255, 0, 0))
    picture.paste((0, 0, 255), (16, 0, 32, 24))
    exif = Image.Exif()
    exif[MAKE] = "Tin"
    exif[ORIENTATION] = 6
    exif[COPYRIGHT] = "A Person"
    exif.get_ifd(EXIF)[TAKEN] = "2020:01:02 03:04:05"
    for suffix in ("heic", "avif"):
        picture.save(FOLDER / f"turned.{suffix}", quality=95, exif=exif.tobytes(), xmp=XMP)


if __name__ == "__main__":
    main()
