"""The sample pictures that the program offers: six photographs as they are (two with a mask, which lies
beside them and is not made here), four sticker scenes drawn at 512 pixels.

    python samples.py --sources SOURCES --to ../../samples
"""
import argparse
import bz2
import io
import json
import shutil
from pathlib import Path

import numpy as np
import resvg_py
from PIL import Image, ImageFilter

import domain
import grounds
import sprites

SIDE = 512
UNSEEN = [  # by the model: with the outline of what may change, drawn for tests/bench/edits
    ("dahlia.jpg", "sklearn/flower.jpg", "a photograph of an orange flower",
     ["a photograph of a blue flower", "a photograph of a purple flower", "a photograph of a red flower"],
     "Dahlia, by vultilion (scikit-learn)", "CC-BY-2.0", "dahlia-mask.png"),
    ("pagoda.jpg", "sklearn/china.jpg", "a photograph of a red tower",
     ["a photograph of a blue tower", "a photograph of a green tower", "a photograph of a purple tower"],
     "Summer Palace, by danielbuechele (scikit-learn)", "CC-BY-2.0", "pagoda-mask.png"),
]
PHOTOGRAPHS = [
    ("dandelion.jpg", "wallpapers/seeding_by_Clements_Engelhardt.jpg", "a photograph of a dandelion in a meadow",
     ["a photograph of a yellow dandelion in a meadow", "a photograph of a dandelion at sunset", "a photograph of a red rose in a meadow"],
     "Seeding, by Clemens Engelhardt (Debian package lomiri-wallpapers-16.04)", "CC0-1.0"),
    ("coffee.png", "skimage/coffee.png", "a photograph of a cup of coffee on a wooden table",
     ["a photograph of a cup of coffee on the grass", "a photograph of a cup of coffee on the water", "a photograph of a cup of coffee in the snow"],
     "Pikolo Espresso Bar, by Rachel Michetti (scikit-image)", "CC0-1.0"),
    ("cat.png", "skimage/chelsea.png", "a photograph of a cat",
     ["a photograph of an orange cat", "a photograph of a gray cat", "a photograph of a black cat"],
     "Chelsea, by Stefan van der Walt (scikit-image)", "CC0-1.0"),
    ("raccoon.jpg", "face.dat", "a photograph of a raccoon",
     ["a photograph of a raccoon in the snow", "a photograph of a brown raccoon", "a photograph of a panda"],
     "Raccoon, public-domain-image.com (SciPy)", "public domain"),
]
STICKERS = [
    ("apple.png", "photo", [("apple", "red", 256, 250, 400)], ("surface", "wood"), "a photo of a red apple on a wooden table",
     ["a photo of a red apple on the grass", "a photo of a green apple on a wooden table", "a photo of a red apple in the snow"]),
    ("fox.png", "cartoon", [("fox", None, 256, 256, 390)], ("plain", "green"), "a sticker of a fox on a green background",
     ["a sticker of a fox on a blue background", "a sticker of a white fox on a green background", "a sticker of a fox on red stripes"]),
    ("car.png", "flat", [("car", "red", 256, 256, 400)], ("plain", "yellow"), "a flat sticker of a red car on a yellow background",
     ["a flat sticker of a blue car on a yellow background", "a flat sticker of a red car on a pink background", "a flat sticker of a green car on a yellow background"]),
    ("friends.png", "cartoon", [("cat", None, 136, 262, 216), ("dog", None, 378, 262, 216)], ("plain", "blue"), "a sticker of a cat and a dog on a blue background",
     ["a sticker of a cat and a panda on a blue background", "a sticker of a fox and a dog on a blue background", "a sticker of a cat and a dog on a pink background"]),
]
NOTICE = {"photo": "Fluent Emoji, Microsoft (MIT)", "flat": "Fluent Emoji Flat, Microsoft (MIT)", "cartoon": "Noto Emoji, Google (Apache-2.0)"}


