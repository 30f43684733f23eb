"""Step 3: tokenizer, then text encoder and U-Net together, on cached latents.

    python 3_diffusion.py --work WORK --minutes 90 --grow-from V1

Stops and goes on: the checkpoint keeps weights, average, optimizer, random state and how far the learning rate is. Time
that it spends stopped (SIGSTOP too) does not count.
"""
import argparse
import json
import re
import time
from pathlib import Path

import numpy as np
import torch
from diffusers.models.attention_processor import AttnProcessor
from safetensors.torch import load_file

import domain
import grow
import model
import trainer
import words

EMPTY = 0.1          # captions replaced by nothing, so that guidance has something to lead away from
GAMMA = 5.0          # signal-to-noise ratio above which a step's loss is held back


def alphas():
    s = model.SCHEDULER
    betas = torch.linspace(s["beta_start"] ** 0.5, s["beta_end"] ** 0.5, 1000) ** 2
    return torch.cumprod(1 - betas, 0)


def weights_of(captions, favour, light):
    """How often each scene is drawn: the favourite things `favour` times as often as others, and what has been put into
    another light `light` times as often."""
    things = "|".join(domain.PHRASE.get(n, n) for n in domain.FAVOURITES)
    lights = "|".join(words for ways in domain.LIGHTS.values() for words in ways)
    times = ((re.compile(rf"\b({things})\b"), favour), (re.compile(rf"\b({lights})\b"), light))
    return torch.tensor([float(np.prod([more for wanted, more in times if wanted.search(c)])) for c in captions])


class Cache:
    """All latents and token ids that exist so far; looks for more from time to time."""

    def __init__(self, work, tokenizer, device, favour, light):
        self.work, self.tokenizer, self.device, self.favour, self.light = Path(work), tokenizer, device, favour, light
        self.latents, self.tokens, self.weights, self.names = None, None, None, set()
        self.refresh()

    def refresh(self):
        for path in sorted((self.work / "latents").glob("[0-9]*.npy")):
            if path.name in self.names or ".new" in path.name:
                continue
            captions = json.loads(path.with_suffix(".json").read_text())
            latents, tokens = torch.from_numpy(np.load(path)).to(self.device), self.tokenizer(captions).to(self.device)
            self.latents = latents if self.latents is None else torch.cat([self.latents, latents])
            self.tokens = tokens if self.tokens is None else torch.cat([self.tokens, tokens])
            weights = weights_of(captions, self.favour, self.light).to(self.device)
            self.weights = weights if self.weights is None else torch.cat([self.weights, weights])
            self.names.add(path.name)

    def batch(self, size):
        picks = torch.multinomial(self.weights, size, replacement=True)
        return self.latents[picks].float(), self.tokens[picks]


def networks(tokenizer, start_from=None, new_words=False, grow_from=None, coarse=False):
    """({name: network}, mask of the rows of new words or None)."""
    unet = model.coarse_unet(grow_from) if coarse else model.new_unet()
    if trainer.device().type == "cpu":
        unet.set_attn_processor(AttnProcessor())     # there the plain form is faster in bf16 than the fused one
    text = model.new_text_encoder(len(tokenizer.ids), tokenizer.start, tokenizer.end)
    text.set_attn_implementation("eager")
    if grow_from:
        with torch.no_grad():
            grow.grown_unet(unet, grow_from)
            rows = grow.grown_text_encoder(text, tokenizer, model.Tokenizer(grow_from / "tokenizer"), grow_from)
        return {"unet": unet, "text_encoder": text}, rows
    if start_from:
        unet.load_state_dict(load_file(Path(start_from) / "unet/diffusion_pytorch_model.safetensors"))
        if not new_words:
            state = load_file(Path(start_from) / "text_encoder/model.safetensors")
            wanted = text.state_dict()
            text.load_state_dict({k if k in wanted else k.removeprefix("text_model."): v for k, v in state.items()})
    return {"unet": unet, "text_encoder": text}, None


