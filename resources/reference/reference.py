#!/usr/bin/env python3
"""Makes the manual pages and the shells' completions of what the programs themselves say that they take.

reference.py CLI PROGRAM VERSION METAINFO README OUT: CLI is tincture-cli, whose --describe lists its commands,
PROGRAM the window's, whose --help is read; the variables of the environment are README's table. Writes into OUT.
"""
import json
import os
import pathlib
import re
import subprocess
import sys

PICTURES = "jpg jpeg png tif tiff webp heic heif avif jxl gif bmp pnm ppm pgm pbm ico".split()


def said(*command):
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": "C", "COLUMNS": "200", "ASAN_OPTIONS": "detect_leaks=0"}
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment, text=True).stdout


def window_options(program):
    """The options of `PROGRAM --help`, in the form of a command of --describe."""
    options = []
    for line in said(program, "--help").splitlines():
        found = re.match(r"  (?:-(\w), )?--([\w-]+)(?:=(\S+))?\s{2,}(.*)", line)
        if found and not found[2].startswith("help-"):
            options.append({"letter": found[1] or "", "name": found[2], "value": found[3] or "", "help": found[4],
                            "words": ["auto", "fp32", "bf16"] if found[2] == "precision" else []})
        elif options and line.startswith("   "):
            options[-1]["help"] += " " + line.strip()
    if not options:
        sys.exit("reference.py: the window's --help lists no options")
    return options


def environment_of(readme):
    rows = re.findall(r"^\| `(TINCTURE_\w+)` \| (.*) \|$", readme, re.M)
    if not rows:
        sys.exit("reference.py: README.md has no table of variables")
    return rows


# ---- manual pages --------------------------------------------------------------------------------

def roff(text):
    text = text.replace("\\", r"\e").replace("-", r"\-")
    return r"\&" + text if text[:1] in (".", "'") else text


def bold_code(text):
    """Markdown's `code` as bold, for a line of running text."""
    parts = text.split("`")
    return "".join(rf"\fB{roff(p)}\fR" if i % 2 else roff(p) for i, p in enumerate(parts))


def option_lines(option):
    names = [f"-{option['letter']}"] if option["letter"] else []
    names.append(f"--{option['name']}")
    head = ", ".join(rf"\fB{roff(n)}\fR" for n in names)
    value = rf" \fI{roff(option['value'])}\fR" if option["value"] else ""
    help_text = option["help"].rstrip(".") + "."
    return [".TP", head + value, roff(help_text)]


def common_tail(variables):
    lines = [".SH ENVIRONMENT"]
    for name, meaning in variables:
        lines += [".TP", rf"\fB{name}\fR", bold_code(meaning[0].upper() + meaning[1:] + ".")]
    return lines


FILES = [
    ".SH FILES",
    ".TP", r"\fI~/.local/share/tincture/\fR",
    "The library: photos that were opened, with everything that was done to them, adapters, and learned tokens.",
    ".TP", r"\fI~/.cache/tincture/\fR",
    "What can be computed again. It may be deleted while the program does not run.",
]


def head(name, version, date, what):
    return [f'.TH {name.upper()} 1 "{date}" "Tincture {version}" "User Commands"',
            ".SH NAME", rf"{roff(name)} \- {what}"]


def window_page(options, variables, version, date):
    lines = head("tincture", version, date, "edit a photo by rewriting its description")
    lines += [".SH SYNOPSIS", r"\fBtincture\fR [\fIOPTION\fR...] [\fIFILE\fR...]", ".SH DESCRIPTION",
              "Opens the window. It learns one photo, and then edits it as its description is rewritten; everything",
              "happens on this computer. A",
              rf"\fIFILE\fR is a photo, or an adapter ({roff('.safetensors')}) to use in the photo that is open.",
              ".PP", "F1 opens the manual at the place where one is, Ctrl+? lists the keys.",
              ".PP", "With an option the program runs by itself; else it hands its files to the window that is open.",
              ".SH OPTIONS"]
    for option in options:
        lines += option_lines(option)
    return lines + FILES + common_tail(variables) + [
        ".SH EXIT STATUS", "0 after the window was closed, 1 where it could not be opened.",
        ".SH SEE ALSO", r"\fBtincture\-cli\fR(1)"]


def command_section(command):
    lines = [rf".SS {roff(command['name'])}", roff(command["summary"]) + ".", ".PP"]
    for way in command["usage"].split("; ")[0].split(" | "):
        lines += [rf"\fBtincture\-cli {command['name']}\fR {roff(way)} [\fIOPTION\fR...]", ".br"]
    lines = lines[:-1]
    for note in command["usage"].split("; ")[1:]:
        lines += [".PP", roff(note) + "."]
    for option in command["options"]:
        lines += option_lines(option)
    return lines


