#!/usr/bin/env python3
"""completion.py FOLDER CLI: in a bash of its own, with a terminal, the Tab key offers what the program takes."""
import json
import os
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time

LIMIT_S = 60  # for one answer of the shell


class Shell:
    def __init__(self, home, folder):
        pid, self.terminal = pty.fork()
        if pid == 0:
            os.chdir(home)
            os.environ.update(LC_ALL="C.UTF-8", LANGUAGE="C", TERM="dumb", HOME=home, PS1="$ ", COLUMNS="20000")
            os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
        for name in ("tincture-cli", "tincture"):
            self.send(f"source '{folder}/{name}'\n")
        self.send("bind 'set enable-bracketed-paste off'; show() { printf '%s\\n' BEGIN \"$@\" DONE; }\n")
        self.send("show ready\n")
        self.answer()

    def send(self, text):
        os.write(self.terminal, text.encode())

    def answer(self):
        """The words that `show` printed last."""
        said, end = b"", time.monotonic() + LIMIT_S
        while b"\nDONE\r\n" not in said:
            if not select.select([self.terminal], [], [], max(0, end - time.monotonic()))[0]:
                sys.exit(f"bash said nothing more than {said!r}")
            said += os.read(self.terminal, 65536)
        return said.decode().replace("\r", "").split("\nBEGIN\n")[-1].split("\nDONE\n")[0].split("\n")

    def completed(self, line):
        """The words of the line once all its completions have been put in (readline's M-*)."""
        self.send(line + "\x1b*\x01show \n")
        return self.answer()


def main():
    if not shutil.which("bash"):
        print("1..0 # SKIP there is no bash here")
        sys.exit(77)
    folder, cli = (os.path.abspath(path) for path in sys.argv[1:])
    commands = json.loads(subprocess.run([cli, "--describe"], check=True, stdout=subprocess.PIPE).stdout)
    options = {c["name"]: {"--" + o["name"]: o for o in c["options"]} for c in commands}
    results = []

    with tempfile.TemporaryDirectory() as home:
        os.mkdir(f"{home}/pile")
        for name in ("photo.png", "plan.txt"):
            open(f"{home}/{name}", "w").close()
        shell = Shell(home, folder)

        def check(line, wanted, what):
            got = shell.completed(line)[len(line.split()) - (0 if line.endswith(" ") else 1):]
            got = [word.partition("=")[2] if word.startswith("--scheduler=") else word for word in got]
            results.append((sorted(got) == sorted(wanted), f"{what}: {line!r} gives {got}, not {sorted(wanted)}"))

        check("tincture-cli ", list(options) + ["--help", "--version"], "commands")
        check("tincture-cli ed", ["edit"], "a command begun")
        for name, own in options.items():
            check(f"tincture-cli {name} --", own, "options")
            for option, o in own.items():
                if o["words"] and not o["value"].startswith(("FILE", "PATH", "FOLDER")):
                    check(f"tincture-cli {name} {option} ", o["words"], "words")
        check("tincture-cli edit --scheduler=eul", [w for w in options["edit"]["--scheduler"]["words"]
                                                   if w.startswith("eul")], "a word behind =")
        check("tincture-cli edit --image ", ["photo.png", "pile"], "pictures")
        check("tincture-cli edit -i ph", ["photo.png"], "a picture behind a letter")
        check("tincture-cli adapter ", ["info", "convert", "combine", "inspect", "dialects"], "verbs")
        check("tincture-cli adapter info p", ["photo.png", "plan.txt", "pile"], "files")
        check("tincture --dev", ["--device"], "options of the window")
    for i, (ok, text) in enumerate(results, 1):
        print(f"{'ok' if ok else 'not ok'} {i} - {text.split(' gives ')[0] if ok else text}")
    print(f"1..{len(results)}")
    sys.exit(0 if all(ok for ok, _ in results) else 1)


main()
