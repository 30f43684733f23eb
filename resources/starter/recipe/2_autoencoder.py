"""Step 2: train the autoencoder on scenes and natural photographs, then measure the latents.

    python 2_autoencoder.py --work WORK --minutes 25

`--decoder-only` goes on with the decoder alone, which leaves the latents, and so the U-Net, as they are.
Writes WORK/export/vae with the scaling factor that gives latents unit variance, and WORK/autoencoder.json with PSNR.
"""
import argparse
import json
import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

import grounds
import model
import trainer


def shards(work):
    return sorted(p for p in (Path(work) / "scenes").glob("[0-9]*.npy") if ".new" not in p.name)


def to_tensor(pictures):
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1


def batch(rng, scenes, real, size):
    """Three quarters scenes, one quarter cuts of natural photographs."""
    pictures = []
    for _ in range(size):
        if rng.random() < 0.25:
            pictures.append(grounds.cut(rng, rng.choice(real), 0.2, 1.0).astype(np.uint8))
        else:
            shard = rng.choice(scenes)
            pictures.append(shard[rng.randrange(len(shard))])
    return to_tensor(pictures)


def edges(x):
    return x[..., :, 1:] - x[..., :, :-1], x[..., 1:, :] - x[..., :-1, :]


def reconstruction_loss(out, x):
    """L1 for colours, gradient L1 for edges, and L1 of a coarser picture so that flat areas stay flat."""
    loss = F.l1_loss(out, x) + F.mse_loss(out, x)
    loss = loss + sum(F.l1_loss(a, b) for a, b in zip(edges(out), edges(x)))
    return loss + 0.5 * F.l1_loss(F.avg_pool2d(out, 4), F.avg_pool2d(x, 4))


def train(options, scenes, real):
    vae = model.new_autoencoder()
    kept = Path(options.work) / ("decoder.ckpt" if options.decoder_only else "autoencoder.ckpt")
    if options.decoder_only or options.from_export:
        vae.load_state_dict(exported(options.work)[0])
    job = trainer.Trainer({"vae": vae}, rate=options.rate, warmup=100, ema=0.998)
    job.load(kept)
    vae.encoder.compile()
    vae.decoder.compile()
    rng = random.Random(job.step + 11)
    clock = trainer.Clock(options.minutes, job.progress)
    save, report, total, count = trainer.Every(240), trainer.Every(20), 0.0, 0
    taken = len(scenes)
    while job.progress < 1:
        job.progress = clock.progress()
        x = batch(rng, scenes, real, options.batch).to(job.device)
        with torch.set_grad_enabled(not options.decoder_only):
            posterior = vae.encode(x.to(torch.bfloat16)).latent_dist
        z = posterior.sample()
        out = vae.decode(z).sample.float()
        loss = reconstruction_loss(out, x) + 1e-6 * posterior.kl().float().mean()
        job.update(loss)
        total, count = total + loss.item(), count + 1
        if report():
            print(f"step {job.step} loss {total / count:.4f} lr {job.rate_now():.1e} {count * options.batch / 20:.0f} pictures/s", flush=True)
            total, count = 0.0, 0
            if taken < 6 and len(shards(options.work)) > taken:
                scenes.append(np.load(shards(options.work)[taken], mmap_mode="r"))
                taken += 1
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
        out = vae.decode(vae.encode(pictures).latent_dist.mode()).sample.clamp(-1, 1)
    return (10 * torch.log10(4 / (out - pictures).square().mean((1, 2, 3)))).mean().item(), out


def measure(options, weights, scenes, sources):
    """PSNR on scenes that training did not see and on photographs kept aside; the scale of the latents."""
    vae = model.new_autoencoder().eval()
    vae.load_state_dict({k: v.half().float() for k, v in weights.items()})
    render = __import__("1_render")
    fresh = to_tensor([render.one(10 ** 9 + i, sources)[0] for i in range(256)])
    rng = random.Random(5)
    natural = to_tensor([grounds.cut(rng, p, 0.5, 1.0).astype(np.uint8) for p in sources["held"] for _ in range(40)])
    scene_db, out = psnr(vae, fresh)
    photo_db, out2 = psnr(vae, natural)
    with torch.no_grad():
        z = torch.cat([vae.encode(to_tensor(list(scenes[0][i:i + 256]))).latent_dist.mode() for i in range(0, 2048, 256)])
    scale = 1 / z.std().item()
    result = {"scenes_psnr": scene_db, "photographs_psnr": photo_db, "scaling_factor": scale,
              "channel_mean": (z * scale).mean((0, 2, 3)).tolist(), "channel_std": (z * scale).std((0, 2, 3)).tolist()}
    print(result, flush=True)
    return vae, scale, result, torch.cat([fresh[:16], out[:16], natural[:80:5], out2[:80:5]])


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sources", default="sources")
    options.add_argument("--work", default="work")
    options.add_argument("--minutes", type=float, default=25)
    options.add_argument("--batch", type=int, default=24)
    options.add_argument("--rate", type=float, default=1e-3)
    options.add_argument("--decoder-only", action="store_true")
    options.add_argument("--from-export", action="store_true", help="go on with the whole of WORK/export/vae; the latents have to be made anew")
    options.add_argument("--threads", type=int, default=0)
    options = options.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(3)
    sources = __import__("1_render").load_sources(options.sources, options.work)
    scenes = [np.load(p, mmap_mode="r") for p in shards(options.work)[:6]]
    weights = train(options, scenes, sources["real"])
    vae, scale, result, sheet = measure(options, weights, scenes, sources)
    out = Path(options.work) / "export"
    if options.decoder_only:
        scale = result["scaling_factor"] = exported(options.work)[1]
    model.save_network(out, "vae", vae, weights, scaling=scale)
    (Path(options.work) / "autoencoder.json").write_text(json.dumps(result, indent=2))
    model.save_sheet(sheet, 16, Path(options.work) / "autoencoder.png")


if __name__ == "__main__":
    main()
