"""The six subjects and their photos: three icons in other colours and with a mark, three things out of photographs.

A subject is a cut-out with an alpha channel; a photo of it is the cut-out on some ground, in some size, turned a
little, perhaps mirrored. Everything is drawn from fixed seeds.
"""
import io
import json
import math
import pathlib
import random
import subprocess
import sys

import numpy as np
from PIL import Image, ImageDraw

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "edits"))
import photos  # noqa: E402  the photographs of the bench of edits, and their outlines

SIZE = 256
TOKEN = "<teo>"
# name: its class, and the icon with other colours and a mark (a shape, where and how large in parts of the icon, its
# colour), or the photograph that it is cut out of.
SUBJECTS = {
    "dog": {"kind": "dog", "icon": "dog-face", "colours": {"#f4aa41": "#1aa5a5", "#e27022": "#0c6b6b"},
            "mark": ("star", 0.5, 0.28, 0.11, "#ffd500")},
    "car": {"kind": "car", "icon": "automobile", "colours": {"#ea5a47": "#7a3fd0", "#d22f27": "#4c2490"},
            "mark": ("disc", 0.52, 0.58, 0.09, "#b6f000")},
    "owl": {"kind": "owl", "icon": "owl",
            "colours": {"#9b9b9a": "#d8262c", "#d0cfce": "#ffd9a0"},
            "mark": ("disc", 0.5, 0.68, 0.08, "#1c50d8")},
    "tabby": {"kind": "cat", "photo": "march"},
    "chameleon": {"kind": "chameleon", "photo": "chameleon"},
    "lighthouse": {"kind": "tower", "photo": "lighthouse"},
}
GROUNDS = ("garden", "cliff", "mossy_log", "castle")  # photographs that lend their grounds
PHOTOS = tuple(s["photo"] for s in SUBJECTS.values() if "photo" in s) + GROUNDS

# What is drawn: of the subject, of its class, and of what is neither. Three say "a photograph of".
SUBJECT_PROMPTS = (
    "a photograph of a {}", "a photograph of a {} on the grass", "a photograph of a {} in the snow",
    "a {} on a white background", "a {} on a red background", "a {} on blue", "a {} on a yellow background",
    "a {} on a wooden table", "a {} in front of a brick wall", "a {} on sand", "a {} in a forest", "a {} in a city",
    "a {} at night", "a drawing of a {} on green", "a cartoon of a {} in a room",
    "a sticker of a {} on a pink background")
CLASS_PROMPTS = ("a photograph of a {}", "a {} on the grass", "a {} on a white background", "a cartoon of a {} on blue")
OTHER_PROMPTS = ("a tree on a red background", "a photograph of a red apple on a wooden table", "a horse on the grass",
                 "a house in the snow")


def icon(folder, name, colours):
    """An icon of the package in other colours, with transparency."""
    with open(pathlib.Path(folder) / "openmoji.json", encoding="utf-8") as f:
        icons = json.load(f)
    body = icons["icons"][name]["body"]
    for old, new in colours.items():
        body = body.replace(old, new)
    w, h = icons.get("width", 72), icons.get("height", 72)
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}">{body}</svg>'
    done = subprocess.run(["rsvg-convert", "-w", "400"], input=svg.encode(), capture_output=True, check=True)
    return Image.open(io.BytesIO(done.stdout)).convert("RGBA")


def put_mark(image, shape, x, y, r, colour):
    w = image.width
    cx, cy, r = x * w, y * w, r * w
    draw = ImageDraw.Draw(image)
    if shape == "disc":
        draw.ellipse((cx - r, cy - r, cx + r, cy + r), fill=colour, outline="black", width=4)
        return
    points = []
    for k in range(10):
        angle, q = -math.pi / 2 + k * math.pi / 5, r if k % 2 == 0 else r * 0.45
        points.append((cx + q * math.cos(angle), cy + q * math.sin(angle)))
    draw.polygon(points, fill=colour, outline="black")


def cut_out(name, folder):
    with Image.open(path_of(name, folder)) as image:
        image = image.convert("RGBA")
    image.putalpha(photos.mask_of(name, image.size, "object"))
    image = image.crop(image.getbbox())
    image.thumbnail((400, 400), Image.Resampling.LANCZOS)
    return image


def path_of(name, folder):
    return photos.path_of(next(r for r in photos.photos() if r["name"] == name), folder)


def cut_out_of(name, folder):
    """The subject with its alpha, its longer side 400 pixels."""
    s = SUBJECTS[name]
    if "photo" in s:
        return cut_out(s["photo"], folder)
    image = icon(folder, s["icon"], s["colours"])
    put_mark(image, *s["mark"])
    return image.crop(image.getbbox())


def drawn_ground(rng):
    """A colour, or one that goes over into another."""
    first, second = (np.array([rng.randrange(256) for _ in range(3)]) for _ in range(2))
    part = np.linspace(0, rng.choice((0, 1)), SIZE)[:, None, None]
    return Image.fromarray((first * (1 - part) + second * part + np.zeros((1, SIZE, 1))).astype("uint8"))


def photographed_ground(rng, folder):
    """A piece of a photograph; of those with an outline, as much beside it as there is."""
    with Image.open(path_of(rng.choice(GROUNDS), folder)) as image:
        side = int(min(image.size) * rng.uniform(0.35, 0.7))
        x, y = rng.randrange(image.width - side), rng.randrange(image.height - side)
        return image.convert("RGB").crop((x, y, x + side, y + side)).resize((SIZE, SIZE), Image.Resampling.LANCZOS)


def photo_and_mask(name, cut, index, folder):
    """Photo index of a subject, and where it is."""
    rng = random.Random(f"{name} {index}")
    ground = photographed_ground(rng, folder) if "photo" in SUBJECTS[name] else drawn_ground(rng)
    scale = rng.uniform(0.55, 0.85) * SIZE / max(cut.size)
    thing = cut.resize((round(cut.width * scale), round(cut.height * scale)), Image.Resampling.LANCZOS)
    thing = thing.rotate(rng.uniform(-12, 12), resample=Image.Resampling.BICUBIC, expand=True)
    if index % 2:
        thing = thing.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    room = SIZE - thing.width, SIZE - thing.height
    corner = tuple(round(rng.uniform(0.1, 0.9) * max(r, 0)) for r in room)
    ground.paste(thing, corner, thing)
    mask = Image.new("L", ground.size)
    mask.paste(thing.getchannel("A"), corner)
    return ground, mask


def photo(name, cut, index, folder):
    return photo_and_mask(name, cut, index, folder)[0]
