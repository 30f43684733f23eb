#!/usr/bin/env python3
"""Makes tests/data/models/NAME/control.safetensors: prompt-to-prompt on the small models with the reference U-Net.

Run by hand after make_vectors.py; building and testing never need it (needs torch, diffusers, safetensors):

    python3 tests/data/make_control_vectors.py

A statement of Hertz et al. (2208.01626), equations 3 to 6, as an attention processor: the batch is what is avoided, the
source and the edit; the edit's probabilities are mixed from its own and the source's.

    latents (3, h, w, c)   text (3, 1, T, cross)   time (1)   mapper (T, T)   words (2, T)
    for K in 0..3: taken.K (T), own.K (T), self.K (1): what the edit takes
                   pred.K (3, h, w, c), words.K.N (2, h', w'): prediction, attention to the words in cross-attention N

Random numbers stand for the sentences: how words are aligned is tested where it is done.
"""
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import save_file

HERE = Path(__file__).parent
SIZES = {"sd1": (8, 12), "levels": (7, 5)}
CALLS = [(1.0, 1.0), (0.0, 1.0), (1.0, 0.0), (0.5, 0.3)]  # shares of the source's cross- and self-attention


class Control:
    """Takes part in every attention of the U-Net, in the order of its layers."""

    def __init__(self, mapper, taken, own, self_taken, words):
        self.mapper, self.taken, self.own, self.self_taken, self.words = mapper, taken, own, self_taken, words
        self.found = []

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, **_):
        cross = encoder_hidden_states is not None
        context = encoder_hidden_states if cross else hidden_states
        q, k, v = (attn.head_to_batch_dim(x, out_dim=4)
                   for x in (attn.to_q(hidden_states), attn.to_k(context), attn.to_v(context)))
        p = (q @ k.transpose(-1, -2) * attn.scale).softmax(-1)  # (3, heads, Q, K)
        if cross:
            edit = self.own * p[2] + self.taken * torch.einsum("hqj,jk->hqk", p[1], self.mapper)
        else:
            edit = (1 - self.self_taken) * p[2] + self.self_taken * p[1]
        p = torch.stack([p[0], p[1], edit])
        if cross:
            self.found.append(torch.stack([(p[1 + i].mean(0) * self.words[i]).sum(-1) for i in range(2)]))
        y = (p @ v).transpose(1, 2).flatten(2)
        return attn.to_out[0](y)


def last(x):
    return x.movedim(1, -1).contiguous()


@torch.no_grad()
def make(name, size):
    unet = UNet2DConditionModel.from_pretrained(HERE / "models" / name / "unet").eval()
    generator = torch.Generator().manual_seed(11)
    tokens = 77 if name == "sd1" else 16
    latents = torch.randn(3, 4, *size, generator=generator)
    text = torch.randn(3, tokens, 16, generator=generator)
    mapper = torch.rand(tokens, tokens, generator=generator)
    mapper = mapper * (mapper > 0.7)
    words = (torch.rand(2, tokens, generator=generator) > 0.7).float()
    out = {"latents": last(latents), "text": text[:, None].contiguous(), "time": torch.tensor([401], dtype=torch.int32),
           "mapper": mapper, "words": words}
    for n, (cross, own_self) in enumerate(CALLS):
        shared = (torch.rand(tokens, generator=generator) > 0.4).float()
        weight = torch.rand(tokens, generator=generator) * 2
        taken, own = weight * cross * shared, weight * (1 - cross * shared)
        control = Control(mapper, taken, own, own_self, words)
        unet.set_attn_processor({key: control for key in unet.attn_processors})
        out[f"pred.{n}"] = last(unet(latents, 401, text).sample)
        out |= {f"taken.{n}": taken, f"own.{n}": own, f"self.{n}": torch.tensor([own_self])}
        for i, found in enumerate(control.found):
            out[f"words.{n}.{i}"] = found
    save_file({k: v.clone().contiguous() for k, v in out.items()}, HERE / "models" / name / "control.safetensors")


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name, size in SIZES.items():
        make(name, size)
