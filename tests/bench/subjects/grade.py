"""Whether a picture shows a subject, and whether one is still what it was.

The subject's cut-out is laid over the picture at several sizes, angles and places, as it is and mirrored. Where its
pattern fits best two numbers are taken: how well it fits (the correlation over the cut-out's own pixels, each
channel of Lab without its mean) and how far its colours are off (the mean difference there). A picture is of the
subject where both are better than thresholds that lie halfway between photos of it that were not learned, as the
model's autoencoder gives them back, and the model's own pictures of its class.
"""
import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

SIZE = 128  # of the model's pictures
WHOLE, HALF = (SIZE, SIZE), (SIZE, SIZE // 2)  # what is looked at: height, width
PAD = 256   # of the transforms, so that nothing wraps around
SIDES = {WHOLE: (56, 68, 80, 92, 104), HALF: (36, 42, 48, 56, 62)}
ANGLES = (-12, 0, 12)
SOFT = 1.6  # pixels: as soft as the model draws
HARM = 0.5  # of what two pictures of the same kind differ by


def lab(rgb):
    """CIE Lab under D65 of sRGB in [0, 1], (..., 3)."""
    linear = np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    xyz = linear @ np.array([[0.4124564, 0.2126729, 0.0193339], [0.3575761, 0.7151522, 0.1191920],
                             [0.1804375, 0.0721750, 0.9503041]]) / np.array([0.95047, 1, 1.08883])
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), -1)


def picture(image, shape=WHOLE):
    """Lab of a picture at the model's size, as soft as the model draws."""
    rgb = np.asarray(image.convert("RGB").resize(shape[::-1], Image.Resampling.LANCZOS), dtype=float) / 255
    return gaussian_filter(lab(rgb), (SOFT, SOFT, 0))


def templates(cut, shape):
    for side in SIDES[shape]:
        for angle in ANGLES:
            scale = side / max(cut.size)
            t = cut.resize((round(cut.width * scale), round(cut.height * scale)), Image.Resampling.LANCZOS)
            t = t.rotate(angle, resample=Image.Resampling.BICUBIC, expand=True)
            if t.width <= shape[1] and t.height <= shape[0]:
                yield t
                yield t.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


class Template:
    """One size and angle of a cut-out, ready for correlation."""

    def __init__(self, image):
        rgba = np.asarray(image, dtype=float) / 255
        self.shape = rgba.shape[:2]
        weight = np.where(rgba[..., 3] > 0.5, 1.0, 0.0)
        self.weight = weight / weight.sum()
        grey = np.where(weight[..., None] > 0, rgba[..., :3], 0.5)
        self.lab = gaussian_filter(lab(grey), (SOFT, SOFT, 0))
        self.mean = (self.lab * self.weight[..., None]).sum((0, 1))
        pattern = (self.lab - self.mean) * self.weight[..., None]
        self.energy = (pattern * (self.lab - self.mean)).sum()
        self.pattern_f = np.conj(np.fft.rfft2(pattern, (PAD, PAD), (0, 1)))
        self.weight_f = np.conj(np.fft.rfft2(self.weight, (PAD, PAD)))

    def fit(self, x, x_f, xx_f):
        """The best correlation over all places that hold the cut-out whole, and the colours' difference there."""
        h, w = self.shape
        places = (slice(0, x.shape[0] - h + 1), slice(0, x.shape[1] - w + 1))
        product = np.fft.irfft2((self.pattern_f * x_f).sum(-1), (PAD, PAD))[places]
        mean = np.fft.irfft2(self.weight_f[..., None] * x_f, (PAD, PAD), (0, 1))[places]
        square = np.fft.irfft2(self.weight_f * xx_f, (PAD, PAD))[places]
        energy = np.maximum(square - (mean ** 2).sum(-1), 1.0)
        found = product / np.sqrt(energy * self.energy)
        i, j = np.unravel_index(found.argmax(), found.shape)
        apart = np.linalg.norm(x[i:i + h, j:j + w] - self.lab, axis=-1)
        return found[i, j], (apart * self.weight).sum()


class Judge:
    """Knows a subject by its cut-out, once thresholds are set."""

    def __init__(self, cut, shape=WHOLE):
        self.shape = shape
        self.templates = [Template(t) for t in templates(cut, shape)]
        self.least_fit, self.most_apart = 0.0, 0.0

    def measure(self, image):
        x = picture(image, self.shape)
        x_f = np.fft.rfft2(x, (PAD, PAD), (0, 1))
        xx_f = np.fft.rfft2((x ** 2).sum(-1), (PAD, PAD))
        return max(t.fit(x, x_f, xx_f) for t in self.templates)

    def knows(self, numbers):
        return numbers[0] >= self.least_fit and numbers[1] <= self.most_apart

    def learn(self, shown, others):
        """Sets the thresholds by every other picture; returns its errors on the rest: how many of how many are missed,
        and how many of how many are taken for the subject."""
        shown, others = np.array([self.measure(i) for i in shown]), np.array([self.measure(i) for i in others])
        self.least_fit = (np.percentile(shown[::2, 0], 10) + np.percentile(others[::2, 0], 90)) / 2
        self.most_apart = (np.percentile(shown[::2, 1], 90) + np.percentile(others[::2, 1], 10)) / 2
        missed = sum(not self.knows(n) for n in shown[1::2])
        taken = sum(self.knows(n) for n in others[1::2])
        return missed, len(shown[1::2]), taken, len(others[1::2])


def apart(a, b):
    """Mean difference of two pictures in Lab."""
    return np.linalg.norm(picture(a) - picture(b), axis=-1).mean()


def unharmed(after, before):
    """Which pictures are nearer to what they were than half of what two of these differ by."""
    usual = np.median([apart(a, b) for i, a in enumerate(before) for b in before[:i]])
    return [apart(a, b) <= HARM * usual for a, b in zip(after, before)]
