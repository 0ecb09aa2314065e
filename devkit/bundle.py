"""What the frozen application holds and what it leaves out; read by build.spec inside PyInstaller."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

from devkit import ROOT, screen

Entry = tuple[str, str, str]
"""As PyInstaller has it: name in the bundle, file it comes from, kind (EXTENSION, BINARY, DATA …)."""

NEVER_IMPORTED = [
    # Named by libraries for their own tests and type checkers.
    *("hypothesis", "mypy", "pytest", "_pytest", "setuptools", "pip", "sqlalchemy.testing", "yapf"),
    *("tkinter", "pydoc", "pdb", "unittest", "lib2to3", "distutils", "IPython", "rich._windows_renderer"),
    # Qt beyond Widgets: nothing here draws with the graphics card, and requests speaks to the network.
    *("PySide6.QtNetwork", "PySide6.QtOpenGL", "PySide6.QtQml", "PySide6.QtQuick"),
    # Picture formats of Pillow that a captcha is not drawn in.
    *("PIL._avif", "PIL._webp", "PIL._imagingcms", "PIL.AvifImagePlugin", "PIL.ImageTk", "PIL.ImageQt"),
    # Of PyPAC only the evaluation is used: neither discovery nor its way to macOS' settings.
    *("publicsuffixlist", "SystemConfiguration", "dukpy.webassets"),
    # The RA of practice mode has its database embedded, its keys in files; libpq would add a tenth to the whole.
    *("psycopg", "psycopg_binary", "pkcs11"),
    # uvicorn takes these where they are; ours names h11, and one person needs no faster loop.
    *("httptools", "uvloop", "websockets", "wsproto", "watchfiles", "yaml", "dotenv"),
    # PyInstaller imports it at each start, for libraries that are opened by name; here nobody does that on Linux.
    *(["ctypes", "_ctypes"] if screen.LINUX else []),
]
DEAR_AT_START = ["multiprocessing"]
"""Not for ``cardtool``, which starts its children itself: PyInstaller imports sockets, signals and pickle for it."""
BESIDE_THE_ARCHIVE = {
    # What comes before the first paint lies there as it is loaded: to unpack it took an eighth of the start.
    name: "pyc"
    for name in (
        *("cardtool.ui", "cardtool.desktop", "cardtool.app", "cardtool.words", "cardtool.config"),
        *("cardtool.postponed", "cardtool.errors", "cardtool.atomic", "cardtool.cli.options"),
        *("PySide6", "shiboken6", "shibokensupport"),
        *("argparse", "contextlib", "copy", "dataclasses", "datetime", "fnmatch", "gettext", "ipaddress"),
        *("json", "locale", "pathlib", "platformdirs", "queue", "string"),
        *("threading", "tomllib", "typing", "urllib"),
    )
}
LIBRARY = "base_library.zip"
"""Python's own modules, where PyInstaller has it look first."""
IMPORTED_BY_MIGRATIONS = ["alembic.context", "alembic.op", "server_stub.db.models"]

MIGRATIONS = "server_stub/db/migrations"
"""Alembic reads these from files, so they stay files."""
CODE_AND_CACHES = (".py", ".pyc")

UNUSED_PLUGIN_KINDS = {
    *("egldeviceintegrations", "generic", "networkinformation", "qmltooling", "sqldrivers", "tls"),
    *("wayland-graphics-integration-client", "xcbglintegrations"),
}
UNUSED_PLUGINS = {
    # The GTK theme alone brings 40 libraries; the portal gives the system's file dialog without them.
    *("qgtk3", "qtvirtualkeyboardplugin"),
    *("qeglfs", "qlinuxfb", "qminimal", "qminimalegl", "qvkkhrdisplay", "qvnc"),
    *("qgif", "qicns", "qjpeg", "qpdf", "qtga", "qtiff", "qwbmp", "qwebp"),
}
UNUSED_DATA = (
    *("PySide6/Qt/translations/", "PySide6/translations/"),  # every word is ours: resources/words
    "PySide6/opengl32sw.dll",
)
OF_THE_SYSTEM = {
    # Must fit what runs or is set up on the computer: card service, desktop bus, fonts, screen.
    *("libpcsclite", "libdbus-1", "libfontconfig", "libfreetype", "libglib-2.0", "libgthread-2.0", "libX11"),
    # Printing; without it Qt still prints to PDF, and it would bring Kerberos and GnuTLS.
    "libcups",
    # An older one than the graphics driver's keeps that from loading.
    *("libstdc++", "libgcc_s"),
}
"""Shared libraries of Linux that are not copied; the package depends on them (docs/development.md)."""
UNUSED_MODULES = re.compile(
    # rich colours program text with these, and nothing here prints any.
    r"pygments\.(lexers|formatters|styles)\.(?!_mapping|default|_)"
    r"|sqlalchemy\.dialects\.(mssql|mysql|oracle)"
)

