#!/usr/bin/env python3
"""Makes levels.safetensors: paths of Heun's sampler, and of all that take levels by choice, for tests/model.

Run by hand when something is added; building and testing never need it (torch, scipy, diffusers, safetensors).

The metadata and tensors are those of make_few_step_vectors.py. Heun's have two rows of a step that takes two
predictions: where the second is made, and where it ends.

A NAME that begins with "set-" has its levels by the program's own setting, which is the rest of the name up to the
next minus: the file does not say them, and the reference is told as the setting would be.
"""
import json
from pathlib import Path

import diffusers
import torch
from safetensors.torch import save_file

import make_few_step_vectors as few
from make_few_step_vectors import COSINE, PNDM, V

few.KINDS["heun"] = diffusers.HeunDiscreteScheduler
KARRAS, EXPONENTIAL, BETA = (dict(PNDM, **{f"use_{k}_sigmas": True}) for k in ("karras", "exponential", "beta"))
OWN = dict(PNDM, _class_name="HeunDiscreteScheduler")
HEUN = {
    "pndm": (PNDM, (1, 2, 4, 10, 20)),
    "own": (OWN, (10,)),
    "v": (V, (1, 4, 10)),
    "trailing": (dict(PNDM, timestep_spacing="trailing"), (2, 10)),
    "trailing-v": (dict(V, timestep_spacing="trailing"), (10,)),
    "leading": (dict(PNDM, timestep_spacing="leading"), (1, 10)),
    "cosine": (COSINE, (10,)),
    "steps500": (dict(PNDM, num_train_timesteps=500), (10,)),
    "karras": (KARRAS, (4, 10)),
    "karras-v": (dict(V, use_karras_sigmas=True), (10,)),
    "exponential": (EXPONENTIAL, (10,)),
    "beta": (BETA, (10,)),
    "range": (dict(KARRAS, sigma_min=0.1, sigma_max=10.0), (10,)),
    # Options that its class has not.
    "end": (dict(PNDM, final_sigmas_type="sigma_min"), (10,)),
    "log": (dict(PNDM, interpolation_type="log_linear"), (10,)),
}
SET = {"karras": KARRAS, "exponential": EXPONENTIAL, "beta": BETA, "steps": PNDM}
OTHER = {"karras": PNDM, "exponential": PNDM, "beta": KARRAS, "steps": EXPONENTIAL}


def main():
    start = torch.randn(few.N, generator=torch.Generator().manual_seed(5))
    out, files = {"start": start}, {}

    def add(kind, name, config, steps, file):
        case = f"{kind}.{name}.{steps}"
        files[case] = json.dumps(file)
        # In single precision Heun's first step down from a sigma of 14.6 leaves five digits.
        first = start.double() if kind == "heun" else start
        out[case + ".timesteps"], out[case + ".path"] = few.run(kind, name, config, steps, first)
        assert torch.isfinite(out[case + ".path"]).all(), case

    for name, (config, counts) in HEUN.items():
        for steps in counts:
            add("heun", name, config, steps, config)
    for kind in ("heun", "euler", "dpmpp_2m", "dpmpp_2m_sde", "unipc"):
        for name, config in SET.items():
            add(kind, f"set-{name}", config, 10, OTHER[name])
    save_file(out, Path(__file__).parent / "levels.safetensors", metadata=files)


if __name__ == "__main__":
    main()
