#!/usr/bin/env python3
"""The peer of `tincture-cli bench`: the same work on the same weights in PyTorch and diffusers.

Needs torch and diffusers from PyPI; run by ./compare, never by the tests. Prints JSON:
  unet_guided_ms    one U-Net call with two samples, no gradient (what a guided step costs)
  svdiff_step_ms    one training step that rebuilds every weight from its factors, as the public code does
  full_step_ms      one training step of all weights
"""
import argparse
import json
import statistics
import time

import torch
import torch.nn.utils.parametrize
from diffusers import UNet2DConditionModel


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


def training_step(unet, latents, t, states, noise, parameters):
    optimizer = torch.optim.AdamW(parameters, lr=1e-3)

    def work():
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(unet(latents, t, states).sample, noise)
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
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    unet = UNet2DConditionModel.from_pretrained(args.unet, torch_dtype=torch.float32)
    side = args.size or unet.config.sample_size

    def inputs(batch):
        return (torch.randn(batch, 4, side, side), torch.full((batch,), 500),
                torch.randn(batch, args.tokens, unet.config.cross_attention_dim))

    result = {"torch": torch.__version__}
    x, t, states = inputs(2)
    with torch.no_grad():
        result["unet_guided_ms"] = median_ms(lambda: unet(x, t, states).sample)
    if not args.inference_only:
        x, t, states = inputs(1)
        noise = torch.randn_like(x)
        result["full_step_ms"] = training_step(unet, x, t, states, noise, list(unet.parameters()))
        unet.requires_grad_(False)
        for module in list(unet.modules()):
            weight = getattr(module, "weight", None)
            if isinstance(weight, torch.nn.Parameter) and weight.ndim >= 2:
                torch.nn.utils.parametrize.register_parametrization(module, "weight", SpectralShift(weight))
        shifts = [p for name, p in unet.named_parameters() if name.endswith("delta")]
        result["svdiff_step_ms"] = training_step(unet, x, t, states, noise, shifts)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
