#!/usr/bin/env python3
"""Makes sched.safetensors: what the reference schedulers do, for tests/sched.

Run by hand when a sampler is added; building and testing never need it (torch, diffusers, safetensors).

For every case NAME = sampler.spacing.prediction.steps[.zsnr|.one|.linear|.cosine]:

    NAME.timesteps  (steps)      what the network is called with
    NAME.path       (steps, n)   the latent after each step, from `start` times the scheduler's first sigma
    NAME.up         (steps, n)   ddim only, not linspace: after each step of the inverse scheduler, from `start`

The network is a formula of its input x and t, so that the test can compute it: 0.9 x cos(t / 100) + 0.1 sin(x).
"""
from pathlib import Path

import torch
from diffusers import (DDIMInverseScheduler, DDIMScheduler, DPMSolverMultistepScheduler, EulerDiscreteScheduler)
from safetensors.torch import save_file

KINDS = {"ddim": DDIMScheduler, "dpmpp_2m": DPMSolverMultistepScheduler, "euler": EulerDiscreteScheduler}
CONFIG = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1)
VARIANTS = {
    "": {},
    ".zsnr": dict(rescale_betas_zero_snr=True),
    ".one": dict(set_alpha_to_one=True),
    ".linear": dict(beta_schedule="linear", beta_start=0.0001, beta_end=0.02),
    ".cosine": dict(beta_schedule="squaredcos_cap_v2"),
}
N = 8


def network(x, t):
    return 0.9 * x * torch.cos(torch.as_tensor(float(t)) / 100) + 0.1 * torch.sin(x)


def config_of(kind, spacing, prediction, variant):
    config = dict(CONFIG, timestep_spacing=spacing, prediction_type=prediction, **{})
    config.update(VARIANTS[variant])
    if kind == "ddim":
        config = dict(dict(set_alpha_to_one=False), clip_sample=False, **config)
    else:
        config.pop("set_alpha_to_one", None)
    return config


def path_down(kind, config, steps, start):
    sched = KINDS[kind](**config)
    sched.set_timesteps(steps)
    x = start * float(sched.init_noise_sigma)
    path = []
    for t in sched.timesteps:
        seen = sched.scale_model_input(x, t)
        x = sched.step(network(seen, t), t, x, return_dict=False)[0]
        path.append(x.float().clone())
    return sched.timesteps.float().clone(), torch.stack(path)


def path_up(config, steps, start):
    sched = DDIMInverseScheduler(**config)
    sched.set_timesteps(steps)
    x, path = start, []
    for t in sched.timesteps:
        x = sched.step(network(x, t), t, x).prev_sample
        path.append(x.float().clone())
    return torch.stack(path)


def cases():
    for kind in KINDS:
        for spacing in ("leading", "trailing", "linspace"):
            for prediction in ("epsilon", "v_prediction"):
                yield kind, spacing, prediction, 7, ""
                yield kind, spacing, prediction, 20, ""
        yield kind, "trailing", "v_prediction", 10, ".zsnr"
        yield kind, "leading", "epsilon", 9, ".linear"
        yield kind, "leading", "epsilon", 9, ".cosine"
    yield "ddim", "leading", "epsilon", 50, ".one"


def main():
    start = torch.randn(N, generator=torch.Generator().manual_seed(5))
    out = {"start": start}
    for kind, spacing, prediction, steps, variant in cases():
        config = config_of(kind, spacing, prediction, variant)
        name = f"{kind}.{spacing}.{'v' if prediction == 'v_prediction' else 'epsilon'}.{steps}{variant}"
        out[name + ".timesteps"], out[name + ".path"] = path_down(kind, config, steps, start)
        if kind == "ddim" and spacing != "linspace":
            out[name + ".up"] = path_up(config, steps, start)
    save_file(out, Path(__file__).parent / "sched.safetensors")


if __name__ == "__main__":
    main()
