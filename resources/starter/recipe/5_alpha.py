"""Step 5: a second decoder that also says how much of a pixel is the thing and not what lies behind it.

    python 5_alpha.py --sources sources --work work --model .. --minutes 25 --threads 1

The encoder and the U-Net stay as they are: the decoder of the folder's autoencoder is tuned further, with a fourth channel
whose filter begins as the mean of the three of the colours. What it sees are latents of the picture as the model would draw
it: a thing with known alpha over a ground, a plain colour most of the time, else a gradient, a pattern or a piece of a
photograph, encoded by the frozen encoder, with a little noise. What it gives are the thing's own colours, not multiplied
with alpha, and alpha; the loss lays the result over grounds that it was not shown with (Porter and Duff's "over", on the
encoded values, as pictures on a page are laid) and compares with the true thing over the same.

Kept aside: every tenth icon by its name, in all sets, every tenth cut-out, and all of Twemoji, a style that no step sees.
Writes MODEL/alpha_decoder and WORK/alpha.json and alpha.png.
"""
import argparse
import json
import os
import pickle
import random
import time
import zlib
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from PIL import Image
from safetensors.torch import load_file

import domain
import grounds
import model
import photographs
import scenes
import sprites
import trainer

SIDE = 96           # pixels of a kept sprite: half as much again as the picture
ICONS = 700         # of each set, beside the things that the model knows
GROUNDS = 3         # that a result is laid over
PLAIN, SURFACE = 0.55, 0.2
COARSE = 0.6        # of the training sees pictures of half the side, four of which cost what one does


def is_held(name):
    return zlib.crc32(name.encode()) % 10 == 0


def icons(folder, rng):
    """{(set, icon): sprite}: the things that the model draws, and as many others."""
    found = {}
    for name in domain.ICON_SET.values():
        collection = json.loads((folder / name / "icons.json").read_text(encoding="utf-8"))
        others = sorted(n for n in collection["icons"] if "-skin-tone" not in n and "flag" not in n)
        for icon in sorted(set(rng.sample(others, min(ICONS, len(others)))) | set(domain.THINGS.values())):
            found[name, icon] = sprites.draw_icon(collection, icon)
    return found


def rendered(folder, rng):
    files = rng.sample(sorted(folder.glob("*.webp")), ICONS)
    return {("fluent-emoji-3d", file.stem): sprites.fit(Image.open(file).convert("RGBA")) for file in files}


def load(sources, work):
    """Sprites and surfaces, built once and kept in WORK."""
    kept = Path(work) / "alpha.pickle"
    if not kept.exists():
        sources, rng = Path(sources), random.Random(17)
        npm = sources / "npm/node_modules"
        found = icons(npm / "@iconify-json", rng)
        found.update(rendered(npm / "@lobehub/fluent-emoji-3d/assets", rng))
        found.update({("stamps", f"{said}-{i}"): sprite for i, (_, said, _, sprite, _) in enumerate(photographs.load_cutouts(sources / "stamps"))})
        small = {key: np.asarray(Image.fromarray(s).resize((SIDE, SIDE), Image.LANCZOS)) for key, s in found.items()}
        surfaces = grounds.load(npm, sources / "wallpapers", sources / "skimage", sources / "face.dat")[0]
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.with_suffix(".new").write_bytes(pickle.dumps((small, surfaces)))
        os.replace(kept.with_suffix(".new"), kept)
    return pickle.loads(kept.read_bytes())


# ---- a thing with known alpha over a ground --------------------------------------------------------------------------

def random_ground(rng, surfaces, plain=PLAIN):
    """float [128, 128, 3] of 0 to 255, and whether it is one colour, white or nearly."""
    kind = rng.random()
    if kind < plain:
        if rng.random() < 0.3:
            picture = np.full((grounds.SIZE, grounds.SIZE, 3), rng.choice((0, 255, 128)), np.float32)
        elif rng.random() < 0.5:
            picture = grounds.plain(rng, rng.choice(list(domain.COLORS)))
        else:
            picture = np.full((grounds.SIZE, grounds.SIZE, 3), [rng.randrange(256) for _ in range(3)], np.float32)
    elif kind < plain + SURFACE:
        picture = grounds.ground(rng, surfaces, ("surface", rng.choice(list(domain.SURFACES))))
    else:
        names = rng.sample(list(domain.COLORS), 2)
        what = rng.choice((("gradient", *names), ("pattern", rng.choice(domain.PATTERNS), names[0])))
        picture = grounds.ground(rng, surfaces, what)
    return picture, bool(picture.mean() > 225)


def over(page, rgb, alpha):
    """Porter and Duff: straight colours with alpha over an opaque page."""
    return rgb * alpha + page * (1 - alpha)


