#!/usr/bin/env python3
"""Makes schedulers.safetensors: what the reference does with a model's scheduler file, for tests/model.

Run by hand when something is added; building and testing never need it (torch, scipy, diffusers, safetensors).

The metadata holds, for every case SAMPLER.NAME, the scheduler file as it stands in a model's folder. Its class reads
it, the sampler's class takes over what that one leaves (from_config), and the pipeline corrects what it corrects.

    CASE.timesteps  (steps)         what the network is called with
    CASE.path       (steps, n)      the latent after each step, from `start` times the scheduler's first sigma

Both are of 20 steps, or of as many as NAME ends in. The network is a formula of its input x and t, so that the test
can compute it: 0.9 x cos(t / 100) + 0.1 sin(x).
"""
import json
from pathlib import Path

import diffusers
import torch
from safetensors.torch import save_file

KINDS = {"ddim": diffusers.DDIMScheduler, "dpmpp_2m": diffusers.DPMSolverMultistepScheduler,
         "euler": diffusers.EulerDiscreteScheduler}
N = 4
SD = dict(num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
PNDM = dict(SD, _class_name="PNDMScheduler", _diffusers_version="0.6.0", skip_prk_steps=True, set_alpha_to_one=False,
            steps_offset=1, clip_sample=False)
BETAS = [round(0.001 + 0.1 * (i / 99) ** 2, 5) for i in range(100)]

ALL = {
    "pndm": PNDM,  # no timestep_spacing: each class has its own
    "old": dict(SD, _class_name="DDIMScheduler", clip_sample=True),  # steps_offset 0, clip_sample true
    "offset": dict(PNDM, steps_offset=0, timestep_spacing="leading"),
    "trailing": dict(PNDM, timestep_spacing="trailing"),
    "zsnr": dict(PNDM, timestep_spacing="trailing", prediction_type="v_prediction", rescale_betas_zero_snr=True),
    "cosine": dict(PNDM, beta_schedule="squaredcos_cap_v2"),
    "linear": dict(PNDM, beta_schedule="linear", beta_start=0.0001, beta_end=0.02),
    "betas": dict(PNDM, num_train_timesteps=100, trained_betas=BETAS),
    "steps500": dict(PNDM, num_train_timesteps=500, timestep_spacing="leading"),
}
SIGMAS = {
    "karras": dict(PNDM, use_karras_sigmas=True),
    "karras-v": dict(PNDM, use_karras_sigmas=True, prediction_type="v_prediction"),
    "karras-leading": dict(PNDM, use_karras_sigmas=True, timestep_spacing="leading"),
    "karras-cosine": dict(PNDM, use_karras_sigmas=True, beta_schedule="squaredcos_cap_v2"),
    "exponential": dict(PNDM, use_exponential_sigmas=True),
    "beta": dict(PNDM, use_beta_sigmas=True),
    "beta-trailing": dict(PNDM, use_beta_sigmas=True, timestep_spacing="trailing"),
    "end": dict(PNDM, final_sigmas_type="sigma_min"),
    "karras-end": dict(PNDM, final_sigmas_type="sigma_min", use_karras_sigmas=True),
}
DPMPP = {
    "first": dict(PNDM, solver_order=1),
    "third": dict(PNDM, solver_order=3),
    "third-few.8": dict(PNDM, solver_order=3),
    "third-end.8": dict(PNDM, solver_order=3, final_sigmas_type="sigma_min", lower_order_final=False),
    "few-end.8": dict(PNDM, final_sigmas_type="sigma_min"),
    "heun": dict(PNDM, solver_type="heun"),
    "heun-end": dict(PNDM, solver_type="heun", final_sigmas_type="sigma_min"),
    "euler-end": dict(PNDM, euler_at_final=True, final_sigmas_type="sigma_min"),
    "clipped": dict(PNDM, beta_schedule="squaredcos_cap_v2", lambda_min_clipped=-5.1),
    "clipped-leading": dict(PNDM, beta_schedule="squaredcos_cap_v2", lambda_min_clipped=-5.1,
                            timestep_spacing="leading"),
    "unipc": dict(PNDM, _class_name="UniPCMultistepScheduler", solver_type="bh2", solver_order=3),
    "infinite": dict(PNDM, _class_name="DPMSolverMultistepScheduler", lambda_min_clipped=-float("inf")),
}
EULER = {
    "log": dict(PNDM, interpolation_type="log_linear"),
    "log-karras": dict(PNDM, interpolation_type="log_linear", use_karras_sigmas=True),
    "range": dict(PNDM, use_karras_sigmas=True, sigma_min=0.1, sigma_max=10.0),
    "beta-range": dict(PNDM, use_beta_sigmas=True, sigma_max=9),
}


def network(x, t):
    return 0.9 * x * torch.cos(torch.as_tensor(float(t)) / 100) + 0.1 * torch.sin(x)


def scheduler_of(kind, config):
    own = getattr(diffusers, config["_class_name"]).from_config(config)
    scheduler = KINDS[kind].from_config(own.config)
    pipeline = diffusers.StableDiffusionPipeline(
        vae=None, text_encoder=None, tokenizer=None, unet=None, scheduler=scheduler, safety_checker=None,
        feature_extractor=None, requires_safety_checker=False)
    return pipeline.scheduler


def main():
    start = torch.randn(N, generator=torch.Generator().manual_seed(5))
    out, files = {"start": start}, {}
    for kind in KINDS:
        extra = {"ddim": {}, "dpmpp_2m": {**SIGMAS, **DPMPP}, "euler": {**SIGMAS, **EULER}}[kind]
        for name, config in {**ALL, **extra}.items():
            scheduler = scheduler_of(kind, config)
            scheduler.set_timesteps(int(name.partition(".")[2] or 20))
            if hasattr(scheduler, "set_begin_index"):
                scheduler.set_begin_index(0)  # else it stumbles over timesteps that occur twice
            x, path = start * float(scheduler.init_noise_sigma), []
            for t in scheduler.timesteps:
                x = scheduler.step(network(scheduler.scale_model_input(x, t), t), t, x, return_dict=False)[0]
                path.append(x.float().clone())
            case = f"{kind}.{name}"
            files[case] = json.dumps(config)
            out[case + ".timesteps"] = scheduler.timesteps.float().clone()
            out[case + ".path"] = torch.stack(path)
    save_file(out, Path(__file__).parent / "schedulers.safetensors", metadata=files)


if __name__ == "__main__":
    main()