def cli_page(commands, variables, version, date):
    lines = head("tincture-cli", version, date, "learn, edit and draw pictures without a window")
    lines += [".SH SYNOPSIS", r"\fBtincture\-cli\fR \fICOMMAND\fR [\fIOPTION\fR...]", ".br",
              r"\fBtincture\-cli\fR \fICOMMAND\fR \fB\-\-help\fR", ".SH DESCRIPTION",
              r"The jobs of \fBtincture\fR(1) for scripts and servers. Answers go to standard output, as JSON with",
              r"\fB\-\-json\fR; progress goes to standard error, and only to a terminal. Ctrl+C stops a command where it",
              "can keep what it has, the second time at once.", ".SH COMMANDS"]
    for command in commands:
        lines += [".TP", rf"\fB{command['name']}\fR", roff(command["summary"]) + "."]
    lines += [".SH OPTIONS",
              "In brackets stands what counts where an option is not given, with the starter model and with the method",
              r"that is chosen by default; \fBtincture\-cli\fR \fICOMMAND OPTION\fR... \fB\-\-help\fR tells it beside other",
              "choices."]
    for command in commands:
        lines += command_section(command)
    examples = [
        ("Learn a photo, and edit it where it shows a cat:",
         ['tincture-cli train --image cat.jpg --prompt "a photograph of a cat" --out cat.safetensors',
          'tincture-cli edit --image cat.jpg --source-prompt "a photograph of a cat" \\',
          '    --prompt "a photograph of an orange cat" --adapter cat.safetensors:0.9 \\',
          '    --select cat --out orange.png']),
        ("A sticker for a messenger:", ['tincture-cli sticker --prompt "a yellow duck" --for telegram --out duck.webp']),
    ]
    lines.append(".SH EXAMPLES")
    for title, code in examples:
        lines += [title, ".PP", ".nf", ".RS"] + [roff(line) for line in code] + [".RE", ".fi", ".PP"]
    return lines[:-1] + FILES + common_tail(variables) + [
        ".SH EXIT STATUS",
        ".TP", r"\fB0\fR", "It is done.",
        ".TP", r"\fB1\fR", "It failed, with one sentence on standard error, and nothing half written is left.",
        ".TP", r"\fB2\fR", "The command line is wrong.",
        ".TP", r"\fB130\fR", "It was stopped.",
        ".SH SEE ALSO", r"\fBtincture\fR(1)"]


# ---- completion ----------------------------------------------------------------------------------

def takes(option):
    """What a value is: words, pictures, folders, files, or (None) a text that nobody can complete."""
    value = option["value"]
    if not value:
        return "nothing"
    if option["words"] and value == "NAME":
        return "words"
    if value.startswith("FOLDER"):
        return "folders"
    if option["name"] in ("image", "mask", "hint", "sheet"):
        return "pictures"
    if value.startswith(("FILE", "PATH")):
        return "files"
    return "words" if option["words"] else None


def verbs(command):
    """The words that a command's usage begins with: "info FILE | convert FILE" gives info, convert."""
    ways = command["usage"].split("; ")[0].split(" | ")
    return [way.split()[0] for way in ways if way and re.match(r"[a-z]", way)]


def bash(program, commands):
    """commands: of a program without any there is one, whose name is empty."""
    whole = commands[0]["name"] == ""
    groups = {}
    for command in commands:
        for option in command["options"]:
            kind = takes(option)
            if kind != "nothing":
                for name in [f"--{option['name']}"] + ([f"-{option['letter']}"] if option["letter"] else []):
                    groups.setdefault((kind, tuple(option["words"])), []).append(f"{command['name']}:{name}")
    function = "_" + program.replace("-", "_")
    pictures = "|".join(PICTURES)
    out = [f"# Completion of {program} for bash. Made from the program's own tables.",
           f"{function}()", "{",
           "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words= files=",
           "    local command=" + ("" if whole else "${COMP_WORDS[1]}"),
           "    # Of --option=value bash makes three words.",
           "    [[ $cur == = ]] && cur=",
           "    [[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD - 2]}",
           "    [[ $cur == '' && ${COMP_WORDS[COMP_CWORD]} == = ]] && prev=${COMP_WORDS[COMP_CWORD - 1]}"]
    if not whole:
        names = " ".join(c["name"] for c in commands)
        out += ["    if ((COMP_CWORD == 1)); then",
                f"        mapfile -t COMPREPLY < <(compgen -W '{names} --help --version' -- \"$cur\")",
                "        return", "    fi"]
    out.append("    case $command:$prev in")
    for (kind, words), places in sorted(groups.items(), key=lambda g: g[1]):
        out.append("    " + " | \\\n        ".join(places) + ")")
        out.append(f"        words='{' '.join(words)}' files={kind if kind in ('pictures', 'folders', 'files') else 'none'}")
        out.append("        ;;")
    out += ["    *)", "        case $command in"]
    for command in commands:
        options = " ".join(f"--{o['name']}" for o in command["options"])
        rest = "files" if whole or command["usage"] else "none"
        out.append(f"        {command['name'] or chr(39) * 2}) words='{options}' files={rest} ;;")
    out += ["        esac"]
    for command in commands:
        if verbs(command):
            out += [f"        [[ $command == {command['name']} && $COMP_CWORD == 2 && $cur != -* ]] &&",
                    f"            words='{' '.join(verbs(command))}' files=none"]
    out += ["        [[ $files != none && $cur != -* ]] && words=",
            "        ;;", "    esac",
            "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")",
            "    case $files in", "    pictures | files | folders)",
            "        compopt -o filenames 2>/dev/null",
            "        [[ $cur == -* ]] && return",
            "        local path",
            "        while IFS= read -r path; do",
            f"            [[ $files != pictures || -d $path || ${{path,,}} == *.@({pictures}) ]] && COMPREPLY+=(\"$path\")",
            "        done < <(if [[ $files == folders ]]; then compgen -d -- \"$cur\"; else compgen -f -- \"$cur\"; fi)",
            "        ;;", "    esac", "}",
            f"complete -F {function} {program}"]
    return out


