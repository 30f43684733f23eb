#!/usr/bin/env python3
"""Makes control_MODEL.safetensors for tests/train: ten steps of the objective `control`.

Run by hand after make_train_vectors.py, whose start values it uses (arguments: the models to do; none: all); the set, the draw and the rates are those of
make_batch_vectors.py, and each picture has a hint of whole numbers (test_control.c has the same). The hint encoder
begins as the program's does: uniform numbers of the seed 1 in the engine's order within sqrt(6 / inputs), biases and
the last convolution at zero.

    CASE.loss, CASE.grad_norm (10)   before each AdamW step; grad_norm before clipping
    CASE.norm (10)                   of all parameters, after each step
    CASE.grad/PART/PATH, CASE.grad/own   gradients of step 4 (the first whose every weight of the encoder has one);
                                         own: the encoder's tensors in their order, as the engine lays them out
    CASE.encoder/NAME                the encoder's tensors after the ten steps, as files have them
    CASE.features (h,w,c)            what the encoder then makes of the first hint
"""
import math
import sys

import torch
from diffusers import AutoencoderKL, DDIMScheduler
from safetensors.torch import load_file, save_file
from torch.func import functional_call
from transformers import CLIPTokenizer

import make_batch_vectors as batch
import make_train_vectors as train

WIDTHS, START_SEED, WATCHED = (16, 32, 96, 256), 1, 3
# model: cases; a case is (name of the adapter's start values or None, draw, clip_norm, settings)
MODELS = {
    "sd1": {"lora": ("lora", "batch3", 0.3, batch.LORA), "oft": ("oft_r2", "batch3", 0.3, dict(blocks=2)),
            "alone": (None, "batch3", 0.3, {})},
    "sd2": {"svdiff": ("svdiff", "batch2", 0.5, {})},
    "levels": {"lora": ("lora", "batch2", 0.3, dict(rank=2))},
}


