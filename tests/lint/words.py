#!/usr/bin/env python3
"""What a person reads is marked for translation (ui/README.md): every literal of the source that is words, and every
property of a template that shows some. Prints those that are not, with file and line. Argument: the source root.

Words are a literal with a blank between two of them; in a call that shows its argument, and in a field of a table that is
shown, a single word is enough. What looks like it and is for no person is in the lists below, with the reason."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
MARKS = {"_", "N_", "C_", "NC_", "P_"}
SHOWING_CALL = re.compile(r"(gtk|adw)_\w+_(new|new_with_label|(set|add)_\w*(text|label|title|subtitle|markup|body|heading|"
                          r"description)|add_choice)$|tincture_project_say(_error)?$|tincture_window_toast$")
SHOWN_FIELDS = {"title", "summary", "help", "unit", "failure"}
SHOWN_PROPERTIES = {"label", "title", "subtitle", "description", "tooltip-text", "dropdown-tooltip", "placeholder",
                    "placeholder-text"}
WORDS = re.compile(r"[a-z]{2,}[,;:.]? \(?[“\"]?([A-Za-z]|%[^\"])")

# Not spoken to a person: the log, other programs, other libraries, names of what is made, identities.
SILENT_CALLS = {
    "g_debug", "g_info", "g_message", "g_warning", "g_critical", "g_error", "g_printerr", "perror", "fprintf", "png_error",
    "strstr", "strpbrk", "memcmp", "has_word", "g_str_equal", "g_str_has_prefix", "sscanf", "fscanf", "snprintf",
    "store_prepare", "store_prepare_id", "store_exec", "store_run", "store_number", "sqlite3_exec", "number_of",
    "select_runs", "count_bytes", "tensor_new", "gpu_trace_end", "write_meta", "note", "append_value", "png_set_iCCP",
}
SILENT_FIELDS = {
    "recipe",  # what other programs call it in a file
    "values", "words", "published", "files",  # read by the program
    "name",  # what files and the command line say
}
# A file, the literals that are meant, and why.
ELSEWHERE = [
    ("ui/store/.*", r"\b(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|PRAGMA|WHERE|FROM|DESC|BEGIN)\b|^id, |^seconds, ", "SQL"),
    ("ui/core/(lesson_subject|lesson_style|subject_set|subject_pairs|sticker).c",
     r"photograph of|cartoon|background$|in the snow|on a beach|on grass| and ", "sentences for the model, which reads English"),
    ("ui/core/(engine|batch|recipe_text|learner).c", r"", "recipes, and names in files"),
    ("ui/core/(batch_page|html).c", r"", "a page, which is a file"),
    ("compute/edit/(ddpm|invert|null_text|reference|run).c", r"", "keys of what is kept"),
    ("compute/(graph/dump|model/latent_rgb|file/hash).c", r"", "files"),
    ("compute/model/config.c", r"algorithm_type|timestep_type", "words of a model's files"),
    ("compute/adapter/dialect/(family|beside).c", r"^(Stable|LN)", "names"),
    ("compute/file/safetensors.c|render/.*", r"^version https|Photoshop 3|Raw profile|xpacket|gimp xcf",
     "what files begin with"),
    ("render/foreign.c", r"^(Clip Studio|Radiance HDR|Sun raster|DirectDraw|Targa)", "names of formats"),
    ("ui/core/model_list.c", r"^Stable Diffusion [12].x$", "names"),
    ("compute/i18n.h", r"", "the words that say how"),
    ("ui/dialogs/about.c", r"^Tincture|The Tincture team", "what is sent to those who mend a fault"),
    ("ui/(window.*|app).c", r"^(Tincture( %s.n)?$|win\.)", "names"),
]

TOKENS = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|[A-Za-z_]\w*|\#[^\n]*(?:\\\n[^\n]*)*|\s+|.""",
                    re.S)
LITERAL = re.compile(r'"((?:\\.|[^"\\\n])*)"')


def is_name(token):
    return token is not None and re.match(r"[A-Za-z_]\w*$", token)


def literals(text):
    """Line, text, names of the calls around it from the outside in, and the field of an initialiser: of each run of
    literals side by side, those of macros too."""
    calls, before, field, found = [], None, None, []
    for match in TOKENS.finditer(text):
        token = match.group()
        if token.isspace() or token == "\\" or token.startswith(("//", "/*")):
            continue
        if token[0] == "#":
            macro = re.match(r"#\s*define\s+\w+(\([^)]*\))?", token)
            if macro:
                line = text.count("\n", 0, match.start()) + 1
                found += [[line + number - 1, *rest] for number, *rest in literals(token[macro.end():])]
            before = None
            continue
        if token[0] == '"':
            if before == '"' and found:
                found[-1][1] += token[1:-1]
            else:
                found.append([text.count("\n", 0, match.start()) + 1, token[1:-1], list(calls), field])
            before = '"'
            continue
        if before == '"' and re.match(r"(PRI|G_G)\w+$", token):
            continue
        if token in "([{":
            calls.append(before if token == "(" and is_name(before) else "")
        elif token in ")]}":
            calls = calls[:-1]
            field = None
        elif token in ",;":
            field = None
        elif token == "=" and is_name(before):
            field = before
        before = token
    return found


def is_unmarked(path, text, calls, field):
    if MARKS & set(calls):
        return False
    named = [call for call in calls if call]
    call = named[-1] if named else ""
    shown = SHOWING_CALL.match(call) or field in SHOWN_FIELDS
    if not re.search(r"[A-Za-z]{2}" if shown else WORDS, text) or (shown and re.match(r"[A-Z0-9+ -]+$|[a-z0-9./_-]+$", text)):
        return False
    if call in SILENT_CALLS or field in SILENT_FIELDS:
        return False
    return not any(re.fullmatch(where, path) and re.search(what, text) for where, what, why in ELSEWHERE)


faults = []
for folder in ("compute", "render", "ui"):
    for path in sorted((root / folder).rglob("*.[ch]")):
        name = str(path.relative_to(root))
        if not name.startswith(("ui/cli/", "ui/claims/")):  # English: scripts read it
            faults += [f'{name}:{line}: not marked: "{text}"' for line, text, calls, field in literals(path.read_text())
                       if is_unmarked(name, text, calls, field)]
for path in sorted((root / "resources/ui").glob("*.ui")):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = re.search(r'<(property|attribute) ([^>]*)>([^<]*[A-Za-z]{2}[^<]*)<', line)
        name = found and re.search(r'name="([^"]+)"', found[2])
        item = re.search(r"<item>([^<]*[A-Za-z])", line)
        if item or (name and name[1] in SHOWN_PROPERTIES and "translatable" not in found[2] and found[3] != "True"):
            faults.append(f"{path.relative_to(root)}:{number}: not marked: {line.strip()}")
print("\n".join(faults) or "all words are marked")
sys.exit(bool(faults))
