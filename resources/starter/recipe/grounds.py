"""Grounds, and the photographs they are cut from: loading the sources once, and cutting a random 128 x 128 piece."""
import base64
import bz2
import re
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

import domain

SIZE = 128
# Poly Haven panoramas (CC0) by what they show.
PANORAMAS = {"forest": ["forest"], "room": ["apartment", "lobby"], "city": ["city", "sunset"], "meadow": ["park", "sunrise"],
             "sky": ["sky"], "sunset": ["dawn"], "other": ["bridge", "esplanade", "hall", "lab", "night", "studio", "venice", "warehouse", "workshop"]}
# Wallpapers, CC BY 4.0 (named in the model card).
WALLPAPERS = {"mountains": ["picosdeeuropa_by_Aitzol_Berasategi", "aitzgorri_by_Aitzol_Berasategi"],
              "sunset": ["sunset_by_Aitzol_Berasategi"], "forest": ["life_by_Aitzol_Berasategi"],
              "other": ["Wine_by_Jakkub_Mede", "Picture_0B_by_freespace", "Picture_1A_by_freespace"]}


def limit(picture, side=512):
    picture = picture.convert("RGB")
    scale = side / min(picture.size)
    if scale < 1:
        picture = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.LANCZOS)
    return picture


def panorama(path):
    """A tone-mapped 8-bit picture from the npm package's base64 OpenEXR."""
    import OpenEXR
    data = base64.b64decode(re.search(r"base64,([A-Za-z0-9+/=]+)", path.read_text()).group(1))
    with tempfile.NamedTemporaryFile(suffix=".exr") as exr:              # a name of its own: several processes may be at it
        exr.write(data)
        exr.flush()
        with OpenEXR.File(exr.name) as file:
            channels = file.channels()
            light = np.asarray(channels["RGB" if "RGB" in channels else "RGBA"].pixels[..., :3], np.float32)
    v = np.minimum(light / np.percentile(light, 60) * 0.35, 1e4)         # the sun is infinite in some
    v = np.clip(v * (1 + v / 4) / (1 + v), 0, 1)
    v = np.where(v <= 0.0031308, 12.92 * v, 1.055 * v ** (1 / 2.4) - 0.055)
    # The poles of a panorama are stretched; its middle looks like a photograph.
    return Image.fromarray((v[40:225] * 255).astype(np.uint8))


def smooth_noise(rng, h, w, cells):
    small = Image.fromarray(rng.random((cells[0] + 1, cells[1] + 1)).astype(np.float32))
    return np.asarray(small.resize((w, h), Image.BICUBIC))


def cloudy(rng, h, w, octaves=5, first=(2, 2)):
    total = sum(smooth_noise(rng, h, w, (first[0] << i, first[1] << i)) / (1 << i) for i in range(octaves))
    return (total - total.min()) / (total.max() - total.min())


def tint(values, low, high):
    v = values[..., None]
    return Image.fromarray(np.clip(np.float32(low) * (1 - v) + np.float32(high) * v, 0, 255).astype(np.uint8))


