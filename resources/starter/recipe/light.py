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


def sky(picture):
    """Soft mask of what is likely the sky: bright, not greener or redder than blue, and in the upper part."""
    x = picture / 255
    bright = sprites.step(x.max(-1), 0.35, 0.6)
    cool = sprites.step(x[..., 2] - 0.93 * np.maximum(x[..., 0], x[..., 1]), -0.04, 0.04)
    return soft(bright * cool * (1 - sprites.step(height(picture), 0.5, 0.85)), 1.2)


def grayed(picture, share):
    return mixed(picture, (picture @ GRAY)[..., None], np.full(picture.shape[:2], share))


def gradient(picture, top, bottom):
    y = np.clip(height(picture) * 1.6, 0, 1)[..., None]
    return np.float32(top) * (1 - y) + np.float32(bottom) * y


def night(picture, rng, keep):
    dark = 255 * (grayed(picture, 0.4) / 255) ** rng.uniform(1.25, 1.6) * np.float32([0.30, 0.38, 0.60]) * rng.uniform(0.8, 1.1)
    return mixed(dark, gradient(dark, (8, 10, 28), (24, 28, 56)), 0.8 * sky(picture))


def dusk(picture, rng, keep):
    dim = grayed(picture, 0.15) * np.float32([0.62, 0.50, 0.66]) * rng.uniform(0.85, 1.15)
    return mixed(dim, gradient(dim, (70, 62, 118), (226, 150, 132)), 0.8 * sky(picture))


def sunset(picture, rng, keep):
    warm = picture * np.float32([1.06, 0.76, 0.50]) * rng.uniform(0.8, 1.0)
    return mixed(warm, gradient(warm, (214, 96, 70), (255, 190, 104)), 0.8 * sky(picture))


def fog(picture, rng, keep):
    level = rng.uniform(190, 220)
    far = 1 - 0.75 * height(picture)
    return mixed(grayed(picture, 0.35), (level, level + 3, level + 6), far * rng.uniform(0.6, 0.9) + 0.12)


def snow(picture, rng, keep):
    """White lies where surfaces face up: low in the picture, and where it is lighter than its surroundings."""
    light = picture @ GRAY / 255
    above = sky(picture)
    lies = sprites.step(0.9 * height(picture) + 1.2 * (light - soft(light, 5)) + 0.25 * light, 0.28, 0.75)
    cold = grayed(picture, 0.35) * np.float32([0.94, 0.99, 1.06])
    shade = (0.72 + 0.4 * light)[..., None] * np.float32([228, 234, 246])
    white = mixed(cold, np.clip(shade, 0, 255), lies * (1 - above) * (1 - keep) * rng.uniform(0.75, 0.95))
    white = mixed(white, (214, 219, 228), 0.75 * above)
    if rng.random() < 0.5:
        flakes = np.random.default_rng(rng.randrange(1 << 30)).random(light.shape) < 0.012
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
    wet = mixed(wet, (132, 140, 150), 0.25 + 0.4 * sky(picture))
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
