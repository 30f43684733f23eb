#!/usr/bin/env python3
"""Makes few_steps.safetensors: paths of all samplers in few steps, and of those that draw noise, for tests/model.

Run by hand when something is added; building and testing never need it (torch, diffusers, safetensors).

The metadata holds, for every case SAMPLER.NAME.STEPS, the scheduler file as it stands in a model's folder; the tensors
are those of make_scheduler_vectors.py. A NAME that begins with gN has TCD's gamma N / 10, else it is 0.3.

Fresh noise is the program's own, the Philox stream of SEED (compute/gpu/random.c), a draw a step.
"""
import json
import math
from pathlib import Path

import diffusers
import torch
from diffusers.schedulers import scheduling_dpmsolver_multistep, scheduling_euler_ancestral_discrete, scheduling_lcm, scheduling_tcd
from safetensors.torch import save_file

from make_scheduler_vectors import PNDM, SD, network

KINDS = {"lcm": diffusers.LCMScheduler, "tcd": diffusers.TCDScheduler,
         "euler_a": diffusers.EulerAncestralDiscreteScheduler, "unipc": diffusers.UniPCMultistepScheduler,
         "dpmpp_2m_sde": diffusers.DPMSolverMultistepScheduler, "ddim": diffusers.DDIMScheduler,
         "dpmpp_2m": diffusers.DPMSolverMultistepScheduler, "euler": diffusers.EulerDiscreteScheduler}
MORE = {"dpmpp_2m_sde": dict(algorithm_type="sde-dpmsolver++")}
N, SEED, MASK32 = 4, 7, 0xFFFFFFFF
V = dict(PNDM, prediction_type="v_prediction")
ZSNR = dict(V, timestep_spacing="trailing", rescale_betas_zero_snr=True)
COUNTS = (1, 2, 4, 8, 20)

COMMON = {
    "pndm": (PNDM, COUNTS),
    "v": (V, COUNTS),
    "trailing": (dict(PNDM, timestep_spacing="trailing"), (1, 2, 4, 8)),
    "trailing-v": (dict(V, timestep_spacing="trailing"), (1, 4)),
    "leading": (dict(PNDM, timestep_spacing="leading"), (1, 4, 20)),
    "one": (dict(PNDM, set_alpha_to_one=True), (1, 4)),
    "zsnr": (ZSNR, (1, 4, 20)),
    "steps500": (dict(PNDM, num_train_timesteps=500), (4,)),
    # The file of SD-Turbo.
    "turbo": (dict(SD, _class_name="EulerDiscreteScheduler", interpolation_type="linear", prediction_type="epsilon",
                   steps_offset=1, timestep_spacing="trailing", use_karras_sigmas=False, set_alpha_to_one=False),
              (1, 2, 4)),
}
COSINE = dict(PNDM, beta_schedule="squaredcos_cap_v2")
DISTILLED = {
    "cosine": (COSINE, (4,)),
    "origin": (dict(PNDM, _class_name="LCMScheduler", original_inference_steps=37), (1, 4, 7)),
    "origin100": (dict(PNDM, _class_name="LCMScheduler", original_inference_steps=100, timestep_scaling=0.01), (4, 60)),
}
OWN = {
    # Of the other samplers make_scheduler_vectors.py has the rest.
    "ddim": {}, "dpmpp_2m": {}, "euler": {"zsnr": (ZSNR, (20,))},
    "lcm": DISTILLED,
    "tcd": {**DISTILLED, "g0": (PNDM, (4, 8)), "g10": (PNDM, (4, 8)), "g7-v": (V, (4, 8))},
    # Its reference takes the root of a negative number on a cosine schedule, and with zero terminal signal, in single
    # precision, its first step down from a sigma of 4096 leaves four digits; as euler's does in few steps.
    "euler_a": {"zsnr": (ZSNR, ())},
    "dpmpp_2m_sde": {
        "karras": (dict(PNDM, use_karras_sigmas=True), (4, 20)),
        "karras-v": (dict(V, use_karras_sigmas=True), (8,)),
        "exponential": (dict(PNDM, use_exponential_sigmas=True), (4, 20)),
        "end": (dict(PNDM, final_sigmas_type="sigma_min"), (4, 20)),
        "heun": (dict(PNDM, solver_type="heun"), (8, 20)),
        "first": (dict(PNDM, solver_order=1), (8,)),
        "sde": (dict(PNDM, _class_name="DPMSolverMultistepScheduler", algorithm_type="sde-dpmsolver++"), (8,)),
    },
    "unipc": {
        "cosine": (COSINE, (4,)),
        "karras": (dict(PNDM, use_karras_sigmas=True), (4, 20)),
        "karras-v": (dict(V, use_karras_sigmas=True), (8,)),
        "exponential": (dict(PNDM, use_exponential_sigmas=True), (4, 20)),
        "range": (dict(PNDM, use_karras_sigmas=True, sigma_min=0.1, sigma_max=10.0), (8,)),
        "end": (dict(PNDM, final_sigmas_type="sigma_min"), (4, 20)),
        "karras-end": (dict(PNDM, final_sigmas_type="sigma_min", use_karras_sigmas=True), (8,)),
        "first": (dict(PNDM, _class_name="UniPCMultistepScheduler", solver_order=1), (4, 20)),
        "third": (dict(PNDM, _class_name="UniPCMultistepScheduler", solver_order=3), (4, 20)),
        "third-end": (dict(PNDM, _class_name="UniPCMultistepScheduler", solver_order=3, lower_order_final=False,
                           final_sigmas_type="sigma_min"), (8,)),
        # With a last level of no noise the reference takes infinity by zero here.
        "bh1": (dict(PNDM, _class_name="UniPCMultistepScheduler", solver_type="bh1", final_sigmas_type="sigma_min"),
                (4, 20)),
        "bh1-third": (dict(V, _class_name="UniPCMultistepScheduler", solver_type="bh1", solver_order=3,
                           final_sigmas_type="sigma_min"), (8,)),
    },
}


