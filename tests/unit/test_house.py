"""The house holds: who may import what, how large things are, and that the papers tell the truth.

The layers are import-linter's (pyproject.toml); here stand the rules that it cannot express.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from server_stub import fees, orders

ROOT = Path(__file__).resolve().parents[2]
CODE = ("cardtool", "server_stub", "devkit", "bench")

# Each rule: the imported package and the only places (file or folder) that may import it.
SOLE_IMPORTERS = {
    "smartcard": ("cardtool/pcsc/scard.py",),
    "PySide6": ("cardtool/ui/",),
    "requests": ("cardtool/ra/",),
    "keyring": ("cardtool/store/",),
    "pypac": ("cardtool/ra/pac_child.py",),
    "dukpy": ("cardtool/ra/pac_child.py",),
    "fastapi": ("server_stub/",),
    "sqlalchemy": ("server_stub/", "bench/ra_filling.py"),
}
# Where code may ask which system it runs on.
SYSTEM_QUESTIONS = {"sys.platform", "os.name", "platform.system"}
KNOWS_THE_SYSTEM = (
    "cardtool/report.py",  # says which system it is
    "cardtool/store/factory.py",
    "cardtool/ra/system_pac.py",  # where each system keeps the address of a PAC file
    "cardtool/pcsc/virtual/__main__.py",  # signals that pull and insert the card
    "server_stub/custody/private_file.py",
    "devkit/",
)
MOST_LINES_OF_A_FILE = 500
MOST_LINES_OF_A_FUNCTION = 30
# Larger than that for a reason.
LARGE_FOR_A_REASON = {
    "cardtool/errors.py": "the one tree of errors is read as one list",
}
# A migration is a straight list of tables, never changed after it was released.
MIGRATIONS = "server_stub/db/migrations/versions/"
# Written as pieces, so that this file does not find itself.
FOREIGN_TO_THE_PROJECT = re.compile(
    "|".join([r"(?<![\w.])/" + "work/", "bash" + "_jobs", "files.python" + "hosted", r"pypi\." + "org"])
)


@cache
def sources() -> tuple[Path, ...]:
    files = (path for room in CODE for path in sorted((ROOT / room).rglob("*.py")))
    return (ROOT / "dev.py", *files)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def attributes(path: Path) -> Iterator[str]:
    """``module.name`` as it is written, for every attribute of a plain name."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"


@cache
def project() -> dict[str, list[Requirement]]:
    """The requirements of pyproject.toml by group: ``run`` and ``dev``."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    groups = {"run": data["project"]["dependencies"], "dev": data["dependency-groups"]["dev"]}
    return {group: [Requirement(line) for line in lines] for group, lines in groups.items()}


@cache
def locked() -> dict[str, str]:
    """Canonical name → version of everything in requirements.lock."""
    text = (ROOT / "requirements.lock").read_text("utf-8")
    return {
        canonicalize_name(name): version
        for name, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", text, re.M)
    }


def test_the_import_contract_holds() -> None:
    result = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("package", SOLE_IMPORTERS)
def test_a_library_is_spoken_to_in_one_place(package: str) -> None:
    importers = [
        name_of(path) for path in sources() if package in {name.split(".")[0] for name in imports(path)}
    ]
    assert [name for name in importers if not name.startswith(SOLE_IMPORTERS[package])] == []


def test_few_places_ask_which_system_this_is() -> None:
    asking = {name_of(path) for path in sources() if SYSTEM_QUESTIONS & set(attributes(path))}
    assert {name for name in asking if not name.startswith(KNOWS_THE_SYSTEM)} == set()


def test_files_stay_small() -> None:
    lines = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in sources()}
    large = {name for name, count in lines.items() if count > MOST_LINES_OF_A_FILE}
    assert large == set(LARGE_FOR_A_REASON)


def test_functions_stay_short() -> None:
    long = {
        f"{name_of(path)}:{function.name}": length(function)
        for path in sources()
        if not name_of(path).startswith(MIGRATIONS)
        for function in ast.walk(tree(path))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: lines for name, lines in long.items() if lines > MOST_LINES_OF_A_FUNCTION} == {}


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body without the docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_every_direct_dependency_is_explained() -> None:
    taken = (ROOT / "docs/dependencies.md").read_text("utf-8").partition("## Not taken")[0]
    rows = set(re.findall(r"^\| `([\w.-]+)`", taken, re.M))
    assert rows == {requirement.name for group in project().values() for requirement in group}


def test_the_lock_is_in_step_with_pyproject() -> None:
    wrong = {
        str(requirement): locked().get(canonicalize_name(requirement.name))
        for group in project().values()
        for requirement in group
        if not requirement.specifier.contains(
            locked().get(canonicalize_name(requirement.name), "0"), prereleases=True
        )
    }
    assert wrong == {}


def test_everything_in_the_lock_has_a_hash() -> None:
    blocks = re.split(r"^(?=[\w.-]+==)", (ROOT / "requirements.lock").read_text("utf-8"), flags=re.M)[1:]
    assert len(blocks) == len(locked())
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_the_architecture_names_every_room_and_only_rooms_that_exist() -> None:
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    named = set(re.findall(r"`((?:cardtool|server_stub|resources|devkit|tests)/[\w./]*)`", text))
    assert {name for name in named if not (ROOT / name).exists()} == set()
    rooms = {f"{name_of(path.parent)}/" for path in (ROOT / "cardtool").glob("*/__init__.py")}
    assert rooms - named == set()


def test_links_between_the_papers_lead_somewhere() -> None:
    papers = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    links = {
        (paper, link) for paper in papers for link in re.findall(r"\]\(([^)#:]+)\)", paper.read_text("utf-8"))
    }
    assert {link for paper, link in links if not (paper.parent / link).exists()} == set()


@pytest.mark.parametrize(
    ("heading", "all_ways"), [("States of an order at the RA", orders.WAYS), ("States of a debit", fees.WAYS)]
)
def test_a_drawing_of_states_is_what_the_ra_does(
    heading: str, all_ways: Mapping[StrEnum, frozenset[StrEnum]]
) -> None:
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    section = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    drawn = set(re.findall(r"^ +(\w+) --> (\w+)(?:: .+)?$", section, re.M))
    assert drawn == {(str(state), str(to)) for state, ways in all_ways.items() for to in ways}


def test_nothing_of_one_workplace_is_written_down() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    found = []
    for name in filter(None, tracked.split("\0")):
        path = ROOT / name
        if path.is_file() and FOREIGN_TO_THE_PROJECT.search(path.read_text("utf-8", errors="ignore")):
            found.append(name)
    assert found == []


def test_this_pyside_survives_many_void_calls() -> None:
    """PySide6 6.12 on CPython 3.11 aborts here: each call that returns nothing drops a reference to None."""
    program = (
        "from PySide6.QtCore import QObject\no = QObject()\nfor _ in range(20_000): o.setObjectName('x')"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
