"""The state of a GIDS card as the text of its state file, and back. Bytes and identifiers are hexadecimal."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from cryptography.hazmat.primitives.serialization import load_der_private_key

from cardtool.errors import CardFileUnreadable
from cardtool.pcsc.virtual import store, tlv
from cardtool.pcsc.virtual.gids.key_data import ADMIN_KEY_SIZE
from cardtool.pcsc.virtual.gids.personality import Personality
from cardtool.pcsc.virtual.gids.state import FILE_IDENTIFIER, CardFile, CardState, Pin
from cardtool.pcsc.virtual.status import Refused
from cardtool.pcsc.virtual.store import Json

KIND = "gids"


def encode(state: CardState) -> str:
    return store.encode(KIND, to_json(state))


def decode(text: str) -> CardState:
    """Raises CardFileUnreadable."""
    card = store.decode(KIND, text)
    try:
        return from_json(card)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, Refused):
        raise CardFileUnreadable("content") from None


def to_json(state: CardState) -> Json:
    return {
        "personality": {
            field.name: _plain(getattr(state.personality, field.name)) for field in fields(Personality)
        },
        "operational": state.operational,
        "pin": {"value": state.pin.value.hex(), "limit": state.pin.limit, "tries": state.pin.tries},
        "files": {f"{identifier:04X}": _file_to_json(file) for identifier, file in state.files.items()},
    }


def from_json(values: Json) -> CardState:
    """Raises KeyError, IndexError, TypeError, ValueError, AttributeError, Refused on what ``to_json`` does not make."""
    personality = values["personality"]
    return CardState(
        personality=Personality(
            **personality
            | {"atr": bytes.fromhex(personality["atr"]), "key_bits": tuple(personality["key_bits"])}
        ),
        pin=_pin_from_json(values["pin"]),
        operational=bool(values["operational"]),
        files={
            int(identifier, 16): _file_from_json(int(identifier, 16), file)
            for identifier, file in values["files"].items()
        },
    )


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    return list(value) if isinstance(value, tuple) else value


def _pin_from_json(values: Json) -> Pin:
    limit, tries = values["limit"], values["tries"]
    if not 0 <= tries <= limit <= 15:
        raise ValueError("tries")
    return Pin(bytes.fromhex(values["value"]), limit, tries)


def _file_to_json(file: CardFile) -> Json:
    return {
        "control": file.control.hex(),
        "active": file.active,
        "objects": {f"{tag:04X}": content.hex() for tag, content in file.objects.items()},
        "key": file.key.hex(),
    }


def _file_from_json(identifier: int, values: Any) -> CardFile:
    file = CardFile(
        control=bytes.fromhex(values["control"]),
        active=bool(values["active"]),
        objects={int(tag, 16): bytes.fromhex(content) for tag, content in values["objects"].items()},
        key=bytes.fromhex(values["key"]),
    )
    if file.kind and tlv.parse_map(file.control)[FILE_IDENTIFIER] != identifier.to_bytes(2, "big"):
        raise ValueError("file identifier")
    if len(file.key) > ADMIN_KEY_SIZE:
        load_der_private_key(file.key, None, unsafe_skip_rsa_key_validation=True)
    return file
