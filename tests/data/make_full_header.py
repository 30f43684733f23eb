#!/usr/bin/env python3
"""Writes the header of a single-file checkpoint as large as the published ones: make_full_header.py sd1|sd2 FILE

The tensors follow from the original's configurations (v1-inference.yaml, v2-inference.yaml), block by block as its
networks are built; their data, all fp16, is left out: a test lengthens the file by as many zeros. The build makes both.
"""
import json
import struct
import sys

CHANNELS, RESNETS, CROSS_LEVELS = (320, 640, 1280, 1280), 2, 3
VAE_CHANNELS, VAE_RESNETS = (128, 256, 512, 512), 2

shapes = {}


def layer(name, *shape, bias=True):
    shapes[f"{name}.weight"] = shape
    if bias:
        shapes[f"{name}.bias"] = shape[:1]


def unet_resnet(name, i, o):
    layer(f"{name}.in_layers.0", i)
    layer(f"{name}.in_layers.2", o, i, 3, 3)
    layer(f"{name}.emb_layers.1", o, 4 * CHANNELS[0])
    layer(f"{name}.out_layers.0", o)
    layer(f"{name}.out_layers.3", o, o, 3, 3)
    if i != o:
        layer(f"{name}.skip_connection", o, i, 1, 1)


def transformer(name, size, context, linear):
    ones = () if linear else (1, 1)
    layer(f"{name}.norm", size)
    layer(f"{name}.proj_in", size, size, *ones)
    block = f"{name}.transformer_blocks.0"
    for attention, keys in (("attn1", size), ("attn2", context)):
        layer(f"{block}.{attention}.to_q", size, size, bias=False)
        layer(f"{block}.{attention}.to_k", size, keys, bias=False)
        layer(f"{block}.{attention}.to_v", size, keys, bias=False)
        layer(f"{block}.{attention}.to_out.0", size, size)
    layer(f"{block}.ff.net.0.proj", 8 * size, size)
    layer(f"{block}.ff.net.2", size, 4 * size)
    for norm in ("norm1", "norm2", "norm3"):
        layer(f"{block}.{norm}", size)
    layer(f"{name}.proj_out", size, size, *ones)


def unet(context, linear):
    p = "model.diffusion_model."
    size = CHANNELS[0]
    layer(p + "time_embed.0", 4 * size, size)
    layer(p + "time_embed.2", 4 * size, 4 * size)
    layer(p + "input_blocks.0.0", size, 4, 3, 3)
    skips, n = [size], 1
    for level, out in enumerate(CHANNELS):
        for _ in range(RESNETS):
            unet_resnet(f"{p}input_blocks.{n}.0", size, out)
            if level < CROSS_LEVELS:
                transformer(f"{p}input_blocks.{n}.1", out, context, linear)
            size, n = out, n + 1
            skips.append(size)
        if level < len(CHANNELS) - 1:
            layer(f"{p}input_blocks.{n}.0.op", size, size, 3, 3)
            skips.append(size)
            n += 1
    unet_resnet(p + "middle_block.0", size, size)
    transformer(p + "middle_block.1", size, context, linear)
    unet_resnet(p + "middle_block.2", size, size)
    n = 0
    for level in reversed(range(len(CHANNELS))):
        for i in range(RESNETS + 1):
            unet_resnet(f"{p}output_blocks.{n}.0", size + skips.pop(), CHANNELS[level])
            size, part = CHANNELS[level], 1
            if level < CROSS_LEVELS:
                transformer(f"{p}output_blocks.{n}.1", size, context, linear)
                part = 2
            if level and i == RESNETS:
                layer(f"{p}output_blocks.{n}.{part}.conv", size, size, 3, 3)
            n += 1
    layer(p + "out.0", size)
    layer(p + "out.2", 4, size, 3, 3)


