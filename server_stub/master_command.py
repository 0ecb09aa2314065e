"""The command ``cardtool-ra master-key move``: to where the data folder's settings say it belongs."""

from __future__ import annotations

from pathlib import Path

from server_stub import presence
from server_stub.ca.key_places import BadTokenSetting, places_of
from server_stub.ca.signer import TokenUnavailable
from server_stub.custody.master import MasterKeyUnreadable, reseal
from server_stub.custody.private_file import PrivateFileExposed
from server_stub.custody.sealing import SealBroken
from server_stub.ra import MASTER_KEY

_REFUSALS = (
    BadTokenSetting,
    MasterKeyUnreadable,
    OSError,
    PrivateFileExposed,
    SealBroken,
    TokenUnavailable,
)


class MoveRefused(Exception):
    """The message says why; the key is where it was."""


def move(data: Path) -> str:
    """What to tell the operator. Raises MoveRefused."""
    path = data / MASTER_KEY
    if not path.exists():
        raise MoveRefused("there is no master key here")
    if presence.is_in_use(data):
        raise MoveRefused("an RA runs on this folder: end it first")
    try:
        places = places_of(data)
        before = reseal(path, places.known_sealings, places.sealing)
    except _REFUSALS as error:
        raise MoveRefused(f"{type(error).__name__}: {error}") from error
    return f"the master key's file is sealed by: {places.sealing.name} (before: {before})\n"
