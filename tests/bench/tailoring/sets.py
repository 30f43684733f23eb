"""The two sets and the sentences that are drawn.

Content is things on grounds of ten colours, drawn as Twemoji; style is other things as OpenMoji draws them, with black
outlines, all on white. What is asked for is things that the style never showed, on grounds that it never showed, in its
look. Everything is drawn from fixed seeds.
"""
import functools
import io
import json
import pathlib
import random
import subprocess
import sys

from PIL import Image

sys.path.append(str(pathlib.Path(__file__).resolve().parents[3] / "resources/starter/recipe"))
import domain  # noqa: E402  the things and colours that the starter knows

SIZE = 128
CONTENT, STYLE, OTHER = "twemoji", "openmoji", "fluent-emoji-flat"  # the third is for the grader alone
WANTED = ("fox", "car", "apple", "cat", "house", "umbrella", "lion", "rocket", "guitar", "mushroom", "teapot", "owl")
GROUNDS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "gray", "black")
ASKED = GROUNDS[:7]


@functools.lru_cache
def icons(folder, package):
    with open(pathlib.Path(folder) / f"{package}.json", encoding="utf-8") as f:
        return json.load(f)


def has(folder, package, noun):
    return domain.THINGS[noun] in icons(folder, package)["icons"]


@functools.lru_cache(maxsize=None)
def icon(folder, package, noun):
    """The icon with transparency, cut to what it shows."""
    pack = icons(folder, package)
    one = pack["icons"][domain.THINGS[noun]]
    w, h = (one.get(key, pack.get(key, 16)) for key in ("width", "height"))
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}">{one["body"]}</svg>'
    done = subprocess.run(["rsvg-convert", "-w", "256"], input=svg.encode(), capture_output=True, check=True)
    image = Image.open(io.BytesIO(done.stdout)).convert("RGBA")
    return image.crop(image.getchannel("A").getbbox())


def picture(folder, package, noun, ground, rng):
    """A thing somewhere on a ground, in some size, perhaps mirrored."""
    image = Image.new("RGB", (SIZE, SIZE), domain.COLORS[ground])
    thing = icon(folder, package, noun)
    scale = rng.uniform(0.6, 0.85) * SIZE / max(thing.size)
    thing = thing.resize((round(thing.width * scale), round(thing.height * scale)), Image.Resampling.LANCZOS)
    if rng.random() < 0.5:
        thing = thing.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    thing = thing.rotate(rng.uniform(-8, 8), resample=Image.Resampling.BICUBIC, expand=True)
    room = SIZE - thing.width, SIZE - thing.height
    image.paste(thing, tuple(round(rng.uniform(0.2, 0.8) * max(r, 0)) for r in room), thing)
    return image


def sentence(noun, ground):
    return f"a sticker of {domain.noun_phrase(noun)} on {domain.a(ground)} background"


def nouns(folder):
    """Things that all packages have."""
    return [n for n in domain.THINGS if all(has(folder, p, n) for p in (CONTENT, STYLE, OTHER))]


def write(folder, target, package, count):
    """A set as a folder of pictures with NAME.txt beside each."""
    rng = random.Random(package)
    things = [n for n in nouns(folder) if package == CONTENT or n not in WANTED]
    target.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        noun, ground = things[i % len(things)], "white" if package == STYLE else rng.choice(GROUNDS)
        picture(folder, package, noun, ground, rng).save(target / f"{i:03d}.png")
        (target / f"{i:03d}.txt").write_text(sentence(noun, ground) + "\n")


def asked(count):
    """(thing, ground) of the sentences that are drawn."""
    return [(WANTED[i % len(WANTED)], ASKED[(3 * i + i // len(WANTED)) % len(ASKED)]) for i in range(count)]
