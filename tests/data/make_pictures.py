#!/usr/bin/env python3
"""Makes those of tests/data/pictures that are named here, with the reference encoders.

Run by hand when a kind is added; building and testing never need it:

    python3 tests/data/make_pictures.py   (needs pillow, pillow-heif, imagecodecs, avifenc, avifdec, heif-enc)

turned.heic, turned.avif: stored 32 x 24 with the left half red and the right half blue, to be turned clockwise, so that
a viewer shows 24 x 32 with red above. The container says so by the property `irot`; the EXIF block of the HEIC file says
it too, as cameras write it. Both blocks hold Make, Copyright and DateTimeOriginal, and both files an XMP title.

The others are paired with a PNG of what the reference decoder makes of them, in the samples as coded, without colour
management: `deep.avif` is 12 bits without loss, `deep-alpha.heic` 10 bits with alpha, `premultiplied.avif` 10 bits with
premultiplied alpha, `gray.avif` 8 bits of limited range, `tiles.avif` 10 bits in two tiles, `p3.avif` is in Display P3 and
`pq.avif` in BT.2100 PQ, both by number; `film.avif` is a film of two pictures. `turned-alpha.avif` and `turned-tiles.avif`
are by avifenc 0.11, which says of every tile too how the picture is turned, and not of alpha; `two.heic` has two pictures, of which
the second is the main one. `turned-density.heic` is `turned.heic` with resolutions of 300 and 150 pixels an inch.
"""
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import imagecodecs
import numpy as np
import pillow_heif
from PIL import Image, ImageOps

FOLDER = Path(__file__).parent / "pictures"
XMP = (b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
       b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title><rdf:Alt>'
       b'<rdf:li xml:lang="x-default">Meadow</rdf:li></rdf:Alt></dc:title></rdf:Description></rdf:RDF></x:xmpmeta>')
MAKE, ORIENTATION, COPYRIGHT, EXIF, TAKEN = 0x10F, 0x112, 0x8298, 0x8769, 0x9003


def ramps(width, height):
    y, x = np.mgrid[0:height, 0:width]
    colors = [x / (width - 1), y / (height - 1), (x + y) / (width + height - 2), (x % 8) / 7]
    return (np.stack(colors, -1) * 65535).round().astype("u2")


def decode_heic(path):
    """pillow-heif gives ten bits in the upper ones of sixteen."""
    samples = np.asarray(pillow_heif.open_heif(path, convert_hdr_to_8bit=False)[0]) >> 6
    return (samples / 1023 * 65535).round().astype("u2")


def deep(folder):
    def run(*command):
        subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)

    def write(name, samples):
        (folder / name).write_bytes(imagecodecs.png_encode(np.ascontiguousarray(samples)))
        return folder / name

    small, wide = ramps(24, 16), ramps(128, 64)
    rgba, rgb = write("rgba.png", small), write("rgb.png", small[..., :3])
    flat, mirrored = write("wide.png", wide[..., :3] // 2), write("mirrored.png", small[:, ::-1, :3])
    exact = ("-y", "444", "-l", "-s", "6")
    run("avifenc", "-d", 12, *exact, "--cicp", "0/0/0", rgb, FOLDER / "deep.avif")
    run("avifenc", "-d", 10, *exact, "--premultiply", rgba, FOLDER / "premultiplied.avif")
    run("avifenc", "-d", 8, "-y", "400", "-r", "limited", "-s", 6, "--min", 0, "--max", 0, rgb, FOLDER / "gray.avif")
    run("avifenc", "-d", 10, *exact, "--cicp", "1/13/0", "--grid", "2x1", flat, FOLDER / "tiles.avif")
    run("avifenc", "-d", 10, *exact, "--cicp", "12/13/0", rgb, FOLDER / "p3.avif")
    run("avifenc", "-d", 10, *exact, "--cicp", "9/16/0", rgb, FOLDER / "pq.avif")
    run("avifenc", "-d", 8, "-s", 6, "--fps", 1, rgb, mirrored, FOLDER / "film.avif")
    for name in ("deep", "premultiplied", "gray", "tiles", "p3"):
        run("avifdec", "-d", 16, FOLDER / f"{name}.avif", FOLDER / f"{name}.avif.png")
    run("heif-enc", "-b", 10, "-q", 90, "-o", FOLDER / "deep-alpha.heic", rgba)
    (FOLDER / "deep-alpha.heic.png").write_bytes(imagecodecs.png_encode(decode_heic(FOLDER / "deep-alpha.heic")))


def turned(folder):
    """Pillow crops nothing, and gives the turning as EXIF would."""
    alpha, tall = ramps(24, 16), ramps(64, 128)[..., :3] // 2
    exact = ("-d", "8", "-y", "444", "-l", "-s", "6", "--cicp", "1/13/0")
    for name, samples, crop, said in (
            ("turned-alpha", alpha, (2, 4, 18, 14), ("--crop", "2,4,16,10", "--irot", "1", "--imir", "0")),
            ("turned-tiles", tall, (0, 0, 64, 128), ("--grid", "1x2", "--irot", "3"))):
        Image.fromarray((samples >> 8).astype("u1")).save(folder / "stored.png")
        subprocess.run(["avifenc", *exact, *said, folder / "stored.png", FOLDER / f"{name}.avif"], check=True)
        picture = Image.open(FOLDER / f"{name}.avif")
        exif = picture.getexif()
        picture = picture.crop(crop)
        picture.info["exif"] = exif.tobytes()
        ImageOps.exif_transpose(picture).save(FOLDER / f"{name}.avif.png", exif=b"")


def two(picture):
    both = pillow_heif.from_pillow(Image.new("RGB", (16, 16), (0, 255, 0)))
    both.add_from_pillow(picture)
    both.save(FOLDER / "two.heic", primary_index=1, quality=95)


def main():
    with TemporaryDirectory() as folder:
        deep(Path(folder))
        turned(Path(folder))
    pillow_heif.register_heif_opener()
    picture = Image.new("RGB", (32, 24), (255, 0, 0))
    picture.paste((0, 0, 255), (16, 0, 32, 24))
    two(picture)
    exif = Image.Exif()
    exif[MAKE] = "Tin"
    exif[ORIENTATION] = 6
    exif[COPYRIGHT] = "A Person"
    exif.get_ifd(EXIF)[TAKEN] = "2020:01:02 03:04:05"
    for suffix in ("heic", "avif"):
        picture.save(FOLDER / f"turned.{suffix}", quality=95, exif=exif.tobytes(), xmp=XMP)
    exif[0x11A], exif[0x11B], exif[0x128] = 300, 150, 2
    picture.save(FOLDER / "turned-density.heic", quality=95, exif=exif.tobytes(), xmp=XMP)


if __name__ == "__main__":
    main()
