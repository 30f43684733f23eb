"""Step 1: train the autoencoder on pieces of photographs and scenes, then measure the latents.

    python 1_autoencoder.py --work WORK --minutes 34 --grow-from V1

The first four latents of a place learn to mean what version 1's meant: its latents of the same picture at half the size.
So version 1's U-Net understands them from the start; the other four hold what that half leaves out.
`--decoder-only` goes on with the decoder alone, which leaves the latents, and so the U-Net, as they are.
Writes WORK/export/vae and WORK/autoencoder.json with PSNR.
"""
import argparse
import json
import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from PIL import Image
from safetensors.torch import load_file

import grounds
import grow
import model
import scenes
import trainer

PIECE = model.SIZE // 2     # pixels: convolution is local, so half a picture across teaches as much a pixel, with more variety


def to_tensor(pictures):
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1


def pasted(rng, page, sprites):
    """One or two cut-outs over the piece, their edges mostly inside it."""
    for _ in range(rng.choice((1, 1, 2))):
        sprite = Image.fromarray(rng.choice(sprites))
        scale = rng.uniform(40, 180) / max(sprite.size)
        sprite = sprite.resize([max(8, round(n * scale)) for n in sprite.size], Image.BICUBIC, reducing_gap=2.0)
        corner = [rng.randint(-n // 2, PIECE - n // 2) for n in sprite.size]
        page.paste(sprite, tuple(corner), sprite)


def piece(rng, photos, sprites):
    """A quarter of a 128 x 128 picture: photograph or plain ground, often with cut-outs, sometimes in another light."""
    photo = rng.choice(photos)
    side = min(photo.size) * rng.uniform(0.35, 1.0) * PIECE / model.SIZE
    x, y = rng.uniform(0, photo.width - side), rng.uniform(0, photo.height - side)
    page = photo.resize((PIECE, PIECE), Image.BICUBIC, (x, y, x + side, y + side), reducing_gap=2.0)
    kind = rng.random()
    if kind < 0.12:
        page = Image.new("RGB", (PIECE, PIECE), tuple(rng.randrange(256) for _ in range(3)))
    if kind < 0.45:
        pasted(rng, page, sprites)
    if rng.random() < 0.5:
        page = page.transpose(Image.FLIP_LEFT_RIGHT)
    rgb = np.asarray(page, np.float32)
    if rng.random() < 0.5:
        rgb = rgb * rng.uniform(0.6, 1.25) * np.float32([rng.uniform(0.85, 1.15) for _ in range(3)])
    return np.clip(rgb, 0, 255)


def edges(x):
    return x[..., :, 1:] - x[..., :, :-1], x[..., 1:, :] - x[..., :-1, :]


def reconstruction_loss(out, x):
    """L1 and squares for colours, gradient L1 for edges, and L1 of a coarser picture so that flat areas stay flat."""
    loss = F.l1_loss(out, x) + 4 * F.mse_loss(out, x)
    loss = loss + sum(F.l1_loss(a, b) for a, b in zip(edges(out), edges(x)))
    return loss + 0.5 * F.l1_loss(F.avg_pool2d(out, 4), F.avg_pool2d(x, 4))


def coarse(first, x):
    """Version 1's scaled latents of the pictures at half their size."""
    with torch.no_grad():
        return first.encode(F.avg_pool2d(x, 2).to(first.dtype)).latent_dist.mode().float() * first.config.scaling_factor


class Details:
    """What the other latents begin by meaning: the principal components of the 8 x 8 pixels that version 1's latents around a
    place do not tell, each of unit variance. Without that goal a decoder which does not know the new latents yet has to find
    them: after 38,000 pieces it drew photographs worse than eight linear components do."""

    def __init__(self, first, pictures):
        z = torch.cat([coarse(first, x) for x in pictures.split(50)])
        told, pixels = self.around(z), self.patches(pictures)
        self.told = torch.linalg.lstsq(told.double(), pixels.double()).solution.float()
        left = pixels - told @ self.told
        values, vectors = torch.linalg.eigh(left.T.double() @ left.double() / len(left))
        keep = slice(-(model.CHANNELS - 4), None)
        self.components = (vectors[:, keep] / values[keep].sqrt()).flip(1).float()

    @staticmethod
    def around(z):
        rows = F.unfold(F.pad(z, (1,) * 4, "replicate"), 3).transpose(1, 2)
        return torch.cat([rows, torch.ones_like(rows[..., :1])], 2).flatten(0, 1)

    @staticmethod
    def patches(x):
        return F.unfold(x, model.FACTOR, stride=model.FACTOR).transpose(1, 2).flatten(0, 1)

    def __call__(self, x, z):
        rows = (self.patches(x) - self.around(z) @ self.told) @ self.components
        return rows.unflatten(0, (len(x), -1)).transpose(1, 2).unflatten(2, z.shape[2:])


def alike(posterior, x, first, details, progress):
    """How far the first four latents are from version 1's of the half-size picture, and the others from the details at first
    (that goal fades out over the first half) and from unit variance throughout."""
    goal = coarse(first, x)
    mean = posterior.mean.float() * first.config.scaling_factor
    spread = (mean[:, 4:].square().mean((0, 2, 3)) - 1).square().mean()
    fade = max(0.0, 1 - 2 * progress)
    return 0.25 * F.mse_loss(mean[:, :4], goal) + 0.25 * fade * F.mse_loss(mean[:, 4:], details(x, goal)) + 0.02 * spread


def start(options):
    """(the autoencoder, version 1's or None, the checkpoint's path)."""
    vae, first = model.new_autoencoder(), None
    if options.decoder_only or options.from_export:
        vae.load_state_dict(exported(options.work)[0])
    else:
        with torch.no_grad():
            grow.grown_autoencoder(vae, options.grow_from)
    if not options.decoder_only:
        first = AutoencoderKL.from_pretrained(options.grow_from / "vae").to(trainer.device(), trainer.dtype()).eval()
    return vae, first, Path(options.work) / ("decoder.ckpt" if options.decoder_only else "autoencoder.ckpt")


def train(options, sources):
    vae, first, kept = start(options)
    photos, cutouts = sources["real"], [row[3] for row in sources["cutouts"]] + [s for (style, _), (s, _) in sources["sprites"].items() if style != "held"]
    job = trainer.Trainer({"vae": vae}, rate=options.rate, warmup=100, ema=0.998)
    job.load(kept)
    rng = random.Random(job.step + 11)
    details = first and Details(first, to_tensor([piece(rng, photos, cutouts) for _ in range(1500)]).to(job.device))
    if trainer.compiles():
        vae.encoder.compile()
        vae.decoder.compile()
    clock = trainer.Clock(options.minutes, job.progress)
    save, report, total, count = trainer.Every(240), trainer.Every(20), 0.0, 0
    while job.progress < 1:
        job.progress = clock.progress()
        x = to_tensor([piece(rng, photos, cutouts) for _ in range(options.batch)]).to(job.device)
        with torch.set_grad_enabled(not options.decoder_only):
            posterior = vae.encode(x.to(trainer.dtype())).latent_dist
        out = vae.decode(posterior.sample()).sample.float()
        loss = reconstruction_loss(out, x)
        if first:
            loss = loss + 1e-6 * posterior.kl().float().mean() + alike(posterior, x, first, details, job.progress)
        job.update(loss)
        total, count = total + (out.detach() - x).square().mean().item(), count + 1
        if report():
            print(f"step {job.step} {10 * np.log10(4 * count / total):.2f} dB lr {job.rate_now():.1e} {count * options.batch / 20:.0f} pieces/s", flush=True)
            total, count = 0.0, 0
        if save():
            job.save(kept)
    job.save(kept)
    return job.weights()["vae"]


def exported(work):
    """The weights and the scale that the latents were made with."""
    folder = Path(work) / "export" / "vae"
    state = {k: v.float() for k, v in load_file(folder / "diffusion_pytorch_model.safetensors").items()}
    return state, json.loads((folder / "config.json").read_text())["scaling_factor"]


def psnr(vae, pictures):
    with torch.no_grad():
        out = torch.cat([vae.decode(vae.encode(x).latent_dist.mode()).sample.clamp(-1, 1) for x in pictures.split(16)])
    return (10 * torch.log10(4 / (out - pictures).square().mean((1, 2, 3)))).mean().item(), out


def measure(weights, sources):
    """PSNR on scenes that training did not see and on photographs kept aside."""
    vae = model.new_autoencoder().eval()
    vae.load_state_dict({k: v.half().float() for k, v in weights.items()})
    fresh = to_tensor([scenes.one(10 ** 9 + i, sources)[0] for i in range(128)])
    rng = random.Random(5)
    natural = to_tensor([grounds.cut(rng, p, 0.5, 1.0).astype(np.uint8) for p in sources["held"] for _ in range(12)])
    scene_db, out = psnr(vae, fresh)
    photo_db, out2 = psnr(vae, natural)
    result = {"scenes_psnr": scene_db, "photographs_psnr": photo_db}
    print(result, flush=True)
    return vae, result, torch.cat([fresh[:16], out[:16], natural[::len(natural) // 16][:16], out2[::len(natural) // 16][:16]])


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sources", default="sources")
    options.add_argument("--work", default="work")
    options.add_argument("--minutes", type=float, default=34)
    options.add_argument("--batch", type=int, default=24)
    options.add_argument("--rate", type=float, default=1e-3)
    options.add_argument("--grow-from", type=Path, help="the folder of version 1")
    options.add_argument("--decoder-only", action="store_true")
    options.add_argument("--from-export", action="store_true", help="go on with the whole of WORK/export/vae; the latents have to be made anew")
    options.add_argument("--threads", type=int, default=0)
    options = options.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(3)
    sources = scenes.load_sources(options.sources, options.work)
    scale = exported(options.work)[1] if options.decoder_only else json.loads((options.grow_from / "vae/config.json").read_text())["scaling_factor"]
    weights = train(options, sources)
    vae, result, sheet = measure(weights, sources)
    model.save_network(Path(options.work) / "export", "vae", vae, weights, scaling=scale)
    (Path(options.work) / "autoencoder.json").write_text(json.dumps({**result, "scaling_factor": scale}, indent=2))
    model.save_sheet(sheet, 16, Path(options.work) / "autoencoder.png")


if __name__ == "__main__":
    main()
