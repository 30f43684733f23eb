#!/usr/bin/env python3
"""Makes vectors.safetensors: predictions of the small models for latents that no level halves evenly.

Run by hand when something is added; building and testing never need it (torch, diffusers, transformers, safetensors).

    MODEL.latents, MODEL.prediction   (1, channels, 9, 11)   at timestep 500, for PROMPT
"""
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPTextModel, CLIPTokenizer

HERE = Path(__file__).parent
PROMPT = "a photo of a dog on the beach"


@torch.no_grad()
def main():
    out = {}
    for name in ("levels", "sd1", "wide"):
        folder = HERE.parent / "models" / name
        unet = UNet2DConditionModel.from_pretrained(folder / "unet")
        text = CLIPTextModel.from_pretrained(folder / "text_encoder")
        tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer")
        ids = tokenizer(PROMPT, padding="max_length", max_length=text.config.max_position_embeddings, truncation=True,
                        return_tensors="pt").input_ids
        latents = torch.randn(1, unet.config.in_channels, 9, 11, generator=torch.Generator().manual_seed(4))
        out[name + ".latents"] = latents
        out[name + ".prediction"] = unet(latents, torch.tensor(500), text(ids).last_hidden_state).sample
    save_file(out, HERE / "vectors.safetensors")


if __name__ == "__main__":
    main()
