#!/usr/bin/env python3
"""Makes the subjects of the page of claims: three icons of the sample pictures, cut out, in other colours and with a
mark, set on plain grounds and gradients. Everything is drawn from fixed seeds.

    resources/claims/make.py          # numpy, SciPy and Pillow; writes the folders beside it
"""
import colorsys
import math
import pathlib
import random

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import label

HERE = pathlib.Path(__file__).resolve().parent
SIZE, LARGE = 96, 384
LEARNED, HELD = 5, 5
# name: the sample, the part of it, how far hues are turned, the mark (shape, where, how large, colour)
SUBJECTS = {
    "fox": ("fox.png", (0, 0, 1, 1), 0.43, ("star", 0.5, 0.36, 0.10, "#ffd500")),
    "dog": ("friends.png", (0.5, 0, 1, 1), 0.72, ("disc", 0.5, 0.30, 0.09, "#e01818")),
    "car": ("car.png", (0, 0, 1, 1), 0.76, ("disc", 0.5, 0.56, 0.10, "#b6f000")),
}


def cut_out(path, box):
    """The sticker without its ground, which is of one colour and reaches the corners."""
    image = Image.open(HERE.parent / "samples" / path).convert("RGB")
    w, h = image.size
    image = image.crop((int(box[0] * w), int(box[1] * h), int(box[2] * w), int(box[3] * h)))
    rgb = np.asarray(image, dtype=int)
    parts, _ = label(np.abs(rgb - rgb[1, -2]).max(-1) < 60)
    opaque = largest(parts != parts[1, -2])
    rgba = np.dstack([np.asarray(image), np.where(opaque, 255, 0).astype("uint8")])
    image = Image.fromarray(rgba, "RGBA")
    return fit(image.crop(image.getchannel("A").getbbox()))


def fit(image):
    scale = LARGE / max(image.size)
    return image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)


def largest(opaque):
    """The largest connected part: in a half of a picture of two a piece of the other one may be left."""
    parts, _ = label(opaque)
    return parts == np.bincount(parts.ravel())[1:].argmax() + 1


def turn_hues(image, by):
    rgba = np.asarray(image, dtype=float) / 255
    hsv = np.array([colorsys.rgb_to_hsv(*p) for p in rgba[..., :3].reshape(-1, 3)])
    hsv[:, 0] = (hsv[:, 0] + by) % 1
    rgb = np.array([colorsys.hsv_to_rgb(*p) for p in hsv]).reshape(rgba.shape[:2] + (3,))
    return Image.fromarray((np.dstack([rgb, rgba[..., 3]]) * 255).round().astype("uint8"), "RGBA")


def put_mark(image, shape, x, y, r, colour):
    cx, cy, r = x * image.width, y * image.height, r * image.width
    draw = ImageDraw.Draw(image)
    if shape == "disc":
        draw.ellipse((cx - r, cy - r, cx + r, cy + r), fill=colour, outline="black", width=4)
        return
    angles = [-math.pi / 2 + k * math.pi / 5 for k in range(10)]
    radii = [r if k % 2 == 0 else r * 0.45 for k in range(10)]
    draw.polygon([(cx + q * math.cos(a), cy + q * math.sin(a)) for a, q in zip(angles, radii)], fill=colour,
                 outline="black")


def ground(rng):
    """A colour, or one that goes over into another."""
    first, second = (np.array([rng.randrange(256) for _ in range(3)]) for _ in range(2))
    part = np.linspace(0, rng.choice((0, 1)), LARGE)[:, None, None]
    return Image.fromarray((first * (1 - part) + second * part + np.zeros((1, LARGE, 1))).astype("uint8"))


def photo(name, cut, index):
    rng = random.Random(f"{name} {index}")
    page = ground(rng)
    scale = rng.uniform(0.6, 0.9) * LARGE / max(cut.size)
    thing = cut.resize((round(cut.width * scale), round(cut.height * scale)), Image.Resampling.LANCZOS)
    thing = thing.rotate(rng.uniform(-10, 10), resample=Image.Resampling.BICUBIC, expand=True)
    room = LARGE - thing.width, LARGE - thing.height
    page.paste(thing, tuple(round(rng.uniform(0.1, 0.9) * max(r, 0)) for r in room), thing)
    return page.resize((SIZE, SIZE), Image.Resampling.LANCZOS)


def write(image, path):
    path.parent.mkdir(exist_ok=True)
    image.save(path, optimize=True)
    path.chmod(0o644)


def main():
    for name, (path, box, hue, mark) in SUBJECTS.items():
        cut = turn_hues(cut_out(path, box), hue)
        put_mark(cut, *mark)
        page = Image.new("RGBA", (LARGE, LARGE))
        page.paste(cut, ((LARGE - cut.width) // 2, (LARGE - cut.height) // 2))
        write(page.resize((SIZE, SIZE), Image.Resampling.LANCZOS), HERE / name / "subject.png")
        for i in range(LEARNED + HELD):
            where = name if i < LEARNED else f"{name}/held"
            write(photo(name, cut, i), HERE / where / f"{i + 1}.png")


main()
