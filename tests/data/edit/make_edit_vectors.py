#!/usr/bin/env python3
"""Makes edit_sd1.safetensors and virtual_sd1.safetensors for tests/edit: what the papers' equations make of a photo.

Run by hand when an inverter is added; building and testing never need it (torch, diffusers, transformers, safetensors).
The networks are the reference's, in double precision, the noise is the program's (the stream of make_batch_vectors.py).

    ddpm.levels, direct.levels, virtual.levels (STEPS,4,8,8)  x_t of every level, the lowest first
    ddpm.z (STEPS,4,8,8)                      the noise that leads from it to the level below (2304.06140, equation 5)
    ddpm.edit, direct.edit, virtual.edit (4,8,8)  what the new words make of it
"""
import sys
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPTextModel, CLIPTokenizer

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent / "train"))
from make_batch_vectors import Stream  # noqa: E402

SIDE, STEPS, GUIDANCE, SEED = 16, 4, 3.0, 6
SOURCE, TARGET = "a cat", "a dog"
folder = here.parent / "models" / "sd1"


def load(kind, name):
    return kind.from_pretrained(folder / name).double().eval()


unet, vae, encoder = (load(UNet2DConditionModel, "unet"), load(AutoencoderKL, "vae"), load(CLIPTextModel, "text_encoder"))
tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer")
config = DDIMScheduler.from_pretrained(folder / "scheduler")
stride = config.config.num_train_timesteps // STEPS
times = [i * stride + config.config.steps_offset for i in range(STEPS)]


def abar(t):
    return (config.alphas_cumprod[t] if t >= 0 else config.final_alpha_cumprod).double()


def words(text):
    ids = tokenizer([text], padding="max_length", max_length=tokenizer.model_max_length, return_tensors="pt").input_ids
    return encoder(ids).last_hidden_state


def epsilon(x, t, text, guidance):
    cond = unet(x, t, words(text)).sample
    if guidance == 1:
        return cond
    empty = unet(x, t, words("")).sample
    return empty + guidance * (cond - empty)


def mean(x, t, text, eta):
    """The mean of the reverse step from t, and its standard deviation (DDIM, equations 12 and 16)."""
    a, b = abar(t), abar(t - stride)
    sigma = eta * ((1 - b) / (1 - a) * (1 - a / b)).sqrt()
    e = epsilon(x, t, text, GUIDANCE)
    return b.sqrt() * (x - (1 - a).sqrt() * e) / a.sqrt() + (1 - b - sigma**2).sqrt() * e, sigma


def ddpm_levels(x0, stream):
    levels = []
    for t in times:
        noise = torch.tensor(stream.normal(x0.numel())).double().view(x0.shape)
        levels.append(abar(t).sqrt() * x0 + (1 - abar(t)).sqrt() * noise)
    return levels


def ddim_levels(x0):
    x, levels = x0, []
    for t in times:
        b, a = abar(t - stride), abar(t)
        e = epsilon(x, t, SOURCE, 1)
        x = a.sqrt() * (x - (1 - b).sqrt() * e) / b.sqrt() + (1 - a).sqrt() * e
        levels.append(x)
    return levels


def edit(x0, levels, eta):
    """The corrections of the photo's branch at each level, the lowest first, and the edit that is moved by them."""
    path, corrections = [x0] + levels, []
    x = levels[-1]
    for k in reversed(range(STEPS)):
        corrections.insert(0, path[k] - mean(path[k + 1], times[k], SOURCE, eta)[0])
        x = mean(x, times[k], TARGET, eta)[0] + corrections[0]
    return corrections, x


def edit_anew(x0, levels):
    """Virtual inversion with the consistent step, as InfEdit's algorithm 2 has them (2312.04965)."""
    x = levels[-1]
    for k in reversed(range(STEPS)):
        a = abar(times[k])
        noise = (levels[k] - a.sqrt() * x0) / (1 - a).sqrt()
        shift = epsilon(x, times[k], TARGET, GUIDANCE) - epsilon(levels[k], times[k], SOURCE, GUIDANCE)
        picture = (x - (1 - a).sqrt() * (shift + noise)) / a.sqrt()
        if k == 0:
            return picture
        b = abar(times[k - 1])
        x = b.sqrt() * picture + (levels[k - 1] - b.sqrt() * x0)


@torch.no_grad()
def main():
    values = torch.tensor([(i * 37 % 257 - 128) / 128 for i in range(SIDE * SIDE * 3)]).float().double()
    photo = values.view(1, SIDE, SIDE, 3).permute(0, 3, 1, 2)
    x0 = vae.encode(photo).latent_dist.mean * vae.config.scaling_factor
    out = {}
    for name, levels, eta in (("ddpm", ddpm_levels(x0, Stream(SEED)), 1), ("direct", ddim_levels(x0), 0)):
        corrections, x = edit(x0, levels, eta)
        out[f"{name}.levels"], out[f"{name}.edit"] = torch.cat(levels), x[0]
        if eta:
            out[f"{name}.z"] = torch.cat([c / mean(x0, t, SOURCE, 1)[1] for c, t in zip(corrections, times)])
    levels = ddpm_levels(x0, Stream(SEED))
    anew = {"virtual.levels": torch.cat(levels), "virtual.edit": edit_anew(x0, levels)[0]}
    for vectors, name in ((out, "edit_sd1"), (anew, "virtual_sd1")):
        save_file({k: v.float().contiguous() for k, v in vectors.items()}, here / f"{name}.safetensors")


main()
