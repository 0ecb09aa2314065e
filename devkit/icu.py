"""Qt's ICU data on Linux, cut to the languages that CardTool speaks: 32 MB become 10.

Kept is what belongs to no language (encodings such as Big5, the root collation, time zones) and what belongs
to English and Chinese; any other language is treated as ICU treats one that it does not know.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from devkit.bundle import Entry

LIBRARY = "libicudata.so."
NEEDED_PROGRAMS = ("icupkg", "gcc", "objcopy")
LANGUAGES = ("en", "zh", "yue")  # Chinese of Hong Kong refers to Cantonese
UNUSED = ("brkitr/", "curr/", "lang/", "rbnf/", "translit/", "unit/")
"""Finding words, money, names of languages, numbers in words, transliteration, units: Qt has no call for them."""
OF_ONE_LANGUAGE = re.compile(r"(?:\w+/)?([a-z]{2,3})(?:_\w*)?\.res")
"""Items such as ``coll/zh_Hant_TW.res`` and ``de.res``."""
ASSEMBLY = """
    .section .note.GNU-stack,"",%progbits
    .section .rodata
    .globl {symbol}
    .type {symbol}, %object
    .balign 16
{symbol}:
    .incbin "{data}"
    .size {symbol}, . - {symbol}
"""


def trimmed(entries: Iterable[Entry], work: Path) -> list[Entry]:
    """The entries with the library of ICU data replaced by a smaller one, made below ``work``."""
    return [
        (name, str(smaller(Path(source), work)), kind)
        if Path(name).name.startswith(LIBRARY) and kind != "SYMLINK"
        else (name, source, kind)
        for name, source, kind in entries
    ]


def smaller(library: Path, work: Path) -> Path:
    """A library of that name with less in it; ``library`` itself where a program for that is missing."""
    if not all(map(shutil.which, NEEDED_PROGRAMS)):
        print(f"ICU data stays whole: one of {', '.join(NEEDED_PROGRAMS)} is not installed")
        return library
    major = library.name.removeprefix(LIBRARY)
    # The names of the items inside begin with the file's name, so it has to be this one.
    whole, less = (work / folder / f"icudt{major}l.dat" for folder in ("icu-whole", "icu"))
    for path in (whole, less):
        path.parent.mkdir(parents=True, exist_ok=True)
    call(["objcopy", "-O", "binary", "--only-section=.rodata", str(library), str(whole)])
    listed = less.with_name("removed.txt")
    listed.write_text("\n".join(superfluous(call(["icupkg", "-l", str(whole)]).split())) + "\n", "ascii")
    call(["icupkg", "-r", str(listed), str(whole), str(less)])
    return linked(less, f"icudt{major}_dat", less.with_name(library.name))


def superfluous(items: Iterable[str]) -> list[str]:
    """Those that belong to a language that is not ours, or to what Qt does not ask for."""
    found = ((item, OF_ONE_LANGUAGE.fullmatch(item)) for item in items)
    return [
        item
        for item, match in found
        if item.startswith(UNUSED) or (match is not None and match[1] not in LANGUAGES)
    ]


def linked(data: Path, symbol: str, library: Path) -> Path:
    """``library``, newly made, exporting the bytes of ``data``."""
    source = data.with_suffix(".S")
    source.write_text(ASSEMBLY.format(symbol=symbol, data=data), "utf-8")
    options = ["-shared", "-nostdlib", "-Wl,--build-id=none", f"-Wl,-soname,{library.name}"]
    call(["gcc", *options, "-o", str(library), str(source)])
    return library


def call(command: Sequence[str]) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
