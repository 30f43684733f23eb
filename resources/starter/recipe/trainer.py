"""What both trainings share: arithmetic in what the machine is built for, a moving average, checkpoints that a stop does not spoil."""
import os
import time
from pathlib import Path

import torch


def device():
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def dtype():
    """bf16 where there is a unit for it. Elsewhere a CPU takes sixteen times as long for it as for fp32."""
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    return torch.bfloat16 if device().type == "cuda" or "amx_bf16" in flags or "avx512_bf16" in flags else torch.float32


def compiles():
    """Whether PyTorch's compiler gains anything: on a processor without a matrix unit it loses a seventh."""
    return device().type == "cuda" or "amx_bf16" in Path("/proc/cpuinfo").read_text()


class Trainer:
    """AdamW on fp32 master weights; the networks themselves compute in dtype().

    Nothing is channels-last: bf16 group norm is many times slower in that layout than the convolutions gain.
    """

    def __init__(self, networks, rate, warmup=300, weight_decay=0.01, ema=0.9995):
        self.networks = networks
        self.device = device()
        self.names = [(n, k) for n, net in networks.items() for k, _ in net.named_parameters()]
        self.master = [p.detach().float().clone().to(self.device).requires_grad_() for net in networks.values() for p in net.parameters()]
        self.average = [p.detach().clone() for p in self.master]
        for net in networks.values():
            net.to(self.device, dtype()).train()
        self.live = [p for net in networks.values() for p in net.parameters()]
        self.optimizer = torch.optim.AdamW(self.master, lr=rate, betas=(0.9, 0.99), weight_decay=weight_decay, fused=True)
        self.rate, self.warmup, self.ema = rate, warmup, ema
        self.step = 0
        self.progress = 0.0         # of the whole training, set by whoever knows: by steps or by the clock
        self.push()

    def push(self):
        with torch.no_grad():
            torch._foreach_copy_(self.live, self.master)

    def rate_now(self):
        """Warm-up, a long constant stretch, a straight fall over the last third: under so short a training the weights
        still have far to go when a cosine would already have slowed them."""
        if self.step < self.warmup:
            return self.rate * (self.step + 1) / self.warmup
        return self.rate * max(0.02, min(1.0, (1 - self.progress) / 0.33))

    def update(self, loss, clip=1.0):
        loss.backward()
        for m, p in zip(self.master, self.live):
            m.grad = None if p.grad is None else p.grad.float()
            p.grad = None
        torch.nn.utils.clip_grad_norm_(self.master, clip)
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate_now()
        self.optimizer.step()
        for m in self.master:
            m.grad = None
        self.step += 1
        # A young average must forget the random start quickly.
        keep = min(self.ema, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(self.average, self.master, 1 - keep)
        self.push()

    def weights(self, averaged=True):
        """{network: state dict} in fp32."""
        out = {n: {} for n in self.networks}
        for (n, k), p in zip(self.names, self.average if averaged else self.master):
            out[n][k] = p.detach()
        return out

    def save(self, path, **more):
        path = Path(path)
        torch.save({"step": self.step, "master": self.master, "average": self.average, "optimizer": self.optimizer.state_dict(),
                    "progress": self.progress, "random": torch.get_rng_state(), **more}, str(path) + ".new")
        os.replace(str(path) + ".new", path)

    def load(self, path):
        if not Path(path).exists():
            return None
        kept = torch.load(path, map_location=self.device, weights_only=False)
        with torch.no_grad():
            for mine, theirs in ((self.master, kept["master"]), (self.average, kept["average"])):
                torch._foreach_copy_(mine, theirs)
        self.optimizer.load_state_dict(kept["optimizer"])
        self.step, self.progress = kept["step"], kept.get("progress", 0.0)
        torch.set_rng_state(kept["random"].cpu())
        self.push()
        return kept


class Clock:
    """How far a training of so many minutes is, over several sittings. A gap of more than a minute is no training: the
    process was stopped, or compiled its first step."""

    def __init__(self, minutes, progress=0.0):
        self.minutes, self.spent, self.seen = max(minutes, 1e-3), progress * minutes * 60, time.time()

    def progress(self):
        now = time.time()
        self.spent += min(now - self.seen, 60)
        self.seen = now
        return self.spent / (self.minutes * 60)


class Every:
    """True once in so many seconds."""

    def __init__(self, seconds):
        self.seconds, self.last = seconds, time.time()

    def __call__(self):
        due = time.time() - self.last > self.seconds
        if due:
            self.last = time.time()
        return due
