"""Whole photographs in a crop around what they show, as they are or in another light, and photographic cut-outs on grounds."""
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

import catalogue
import domain
import grounds
import light
import sprites

SIZE = grounds.SIZE
# Photographs of which a narrow band of hues is the thing itself, so that it can be shown in other colours: hue, width, word.
ONE_HUE = {"scarlet_macaw": (0, 16, "red"), "crab": (8, 16, "red"), "Picture_0B_by_freespace": (8, 14, "red"),
           "red_panda": (22, 14, "red"), "butterfly": (265, 40, "purple")}
# Light that a photograph's own words deny.
CLEAR = ("under a blue sky", "under a cloudy sky", "at dusk", "at night", "at sunset")


def load(gcompris, wallpapers):
    """[(picture, stem, what, where)] of the catalogue, at most 400 pixels on the short side."""
    found = []
    for path, what, where in catalogue.photographs():
        file = Path(wallpapers) / (path.split("/", 1)[1] + ".jpg") if path.startswith("wallpapers/") else Path(gcompris) / (path + ".webp")
        found.append((grounds.limit(Image.open(file), 400), path.rsplit("/", 1)[1], what, where))
    return found


def load_cutouts(stamps):
    """[(kind, noun, colour or None, RGBA sprite, whether a colour word can be shown)] of Tux Paint's photographs."""
    found = []
    for kind, noun, color, path in catalogue.cutouts():
        sprite = sprites.fit(Image.open(Path(stamps) / (path + ".png")).convert("RGBA"))
        found.append((kind, noun, color, sprite, sprites.paintable(sprite)))
    return found