def large_icon(collection, noun, color):
    """The icon at 512 pixels, recoloured as the training scenes are."""
    icon = collection["icons"][domain.THINGS[noun]]
    w, h = (icon.get(k, collection.get(k, 16)) for k in ("width", "height"))
    svg = (f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 {w} {h}" '
           f'width="{SIDE}" height="{SIDE}">{icon["body"]}</svg>')
    picture = Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg, width=SIDE, height=SIDE)))).convert("RGBA")
    picture = picture.crop(picture.getchannel("A").getbbox())
    return Image.fromarray(sprites.recolor(np.asarray(picture), color)) if color else picture


def sticker(sources, style, things, ground):
    collection = json.loads((sources / "npm/node_modules/@iconify-json" / domain.ICON_SET[style] / "icons.json").read_text(encoding="utf-8"))
    if ground[0] == "plain":
        page = Image.new("RGBA", (SIDE, SIDE), domain.COLORS[ground[1]])
    else:
        page = grounds.wood(np.random.default_rng(7), SIDE).convert("RGBA")
    for noun, color, x, y, side in things:
        picture = large_icon(collection, noun, color)
        scale = side / max(picture.size)
        picture = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.LANCZOS)
        layer = Image.new("RGBA", page.size)
        layer.paste(picture, (x - picture.width // 2, y - picture.height // 2))
        soft = layer.getchannel("A")
        if style == "photo":
            dark = Image.new("RGBA", page.size)
            dark.putalpha(soft.filter(ImageFilter.GaussianBlur(16)).point(lambda v: v * 2 // 5))
            page.alpha_composite(dark, (0, 20))
        else:
            rim = Image.new("RGBA", page.size, (255, 255, 255, 0))
            rim.putalpha(soft.filter(ImageFilter.MaxFilter(29)).filter(ImageFilter.GaussianBlur(1)))
            page.alpha_composite(rim)
        page.alpha_composite(layer)
    return page.convert("RGB")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sources", default="sources")
    options.add_argument("--to", default="../../samples")
    options = options.parse_args()
    sources, out = Path(options.sources), Path(options.to)
    out.mkdir(parents=True, exist_ok=True)
    entries = []
    for file, source, caption, edits, title, licence, mask in UNSEEN:
        shutil.copyfile(sources / source, out / file)
        entries.append({"file": file, "caption": caption, "edits": edits, "mask": mask, "title": title.split(" (")[0],
                        "source": title, "licence": licence})
    for file, source, caption, edits, title, licence in PHOTOGRAPHS:
        if source.endswith(".dat"):
            pixels = np.frombuffer(bz2.decompress((sources / source).read_bytes()), np.uint8).reshape(768, 1024, 3)
            Image.fromarray(pixels).save(out / file, quality=93)
        else:
            shutil.copyfile(sources / source, out / file)
        entries.append({"file": file, "caption": caption, "edits": edits, "title": title.split(" (")[0], "source": title, "licence": licence})
    for file, style, things, ground, caption, edits in STICKERS:
        sticker(sources, style, things, ground).save(out / file, optimize=True)
        entries.append({"file": file, "caption": caption, "edits": edits, "title": caption.split(" on ")[0].capitalize(),
                        "source": NOTICE[style], "licence": NOTICE[style].split("(")[1][:-1]})
    (out / "samples.json").write_text(json.dumps(entries, indent=2) + "\n", encoding="utf-8")
    rows = "".join(f"| `{e['file']}` | {e['source']} | {e['licence']} |\n" for e in entries)
    (out / "README.md").write_text(
        "# Sample pictures\n\nSix photographs and four scenes drawn from icons, with captions and edits the starter model knows\n"
        "(`samples.json`). The photographs are the files of the named packages, unchanged except for `raccoon.jpg`, which\n"
        "was stored uncompressed and is a JPEG here. Made by `../starter/recipe/samples.py`.\n\n"
        "The dahlia and the tower are photographs that the starter model has not seen. Their masks are outlines of\n"
        "`tests/bench/edits/masks`, drawn by hand; `./run --demo` makes the first edit of the first sample, within its mask.\n\n"
        "| file | source | licence |\n|---|---|---|\n" + rows +
        "\nThe icons' licence texts ask for their notices to be kept: Fluent Emoji, copyright (c) Microsoft Corporation, MIT;\n"
        "Noto Emoji, copyright Google Inc., Apache License 2.0.\n", encoding="utf-8")


if __name__ == "__main__":
    main()
