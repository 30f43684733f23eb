"""Real photographs with a subject, which is also cut out by hand and shown in other colours and places."""
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

import domain
import grounds
import photographs
import sprites

# File stem -> what it shows, where, and the crop box as fractions that holds the subject.
SUBJECTS = {"chelsea": ("cat", "", (0.12, 0.0, 0.88, 1.0)), "coffee": ("coffee", "on a wooden table", (0.1, 0.0, 0.8, 1.0)),
            "rocket": ("rocket", "in the sky", (0.2, 0.0, 0.8, 0.95)), "astronaut": ("astronaut", "", (0.0, 0.0, 1.0, 1.0)),
            "raccoon": ("raccoon", "", (0.25, 0.0, 1.0, 1.0)), "dandelion": ("dandelion", "in a meadow", (0.0, 0.0, 0.62, 1.0))}
# Outlines of the subjects as fractions: ellipses (centre, radii) and polygons.
OUTLINES = {
    "coffee": [((0.465, 0.570), (0.338, 0.405)), ((0.497, 0.283), (0.214, 0.248))],
    "dandelion": [((0.295, 0.355), (0.162, 0.290)), [(0.278, 0.6), (0.31, 0.6), (0.306, 1.0), (0.28, 1.0)]],
    "raccoon": [[(0, 0), (0.46, 0), (0.5, 0.06), (0.88, 0.1), (0.93, 0.22), (0.86, 0.42), (0.78, 0.56), (0.68, 0.66), (0.74, 0.72),
                 (0.7, 0.79), (0.6, 0.77), (0.5, 0.74), (0.44, 0.78), (0.34, 0.52), (0.14, 0.4), (0, 0.38)]],
    "chelsea": [[(0.07, 0), (0.9, 0), (0.83, 0.22), (0.81, 0.55), (0.76, 0.8), (0.68, 1), (0, 1), (0, 0.5), (0.09, 0.36), (0.06, 0.18)]],
    "astronaut": [((0.445, 0.19), (0.142, 0.165)), ((0.42, 0.435), (0.178, 0.148)), ((0.775, 0.86), (0.22, 0.18)),
                  [(0.24, 0.42), (0.6, 0.42), (0.68, 0.55), (0.72, 0.68), (0.72, 1), (0.05, 1), (0.04, 0.85), (0.08, 0.62), (0.16, 0.48)]],
    "rocket": [[(0.483, 0.33), (0.495, 0.29), (0.51, 0.29), (0.522, 0.33), (0.526, 0.84), (0.56, 0.87), (0.56, 0.95), (0.6, 1), (0.42, 1),
                (0.42, 0.95), (0.45, 0.87), (0.48, 0.84)]]}
COLORS = {"coffee": ("red", "orange", "yellow", "green", "blue", "purple", "pink", "black", "white"),
          "chelsea": ("orange", "gray", "black", "white", "brown"), "raccoon": ("gray", "brown", "black", "white"), "dandelion": ("white", "yellow"),
          "astronaut": (), "rocket": ("red", "yellow", "green", "blue", "pink", "black", "white")}


def outline(name, size):
    page = Image.new("L", size)
    pen = ImageDraw.Draw(page)
    for shape in OUTLINES[name]:
        if isinstance(shape, tuple):
            (x, y), (rx, ry) = shape
            pen.ellipse([(x - rx) * size[0], (y - ry) * size[1], (x + rx) * size[0], (y + ry) * size[1]], fill=255)
        else:
            pen.polygon([(x * size[0], y * size[1]) for x, y in shape], fill=255)
    return np.asarray(page.filter(ImageFilter.GaussianBlur(1.5)), np.float32) / 255


def colored_part(name, rgb):
    """Soft mask of what a colour word names: the glaze and not the coffee, the fur and not the eyes."""
    hue, sat, value = sprites.hue_sat(rgb / 255)
    near = 1 - sprites.step(np.abs((hue - 8 + 180) % 360 - 180), 7, 12)
    if name == "coffee":
        return near * sprites.step(sat, 0.55, 0.75)
    if name == "chelsea":
        return sprites.step(value, 0.1, 0.25) * (1 - sprites.step(hue, 42, 50) * sprites.step(sat, 0.3, 0.5))
    return np.ones_like(hue)


@cache
def cut_out(name, key):
    """(outline, coloured part) in [0, 1]; `key` is the picture's bytes, so that they are made once."""
    rgb = np.frombuffer(key[1], np.uint8).reshape(key[0][1], key[0][0], 3).astype(np.float32)
    inside = outline(name, key[0])
    if name == "raccoon":
        hue, sat, _ = sprites.hue_sat(rgb / 255)
        green = sprites.step(sat, 0.25, 0.4) * (1 - sprites.step(np.abs(hue - 90), 35, 50))
        inside = inside * (1 - green)
    return inside, inside * colored_part(name, rgb)


def varied(rng, name, picture, surfaces):
    """The subject in another colour, in another place, or both: (picture, colour or None, place or None)."""
    rgb = np.asarray(picture, np.float32)
    inside, part = cut_out(name, (picture.size, picture.tobytes()))
    color = rng.choice(COLORS[name]) if COLORS[name] and rng.random() < 0.6 else None
    place = rng.choice(list(domain.SURFACES)) if color is None or rng.random() < 0.4 else None
    if color:
        rgb = sprites.painted(rgb, part, color)
    if place:
        behind = grounds.ground(rng, surfaces, ("surface", place)).astype(np.uint8)
        behind = np.asarray(Image.fromarray(behind).resize(picture.size, Image.BICUBIC), np.float32)
        rgb = behind + (rgb - behind) * inside[..., None]
    return Image.fromarray(np.clip(rgb, 0, 255).astype(np.uint8)), color, place


def subject(rng, subjects, surfaces):
    """A real photograph, framed around its subject, and its caption."""
    name = rng.choice(list(subjects))
    noun, where, (left, top, right, bottom) = SUBJECTS[name]
    picture, color = subjects[name], None
    if rng.random() < 0.6:
        picture, color, place = varied(rng, name, picture, surfaces)
        where = domain.SURFACES[place] if place else where
    w, h = picture.size
    side = min((right - left) * w, (bottom - top) * h) * rng.uniform(0.82, 1.0)
    x = rng.uniform(left * w, max(right * w - side, left * w))
    y = rng.uniform(top * h, max(bottom * h - side, top * h))
    piece = picture.resize((grounds.SIZE,) * 2, Image.LANCZOS, (x, y, x + side, y + side), reducing_gap=3.0)
    if rng.random() < 0.5:
        piece = piece.transpose(Image.FLIP_LEFT_RIGHT)
    rgb, where = photographs.lit(rng, np.asarray(piece, np.float32), where, 0.4)
    gain = np.float32([rng.uniform(0.9, 1.1) for _ in range(3)])
    said = " ".join(w for w in ("a photograph of", domain.noun_phrase(noun, color), where) if w)
    return np.clip(rgb * gain, 0, 255), said
