#!/usr/bin/env python3
"""The n-th request of the program to the system fails: faults.py CLI LIBRARY SHIM MODELS [--all] [WORK...]

Each run must end by itself with status 0, or with status 1 and a sentence; leave the file that it writes either as it
was or whole; and leave no temporary. After all faults of a kind the same work must succeed in the same folder.
With --all that is every call stack that asks: its first two requests, the one in the middle and the last; each once
alone, and once with all that follow it. Without, n = 1, 7, 49 ... and all that follow. The kind space is a limit of the
address space, from where the work just succeeds down to where the program is not even loaded. WORK chooses some of the
work, or of the kinds. Prints TAP.
"""
import itertools
import json
import os
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

KINDS = ["alloc", "malloc", "write", "fsync", "rename", "open", "mmap", "space"]
TIME_BYTES = 64  # of a date, the checksum of what it stands in, and the seconds that an edit took
SECONDS = 120  # of a run, before it hangs
PLENTY = 8192  # MiB of address space in which everything succeeds
NOT_LOADED = 127  # the dynamic linker's status


def numbers(stacks):
    """Which requests fail, of those asked for by these call stacks: the weights of a model are read at one place."""
    places = {}
    for n, stack in enumerate(stacks, 1):
        places.setdefault(stack, []).append(n)
    return sorted({n for at in places.values() for n in (*at[:2], at[len(at) // 2], at[-1])})


class Faults:
    def __init__(self, cli, library, shim, models, everything):
        self.cli, self.library, self.shim = cli, library, shim
        self.model = os.path.join(models, "sd1")
        self.everything = everything
        self.folder = tempfile.mkdtemp(prefix="tincture-fault-")
        self.tests = self.bad = self.runs = 0

    def run(self, argv, fault=None):
        """Status, standard error and the number of requests of a run, in front of their call stacks for n = 0."""
        count = os.path.join(self.folder, "count")
        env = dict(os.environ, LC_ALL="C", XDG_CACHE_HOME=os.path.join(self.folder, "cache"))
        limit = None
        if fault and fault.startswith("space:"):
            size = int(fault[6:]) << 20
            limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size))
        elif fault and fault.startswith("alloc:"):
            env["TINCTURE_FAULT"] = fault.rstrip("+")
        elif fault:
            with open(count, "w") as file:
                file.write("-1")
            env.update(LD_PRELOAD=self.shim, FAULT=fault, FAULT_COUNT=count)
        try:
            done = subprocess.run(argv, cwd=self.folder, env=env, capture_output=True, timeout=SECONDS,
                                  preexec_fn=limit)
        except subprocess.TimeoutExpired:
            return None, "it hangs", [0]
        self.runs += 1
        requests = [0]
        if "FAULT" in env:
            with open(count) as file:
                requests = [int(line) for line in file]
            if requests[0] < 0 and done.returncode >= 0:
                raise SystemExit("the requests are not counted")
        return done.returncode, done.stderr.decode(errors="replace").strip(), requests

    def clear_caches(self):
        shutil.rmtree(os.path.join(self.folder, "cache"), ignore_errors=True)

    def temporaries(self):
        return [os.path.join(at, name) for at, _, names in os.walk(self.folder)
                for name in names if name.startswith(".tincture-")]

    def check(self, ok, name, why=""):
        self.tests += 1
        self.bad += not ok
        print(f"{'ok' if ok else 'not ok'} {self.tests} - {name}")
        if not ok:
            print("# " + why.replace("\n", "\n# "))
        sys.stdout.flush()

    def judge(self, work, status, said):
        if status is None or status < 0 or status > 1:
            return f"status {status}: {said}"
        if status == 1 and (not said or len(said.split("\n")) > 2 or ": " not in said):
            return f"no sentence: {said!r}"
        if self.temporaries():
            return f"left {self.temporaries()} ({said})"
        return work.judge(status, said)

    def least(self, argv, works):
        """MiB of address space in which works(status) of a run, by bisection."""
        low, high = 0, PLENTY
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if works(self.run(argv, f"space:{middle}")[0]) else (middle, high)
        return high

    def plan_space(self, work):
        loaded = self.least(work.argv[:1], lambda status: status != NOT_LOADED)
        enough = self.least(work.argv, lambda status: status == 0)
        span = enough - loaded
        step = 1 if span <= 128 else 4 if self.everything else span // 16
        return [(f"space:{n}", n) for n in range(enough, loaded, -step)]

    def plan(self, work, kind):
        """The faults to try, each with its n."""
        if kind == "space":
            return self.plan_space(work)
        sevens = (7**i for i in itertools.count())
        if kind == "alloc":  # inside the program, where the shim does not see who asks
            return ((f"{kind}:{n}", n) for n in (itertools.count(1) if self.everything else sevens))
        work.prepare()
        count, *stacks = self.run(work.argv, f"{kind}:0")[2]
        chosen = numbers(stacks) if self.everything else itertools.takewhile(lambda n: n <= count, sevens)
        return [(f"{kind}:{n}{mode}", n) for n in chosen for mode in (["", "+"] if self.everything else ["+"])]

    def loop(self, work, kind):
        wrong, tried, told, last = [], 0, 0, 0
        for fault, n in self.plan(work, kind):
            work.prepare()
            status, said, requests = self.run(work.argv, fault)
            why = self.judge(work, status, said)
            if why:
                wrong.append(f"{fault}: {why}")
            if kind == "alloc" and status == 0:
                break  # there is no n-th
            if kind in ("alloc", "space") or requests[0] >= n:  # threads do not always ask for the same
                tried += 1
                told += status == 1
                last = n
        work.prepare()
        status, said, _ = self.run(work.argv)
        if status != 0 or self.judge(work, status, said):
            wrong.append(f"afterwards: {status} {said} {self.judge(work, status, said)}")
        self.check(not wrong, f"{work.name}: {kind}, {tried} tried to {kind}:{last}, {told} told",
                   "\n".join(wrong[:20]))


def is_same(a, b):
    """But for when a picture was made, which it says."""
    return len(a) == len(b) and sum(x != y for x, y in zip(a, b)) <= TIME_BYTES


def write_photo(path, width, height):
    """A PNG of stripes."""
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    rows = (b"\0" + bytes(3 * x % 251 for x in range(3 * width))) * height
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
                   chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b""))


