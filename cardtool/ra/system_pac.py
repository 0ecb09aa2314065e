"""Which proxy auto-configuration (PAC) file the operating system names; what differs between systems is here.

Discovery by DNS or DHCP (WPAD) is left out on purpose: whoever answers on the network would choose the file.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import Any

SETTINGS = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings"
POLICIES = r"Software\Policies\Microsoft\Windows\CurrentVersion\Internet Settings"
SCUTIL = "/usr/sbin/scutil"
GNOME_PROXY = "org.gnome.system.proxy"
SECONDS = 2.0


def system_pac_url() -> str:
    """Its address as it is written in the system's settings; empty if they name none."""
    if sys.platform == "win32":
        import winreg  # noqa: PLC0415 # exists there only

        named = named_in_registry(winreg)
    elif sys.platform == "darwin":
        named = named_by_scutil(_said_by(SCUTIL, "--proxy"))
    else:
        named = named_by_gnome()
    return named


def named_in_registry(registry: Any) -> str:
    """``registry``: the module winreg. Policies come before settings, the user's before the machine's.

    With the policy ProxySettingsPerUser = 0 only the machine's count.
    """
    machine = registry.HKEY_LOCAL_MACHINE
    for_all = _value(registry, machine, POLICIES, "ProxySettingsPerUser") == 0
    hives = (machine,) if for_all else (registry.HKEY_CURRENT_USER, machine)
    named = (_value(registry, hive, path, "AutoConfigURL") for path in (POLICIES, SETTINGS) for hive in hives)
    return next((url for url in named if isinstance(url, str) and url), "")


def _value(registry: Any, hive: Any, path: str, name: str) -> object:
    try:
        with registry.OpenKey(hive, path) as key:
            value: object = registry.QueryValueEx(key, name)[0]
            return value
    except OSError:
        return None


def named_by_scutil(said: str) -> str:
    """``said``: what ``scutil --proxy`` prints, SystemConfiguration's proxies as a dictionary."""
    found: dict[str, str] = dict(re.findall(r"^  (\w+) : (.+)$", said, re.MULTILINE))
    return found.get("ProxyAutoConfigURLString", "") if found.get("ProxyAutoConfigEnable") == "1" else ""


def named_by_gnome() -> str:
    """GNOME's setting (schema org.gnome.system.proxy), where the program ``gsettings`` is installed."""
    gsettings = shutil.which("gsettings")
    if gsettings is None or _said_by(gsettings, "get", GNOME_PROXY, "mode").strip() != "'auto'":
        return ""
    return _said_by(gsettings, "get", GNOME_PROXY, "autoconfig-url").strip().strip("'")


def _said_by(*command: str) -> str:
    try:
        return subprocess.run(  # noqa: S603 # the system's own programs, with fixed arguments
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=True,
            encoding="utf-8",
        ).stdout
    except (OSError, ValueError, subprocess.SubprocessError):
        return ""
