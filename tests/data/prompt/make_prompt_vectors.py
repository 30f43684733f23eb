#!/usr/bin/env python3
"""Makes vectors.safetensors: long and weighted sentences through the reference's text encoder, with the model sd1.

Run by hand when something is added; building and testing never need it (torch, transformers, safetensors).

CASES are stretches of text with their weights, and the sentence that is written for them is the test's. Their ids are
put into windows of 75 between marks, each window goes through the encoder, each token's row is multiplied with its
weight, and the window is scaled back to the mean that it had. case.K is (windows * 77, width).
"""
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import CLIPTextModel, CLIPTokenizer

HERE = Path(__file__).parent
LONG = "a photo of a dog on the beach, an old house in the garden, " * 5
CASES = [
    [(LONG, 1.0)],
    [("a photo of a ", 1.0), ("dog", 1.3), (" on the ", 1.0), ("beach", 1 / 1.1)],
    [("a ", 1.0), ("house", 1.1 * 1.1 * 1.3), (" ", 1.1), ("on", 1.0), (" a ", 1.1), ("hill", 0.55), (", sun", 1.1)],
    [(LONG, 1.0), ("red dog", 1.5), (LONG, 1.0)],
]


@torch.no_grad()
def main():
    model = HERE.parent / "models/sd1"
    tokenizer = CLIPTokenizer.from_pretrained(model / "tokenizer")
    encoder = CLIPTextModel.from_pretrained(model / "text_encoder")
    bos, eos = tokenizer.bos_token_id, tokenizer.eos_token_id
    out = {}
    for k, case in enumerate(CASES):
        ids, weights = [], []
        for text, weight in case:
            new = tokenizer(text, add_special_tokens=False).input_ids
            ids += new
            weights += [weight] * len(new)
        windows = []
        for i in range(0, len(ids), 75):
            row = [bos] + ids[i:i + 75]
            row += [eos] * (77 - len(row))
            factors = torch.tensor([1.0] + weights[i:i + 75] + [1.0] * (76 - len(ids[i:i + 75])))
            z = encoder(torch.tensor([row])).last_hidden_state
            mean = z.mean()
            z = z * factors[None, :, None]
            windows.append((z * (mean / z.mean()))[0])
        out[f"case.{k}"] = torch.cat(windows)
    save_file(out, HERE / "vectors.safetensors")


if __name__ == "__main__":
    main()