def thing(rng, sprites_of, light):
    """float [128, 128, 4], colours multiplied with alpha: one thing, or two, as scenes.py lays them."""
    page = np.zeros((grounds.SIZE, grounds.SIZE, 4), np.float32)
    two = rng.random() < 0.12
    for i in range(2 if two else 1):
        sprite = rng.choice(sprites_of)
        if rng.random() < 0.25:
            sprite = sprites.recolor(sprite, rng.choice(list(domain.COLORS)))
        side = grounds.SIZE * (rng.uniform(0.42, 0.5) if two else rng.uniform(0.55, 0.96))
        middle = grounds.SIZE * (0.27 + 0.46 * i if two else 0.5)
        slack = 0 if two else (grounds.SIZE - side) / 2
        spot = (middle + rng.uniform(-slack, slack) * 0.6, grounds.SIZE / 2 + rng.uniform(-slack, slack) * 0.6, side)
        layer = scenes.layer(sprite, spot, rng, not light and rng.random() < 0.25, rng.random() < 0.25) / 255
        layer = np.concatenate([layer[..., :3] * layer[..., 3:], layer[..., 3:]], -1)
        page = layer + page * (1 - layer[..., 3:])
    return page[:, ::-1].copy() if rng.random() < 0.5 else page


def half(x):
    """The mean of each two by two pixels: right for colours that are multiplied with alpha."""
    return x.reshape(x.shape[0] // 2, 2, x.shape[1] // 2, 2, -1).mean((1, 3))


def example(rng, sprites_of, surfaces, plain):
    """([64, 64, 3] as the model sees it, [64, 64, 4] the thing, multiplied), 0 to 1."""
    ground, light = random_ground(rng, surfaces, plain)
    layer = thing(rng, sprites_of, light)
    ground = ground / 255
    if rng.random() < 0.25:
        ground = ground * scenes.shadow(layer[..., 3] * 255, rng)[..., None]
    layer, ground = half(layer), half(ground)
    return np.clip(layer[..., :3] + ground * (1 - layer[..., 3:]), 0, 1), layer


def batch(rng, count, sprites_of, surfaces, small=False, plain=PLAIN):
    """small: of half the side."""
    pairs = [example(rng, sprites_of, surfaces, plain) for _ in range(count)]
    parts = [torch.from_numpy(np.stack(part)).permute(0, 3, 1, 2).float() for part in zip(*pairs)]
    return [F.avg_pool2d(part, 2) for part in parts] if small else parts


# ---- the decoder -----------------------------------------------------------------------------------------------------

class Decoder(torch.nn.Module):
    """What follows the latents in an autoencoder."""

    def __init__(self, vae):
        super().__init__()
        self.post_quant_conv, self.decoder = vae.post_quant_conv, vae.decoder

    def forward(self, z):
        return self.decoder(self.post_quant_conv(z))


def with_alpha(folder, go_on=False):
    """(the autoencoder, frozen; an autoencoder whose decoder gives four channels, of the first's decoder or the folder's)."""
    vae = AutoencoderKL.from_pretrained(folder / "vae", torch_dtype=torch.float32)
    own = AutoencoderKL.from_config({**vae.config, "out_channels": 4})
    if go_on:
        kept = load_file(folder / "alpha_decoder" / "diffusion_pytorch_model.safetensors")
        own.load_state_dict({**vae.state_dict(), **{k: v.float() for k, v in kept.items()}})
        return vae.requires_grad_(False).eval(), own
    state = dict(vae.state_dict())
    for name in ("decoder.conv_out.weight", "decoder.conv_out.bias"):
        state[name] = torch.cat([state[name], state[name].mean(0, keepdim=True)])
    own.load_state_dict(state)
    return vae.requires_grad_(False).eval(), own


def split(out):
    """Straight colours and alpha, 0 to 1, not clamped."""
    out = (out + 1) / 2
    return out[:, :3], out[:, 3:]


def edges(x):
    return x[..., :, 1:] - x[..., :, :-1], x[..., 1:, :] - x[..., :-1, :]


def loss_of(out, seen, layer):
    """Over the picture as it was seen and over plain grounds drawn anew: absolute and squared differences, also of edges."""
    rgb, alpha = split(out)
    truth_rgb, truth_alpha = layer[:, :3], layer[:, 3:]
    loss = F.l1_loss(alpha, truth_alpha) + 2 * F.mse_loss(alpha, truth_alpha)
    loss = loss + 0.5 * sum(F.l1_loss(a, b) for a, b in zip(edges(alpha), edges(truth_alpha)))
    pages = torch.cat([torch.rand(GROUNDS - 1, len(out), 3, 1, 1), torch.randint(0, 2, (1, len(out), 1, 1, 1)).expand(1, len(out), 3, 1, 1)])
    for page in [*pages.to(out.device), seen]:
        mine, true = over(page, rgb, alpha), truth_rgb + page * (1 - truth_alpha)
        loss = loss + (F.l1_loss(mine, true) + 2 * F.mse_loss(mine, true) + 0.5 * sum(F.l1_loss(a, b) for a, b in zip(edges(mine), edges(true)))) / len(pages)
    return loss


def train(options, vae, own, sprites_of, surfaces):
    net = Decoder(own)
    job = trainer.Trainer({"alpha": net}, rate=options.rate, warmup=10, weight_decay=0.0, ema=0.998)
    kept = Path(options.work) / "alpha.ckpt"
    job.load(kept)
    rng = random.Random(job.step + 23)
    begun, before = time.process_time(), job.progress
    save, report, total, count = trainer.Every(60), trainer.Every(30), 0.0, 0
    vae.to(job.device)
    while job.progress < 1:
        job.progress = before + (time.process_time() - begun) / (60 * options.minutes)
        small = job.progress < COARSE and not options.go_on
        drawn = batch(rng, 2 * options.batch if small else options.batch, sprites_of, surfaces, small)
        seen, layer = (x.to(job.device) for x in drawn)
        with torch.no_grad():
            z = vae.encode(2 * seen - 1).latent_dist.mode()
            z = z + torch.randn_like(z) * torch.rand(len(z), 1, 1, 1, device=z.device) * options.noise / vae.config.scaling_factor
        out = net(z.to(trainer.dtype())).float()
        job.update(loss_of(out, seen, layer))
        total, count = total + (split(out.detach())[1] - layer[:, 3:]).abs().mean().item(), count + 1
        if report():
            print(f"step {job.step} alpha off by {total / count:.4f} lr {job.rate_now():.1e} {100 * job.progress:.0f} %", flush=True)
            total, count = 0.0, 0
        if save():
            job.save(kept)
    job.save(kept)
    with torch.no_grad():
        for p, value in zip(net.parameters(), job.average):
            p.copy_(value.cpu().half().float())
    return own.float().cpu().eval()


# ---- measuring -------------------------------------------------------------------------------------------------------

@torch.no_grad()
def measure(vae, own, sprites_of, surfaces, plain=PLAIN, count=256):
    """Alpha's mean error, IoU at one half, and dB of the thing's colours over black, white and gray."""
    seen, layer = batch(random.Random(5), count, sprites_of, surfaces, plain=plain)
    out = torch.cat([own.decode(vae.encode(2 * x - 1).latent_dist.mode()).sample for x in seen.split(16)])
    rgb, alpha = (x.clamp(0, 1) for x in split(out))
    true = layer[:, 3:]
    inside, wanted = alpha > 0.5, true > 0.5
    iou = ((inside & wanted).sum((1, 2, 3)) / (inside | wanted).sum((1, 2, 3)).clamp(min=1)).mean().item()
    wrong = torch.stack([(over(g, rgb, alpha) - layer[:, :3] - g * (1 - true)).square().mean((1, 2, 3)) for g in (0.0, 0.5, 1.0)])
    result = {"alpha_error": (alpha - true).abs().mean().item(), "alpha_iou": iou, "psnr": (-10 * torch.log10(wrong)).mean().item()}
    return result, seen, over(0.75, rgb, alpha), alpha, true


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sources", default="sources")
    options.add_argument("--work", default="work")
    options.add_argument("--model", type=Path, default="..")
    options.add_argument("--minutes", type=float, default=25, help="of the processor's time: a busy machine does not cut it short")
    options.add_argument("--batch", type=int, default=8)
    options.add_argument("--rate", type=float, default=1e-3)
    options.add_argument("--noise", type=float, default=0.15, help="most noise that a latent gets, in its own unit")
    options.add_argument("--go-on", action="store_true", help="begin with the decoder that is in the folder, at full size")
    options.add_argument("--threads", type=int, default=0)
    options = options.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(9)
    found, surfaces = load(options.sources, options.work)
    unseen_style = [s for (name, _), s in found.items() if name == domain.ICON_SET["held"]]
    known = {key: s for key, s in found.items() if key[0] != domain.ICON_SET["held"]}
    held = [s for (_, name), s in known.items() if is_held(name)]
    vae, own = with_alpha(options.model, options.go_on)
    own = train(options, vae, own, [s for (_, name), s in known.items() if not is_held(name)], surfaces)
    result = {"icons": len(known) - len(held), "held": len(held)}
    result["held_out"], seen, shown, alpha, true = measure(vae.cpu(), own, held, surfaces)
    result["held_out_on_one_colour"] = measure(vae, own, held, surfaces, plain=1)[0]
    result["unseen_style"] = measure(vae, own, unseen_style, surfaces)[0]
    print(json.dumps(result, indent=2))
    (Path(options.work) / "alpha.json").write_text(json.dumps(result, indent=2))
    rows = torch.cat([seen[:16], true[:16].expand(-1, 3, -1, -1), alpha[:16].expand(-1, 3, -1, -1), shown[:16]])
    model.save_sheet(2 * rows - 1, 16, Path(options.work) / "alpha.png")
    state = {k: v for k, v in own.state_dict().items() if k.startswith(("decoder.", "post_quant_conv."))}
    model.save_network(options.model, "alpha_decoder", own, state)


if __name__ == "__main__":
    main()