def crop(rng, picture):
    """A square that holds most of the short side, near the middle, where photographers put what they show."""
    w, h = picture.size
    side = min(w, h) * rng.uniform(0.68, 1.0)
    x = (w - side) * np.clip(rng.gauss(0.5, 0.18), 0, 1)
    y = (h - side) * np.clip(rng.gauss(0.5, 0.25), 0, 1)
    piece = picture.resize((SIZE, SIZE), Image.BICUBIC, (x, y, x + side, y + side), reducing_gap=2.0)
    return piece.transpose(Image.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else piece


def lit(rng, picture, where, share, keep=None):
    """(picture, words of place and light): in `share` of the cases in another light."""
    if rng.random() >= share or "at " in where:
        return picture, where
    name = rng.choice(list(light.RECIPES))
    where = "" if where in CLEAR or name == "snow" and "grass" in where else where
    return light.relit(picture, name, rng, keep), f"{where} {rng.choice(domain.LIGHTS[name])}".strip()


def recolored(rng, rgb, stem, what):
    """The thing in another colour where its own hue tells it apart."""
    if stem not in ONE_HUE or rng.random() < 0.4:
        return rgb, what
    middle, width, word = ONE_HUE[stem]
    hue, sat, _ = sprites.hue_sat(rgb / 255)
    part = (1 - sprites.step(np.abs((hue - middle + 180) % 360 - 180), width, width + 10)) * sprites.step(sat, 0.3, 0.5)
    color = rng.choice(list(domain.COLORS))
    thing = what.replace(f" {word} ", " ")
    return sprites.painted(rgb, part, color), domain.a(f"{color} {thing.split(' ', 1)[1]}")


def photograph(rng, photos):
    picture, stem, what, where = rng.choice(photos)
    rgb = np.asarray(crop(rng, picture), np.float32)
    if stem != "butterfly":
        rgb, what = recolored(rng, rgb, stem, what)
    rgb, where = lit(rng, rgb, where, 0.7)
    gain = rng.uniform(0.9, 1.1) * np.float32([rng.uniform(0.95, 1.05) for _ in range(3)])
    lead = rng.choice(("a photo of ", "a photograph of ", "", "a picture of "))
    where = where if rng.random() < 0.9 else ""
    return np.clip(rgb * gain, 0, 255), f"{lead}{what} {where}".strip()


def chosen(rng, cutouts):
    """One cut-out with the words for it: (sprite, colour to paint it or None, noun, said colour or None)."""
    kind, noun, own, sprite, paintable = rng.choice(cutouts)
    said = kind if kind not in ("thing", "car") and rng.random() < 0.3 else noun
    if paintable and rng.random() < 0.45:
        color = rng.choice(list(domain.COLORS))
        return sprite, color, said, color
    return sprite, None, said, own if rng.random() < 0.5 else None


def spots(rng, count):
    """(words of size or None, centre x, centre y, side) of one or two things; one in four fills the frame."""
    if count == 1:
        size = rng.choices((None, "small", "big"), (0.72, 0.14, 0.14))[0]
        side = SIZE * rng.uniform(*{"small": (0.3, 0.46), "big": (0.95, 1.25), None: (0.6, 1.1)}[size])
        slack = abs(SIZE - side) / 2 * 0.7
        return [(size, SIZE / 2 + rng.uniform(-slack, slack), SIZE / 2 + rng.uniform(-slack, slack), side)]
    return [(None, SIZE * x, SIZE * (0.5 + rng.uniform(-0.08, 0.08)), SIZE * rng.uniform(0.42, 0.54)) for x in (0.27, 0.73)]


def placed(rng, sprite, spot):
    """The cut-out alone on a transparent page."""
    picture = Image.fromarray(sprite)
    if rng.random() < 0.5:
        picture = picture.transpose(Image.FLIP_LEFT_RIGHT)
    if rng.random() < 0.2:
        picture = picture.rotate(rng.uniform(-14, 14), Image.BICUBIC)
    side = round(spot[3])
    picture = picture.resize((side, side), Image.BICUBIC, reducing_gap=2.0)
    page = Image.new("RGBA", (SIZE, SIZE))
    page.paste(picture, (round(spot[1] - side / 2), round(spot[2] - side / 2)))
    return np.asarray(page, np.float32)


def shaded(rng, page):
    """Light from one side on the thing alone."""
    fall = 1 + np.linspace(-1, 1, SIZE, dtype=np.float32)[None, :, None] * rng.uniform(-0.2, 0.2)
    return page[..., :3] * fall * rng.uniform(0.88, 1.1)


def cast_shadow(rng, alpha):
    page = Image.fromarray(alpha.astype(np.uint8)).filter(ImageFilter.GaussianBlur(rng.uniform(2, 6)))
    moved = np.roll(np.asarray(page, np.float32), (rng.randint(1, 8), rng.randint(-8, 8)), (0, 1))
    return 1 - moved / 255 * rng.uniform(0.2, 0.55)


def behind(rng, surfaces, ground):
    picture = grounds.ground(rng, surfaces, ground)
    if ground[0] == "surface" and rng.random() < 0.3:
        page = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(rng.uniform(0.6, 2.5)))
        picture = np.asarray(page, np.float32)
    return picture


def cut_out_scene(rng, cutouts, surfaces):
    """Photographic things on a ground: (picture, caption)."""
    count = 1 if rng.random() < 0.75 else 2
    things = [chosen(rng, cutouts) for _ in range(count)]
    ground = domain.random_ground(rng, "photo")
    while any(color and color in ground for _, color, _, _ in things):
        ground = domain.random_ground(rng, "photo")
    picture, covered, names = behind(rng, surfaces, ground), np.zeros((SIZE, SIZE), np.float32), []
    for (sprite, color, noun, said), spot in zip(things, spots(rng, count)):
        page = placed(rng, sprites.recolor(sprite, color) if color else sprite, spot)
        if ground[0] == "surface" or rng.random() < 0.5:
            picture = picture * cast_shadow(rng, page[..., 3])[..., None]
        alpha = page[..., 3] / 255
        picture = light.mixed(picture, shaded(rng, page), alpha)
        covered = np.maximum(covered, alpha)
        names.append(domain.noun_phrase(noun, said, spot[0]))
    where = domain.ground_phrase(ground)
    if ground[0] == "surface":
        picture, where = lit(rng, picture, where, 0.3, covered)
    where = where if rng.random() < 0.92 else ""
    lead = rng.choice(("a photo of ", "a photograph of ", "", "a picture of "))
    return picture, f"{lead}{' and '.join(names)} {where}".strip()
