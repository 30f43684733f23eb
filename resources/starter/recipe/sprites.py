"""Icons as small RGBA pictures, and the recolouring that keeps their shading."""
import io
import json
from pathlib import Path

import numpy as np
from PIL import Image
import resvg_py

import domain

SIDE = 160      # a sprite is kept a little larger than a scene, and shrunk when it is drawn


def draw_icon(collection, name):
    icon = collection["icons"][name]
    w, h = icon.get("width", collection.get("width", 16)), icon.get("height", collection.get("height", 16))
    svg = (f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 {w} {h}" '
           f'width="240" height="240">{icon["body"]}</svg>')
    png = resvg_py.svg_to_bytes(svg_string=svg, width=240, height=240)
    return fit(Image.open(io.BytesIO(bytes(png))).convert("RGBA"))


def fit(picture):
    """Crops to what is drawn and centres it in a square, so that every thing is equally large."""
    box = picture.getchannel("A").point(lambda v: 255 if v > 20 else 0).getbbox()
    picture = picture.crop(box)
    side = max(picture.size)
    square = Image.new("RGBA", (side, side))
    square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    return np.asarray(square.resize((SIDE, SIDE), Image.LANCZOS))


def hue_sat(rgb):
    top, low = rgb.max(-1), rgb.min(-1)
    span = np.maximum(top - low, 1e-6)
    r, g, b = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    hue = np.where(top == r, (g - b) / span % 6, np.where(top == g, (b - r) / span + 2, (r - g) / span + 4)) * 60
    return hue, (top - low) / np.maximum(top, 1e-6), top


def step(x, low, high):
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def main_part(sprite):
    """Soft mask of the pixels that make up 'the colour' of a thing: its commonest hue, or its greys where it has none."""
    rgb, alpha = sprite[..., :3] / 255.0, sprite[..., 3] / 255.0
    hue, sat, value = hue_sat(rgb)
    vivid = alpha * step(sat, 0.2, 0.4) * step(value, 0.15, 0.3)
    if vivid.sum() < 0.3 * alpha.sum():
        return step(value, 0.12, 0.3) * (1 - 0.8 * step(sat, 0.3, 0.6))
    bins = np.bincount((hue / 10).astype(int).ravel() % 36, (vivid * sat).ravel(), 36)
    bins = bins + np.roll(bins, 1) + np.roll(bins, -1) + 0.5 * (np.roll(bins, 2) + np.roll(bins, -2))
    away = np.abs((hue - (bins.argmax() * 10 + 5) + 180) % 360 - 180)
    return (1 - step(away, 28, 48)) * step(sat, 0.08, 0.25)


def painted(rgb, mask, color, solid=True):
    """float [h, w, 3] of 0 to 255, where the soft mask [h, w] says so in a named colour, its light and shade kept.

    How light the part is as a whole is measured where it is solid."""
    light = rgb @ np.float32([0.299, 0.587, 0.114])
    inside = (mask > 0.5) & solid
    middle = np.median(light[inside]) if inside.any() else 128.0
    target = np.float32(domain.COLORS[color])
    shade = light / max(middle, 1)
    if color == "white":
        shade = np.where(shade < 1, 0.5 + 0.5 * shade, shade)       # a white thing keeps only part of its shadows
    elif color != "black":
        shade = np.where(shade < 1, 0.2 + 0.8 * shade, shade)
    dark = target * np.minimum(shade, 1)[..., None]
    glow = np.clip((shade - 1) / max(255 / max(middle, 1) - 1, 0.3), 0, 1) * (0.3 if color == "black" else 0.6)
    new = dark + (255 - dark) * glow[..., None]
    return rgb + (new - rgb) * mask[..., None]


def recolor(sprite, color):
    out = sprite.copy()
    out[..., :3] = np.clip(painted(sprite[..., :3].astype(np.float32), main_part(sprite), color, sprite[..., 3] > 128), 0, 255)
    return out


def paintable(sprite):
    """Whether its main part is large enough for a colour word to be seen."""
    alpha = sprite[..., 3] / 255.0
    return bool((main_part(sprite) * alpha).sum() > 0.33 * alpha.sum())


def rendered(folder, names):
    """{noun: RGBA sprite} of the 3-D renderings, found by the code point that the icon set gives for the noun's icon."""
    found = {}
    for noun, icon in domain.THINGS.items():
        files = [Path(folder) / f"{code}.webp" for code, name in names.items() if name == icon]
        files = [file for file in files if file.exists()]
        if files:
            found[noun] = fit(Image.open(files[0]).convert("RGBA"))
    return found


def build(icon_folder, rendered_folder):
    """{(style, noun): (RGBA sprite, whether a colour word can be shown)} for the training styles and the held one."""
    built = {}
    for style, name in domain.ICON_SET.items():
        collection = json.loads((Path(icon_folder) / name / "icons.json").read_text(encoding="utf-8"))
        for noun, icon in domain.THINGS.items():
            built[style, noun] = draw_icon(collection, icon)
    codes = json.loads((Path(icon_folder) / domain.ICON_SET["cartoon"] / "chars.json").read_text(encoding="utf-8"))
    built.update({("solid", noun): sprite for noun, sprite in rendered(rendered_folder, codes).items()})
    return {key: (sprite, key[1] not in domain.NO_COLOR and paintable(sprite)) for key, sprite in built.items()}
