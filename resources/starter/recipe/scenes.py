"""Scenes with captions, one for every number: the same number, the same scene."""
import os
import pickle
import random
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

import domain
import grounds
import photographs
import sprites
import subjects

SIZE = grounds.SIZE


def place(scene, rng):
    """(centre x, centre y, side) of each thing, in pixels."""
    how = scene["relation"]
    if how == "one":
        low, high = {"small": (0.37, 0.49), "big": (0.9, 1.0), None: (0.73, 0.91)}[scene["things"][0]["size"]]
        side = SIZE * rng.uniform(low, high)
        slack = (SIZE - side) / 2 + 2
        return [(SIZE / 2 + rng.uniform(-slack, slack) * 0.5, SIZE / 2 + rng.uniform(-slack, slack) * 0.5, side)]
    side, other = SIZE * rng.uniform(0.44, 0.5), SIZE * rng.uniform(0.44, 0.5)
    jitter = SIZE * rng.uniform(-0.06, 0.06)
    near, far, middle = 0.258 * SIZE, 0.742 * SIZE, SIZE / 2
    if how == "above":
        return [(middle + jitter, near, side), (middle - jitter, far, other)]
    return [(near, middle + jitter, side), (far, middle - jitter, other)]


def outlined(picture):
    """A die-cut sticker's white rim."""
    rim = picture.getchannel("A").filter(ImageFilter.MaxFilter(9))
    white = Image.new("RGBA", picture.size, (255, 255, 255, 0))
    white.putalpha(rim)
    return Image.alpha_composite(white, picture)


def layer(sprite, spot, rng, sticker, turn):
    """The thing alone on a transparent page."""
    x, y, side = spot
    picture = Image.fromarray(sprite)
    if turn:
        picture = picture.rotate(rng.uniform(-14, 14), Image.BICUBIC)
    picture = picture.resize((round(side),) * 2, Image.BOX if side < 100 else Image.BILINEAR, reducing_gap=2.0)
    page = Image.new("RGBA", (SIZE, SIZE))
    page.paste(picture, (round(x - side / 2), round(y - side / 2)))
    return np.asarray(outlined(page) if sticker else page, np.float32)


def shadow(alpha, rng):
    soft = Image.fromarray(alpha.astype(np.uint8)).filter(ImageFilter.GaussianBlur(rng.uniform(3, 6)))
    moved = np.roll(np.asarray(soft, np.float32), (rng.randint(2, 8), rng.randint(-6, 6)), (0, 1))
    return 1 - moved / 255 * rng.uniform(0.25, 0.5)


def photographic(picture, rng, numpy_rng):
    """Light from one side, a little blur and grain."""
    fall = 1 + np.linspace(-1, 1, SIZE)[None, :] * rng.uniform(-0.12, 0.12)
    picture = picture * fall[..., None]
    if rng.random() < 0.3:
        soft = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 1.0)))
        picture = np.asarray(soft, np.float32)
    return picture + numpy_rng.normal(0, rng.uniform(0, 3.5), (SIZE, SIZE, 1))


def dressed(icons, style, thing, rng):
    """The thing's sprite in its colour; a photo's thing is a solid rendering half of the time."""
    solid = style == "photo" and ("solid", thing["noun"]) in icons and rng.random() < 0.5
    sprite, paintable = icons["solid" if solid else style, thing["noun"]]
    return sprites.recolor(sprite, thing["color"]) if thing["color"] and paintable else sprite


def draw(scene, sources, rng, numpy_rng):
    picture = grounds.ground(rng, sources["surfaces"], scene["ground"])
    real = scene["style"] == "photo" and scene["ground"][0] == "surface"
    things = scene["things"] * (2 if scene["relation"] == "two" else 1)
    for thing, spot in zip(things, place(scene, rng)):
        page = layer(dressed(sources["sprites"], scene["style"], thing, rng), spot, rng, scene["sticker"], rng.random() < 0.12)
        alpha = page[..., 3:] / 255
        if real:
            picture = picture * shadow(page[..., 3], rng)[..., None]
        picture = picture * (1 - alpha) + page[..., :3] * alpha
    if real:
        picture = photographic(picture, rng, numpy_rng)
    return np.clip(picture + 0.5, 0, 255).astype(np.uint8)


def honest(scene, sources):
    """Takes the colour word off a thing whose icon in this style cannot show it."""
    icons, style = sources["sprites"], scene["style"]
    for thing in scene["things"]:
        sets = (style, "solid") if style == "photo" else (style,)
        if not all(icons[s, thing["noun"]][1] for s in sets if (s, thing["noun"]) in icons):
            thing["color"] = None
    return scene


def real(rng, sources):
    """A picture of photographs with its caption: a whole one, the six subjects, or cut-outs on a ground."""
    kind = rng.choices(("whole", "subject", "cut-out"), (0.42, 0.08, 0.5))[0]
    if kind == "whole":
        return photographs.photograph(rng, sources["photographs"])
    if kind == "subject":
        return subjects.subject(rng, sources["subjects"], sources["surfaces"])
    return photographs.cut_out_scene(rng, sources["cutouts"], sources["surfaces"])


def one(index, sources, share=0.66):
    """Scene number `index` of the endless series: picture, caption, description; `share` of them are of photographs."""
    rng, numpy_rng = random.Random(index), np.random.default_rng(index)
    random.seed(index)
    if rng.random() < share:
        picture, said = real(rng, sources)
        return np.clip(picture + 0.5, 0, 255).astype(np.uint8), said, {"real": True}
    scene = honest(domain.random_scene(rng), sources)
    return draw(scene, sources, rng, numpy_rng), domain.caption(scene), scene


def load_sources(sources, work):
    """Sprites, cut-outs, photographs and grounds, built once and kept in WORK."""
    kept = Path(work) / "sources.pickle"
    if not kept.exists():
        sources = Path(sources)
        npm, wallpapers = sources / "npm/node_modules", sources / "wallpapers"
        surfaces, known, natural, held = grounds.load(npm, wallpapers, sources / "skimage", sources / "face.dat")
        photos = photographs.load(sources / "gcompris", wallpapers)
        built = {"sprites": sprites.build(npm / "@iconify-json", npm / "@lobehub/fluent-emoji-3d/assets"), "surfaces": surfaces,
                 "subjects": known, "photographs": photos, "cutouts": photographs.load_cutouts(sources / "stamps"),
                 "real": natural + [picture for picture, *_ in photos], "held": held}
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.with_suffix(".new").write_bytes(pickle.dumps(built))
        os.replace(kept.with_suffix(".new"), kept)
    return pickle.loads(kept.read_bytes())
