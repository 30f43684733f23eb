#!/usr/bin/env python3
"""Makes MODEL.safetensors for tests/train: gradients and loss curves of the reference framework.

Run by hand after tests/data/make_vectors.py, whose model folders it uses; building and testing never need it
(torch, diffusers, transformers, safetensors). Everything is computed in double precision and stored as floats.

    latents (1,c,h,w)   noise (10,1,c,h,w)   time (10)   states (1,T,C)     the fixed data of ten steps
    CASE.start/PART/PATH    parameters at the beginning
    CASE.grad/PART/PATH     gradient of the first step
    CASE.loss               (10) before each AdamW step (lr 1e-2, norms 1e-3, decay 0.01, clipped to norm 1)

A case builds W' as its paper does, densely: U diag(relu(sigma + delta)) V^T for every weight of two and more
dimensions and w + delta for the others (SVDiff), W R^T with the Cayley map by block (OFT), W + B A (LoRA; one
parameter holds A and behind it B).

Arguments: the models to do; none: all. With --peft FOLDER the script instead loads a rotation adapter that the program saved as FOLDER with the PEFT library
and compares PEFT's merged weights with W R^T.
"""
import json
import sys
from pathlib import Path

import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from safetensors.torch import load_file, save_file
from torch.func import functional_call
from transformers import CLIPTextModel, CLIPTokenizer

HERE = Path(__file__).parent
PROMPT = "a photo of a dog on the beach"
STEPS = 10
ATTENTION = (".to_q.weight", ".to_k.weight", ".to_v.weight", ".to_out.0.weight")
BLOCKS = ("resnets.", "samplers.")  # what LoCon adds
TEXT = (".q_proj.weight", ".k_proj.weight", ".v_proj.weight", ".out_proj.weight")
REST = (".ff.net.0.proj.weight", ".ff.net.2.weight", ".proj_in.weight", ".proj_out.weight")

# model: cases; a case is (method, settings)
MODELS = {
    "sd1": {"svdiff": ("svdiff", {}), "svdiff_te": ("svdiff", dict(te=True)), "rank": ("svdiff", dict(rank=3)),
            "oft_r2": ("oft", dict(blocks=2)), "oft_b4": ("oft", dict(size=4)), "lora": ("lora", dict(rank=4)),
            "full_kv": ("full", {}), "lora_blocks": ("lora", dict(rank=3, locon=True)),
            "lora_te": ("lora", dict(rank=4, te=True))},
    "sd2": {"svdiff": ("svdiff", {}), "oft_all": ("oft", dict(blocks=2, all=True)),
            "lora_all": ("lora", dict(rank=3, all=True))},
    "wide": {"svdiff": ("svdiff", {}), "oft_r2": ("oft", dict(blocks=2)), "lora": ("lora", dict(rank=2)),
             "full_kv": ("full", {})},
    "levels": {"lora": ("lora", dict(rank=2))},
}


def text_path(name):
    return name if name.startswith("text_model.") else "text_model." + name


class SpectralShift:
    def __init__(self, weight, rank, generator):
        self.weight = weight
        if weight.ndim == 1:
            self.start = torch.randn(weight.shape, generator=generator, dtype=torch.float64) * 0.02
            return
        self.u, self.sigma, self.vt = torch.linalg.svd(weight.flatten(1), full_matrices=False)
        n = min(rank or len(self.sigma), len(self.sigma))
        self.start = torch.randn(n, generator=generator, dtype=torch.float64) * 0.05

    def apply(self, delta):
        if self.weight.ndim == 1:
            return self.weight + delta
        n = len(delta)
        change = torch.relu(self.sigma[:n] + delta) - self.sigma[:n]
        return self.weight + (self.u[:, :n] * change @ self.vt[:n]).view_as(self.weight)


