"""What the frozen application leaves out."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest

from devkit import bundle, icu, screen


@pytest.mark.parametrize(
    "name",
    [
        "PySide6/Qt/plugins/platforms/libqxcb.so",
        "PySide6/plugins/platforms/qwindows.dll",
        "PySide6/Qt/plugins/platforminputcontexts/libibusplatforminputcontextplugin.so",
        "pillow.libs/libfreetype-57f805ba.so.6.20.6",
        "resources/words/zh_TW.toml",
    ],
)
def test_kept(name: str) -> None:
    assert bundle.is_used(name)


@pytest.mark.parametrize(
    "name",
    [
        "PySide6/Qt/plugins/platformthemes/libqgtk3.so",
        "PySide6/Qt/plugins/tls/libqopensslbackend.so",
        "PySide6/plugins/imageformats/qtiff.dll",
        "PySide6/Qt/translations/qtbase_de.qm",
        "libpcsclite.so.1",
        "libfreetype.so.6",
        "libstdc++.so.6",
    ],
)
def test_left_out(name: str) -> None:
    assert not bundle.is_used(name)


def test_a_library_goes_with_the_last_that_needs_it() -> None:
    links = {"module.so": ["libone.so.1"], "libone.so.1": ["libtwo.so.2"], "liblost.so.3": ["libtwo.so.2"]}
    entries: list[bundle.Entry] = [
        ("package/module.so", "module.so", "EXTENSION"),
        *((name, name, "BINARY") for name in ("libone.so.1", "libtwo.so.2", "liblost.so.3")),
        ("words.toml", "words.toml", "DATA"),
    ]
    kept = bundle.linked({entry[0]: entry for entry in entries}, lambda file: links.get(file, []))
    assert {name for name, _, _ in kept} == {"package/module.so", "libone.so.1", "libtwo.so.2", "words.toml"}


def test_a_link_follows_its_target() -> None:
    assert bundle.target(("libQt6Core.so.6", "PySide6/Qt/lib/libQt6Core.so.6", "SYMLINK")) == (
        "PySide6/Qt/lib/libQt6Core.so.6"
    )


def test_everything_that_is_read_as_a_file_is_taken_along() -> None:
    names = {f"{folder}/{source.rpartition('/')[2]}" for source, folder in bundle.data_files()}
    assert {
        "resources/words/en.toml",
        "resources/units/exchange/terms.zh_TW.md",
        "resources/icons/lock.svg",
        "resources/api/openapi.json",
        "server_stub/db/migrations/env.py",
        "./LICENSE",
    } <= names
    assert not any(name.endswith((".pyc", "resources/__init__.py")) for name in names)


@pytest.mark.parametrize(
    ("item", "kept"),
    [
        ("coll/root.res", True),
        ("coll/zh_Hant_TW.res", True),
        ("ibm-1375_P100-2008.cnv", True),
        ("supplementalData.res", True),
        ("de.res", False),
        ("region/pt_BR.res", False),
        ("brkitr/cjdict.dict", False),
    ],
)
def test_of_icu_data_what_is_ours_stays(item: str, kept: bool) -> None:
    assert (icu.superfluous([item]) == []) is kept


@pytest.mark.skipif(not screen.LINUX, reason="a folder takes the archive's place on Linux only")
def test_pythons_library_is_a_folder(tmp_path: Path) -> None:
    archive = tmp_path / "library.zip"
    with ZipFile(archive, "w") as packed:
        packed.writestr("encodings/utf_8.pyc", b"code")
    words: bundle.Entry = ("resources/words/en.toml", "en.toml", "DATA")
    kept, library = bundle.unpacked([words, (bundle.LIBRARY, str(archive), "DATA")], tmp_path)
    assert kept == words
    assert library[0] == f"{bundle.LIBRARY}/encodings/utf_8.pyc"
    assert Path(library[1]).read_bytes() == b"code"