class Save:
    """A command of the command line with a file that it replaces; out None: it writes none."""

    def __init__(self, faults, name, out, *argv):
        self.name = name
        self.out = out and os.path.join(faults.folder, out)
        self.faults = faults
        self.argv = [faults.cli, *argv] + (["--out", self.out] if out else [])
        self.old = b"the old file"
        self.new = None

    def prepare(self):
        self.faults.clear_caches()
        if not self.out:
            return
        if self.new is None:
            status, said, _ = self.faults.run(self.argv)
            if status != 0:
                raise SystemExit(f"{self.name} does not work at all: {said}")
            self.new = self.read()
        with open(self.out, "wb") as file:
            file.write(self.old)

    def read(self):
        """What is in the file, but for when it was written."""
        with open(self.out, "rb") as file:
            data = file.read()
        if self.out.endswith(".safetensors") and data != self.old:
            size = 8 + struct.unpack("<Q", data[:8])[0]
            header = json.loads(data[8:size])
            header.get("__metadata__", {}).pop("modelspec.date", None)
            return json.dumps(header, sort_keys=True).encode() + data[size:]
        return data

    def judge(self, status, said):
        if not self.out:
            return None
        try:
            now = self.read()
        except (OSError, ValueError, struct.error) as error:
            return f"half a file after status {status}: {error} ({said})"
        if is_same(now, self.new) or (now == self.old and status == 1):
            return None
        return f"the file is neither old nor new after status {status}: {len(now)} bytes ({said})"


class Library:
    """A start of the program and what it keeps."""

    def __init__(self, faults):
        self.name = "library"
        self.faults = faults
        self.folder = os.path.join(faults.folder, "library")
        self.argv = [faults.library, "save", self.folder, "new"]

    def prepare(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        status, said, _ = self.faults.run([self.faults.library, "save", self.folder, "old"])
        if status != 0:
            raise SystemExit(f"no library can be made: {said}")

    def judge(self, status, said):
        done = subprocess.run([self.faults.library, "check", self.folder], capture_output=True)
        lines = done.stdout.decode().split()
        if done.returncode != 0:
            return f"it does not open afterwards: {done.stderr.decode()}"
        if any(line not in ("old", "new") for line in lines) or (status == 0 and lines != ["new", "new"]):
            return f"it holds {lines} after status {status} ({said})"
        return None


def main():
    argv = [a for a in sys.argv[1:] if a != "--all"]
    faults = Faults(*[os.path.realpath(a) for a in argv[:4]], "--all" in sys.argv)
    chosen = argv[4:]
    try:
        model = ["--model", faults.model]
        starter = os.path.join(os.environ["TINCTURE_RESOURCES"], "starter")
        photo = os.path.join(faults.folder, "photo.png")
        if faults.run([faults.cli, "generate", *model, "--prompt", "a cat", "--steps", "1", "--out", photo])[0] != 0:
            raise SystemExit("no photo can be made")
        adapter = os.path.join(faults.folder, "kept.safetensors")
        learn = ["train", *model, "--image", photo, "--prompt", "a cat", "--steps", "5"]
        if faults.run([faults.cli, *learn, "--out", adapter])[0] != 0:
            raise SystemExit("nothing can be learned")
        edit = ["edit", *model, "--source-prompt", "a cat", "--prompt", "a dog", "--steps", "2", "--inverter", "ddim",
                "--adapter", adapter, "--image"]
        large = os.path.join(faults.folder, "large.png")
        write_photo(large, 3000, 2000)
        works = [
            Save(faults, "load", None, "info", starter),
            Save(faults, "train", "adapter.safetensors", *learn, "--checkpoint", "checkpoint.safetensors"),
            Save(faults, "convert", "lora.safetensors", "adapter", "convert", adapter, *model),
            Save(faults, "edit to PNG", "edit.png", *edit, photo),
            Save(faults, "edit to JPEG", "edit.jpg", *edit, photo),
            Save(faults, "edit to TIFF", "edit.tif", *edit, photo),
            Save(faults, "large edit", "large.tif", *edit, large),
            Library(faults),
        ]
        for work in works:
            for kind in KINDS:
                if chosen and not any(word in f"{work.name}: {kind}" for word in chosen):
                    continue
                if kind == "alloc" and work.name in ("load", "library", "convert"):
                    continue  # no device
                if kind != "space" and work.name == "large edit":
                    continue  # nothing that the others do not ask for
                faults.loop(work, kind)
        print(f"# {faults.runs} runs")
        print(f"1..{faults.tests}")
    finally:
        shutil.rmtree(faults.folder, ignore_errors=True)
    sys.exit(1 if faults.bad else 0)


main()