def philox(seed, subsequence, offset):
    c = [offset & MASK32, offset >> 32, subsequence & MASK32, subsequence >> 32]
    k = [seed & MASK32, seed >> 32]
    for _ in range(10):
        p, q = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = [(q >> 32) ^ c[1] ^ k[0], q & MASK32, (p >> 32) ^ c[3] ^ k[1], p & MASK32]
        k = [(k[0] + 0x9E3779B9) & MASK32, (k[1] + 0xBB67AE85) & MASK32]
    return c


class Noise:
    """The draws of a run, in the place of the schedulers' own."""

    def __init__(self):
        self.draws = 0

    def __call__(self, shape, **_):
        turn = float(torch.tensor(2.3283064e-10 * 6.2831855, dtype=torch.float32))
        values = []
        for i in range(N):
            block = philox(SEED, i, self.draws)
            u, v = (block[0] + 0.5) * 2.0 ** -32, (block[1] + 0.5) * turn
            values.append(math.sqrt(-2 * math.log(u)) * math.sin(v))
        self.draws += 1
        return torch.tensor(values, dtype=torch.float32).reshape(shape)


def scheduler_of(kind, config):
    own = getattr(diffusers, config["_class_name"]).from_config(config)
    pipeline = diffusers.StableDiffusionPipeline(
        vae=None, text_encoder=None, tokenizer=None, unet=None, scheduler=KINDS[kind].from_config(own.config, **MORE.get(kind, {})),
        safety_checker=None, feature_extractor=None, requires_safety_checker=False)
    return pipeline.scheduler


def run(kind, name, config, steps, start):
    noise = Noise()
    for module in (scheduling_dpmsolver_multistep, scheduling_euler_ancestral_discrete, scheduling_lcm, scheduling_tcd):
        module.randn_tensor = noise
    more = {}
    if kind == "tcd" and name.startswith("g"):
        more["eta"] = int(name.split("-")[0][1:]) / 10
    scheduler = scheduler_of(kind, config)
    scheduler.set_timesteps(steps)
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(0)
    x, path = start[None] * float(scheduler.init_noise_sigma), []
    for t in scheduler.timesteps:
        x = scheduler.step(network(scheduler.scale_model_input(x, t), t), t, x, return_dict=False, **more)[0]
        path.append(x[0].float().clone())
    return scheduler.timesteps.float().clone(), torch.stack(path)


def main():
    start = torch.randn(N, generator=torch.Generator().manual_seed(5))
    out, files = {"start": start}, {}
    for kind in KINDS:
        for name, (config, counts) in {**COMMON, **OWN[kind]}.items():
            for steps in counts:
                case = f"{kind}.{name}.{steps}"
                files[case] = json.dumps(config)
                out[case + ".timesteps"], out[case + ".path"] = run(kind, name, config, steps, start)
                assert torch.isfinite(out[case + ".path"]).all(), case
    save_file(out, Path(__file__).parent / "few_steps.safetensors", metadata=files)


if __name__ == "__main__":
    main()
