"""The program, called for the benches: options, pictures, seconds. What is there already is not made again."""
import os
import pathlib
import resource
import shlex
import subprocess
import time

from PIL import Image

root = pathlib.Path(__file__).resolve().parents[3]
DRAWING = ("--steps=12", "--guidance=4")


def add_options(p):
    p.add_argument("--materials", required=True, help="folder that fetch.py filled")
    p.add_argument("--out", required=True, type=pathlib.Path, help="folder for photos, pictures, table and sheet")
    p.add_argument("--cli", default=root / "build/ui/cli/tincture-cli", help="the program")
    p.add_argument("--learn", default="", help="further options of train")
    p.add_argument("--report", action="store_true", help="only put together what has been made")


def call(o, *arguments, cache=None):
    """Runs the program; seconds by the clock, and of the processors."""
    environment = {**os.environ, **({"XDG_CACHE_HOME": str(cache)} if cache else {})}
    begin, used = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [str(o.cli), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{shlex.join(map(str, arguments))}: {done.stderr.strip()}")
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.monotonic() - begin, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime


def draw(o, folder, sentences, adapter=None):
    """The pictures of numbered sentences; the number is the seed."""
    folder.mkdir(parents=True, exist_ok=True)
    with_it = ("-a", adapter) if adapter else ()
    for i, sentence in sentences:
        path = folder / f"{i:02d}.png"
        if not path.exists() and not o.report:
            temporary = path.with_name("new.png")
            call(o, "generate", "-p", sentence, "--seed", i, "-o", temporary, *DRAWING, *with_it)
            temporary.replace(path)
    return [Image.open(folder / f"{i:02d}.png") for i, _ in sentences]


def through_autoencoder(o, folder, photos):
    """Photos as the model's autoencoder gives them back: the best that it could draw."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, p in enumerate(photos):
        path, photo, latent = folder / f"{i:02d}.png", folder / "photo.png", folder / "latent.safetensors"
        if not path.exists() and not o.report:
            temporary = folder / "new.png"
            p.save(photo)
            call(o, "encode", "-i", photo, "-o", latent)
            call(o, "decode", "--latents", latent, "-o", temporary)
            temporary.replace(path)
    return [Image.open(folder / f"{i:02d}.png") for i in range(len(photos))]
