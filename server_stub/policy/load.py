"""Reads unit files and their terms at start; a mistake stops the server with a sentence that names it."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

import resources
from server_stub.policy.unit import Unit

LANGUAGES = ("zh_TW", "en")
BUNDLED = Path(resources.__file__).parent / "units"


class BadUnitFile(Exception):
    """The message says which file, which field and what is wrong."""


@dataclass(frozen=True)
class Terms:
    """``sha256`` is over the text's UTF-8, lower-case hex; ``text`` is Markdown."""

    version: str
    title: str
    text: str
    sha256: str


@dataclass(frozen=True)
class Policy:
    """One unit with its terms by language."""

    unit: Unit
    terms: Mapping[str, Terms]

    def accepts_terms(self, version: str, sha256: str) -> bool:
        """Whether these are the current terms, in whichever language they were read."""
        return any((terms.version, terms.sha256) == (version, sha256) for terms in self.terms.values())


def load_policies(folders: Sequence[Path]) -> dict[str, Policy]:
    """All units of ``folders`` by id, in the order of their file names. Raises BadUnitFile."""
    policies: dict[str, Policy] = {}
    for path in (path for folder in folders for path in sorted(folder.glob("*.toml"))):
        policy = _load(path)
        if policy.unit.id in policies:
            raise BadUnitFile(f"{path.name}: the unit {policy.unit.id} exists already")
        policies[policy.unit.id] = policy
    if not policies:
        raise BadUnitFile("no unit file found")
    return policies


def _load(path: Path) -> Policy:
    try:
        unit = Unit.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadUnitFile(f"{path.name}: {error}") from error
    except ValidationError as error:
        raise BadUnitFile(f"{path.name}: {_first_mistake(error)}") from error
    return Policy(unit, {language: _load_terms(path, unit, language) for language in LANGUAGES})


def _load_terms(unit_file: Path, unit: Unit, language: str) -> Terms:
    path = unit_file.parent / unit.id / f"terms.{language}.md"
    if not path.is_file():
        raise BadUnitFile(f"{unit_file.name}: its terms {unit.id}/{path.name} are missing")
    text = path.read_text("utf-8")
    heading = text.split("\n", 1)[0]
    if not heading.startswith("# "):
        raise BadUnitFile(f"{unit.id}/{path.name}: the first line must be '# ' and the title")
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Terms(unit.terms_version, heading.removeprefix("# ").strip(), text, digest)


def _first_mistake(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else first["msg"]
