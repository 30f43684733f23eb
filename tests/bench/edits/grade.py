"""What an edit did, in numbers. Colours are sRGB, 0..1, arrays (..., 3); masks are boolean.

Colours are judged in Oklab (Ottosson 2020), differences in CIEDE2000 (Sharma, Wu, Dalal 2005, under D65).
"""
import numpy as np
from scipy import ndimage

# A person's idea of the words, as sRGB. Hues in Oklab: red 27, orange 55, yellow 98, green 143, blue 264, purple 309,
# pink 354, brown 55 degrees.
WORDS = {
    "red": (215, 30, 35), "orange": (245, 130, 25), "yellow": (245, 215, 45), "green": (50, 160, 50),
    "blue": (40, 90, 220), "purple": (130, 50, 180), "pink": (245, 130, 180), "brown": (125, 78, 45),
}


def linear(srgb):
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def oklab(srgb):
    m1 = np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
                   [0.0883024619, 0.2817188376, 0.6299787005]])
    m2 = np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
                   [0.0259040371, 0.7827717662, -0.8086757660]])
    return np.cbrt(linear(srgb) @ m1.T) @ m2.T


def cielab(srgb):
    m = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
    xyz = linear(srgb) @ m.T / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


def ciede2000(a, b):
    """Delta E 2000 of two arrays of sRGB colours."""
    (l1, a1, b1), (l2, a2, b2) = np.moveaxis(cielab(a), -1, 0), np.moveaxis(cielab(b), -1, 0)
    mean7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    g = 0.5 * (1 - np.sqrt(mean7 / (mean7 + 25.0**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    gray = c1 * c2 == 0
    dh = np.where(gray, 0, (h2 - h1 + 180) % 360 - 180)
    dl, dc, dbigh = l2 - l1, c2 - c1, 2 * np.sqrt(c1 * c2) * np.sin(np.radians(dh / 2))
    lm, cm = (l1 + l2) / 2, (c1 + c2) / 2
    hm = np.where(gray, h1 + h2, (h1 + dh / 2) % 360)
    t = (1 - 0.17 * np.cos(np.radians(hm - 30)) + 0.24 * np.cos(np.radians(2 * hm))
         + 0.32 * np.cos(np.radians(3 * hm + 6)) - 0.20 * np.cos(np.radians(4 * hm - 63)))
    sl = 1 + 0.015 * (lm - 50) ** 2 / np.sqrt(20 + (lm - 50) ** 2)
    sc, sh = 1 + 0.045 * cm, 1 + 0.015 * cm * t
    rt = (-2 * np.sqrt(cm**7 / (cm**7 + 25.0**7))
          * np.sin(np.radians(60 * np.exp(-(((hm - 275) / 25) ** 2)))))
    square = (dl / sl) ** 2 + (dc / sc) ** 2 + (dbigh / sh) ** 2 + rt * (dc / sc) * (dbigh / sh)
    return np.sqrt(np.maximum(square, 0))


def hue_of(ab):
    return np.degrees(np.arctan2(ab[1], ab[0])) % 360


def white_share(lab):
    """How much of the pixels is white as snow is: light, without colour, in a shade of blue at most."""
    return float(np.mean((lab[:, 0] > 0.72) & (np.hypot(lab[:, 1], lab[:, 2]) < 0.055)))


def colour_reached(lab, word):
    """(number to print, reached) for a colour: the mean's hue and that it is a colour; lightness for the rest."""
    mean = lab.mean(axis=0)
    chroma = np.hypot(mean[1], mean[2])
    if word == "black":
        return mean[0], bool(mean[0] < 0.36 and chroma < 0.05)
    if word == "white":
        return mean[0], bool(mean[0] > 0.75 and chroma < 0.05)
    if word == "gray":
        return chroma, bool(chroma < 0.03)
    wanted = oklab(np.array(WORDS[word]) / 255)
    off = abs((hue_of(mean[1:]) - hue_of(wanted[1:]) + 180) % 360 - 180)
    light = {"pink": mean[0] > 0.6, "brown": mean[0] < 0.6}.get(word, True)
    return off, bool(off <= 30 and chroma >= 0.04 and light)


def light_reached(before, after, word):
    """(number to print, reached) for light and weather, from how the statistics of the colours moved."""
    shift = after.mean(axis=0) - before.mean(axis=0)
    chroma_before, chroma_after = (np.hypot(x[:, 1], x[:, 2]).mean() for x in (before, after))
    if word == "sunset":  # warmer: towards orange in Oklab, 55 degrees
        warm = shift[1] * np.cos(np.radians(55)) + shift[2] * np.sin(np.radians(55))
        return warm, bool(warm >= 0.03)
    if word == "night":  # darker by far, and not warmer
        return shift[0], bool(shift[0] <= -0.15 and shift[2] <= 0.02)
    if word == "fog":  # a quarter of contrast and of colour gone, and not darker
        contrast = 1 - after[:, 0].std() / before[:, 0].std()
        return contrast, bool(contrast >= 0.25 and chroma_after <= 0.8 * chroma_before and shift[0] >= -0.02)
    if word == "snow":  # a fifth more of the picture is white
        more = white_share(after) - white_share(before)
        return more, bool(more >= 0.2)
    raise ValueError(word)


def goal_reached(before, after, kind, goal):
    """Whether the edit did what its words ask inside; before and after are sRGB pixels (n, 3) of the same places."""
    if kind == "object":  # no grader knows: that something changed; the eye says whether it is one
        changed = float(ciede2000(before, after).mean())
        return changed, changed >= 8
    if goal in ("sunset", "night", "fog", "snow"):
        return light_reached(oklab(before), oklab(after), goal)
    return colour_reached(oklab(after), goal)


def inner(mask, pixels):
    """The mask without a seam of so many pixels, within which a hand-drawn outline is not to be judged."""
    return ndimage.minimum_filter(mask.view(np.uint8), 2 * pixels + 1, mode="nearest") > 0


def texture_kept(before, after, mask):
    """Correlation of the gradients of luma within the mask."""
    luma = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
    gradients = []
    for image in (before, after):
        dy, dx = np.gradient(image @ luma)
        gradients.append(np.concatenate([dx[mask], dy[mask]]))
    return float(np.corrcoef(*gradients)[0, 1])


def psnr(a, b):
    return float(10 * np.log10(1 / max(np.mean((a - b) ** 2), 1e-10)))


def some(array, mask, limit=400_000):
    """Pixels of the mask, evenly thinned to a number whose mean is exact enough."""
    chosen = array[mask]
    return chosen[:: max(1, len(chosen) // limit)]


def measure(before, after, mask, kind, goal):
    """All the numbers of an edit as a dictionary. before, after: float sRGB (h, w, 3); mask: boolean, None: everywhere."""
    seam = max(2, round(0.004 * max(before.shape[:2])))
    inside = inner(mask, seam) if mask is not None else np.ones(before.shape[:2], bool)
    if inside.sum() < 50:
        inside = mask
    value, reached = goal_reached(some(before, inside), some(after, inside), kind, goal)
    result = {"inside": round(float(value), 4), "reached": bool(reached)}
    if mask is not None:
        outside = inner(~mask, seam)
        delta = ciede2000(some(before, outside), some(after, outside))
        result["outside"] = round(float(delta.mean()), 3)
        same = np.all(before == after, axis=-1)
        result["identical"] = round(float(same[~mask].mean()), 5)
    if kind in ("colour", "light"):
        result["texture"] = round(texture_kept(before, after, inside), 4)
    return result


def passed(kind, numbers):
    return (numbers["reached"] and numbers.get("outside", 0) <= 1.5
            and (kind != "colour" or numbers["texture"] >= 0.95))
