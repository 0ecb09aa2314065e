"""Where this user's files live, and the settings kept there."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from platformdirs import PlatformDirs

from cardtool.atomic import make_private_folder, storage_error, write_atomically

HOME_VARIABLE = "CARDTOOL_HOME"
SETTINGS_FILE = "settings.json"
LARGEST_SETTINGS = 64 * 1024
LONGEST_TEXT = 500


class Theme(StrEnum):
    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"
    CONTRAST = "contrast"


class LogLevel(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    DEBUG = "debug"


@dataclass(frozen=True)
class Paths:
    """Folders of one user; practice mode has its own, so that nothing real and nothing practised ever mix."""

    data: Path
    config: Path
    cache: Path
    log: Path

    @classmethod
    def of_user(cls, *, practice: bool, environment: Mapping[str, str] | None = None) -> Paths:
        """By the system's custom, or all below ``CARDTOOL_HOME`` (tests, portable use)."""
        home = (os.environ if environment is None else environment).get(HOME_VARIABLE)
        if home:
            root = Path(home) / ("practice" if practice else "real")
            return cls(*(root / name for name in ("data", "config", "cache", "log")))
        dirs = PlatformDirs("CardTool-Practice" if practice else "CardTool", appauthor=False)
        return cls(dirs.user_data_path, dirs.user_config_path, dirs.user_cache_path, dirs.user_log_path)

    def make(self) -> None:
        """Make all folders, private to the user. Raises FolderNotWritable, DiskFull."""
        for name, folder in asdict(self).items():
            try:
                make_private_folder(folder)
            except OSError as error:
                raise storage_error(error, name) from None


@dataclass(frozen=True)
class Settings:
    """``language``, ``ra_url``, ``unit`` and ``reader`` are empty until chosen; ``text_size`` in per cent."""

    language: str = ""
    ra_url: str = ""
    unit: str = ""
    reader: str = ""
    log_level: LogLevel = LogLevel.INFO
    theme: Theme = Theme.SYSTEM
    text_size: int = 100


@dataclass(frozen=True)
class LoadedSettings:
    """``damaged``: the file could not be read; the defaults hold and the file was kept aside."""

    settings: Settings
    damaged: bool = False


def load_settings(folder: Path) -> LoadedSettings:
    """Never raises: no setting is worth a program that does not start."""
    path = folder / SETTINGS_FILE
    try:
        with path.open("rb") as file:
            values = json.loads(file.read(LARGEST_SETTINGS))
    except FileNotFoundError:
        return LoadedSettings(Settings())
    except (OSError, ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        _keep_aside(path)
        return LoadedSettings(Settings(), damaged=True)
    return LoadedSettings(_from_values(values))


def save_settings(folder: Path, settings: Settings) -> None:
    """Raises FolderNotWritable, DiskFull."""
    text = json.dumps(asdict(settings), ensure_ascii=False, indent=1)
    write_atomically(folder / SETTINGS_FILE, text.encode("utf-8"), what="settings")


def _from_values(values: Mapping[str, object]) -> Settings:
    """Each member on its own: one that makes no sense falls back to its default, the others stay."""
    usable: dict[str, Any] = {}
    for field in fields(Settings):
        with contextlib.suppress(ValueError):
            usable[field.name] = _usable(field.default, values.get(field.name))
    return Settings(**usable)


def _usable(default: object, value: object) -> str | int:
    """``value`` as the default's type. Raises ValueError."""
    if isinstance(default, str) and isinstance(value, str) and len(value) <= LONGEST_TEXT:
        return type(default)(value)
    if isinstance(default, int) and type(value) is int and 50 <= value <= 400:
        return value
    raise ValueError(type(value).__name__)


def _keep_aside(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.replace(path.with_suffix(".bad"))
