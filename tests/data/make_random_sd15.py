#!/usr/bin/env python3
"""Writes a model folder of Stable Diffusion 1.5's size with random weights: python3 make_random_sd15.py FOLDER

For measuring load time, memory and step time without the real weights (4.3 GB in fp32, --half for 2.1 GB in fp16).
Needs numpy and safetensors only. The tokenizer is that of tests/data/models/sd1: its ids are few, but legal.
Pictures made with it are noise.
"""
import argparse
import json
import shutil
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

TEXT = dict(model_type="clip_text_model", vocab_size=49408, hidden_size=768, intermediate_size=3072,
            num_hidden_layers=12, num_attention_heads=12, max_position_embeddings=77, hidden_act="quick_gelu",
            layer_norm_eps=1e-5)
UNET = dict(_class_name="UNet2DConditionModel", sample_size=64, in_channels=4, out_channels=4,
            block_out_channels=[320, 640, 1280, 1280], layers_per_block=2, cross_attention_dim=768,
            attention_head_dim=8, norm_num_groups=32, norm_eps=1e-5,
            down_block_types=["CrossAttnDownBlock2D"] * 3 + ["DownBlock2D"],
            up_block_types=["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 3)
VAE = dict(_class_name="AutoencoderKL", sample_size=512, latent_channels=4, block_out_channels=[128, 256, 512, 512],
           layers_per_block=2, norm_num_groups=32, scaling_factor=0.18215,
           down_block_types=["DownEncoderBlock2D"] * 4, up_block_types=["UpDecoderBlock2D"] * 4)
SCHED = dict(_class_name="DDIMScheduler", beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
             num_train_timesteps=1000, steps_offset=1, set_alpha_to_one=False, clip_sample=False,
             prediction_type="epsilon")


class Weights(dict):
    """Collects tensors by name; values of a sensible size, so that nothing overflows on the way."""

    def __init__(self, dtype):
        super().__init__()
        self.dtype = dtype
        self.random = np.random.default_rng(0)

    def matrix(self, name, *shape, bias=True):
        scale = np.float32(np.prod(shape[1:]) ** -0.5)
        values = self.random.standard_normal(shape, dtype=np.float32) * scale
        self[name + ".weight"] = values.astype(self.dtype)
        if bias:
            self[name + ".bias"] = np.zeros(shape[0], self.dtype)

    def norm(self, name, size):
        self[name + ".weight"] = np.ones(size, self.dtype)
        self[name + ".bias"] = np.zeros(size, self.dtype)

    def resnet(self, name, i, o, time=None):
        self.norm(f"{name}.norm1", i)
        self.matrix(f"{name}.conv1", o, i, 3, 3)
        if time:
            self.matrix(f"{name}.time_emb_proj", o, time)
        self.norm(f"{name}.norm2", o)
        self.matrix(f"{name}.conv2", o, o, 3, 3)
        if i != o:
            self.matrix(f"{name}.conv_shortcut", o, i, 1, 1)


def make_text(w, c):
    size = c["hidden_size"]
    w.matrix("text_model.embeddings.token_embedding", c["vocab_size"], size, bias=False)
    w.matrix("text_model.embeddings.position_embedding", c["max_position_embeddings"], size, bias=False)
    for i in range(c["num_hidden_layers"]):
        layer = f"text_model.encoder.layers.{i}"
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            w.matrix(f"{layer}.self_attn.{name}", size, size)
        w.norm(f"{layer}.layer_norm1", size)
        w.norm(f"{layer}.layer_norm2", size)
        w.matrix(f"{layer}.mlp.fc1", c["intermediate_size"], size)
        w.matrix(f"{layer}.mlp.fc2", size, c["intermediate_size"])
    w.norm("text_model.final_layer_norm", size)


def make_transformer(w, name, size, cross):
    w.norm(f"{name}.norm", size)
    w.matrix(f"{name}.proj_in", size, size, 1, 1)
    block = f"{name}.transformer_blocks.0"
    for attention, keys in (("attn1", size), ("attn2", cross)):
        w.matrix(f"{block}.{attention}.to_q", size, size, bias=False)
        w.matrix(f"{block}.{attention}.to_k", size, keys, bias=False)
        w.matrix(f"{block}.{attention}.to_v", size, keys, bias=False)
        w.matrix(f"{block}.{attention}.to_out.0", size, size)
    for norm in ("norm1", "norm2", "norm3"):
        w.norm(f"{block}.{norm}", size)
    w.matrix(f"{block}.ff.net.0.proj", 8 * size, size)
    w.matrix(f"{block}.ff.net.2", size, 4 * size)
    w.matrix(f"{name}.proj_out", size, size, 1, 1)


def make_unet(w, c):
    channels, cross, layers = c["block_out_channels"], c["cross_attention_dim"], c["layers_per_block"]
    time = 4 * channels[0]
    w.matrix("time_embedding.linear_1", time, channels[0])
    w.matrix("time_embedding.linear_2", time, time)
    w.matrix("conv_in", channels[0], c["in_channels"], 3, 3)
    skips, size = [channels[0]], channels[0]
    for i, (out, kind) in enumerate(zip(channels, c["down_block_types"])):
        for j in range(layers):
            w.resnet(f"down_blocks.{i}.resnets.{j}", size, out, time)
            size = out
            skips.append(size)
            if kind.startswith("CrossAttn"):
                make_transformer(w, f"down_blocks.{i}.attentions.{j}", size, cross)
        if i < len(channels) - 1:
            w.matrix(f"down_blocks.{i}.downsamplers.0.conv", size, size, 3, 3)
            skips.append(size)
    w.resnet("mid_block.resnets.0", size, size, time)
    make_transformer(w, "mid_block.attentions.0", size, cross)
    w.resnet("mid_block.resnets.1", size, size, time)
    for i, (out, kind) in enumerate(zip(reversed(channels), c["up_block_types"])):
        for j in range(layers + 1):
            w.resnet(f"up_blocks.{i}.resnets.{j}", size + skips.pop(), out, time)
            size = out
            if kind.startswith("CrossAttn"):
                make_transformer(w, f"up_blocks.{i}.attentions.{j}", size, cross)
        if i < len(channels) - 1:
            w.matrix(f"up_blocks.{i}.upsamplers.0.conv", size, size, 3, 3)
    w.norm("conv_norm_out", size)
    w.matrix("conv_out", c["out_channels"], size, 3, 3)


def make_vae_mid(w, coder, size):
    w.resnet(f"{coder}.mid_block.resnets.0", size, size)
    w.norm(f"{coder}.mid_block.attentions.0.group_norm", size)
    for name in ("to_q", "to_k", "to_v", "to_out.0"):
        w.matrix(f"{coder}.mid_block.attentions.0.{name}", size, size)
    w.resnet(f"{coder}.mid_block.resnets.1", size, size)


def make_vae(w, c):
    channels, latent, layers = c["block_out_channels"], c["latent_channels"], c["layers_per_block"]
    last, size = len(channels) - 1, channels[0]
    w.matrix("encoder.conv_in", size, 3, 3, 3)
    for i, out in enumerate(channels):
        for j in range(layers):
            w.resnet(f"encoder.down_blocks.{i}.resnets.{j}", size, out)
            size = out
        if i < last:
            w.matrix(f"encoder.down_blocks.{i}.downsamplers.0.conv", size, size, 3, 3)
    make_vae_mid(w, "encoder", size)
    w.norm("encoder.conv_norm_out", size)
    w.matrix("encoder.conv_out", 2 * latent, size, 3, 3)
    w.matrix("quant_conv", 2 * latent, 2 * latent, 1, 1)
    w.matrix("post_quant_conv", latent, latent, 1, 1)
    w.matrix("decoder.conv_in", size, latent, 3, 3)
    make_vae_mid(w, "decoder", size)
    for i, out in enumerate(reversed(channels)):
        for j in range(layers + 1):
            w.resnet(f"decoder.up_blocks.{i}.resnets.{j}", size, out)
            size = out
        if i < last:
            w.matrix(f"decoder.up_blocks.{i}.upsamplers.0.conv", size, size, 3, 3)
    w.norm("decoder.conv_norm_out", size)
    w.matrix("decoder.conv_out", 3, size, 3, 3)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--half", action="store_true", help="fp16 instead of fp32")
    args = parser.parse_args()
    parts = {"text_encoder": (make_text, TEXT, "model.safetensors"),
             "unet": (make_unet, UNET, "diffusion_pytorch_model.safetensors"),
             "vae": (make_vae, VAE, "diffusion_pytorch_model.safetensors")}
    for name, (make, config, file) in parts.items():
        weights = Weights(np.float16 if args.half else np.float32)
        make(weights, config)
        folder = args.folder / name
        folder.mkdir(parents=True)
        (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
        save_file(weights, folder / file)
        print(f"{name:13} {sum(v.size for v in weights.values()):11,} parameters, {len(weights)} tensors")
    (args.folder / "scheduler").mkdir()
    (args.folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(SCHED, indent=1) + "\n")
    shutil.copytree(Path(__file__).parent / "models" / "sd1" / "tokenizer", args.folder / "tokenizer")


if __name__ == "__main__":
    main()
