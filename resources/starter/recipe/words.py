"""The text encoder's first lesson, before there is a U-Net to read it.

From scratch, U-Net and text encoder find the words of things very late: cross-attention spreads over every token, and
while the states mean nothing it has nothing to attend to. Here each of a caption's end states, padding included, learns
to tell by one linear map what the caption's picture looks like from afar (the latents, averaged to 8 x 8) and which words
it holds. Afterwards things that look alike have states that lie near, every padding state carries the whole caption, and
even an attention that is spread evenly reads it. It costs minutes: no picture is decoded and no U-Net runs.
"""
import time

import torch
import torch.nn.functional as F
from torch import nn

import trainer


def coarse(latents):
    return F.avg_pool2d(latents.float(), 2).flatten(1)


def only_new_rows(text, rows):
    """Freezes all but the token table, and in it all but the new tokens' rows; the handle that ends it."""
    table = text.get_input_embeddings().weight
    for p in text.parameters():
        p.requires_grad_(p is table)
    return table.register_hook(lambda grad: grad * rows.to(grad.device))


def teach(text, cache, empty, minutes, rows=None, batch=256, rate=2e-3):
    """`rows` [tokens, 1]: where given, only new words are taught, in a third of the time left to what reads them out,
    and what the U-Net already understands stays as it is."""
    vocabulary = text.config.vocab_size
    width = text.config.hidden_size
    look, say = nn.Linear(width, coarse(cache.latents[:1]).shape[1]).to(cache.device), nn.Linear(width, vocabulary).to(cache.device)
    sample = coarse(cache.latents[:8192])
    mean, std = sample.mean(0), sample.std(0)
    hook = only_new_rows(text, rows) if rows is not None else None
    reading, weights = [*look.parameters(), *say.parameters()], [p for p in text.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW([{"params": reading}, {"params": weights, "weight_decay": 0.0 if rows is not None else 0.01}],
                                  rate, betas=(0.9, 0.98), weight_decay=0.01)
    text.compile()
    begun, step, said = time.time(), 0, 0.0
    while (progress := (time.time() - begun) / (60 * minutes)) < 1:
        latents, tokens = cache.batch(batch)
        goal = (coarse(latents) - mean) / std
        holds = torch.zeros(batch, vocabulary, device=cache.device).scatter_(1, tokens, 1.0)
        holds[:, empty[0, :2]] = 0                       # the frame's own two tokens are in every caption
        ends = (tokens == empty[0, 1]).float()
        with torch.autocast(cache.device.type, trainer.dtype(), trainer.dtype() is torch.bfloat16):
            states = text(tokens).last_hidden_state
        states = states.float()
        # One end state a caption, picked at random: each has to know everything.
        one = states[torch.arange(batch, device=cache.device), torch.multinomial(ends, 1)[:, 0]]
        seen = F.mse_loss(look(one), goal)
        known = -(F.log_softmax(say(one), 1) * holds).sum(1).div(holds.sum(1).clamp(min=1)).mean()
        loss = seen + 0.1 * known
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1, (step + 1) / 100, (1 - progress) / 0.5 + 0.02)
        if rows is not None and progress < 0.33:
            optimizer.param_groups[1]["lr"] = 0.0
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(reading + weights, 1.0)
        optimizer.step()
        step += 1
        if time.time() - said > 15:
            said = time.time()
            print(f"words: step {step} picture {seen.item():.4f} words {known.item():.4f} progress {progress:.2f}", flush=True)
    if hook:
        hook.remove()
        text.requires_grad_(True)
