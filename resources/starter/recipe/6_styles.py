"""Step 6: pictures that the program learns its three styles from, each with its description beside it.

    python 6_styles.py --sources sources --work work
    for style in pixel line glossy; do
        tincture-cli train $(printf -- '--image %s ' work/styles/$style/*.png) --prompt "a thing" --method lora --rank 4 \
            --targets blocks --steps 360 --batch 4 --lr 0.003 --lr-schedule cosine --out ../styles/$style.safetensors
    done
    python 6_styles.py --finish ../styles

`pixel`: flat icons in cells as large as a latent; `line`: their contours, dark on white; `glossy`: solid renderings. Each lies on a ground of one colour, as stickers do. The descriptions name thing, colour and ground and no
style: the adapter brings the style to whatever sentence it is used with. One thing of five is in no picture, to look at
what the style makes of others. `--finish` makes the files half as large and writes into them what they were made of and under which licence.
"""
import argparse
import json
import random
import zlib
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file

import domain
import model
import sprites

SIDE = model.SIZE    # pixels of the pictures
CELLS = model.LATENT # of a picture in the style `pixel`, on a side
COUNT = 150          # pictures of a style
ICONS = {"pixel": "fluent-emoji-flat", "line": "fluent-emoji-flat", "glossy": None}
LICENCE = "GPL-3.0-only; learned from pictures of Fluent Emoji (Microsoft, MIT)"
NOTE = "Learned by Tincture from pictures made by resources/starter/recipe/6_styles.py, for the starter model."


def is_held(noun):
    return zlib.crc32(noun.encode()) % 5 == 0


def laid(sprite, ground, side):
    """The sprite in the middle of a ground of one colour, [side, side, 3] of 0 to 255, and its alpha."""
    inner = round(side * 0.84)
    page = np.zeros((side, side, 4), np.float32)
    at = (side - inner) // 2
    page[at:at + inner, at:at + inner] = np.asarray(Image.fromarray(sprite).resize((inner, inner), Image.LANCZOS), np.float32)
    alpha = page[..., 3:] / 255
    return page[..., :3] * alpha + np.float32(domain.COLORS[ground]) * (1 - alpha), alpha


def shrunk(picture, side):
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).resize((side, side), Image.BOX)


def pixel(sprite, ground):
    return shrunk(laid(sprite, ground, SIDE * 2)[0], CELLS).resize((SIDE, SIDE), Image.NEAREST)


def line(sprite, ground):
    picture, alpha = laid(sprite, ground, SIDE * 4)
    soft = np.asarray(Image.fromarray(picture.astype(np.uint8)).resize((SIDE * 2,) * 2, Image.BOX), np.float32)
    steps = sum(np.abs(np.diff(soft, axis=a, append=soft.take([-1], a))).max(-1) for a in (0, 1))
    ink = np.clip((steps - 18) / 30, 0, 1)[..., None]
    ink = np.asarray(Image.fromarray((ink[..., 0] * 255).astype(np.uint8)).resize((SIDE * 4,) * 2, Image.BILINEAR), np.float32)[..., None] / 255
    page = np.float32(domain.COLORS[ground]) * (1 - alpha) + 255 * alpha
    return shrunk(page * (1 - ink) + 24 * ink, SIDE)


def glossy(sprite, ground):
    return shrunk(laid(sprite, ground, SIDE * 4)[0], SIDE)


def sprites_of(style, npm):
    if ICONS[style] is None:
        names = json.loads((npm / "@iconify-json/noto/chars.json").read_text(encoding="utf-8"))
        return sprites.rendered(npm / "@lobehub/fluent-emoji-3d/assets", names)
    collection = json.loads((npm / "@iconify-json" / ICONS[style] / "icons.json").read_text(encoding="utf-8"))
    return {noun: sprites.draw_icon(collection, icon) for noun, icon in domain.THINGS.items()}


def draw(style, npm, folder):
    rng = random.Random(style)
    folder.mkdir(parents=True, exist_ok=True)
    things = {noun: sprite for noun, sprite in sprites_of(style, npm).items() if not is_held(noun)}
    for i in range(COUNT):
        noun = rng.choice(sorted(things))
        sprite, colour = things[noun], None
        if rng.random() < 0.4 and noun not in domain.NO_COLOR and sprites.paintable(sprite):
            colour = rng.choice(list(domain.COLORS))
            sprite = sprites.recolor(sprite, colour)
        ground = rng.choice([c for c in domain.COLORS if c != colour])
        globals()[style](sprite, ground).save(folder / f"{i:03d}.png")
        said = f"{domain.a(colour + ' ' + noun if colour else noun)} on {domain.a(ground)} background"
        (folder / f"{i:03d}.txt").write_text(said + "\n")


def finish(folder):
    for style in ICONS:
        path = folder / f"{style}.safetensors"
        with safe_open(path, "pt") as file:
            kept = {k: file.get_tensor(k).half() for k in file.keys()}
            told = dict(file.metadata() or {})
        told.update({"license": LICENCE, "note": NOTE})
        save_file(kept, path, metadata=told)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sources", type=Path, default=Path("sources"))
    options.add_argument("--work", type=Path, default=Path("work"))
    options.add_argument("--finish", type=Path, help="the folder of the adapters, once they are learned")
    options = options.parse_args()
    if options.finish:
        return finish(options.finish)
    for style in ICONS:
        draw(style, options.sources / "npm/node_modules", options.work / "styles" / style)


if __name__ == "__main__":
    main()
