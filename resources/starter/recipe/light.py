"""The same picture in another light, weather or season: a layered recipe each, so that the words mean something on any photo.

Every function takes and gives float [h, w, 3] of 0 to 255. `keep` is [h, w] of 0 to 1: what snow does not lie on.
"""
import numpy as np
from PIL import Image, ImageFilter

import sprites

GRAY = np.float32([0.299, 0.587, 0.114])


def mixed(picture, layer, weight):
    return picture + (np.float32(layer) - picture) * np.clip(weight, 0, 1)[..., None]


def height(picture):
    """0 at the top, 1 at the bottom."""
    return np.linspace(0, 1, picture.shape[0], dtype=np.float32)[:, None] * np.ones(picture.shape[1], np.float32)


def soft(values, radius):
    page = Image.fromarray((np.clip(values, 0, 1) * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(radius))
    return np.asarray(page, np.float32) / 255


def grown(values, radius):
    """The largest value within radius pixels."""
    page = Image.fromarray((np.clip(values, 0, 1) * 255).astype(np.uint8)).filter(ImageFilter.MaxFilter(2 * radius + 1))
    return np.asarray(page, np.float32) / 255


def sky(picture):
    """Soft mask of what is likely the sky: bright, not greener or redder than blue, smooth, and open to the picture's top."""
    x = picture / 255
    light = x @ GRAY
    like = sprites.step(x.max(-1), 0.3, 0.5) * sprites.step(x[..., 2] - 0.93 * np.maximum(x[..., 0], x[..., 1]), -0.06, 0.04)
    smooth = 1 - sprites.step(soft(np.abs(light - soft(light, 2)) * 4, 2), 0.12, 0.35)
    seen = soft(like * smooth * (1 - sprites.step(height(picture), 0.75, 1)), 1.0)
    opened = np.zeros_like(like)
    row = np.ones(like.shape[1], np.float32)
    for y, here in enumerate(seen):                     # what hangs into the sky, such as a twig, does not end it at once
        beside = np.maximum(row, np.maximum(np.roll(row, 2), np.roll(row, -2)))
        opened[y] = here * beside
        row = np.maximum(opened[y], 0.93 * row * sprites.step(row, 0.1, 0.5))
    return np.minimum(grown(opened, 4), like)           # to the very edge of what stands before it


def horizon(above):
    """How far down the sky reaches, 0 to 1; 0 where there is none."""
    rows = np.flatnonzero(above.mean(1) > 0.15)
    return float((rows.max() + 1) / len(above)) if rows.size and above.mean() > 0.06 else 0.0


def distance(picture, above, keep):
    """0 at the feet of whoever looks, 1 at the horizon and in the sky: what lies higher in a picture mostly is farther away. The thing
    that is shown stands in the middle."""
    line = horizon(above)
    ground = np.clip((1 - height(picture)) / max(1 - line, 0.25), 0, 1)
    return np.maximum(np.minimum(ground, 1 - 0.7 * keep), above)


def grayed(picture, share):
    return mixed(picture, (picture @ GRAY)[..., None], np.full(picture.shape[:2], share))


def gradient(picture, top, middle, bottom, line):
    """Three colours from the top to the line, and the last below it."""
    y = np.clip(height(picture) / max(line, 0.2), 0, 1)
    return np.stack([np.interp(y, (0, 0.55, 1), stops) for stops in zip(top, middle, bottom)], -1).astype(np.float32)


def sky_as(picture, above, top, middle, bottom, clouds=0.6):
    """The sky's own clouds in other colours: (colours, weight)."""
    page = gradient(picture, top, middle, bottom, horizon(above))
    light = picture @ GRAY / 255
    weight = above.sum() + 1e-6
    mean = (light * above).sum() / weight
    return page * (1 + clouds * (light - mean))[..., None], above


def night(picture, rng, keep):
    """Moonlight: three stops darker, little colour, blue; the sky is darkest above; lamps and what shines stay."""
    above = sky(picture)
    light = picture @ GRAY / 255
    tint = np.float32([0.58, 0.70, 1.0]) * rng.uniform(0.46, 0.60)
    dark = 255 * (grayed(picture, 0.5) / 255) ** rng.uniform(1.0, 1.25) * tint + np.float32([3, 5, 12])
    dark = mixed(dark, *sky_as(picture, above, (10, 15, 38), (18, 27, 60), (42, 56, 98), 0.9))
    shines = sprites.step(light - soft(light, 6), 0.16, 0.34) * sprites.step(picture[..., 0] - picture[..., 2], 10, 60)
    return mixed(dark, (255, 214, 140), 0.8 * soft(shines * (1 - above), 0.6))


def dusk(picture, rng, keep):
    """The sun is down: the sky glows low and is deep blue above, the ground is dim and bluish."""
    above = sky(picture)
    dim = grayed(picture, 0.25) * np.float32([0.50, 0.50, 0.66]) * rng.uniform(0.9, 1.15)
    return mixed(dim, *sky_as(picture, above, (44, 58, 112), (118, 104, 150), (240, 168, 128)))


def sunset(picture, rng, keep):
    """The sun stands low: the sky is golden at the horizon, rose above and grayish blue at the top; what is lit is golden,
    what lies in the shade is cooler and darker."""
    above = sky(picture)
    light = picture @ GRAY / 255
    lit = sprites.step(light, 0.15, 0.75)[..., None]
    strength = rng.uniform(0.8, 1.1)
    warm = picture * (np.float32([0.66, 0.54, 0.56]) * (1 - lit) + np.float32([1.05, 0.80, 0.52]) * lit)
    warm = picture + (warm - picture) * strength
    low = rng.choice(((255, 206, 120), (255, 190, 110), (255, 216, 150)))
    return mixed(warm, *sky_as(picture, above, (112, 118, 156), (226, 156, 128), low))


def fog(picture, rng, keep):
    """Koschmieder: what is far becomes the colour of the air, what is near keeps its own."""
    above = sky(picture)
    level = rng.uniform(186, 218)
    seen = np.exp(-rng.uniform(0.9, 1.7) * distance(picture, above, keep) ** 1.5 - 0.15)
    flat = mixed(grayed(picture, 0.3), (0.55 * level,) * 3, np.full(seen.shape, 0.15))
    return mixed(flat, (level - 2, level, level + 3), 1 - seen)


def snow(picture, rng, keep):
    """White lies where surfaces face up: on the ground, and where something is lighter than what is below it; what is steep stays
    dark, so that there is contrast; the sky is a pale gray."""
    above = sky(picture)
    light = picture @ GRAY / 255
    line = horizon(above)
    ground = sprites.step(height(picture), line - 0.05, line + 0.35)
    fine = light - soft(light, 5)
    grows = np.maximum(hue_band(picture, 28, 170), 0.0)                  # grass and leaves carry it
    lies = sprites.step(0.55 * ground + 0.5 * grows + 1.6 * fine + 0.35 * light, 0.3, 0.75)
    cold = grayed(picture, 0.3) * np.float32([0.93, 0.98, 1.05])
    shade = np.clip(0.80 + 0.22 * light + 1.0 * fine, 0.45, 1.04)[..., None] * np.float32([240, 244, 250])
    white = mixed(cold, np.clip(shade, 0, 255), lies * (1 - above) * (1 - keep) * rng.uniform(0.85, 0.97))
    white = mixed(white, *sky_as(picture, above, (196, 204, 216), (210, 216, 224), (226, 229, 233), 0.35))
    if rng.random() < 0.3:
        flakes = np.random.default_rng(rng.randrange(1 << 30)).random(light.shape) < 0.008
        white = mixed(white, (250, 250, 255), soft(flakes * 2.0, 0.6) * 2)
    return white


def hue_band(picture, low, high):
    hue, sat, value = sprites.hue_sat(picture / 255)
    inside = sprites.step(hue, low - 12, low + 8) * (1 - sprites.step(hue, high - 8, high + 12))
    return inside * sprites.step(sat, 0.12, 0.3) * sprites.step(value, 0.06, 0.2)


def turned(picture, weight, color):
    """The masked part in another colour, its light and shade kept."""
    light = (picture @ GRAY)[..., None] / 255
    goal = np.float32(color)
    return mixed(picture, np.clip(goal * (0.35 + 1.5 * light), 0, 255), weight)


def autumn(picture, rng, keep):
    leaves = rng.choice(((214, 112, 30), (200, 70, 30), (222, 150, 40), (176, 98, 40)))
    return turned(picture, 0.9 * hue_band(picture, 62, 165), leaves) * np.float32([1.04, 0.98, 0.9])


def summer(picture, rng, keep):
    green = turned(picture, 0.8 * hue_band(picture, 24, 62) * sprites.step(height(picture), 0.2, 0.5) * (1 - keep), (88, 150, 44))
    return np.clip(grayed(green, -0.25) * np.float32([1.05, 1.05, 0.98]), 0, 255)


def rain(picture, rng, keep):
    wet = grayed(picture, 0.5) * np.float32([0.60, 0.66, 0.72])
    wet = mixed(wet, (132, 140, 150), 0.2 + 0.3 * distance(picture, sky(picture), keep))
    drops = np.random.default_rng(rng.randrange(1 << 30)).random(wet.shape[:2]) < 0.012
    streaks = sum(np.roll(drops, (k, k // 3), (0, 1)) * (1 - k / 8) for k in range(8))
    return mixed(wet, (206, 212, 220), 0.4 * np.clip(streaks, 0, 1))


def warm(picture, rng, keep):
    return picture * np.float32([1.14, 0.98, rng.uniform(0.66, 0.78)])


def cold(picture, rng, keep):
    return picture * np.float32([rng.uniform(0.74, 0.84), 0.97, 1.16])


def sunlight(picture, rng, keep):
    return (picture - 110) * rng.uniform(1.15, 1.3) + 132 + np.float32([8, 4, -6])


def gray(picture, rng, keep):
    return grayed(picture, 1.0)


RECIPES = {"night": night, "dusk": dusk, "sunset": sunset, "fog": fog, "snow": snow, "autumn": autumn, "summer": summer, "rain": rain,
           "warm": warm, "cold": cold, "sunlight": sunlight, "gray": gray}


def relit(picture, name, rng, keep=None):
    keep = np.zeros(picture.shape[:2], np.float32) if keep is None else keep
    return np.clip(RECIPES[name](picture, rng, keep), 0, 255)
