"""Step 2: draw scenes and keep their latents and captions; the pictures themselves are never stored.

    python 2_latents.py --sources SOURCES --work WORK --shards 40 --part 0/2 [--coarse V1]

A shard is SHARD scenes: 4 MB of latents and a list of captions. Shards that exist are kept, so this can be stopped, and run
beside the training, which takes up new shards as they appear. With --part K/N it makes every Nth shard, so that N of them
share the work, one thread each. With --coarse V1 they are version 1's latents of the scenes at half their size.
"""
import argparse
import json
import os
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL

import scenes
import trainer

SHARD, BATCH = 1024, 64


def to_tensor(pictures):
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1


def load_encoder(folder):
    vae = AutoencoderKL.from_pretrained(folder / "vae", torch_dtype=trainer.dtype()).eval().to(trainer.device())
    if trainer.compiles():
        vae.encoder.compile()
    return vae


@torch.no_grad()
def encode(vae, pictures):
    """Scaled latents as fp16, of the pictures at the autoencoder's size."""
    x = to_tensor(pictures).to(vae.device, vae.dtype)
    x = F.avg_pool2d(x, x.shape[-1] // vae.config.sample_size)
    return (vae.encode(x).latent_dist.mode().float() * vae.config.scaling_factor).half().cpu().numpy()


def make_shard(number, vae, sources, folder):
    latents, captions = [], []
    for first in range(number * SHARD, (number + 1) * SHARD, BATCH):
        drawn = [scenes.one(i, sources) for i in range(first, first + BATCH)]
        latents.append(encode(vae, [picture for picture, _, _ in drawn]))
        captions += [said for _, said, _ in drawn]
    (folder / f"{number:04d}.json").write_text(json.dumps(captions))
    np.save(folder / f"{number:04d}.new.npy", np.concatenate(latents))
    os.replace(folder / f"{number:04d}.new.npy", folder / f"{number:04d}.npy")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sources", default="sources")
    options.add_argument("--work", default="work")
    options.add_argument("--shards", type=int, default=40)
    options.add_argument("--part", default="0/1")
    options.add_argument("--coarse", type=Path, help="the folder of version 1, whose autoencoder then makes the latents")
    options = options.parse_args()
    torch.set_num_threads(1)
    part, parts = map(int, options.part.split("/"))
    folder = Path(options.work) / "latents"
    folder.mkdir(parents=True, exist_ok=True)
    sources, vae = scenes.load_sources(options.sources, options.work), load_encoder(options.coarse or Path(options.work) / "export")
    for shard in range(part, options.shards, parts):
        if not (folder / f"{shard:04d}.npy").exists():
            make_shard(shard, vae, sources, folder)
            print("shard", shard, flush=True)


if __name__ == "__main__":
    main()