def quoted(text):
    return "'" + text.replace("'", "’") + "'"


def zsh(commands):
    def spec(option):
        text = option["help"].replace("[", "(").replace("]", ")").replace(":", ";").replace("'", "’")
        kind = takes(option)
        action = {"nothing": "", "words": f":word:({' '.join(option['words'])})", "folders": ":folder:_files -/",
                  "pictures": ":picture:_files", "files": ":file:_files", None: ":value:"}[kind]
        name = f"--{option['name']}"
        return f"'*{name}{'=' if action else ''}[{text}]{action}'"
    out = ["#compdef tincture-cli", "# Made from the program's own tables.", "_tincture_cli() {",
           "    if ((CURRENT == 2)); then", "        local -a commands=("]
    out += [f"            {quoted(c['name'] + ':' + c['summary'])}" for c in commands]
    out += ["        )", "        _describe command commands", "        return", "    fi",
            "    local command=$words[2]", "    shift words", "    ((CURRENT--))", "    case $command in"]
    for command in commands:
        rest = ["'1:verb:(" + " ".join(verbs(command)) + ")'"] if verbs(command) else []
        rest += ["'*:file:_files'"] if command["usage"] else []
        specs = [spec(o) for o in command["options"]] + rest
        out += [f"    {command['name']})", "        _arguments \\"]
        out += [f"            {s} \\" for s in specs[:-1]] + [f"            {specs[-1]}", "        ;;"]
    return out + ["    esac", "}", '_tincture_cli "$@"']


def fish(commands):
    names = " ".join(c["name"] for c in commands)
    out = ["# Completion of tincture-cli for fish. Made from the program's own tables.",
           "complete -c tincture-cli -f"]
    for command in commands:
        out.append(f"complete -c tincture-cli -n 'not __fish_seen_subcommand_from {names}' "
                   f"-a {command['name']} -d {quoted(command['summary'])}")
        here = f"complete -c tincture-cli -n '__fish_seen_subcommand_from {command['name']}'"
        if command["usage"]:
            out.append(f"{here} -F" + (f" -a '{' '.join(verbs(command))}'" if verbs(command) else ""))
        for option in command["options"]:
            kind = takes(option)
            value = {"nothing": "", None: " -x", "words": f" -x -a '{' '.join(option['words'])}'",
                     "folders": " -x -a '(__fish_complete_directories)'"}.get(kind, " -r -F")
            letter = f" -s {option['letter']}" if option["letter"] else ""
            out.append(f"{here} -l {option['name']}{letter}{value} -d {quoted(option['help'])}")
    return out


def main():
    cli, program, version, metainfo, readme, out = sys.argv[1:]
    commands = json.loads(said(cli, "--describe"))
    options = window_options(program)
    variables = environment_of(pathlib.Path(readme).read_text(encoding="utf-8"))
    date = re.search(r'<release version="[^"]*" date="([^"]*)"', pathlib.Path(metainfo).read_text(encoding="utf-8"))[1]
    window = [{"name": "", "summary": "", "usage": "FILE", "options": options}]
    for name, lines in (("tincture-cli.1", cli_page(commands, variables, version, date)),
                        ("tincture.1", window_page(options, variables, version, date)),
                        ("tincture-cli", bash("tincture-cli", commands)),
                        ("tincture", bash("tincture", window)),
                        ("_tincture-cli", zsh(commands)),
                        ("tincture-cli.fish", fish(commands))):
        (pathlib.Path(out) / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


main()
