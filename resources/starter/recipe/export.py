"""From the checkpoint to the folder that ships: averaged weights in fp16, latent-to-RGB factors, the frame.

    python export.py --work WORK --to ../ [--coarse V1]

With --coarse the autoencoder and the factors stay version 1's.
"""
import argparse
import shutil
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import model
import scenes


def averaged(work, tokenizer, coarse):
    """The U-Net and text encoder with the averaged weights of the checkpoint."""
    nets = {"unet": model.coarse_unet(coarse) if coarse else model.new_unet(), "text_encoder": model.new_text_encoder(len(tokenizer.ids), tokenizer.start, tokenizer.end)}
    kept = torch.load(Path(work) / "diffusion.ckpt", map_location="cpu", weights_only=False)
    values = iter(kept["average"])
    with torch.no_grad():
        for net in nets.values():
            for p in net.parameters():
                p.copy_(next(values))
    return nets, kept["step"]


def latent_rgb(work, sources, count=512):
    """Least squares: scaled latent -> mean colour of its pixels, in [-1, 1]; of the first scenes, drawn again."""
    latents = __import__("2_latents")
    z = torch.from_numpy(np.load(Path(work) / "latents" / "0000.npy", mmap_mode="r")[:count]).float()
    x = latents.to_tensor([scenes.one(i, sources)[0] for i in range(count)])
    x = F.avg_pool2d(x, model.FACTOR)
    z = torch.cat([z, torch.ones_like(z[:, :1])], 1).permute(0, 2, 3, 1).reshape(-1, model.CHANNELS + 1)
    fit = torch.linalg.lstsq(z.double(), x.permute(0, 2, 3, 1).reshape(-1, 3).double()).solution
    return {"factors": fit[:-1].tolist(), "bias": fit[-1].tolist()}


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sources", default="sources")
    options.add_argument("--work", default="work")
    options.add_argument("--to", default="..")
    options.add_argument("--coarse", type=Path, help="the folder of version 1, where 3_diffusion.py --coarse trained")
    options = options.parse_args()
    out = Path(options.work) / "export"
    model.write_frame(out)
    names = ["tokenizer", "scheduler", "model_index.json", "vae"]
    if options.coarse:
        names.remove("vae")
    elif (Path(options.work) / "latents" / "0000.npy").exists():
        model.write_json(out / "latent_rgb.json", latent_rgb(options.work, scenes.load_sources(options.sources, options.work)))
        names.append("latent_rgb.json")
    if (Path(options.work) / "diffusion.ckpt").exists():
        nets, step = averaged(options.work, model.Tokenizer(out / "tokenizer"), options.coarse)
        for name, net in nets.items():
            model.save_network(out, name, net)
            names.append(name)
        print("step", step)
    for name in ("LICENSE", "COPYING"):
        shutil.copyfile(Path(__file__).parent / "licence" / name, out / name)
        names.append(name)
    model.install(out, Path(options.to), names)


if __name__ == "__main__":
    main()