class Rotation:
    def __init__(self, weight, blocks, generator):
        self.weight, self.n = weight, blocks
        self.b = weight.shape[1] // blocks
        self.start = torch.randn(blocks, self.b * (self.b - 1) // 2, generator=generator, dtype=torch.float64) * 0.05

    def rotation(self, u):
        s = torch.zeros(self.n, self.b, self.b, dtype=u.dtype)
        rows, columns = torch.triu_indices(self.b, self.b, 1)
        s[:, rows, columns] = u
        s = s - s.mT
        eye = torch.eye(self.b, dtype=u.dtype)
        return torch.block_diag(*((eye - s) @ torch.linalg.inv(eye + s)))

    def apply(self, u):
        return (self.weight.flatten(1) @ self.rotation(u).T).view_as(self.weight)


class LowRank:
    def __init__(self, weight, rank, generator):
        outputs, inputs = weight.shape[0], weight[0].numel()
        self.weight, self.rank = weight, min(rank, inputs, outputs)
        self.start = torch.randn(self.rank * (outputs + inputs), generator=generator, dtype=torch.float64) * 0.1

    def apply(self, ab):
        split = self.rank * self.weight[0].numel()
        change = ab[split:].view(-1, self.rank) @ ab[:split].view(self.rank, -1)
        if self.weight.ndim == 4:  # A of a convolution is (rank, height, width, inputs)
            outputs, inputs, height, width = self.weight.shape
            return self.weight + change.view(outputs, height, width, inputs).permute(0, 3, 1, 2)
        return self.weight + change.view_as(self.weight)


class Difference:
    def __init__(self, weight, generator):
        self.weight = weight
        self.start = torch.randn(weight.shape, generator=generator, dtype=torch.float64) * 0.02

    def apply(self, difference):
        return self.weight + difference


def is_target(name, weight, settings):
    if "attentions." not in name:
        return settings.get("locon") and weight.ndim > 1 and any(place in name for place in BLOCKS)
    return weight.ndim > 1 and name.endswith(ATTENTION + REST if settings.get("all") or settings.get("locon") else ATTENTION)


def make_params(method, settings, parts, generator):
    params = {}
    for part, module in parts.items():
        if part == "text_encoder" and not settings.get("te"):
            continue
        for name, weight in module.named_parameters():
            if not name.endswith(".weight"):
                continue
            weight = weight.detach()
            key = (part, name)
            if method == "svdiff":
                params[key] = SpectralShift(weight, settings.get("rank"), generator)
            elif method == "full":
                if name.endswith((".attn2.to_k.weight", ".attn2.to_v.weight")):
                    params[key] = Difference(weight, generator)
            elif name.endswith(TEXT) if part == "text_encoder" else is_target(name, weight, settings):
                width = weight.shape[1]
                if method == "lora":
                    params[key] = LowRank(weight, settings["rank"], generator)
                else:
                    params[key] = Rotation(weight, settings.get("blocks") or width // settings["size"], generator)
    return params


def loss_of(parts, params, values, data, i, settings):
    changed = {part: {n: p.apply(values[q, n]) for (q, n), p in params.items() if q == part} for part in parts}
    states = data["states"]
    if settings.get("te"):
        states = functional_call(parts["text_encoder"], changed["text_encoder"], (data["ids"],)).last_hidden_state
    abar = data["alphas"][data["time"][i]]
    z, noise = data["latents"], data["noise"][i]
    noisy = abar.sqrt() * z + (1 - abar).sqrt() * noise
    target = noise if data["prediction"] == "epsilon" else abar.sqrt() * noise - (1 - abar).sqrt() * z
    output = functional_call(parts["unet"], changed["unet"], (noisy, data["time"][i], states)).sample
    return torch.nn.functional.mse_loss(output, target)


def stored_name(kind, case, part, name):
    path = name.removesuffix(".weight")
    return f"{case}.{kind}/{part}/{text_path(path) if part == 'text_encoder' else path}"


def run_case(case, method, settings, parts, data, out):
    generator = torch.Generator().manual_seed(11)
    params = make_params(method, settings, parts, generator)
    values = {}
    for (part, name), p in params.items():
        start = p.start.float()
        out[stored_name("start", case, part, name)] = start
        values[part, name] = start.double().requires_grad_()
    groups = [{"params": [v for k, v in values.items() if params[k].weight.ndim > 1], "lr": 1e-2},
              {"params": [v for k, v in values.items() if params[k].weight.ndim == 1], "lr": 1e-3}]
    optimizer = torch.optim.AdamW([g for g in groups if g["params"]], weight_decay=0.01)
    losses = []
    for i in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(parts, params, values, data, i, settings)
        loss.backward()
        losses.append(loss.item())
        if i == 0:
            for (part, name), v in values.items():
                out[stored_name("grad", case, part, name)] = v.grad.float().clone()
        torch.nn.utils.clip_grad_norm_(list(values.values()), 1.0)
        optimizer.step()
    out[f"{case}.loss"] = torch.tensor(losses)
    print(f"{case:10} {sum(v.numel() for v in values.values()):6} parameters, loss {losses[0]:.4f} -> {losses[-1]:.4f}")


def load_parts(folder):
    return {"unet": UNet2DConditionModel.from_pretrained(folder / "unet").double().eval(),
            "text_encoder": CLIPTextModel.from_pretrained(folder / "text_encoder").double().eval()}


def make(model):
    folder = HERE.parent / "models" / model
    parts = load_parts(folder)
    for module in parts.values():
        module.requires_grad_(False)
    sched = DDIMScheduler.from_pretrained(folder / "scheduler")
    tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer")
    generator = torch.Generator().manual_seed(7)
    shape = (1, parts["unet"].config.in_channels, 8, 8)
    latents, noise = torch.randn(shape, generator=generator), torch.randn((STEPS,) + shape, generator=generator)
    time = torch.randint(0, 1000, (STEPS,), generator=generator)
    ids = tokenizer([PROMPT], padding="max_length", max_length=tokenizer.model_max_length, truncation=True,
                    return_tensors="pt").input_ids
    with torch.no_grad():
        states = parts["text_encoder"](ids).last_hidden_state.float()
    out = {"latents": latents, "noise": noise, "time": time.int(), "states": states}
    data = dict(latents=latents.double(), noise=noise.double(), time=time, states=states.double(), ids=ids,
                alphas=sched.alphas_cumprod.double(), prediction=sched.config.prediction_type)
    for case, (method, settings) in MODELS[model].items():
        run_case(case, method, settings, parts, data, out)
    save_file({k: v.contiguous() for k, v in out.items()}, HERE / f"{model}.safetensors")


def check_peft(folder, model):
    from peft import PeftModel
    unet = load_parts(HERE.parent / "models" / model)["unet"].float()
    before = {n: p.detach().clone() for n, p in unet.named_parameters()}
    merged = PeftModel.from_pretrained(unet, folder).merge_and_unload()
    saved = load_file(Path(folder) / "adapter_model.safetensors")
    worst = 0.0
    after = dict(merged.named_parameters())
    for key, u in saved.items():
        name = key.removeprefix("base_model.model.").removesuffix(".oft_R.weight") + ".weight"
        rotation = Rotation(before[name].double(), u.shape[0], torch.Generator())
        expected = rotation.apply(u.double())
        worst = max(worst, (after[name] - expected).abs().max().item() / expected.abs().max().item())
        assert not torch.equal(after[name], before[name]), name
    config = json.loads((Path(folder) / "adapter_config.json").read_text())
    print(f"{len(saved)} layers, r {config['r']}, block {config['oft_block_size']}: largest difference {worst:.2e}")


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[1] == "--peft":
        check_peft(sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "sd1")
    else:
        for each in sys.argv[1:] or MODELS:
            make(each)
