#!/usr/bin/env python3
"""Writes a model folder in the diffusers layout as one file in the original layout of Stable Diffusion 1.x or 2.x.

    python3 tests/data/make_single_file.py FOLDER FILE [--plain] [--bare] [--widen] [--check]

The build makes the tests' files with it from tests/data/models, so it needs nothing but Python. The names are written
from the table of the layout and know nothing of the program's own. What a small model has and the names and shapes of
its tensors do not tell (heads, groups, sizes) goes into the metadata as `config`.

    --plain   without that metadata, as published files are
    --bare    CLIP's names without their "text_model." wrapper, as some programs write them
    --widen   the autoencoder in fp32, whatever the folder has: a file of two number formats
    --check   compares with the folder what diffusers' own conversion makes of the file (needs torch and diffusers; its
              conversion knows one number of layers for all levels)
"""
import argparse
import array
import json
import re
import struct
from pathlib import Path

PARTS = ("text_encoder", "unet", "vae")
UNSEEN = {
    "text_encoder": ("num_attention_heads",),
    "unet": ("attention_head_dim", "norm_num_groups", "norm_eps", "flip_sin_to_cos", "freq_shift", "sample_size"),
    "vae": ("norm_num_groups", "scaling_factor", "sample_size"),
}


class Tensor:
    def __init__(self, dtype, shape, data):
        self.dtype, self.shape, self.data = dtype, list(shape), data

    def shaped(self, *shape):
        return Tensor(self.dtype, shape, self.data)

    def widened(self):
        """fp16 as fp32, which is exact."""
        if self.dtype != "F16":
            return self
        values = struct.unpack(f"<{len(self.data) // 2}e", self.data)
        return Tensor("F32", self.shape, array.array("f", values).tobytes())


def read(folder):
    tensors = {}
    for path in sorted(folder.glob("*.safetensors")):
        with open(path, "rb") as f:
            header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
            base = f.tell()
            header.pop("__metadata__", None)
            for name, entry in header.items():
                begin, end = entry["data_offsets"]
                f.seek(base + begin)
                tensors[name] = Tensor(entry["dtype"], entry["shape"], f.read(end - begin))
    return tensors


def write(path, tensors, metadata):
    header, at = {}, 0
    if metadata:
        header["__metadata__"] = metadata
    for name, t in tensors.items():
        header[name] = {"dtype": t.dtype, "shape": t.shape, "data_offsets": [at, at + len(t.data)]}
        at += len(t.data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for t in tensors.values():
            f.write(t.data)


# ---- names -----------------------------------------------------------------------------------------------

RESNET = {"norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1", "norm2": "out_layers.0",
          "conv2": "out_layers.3", "conv_shortcut": "skip_connection"}
UNET = {"time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2",
        "conv_in": "input_blocks.0.0", "conv_norm_out": "out.0", "conv_out": "out.2"}
VAE_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out",
                 "query": "q", "key": "k", "value": "v", "proj_attn": "proj_out"}
OPEN_CLIP = {"layer_norm1": "ln_1", "layer_norm2": "ln_2", "self_attn.out_proj": "attn.out_proj",
             "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj"}


def unet_blocks(config, tensors):
    """(path of a resnet, attention or resampler in the folder, its path in the file), as the original numbers them."""
    levels = len(config["block_out_channels"])
    layers = config["layers_per_block"]
    layers = layers if isinstance(layers, list) else [layers] * levels
    blocks, n = [], 1
    for i in range(levels):
        for j in range(layers[i]):
            blocks.append((f"down_blocks.{i}.resnets.{j}", f"input_blocks.{n}.0"))
            blocks.append((f"down_blocks.{i}.attentions.{j}", f"input_blocks.{n}.1"))
            n += 1
        if i < levels - 1:
            blocks.append((f"down_blocks.{i}.downsamplers.0.conv", f"input_blocks.{n}.0.op"))
            n += 1
    blocks += [("mid_block.resnets.0", "middle_block.0"), ("mid_block.attentions.0", "middle_block.1"),
               ("mid_block.resnets.1", "middle_block.2")]
    n = 0
    for i in range(levels):
        for j in range(layers[levels - 1 - i] + 1):
            blocks.append((f"up_blocks.{i}.resnets.{j}", f"output_blocks.{n}.0"))
            blocks.append((f"up_blocks.{i}.attentions.{j}", f"output_blocks.{n}.1"))
            n += 1
        attention = any(k.startswith(f"up_blocks.{i}.attentions.") for k in tensors)
        blocks.append((f"up_blocks.{i}.upsamplers.0.conv", f"output_blocks.{n - 1}.{2 if attention else 1}.conv"))
    return blocks


