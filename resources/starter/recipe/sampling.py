"""Pictures from an exported folder: DDIM with guidance, many captions at once."""
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from safetensors.torch import load_file
from transformers import CLIPTextConfig, CLIPTextModel

import model
import trainer


class Model:
    def __init__(self, folder, dtype=trainer.dtype()):
        folder = Path(folder)
        self.device, self.dtype = trainer.device(), dtype
        self.tokenizer = model.Tokenizer(folder / "tokenizer")
        self.text = CLIPTextModel(CLIPTextConfig.from_pretrained(folder / "text_encoder"))
        wanted = self.text.state_dict()
        state = load_file(folder / "text_encoder" / "model.safetensors")
        self.text.load_state_dict({k if k in wanted else k.removeprefix("text_model."): v for k, v in state.items()}, strict=False)
        self.unet = UNet2DConditionModel.from_pretrained(folder / "unet")
        self.unet.set_attn_processor(AttnProcessor())
        self.vae = AutoencoderKL.from_pretrained(folder / "vae")
        for net in (self.text, self.unet, self.vae):
            net.to(self.device, dtype).eval()
        side = self.unet.config.sample_size
        self.shape = (self.unet.config.in_channels, side, side)
        s = model.SCHEDULER
        betas = torch.linspace(s["beta_start"] ** 0.5, s["beta_end"] ** 0.5, 1000) ** 2
        self.alpha = torch.cumprod(1 - betas, 0)

    @torch.no_grad()
    def states(self, captions):
        return self.text(self.tokenizer(captions).to(self.device)).last_hidden_state

    @torch.no_grad()
    def latents(self, captions, guidance=4.0, steps=20, seed=0, batch=64):
        """Scaled latents, one for each caption; the noise depends on the seed and the caption's place only."""
        noise = torch.randn(len(captions), *self.shape, generator=torch.Generator().manual_seed(seed))
        return torch.cat([self.denoise(noise[i:i + batch], captions[i:i + batch], guidance, steps) for i in range(0, len(captions), batch)])

    def denoise(self, x, captions, guidance, steps):
        states = torch.cat([self.states([""] * len(captions)), self.states(captions)])
        gap = 1000 // steps
        for i in range(steps - 1, -1, -1):
            t = i * gap + 1
            a = self.alpha[t]
            after = self.alpha[t - gap] if t >= gap else self.alpha[0]
            out = self.unet(torch.cat([x, x]).to(self.device, self.dtype), t, states, return_dict=False)[0].float().cpu()
            without, with_caption = out.chunk(2)
            v = without + guidance * (with_caption - without)
            clean, noise = a.sqrt() * x - (1 - a).sqrt() * v, a.sqrt() * v + (1 - a).sqrt() * x
            x = after.sqrt() * clean + (1 - after).sqrt() * noise
        return x

    @torch.no_grad()
    def pictures(self, latents):
        """[-1, 1], on the CPU."""
        parts = [self.vae.decode((z / self.vae.config.scaling_factor).to(self.device, self.dtype)).sample.float().cpu() for z in latents.split(64)]
        return torch.cat(parts).clamp(-1, 1)
