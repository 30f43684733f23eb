#!/usr/bin/env python3
"""Makes tests/data/models/NAME/control.safetensors: prompt-to-prompt on the small models with the reference U-Net.

Run by hand after make_vectors.py; building and testing never need it (needs torch, diffusers, safetensors):

    python3 tests/data/make_control_vectors.py

A statement of Hertz et al. (2208.01626), equations 3 to 6, as an attention processor: the batch is what is avoided, the
source and the edit; the edit's probabilities are mixed from its own and the source's.

    latents (3, h, w, c)   text (3, 1, T, cross)   time (1)   mapper (T, T)
    for K in 0..3: taken.K (T), own.K (T), self.K (1): what the edit takes
                   pred.K (3, h, w, c): prediction

There random numbers stand for the sentences. A whole edit, of the photo `picture` (1, H, W, 3) by guided DDIM steps up
and down under the sentences of EDITS:

    edit.N (1, h, w, c)   the latent that edit N ends in
"""
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPTextModel, CLIPTokenizer

HERE = Path(__file__).parent
SIZES = {"sd1": (8, 12), "levels": (7, 5)}
STEPS, GUIDANCE = 4, 3.0
KEEP_WORDS, KEEP_SHAPE = 0.5, 0.25
SOURCE = ["a", "photo", "of", "a", "dog", "on", "the", "beach"]
EDITS = [{4: "cat"}, {4: "watercolour", 7: "ox"}]  # place in the sentence: the word there
CALLS = [(1.0, 1.0), (0.0, 1.0), (1.0, 0.0), (0.5, 0.3)]  # shares of the source's cross- and self-attention


class Control:
    """Takes part in every attention of the U-Net, in the order of its layers."""

    def __init__(self, mapper, taken, own, self_taken):
        self.mapper, self.taken, self.own, self.self_taken = mapper, taken, own, self_taken

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
        y = (p @ v).transpose(1, 2).flatten(2)
        return attn.to_out[0](y)


def last(x):
    return x.movedim(1, -1).contiguous()


@torch.no_grad()
def make_calls(name, size):
    unet = UNet2DConditionModel.from_pretrained(HERE / "models" / name / "unet").eval()
    generator = torch.Generator().manual_seed(11)
    tokens = 77 if name == "sd1" else 16
    latents = torch.randn(3, 4, *size, generator=generator)
    text = torch.randn(3, tokens, 16, generator=generator)
    mapper = torch.rand(tokens, tokens, generator=generator)
    mapper = mapper * (mapper > 0.7)
    out = {"latents": last(latents), "text": text[:, None].contiguous(), "time": torch.tensor([401], dtype=torch.int32),
           "mapper": mapper}
    for n, (cross, own_self) in enumerate(CALLS):
        shared = (torch.rand(tokens, generator=generator) > 0.4).float()
        weight = torch.rand(tokens, generator=generator) * 2
        taken, own = weight * cross * shared, weight * (1 - cross * shared)
        control = Control(mapper, taken, own, own_self)
        unet.set_attn_processor({key: control for key in unet.attn_processors})
        out[f"pred.{n}"] = last(unet(latents, 401, text).sample)
        out |= {f"taken.{n}": taken, f"own.{n}": own, f"self.{n}": torch.tensor([own_self])}
    return {k: v.clone().contiguous() for k, v in out.items()}


# ---- a whole edit ----------------------------------------------------------------------------------------


def word_places(tokenizer, words):
    """Tokens of each word, by the reference's rule that words are tokenized one by one."""
    places, begin = [], 1
    for word in words:
        n = len(tokenizer(word).input_ids) - 2
        places.append(list(range(begin, begin + n)))
        begin += n
    return places, begin


def swap_mapper(tokenizer, source, edit, length):
    """The reference's replacement mapper: what a word's tokens get is shared out among those of the new one."""
    mapper = torch.zeros(length, length)
    (old, old_end), (new, new_end) = word_places(tokenizer, source), word_places(tokenizer, edit)
    for a, b in zip(old, new):
        for k, j in enumerate(b):
            if len(a) == len(b):
                mapper[a[k], j] = 1
            else:
                mapper[a, j] = 1 / len(b)
    mapper[0, 0] = 1
    for i in range(length - new_end):
        mapper[min(old_end + i, length - 1), new_end + i] = 1
    return mapper


class Model:
    def __init__(self, folder):
        self.tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer")
        self.text = CLIPTextModel.from_pretrained(folder / "text_encoder").eval()
        self.unet = UNet2DConditionModel.from_pretrained(folder / "unet").eval()
        self.vae = AutoencoderKL.from_pretrained(folder / "vae").eval()
        self.sched = DDIMScheduler.from_pretrained(folder / "scheduler")
        self.plain = self.unet.attn_processors

    def states(self, words):
        ids = self.tokenizer(" ".join(words), padding="max_length", return_tensors="pt").input_ids
        return self.text(ids).last_hidden_state

    def alpha(self, t):
        return self.sched.alphas_cumprod[t] if t >= 0 else self.sched.final_alpha_cumprod

    def move(self, x, epsilon, start, end):
        a, b = self.alpha(start), self.alpha(end)
        return b.sqrt() * (x - (1 - a).sqrt() * epsilon) / a.sqrt() + (1 - b).sqrt() * epsilon

    def epsilon(self, x, t, states, control=None):
        self.unet.set_attn_processor({k: control for k in self.plain} if control else dict(self.plain))
        return self.unet(x, t, states).sample


def make_edit(m, picture, swaps):
    edit = [swaps.get(i, word) for i, word in enumerate(SOURCE)]
    none, source, new = m.states([]), m.states(SOURCE), m.states(edit)
    length = source.shape[1]
    mapper = swap_mapper(m.tokenizer, SOURCE, edit, length)
    stride = 1000 // STEPS
    times = [stride * i + 1 for i in range(STEPS)]
    x = m.vae.encode(picture).latent_dist.mean * m.vae.config.scaling_factor
    for t in times:
        x = m.move(x, m.epsilon(x, t, source), t - stride, t)
    photo = x
    for i, t in enumerate(reversed(times)):
        cross, own_self = float(i < KEEP_WORDS * STEPS), float(i < KEEP_SHAPE * STEPS)
        control = Control(mapper, torch.full((length,), cross), torch.full((length,), 1 - cross), own_self)
        both = m.epsilon(torch.cat([x, photo, x]), t, torch.cat([none, source, new]), control)
        empty = m.epsilon(photo, t, none)
        x = m.move(x, both[:1] + GUIDANCE * (both[2:] - both[:1]), t, t - stride)
        photo = m.move(photo, empty + GUIDANCE * (both[1:2] - empty), t, t - stride)
    return x


@torch.no_grad()
def make_edits(name):
    folder = HERE / "models" / name
    m = Model(folder)
    generator = torch.Generator().manual_seed(5)
    picture = torch.rand(1, 3, 16, 24, generator=generator) * 2 - 1
    out = {"picture": last(picture)} | {f"edit.{n}": last(make_edit(m, picture, swaps)) for n, swaps in enumerate(EDITS)}
    return {k: v.clone() for k, v in out.items()}


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name, size in SIZES.items():
        out = make_calls(name, size)
        if name == "sd1":
            out |= make_edits(name)
        save_file(out, HERE / "models" / name / "control.safetensors")