def wood(rng, side=320):
    """Planks with grain along them."""
    grain = cloudy(rng, side, side, 5, (16, 1)) * 0.6 + smooth_noise(rng, side, side, (120, 3)) * 0.4
    plank = np.repeat(rng.random(4), side // 4)[:, None] * 0.35
    seams = (np.arange(side) % (side // 4) < 3)[:, None] * 0.6
    return tint(np.clip(grain * 0.7 + plank - seams, 0, 1), (84, 48, 24), (206, 150, 94))


def marble(rng, side=320):
    veins = 1 - np.abs(np.sin(6 * cloudy(rng, side, side, 6) + np.linspace(0, 6, side)[None] * 0.6))
    return tint(1 - 0.75 * veins ** 5, (150, 150, 160), (246, 245, 243))


def sand(rng, side=320):
    ripple = 0.5 + 0.5 * np.sin(np.linspace(0, 40, side)[:, None] + 5 * cloudy(rng, side, side, 3))
    return tint(np.clip(0.5 * ripple + 0.3 * cloudy(rng, side, side) + 0.3 * rng.random((side, side)), 0, 1), (186, 146, 96), (240, 212, 160))


def snow(rng, side=320):
    return tint(cloudy(rng, side, side, 5), (196, 212, 236), (255, 255, 255))


def water(rng, side=320):
    waves = cloudy(rng, side, side, 5, (12, 3))
    return tint(waves, (14, 70, 120), (110, 190, 214))


def space(rng, side=320):
    sky = np.asarray(tint(cloudy(rng, side, side, 4) ** 2, (4, 4, 14), (50, 26, 84))).copy()
    for _ in range(260):
        y, x = rng.integers(0, side - 2, 2)
        sky[y:y + rng.integers(1, 3), x:x + rng.integers(1, 3)] = rng.integers(150, 256)
    return Image.fromarray(sky)


def load(npm, wallpapers, skimage_data, raccoon):
    """{surface: [pictures]}, {subject: picture}, [photographs for the autoencoder], [held-out photographs]."""
    npm, wallpapers, skimage_data = Path(npm), Path(wallpapers), Path(skimage_data)
    rng = np.random.default_rng(7)
    surfaces = {name: [] for name in domain.SURFACES}
    surfaces["other"] = []
    for where, names in PANORAMAS.items():
        surfaces[where] += [panorama(npm / "@pmndrs/assets/hdri" / f"{n}.exr.js") for n in names]
    for where, names in WALLPAPERS.items():
        surfaces[where] += [limit(Image.open(wallpapers / f"{n}.jpg"), 400) for n in names]
    for name, low, high in (("brick", (92, 40, 28), (226, 148, 112)), ("grass", (18, 44, 8), (150, 196, 84)), ("gravel", (40, 38, 36), (214, 208, 198))):
        gray = np.asarray(Image.open(skimage_data / f"{name}.png").convert("L").resize((400, 400), Image.LANCZOS), np.float32)
        gray = (gray - np.percentile(gray, 1)) / (np.percentile(gray, 99) - np.percentile(gray, 1))
        surfaces[name].append(tint(np.clip(gray, 0, 1), low, high))
    for name, make in (("wood", wood), ("marble", marble), ("sand", sand), ("snow", snow), ("water", water), ("space", space)):
        surfaces[name] += [make(rng) for _ in range(4)]
    subjects = {n: limit(Image.open(skimage_data / f"{n}{e}"), 400) for n, e in
                (("chelsea", ".png"), ("coffee", ".png"), ("rocket", ".jpg"), ("astronaut", ".png"))}
    face = np.frombuffer(bz2.decompress(Path(raccoon).read_bytes()), np.uint8).reshape(768, 1024, 3)
    subjects["raccoon"] = limit(Image.fromarray(face), 400)
    subjects["dandelion"] = limit(Image.open(wallpapers / "seeding_by_Clements_Engelhardt.jpg"), 400)
    real = [p for k in ("forest", "room", "city", "meadow", "sky", "sunset", "mountains", "other") for p in surfaces[k]] + list(subjects.values())
    held = [limit(Image.open(wallpapers / f"{n}.jpg"), 300) for n in ("friends_by_Aitzol_Berasategi", "umang_by_Abhishek_Mudgal")]
    held.append(limit(Image.open(skimage_data / "hubble_deep_field.jpg"), 300))
    return surfaces, subjects, real, held


def cut(rng, picture, low=0.3, high=1.0):
    """A random square of the picture at 128 pixels, sometimes mirrored and a little brighter or darker."""
    side = int(min(picture.size) * rng.uniform(low, high))
    x, y = rng.randint(0, picture.width - side), rng.randint(0, picture.height - side)
    piece = picture.resize((SIZE, SIZE), Image.BILINEAR, (x, y, x + side, y + side), reducing_gap=2.0)
    if rng.random() < 0.5:
        piece = piece.transpose(Image.FLIP_LEFT_RIGHT)
    return np.clip(np.asarray(piece, np.float32) * rng.uniform(0.85, 1.15), 0, 255)


def plain(rng, name):
    """A named colour, never twice quite the same, with a faint fall of light."""
    base = np.float32(domain.COLORS[name]) + np.float32([rng.uniform(-10, 10) for _ in range(3)])
    slope = np.linspace(-1, 1, SIZE)[:, None] * rng.uniform(-8, 8) + np.linspace(-1, 1, SIZE)[None] * rng.uniform(-8, 8)
    return np.clip(base + slope[..., None], 0, 255)


def gradient(rng, first, second):
    t = np.linspace(0, 1, SIZE)
    t = t[:, None, None] if rng.random() < 0.5 else t[None, :, None]
    return np.broadcast_to(np.float32(domain.COLORS[first]) * (1 - t) + np.float32(domain.COLORS[second]) * t, (SIZE, SIZE, 3)).copy()


def pattern(rng, kind, name):
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    cell = rng.choice((16, 20, 24))
    if kind == "stripes":
        on = (x // (cell // 2 + 4)) % 2 == 0
    elif kind == "checks":
        on = (x // cell + y // cell) % 2 == 0
    else:
        on = ((x % cell - cell / 2) ** 2 + (y % cell - cell / 2) ** 2) < (cell * 0.3) ** 2
    paper = np.float32((30, 30, 34) if name == "white" else (246, 246, 246))
    return np.where(on[..., None], np.float32(domain.COLORS[name]), paper)


def ground(rng, surfaces, what):
    if what[0] == "plain":
        return plain(rng, what[1])
    if what[0] == "gradient":
        return gradient(rng, *what[1:])
    if what[0] == "pattern":
        return pattern(rng, *what[1:])
    low = 0.45 if what[1] in ("forest", "city", "room", "meadow", "mountains", "sunset") else 0.3
    return cut(rng, rng.choice(surfaces[what[1]]), low, 0.95)
