"""A training that is to be gone on with elsewhere, kept small: what version 2's networks differ in from version 1's.

    python unfinished.py --pack work/export --grow-from sources/v1 --to unfinished.safetensors
    python unfinished.py --unpack unfinished.safetensors --grow-from sources/v1 --to work/export
    python 3_diffusion.py --work work --minutes 95 --start-from work/export --words-minutes 0

Four bits a difference: a quarter of the fp16 weights. What this rounds off (a tenth of the change since version 1) the next
steps learn again. The autoencoder and the tokenizer lie in work/export already (README.md).
"""
import argparse
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

import grow
import model

MOST = 7            # of -7 to 7
CLIPS = (1.0, 0.85, 0.7, 0.6, 0.5)


def grown(tokenizer, v1):
    """Version 2's networks with what version 1 says of them, and zeros elsewhere."""
    nets = {"unet": model.new_unet(), "text_encoder": model.new_text_encoder(len(tokenizer.ids), tokenizer.start, tokenizer.end)}
    with torch.no_grad():
        for net in nets.values():
            for p in net.parameters():
                p.zero_()
        grow.grown_unet(nets["unet"], v1)
        grow.grown_text_encoder(nets["text_encoder"], tokenizer, model.Tokenizer(v1 / "tokenizer"), v1)
    return nets


def rounded(change):
    """(whole numbers, a scale for each row): of some scales the one that loses least; what is larger is cut."""
    rows = change.reshape(change.shape[0], -1) if change.dim() > 1 else change.reshape(1, -1)
    largest = rows.abs().amax(1, keepdim=True).clamp(min=1e-8) / MOST
    best = None
    for clip in CLIPS:
        scale = (largest * clip).half().float().clamp(min=6e-8)
        whole = (rows / scale).round().clamp(-MOST, MOST)
        loss = (whole * scale - rows).square().sum(1, keepdim=True)
        best = (loss, whole, scale) if best is None else tuple(torch.where(loss < best[0], a, b) for a, b in zip((loss, whole, scale), best))
    return best[1].to(torch.int8), best[2].half()


def pack(export, v1, path):
    kept = {}
    for name, net in grown(model.Tokenizer(export / "tokenizer"), v1).items():
        file = "model.safetensors" if name == "text_encoder" else "diffusion_pytorch_model.safetensors"
        state = load_file(export / name / file)
        for key, old in net.state_dict().items():
            new = state[key] if key in state else state["text_model." + key]
            whole, scale = rounded(new.float() - old)
            flat = torch.cat([whole.flatten(), whole.new_zeros(whole.numel() % 2)]) + 8
            kept[f"{name}.{key}"] = flat[::2].to(torch.uint8) + 16 * flat[1::2].to(torch.uint8)
            kept[f"{name}.{key}.scale"] = scale
    save_file(kept, path)


def unpack(path, v1, export):
    kept = load_file(path)
    nets = grown(model.Tokenizer(export / "tokenizer"), v1)
    for name, net in nets.items():
        state = net.state_dict()
        for key, value in state.items():
            pairs, scale = kept[f"{name}.{key}"], kept[f"{name}.{key}.scale"].float()
            whole = torch.stack([pairs % 16, pairs // 16], 1).flatten()[:value.numel()].float() - 8
            value += (whole.reshape(len(scale), -1) * scale).reshape(value.shape)
        net.load_state_dict(state)
        model.save_network(export, name, net)
    model.write_frame(export)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--pack", type=Path, help="a model folder of version 2")
    options.add_argument("--unpack", type=Path)
    options.add_argument("--grow-from", type=Path, required=True, help="the folder of version 1")
    options.add_argument("--to", type=Path, required=True)
    options = options.parse_args()
    if options.pack:
        pack(options.pack, options.grow_from, options.to)
    else:
        unpack(options.unpack, options.grow_from, options.to)


if __name__ == "__main__":
    main()
