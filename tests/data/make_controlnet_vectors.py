#!/usr/bin/env python3
"""Makes tests/data/controlnet: small random ControlNets for the small models, with the reference's predictions.

Run by hand after make_vectors.py; building and testing never need it (needs torch, diffusers, safetensors):

    python3 tests/data/make_controlnet_vectors.py

NAME/ is a ControlNet of diffusers for models/NAME, with every convolution of one pixel away from zero; NAME.safetensors
the same in the original layout, whose names are checked with the reference's own conversion. NAME-vectors.safetensors,
channels last:

    hint (1, H, W, 3) in 0..1   latents (N, h, w, c)   text (N, 1, T, cross)   time (1)   strength (1)
    features (1, h, w, c')      what the stack of convolutions makes of the hint
    residual.K                  of latents, for strength 1: the skips, then the middle
    pred (N, h, w, c)           prediction at that strength
    noise, drawn (1, h, w, c)   twenty DDIM steps from noise to drawn, with the first text
"""
import json
from pathlib import Path

import torch
from diffusers import ControlNetModel, DDIMScheduler, UNet2DConditionModel
from diffusers.loaders.single_file_utils import convert_controlnet_checkpoint
from safetensors.torch import save_file

HERE = Path(__file__).parent
# model: latent size, channels of the stack, dtype of the files, whether the original has its prefix
CASES = {"sd1": ((8, 12), (4, 8), torch.float32, "control_model."), "sd2": ((7, 5), (6, 8), torch.float16, "")}
STRENGTH = 0.7


def last(x):
    return x.movedim(1, -1).float().contiguous()


def renamed(key, layers):
    """A tensor's name in the original layout."""
    first, *rest = key.split(".")
    if first == "controlnet_cond_embedding":
        number = {"conv_in": 0, "conv_out": 2 * layers["stack"]}.get(rest[0])
        if number is None:
            number, rest = 2 + 2 * int(rest[1]), rest[1:]
        return f"input_hint_block.{number}.{rest[-1]}"
    if first == "controlnet_down_blocks":
        return f"zero_convs.{rest[0]}.0.{rest[1]}"
    if first == "controlnet_mid_block":
        return f"middle_block_out.0.{rest[0]}"
    if first == "time_embedding":
        return f"time_embed.{0 if rest[0] == 'linear_1' else 2}.{rest[1]}"
    if first == "conv_in":
        return f"input_blocks.0.0.{rest[0]}"
    resnet = {"norm1": "in_layers.0", "conv1": "in_layers.2", "norm2": "out_layers.0", "conv2": "out_layers.3",
              "time_emb_proj": "emb_layers.1", "conv_shortcut": "skip_connection"}
    if first == "down_blocks":
        level, kind, i, *rest = rest
        number = 1 + int(level) * (layers["each"] + 1) + (layers["each"] if kind == "downsamplers" else int(i))
        if kind == "downsamplers":
            return f"input_blocks.{number}.0.op.{rest[-1]}"
        if kind == "attentions":
            return f"input_blocks.{number}.1." + ".".join(rest)
        return f"input_blocks.{number}.0.{resnet[rest[0]]}.{rest[1]}"
    kind, i, *rest = rest  # mid_block
    return "middle_block.1." + ".".join(rest) if kind == "attentions" else \
        f"middle_block.{2 * int(i)}.{resnet[rest[0]]}.{rest[1]}"


def save_original(net, path, prefix, dtype):
    state = {k: v.to(dtype) for k, v in net.state_dict().items()}
    layers = {"each": net.config.layers_per_block, "stack": 2 * len(net.config.conditioning_embedding_out_channels) - 1}
    original = {prefix + renamed(k, layers): v.contiguous() for k, v in state.items()}
    known = {"each": net.config.layers_per_block, "stack": 7}  # the conversion knows stacks of that length alone
    back = convert_controlnet_checkpoint({"control_model." + renamed(k, known): v for k, v in state.items()},
                                         dict(net.config))
    assert back.keys() == state.keys() and all(torch.equal(back[k], state[k]) for k in state)
    save_file(original, path)


def make(name):
    (height, width), stack, dtype, prefix = CASES[name]
    generator = torch.Generator().manual_seed(29)
    unet = UNet2DConditionModel.from_pretrained(HERE / "models" / name / "unet").double().eval()
    sched = DDIMScheduler.from_pretrained(HERE / "models" / name / "scheduler")
    vae = json.loads((HERE / "models" / name / "vae/config.json").read_text())
    factor = 2 ** (len(vae["block_out_channels"]) - 1)
    tokens = json.loads((HERE / "models" / name / "text_encoder/config.json").read_text())["max_position_embeddings"]
    net = ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=stack)
    with torch.no_grad():
        for p in net.parameters():
            p.add_(0.2 * torch.randn(p.shape, generator=generator, dtype=torch.float64) / max(p[0].numel(), 1) ** 0.5)
    net = net.to(dtype)  # what the files hold is what the reference computes with
    net.save_pretrained(HERE / "controlnet" / name, safe_serialization=True)
    save_original(net, HERE / "controlnet" / f"{name}.safetensors", prefix, dtype)
    net = net.double().eval()

    def led(x, t, states):
        down, middle = net(x, t, states, controlnet_cond=hint.expand(len(x), -1, -1, -1), conditioning_scale=STRENGTH,
                           return_dict=False)
        return unet(x, t, states, down_block_additional_residuals=down, mid_block_additional_residual=middle).sample

    draw = lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64).float().double()
    hint = (torch.rand(1, 3, height * factor, width * factor, generator=generator, dtype=torch.float64) > 0.7).double()
    latents, text, noise = draw(2, 4, height, width), draw(2, tokens, unet.config.cross_attention_dim), draw(1, 4, height, width)
    out = {"hint": last(hint), "latents": last(latents), "text": text[:, None].float(), "time": torch.tensor([481.0]),
           "strength": torch.tensor([STRENGTH]), "noise": last(noise)}
    with torch.no_grad():
        out["features"] = last(net.controlnet_cond_embedding(hint))
        down, middle = net(latents, 481, text, controlnet_cond=hint.expand(2, -1, -1, -1), return_dict=False)
        out.update({f"residual.{i}": last(r) for i, r in enumerate([*down, middle])})
        out["pred"] = last(led(latents, 481, text))
        plain = last(unet(latents, 481, text).sample)
        x = noise
        sched.set_timesteps(20)
        for t in sched.timesteps:
            x = sched.step(led(x, t, text[:1]), t, x, eta=0).prev_sample
        out["drawn"] = last(x)
    save_file({k: v.contiguous() for k, v in out.items()}, HERE / "controlnet" / f"{name}-vectors.safetensors")
    print(f"{name}: factor {factor}, {sum(p.numel() for p in net.parameters())} parameters, the prediction moves by "
          f"{(out['pred'] - plain).abs().max() / plain.abs().max():.2f}")


if __name__ == "__main__":
    for each in CASES:
        make(each)
