"""What a picture shows, on which ground, and in whose look.

Thing and look are told by ridge regression on gradients and colours of pictures that the sets' own code draws: the
wanted things in three looks, on the grounds asked for, as soft as the model draws. The ground is the colour name nearest
to the median of the picture's border.
"""
import pathlib
import random
import sys

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

import sets

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "subjects"))
from grade import lab  # noqa: E402

SIDE, CELL, BINS, SOFT = 64, 8, 9, 0.8
EACH, RIDGE = 40, 3.0  # pictures of a thing in a look; how firmly weights are held down
NAMES = list(sets.domain.COLORS)
COLOURS = lab(np.array([sets.domain.COLORS[n] for n in NAMES], float) / 255)


def seen(image):
    """Lab at the model's size, as soft as the model draws."""
    rgb = np.asarray(image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS), float) / 255
    return gaussian_filter(lab(rgb), (SOFT, SOFT, 0))


def border(x):
    frame = np.ones((SIDE, SIDE), bool)
    frame[3:-3, 3:-3] = False
    return np.median(x[frame], axis=0)


def ground(image):
    return NAMES[np.linalg.norm(COLOURS - border(seen(image)), axis=1).argmin()]


def features(image):
    """Histograms of gradients by cells, and what differs from the ground: lightness and colour by cells, how dark."""
    x = seen(image)
    dy, dx = np.gradient(x[..., 0])
    size, angle = np.hypot(dx, dy), np.arctan2(dy, dx) % np.pi
    cells = SIDE // CELL
    at = (np.arange(SIDE) // CELL)[:, None] * cells + (np.arange(SIDE) // CELL)[None, :]
    which = at * BINS + np.minimum((angle / np.pi * BINS).astype(int), BINS - 1)
    hog = np.bincount(which.ravel(), size.ravel(), cells * cells * BINS)
    apart = (x - border(x)).reshape(cells, CELL, cells, CELL, 3).mean((1, 3)).ravel() / 30
    dark = np.histogram(x[..., 0], 10, (0, 100))[0] / SIDE ** 2 * 10
    steep = np.histogram(size, 10, (0, 30))[0] / SIDE ** 2 * 10
    return np.concatenate((hog / (np.linalg.norm(hog) + 1e-6) * 5, apart, dark, steep, [1]))


class Judge:
    """Learns from pictures that the sets' code draws with one seed and is tried on those of another."""

    def __init__(self, folder):
        x, thing, look = self.draw(folder, 1, EACH)
        gram = x.T @ x + RIDGE * np.eye(x.shape[1])
        self.thing = np.linalg.solve(gram, x.T @ (2.0 * (thing[:, None] == np.arange(len(sets.WANTED))) - 1))
        self.look = np.linalg.solve(gram, x.T @ np.where(look, 1.0, -1.0))
        x, thing, look = self.draw(folder, 2, 6)
        self.right_things = ((x @ self.thing).argmax(1) == thing).mean()
        self.right_looks = ((x @ self.look > 0) == look).mean()

    @staticmethod
    def draw(folder, seed, each):
        rng, rows, thing, look = random.Random(seed), [], [], []
        for i, noun in enumerate(sets.WANTED):
            for package, share in ((sets.STYLE, 2), (sets.CONTENT, 1), (sets.OTHER, 1)):  # as many of the look as not
                for _ in range(each * share // 2):
                    rows.append(features(sets.picture(folder, package, noun, rng.choice(sets.ASKED), rng)))
                    thing.append(i)
                    look.append(package == sets.STYLE)
        return np.array(rows), np.array(thing), np.array(look)

    def of(self, image, noun, colour):
        """Whether the picture shows the scene that was asked for, and whether it is in the look of the style."""
        f = features(image)
        shown = sets.WANTED[(f @ self.thing).argmax()] == noun
        return shown, ground(image) == colour, bool(f @ self.look > 0)
