#!/usr/bin/env python3
"""manual.py SOURCE: the manual is whole: every link and picture is there, every page is reached from the contents, and each
panel and page of the window has its page; what a page names in <em> is what the window says in the page's language."""
import html.parser
import pathlib
import posixpath
import re
import sys


class Page(html.parser.HTMLParser):
    VOID = {"meta", "link", "img", "br"}

    def __init__(self, path):
        super().__init__()
        self.targets, self.ids, self.open, self.faults, self.names = [], set(), [], [], []
        self.feed(path.read_text(encoding="utf-8"))
        self.faults += [f"<{tag}> is not closed" for tag in self.open]

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.ids.add(values.get("id"))
        self.targets += [values[name] for name in ("href", "src") if name in values]
        if tag == "img" and not values.get("alt"):
            self.faults.append("a picture without words")
        if tag == "em":
            self.names.append("")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_data(self, data):
        if "em" in self.open:
            self.names[-1] += data

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing")


def plain(text):
    """A text of the window as one reads it: without its key, its ellipsis, and what is in parentheses behind it."""
    text = " ".join(text.split()).split(" (")[0]
    return re.sub(r"\(_\w\)", "", text).replace("_", "").removesuffix("…").strip().lower()


def texts_of(source, language):
    """What the window says in a language; in English what German has a translation of, which is all of it."""
    catalogue = (source / "resources" / "po" / f"{language or 'de'}.po").read_text(encoding="utf-8")
    field = r"msgstr(?:\[\d\])?" if language else r"msgid(?:_plural)?"
    found = re.findall(rf'^{field} ((?:"(?:[^"\\]|\\.)*"\s*)+)', catalogue, re.M)
    return {plain("".join(re.findall(r'"((?:[^"\\]|\\.)*)"', text))) for text in found}


def main():
    source = pathlib.Path(sys.argv[1])
    folder = source / "resources" / "help"
    pages = {path.relative_to(folder).as_posix(): Page(path) for path in sorted(folder.glob("**/*.html"))}
    faults = [f"{name}: {fault}" for name, page in pages.items() for fault in page.faults]
    used = set()
    for name, page in pages.items():
        for target in page.targets:
            file, _, part = target.partition("#")
            file = posixpath.normpath(posixpath.join(posixpath.dirname(name), file)) if file else name
            used.add(file)
            if "//" in target:
                faults.append(f"{name}: {target} is not of this computer")
            elif not (folder / file).is_file():
                faults.append(f"{name}: there is no {file}")
            elif part and part not in pages[file].ids:
                faults.append(f"{name}: {file} has no part {part}")
    said = {language: texts_of(source, language) for language in {name.rpartition("/")[0] for name in pages}}
    faults += [f"{name}: the window does not say “{text}”" for name, page in pages.items()
               for text in page.names if plain(text) not in said[name.rpartition("/")[0]]]
    for name in pages:
        language, _, page = name.rpartition("/")
        contents = pages.get(f"{language}/index.html" if language else "index.html")
        if page not in pages:
            faults.append(f"{name} is no translation: there is no {page}")
        elif page != "index.html" and (contents is None or page not in contents.targets):
            faults.append(f"{name} is not in the contents of its language")
        elif language and f"../{page}" in contents.targets:
            faults.append(f"{language}/index.html names the page {page} of the source, though it is translated")
    for name, contents in pages.items():
        named = {posixpath.basename(target) for target in contents.targets}
        if posixpath.basename(name) == "index.html":
            faults += [f"{name} lacks {page}" for page in pages if "/" not in page and page not in named | {"index.html"}]
    faults += [f"{path.name} is shown by no page" for path in folder.glob("*.png") if path.name not in used]

    table = dict(re.findall(r'\{"([a-z-]+)", "([a-z-]+)"\}', (source / "ui" / "window_help.c").read_text()))
    faults += [f"window_help.c: there is no page {page}" for page in table.values() if f"{page}.html" not in pages]
    panels = re.search(r"^panels = \[(.*?)\]", (source / "ui" / "panels" / "meson.build").read_text(), re.M | re.S)[1]
    asides = [word for path in (source / "ui").glob("window*.c")
              for call in re.findall(r"show_aside\((.*?)\);", path.read_text(), re.S)
              for word in re.findall(r'"([a-z-]+)"', call)]
    beside = [word for path in (source / "ui" / "dialogs").glob("*.c")
              for word in re.findall(r'window_help_at_f1\(.*?, "([a-z-]+)"\)', path.read_text())]
    places = re.findall(r"'(\w+)'", panels) + asides + beside
    if len(places) < 10:
        faults.append(f"only these places were found: {places}")
    faults += [f"window_help.c has no page for {place}" for place in sorted(set(places)) if place not in table]
    for fault in faults:
        print(fault, file=sys.stderr)
    sys.exit(1 if faults else 0)


main()