def unet_names(config, tensors):
    blocks = unet_blocks(config, tensors)
    for name, t in tensors.items():
        layer, kind = name.rsplit(".", 1)
        if layer in UNET:
            yield f"{UNET[layer]}.{kind}", t
            continue
        ours, theirs = next(b for b in blocks if name.startswith(b[0] + "."))
        rest = name[len(ours) + 1:]
        if ".resnets." in ours:
            layer, kind = rest.rsplit(".", 1)
            rest = f"{RESNET[layer]}.{kind}"
        yield f"{theirs}.{rest}", t


def vae_names(config, tensors):
    last = len(config["block_out_channels"]) - 1
    for name, t in tensors.items():
        name = name.replace(".conv_norm_out.", ".norm_out.").replace(".conv_shortcut.", ".nin_shortcut.")
        name = re.sub(r"\.down_blocks\.(\d+)\.resnets\.", r".down.\1.block.", name)
        name = re.sub(r"\.down_blocks\.(\d+)\.downsamplers\.0\.", r".down.\1.downsample.", name)
        name = re.sub(r"\.up_blocks\.(\d+)\.resnets\.", lambda m: f".up.{last - int(m[1])}.block.", name)
        name = re.sub(r"\.up_blocks\.(\d+)\.upsamplers\.0\.", lambda m: f".up.{last - int(m[1])}.upsample.", name)
        name = re.sub(r"\.mid_block\.resnets\.(\d)\.", lambda m: f".mid.block_{int(m[1]) + 1}.", name)
        found = re.match(r"(.*)\.mid_block\.attentions\.0\.(.*)\.(weight|bias)$", name)
        if found:
            coder, layer, kind = found.groups()
            name = f"{coder}.mid.attn_1.{VAE_ATTENTION[layer]}.{kind}"
            if kind == "weight" and layer != "group_norm":  # 1x1 convolutions there
                t = t.shaped(*(t.shape + [1, 1])[:4])
        yield name, t


def clip_names(tensors, bare):
    for name, t in tensors.items():
        yield name.removeprefix("text_model.") if bare else name, t
    tokens = next(t for name, t in tensors.items() if name.endswith("position_embedding.weight")).shape[0]
    ids = Tensor("I64", (1, tokens), struct.pack(f"<{tokens}q", *range(tokens)))
    yield ("" if bare else "text_model.") + "embeddings.position_ids", ids


def open_clip_names(tensors):
    tensors = {name.removeprefix("text_model."): t for name, t in tensors.items()}
    tokens = tensors["embeddings.token_embedding.weight"]
    yield "token_embedding.weight", tokens
    yield "positional_embedding", tensors["embeddings.position_embedding.weight"]
    for kind in ("weight", "bias"):
        yield f"ln_final.{kind}", tensors[f"final_layer_norm.{kind}"]
    layers = 1 + max(int(name.split(".")[2]) for name in tensors if name.startswith("encoder.layers."))
    for i in range(layers + 1):  # one more than the folder has: the layer whose output is not used
        layer, block = f"encoder.layers.{min(i, layers - 1)}", f"transformer.resblocks.{i}"
        for kind in ("weight", "bias"):
            three = [tensors[f"{layer}.self_attn.{p}_proj.{kind}"] for p in "qkv"]
            shape = [3 * three[0].shape[0]] + three[0].shape[1:]
            yield f"{block}.attn.in_proj_{kind}", Tensor(three[0].dtype, shape, b"".join(t.data for t in three))
            for ours, theirs in OPEN_CLIP.items():
                yield f"{block}.{theirs}.{kind}", tensors[f"{layer}.{ours}.{kind}"]
    width = tokens.shape[1]
    yield "text_projection", Tensor("F32", (width, width), bytes(4 * width * width))
    yield "logit_scale", Tensor("F32", (), bytes(4))


