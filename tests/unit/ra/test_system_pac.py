"""Where each system names its PAC file. Windows' registry and macOS' scutil are played, after their manuals."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from cardtool.ra.system_pac import POLICIES, SETTINGS, named_by_gnome, named_by_scutil, named_in_registry

URL = "http://proxy.example/office.pac?site=1"
USER, MACHINE = "HKCU", "HKLM"
Values = Mapping[str, object]

SCUTIL_AUTO = f"""<dictionary> {{
  ExceptionsList : <array> {{
    0 : *.local
  }}
  ProxyAutoConfigEnable : 1
  ProxyAutoConfigURLString : {URL}
  ProxyAutoDiscoveryEnable : 0
}}
"""


@dataclass
class Registry:
    """Of the module winreg what is used; a key is opened as the mapping of its values."""

    keys: Mapping[tuple[str, str], Values]
    HKEY_CURRENT_USER = USER
    HKEY_LOCAL_MACHINE = MACHINE

    def OpenKey(self, hive: str, path: str) -> AbstractContextManager[Values]:  # noqa: N802 # winreg's name
        if (hive, path) not in self.keys:
            raise FileNotFoundError(path)
        return nullcontext(self.keys[hive, path])

    def QueryValueEx(self, key: Values, name: str) -> tuple[object, int]:  # noqa: N802
        if name not in key:
            raise FileNotFoundError(name)
        return key[name], 1


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, ""),
        ({(USER, SETTINGS): {"ProxyEnable": 0}}, ""),
        ({(USER, SETTINGS): {"AutoConfigURL": ""}}, ""),
        ({(USER, SETTINGS): {"AutoConfigURL": URL}}, URL),
        ({(MACHINE, SETTINGS): {"AutoConfigURL": URL}}, URL),
        ({(USER, SETTINGS): {"AutoConfigURL": URL}, (MACHINE, SETTINGS): {"AutoConfigURL": "other"}}, URL),
        ({(USER, SETTINGS): {"AutoConfigURL": "other"}, (MACHINE, POLICIES): {"AutoConfigURL": URL}}, URL),
        ({(USER, SETTINGS): {"AutoConfigURL": URL}, (MACHINE, POLICIES): {"ProxySettingsPerUser": 0}}, ""),
        ({(USER, SETTINGS): {"AutoConfigURL": URL}, (MACHINE, POLICIES): {"ProxySettingsPerUser": 1}}, URL),
        ({(USER, SETTINGS): {"AutoConfigURL": 7}}, ""),
    ],
)
def test_windows(keys: Mapping[tuple[str, str], Values], expected: str) -> None:
    assert named_in_registry(Registry(keys)) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (SCUTIL_AUTO, URL),
        (SCUTIL_AUTO.replace("ConfigEnable : 1", "ConfigEnable : 0"), ""),
        (SCUTIL_AUTO.replace("  Proxy", "    Proxy"), ""),
        ("<dictionary> {\n  ProxyAutoConfigEnable : 1\n}\n", ""),
        ("", ""),
    ],
    ids=["named", "switched off", "of one interface only", "no address", "nothing said"],
)
def test_macos(said: str, expected: str) -> None:
    assert named_by_scutil(said) == expected


@pytest.mark.parametrize(
    ("mode", "expected"), [("auto", URL), ("manual", ""), ("none", "")], ids=["auto", "manual", "none"]
)
def test_gnome(mode: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gsettings = tmp_path / "gsettings"
    gsettings.write_text(
        f'#!/bin/sh\n[ "$1 $2" = "get org.gnome.system.proxy" ] || exit 1\n'
        f"case $3 in mode) echo \"'{mode}'\";; autoconfig-url) echo \"'{URL}'\";; *) exit 1;; esac\n"
    )
    gsettings.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert named_by_gnome() == expected


def test_linux_without_gnome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert named_by_gnome() == ""


def test_gnome_without_its_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gsettings").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "gsettings").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert named_by_gnome() == ""
