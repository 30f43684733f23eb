#!/usr/bin/env python3
"""The peer of `tincture-cli bench`: the same work on the same weights in PyTorch and diffusers.

Needs torch and diffusers from PyPI; run by ./compare, never by the tests. Prints JSON:
  unet_guided_ms    one U-Net call with two samples, no gradient (what a guided step costs)
  svdiff_step_ms    one training step that rebuilds every weight from its factors, as the public code does
  full_step_ms      one training step of all weights
  subject_step_ms   one training step of LoRA (rank 4, attention) with two samples, a picture and one of its class
  unmix_step_ms     the same with the penalty on the cross-attention's probabilities
  peak_mib          of the process; with --only, of that work alone
"""
import argparse
import json
import resource
import statistics
import time

import torch
import torch.nn.utils.parametrize
from diffusers import UNet2DConditionModel

ROUNDED = False  # --precision bf16: training in autocast, drawing with weights of bf16
WORKS = ("unet_guided_ms", "full_step_ms", "svdiff_step_ms", "subject_step_ms", "unmix_step_ms")


def median_ms(work, repeat=9):
    work()
    times = []
    for _ in range(repeat):
        begin = time.perf_counter()
        work()
        times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times)


class SpectralShift(torch.nn.Module):
    """W' = U diag(relu(sigma + delta)) V^T, rebuilt at every use (Han et al. 2023)."""

    def __init__(self, weight):
        super().__init__()
        u, s, vh = torch.linalg.svd(weight.detach().reshape(weight.shape[0], -1), full_matrices=False)
        self.register_buffer("u", u)
        self.register_buffer("s", s)
        self.register_buffer("vh", vh)
        self.shape = weight.shape
        self.delta = torch.nn.Parameter(torch.zeros_like(s))

    def forward(self, _):
        return (self.u @ torch.diag(torch.relu(self.s + self.delta)) @ self.vh).reshape(self.shape)


class LowRank(torch.nn.Module):
    """y = W x + b + B A x."""

    def __init__(self, linear, rank=4):
        super().__init__()
        self.linear = linear
        self.a = torch.nn.Parameter(torch.randn(rank, linear.in_features) / linear.in_features)
        self.b = torch.nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, x):
        return self.linear(x) + (x @ self.a.T) @ self.b.T


class Watched:
    """Cross-attention whose probabilities are kept for the loss; self-attention as it is."""

    def __init__(self, kept):
        self.kept = kept

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, **_):
        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        q, k, v = (x.unflatten(-1, (attn.heads, -1)).transpose(1, 2)
                   for x in (attn.to_q(hidden_states), attn.to_k(context), attn.to_v(context)))
        if encoder_hidden_states is None:
            out = torch.nn.functional.scaled_dot_product_attention(q, k, v)
        else:
            p = (q @ k.transpose(-1, -2) * attn.scale).softmax(-1)
            self.kept.append(p)
            out = p @ v
        return attn.to_out[0](out.transpose(1, 2).flatten(2))


def seen_across(maps):
    """What two tokens of each half see in the other, squared."""
    total = 0
    for p in maps:
        side = int(p.shape[2] ** 0.5)
        squares = p.square().unflatten(2, (side, side))
        total = total + squares[..., side // 2:, 2:4].mean() + squares[..., :side // 2, 8:10].mean()
    return total / len(maps)


def spectral_shifts(unet):
    """The leaves of SVDiff in every weight of two and more dimensions."""
    unet.requires_grad_(False)
    for module in list(unet.modules()):
        weight = getattr(module, "weight", None)
        if isinstance(weight, torch.nn.Parameter) and weight.ndim >= 2:
            torch.nn.utils.parametrize.register_parametrization(module, "weight", SpectralShift(weight))
    return [p for name, p in unet.named_parameters() if name.endswith("delta")]


def subject_step(unet, latents, t, states, noise, unmix):
    """A step of LoRA in the attention, with or without the penalty; milliseconds."""
    unet.requires_grad_(False)
    for name, module in list(unet.named_modules()):
        if name.endswith(("attn1", "attn2")):
            for part in ("to_q", "to_k", "to_v"):
                setattr(module, part, LowRank(getattr(module, part)))
            module.to_out[0] = LowRank(module.to_out[0])
    leaves = [p for p in unet.parameters() if p.requires_grad]
    if not unmix:
        return training_step(unet, latents, t, states, noise, leaves)
    kept = []
    unet.set_attn_processor(Watched(kept))

    def penalty():
        loss = seen_across(kept)
        kept.clear()
        return loss

    return training_step(unet, latents, t, states, noise, leaves, penalty)


def training_step(unet, latents, t, states, noise, parameters, penalty=None):
    optimizer = torch.optim.AdamW(parameters, lr=1e-3)

    def work():
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=ROUNDED):
            loss = torch.nn.functional.mse_loss(unet(latents, t, states).sample, noise)
        if penalty:
            loss = loss + penalty()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()

    return median_ms(work)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("unet", help="the model's unet folder")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--size", type=int, default=0, help="side of the latents; 0: the model's")
    parser.add_argument("--inference-only", action="store_true")
    parser.add_argument("--only", choices=WORKS)
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    args = parser.parse_args()
    global ROUNDED
    ROUNDED = args.precision == "bf16"
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    unet = UNet2DConditionModel.from_pretrained(args.unet, torch_dtype=torch.float32)
    side = args.size or unet.config.sample_size

    def inputs(batch):
        return (torch.randn(batch, unet.config.in_channels, side, side), torch.full((batch,), 500),
                torch.randn(batch, args.tokens, unet.config.cross_attention_dim))

    result = {"torch": torch.__version__}
    wanted = [args.only] if args.only else ["unet_guided_ms"] if args.inference_only else WORKS
    if "unet_guided_ms" in wanted:
        x, t, states = inputs(2)
        kind = torch.bfloat16 if ROUNDED else torch.float32
        unet, x, states = unet.to(kind), x.to(kind), states.to(kind)
        with torch.no_grad():
            result["unet_guided_ms"] = median_ms(lambda: unet(x, t, states).sample)
        unet = unet.float()
    x, t, states = inputs(1)
    noise = torch.randn_like(x)
    if "full_step_ms" in wanted:
        result["full_step_ms"] = training_step(unet, x, t, states, noise, list(unet.parameters()))
    if "svdiff_step_ms" in wanted:
        result["svdiff_step_ms"] = training_step(unet, x, t, states, noise, spectral_shifts(unet))
    x, t, states = inputs(2)
    for work in ("subject_step_ms", "unmix_step_ms"):
        if work in wanted:
            unet = None
            unet = UNet2DConditionModel.from_pretrained(args.unet, torch_dtype=torch.float32)
            result[work] = subject_step(unet, x, t, states, torch.randn_like(x), work == "unmix_step_ms")
    result["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(result))


if __name__ == "__main__":
    main()