def single_file(folder, bare, widen):
    config = {part: json.loads((folder / part / "config.json").read_text()) for part in PARTS}
    parts = {part: read(folder / part) for part in PARTS}
    if widen:
        parts["vae"] = {name: t.widened() for name, t in parts["vae"].items()}
    out = {"betas": Tensor("F32", (1000,), bytes(4000)), "model_ema.num_updates": Tensor("I32", (), bytes(4))}
    for name, t in unet_names(config["unet"], parts["unet"]):
        out[f"model.diffusion_model.{name}"] = t
    for name, t in vae_names(config["vae"], parts["vae"]):
        out[f"first_stage_model.{name}"] = t
    if config["text_encoder"]["hidden_act"] == "gelu":
        for name, t in open_clip_names(parts["text_encoder"]):
            out[f"cond_stage_model.model.{name}"] = t
    else:
        for name, t in clip_names(parts["text_encoder"], bare):
            out[f"cond_stage_model.transformer.{name}"] = t
    return out


def unseen(folder):
    config = {}
    for part, keys in UNSEEN.items():
        whole = json.loads((folder / part / "config.json").read_text())
        config[part] = {key: whole[key] for key in keys if key in whole}
    scheduler = json.loads((folder / "scheduler" / "scheduler_config.json").read_text())
    config["scheduler"] = {"timestep_spacing": scheduler["timestep_spacing"]}
    out = {"config": json.dumps(config)}
    text = json.loads((folder / "text_encoder" / "config.json").read_text())
    # Of SD 2.x the weights tell it.
    if scheduler["prediction_type"] == "v_prediction" and text["hidden_act"] != "gelu":
        out["modelspec.prediction_type"] = "v"
    return out


# ---- the reference's way back ----------------------------------------------------------------------------

def check(folder, path):
    import torch
    from diffusers.loaders.single_file_utils import (convert_ldm_clip_checkpoint, convert_ldm_unet_checkpoint,
                                                     convert_ldm_vae_checkpoint, convert_open_clip_checkpoint)
    from safetensors.torch import load_file
    from types import SimpleNamespace

    config = {part: json.loads((folder / part / "config.json").read_text()) for part in PARTS}
    folder_parts = {}
    for part in PARTS:
        folder_parts[part] = {}
        for f in sorted((folder / part).glob("*.safetensors")):
            folder_parts[part].update(load_file(f))
    file = load_file(path)
    text = SimpleNamespace(config=SimpleNamespace(hidden_size=config["text_encoder"]["hidden_size"]))
    back = {
        "unet": convert_ldm_unet_checkpoint(dict(file), config["unet"]),
        "vae": convert_ldm_vae_checkpoint(dict(file), config["vae"]),
        "text_encoder": convert_open_clip_checkpoint(text, dict(file))
        if config["text_encoder"]["hidden_act"] == "gelu" else convert_ldm_clip_checkpoint(dict(file)),
    }
    for part in PARTS:
        # transformers has written this prefix and not written it.
        theirs = {name.removeprefix("text_model."): t for name, t in back[part].items()}
        ours = {name.removeprefix("text_model."): t for name, t in folder_parts[part].items()}
        bad = [n for n, t in ours.items() if n not in theirs or theirs[n].squeeze().shape != t.squeeze().shape
               or not torch.equal(theirs[n].reshape(t.shape).to(t.dtype), t)]
        if bad:
            raise SystemExit(f"{path}: {part}: {len(bad)} of {len(ours)} tensors differ: {bad[:5]}")
        print(f"{part}: {len(ours)} tensors equal; unused: {sorted(set(theirs) - set(ours))[:3]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("file", type=Path)
    for option in ("plain", "bare", "widen", "check"):
        parser.add_argument(f"--{option}", action="store_true")
    args = parser.parse_args()
    write(args.file, single_file(args.folder, args.bare, args.widen), None if args.plain else unseen(args.folder))
    if args.check:
        check(args.folder, args.file)


if __name__ == "__main__":
    main()