def loss_of(nets, alpha, latents, tokens, empty):
    """v-prediction; the least noisy steps are held back as min-SNR does."""
    size, device = len(latents), latents.device
    drop = torch.rand(size, device=device) < EMPTY
    tokens = torch.where(drop[:, None], empty, tokens)
    # One time from each equal part of the schedule: less noise in the gradient than independent draws.
    t = ((torch.randperm(size, device=device) + torch.rand(size, device=device)) * 1000 / size).long().clamp(max=999)
    a = alpha[t].view(-1, 1, 1, 1)
    noise = torch.randn_like(latents)
    noisy = a.sqrt() * latents + (1 - a).sqrt() * noise
    target = a.sqrt() * noise - (1 - a).sqrt() * latents
    states = nets["text_encoder"](tokens).last_hidden_state
    out = nets["unet"](noisy.to(trainer.dtype()), t, states, return_dict=False)[0].float()
    snr = (a / (1 - a)).flatten()
    # Above GAMMA as in min-SNR. Below it v's own weight stays: min-SNR would almost ignore the noisiest steps, and
    # those are where the caption decides what the picture shows. Colours and shapes came much sooner this way.
    weight = (GAMMA / (snr + 1)).clamp(max=1)
    return ((out - target).square().mean((1, 2, 3)) * weight).mean()


def train(options, tokenizer):
    kept = Path(options.work) / "diffusion.ckpt"
    lesson = options.words_minutes if options.words_minutes is not None else 0 if options.start_from else 8
    nets, rows = networks(tokenizer, options.start_from, lesson > 0, options.grow_from, options.coarse)
    cache = Cache(options.work, tokenizer, trainer.device(), options.favour, options.light)
    alpha, empty = alphas().to(trainer.device()), tokenizer([""]).to(trainer.device())
    if lesson > 0 and not kept.exists():
        words.teach(nets["text_encoder"].to(trainer.device()), cache, empty, lesson, rows)
    job = trainer.Trainer(nets, rate=options.rate, warmup=200, ema=0.998)
    job.load(kept)
    if options.restart_schedule:
        job.progress = 0.0
    for net in nets.values():
        net.compile()
    clock = trainer.Clock(options.minutes, job.progress)
    save, report, look, total, count, since = trainer.Every(240), trainer.Every(30), trainer.Every(45), 0.0, 0, time.time()
    while job.progress < 1:
        job.progress = clock.progress()
        loss = loss_of(nets, alpha, *cache.batch(options.batch), empty)
        job.update(loss)
        total, count = total + loss.item(), count + 1
        if report():
            speed = count * options.batch / (time.time() - since)
            print(f"step {job.step} loss {total / count:.4f} rate {job.rate_now():.1e} {speed:.1f} latents/s "
                  f"shards {len(cache.names)} progress {job.progress:.3f}", flush=True)
            total, count, since = 0.0, 0, time.time()
        if look():
            cache.refresh()
        if save():
            job.save(kept)
    job.save(kept)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--work", default="work")
    options.add_argument("--minutes", type=float, default=90)
    options.add_argument("--batch", type=int, default=32)
    options.add_argument("--rate", type=float, default=5e-4)
    options.add_argument("--threads", type=int, default=0)
    options.add_argument("--favour", type=float, default=1.0, help="how much more often than others the favourite things are drawn")
    options.add_argument("--light", type=float, default=1.0, help="how much more often pictures in another light are drawn")
    options.add_argument("--start-from", type=Path, help="an exported model folder to go on from, where there is no checkpoint")
    options.add_argument("--grow-from", type=Path, help="the folder of version 1, whose weights and words version 2 begins with")
    options.add_argument("--coarse", action="store_true", help="the U-Net keeps version 1's shape, for latents made with 2_latents.py --coarse")
    options.add_argument("--words-minutes", type=float, help="the text encoder's first lesson; 8, or none with --start-from")
    options.add_argument("--restart-schedule", action="store_true", help="a new learning-rate cosine on an old checkpoint")
    options = options.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(9)
    folder = Path(options.work) / "export" / "tokenizer"
    if not folder.exists():
        model.extend_tokenizer(folder, model.every_word(), (options.grow_from or options.start_from) / "tokenizer")
    train(options, model.Tokenizer(folder))


if __name__ == "__main__":
    main()
