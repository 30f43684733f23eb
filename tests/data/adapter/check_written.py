#!/usr/bin/env python3
"""Checks by hand that what `adapter convert --to` writes is read elsewhere as it is meant here:

    python3 tests/data/adapter/check_written.py build/ui/cli/tincture-cli      (packages as make_adapter_vectors.py)

Each adapter of this folder (and one of shifts, made here) is written as the difference of each weight, which is what it
does here at strength 1, and in the dialects that PEFT, diffusers and LyCORIS read. These merge it, and the largest
difference of a weight is printed as a part of its largest number, a line a file, for the table in
compute/adapter/README.md. Low-rank ones are of full rank, so that they are as near as others get.
"""
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline
from lycoris.functional.general import weight_decompose
from lycoris.functional.loha import diff_weight as loha_weight
from lycoris.modules import get_module, make_module
from make_adapter_vectors import HERE, MODEL, base_text, base_unet, diffusers_merged, text_path
from peft import PeftModel
from safetensors.torch import load_file, save_file

cli = str(Path(sys.argv[1]).resolve())


def convert(source, dialect, out):
    rank = [] if dialect == "dense" else ["--rank", "64"]  # which has none
    run = subprocess.run([cli, "adapter", "convert", str(source), "--model", str(MODEL), "--to", dialect, *rank,
                          "--out", str(out)], capture_output=True, text=True)
    return run.returncode == 0


def flat_names(model, prefix):
    return {prefix + text_path(n).replace(".", "_") if prefix == "lora_te_" else prefix + n.replace(".", "_"): n
            for n, m in model.named_modules() if hasattr(m, "weight")}


def wanted(dense):
    """The U-Net's weights, by name, as they are here."""
    unet = base_unet()
    names, state = flat_names(unet, "lora_unet_"), dict(unet.state_dict())
    for key, diff in dense.items():
        stem, suffix = key.rsplit(".", 1)
        if stem in names:
            name = names[stem] + (".bias" if suffix == "diff_b" else ".weight")
            state[name] = state[name] + diff.reshape(state[name].shape)
    return state


def by_peft(path):
    return PeftModel.from_pretrained(base_unet(), str(path)).merge_and_unload().state_dict()


def by_diffusers(path):
    unet = base_unet()
    state, alphas, metadata = StableDiffusionPipeline.lora_state_dict(
        str(path.parent), weight_name=path.name, unet_config=unet.config, return_lora_metadata=True)
    StableDiffusionPipeline.load_lora_into_unet(state, alphas, unet, metadata=metadata)
    return {**base_unet().state_dict(), **diffusers_merged(unet)}


def wanted_text(dense):
    """The text encoder's weights, by name, as they are here."""
    text = base_text()
    names, state = flat_names(text, "lora_te_"), dict(text.state_dict())
    for key, diff in dense.items():
        name = names[key.removesuffix(".diff")] + ".weight"
        state[name] = state[name] + diff.reshape(state[name].shape)
    return state


def text_by_peft(path):
    return PeftModel.from_pretrained(base_text(), str(path)).merge_and_unload().state_dict()


def text_by_diffusers(path):
    text = base_text()
    state, alphas, metadata = StableDiffusionPipeline.lora_state_dict(
        str(path.parent), weight_name=path.name, return_lora_metadata=True)
    StableDiffusionPipeline.load_lora_into_text_encoder(
        state, alphas, text, prefix="text_encoder", lora_scale=1.0, metadata=metadata)
    return {**base_text().state_dict(), **diffusers_merged(text)}


def lycoris_change(get, w):
    alpha = get("alpha")
    if get("lora_up.weight") is not None:
        up, down = get("lora_up.weight"), get("lora_down.weight")
        return (up.flatten(1) @ down.flatten(1)).reshape(w.shape) * (alpha / len(down))
    if get("hada_w1_a") is not None:
        names = ("hada_w1_b", "hada_w1_a", "hada_w2_b", "hada_w2_a", "hada_t1", "hada_t2")
        return loha_weight(*map(get, names), gamma=alpha / len(get("hada_w1_b"))).reshape(w.shape)
    if get("on_input") is not None:
        by = get("weight").flatten()
        return w * (by.reshape(1, -1, *[1] * (w.ndim - 2)) if get("on_input") else by.reshape(-1, *[1] * (w.ndim - 1)))
    return get("diff") if get("diff") is not None else torch.zeros_like(w)


def by_lycoris(path):
    """By LyCORIS' functions, layer by layer."""
    file, unet = load_file(path), base_unet()
    state = dict(unet.state_dict())
    for stem, name in flat_names(unet, "lora_unet_").items():
        def get(key):
            return file.get(f"{stem}.{key}")

        w = state[name + ".weight"]
        if get("lokr_w1") is not None:  # as LyCORIS opens it, which makes the sizes anew
            kind, tensors = get_module(file, stem)
            module = make_module(kind, tensors, stem, unet.get_submodule(name))
            state[name + ".weight"] = module.get_merged_weight(1, shape=w.shape)[0]
        elif any(k.startswith(stem + ".") for k in file):
            w = w + lycoris_change(get, w).reshape(w.shape)
            dora = get("dora_scale")
            state[name + ".weight"] = w if dora is None else weight_decompose(w, dora, 1, dora.shape[0] == w.shape[0])
        if get("diff_b") is not None:
            state[name + ".bias"] = state[name + ".bias"] + get("diff_b")
    return state


def distance(ours, theirs):
    return max(float((ours[k] - theirs[k]).abs().max() / ours[k].abs().max().clamp_min(1e-12)) for k in ours)


def make_shifts(path):
    g = torch.Generator().manual_seed(1)
    shifts = {k.removesuffix(".weight") + ".delta": 0.1 * torch.randn(min(w.shape[0], w[0].numel()), generator=g)
              for k, w in base_unet().state_dict().items() if k.endswith(".weight") and w.ndim > 1}
    save_file(shifts, path)


READERS = (("peft", by_peft, ""), ("diffusers", by_diffusers, ".safetensors"), ("kohya", by_diffusers, ".safetensors"),
           ("kohya", by_lycoris, ".safetensors"), ("lycoris", by_lycoris, ".safetensors"))

TEXT_READERS = (("peft", text_by_peft, ""), ("diffusers", text_by_diffusers, ".safetensors"))

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        folder = Path(folder)
        make_shifts(folder / "shifts.safetensors")
        sources = sorted(p for p in HERE.iterdir() if p.name != "vectors.safetensors" and "cases" not in p.name and
                         (p.suffix == ".safetensors" or (p / "adapter_config.json").exists()))
        for source in [*sources, folder / "shifts.safetensors"]:
            dense = folder / "dense.safetensors"
            if not convert(source, "dense", dense):
                sys.exit(f"{source.name} cannot be written as the difference of each weight")
            text = source.name == "peft-text"
            right = (wanted_text if text else wanted)(load_file(dense))
            for i, (dialect, read, suffix) in enumerate(TEXT_READERS if text else READERS):
                out = folder / f"{source.stem}-{dialect}-{i}{suffix}"
                if convert(source, dialect, out):
                    print(f"{source.stem:22} {dialect:10} {read.__name__:13} {distance(right, read(out)):.2g}", flush=True)