def encoder_shapes(levels, channels):
    """Name and (outputs, inputs, stride) of each convolution."""
    width = [WIDTHS[min(i, 3)] for i in range(levels)]
    yield "conv_in", (width[0], 3, 1)
    for i in range(2 * (levels - 1)):
        yield f"blocks.{i}", (width[(i + 1) // 2], width[i // 2], 1 + i % 2)
    yield "conv_out", (channels, width[-1], 1)


def make_encoder(levels, channels):
    stream, values, strides = batch.Stream(START_SEED), {}, {}
    for name, (out, inputs, stride) in encoder_shapes(levels, channels):
        bound, last = math.sqrt(6 / (inputs * 9)), name == "conv_out"
        draw = lambda n: [0.0 if last else bound * (2 * stream.uniform() - 1) for _ in range(n)]
        weight = torch.tensor(draw(out * 9 * inputs)).view(out, 3, 3, inputs).permute(0, 3, 1, 2)
        values[name + ".weight"] = weight.double().contiguous().requires_grad_()
        values[name + ".bias"] = torch.zeros(out).double().requires_grad_()
        strides[name] = stride
    return values, strides


def encode(values, strides, hints):
    x = hints
    for name, stride in strides.items():
        x = torch.nn.functional.conv2d(x, values[name + ".weight"], values[name + ".bias"], stride, 1)
        x = x if name == "conv_out" else torch.nn.functional.silu(x)
    return x


def hint(k, side):
    """(3,side,side) in 0..1, from the same whole numbers as test_control.c's (side,side,3)."""
    numbers = [((i * (13 + 6 * k) + i // 23) % 17) / 16 for i in range(side * side * 3)]
    return torch.tensor(numbers).double().view(side, side, 3).permute(2, 0, 1)


def engine_order(g):
    return (g.permute(0, 2, 3, 1) if g.ndim == 4 else g).reshape(-1)


def loss_of(parts, params, values, encoder, strides, rows, data):
    changed = {part: {n: p.apply(values[q, n]) for (q, n), p in params.items() if q == part} for part in parts}
    time = torch.tensor([row[1] for row in rows])
    z, noise = (torch.stack([row[k] for row in rows]) for k in (3, 4))
    abar = data["alphas"][time].view(-1, 1, 1, 1)
    target = noise if data["prediction"] == "epsilon" else abar.sqrt() * noise - (1 - abar).sqrt() * z
    text = batch.text_of(parts, changed, rows, data, None)
    features = encode(encoder, strides, torch.stack([data["hints"][row[0]] for row in rows]))
    handle = parts["unet"].conv_in.register_forward_hook(lambda module, given, out: out + features)
    noisy = abar.sqrt() * z + (1 - abar).sqrt() * noise
    output = functional_call(parts["unet"], changed["unet"], (noisy, time, text)).sample
    handle.remove()
    weight = torch.tensor([batch.SET[row[0]]["weight"] * row[2] for row in rows]).double().view(-1, 1, 1, 1)
    mask = torch.stack([data["mask"] if batch.SET[row[0]].get("mask") else torch.ones_like(data["mask"])
                        for row in rows])
    return (weight * mask * (output - target) ** 2).mean()


def run_case(case, start, kind, clip_norm, settings, parts, data, starts, out):
    params = train.make_params(start.split("_")[0], settings, parts, torch.Generator().manual_seed(11)) if start else {}
    values = {key: starts[train.stored_name("start", start, *key)].double().view(p.start.shape).requires_grad_()
              for key, p in params.items()}
    encoder, strides = make_encoder(data["levels"], parts["unet"].config.block_out_channels[0])
    vectors = [v for k, v in values.items() if params[k].weight.ndim == 1]
    matrices = [v for k, v in values.items() if params[k].weight.ndim > 1]
    groups = [{"params": matrices, "lr": 1e-2}, {"params": vectors, "lr": 1e-3},
              {"params": list(encoder.values()), "lr": 2e-2}]
    optimizer = torch.optim.AdamW([g for g in groups if g["params"]], weight_decay=batch.DECAY)
    stream, curve = batch.Stream(batch.SEED), {"loss": [], "grad_norm": [], "norm": []}
    every = [*values.values(), *encoder.values()]
    for i in range(batch.STEPS):
        rows = batch.draw_batch(stream, kind, data)
        optimizer.zero_grad()
        loss = loss_of(parts, params, values, encoder, strides, rows, data)
        loss.backward()
        curve["loss"].append(loss.item())
        if i == WATCHED:
            for key, v in values.items():
                out[train.stored_name("grad", case, *key)] = v.grad.float().clone()
            out[f"{case}.grad/own"] = torch.cat([engine_order(v.grad) for v in encoder.values()]).float()
        curve["grad_norm"].append(torch.nn.utils.clip_grad_norm_(every, clip_norm).item())
        optimizer.step()
        curve["norm"].append(math.sqrt(sum((v.detach() ** 2).sum().item() for v in every)))
    out.update({f"{case}.{key}": torch.tensor(numbers) for key, numbers in curve.items()})
    out.update({f"{case}.encoder/{name}": v.detach().float().clone() for name, v in encoder.items()})
    features = encode(encoder, strides, data["hints"][0][None])[0]
    out[f"{case}.features"] = features.detach().permute(1, 2, 0).float()
    print(f"{case:10} loss {curve['loss'][0]:.4f} -> {curve['loss'][-1]:.4f}, gradient norms "
          + " ".join(f"{x:.3f}" for x in curve["grad_norm"]))


def make(model):
    folder = train.HERE.parent / "models" / model
    parts = train.load_parts(folder)
    vae = AutoencoderKL.from_pretrained(folder / "vae").double().eval()
    for module in (*parts.values(), vae):
        module.requires_grad_(False)
    sched = DDIMScheduler.from_pretrained(folder / "scheduler")
    tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer")
    levels = len(vae.config.block_out_channels)
    side = batch.SIDE * 2 ** (levels - 1)
    posterior = [vae.encode(batch.picture(k, side)).latent_dist for k in range(len(batch.SET))]
    scale = vae.config.scaling_factor
    mask = torch.tensor([2.0] * (batch.SIDE // 2) + [0.0] * (batch.SIDE // 2)).double()
    data = dict(mean=[scale * p.mean[0] for p in posterior], std=[scale * p.std[0] for p in posterior],
                mask=mask.expand(1, batch.SIDE, batch.SIDE), levels=levels,
                hints=[hint(k, side) for k in range(len(batch.SET))],
                ids=[tokenizer([s["caption"]], padding="max_length", max_length=tokenizer.model_max_length,
                               truncation=True, return_tensors="pt").input_ids for s in batch.SET],
                alphas=sched.alphas_cumprod.double(), prediction=sched.config.prediction_type)
    starts, out = load_file(train.HERE / f"{model}.safetensors"), {}
    for case, arguments in MODELS[model].items():
        run_case(case, *arguments, parts, data, starts, out)
    save_file({k: v.contiguous() for k, v in out.items()}, train.HERE / f"control_{model}.safetensors")


if __name__ == "__main__":
    for each in sys.argv[1:] or MODELS:
        make(each)
