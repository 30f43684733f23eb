#!/usr/bin/env python3
"""Makes the files here: learned tokens for the small model sd1, and what the reference's text encoder makes of them.

Run by hand when something is added; building and testing never need it (torch, diffusers, transformers, safetensors).

    toy.safetensors, single.safetensors     a token under its own name, of three vectors and of one
    shared.safetensors, pair.safetensors    emb_params; clip_l beside a clip_g
    vectors.safetensors                     ids.K (tokens) and states.K (tokens, width) of PROMPTS[K]
"""
from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline
from safetensors.torch import save_file
from transformers import CLIPTextModel, CLIPTokenizer

HERE = Path(__file__).parent
WIDTH = 16
PROMPTS = ["a photo of <toy> on the beach", "A <TOY>, a lone <toy>", "<one> dog's <one>", "a shared house", "pair" + " pair" * 40]


def main():
    g = torch.Generator().manual_seed(3)
    files = {"toy": ("<toy>", {"<toy>": torch.randn(3, WIDTH, generator=g)}),
             "single": ("<one>", {"<one>": torch.randn(WIDTH, generator=g)}),
             "shared": ("shared", {"emb_params": torch.randn(2, WIDTH, generator=g)}),
             "pair": ("pair", {"clip_g": torch.randn(2, 24, generator=g), "clip_l": torch.randn(2, WIDTH, generator=g)})}
    model = HERE.parent / "models/sd1"
    pipe = StableDiffusionPipeline(
        vae=None, text_encoder=CLIPTextModel.from_pretrained(model / "text_encoder"), unet=None, scheduler=None,
        tokenizer=CLIPTokenizer.from_pretrained(model / "tokenizer"), safety_checker=None, feature_extractor=None,
        requires_safety_checker=False)
    for name, (token, tensors) in files.items():
        save_file(tensors, HERE / f"{name}.safetensors")
        vectors = tensors.get("clip_l", next(iter(tensors.values())))
        pipe.load_textual_inversion({token: vectors}, token=token)
    out = {}
    for i, prompt in enumerate(PROMPTS):
        text = pipe.maybe_convert_prompt(prompt.lower(), pipe.tokenizer)
        ids = pipe.tokenizer(text, padding="max_length", max_length=77, truncation=True, return_tensors="pt").input_ids
        out[f"ids.{i}"] = ids[0].int()
        with torch.no_grad():
            out[f"states.{i}"] = pipe.text_encoder(ids)[0][0].contiguous()
    save_file(out, HERE / "vectors.safetensors")


if __name__ == "__main__":
    main()