UNUSED_START_SCRIPTS = {
    # Import inspect, pkgutil and zipfile at every start: for source lines in tracebacks, and to list packages.
    *("pyi_rth_inspect", "pyi_rth_pkgutil"),
    # 15 ms: sets paths that PySide6 as PyPI has it finds by itself. Verified on Linux only.
    *(["pyi_rth_pyside6"] if screen.LINUX else []),
}


def start_scripts(scripts: Iterable[Entry]) -> list[Entry]:
    """What runs before and as the program itself, without PyInstaller's helpers that nothing here needs."""
    return [entry for entry in scripts if entry[0] not in UNUSED_START_SCRIPTS]


def unpacked(datas: Iterable[Entry], work: Path) -> list[Entry]:
    """With a folder in the place of the zip file with Python's own modules, which is read by Python code.

    Only on Linux: on macOS a folder with a dot in its name is a bundle to be signed.
    """
    if not screen.LINUX:
        return list(datas)
    files: list[Entry] = []
    for name, source, kind in datas:
        files += folder_of(source, work / "library") if name == LIBRARY else [(name, source, kind)]
    return files


def folder_of(archive: str, folder: Path) -> Iterator[Entry]:
    with ZipFile(archive) as packed:
        packed.extractall(folder)
        for name in packed.namelist():
            yield f"{LIBRARY}/{name}", str(folder / name), "DATA"


def data_files() -> list[tuple[str, str]]:
    """(file, folder in the bundle) of all that the program reads as files."""
    resources = (path for path in (ROOT / "resources").rglob("*") if path.suffix not in CODE_AND_CACHES)
    migrations = (ROOT / MIGRATIONS).rglob("*")
    read = [*resources, *(path for path in migrations if path.suffix != ".pyc"), ROOT / "LICENSE"]
    return [(str(path), str(path.parent.relative_to(ROOT))) for path in sorted(read) if path.is_file()]


def slim(binaries: Iterable[Entry], datas: Iterable[Entry]) -> list[Entry]:
    """All files of the bundle without those that nothing uses, each once."""
    used = {entry[0]: entry for entry in [*datas, *binaries] if is_used(entry[0])}
    links = {name: entry for name, entry in used.items() if entry[2] == "SYMLINK"}
    files = {name: entry for name, entry in used.items() if name not in links}
    if screen.LINUX:
        files = {entry[0]: entry for entry in linked(files, needed_by)}
    return [*files.values(), *(link for link in links.values() if target(link) in files)]


def target(link: Entry) -> str:
    """What a symbolic link of the bundle leads to, by its name in the bundle."""
    return os.path.normpath(Path(link[0]).parent / link[1])


def is_used(name: str) -> bool:
    """By the name in the bundle alone."""
    path = PurePosixPath(name.replace(os.sep, "/"))
    if "plugins" in path.parts:
        stem = path.name.partition(".")[0].removeprefix("lib")
        return path.parent.name not in UNUSED_PLUGIN_KINDS and stem not in UNUSED_PLUGINS
    # A wheel's own copy has another name: libfreetype-57f805ba.so.
    return not str(path).startswith(UNUSED_DATA) and path.name.partition(".so")[0] not in OF_THE_SYSTEM


def linked(by_name: dict[str, Entry], needed: Callable[[str], Iterable[str]]) -> Iterator[Entry]:
    """Without the libraries that only left-out files needed."""
    libraries = {Path(name).name: name for name, entry in by_name.items() if is_library(entry)}
    waiting = [name for name in by_name if name not in libraries.values()]
    while waiting:
        entry = by_name[waiting.pop()]
        yield entry
        if entry[2] in ("EXTENSION", "BINARY"):
            waiting += [libraries.pop(lib) for lib in needed(entry[1]) if lib in libraries]


def is_library(entry: Entry) -> bool:
    """A shared library that is there because something links to it, and not opened by its name."""
    name, _, kind = entry
    return kind == "BINARY" and "plugins" not in Path(name).parts and not name.startswith("libpython")


def needed_by(file: str) -> list[str]:
    """File names of the libraries that ``file`` links to itself (ldd would add what those link to)."""
    shown = subprocess.run(
        ["objdump", "--private-headers", file], check=True, stdout=subprocess.PIPE, encoding="utf-8"
    )
    return re.findall(r"^\s*NEEDED\s+(\S+)", shown.stdout, re.M)


def modules(pure: Iterable[Entry]) -> list[Entry]:
    """The Python modules without those that libraries take along for others."""
    return [entry for entry in pure if not UNUSED_MODULES.match(entry[0])]