def vae_resnet(name, i, o):
    layer(f"{name}.norm1", i)
    layer(f"{name}.conv1", o, i, 3, 3)
    layer(f"{name}.norm2", o)
    layer(f"{name}.conv2", o, o, 3, 3)
    if i != o:
        layer(f"{name}.nin_shortcut", o, i, 1, 1)


def vae_mid(name, size):
    vae_resnet(f"{name}.block_1", size, size)
    layer(f"{name}.attn_1.norm", size)
    for part in ("q", "k", "v", "proj_out"):
        layer(f"{name}.attn_1.{part}", size, size, 1, 1)
    vae_resnet(f"{name}.block_2", size, size)


def vae():
    p = "first_stage_model."
    size = VAE_CHANNELS[0]
    layer(p + "encoder.conv_in", size, 3, 3, 3)
    for level, out in enumerate(VAE_CHANNELS):
        for i in range(VAE_RESNETS):
            vae_resnet(f"{p}encoder.down.{level}.block.{i}", size, out)
            size = out
        if level < len(VAE_CHANNELS) - 1:
            layer(f"{p}encoder.down.{level}.downsample.conv", size, size, 3, 3)
    vae_mid(p + "encoder.mid", size)
    layer(p + "encoder.norm_out", size)
    layer(p + "encoder.conv_out", 8, size, 3, 3)
    layer(p + "decoder.conv_in", size, 4, 3, 3)
    vae_mid(p + "decoder.mid", size)
    for level in reversed(range(len(VAE_CHANNELS))):
        for i in range(VAE_RESNETS + 1):
            vae_resnet(f"{p}decoder.up.{level}.block.{i}", size, VAE_CHANNELS[level])
            size = VAE_CHANNELS[level]
        if level:
            layer(f"{p}decoder.up.{level}.upsample.conv", size, size, 3, 3)
    layer(p + "decoder.norm_out", size)
    layer(p + "decoder.conv_out", 3, size, 3, 3)
    layer(p + "quant_conv", 8, 8, 1, 1)
    layer(p + "post_quant_conv", 4, 4, 1, 1)


def clip():
    p, size = "cond_stage_model.transformer.text_model.", 768
    layer(p + "embeddings.token_embedding", 49408, size, bias=False)
    layer(p + "embeddings.position_embedding", 77, size, bias=False)
    for i in range(12):
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            layer(f"{p}encoder.layers.{i}.self_attn.{name}", size, size)
        layer(f"{p}encoder.layers.{i}.layer_norm1", size)
        layer(f"{p}encoder.layers.{i}.mlp.fc1", 4 * size, size)
        layer(f"{p}encoder.layers.{i}.mlp.fc2", size, 4 * size)
        layer(f"{p}encoder.layers.{i}.layer_norm2", size)
    layer(p + "final_layer_norm", size)


def open_clip():
    p, size = "cond_stage_model.model.", 1024
    shapes[p + "positional_embedding"] = (77, size)
    shapes[p + "text_projection"] = (size, size)
    shapes[p + "logit_scale"] = ()
    layer(p + "token_embedding", 49408, size, bias=False)
    for i in range(24):
        block = f"{p}transformer.resblocks.{i}"
        layer(f"{block}.ln_1", size)
        shapes[f"{block}.attn.in_proj_weight"] = (3 * size, size)
        shapes[f"{block}.attn.in_proj_bias"] = (3 * size,)
        layer(f"{block}.attn.out_proj", size, size)
        layer(f"{block}.ln_2", size)
        layer(f"{block}.mlp.c_fc", 4 * size, size)
        layer(f"{block}.mlp.c_proj", size, 4 * size)
    layer(p + "ln_final", size)


def main():
    family, path = sys.argv[1:]
    unet(*{"sd1": (768, False), "sd2": (1024, True)}[family])
    vae()
    {"sd1": clip, "sd2": open_clip}[family]()
    header, at = {}, 0
    for name, shape in shapes.items():
        size = 2
        for n in shape:
            size *= n
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header, separators=(",", ":")).encode()
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)


if __name__ == "__main__":
    main()
