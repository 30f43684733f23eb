#!/usr/bin/env python3
"""Makes tiny/: a small decoder (TAESD) with random weights for the model `sd1`, and what the reference makes of latents.

Run by hand; building and testing never need it (torch, diffusers, safetensors).

    tiny/taesd/                      as diffusers writes its AutoencoderTiny
    tiny/taesd_decoder.safetensors   the decoder's weights as TAESD's maker names them
    tiny/vectors.safetensors         scaled latents `z` (1,H,W,C), some far beyond the clamp, and `decoded` in [-1,1]
"""
from pathlib import Path

import torch
from diffusers import AutoencoderTiny
from safetensors.torch import save_file

HERE = Path(__file__).parent / "tiny"
LAYERS = "decoder.layers."


def last(x):
    return x.permute(0, 2, 3, 1).contiguous()


@torch.no_grad()
def main():
    torch.manual_seed(43)
    vae = AutoencoderTiny(encoder_block_out_channels=(8, 8), decoder_block_out_channels=(8, 8), num_encoder_blocks=(1, 1),
                          num_decoder_blocks=(2, 1), latent_channels=4).eval()
    vae.save_config(HERE / "taesd")
    save_file(vae.state_dict(), HERE / "taesd" / "diffusion_pytorch_model.safetensors", metadata={"format": "pt"})
    own = {}
    for name, value in vae.state_dict().items():
        if name.startswith(LAYERS):
            layer, rest = name.removeprefix(LAYERS).split(".", 1)
            own[f"{int(layer) + 1}.{rest}"] = value
    save_file(own, HERE / "taesd_decoder.safetensors")
    z = 2 * torch.randn(1, 4, 6, 5)
    save_file({"z": last(z), "decoded": last(vae.decode(z).sample)}, HERE / "vectors.safetensors")
    for path in HERE.rglob("*.*"):
        path.chmod(0o644)


if __name__ == "__main__":
    main()
