"""A decoder with alpha for the model `levels`, with random weights, and what the reference makes of latents with it.

    python make_alpha_vectors.py

Writes models/levels/alpha_decoder (its file holds a whole autoencoder, as the reference saves one) and
models/levels/alpha.safetensors: unscaled latents `z` and the picture `decoded`, both channels last.
"""
import json
from pathlib import Path

import torch
from diffusers import AutoencoderKL
from safetensors.torch import save_file

HERE = Path(__file__).parent / "models" / "levels"


def last(x):
    return x.permute(0, 2, 3, 1).contiguous()


@torch.no_grad()
def main():
    torch.manual_seed(41)
    config = json.loads((HERE / "vae" / "config.json").read_text())
    vae = AutoencoderKL.from_config({**config, "out_channels": 4}).eval()
    for p in vae.parameters():
        p.add_(0.05 * torch.randn_like(p))
    vae.save_config(HERE / "alpha_decoder")
    save_file(vae.state_dict(), HERE / "alpha_decoder" / "diffusion_pytorch_model.safetensors", metadata={"format": "pt"})
    z = torch.randn(2, vae.config.latent_channels, 3, 5)
    save_file({"z": last(z), "decoded": last(vae.decode(z).sample)}, HERE / "alpha.safetensors")
    for path in (*(HERE / "alpha_decoder").iterdir(), HERE / "alpha.safetensors"):
        path.chmod(0o644)


if __name__ == "__main__":
    main()
