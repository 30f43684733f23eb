"""Loads the shipped folder in diffusers, unchanged, and draws a few pictures with its own pipeline.

    python check_diffusers.py --model ../ --out check.png
"""
import argparse

import torch
from diffusers import StableDiffusionPipeline

import model


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--model", default="..")
    options.add_argument("--out", default="check.png")
    options = options.parse_args()
    pipe = StableDiffusionPipeline.from_pretrained(options.model, torch_dtype=torch.float32)
    captions = ["a photo of a red apple on a wooden table", "a sticker of a fox on a green background",
                "a flat icon of a blue car on yellow", "a cat and a dog on a pink background"]
    # The plain words only: the recipe's tokenizer leaves out CLIP's rules for 's and its like.
    ids = pipe.tokenizer(captions, padding="max_length", max_length=pipe.tokenizer.model_max_length, truncation=True).input_ids
    assert ids == model.Tokenizer(options.model + "/tokenizer")(captions).tolist(), "the two tokenizers disagree"
    pictures = pipe(captions, num_inference_steps=20, guidance_scale=4.0, height=model.SIZE, width=model.SIZE,
                    generator=torch.Generator().manual_seed(0), output_type="pt").images
    model.save_sheet(pictures.float() * 2 - 1, len(captions), options.out)
    print("loaded unchanged; pictures in", options.out)


if __name__ == "__main__":
    main()
