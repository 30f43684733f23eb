#!/usr/bin/env python3
"""kill -9 at any time: kills.py CLI DRIVE LIBRARY MODELS [COUNT]

By turns while the command line learns and saves an edit, while a library is written, and while the window learns and
is written into. After each kill: the library is whole and opens, at most three seconds of work are lost, learning goes
on where its file says, and under a final name there is the old file or the new one whole. Prints TAP.
"""
import json
import os
import random
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time

LOST_S = 3  # that may be lost
TURNS = ["learn", "save", "library", "learn", "save", "library", "learn", "save", "library", "window"]


class Kills:
    def __init__(self, cli, drive, library, models):
        self.cli, self.drive, self.library = cli, drive, library
        self.model = ["--model", os.path.join(models, "sd1")]
        self.folder = tempfile.mkdtemp(prefix="tincture-kill-")
        self.random = random.Random(1)
        self.env = dict(os.environ, LC_ALL="C.UTF-8", XDG_CACHE_HOME=os.path.join(self.folder, "cache"))
        self.photo = self.path("photo.png")
        self.run(self.cli, "generate", *self.model, "--prompt", "a cat", "--steps", "1", "--out", self.photo)
        self.sample = os.path.join(os.environ["TINCTURE_RESOURCES"], "samples", "apple.png")
        self.longest = 0  # seconds that were lost

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, *argv, **how):
        return subprocess.Popen(argv, cwd=self.folder, env=self.env, stderr=subprocess.DEVNULL, **how)

    def run(self, *argv):
        done = subprocess.run(argv, cwd=self.folder, env=self.env, capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"{argv[1]}: status {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def kill_after(self, process, seconds):
        """The time of the kill; None where the program had ended."""
        try:
            process.wait(seconds)
            return None
        except subprocess.TimeoutExpired:
            now = time.time()
            process.kill()
            process.wait()
            return now

    def lose(self, seconds):
        self.longest = max(self.longest, seconds)
        assert seconds <= LOST_S, f"{seconds:.1f} seconds are lost"

    def no_temporaries(self, folder):
        left = [name for _, _, names in os.walk(folder) for name in names if name.startswith(".tincture-")]
        assert not left, f"{left} are left after the next save"

    def learn(self):
        """By turns short steps, and some of half a second and more, as a large model has them."""
        slow = self.random.random() < 0.5
        model = ["--batch", "8"] if slow else [*self.model, "--batch", "64"]
        photo = self.sample if slow else self.photo
        checkpoint, log, out = self.path("checkpoint.safetensors"), self.path("log.csv"), self.path("out.safetensors")
        for path in (checkpoint, log, out):
            if os.path.exists(path):
                os.unlink(path)
        command = [self.cli, "train", *model, "--image", photo, "--prompt", "a cat", "--set", "keep_best=off",
                   "--checkpoint", checkpoint, "--out", out]
        process = self.start(*command, "--steps", "100000", "--log", log, stdout=subprocess.DEVNULL)
        while not (os.path.exists(log) and open(log).read().count("\n") > 2):
            assert process.poll() is None, "it ended before its first step"
            time.sleep(0.01)
        begin = time.time()
        killed = self.kill_after(process, self.random.uniform(0, 5))
        assert killed, "it ended by itself"
        assert not os.path.exists(out), "there is an adapter of a run that did not end"
        if not os.path.exists(checkpoint):
            self.lose(killed - begin)
            return
        self.lose(killed - os.path.getmtime(checkpoint))
        with open(checkpoint, "rb") as file:
            step = int(json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))["__metadata__"]["step"])
        self.run(*command, "--steps", str(step + 1), "--resume", checkpoint, "--log", log)
        first = open(log).read().split("\n")[1].split(",")[0]
        assert int(first) == step + 1, f"it goes on with step {first} after {step}"
        self.no_temporaries(self.folder)

    def save(self):
        suffix = self.random.choice(["png", "jpg", "tif"])
        out = self.path("edit." + suffix)
        command = [self.cli, "edit", *self.model, "--image", self.photo, "--source-prompt", "a cat", "--prompt", "a dog",
                   "--steps", "2", "--inverter", "ddim", "--out", out]
        self.run(*command)
        whole = os.path.getsize(out)
        with open(out, "wb") as file:
            file.write(b"old")
        process = self.start(*command, stdout=subprocess.DEVNULL)
        self.kill_after(process, self.random.uniform(0, 0.4))
        size = os.path.getsize(out)
        assert size in (3, whole), f"{size} bytes of {whole}"
        self.run(*command)
        self.no_temporaries(self.folder)

    def integrity(self, folder):
        for name in os.listdir(folder):
            if name.endswith(".db"):
                db = sqlite3.connect(os.path.join(folder, name))
                answer = db.execute("PRAGMA integrity_check").fetchone()[0]
                db.close()
                assert answer == "ok", answer

    def write_library(self):
        folder = self.path("library")
        process = self.start(self.library, "run", folder, stdout=subprocess.PIPE, text=True)
        killed = self.kill_after(process, self.random.uniform(0, 1))
        assert killed, "it ended by itself"
        said = process.stdout.read().split()
        if not said:
            return
        prompt, copy = self.run(self.library, "check", folder).split()
        assert int(prompt) >= int(said[-1]), f"{said[-1]} was saved, {prompt} is there"
        assert int(copy) >= int(said[-1]), f"{said[-1]} was saved, {copy} is there"
        self.integrity(folder)
        self.run(self.library, "save", folder, "0")
        self.no_temporaries(folder)

    def window(self):
        folder, script = self.path("window"), self.path("window.drive")
        shutil.rmtree(folder, ignore_errors=True)
        with open(script, "w") as file:
            file.write(f"wait device != none within 120\nopen {self.sample}\nwait photo != none within 60\n"
                       "set learn.steps.text 2000\nset source text 0\naction win.learn\n"
                       "wait job learn step 3 within 120\nprint photo\n")
            for i in range(1, 400):  # someone who writes while it learns
                file.write(f"set source text {i}\nprint source\nrun sleep 0.1\n")
        process = self.start(self.drive, "--data-dir", folder, "--drive", script, stdout=subprocess.PIPE)
        said = []
        end = None
        for line in process.stdout:
            said.append((time.time(), line.decode().strip().split(": ")[-1]))
            end = end or time.time() + self.random.uniform(0, 6)
            if time.time() > end:
                break
        assert said, "the window ended before it learned"
        killed = time.time()
        process.kill()
        process.wait()
        self.integrity(folder)
        db = sqlite3.connect(os.path.join(folder, "library.db"))
        kept = db.execute("SELECT source_prompt FROM documents").fetchone()[0]
        db.close()
        if len(said) > 1:
            times = [at for at, text in said if text == kept]
            lost = [at for at, text in said[1:] if not times or at > times[0]]
            self.lose(killed - lost[0] if lost else 0)
        names = os.listdir(os.path.join(folder, "runs"))
        for name in names:
            if name.endswith(".safetensors"):
                self.run(self.cli, "info", os.path.join(folder, "runs", name))
        with open(script, "w") as file:
            file.write("wait photo 512x512 within 60\nassert source contains text\n" +
                       ("wait can-resume yes within 60\n" if any(n.endswith(".safetensors") for n in names) else "") +
                       "quit\n")
        self.run(self.drive, "--data-dir", folder, "--drive", script)
        self.integrity(folder)


def main():
    kills = Kills(*[os.path.realpath(a) for a in sys.argv[1:5]])
    count = int(sys.argv[5]) if len(sys.argv) > 5 else len(TURNS)
    work = {"learn": kills.learn, "save": kills.save, "library": kills.write_library, "window": kills.window}
    bad = 0
    try:
        for i in range(count):
            turn = TURNS[i % len(TURNS)]
            try:
                work[turn]()
                print(f"ok {i + 1} - {turn}")
            except (AssertionError, OSError, ValueError, sqlite3.Error) as error:
                bad += 1
                print(f"not ok {i + 1} - {turn}\n# {error}")
            sys.stdout.flush()
        print(f"# {count} kills, {count - bad} held, at most {kills.longest:.1f} seconds lost\n1..{count}")
    finally:
        shutil.rmtree(kills.folder, ignore_errors=True)
    sys.exit(1 if bad else 0)


main()
